"""A grid worker's open tasks: those of the own unit first, the nearest first where the phone says where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongbi.cases import queries
from gongbi.duties import queries as duties
from gongbi.field.frame import address
from gongbi.kernel.clock.queries import with_running_clocks
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look import deadlines
from gongbi.science.twins import metres

MOST = 200
MINE = ("dispatched", "handling", "asking")
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Task:
    """One open matter of the grid: ``mine`` when the own unit has it; ``metres`` from here, None where unknown."""

    case: Any
    kind: Any
    deadline: Any
    mine: bool
    metres: int | None
    href: str
    way: str


def tasks(viewer: Viewer, *, now: datetime, here: Point | None = None) -> list[Task]:
    """Open matters of the viewer's grids; a constant number of queries."""
    page = queries.queue(viewer, queries.QueueFilter(tab="open"), now=now, size=MOST)
    found = list(page.cases)
    with_running_clocks(found)
    kinds = {kind.code: kind.name for kind in duties.kinds()}
    shown = [_task(case, viewer, kinds, now, here) for case in found]
    return in_order(shown)


def in_order(shown: Sequence[Task]) -> list[Task]:
    """Mine before the others; the nearest first, without positions the nearest deadline."""
    return sorted(
        shown,
        key=lambda task: (
            not task.mine,
            task.metres is None,
            task.metres or 0,
            task.case.due_at is None,
            task.case.due_at or task.case.opened_at,
        ),
    )


def _task(case: Any, viewer: Viewer, kinds: dict[str, Any], now: datetime, here: Point | None) -> Task:
    placed = case.lon is not None and case.lat is not None
    far = round(metres(*here, case.lon, case.lat)) if here is not None and placed else None
    return Task(
        case=case,
        kind=kinds.get(case.kind, case.kind),
        deadline=deadlines.read(case, now),
        mine=case.unit_id in viewer.units and case.state in MINE,
        metres=far,
        href=address("desk:case", case.number),
        way=f"geo:{case.lat:.6f},{case.lon:.6f}" if placed else "",
    )


def here_of(lon: str, lat: str) -> Point | None:
    """What the phone said, as degrees; None when it is no position."""
    try:
        x, y = float(lon), float(lat)
    except ValueError:
        return None
    return (x, y) if -180 <= x <= 180 and -90 <= y <= 90 else None
