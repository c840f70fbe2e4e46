"""What pages, the API and the actions ask about orders and whistles. Every question takes the viewer and goes through scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from gongbi.command import refusals, rules
from gongbi.command.models import CommandSetting, Escalation, Notice, Order, Rung, ScoreRule, Whistle
from gongbi.command.rules import Mark, Priced
from gongbi.command.settings import DEFAULTS
from gongbi.kernel.clock.queries import with_running_clocks
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.declare import Transition
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import by_key, visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory
from gongbi.parties.models import Unit
from gongbi.parties.rules import in_force

PAGE = 50


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline."""

    at: datetime
    arrow: Transition
    actor: str
    unit_id: int | None
    to_state: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of orders; ``more`` says that another follows."""

    orders: Sequence[Order]
    more: bool


# Lists: what waits for my unit, what my unit gave, everything open, what is over.
MINE, GIVEN, OPEN, ENDED = "mine", "given", "open", "ended"
TABS = (MINE, GIVEN, OPEN, ENDED)
AT_UNIT = ("issued", "signed", "arrived")


def _tab(viewer: Viewer, tab: str) -> Q:
    ours = sorted(viewer.units)
    if tab == MINE:
        return Q(unit_id__in=ours, state__in=AT_UNIT)
    if tab == GIVEN:
        return Q(issuer_unit_id__in=ours, closed_at__isnull=True)
    return Q(closed_at__isnull=tab != ENDED)


def orders(
    viewer: Viewer, tab: str = OPEN, *, unit_id: int | None = None, page: int = 1, size: int = PAGE
) -> Page:
    """A page of orders with their running clocks, what is due first at the top; of what is over the newest."""
    found = visible(Order, viewer, "list").filter(_tab(viewer, tab))
    if unit_id is not None:
        found = found.filter(unit_id=unit_id)
    order = ("-closed_at", "-pk") if tab == ENDED else ("due_at", "pk")
    first = (max(page, 1) - 1) * size
    rows = list(found.select_related("call_of", "notice").order_by(*order)[first : first + size + 1])
    with_running_clocks(rows)
    return Page(rows[:size], len(rows) > size)


def counts(viewer: Viewer) -> dict[str, int]:
    """How many orders stand in each open list. One query."""
    found = visible(Order, viewer, "list").filter(closed_at__isnull=True).order_by()
    told: dict[str, int] = found.aggregate(
        **{tab: Count("pk", filter=_tab(viewer, tab)) for tab in (MINE, GIVEN, OPEN)}
    )
    return told


@dataclass(frozen=True, slots=True)
class Load:
    """What one unit has open: at the unit by state, contested, reported and waiting for the giver; how many are over a clock."""

    unit_id: int
    states: dict[str, int]
    late: int

    @property
    def all(self) -> int:
        return sum(self.states.values())


def board(viewer: Viewer, *, at: datetime) -> list[Load]:
    """Open orders by unit, those with the most overdue first. Drills are left out. One query."""
    found = visible(Order, viewer, "board").filter(closed_at__isnull=True, drill=False).order_by()
    minute = at.replace(second=0, microsecond=0)
    rows = found.values_list("unit_id", "state").annotate(
        n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=minute))
    )
    states: dict[int, dict[str, int]] = defaultdict(dict)
    late: dict[int, int] = defaultdict(int)
    for unit_id, state, n, over in rows:
        states[unit_id][state] = n
        late[unit_id] += over
    loads = [Load(unit_id, by_state, late[unit_id]) for unit_id, by_state in states.items()]
    return sorted(loads, key=lambda one: (-one.late, -one.all, one.unit_id))


def whistles(viewer: Viewer, *, ended: bool = False, most: int = PAGE) -> list[Whistle]:
    """Whistles and joint matters, those to be judged among the open ones; newest first, with their calls."""
    found = visible(Whistle, viewer, "list").filter(closed_at__isnull=not ended).order_by("-pk")
    return list(found.prefetch_related("calls")[:most])


def _by_number(model: type[Any], text: str, viewer: Viewer) -> Any:
    given = numbers.read(text)
    if given is None or given[0] != model.prefix:
        raise refusals.not_there()
    found = by_key(model, viewer, given[1])
    if found is None or not numbers.same(text, found.number):
        raise refusals.not_there()
    return found


def order_by_number(text: str, viewer: Viewer) -> Order:
    """The order of a number as people type it, or NotThere."""
    found: Order = _by_number(Order, text, viewer)
    return found


def whistle_by_number(text: str, viewer: Viewer) -> Whistle:
    """The whistle or joint matter of a number as people type it, or NotThere."""
    found: Whistle = _by_number(Whistle, text, viewer)
    return found


def order_for(key: int, viewer: Viewer) -> Order:
    """The order of that key, or NotThere."""
    found = by_key(Order, viewer, key) if 0 < key < 2**63 else None
    if found is None:
        raise refusals.not_there()
    return found


def whistle_for(key: int, viewer: Viewer) -> Whistle:
    """The whistle or joint matter of that key, or NotThere."""
    found = by_key(Whistle, viewer, key) if 0 < key < 2**63 else None
    if found is None:
        raise refusals.not_there()
    return found


def calls_of(whistle: Whistle, viewer: Viewer) -> list[Order]:
    """The calls of a whistle that this viewer sees, the lead first. Who was called sees all of them: they meet at the place."""
    whistle_by_number(whistle.number, viewer)
    rows = list(whistle.calls.order_by("-lead", "pk"))
    with_running_clocks(rows)
    return rows


def notice_of(order: Order, viewer: Viewer) -> Notice | None:
    """The numbered notice of an urge or a supervision, or None."""
    return visible(Notice, viewer).filter(order_id=order.pk).first()


def notices(viewer: Viewer, *, mark: str = "", year: int | None = None, most: int = 200) -> list[Notice]:
    """Notices, newest first."""
    found = visible(Notice, viewer, "list").select_related("order")
    found = found.filter(mark=mark) if mark else found
    found = found.filter(year=year) if year is not None else found
    return list(found.order_by("-year", "-issued_at", "-seq")[:most])


def timeline(matter: Order | Whistle, viewer: Viewer) -> list[Event]:
    """What has happened, oldest first. Raises NotThere for what is not theirs."""
    _by_number(type(matter), matter.number, viewer)
    by_name = matter.declared.by_name
    return [
        Event(entry.at, by_name[entry.transition], entry.actor, entry.unit_id, entry.to_state, entry.facts)
        for entry in LedgerEntry.objects.filter(matter_id=matter.pk).order_by("seq")
    ]


@dataclass(frozen=True, slots=True)
class About:
    """What was commanded about one matter, as far as the viewer sees it."""

    whistles: Sequence[Whistle] = ()
    orders: Sequence[Order] = ()
    climbs: Sequence[Escalation] = ()


def about(key: int, viewer: Viewer) -> About:
    """Whistles, orders (without calls) and climbs of the matter of that key, newest first."""
    whistles_ = visible(Whistle, viewer).filter(about_id=key).order_by("-pk")
    orders_ = (
        visible(Order, viewer)
        .filter(about_id=key, call_of__isnull=True)
        .select_related("notice")
        .order_by("-pk")
    )
    climbs = visible(Escalation, viewer).filter(matter_id=key).select_related("rung").order_by("-pk")
    return About(list(whistles_[:PAGE]), list(orders_[:PAGE]), list(climbs[:PAGE]))


def of_keys(keys: Collection[int], viewer: Viewer) -> tuple[list[Whistle], list[Order]]:
    """The whistles and the orders (without the calls of a whistle) among these that this viewer sees, by key."""
    if not keys:
        return [], []
    orders_ = visible(Order, viewer).filter(pk__in=keys, call_of__isnull=True).order_by("pk")
    return list(visible(Whistle, viewer).filter(pk__in=keys).order_by("pk")), list(orders_)


def matters_of(keys: Iterable[int], viewer: Viewer) -> frozenset[int]:
    """Which of these matters the viewer may know of: to open them from an order. One query."""
    return frozenset(visible(Matter, viewer).filter(pk__in=list(keys)).values_list("pk", flat=True))


def escalations(viewer: Viewer, *, most: int = PAGE) -> list[Escalation]:
    """What reached the viewer's unit by the ladder, or lies in the viewer's area: of each clock that still runs the last climb, newest
    first. What is closed or was done meanwhile is left out.
    """
    found = visible(Escalation, viewer, "list").filter(
        matter__closed_at__isnull=True, clock__stopped_at__isnull=True
    )
    last: dict[int, Escalation] = {}
    for one in found.select_related("rung", "matter").order_by("-at", "-pk")[: 4 * most]:
        known = last.get(one.clock_id)
        if known is None or known.rung.minutes < one.rung.minutes:
            last[one.clock_id] = one
    return list(last.values())[:most]


# ---- whom one may command ------------------------------------------------------------------------------------------


def addressable(viewer: Viewer, *, at: datetime, calls: bool = False) -> list[Unit]:
    """The units that this viewer may order (``calls``: call to a place or give a part), which exist at ``at``, by code."""
    known = directory.current()
    here = known.by_id.get(viewer.unit_id or 0)
    if here is None:
        return []
    own = rules.Unit(here.pk, here.kind, known.below(here.pk))
    living = (unit for unit in known.by_id.values() if in_force(unit.valid_from, unit.valid_to, at))
    if calls:
        near = rules.may_whistle(own) or rules.may_join(own)
        found = [unit for unit in living if near and unit.pk != own.id and _is_called(unit, own)]
    else:
        found = [unit for unit in living if rules.may_order(own, unit.pk)]
    return sorted(found, key=lambda one: one.code)


def _is_called(unit: Unit, own: rules.Unit) -> bool:
    """Whom one calls: anybody but the centre, the hotline, and other streets' communities."""
    if unit.kind == "community":
        return unit.pk in own.below
    return unit.kind not in (*rules.CENTRE_KINDS, "hotline", "hall")


def may(viewer: Viewer, what: str) -> bool:
    """Whether the viewer's unit may ``order``, ``whistle`` or ``join`` at all: which buttons a page has."""
    here = directory.current().by_id.get(viewer.unit_id or 0)
    if here is None or viewer.role not in ("dispatcher", "manager", "handler"):
        return False
    own = rules.Unit(here.pk, here.kind, frozenset({here.pk}))
    if what == "order":
        return viewer.role != "handler" and rules.may_order(own, here.pk)
    if what == "join":
        return viewer.role != "handler" and rules.may_join(own)
    return rules.may_whistle(own)


# ---- settings, ladder, scores --------------------------------------------------------------------------------------


def settings_set(viewer: Viewer) -> dict[str, str]:
    """What the district set itself: name → value."""
    return dict(visible(CommandSetting, viewer).values_list("key", "value"))


def setting(key: str, viewer: Viewer) -> str:
    """The value in force for ``key``; KeyError for a key that has no default. Everybody who acts here goes by the same."""
    default = DEFAULTS[key].value
    return CommandSetting.objects.filter(key=key).values_list("value", flat=True).first() or default


def rungs(viewer: Viewer, *, day: date | None = None) -> list[Rung]:
    """The ladder: every rung, or those in force on a local day; by flow, clock and minutes."""
    found = visible(Rung, viewer)
    if day is not None:
        found = found.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
    return list(found.order_by("flow", "clock", "minutes", "pk"))


def score_rules(viewer: Viewer) -> list[ScoreRule]:
    """The rules of scores, all of them, by mark and day."""
    return list(visible(ScoreRule, viewer).order_by("code", "valid_from"))


@dataclass(frozen=True, slots=True)
class Line:
    """One whistle (or call) of one unit: what it was marked for, what is left of the full points."""

    number: str
    whistle: str
    side: str  # caller, called
    unit_id: int
    opened_at: datetime
    marks: Sequence[Mark]
    score: int


@dataclass(slots=True)
class Score:
    """One unit on one side: its lines, their mean."""

    unit_id: int
    side: str
    lines: list[Line] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return sum(line.score for line in self.lines) / len(self.lines)


def window(viewer: Viewer, first: date, last: date) -> tuple[datetime, datetime]:
    """The instants of local days from ``first`` to ``last``, both included. Refused: none, or more than a year."""
    if not 0 <= (last - first).days <= 366:
        raise refusals.period()
    zone = timezone.get_default_timezone()
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return begin, end


def scores(viewer: Viewer, first: datetime, last: datetime) -> list[Score]:
    """Both sides of the whistles sounded in ``[first, last)`` that are over, by side and unit; drills left out.

    Computed anew from clocks and states by the rules in force on the whistle's local day: the same question gives the same answer.
    Joint matters are no whistles and are not scored.
    """
    table = [
        Priced(one.code, one.points, one.valid_from, one.valid_to, one.source, one.verified)
        for one in score_rules(viewer)
    ]
    found = visible(Whistle, viewer, "board").filter(
        sort=rules.WHISTLE, drill=False, closed_at__isnull=False, opened_at__gte=first, opened_at__lt=last
    )
    by_unit: dict[tuple[str, int], Score] = {}

    def add(line: Line) -> None:
        by_unit.setdefault((line.side, line.unit_id), Score(line.unit_id, line.side)).lines.append(line)

    for whistle in found.prefetch_related("calls__clocks").order_by("pk"):
        force = rules.in_force(table, timezone.localdate(whistle.opened_at))
        told = [(call, _called(call)) for call in whistle.calls.all()]
        given = rules.marks_of_caller(
            [one for _call, one in told], verdict=whistle.verdict, withdrawn=whistle.state == "withdrawn"
        )
        if whistle.caller_unit_id is not None:
            add(_line(whistle.number, whistle, "caller", whistle.caller_unit_id, given, force))
        for call, one in told:
            if call.closed_at is not None and one.state != "withdrawn":
                add(
                    _line(
                        call.number, whistle, "called", call.first_unit_id, rules.marks_of_called(one), force
                    )
                )
    return [by_unit[key] for key in sorted(by_unit)]


def _line(
    number: str, whistle: Whistle, side: str, unit_id: int, codes: Iterable[str], force: dict[str, Priced]
) -> Line:
    marks = rules.priced(codes, force)
    return Line(number, whistle.number, side, unit_id, whistle.opened_at, marks, rules.score(marks))


def _called(call: Order) -> rules.Called:
    """One call as the rules take it, from its loaded clocks."""
    ran = [
        rules.Ran(clock.name, clock.due_at, clock.stopped_at, clock.cancelled, clock.exempt)
        for clock in call.clocks.all()
    ]
    return rules.Called(call.state, ran, call.upheld, call.arrived_at is not None)
