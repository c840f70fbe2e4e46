"""Appeals: the lists, one with its history, and what a unit may appeal against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from gongbi.cases.queries.lists import case_list
from gongbi.evaluation.models import Appeal
from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.declare import Transition
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer

PAGE = 50
TABS: dict[str, tuple[str, ...]] = {
    "open": ("asked",),
    "upheld": ("upheld",),
    "closed": ("refused", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an appeal's history."""

    at: datetime
    arrow: Transition
    actor: str
    unit_id: int | None
    facts: Mapping[str, Any]


def appeals(viewer: Viewer, tab: str, *, page: int = 1, size: int = PAGE) -> tuple[Sequence[Appeal], bool]:
    """A page of appeals, those to be reviewed by their deadline, the others the newest first; whether more follow."""
    if tab not in TABS:
        raise NotThere("evaluation.tab", ("没有这个列表。", "There is no such list."))
    order = ("due_at", "pk") if tab == "open" else ("-closed_at", "-pk")
    found = visible(Appeal, viewer, "list").filter(state__in=TABS[tab]).order_by(*order)
    first = (max(page, 1) - 1) * size
    rows = list(found[first : first + size + 1])
    return rows[:size], len(rows) > size


def counts(viewer: Viewer) -> dict[str, int]:
    """How many appeals stand in each list."""
    rows = visible(Appeal, viewer, "list").order_by().values_list("state").annotate(n=Count("pk"))
    by_state = dict(rows)
    return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TABS.items()}


def _none() -> NotThere:
    return NotThere(
        "evaluation.no_appeal",
        (
            "没有这件申诉，或不在您的范围内。请核对编号。",
            "There is no such appeal, or it is outside your field. Check the number.",
        ),
    )


def appeal_for(key: int, viewer: Viewer) -> Appeal:
    """The appeal of that key, or NotThere."""
    found = visible(Appeal, viewer).filter(pk=key).first() if 0 < key < 2**63 else None
    if found is None:
        raise _none()
    return found


def appeal_by_number(text: str, viewer: Viewer) -> Appeal:
    """The appeal of a number as people type it, or NotThere."""
    given = numbers.read(text)
    if given is None or given[0] != Appeal.prefix:
        raise _none()
    found = appeal_for(given[1], viewer)
    if not numbers.same(text, found.number):
        raise _none()
    return found


def timeline(appeal: Appeal, viewer: Viewer) -> list[Event]:
    """What has happened, oldest first. Raises NotThere for one that is not theirs."""
    appeal_for(appeal.pk, viewer)
    by_name = appeal.declared.by_name
    return [
        Event(entry.at, by_name[entry.transition], entry.actor, entry.unit_id, entry.facts)
        for entry in LedgerEntry.objects.filter(matter_id=appeal.pk).order_by("seq")
    ]


def cases_of(viewer: Viewer, keys: Sequence[int]) -> dict[int, Any]:
    """The cases of these keys as far as this viewer sees them."""
    return {case.pk: case for case in case_list(viewer, sorted(set(keys)))} if keys else {}


def appeals_of(viewer: Viewer, period: str, unit_keys: Sequence[int]) -> dict[int, Appeal]:
    """Appeals of these units in a period by their case, withdrawn ones left out."""
    found = visible(Appeal, viewer).filter(period=period, asked_unit__in=list(unit_keys), slot=0)
    return {one.case_id: one for one in found.order_by("pk")}
