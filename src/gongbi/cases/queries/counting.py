"""What statistics read of cases: places, kinds and times. No text, no person, nothing that a person said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from gongbi.cases.models import Case, Report
from gongbi.kernel.scope import below, visible
from gongbi.kernel.scope.viewer import Viewer

UNCOUNTED = ("rejected", "merged", "answered")  # untrue, counted with another, no event
IMPORTED = "import"  # the channel of what a file brought
_SAID_AT = "reports__said_at"
_CHUNK = 10_000


def tally(viewer: Viewer, since: datetime, until: datetime) -> Iterator[tuple[str, str, date, int]]:
    """(division, kind, local day, cases) of the half-open window: visible cases that have a kind and a place.

    A case belongs to the day it was opened. One that came with a file belongs to the day it was said: a year's messages imported in one
    night are no outbreak of that night.
    """
    found = _counted(viewer, "board").order_by()
    opened = found.filter(opened_at__gte=since, opened_at__lt=until).exclude(channel=IMPORTED)
    grouped = opened.values_list("territory", "kind", TruncDate("opened_at")).annotate(n=Count("pk"))
    yield from grouped.iterator(chunk_size=_CHUNK)
    # One filter, so that all of it is said of one and the same report: the one that opened the case.
    brought = found.filter(
        channel=IMPORTED, reports__channel=IMPORTED, reports__first_case_id=F("pk"), reports__received_at__gte=since,
        reports__said_at__gte=since, reports__said_at__lt=until,
    )  # fmt: skip
    told = brought.values_list("territory", "kind", TruncDate(_SAID_AT)).annotate(
        n=Count("pk", distinct=True)
    )
    yield from told.iterator(chunk_size=_CHUNK)


def inside(
    viewer: Viewer, codes: Sequence[str], kinds: str, since: datetime, until: datetime, *, most: int
) -> list[Case]:
    """Visible cases in these divisions whose kind begins with ``kinds``, as :func:`tally` counts them in the half-open window, newest
    first."""
    found = _counted(viewer, "list").filter(below("territory", codes), kind__startswith=kinds)
    opened = Q(opened_at__gte=since, opened_at__lt=until) & ~Q(channel=IMPORTED)
    found = found.filter(opened | Q(pk__in=_said(since, until)))
    return list(found.defer("proposal").order_by("-opened_at", "-pk")[:most])


def _counted(viewer: Viewer, purpose: str) -> QuerySet[Case]:
    found = visible(Case, viewer, purpose)
    return found.exclude(state__in=UNCOUNTED).exclude(kind="").exclude(territory="")


def _said(since: datetime, until: datetime) -> QuerySet[Report, int]:
    """The cases that a file brought and that were first said in the window. Nobody receives what is not said yet, so the receipts'
    index narrows it."""
    opening = Report.objects.filter(channel=IMPORTED, received_at__gte=since, case_id=F("first_case_id"))
    return opening.filter(said_at__gte=since, said_at__lt=until).values_list("case_id", flat=True)


def coming_back(
    viewer: Viewer, since: datetime, until: datetime, *, more_than: int
) -> Iterator[tuple[int, int, str, str, datetime, datetime | None]]:
    """(key, 100 m square, kind, division, opened, closed) of visible cases on squares with more than so many of one kind."""
    found = _on_squares(viewer, since, until)
    many = found.values("cell", "kind").annotate(n=Count("pk")).filter(n__gt=more_than)
    pairs = set(many.values_list("cell", "kind"))
    if not pairs:
        return
    rows = found.values_list("pk", "cell", "kind", "territory", "opened_at", "closed_at")
    for row in rows.iterator(chunk_size=_CHUNK):
        key, spot, kind, code, opened, closed = row
        if spot is not None and (spot, kind) in pairs:
            yield key, spot, kind, code, opened, closed


@dataclass(frozen=True, slots=True)
class Busyness:
    """Cases of a window that have a place and a kind: by kind, and by 100 m square."""

    by_kind: dict[str, int]
    by_cell: dict[int, int]


def busyness(viewer: Viewer, since: datetime, until: datetime) -> Busyness:
    """How many cases each kind and each 100 m square had in the half-open window."""
    found = _on_squares(viewer, since, until)
    by_kind = found.values_list("kind").annotate(n=Count("pk"))
    by_cell = found.values_list("cell").annotate(n=Count("pk"))
    return Busyness(
        dict(by_kind), {cell: n for cell, n in by_cell.iterator(chunk_size=_CHUNK) if cell is not None}
    )


def of_squares(
    viewer: Viewer, since: datetime, until: datetime, *, at_least: int
) -> dict[tuple[int, str], int]:
    """(100 m square, kind) → cases of the half-open window, where there were so many at least."""
    if since >= until:
        return {}
    found = _on_squares(viewer, since, until).values("cell", "kind").annotate(n=Count("pk"))
    rows = found.filter(n__gte=at_least).values_list("cell", "kind", "n")
    return {(cell, kind): n for cell, kind, n in rows.iterator(chunk_size=_CHUNK) if cell is not None}


def _on_squares(viewer: Viewer, since: datetime, until: datetime) -> QuerySet[Case]:
    found = visible(Case, viewer, "board").filter(opened_at__gte=since, opened_at__lt=until)
    return found.exclude(state__in=UNCOUNTED).exclude(kind="").filter(cell__isnull=False).order_by()


def handlings(
    viewer: Viewer, since: datetime, until: datetime
) -> Iterator[tuple[int, int, str, str, datetime, datetime, datetime | None]]:
    """(key, unit, kind, division, begun, due, stopped) of the handling clocks begun in the window; what is paused now is left out."""
    cases = visible(Case, viewer, "board").exclude(kind="").exclude(unit_id=None).filter(excluded="")
    # One call, so that all is asked of the same clock; from the cases on, because a planner without statistics (just after a
    # large import) finds no way into a sub-query of cases but to read them all again for every clock.
    running = cases.filter(
        Q(clocks__paused_at__isnull=True) | Q(clocks__stopped_at__isnull=False),
        clocks__name="handle", clocks__cancelled=False, clocks__started_at__gte=since, clocks__started_at__lt=until,
    ).order_by()  # fmt: skip
    columns = (
        "pk", "unit_id", "kind", "territory", "clocks__started_at", "clocks__due_at", "clocks__stopped_at",
    )  # fmt: skip
    yield from running.values_list(*columns).iterator(chunk_size=_CHUNK)
