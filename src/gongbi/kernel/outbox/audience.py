"""Who hears which event on a live screen. A stream shows a signed token that says what its viewer may see. Pure but for signing.

Events on a stream hold ids, codes and states only; whoever hears one reads the matter itself through its usual door.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from django.core import signing

from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer

SECONDS = 12 * 3600  # as long as a session
_SALT = "gongbi.live"
_CODE = re.compile(
    r"[A-Za-z0-9_.:\-]{0,60}"
)  # what of a payload's texts may go out: no Chinese, no spaces, no sentences


class BadToken(Exception):
    """Forged, damaged or run out."""


@dataclass(frozen=True, slots=True)
class Ear:
    """What a stream may hear: a role with its units and territories, or single matters (a resident's link)."""

    role: str
    units: frozenset[int] = frozenset()
    territories: tuple[str, ...] = ()
    matters: frozenset[int] = frozenset()
    until: float = 0.0  # POSIX seconds


@dataclass(frozen=True, slots=True)
class Sound:
    """One event as a stream tells it. ``units`` and ``territories``: where its matter is now and where it came from."""

    position: int
    topic: str
    matter_id: int | None
    units: frozenset[int]
    territories: frozenset[str]
    data: Mapping[str, Any] = field(default_factory=dict)


def token(viewer: Viewer, *, at: datetime, matters: Sequence[int] = (), seconds: int = SECONDS) -> str:
    """A token for ``viewer``'s stream. ``matters``: the ones behind a resident's link (or one page's own)."""
    until = int(at.timestamp()) + seconds
    if viewer.acting is not None:  # a deputy hears nothing after the end
        until = min(until, int(viewer.acting.until.timestamp()))
    wanted = [viewer.role, sorted(viewer.units), list(viewer.territories), sorted(matters), until]
    return signing.dumps(wanted, salt=_SALT, compress=True)


def read(text: str, *, at: datetime) -> Ear:
    """The ear a token stands for. Errors: BadToken."""
    try:
        role, units, territories, matters, until = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise BadToken("not valid") from None
    if at.timestamp() >= until:
        raise BadToken("run out")
    return Ear(role, frozenset(units), tuple(territories), frozenset(matters), float(until))


def hears(ear: Ear, sound: Sound) -> bool:
    """Whether this stream is told. Without a matter, a unit and a territory it concerns the machine room alone."""
    if sound.matter_id is not None and sound.matter_id in ear.matters:
        return True
    by = roles.sees_by(ear.role, ear.territories)
    if by == "unit":
        return not ear.units.isdisjoint(sound.units)
    if by != "territory":
        return (
            ear.role == roles.ADMIN and sound.matter_id is None and not sound.units and not sound.territories
        )
    whole_district = roles.sees_unplaced(ear.territories)
    return any(code.startswith(ear.territories) if code else whole_district for code in sound.territories)


def sound_of(
    position: int,
    topic: str,
    matter_id: int | None,
    payload: Mapping[str, Any],
    place: tuple[int | None, str, str] | None,
) -> Sound:
    """Make a sound of a published row. ``place``: ``(unit id, territory, state)`` of its matter now."""
    units = {unit for unit in (payload.get("unit"), *_list(payload.get("units"))) if isinstance(unit, int)}
    territories = {
        code
        for code in (payload.get("territory"), *_list(payload.get("territories")))
        if isinstance(code, str)
    }
    state = None
    if place is not None:
        if place[0] is not None:
            units.add(place[0])
        territories.add(place[1])
        state = place[2]
    data = {key: value for key, value in payload.items() if _may_go_out(value)}
    data |= {"topic": topic, "matter": matter_id}
    if state is not None:
        data["state"] = state
    return Sound(position, topic, matter_id, frozenset(units), frozenset(territories), data)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _may_go_out(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_may_go_out(item) for item in value)
    return (
        value is None
        or isinstance(value, (bool, int))
        or (isinstance(value, str) and _CODE.fullmatch(value) is not None)
    )


def told_resident(data: Mapping[str, Any]) -> dict[str, Any]:
    """What of an event goes to the holder of a link: that something happened, and the state, without units."""
    return {key: data[key] for key in ("topic", "matter", "state", "to") if key in data}


def wants(topic: str, patterns: Sequence[str]) -> bool:
    """Whether ``topic`` is among ``patterns``: ``cases`` and ``cases.*`` mean every topic of that room; none means all."""
    if not patterns:
        return True
    return any(topic == p or topic.startswith(f"{p}.") or fnmatchcase(topic, p) for p in patterns)
