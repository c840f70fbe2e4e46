"""What statistics read of cases: places, kinds and times. No text, no person, nothing that a person said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from gongbi.cases.models import Case
from gongbi.kernel.scope import below, visible
from gongbi.kernel.scope.viewer import Viewer

UNCOUNTED = ("rejected", "merged", "answered")  # untrue, counted with another, no event
_CHUNK = 10_000


def tally(viewer: Viewer, since: datetime, until: datetime) -> Iterator[tuple[str, str, date, int]]:
    """(division, kind, local day, cases) of the half-open window: visible cases that have a kind and a place."""
    found = visible(Case, viewer, "board").filter(opened_at__gte=since, opened_at__lt=until)
    found = found.exclude(state__in=UNCOUNTED).exclude(kind="").exclude(territory="")
    grouped = (
        found.order_by().values_list("territory", "kind", TruncDate("opened_at")).annotate(n=Count("pk"))
    )
    yield from grouped.iterator(chunk_size=_CHUNK)


def inside(
    viewer: Viewer, codes: Sequence[str], kinds: str, since: datetime, until: datetime, *, most: int
) -> list[Case]:
    """Visible cases in these divisions whose kind begins with ``kinds``, opened in the half-open window, newest first."""
    found = visible(Case, viewer, "list").filter(below("territory", codes), kind__startswith=kinds)
    found = found.filter(opened_at__gte=since, opened_at__lt=until).exclude(state__in=UNCOUNTED)
    return list(found.defer("proposal").order_by("-opened_at", "-pk")[:most])


def coming_back(
    viewer: Viewer, since: datetime, until: datetime, *, more_than: int
) -> Iterator[tuple[int, int, str, str, datetime, datetime | None]]:
    """(key, 100 m square, kind, division, opened, closed) of visible cases on squares with more than so many of one kind."""
    found = visible(Case, viewer, "board").filter(opened_at__gte=since, opened_at__lt=until)
    found = found.exclude(state__in=UNCOUNTED).exclude(kind="").filter(cell__isnull=False).order_by()
    many = found.values("cell", "kind").annotate(n=Count("pk")).filter(n__gt=more_than)
    pairs = set(many.values_list("cell", "kind"))
    if not pairs:
        return
    rows = found.values_list("pk", "cell", "kind", "territory", "opened_at", "closed_at")
    for row in rows.iterator(chunk_size=_CHUNK):
        key, spot, kind, code, opened, closed = row
        if spot is not None and (spot, kind) in pairs:
            yield key, spot, kind, code, opened, closed


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
