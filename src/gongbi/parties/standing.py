"""Who is on duty for a unit. The room that keeps rosters answers here; parties, and whoever asks, know no roster.

    standing.register(standing_for)         # once, when the room is ready
    standing.on_duty(unit_id, at)           # [] where nobody stands, or no room keeps rosters

``find(viewer, unit_id, at)`` yields whoever stands for exactly that unit at ``at``, who leads the shift first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gongbi.kernel.scope.viewer import Viewer, system


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One who stands: the post, whose it is, until when (aware), and whether they lead the shift."""

    post_id: int
    person_id: int
    until: datetime
    leads: bool


Find = Callable[[Viewer, int, datetime], Sequence[OnDuty]]
_find: list[Find] = []
_MACHINE = system("duty")


def register(find: Find) -> None:
    """Make a room that keeps rosters known."""
    if find not in _find:
        _find.append(find)


def forget(find: Find) -> None:
    """Take a room out again (tests)."""
    if find in _find:
        _find.remove(find)


def on_duty(unit_id: int | None, at: datetime) -> list[OnDuty]:
    """Whoever stands for a unit at ``at``, each post once."""
    if unit_id is None:
        return []
    found = {one.post_id: one for find in _find for one in find(_MACHINE, unit_id, at)}
    return list(found.values())
