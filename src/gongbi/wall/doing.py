"""What is being done about it, as lines: incidents at work, whistles and who has come, orders over their clock. Places, kinds, units, times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongbi.command import queries_standing as command
from gongbi.command.words import SORTS, WHISTLES
from gongbi.incidents import queries_standing as incidents
from gongbi.incidents.catalogue import EVENTS
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory
from gongbi.wall.rules import inside

EACH = 6  # lines of each sort that a screen shows
CALLED, SIGNED, CAME, REPORTED = range(4)


@dataclass(frozen=True)
class Act:
    """One line: where it is, and what a screen is told."""

    code: str
    plain: dict[str, Any]


def acts(viewer: Viewer, *, at: datetime) -> list[Act]:
    """All of it now, in the order it is shown in. Four questions."""
    found = [
        Act(one.territory, _line("incident", one, EVENTS[one.kind].words, level=one.level, at=_stamp(one.opened_at)))
        for one in incidents.at_work(viewer)
    ]  # fmt: skip
    for whistle in command.running(viewer):
        units = [
            [*_unit(call.unit_id), _step(call)] for call in whistle.calls.all() if call.state != "withdrawn"
        ]
        by = _stamp(whistle.come_by) if whistle.come_by else None
        found.append(
            Act(whistle.territory, _line("whistle", whistle, WHISTLES[whistle.sort], at=by, units=units))
        )
    for order in command.overdue(viewer, at=at):
        units = [[*_unit(order.unit_id), _step(order)]]
        found.append(
            Act(
                order.territory,
                _line("order", order, SORTS[order.sort], at=_stamp(order.due_at), units=units),
            )
        )
    return found


def cut(found: Iterable[Act], scope: Sequence[str]) -> list[dict[str, Any]]:
    """What a screen of these places shows: a few of each sort."""
    shown: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        if inside(one.code, scope):
            shown.setdefault(one.plain["sort"], []).append(one.plain)
    return [line for lines in shown.values() for line in lines[:EACH]]


def _line(sort: str, matter: Any, words: tuple[str, str], **more: Any) -> dict[str, Any]:
    told = {
        "sort": sort,
        "number": matter.number,
        "code": matter.territory,
        "words": list(words),
        "drill": matter.drill,
    }
    return told | more


def _stamp(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at is not None else None


def _step(call: Any) -> int:
    """How far a called unit has come."""
    if call.reported_at is not None:
        return REPORTED
    if call.arrived_at is not None:
        return CAME
    return SIGNED if call.signed_at is not None else CALLED


def _unit(unit_id: int | None) -> list[str]:
    unit = directory.current().by_id.get(unit_id or 0)
    return [unit.name, unit.name_en or unit.name] if unit is not None else ["—", "—"]
