"""Lists of cases: the desk's queues, search, and the window of a map. Each costs a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, FloatField, Func, Q, QuerySet
from django.utils import timezone

from gongbi.cases.models import Case, Request
from gongbi.kernel import statements
from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.models import AT_WORK
from gongbi.kernel.scope import below, visible
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.search import queries as search

PAGE = 50


# A moment as seconds since 1970: a window has two thousand of them, and reading one as a date takes Python ten times as long.
class _Seconds(Func):
    """A moment of PostgreSQL as seconds since 1970."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)::float8"
    output_field = FloatField()
    convert_value = staticmethod(Func._convert_value_noop)  # type: ignore[attr-defined]  # it is a float already


UNSHOWN = ("proposal", "seed", "last_hash")  # a list shows none of them, and the proposal is most of a row
MAP_MOST = 2000


@dataclass(frozen=True, slots=True)
class Tab:
    """One queue of the desk: its states, and whose first page it is."""

    name: str
    words: tuple[str, str]
    states: tuple[str, ...]
    roles: tuple[str, ...]


_WITH_MATTERS = (*sorted(roles.BY_TERRITORY), *sorted(roles.BY_UNIT))
TABS = (
    Tab("accept", ("待受理", "To accept"), ("received",), (roles.DISPATCHER, roles.CLERK)),
    Tab("dispatch", ("待派遣", "To dispatch"), ("accepted",), (roles.DISPATCHER,)),
    Tab("requests", ("待审批", "To approve"), ("handling",), (roles.DISPATCHER,)),
    Tab("sign", ("待签收", "To sign for"), ("dispatched",), (roles.HANDLER, roles.DISPATCHER)),
    Tab(
        "handle", ("处置中", "Handling"), ("handling",), (roles.HANDLER, roles.GRID_WORKER, roles.DISPATCHER)
    ),
    Tab("check", ("待核查", "To check"), ("handled",), (roles.CHECKER,)),
    Tab("callback", ("待回访", "To call back"), ("checked",), (roles.CLERK,)),
    Tab("rule", ("待裁定", "To adjudicate"), ("disputed",), (roles.ADJUDICATOR,)),
    Tab(
        "waiting",
        ("等待中", "Waiting"),
        ("asking", "clarifying", "suspended"),
        (roles.DISPATCHER, roles.HANDLER, roles.CLERK),
    ),
    Tab(
        "open",
        ("全部在办", "All open"),
        (),
        _WITH_MATTERS,
    ),
    Tab(
        "closed",
        ("已办结", "Closed"),
        ("closed", "judged"),
        _WITH_MATTERS,
    ),
    Tab(
        "ended",
        ("其他已结束", "Ended otherwise"),
        ("rejected", "merged", "answered"),
        (roles.DISPATCHER, roles.CLERK, roles.MANAGER, roles.AUDITOR),
    ),
)
ENDED = ("closed", "ended")  # tabs of what is over: newest first
TAB = {tab.name: tab for tab in TABS}


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a list is narrowed by; empty means all. ``after`` is the last row shown, for the next page; ``newest``: the newest first,
    whatever the list's own order.
    """

    tab: str = "open"
    words: str = ""
    kind: str = ""
    territory: str = ""
    unit: int | None = None
    channel: str = ""
    overdue: bool = False
    newest: bool = False
    after: tuple[datetime | None, int] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of cases; ``more`` says that another follows."""

    cases: Sequence[Case]
    more: bool


def tabs_of(viewer: Viewer) -> list[Tab]:
    """The queues of this viewer's role, first one first."""
    return [tab for tab in TABS if viewer.role in tab.roles]


def queue(viewer: Viewer, wanted: QueueFilter, *, now: datetime, size: int = PAGE) -> Page:
    """A page of one queue, the nearest deadline first. A number typed as words finds exactly that case."""
    tab = TAB.get(wanted.tab)
    if tab is None:
        raise NotThere("cases.tab", ("没有这个列表。", "There is no such list."))
    found = visible(Case.objects.defer(*UNSHOWN), viewer, "list")
    if wanted.words and numbers.read(wanted.words):
        return Page(list(_numbered(found, wanted.words)), more=False)
    found = _narrow(found, wanted, now)
    if tab.states:
        found = found.filter(flow="cases", state__in=tab.states)
    if tab.name not in ENDED:
        found = found.filter(AT_WORK, is_open=True)  # both tables have small indexes of what is at work
    if tab.name == "requests":
        found = found.filter(pk__in=Request.objects.filter(decided_at__isnull=True).values("case_id"))
    if wanted.words:
        return _searched(found, wanted.words, size)
    if tab.name in ENDED or wanted.newest:
        found = found.order_by("-matter_ptr_id")
        if wanted.after:
            found = found.filter(pk__lt=wanted.after[1])
    else:
        found = found.order_by(F("due_at").asc(nulls_last=True), "matter_ptr_id")
        if wanted.after:
            due, last = wanted.after
            beyond = (
                Q(due_at__gt=due) | Q(due_at=due, pk__gt=last) | Q(due_at__isnull=True)
                if due
                else Q(due_at__isnull=True, pk__gt=last)
            )
            found = found.filter(beyond)
    rows = list(found[: size + 1])
    return Page(rows[:size], more=len(rows) > size)


def _narrow(found: QuerySet[Case], wanted: QueueFilter, now: datetime) -> QuerySet[Case]:
    if wanted.kind:
        found = found.filter(kind__startswith=wanted.kind)
    if wanted.territory:
        found = found.filter(below("territory", [wanted.territory]))
    if wanted.unit:
        found = found.filter(unit_id=wanted.unit)
    if wanted.channel:
        found = found.filter(channel=wanted.channel)
    if wanted.overdue:
        found = found.filter(due_at__lt=now)
    return found


def _numbered(found: QuerySet[Case], text: str) -> QuerySet[Case]:
    prefix, pk = numbers.read(text) or ("", 0)
    return found.filter(reports__pk=pk) if prefix == "LH" else found.filter(pk=pk)


def _searched(found: QuerySet[Case], words: str, size: int) -> Page:
    """The newest that match. A page that the newest thousand matches fill is the page that all of them would give."""
    newest = found.order_by("-matter_ptr_id")
    rows = list(newest.filter(search.match(words, limit=search.NEWEST))[: size + 1])
    if len(rows) <= size and search.more_than(words, search.NEWEST):
        rows = list(newest.filter(search.match(words))[: size + 1])
    return Page(rows[:size], more=len(rows) > size)


def case_list(viewer: Viewer, keys: Sequence[int]) -> list[Case]:
    """The visible cases among ``keys``, newest first (the rows behind a figure)."""
    return list(visible(Case.objects.filter(pk__in=keys), viewer, "list").order_by("-matter_ptr_id"))


def counts(viewer: Viewer, *, now: datetime) -> dict[str, int]:
    """How many open cases wait in each state, how many are overdue (``late``): one query; for who decides on requests also how
    many of those wait (``requests``): one more, by their small index.
    """
    found = visible(Case.objects.filter(is_open=True), viewer, "list")
    rows = (
        found.order_by().values("state").annotate(n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)))
    )
    result: dict[str, int] = {"late": 0}
    for row in rows:
        result[row["state"]] = row["n"]
        result["late"] += row["late"]
    if viewer.role in TAB["requests"].roles:
        asked = Request.objects.filter(decided_at__isnull=True).values("case_id")
        asking = visible(Case.objects.filter(state__in=TAB["requests"].states, pk__in=asked), viewer, "list")
        result["requests"] = asking.order_by().count()
    return result


def map_window(
    viewer: Viewer, *, west: float, south: float, east: float, north: float, most: int = MAP_MOST
) -> list[dict[str, Any]]:
    """Open cases inside a window (CGCS2000 degrees), at most ``most``, newest first: key, place, state, kind, deadline."""
    zone = timezone.get_current_timezone()
    columns = ("pk", "lon", "lat", "state", "kind", "due_at", "title")
    exact = connection.vendor == "postgresql"

    def make(west: float, south: float, east: float, north: float) -> QuerySet[Case, Any]:
        found = visible(
            Case.objects.filter(is_open=True, lat__range=(south, north), lon__range=(west, east)),
            viewer,
            "list",
        )
        due = _Seconds(F("due_at")) if exact else F("due_at")
        ordered = found.order_by("-matter_ptr_id").annotate(due=due)
        return ordered.values_list("pk", "lon", "lat", "state", "kind", "due", "title")[:most]

    lines = statements.fetch_lines(
        ("cases.map", viewer, most), make, float(west), float(south), float(east), float(north)
    )
    rows = [dict(zip(columns, line, strict=True)) for line in lines]
    for row in rows:
        due = row["due_at"]
        if due is not None:
            row["due_at"] = datetime.fromtimestamp(due, zone) if exact else due
    return rows
