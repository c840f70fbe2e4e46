"""What the wall's pages ask. Figures are counted once for all who look within a second, and cut down to each one's places."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Min
from django.utils import timezone

from gongbi.cases.queries import standing as cases
from gongbi.duties import queries as duties
from gongbi.insight.period import midnight
from gongbi.insight.rates import Words
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.territory import queries as territory
from gongbi.wall import counting, replay
from gongbi.wall.doing import Act, acts, cut
from gongbi.wall.hub import AHEAD, plain_line, watched
from gongbi.wall.links import digest_of
from gongbi.wall.models import FoldedDay, Screen
from gongbi.wall.rules import SHOWN, Cell, inside
from gongbi.wall.scope import scope_of

SECOND = 1.0
_WALL = system("wall")


@dataclass(frozen=True)
class Counted:
    """Everybody's: the figures, the duty roster, what is being done."""

    cells: dict[str, Cell]
    roster: list[dict[str, Any]]
    doing: list[Act]


_kept: list[tuple[float, datetime, Counted]] = []
_lock = threading.Lock()


def snapshot(viewer: Viewer, *, at: datetime) -> dict[str, Any]:
    """What stands on this viewer's wall: figures of each division, new and late cases, duty, what is being done. A dozen questions; two
    for the next who looks.

    Errors: NotThere for who has no wall.
    """
    scope = _scope(viewer)
    counted = _counted(at)
    return {
        "at": int(at.timestamp()),
        "cells": {code: cell for code, cell in counted.cells.items() if inside(code, scope)},
        "new": [plain_line(one) for one in cases.newest(viewer, most=SHOWN)],
        "late": [plain_line(one) for one in cases.just_late(viewer, at=at, most=SHOWN)],
        "roster": watched(counted.roster, scope),
        "doing": cut(counted.doing, scope),
    }


def _counted(at: datetime) -> Counted:
    """No older than a second: five hundred screens that come back together ask once."""
    with _lock:
        now = time.monotonic()
        if not _kept or now - _kept[0][0] > SECOND or abs((at - _kept[0][1]).total_seconds()) > SECOND:
            day = midnight(timezone.localdate(at))
            cells = counting.cells(_WALL, at=at, today=day)
            roster = counting.watches(_WALL, at, at + AHEAD)
            _kept[:] = [(now, at, Counted(cells, roster, acts(_WALL, at=at)))]
        return _kept[0][2]


def forget(*, viewer: Viewer) -> None:
    """Empties this process's copy of the figures."""
    _kept.clear()


def days(viewer: Viewer) -> tuple[date, date] | None:
    """The first and the last day that can be played; None while there is none."""
    found = visible(FoldedDay, viewer).aggregate(first=Min("day"), last=Max("day"))
    return (found["first"], found["last"]) if found["first"] else None


def day(viewer: Viewer, wanted: date) -> dict[str, Any]:
    """A past day of this viewer's places, ready to be played: one row, and the duty roster of that day. Errors: NotThere."""
    scope = _scope(viewer)
    body = visible(FoldedDay, viewer).filter(day=wanted).values_list("body", flat=True).first()
    if body is None:
        raise NotThere(
            "wall.day",
            (
                "这一天还不能回放：当天要到次日零点以后才能回放，早于系统启用的日子没有记录。",
                "This day cannot be played: a day is ready after its midnight, and there is no record from before the system.",
            ),
        )
    # Rosters are no part of the ledger's fold: they are read as they stood that day, which their turns keep.
    roster = counting.watches(_WALL, midnight(wanted), midnight(wanted + timedelta(days=1)))
    return {"day": wanted.isoformat(), **replay.plain(bytes(body), scope), "roster": watched(roster, scope)}


def shapes(viewer: Viewer, *, parent: str, on: date) -> dict[str, Any]:
    """The divisions one level below ``parent`` with their boundaries of a day, as far as they touch this viewer's places.

    ``parent`` "": the highest level that the viewer's places know. Errors: NotThere for what lies elsewhere.
    """
    scope = _scope(viewer)
    found: dict[str, Any]
    if not parent:
        size = min(len(code) for code in scope)
        level = {6: "street", 9: "community", 12: "grid", 15: "grid"}[size]
        features = [
            feature
            for feature in territory.map_geojson(level, None, on=on)["features"]  # type: ignore[arg-type]
            if inside(feature["properties"]["code"], scope)
        ]
        return {"type": "FeatureCollection", "features": features}
    if not inside(parent, scope) or len(parent) not in (6, 9, 12):
        raise NotThere(
            "wall.place",
            ("没有这个地方，或不在您的范围内。", "There is no such place, or it is outside your area."),
        )
    level = {6: "street", 9: "community", 12: "grid"}[len(parent)]
    found = territory.map_geojson(level, parent, on=on)  # type: ignore[arg-type]
    return found


def names(viewer: Viewer, *, on: date) -> dict[str, str]:
    """The streets and communities of this viewer's places, by code: what a stream names."""
    scope = _scope(viewer)
    found = [*territory.divisions(level="street", on=on), *territory.divisions(level="community", on=on)]
    return {
        one.code: one.name
        for one in found
        if inside(one.code, scope) or any(own.startswith(one.code) for own in scope)
    }


def kinds(viewer: Viewer) -> dict[str, Words]:
    """Kind → its name: reference data."""
    return {kind.code: kind.name for kind in duties.kinds()}


def screens(viewer: Viewer) -> Sequence[Screen]:
    """Every screen, those in use first."""
    return list(visible(Screen, viewer, "list").order_by("ended_at", "name", "pk"))


def screen_by(secret: str, *, viewer: Viewer) -> Screen:
    """The screen of a link that is in use. The link is the permission, whoever shows it. Errors: NotThere."""
    found = (
        Screen.objects.filter(digest=digest_of(secret), ended_at__isnull=True).first()
        if len(secret) < 100
        else None
    )
    if found is None:
        raise NotThere(
            "wall.screen",
            (
                "这个大屏链接无效或已经收回。请联系安全管理员重新发放。",
                "This link of a wall screen does not hold, or was taken back. Ask the security administrator for another.",
            ),
        )
    return found


def _scope(viewer: Viewer) -> tuple[str, ...]:
    scope = scope_of(viewer)
    if not scope:
        raise NotThere(
            "wall.none",
            ("您的岗位没有辖区，看不了大屏。", "Your post covers no place, so it has no wall."),
        )
    return scope
