"""What is open and how long still, by place and kind: for screens that everybody in a room sees. No number, no text, no person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Min, Q, QuerySet

from gongbi.cases.flow import CASE
from gongbi.cases.models import Case
from gongbi.kernel.flow.models import AT_WORK, Matter
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import EVERYTHING, condition, visible
from gongbi.kernel.scope.viewer import Viewer

_CHUNK = 5000
_NEAR = 100
OPENING = "open"  # the step by which a case begins; one answered at once never was open


class Stands(NamedTuple):
    """One case: where, until when its clock runs, and whether it is open."""

    key: int
    code: str
    due: datetime | None
    closed: datetime | None
    opened: datetime


class Line(NamedTuple):
    """One case as a stream names it."""

    key: int
    kind: str
    code: str
    opened: datetime
    due: datetime | None


def at_work(viewer: Viewer) -> Iterator[tuple[int, str, datetime | None]]:
    """(key, place, deadline) of every open case that this viewer sees."""
    found = visible(Matter, viewer, "board").filter(AT_WORK, flow=CASE.name)
    yield from found.values_list("pk", "territory", "due_at").iterator(chunk_size=_CHUNK)


def stand(viewer: Viewer, keys: Sequence[int]) -> list[Stands]:
    """How these cases stand now; keys of other matters are passed over. One query, by key."""
    found = visible(Matter, viewer, "board").filter(pk__in=keys, flow=CASE.name)
    rows = found.values_list("pk", "territory", "due_at", "closed_at", "opened_at")
    return [Stands(*row) for row in rows]


def tallies(viewer: Viewer, *, at: datetime) -> list[tuple[str, int, int]]:
    """(place, open, late) of every place that has an open case. One query."""
    found = visible(Matter, viewer, "board").filter(AT_WORK, flow=CASE.name).order_by()
    rows = found.values_list("territory").annotate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
    return [(code, n, late) for code, n, late in rows]


def opened_since(viewer: Viewer, since: datetime) -> list[tuple[str, int]]:
    """(place, cases) opened since a moment. One query, from the ledger's index of time."""
    found = _seen(viewer).filter(at__gte=since, transition=OPENING, matter__flow=CASE.name).order_by()
    return list(found.values_list("matter__territory").annotate(n=Count("pk")))


def opened_keys(viewer: Viewer, since: datetime) -> Iterator[tuple[int, str]]:
    """(case, place) of what :func:`opened_since` counts."""
    found = _seen(viewer).filter(at__gte=since, transition=OPENING, matter__flow=CASE.name).order_by()
    yield from found.values_list("matter_id", "matter__territory").iterator(chunk_size=_CHUNK)


def newest(viewer: Viewer, *, most: int) -> list[Line]:
    """The open cases that came last, the newest first. Keys follow the order of writing: a few more are read than are asked for."""
    found = visible(Case, viewer, "list").filter(AT_WORK).order_by("-pk")
    rows = [Line(*row) for row in found.values_list(*_LINE)[: max(most, _NEAR)]]
    return sorted(rows, key=lambda one: (one.opened, one.key), reverse=True)[:most]


def just_late(viewer: Viewer, *, at: datetime, most: int) -> list[Line]:
    """The open cases whose deadline passed last, the latest first."""
    found = visible(Case, viewer, "list").filter(AT_WORK, due_at__lt=at).order_by("-due_at", "-pk")
    return [Line(*row) for row in found.values_list(*_LINE)[:most]]


def lines(viewer: Viewer, keys: Sequence[int]) -> list[Line]:
    """These cases, as a stream names them. One query."""
    found = visible(Case, viewer, "list").filter(pk__in=keys)
    return [Line(*row) for row in found.values_list(*_LINE)]


_LINE = ("pk", "kind", "territory", "opened_at", "due_at")


Entry = tuple[int, datetime, str, str, dict[str, Any]]


def entries(viewer: Viewer, since: datetime, until: datetime) -> Iterator[Entry]:
    """(case, when, step, state after it, facts) of all that happened to cases in the half-open window, in its order."""
    found = _seen(viewer).filter(at__gte=since, at__lt=until, matter__flow=CASE.name).order_by("at", "pk")
    rows = found.values_list("matter_id", "at", "transition", "to_state", "facts")
    yield from rows.iterator(chunk_size=_CHUNK)


def places_before(viewer: Viewer, keys: Sequence[int], before: datetime) -> dict[int, str]:
    """Where each of these cases was at a moment, as far as the ledger names a place; the last one named holds."""
    found: dict[int, str] = {}
    rows = _seen(viewer).filter(matter_id__in=keys, at__lt=before).order_by("matter_id", "seq")
    for key, facts in rows.values_list("matter_id", "facts").iterator(chunk_size=_CHUNK):
        if facts.get("territory"):
            found[key] = str(facts["territory"])
    return found


def entry_count(viewer: Viewer, since: datetime, until: datetime) -> int:
    """How many entries :func:`entries` would give."""
    return _seen(viewer).filter(at__gte=since, at__lt=until, matter__flow=CASE.name).count()


def stepped(viewer: Viewer, steps: Sequence[str], since: datetime, until: datetime) -> list[int]:
    """The cases that took one of these steps in the half-open window."""
    found = _seen(viewer).filter(at__gte=since, at__lt=until, transition__in=steps, matter__flow=CASE.name)
    return sorted(set(found.values_list("matter_id", flat=True)))


def first_entry(viewer: Viewer) -> datetime | None:
    """When the ledger begins."""
    return _seen(viewer).aggregate(first=Min("at"))["first"]  # type: ignore[no-any-return]


def _seen(viewer: Viewer) -> QuerySet[LedgerEntry]:
    """Entries of matters that this viewer sees; who sees all needs no list of them."""
    where = condition(Matter, viewer, "board")
    found = LedgerEntry.objects.all()
    return found if where == EVERYTHING else found.filter(matter__in=Matter.objects.filter(where))
