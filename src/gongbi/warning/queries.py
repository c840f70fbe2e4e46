"""What pages, the API and the nightly look ask. Every question takes the viewer and goes through scope."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from gongbi.cases.queries import counting
from gongbi.cases.queries.lists import case_list
from gongbi.duties import queries as duties
from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.declare import Transition
from gongbi.kernel.flow.models import Link
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.territory import queries as territory
from gongbi.territory.rules import Level
from gongbi.warning import lateness, repeats, rules
from gongbi.warning.days import midnight
from gongbi.warning.flow import GROWING, OPEN_STATES
from gongbi.warning.models import DayCount, Run, Warning, WarningSetting
from gongbi.warning.rules import Precision
from gongbi.warning.settings import Config, read

PAGE = 50
INSIDE = 200
ACTED = "acted"  # the kind of link from a warning to a case made from it
SAME = "same"  # from a warning to one of another sort about the same problem


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed by; empty means all. ``tab``: open, review, closed or all."""

    tab: str = "open"
    sort: str = ""
    level: int | None = None
    group: str = ""


TABS: dict[str, tuple[str, ...]] = {
    "open": ("raised", "assessed"),
    "review": ("acted", "dismissed"),
    "closed": ("reviewed",),
    "all": (*OPEN_STATES, "reviewed"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of warnings; ``more`` says that another follows."""

    warnings: Sequence[Warning]
    more: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a warning's timeline."""

    at: datetime
    arrow: Transition
    actor: str
    unit_id: int | None
    to_state: str
    facts: dict[str, Any]


def _none() -> NotThere:
    return NotThere(
        "warning.not_there",
        (
            "没有这个预警，或不在您的范围内。请核对编号的每一位。",
            "There is no such warning, or it is outside your area. Check every digit.",
        ),
    )


def warnings(viewer: Viewer, wanted: Filter, *, page: int = 1, size: int = PAGE) -> Page:
    """A page of warnings: what waits first, then by level, then the newest."""
    if wanted.tab not in TABS:
        raise NotThere("warning.tab", ("没有这个列表。", "There is no such list."))
    found = visible(Warning, viewer, "list").filter(state__in=TABS[wanted.tab])
    if wanted.sort:
        found = found.filter(sort=wanted.sort)
    if wanted.level:
        found = found.filter(level=wanted.level)
    if wanted.group:
        found = found.filter(group=wanted.group)
    order: tuple[str, ...] = ("level", "-seen_day", "-matter_ptr_id")
    if wanted.tab in ("closed", "all"):
        order = ("-closed_at", "-matter_ptr_id") if wanted.tab == "closed" else ("-matter_ptr_id",)
    first = (max(page, 1) - 1) * size
    rows = list(found.prefetch_related("areas").order_by(*order)[first : first + size + 1])
    return Page(rows[:size], len(rows) > size)


def counts(viewer: Viewer) -> dict[str, int]:
    """How many warnings stand in each list."""
    rows = visible(Warning, viewer, "list").order_by().values_list("state").annotate(n=Count("pk"))
    by_state = dict(rows)
    return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TABS.items()}


def warning_for(key: int, viewer: Viewer) -> Warning:
    """The warning of that key, or NotThere."""
    found = visible(Warning, viewer).filter(pk=key).first() if 0 < key < 2**63 else None
    if found is None:
        raise _none()
    return found


def warning_by_number(text: str, viewer: Viewer) -> Warning:
    """The warning of a number as people type it, or NotThere."""
    given = numbers.read(text)
    if given is None or given[0] != Warning.prefix:
        raise _none()
    found = warning_for(given[1], viewer)
    if not numbers.same(text, found.number):
        raise _none()
    return found


def timeline(warning: Warning, viewer: Viewer) -> list[Event]:
    """What has happened, oldest first. Raises NotThere for a warning that is not theirs."""
    warning_for(warning.pk, viewer)
    by_name = warning.declared.by_name
    return [
        Event(entry.at, by_name[entry.transition], entry.actor, entry.unit_id, entry.to_state, entry.facts)
        for entry in LedgerEntry.objects.filter(matter_id=warning.pk).order_by("seq")
    ]


def codes_of(warning: Warning, viewer: Viewer) -> list[str]:
    """The divisions that a warning is about."""
    warning_for(warning.pk, viewer)
    return sorted(area.code for area in warning.areas.all())


def cases_inside(warning: Warning, viewer: Viewer, *, most: int = INSIDE) -> list[Any]:
    """The cases behind a warning that this viewer may see, newest first, at most so many."""
    codes = codes_of(warning, viewer)
    if warning.sort in (rules.REPEAT, rules.LATE):
        return case_list(viewer, list(warning.cases)[-most:])
    window = (midnight(warning.first_day), midnight(warning.last_day + timedelta(days=1)))
    return counting.inside(viewer, codes, warning.group, *window, most=most)


def cases_made(warning: Warning, viewer: Viewer) -> list[Any]:
    """The cases that were made of a warning, as far as this viewer sees them."""
    warning_for(warning.pk, viewer)
    keys = Link.objects.filter(source_id=warning.pk, kind=ACTED).values_list("target_id", flat=True)
    return case_list(viewer, list(keys))


def made_from(case: int, viewer: Viewer) -> list[Warning]:
    """The warnings that a case was made from, as far as this viewer sees them."""
    keys = Link.objects.filter(target_id=case, kind=ACTED).values("source_id")
    return list(visible(Warning, viewer).filter(pk__in=keys).order_by("pk"))


def of_keys(keys: Collection[int], viewer: Viewer) -> list[Warning]:
    """The warnings among these that this viewer sees, by key."""
    return list(visible(Warning, viewer).filter(pk__in=keys).order_by("pk")) if keys else []


def telling_of(case: Any, viewer: Viewer, *, most: int = 5) -> list[Warning]:
    """The warnings of its class whose area and days hold a case, newest first: one question, by the area's index."""
    code, day = case.territory, timezone.localdate(case.opened_at)
    prefixes = [code[:size] for size in (6, 9, 12, 15) if len(code) >= size]
    if not prefixes or not case.kind:
        return []
    found = visible(Warning, viewer).filter(
        areas__code__in=prefixes, group=rules.group_of(case.kind), first_day__lte=day, last_day__gte=day
    )
    found = found.exclude(sort=rules.LATE).filter(Q(kind="") | Q(kind=case.kind))
    return list(found.distinct().order_by("-pk")[:most])


def same_problem(warning: Warning, viewer: Viewer) -> list[Warning]:
    """Warnings of other sorts about the same problem, newest first, as far as this viewer sees them."""
    warning_for(warning.pk, viewer)
    there = Link.objects.filter(source_id=warning.pk, kind=SAME).values("target_id")
    back = Link.objects.filter(target_id=warning.pk, kind=SAME).values("source_id")
    found = visible(Warning, viewer).filter(Q(pk__in=there) | Q(pk__in=back))
    return list(found.prefetch_related("areas").order_by("-pk"))


def precision(viewer: Viewer) -> dict[tuple[str, int], Precision]:
    """Right and wrong of the reviewed warnings, by sort and level."""
    found = visible(Warning, viewer, "board").filter(state="reviewed").order_by()
    rows = found.values_list("sort", "level").annotate(
        right=Count("pk", filter=Q(verdict=rules.RIGHT)), wrong=Count("pk", filter=Q(verdict=rules.WRONG))
    )
    return {(sort, level): Precision(right, wrong) for sort, level, right, wrong in rows}


@dataclass(frozen=True, slots=True)
class Weekly:
    """Clusters and rises of the last ``weeks``: raised and found wrong a week, against what the district accepts."""

    weeks: int
    raised: float
    wrong: float
    accepted: float


def weekly(viewer: Viewer, *, at: datetime, weeks: int = 12) -> Weekly:
    """How many warnings by counts came a week, and how many of them were found wrong."""
    since = at - timedelta(weeks=weeks)
    found = visible(Warning, viewer, "board").filter(
        opened_at__gte=since, sort__in=(rules.CLUSTER, rules.RISE)
    )
    told = found.aggregate(all=Count("pk"), wrong=Count("pk", filter=Q(verdict=rules.WRONG)))
    return Weekly(weeks, told["all"] / weeks, told["wrong"] / weeks, config(viewer).false_alarms)


def runs(viewer: Viewer, *, most: int = 60) -> list[Run]:
    """The last looks, newest day first."""
    return list(visible(Run, viewer).order_by("-day", "live")[:most])


def last_run(viewer: Viewer) -> Run | None:
    """The last look, of a whole day or live."""
    return visible(Run, viewer).order_by("-at").first()


def looked_at(viewer: Viewer, day: date) -> bool:
    """Whether the nightly look at a day was made."""
    return visible(Run, viewer).filter(day=day, live=False).exists()


def config(viewer: Viewer) -> Config:
    """The settings in force."""
    return read(settings_set(viewer))


def settings_set(viewer: Viewer) -> dict[str, str]:
    """What the district set itself: name → value."""
    return dict(WarningSetting.objects.values_list("key", "value"))


def groups(viewer: Viewer) -> dict[str, tuple[str, str]]:
    """Class of kinds → (zh, en)."""
    return {rules.group_of(kind.code): kind.major for kind in duties.kinds()}


def standing(viewer: Viewer) -> list[tuple[str, int, int]]:
    """(place, level, warnings) that are not reviewed yet, each at the smallest division that holds its area. One query."""
    found = visible(Warning, viewer, "board").filter(closed_at__isnull=True).order_by()
    return list(found.values_list("territory", "level").annotate(n=Count("pk")))


def stood(
    viewer: Viewer, since: datetime, until: datetime
) -> list[tuple[str, int, datetime, datetime | None]]:
    """(place, level, raised, reviewed) of the warnings that stood in the half-open window."""
    found = visible(Warning, viewer, "board").filter(opened_at__lt=until).order_by("pk")
    found = found.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=since))
    return list(found.values_list("territory", "level", "opened_at", "closed_at"))


# --- What the look reads ------------------------------------------------------------------------------------------------


def day_counts(viewer: Viewer, first: date, last: date) -> dict[date, dict[str, dict[str, int]]]:
    """Cases of every local day from ``first`` to ``last``, counted now: day → class → division → cases."""
    found: dict[date, dict[str, dict[str, int]]] = {}
    window = (midnight(first), midnight(last + timedelta(days=1)))
    for code, kind, day, cases in counting.tally(viewer, *window):
        by_code = found.setdefault(day, {}).setdefault(rules.group_of(kind), {})
        by_code[code] = by_code.get(code, 0) + cases
    return found


def stored_counts(viewer: Viewer, first: date, last: date) -> dict[date, dict[str, dict[str, int]]]:
    """The same as the last look stored it."""
    rows = visible(DayCount, viewer).filter(day__gte=first, day__lte=last)
    return dict(rows.values_list("day", "counts"))


def known(viewer: Viewer, *, since: date) -> list[rules.Known]:
    """The warnings that were still seen on or after a day."""
    found = visible(Warning, viewer).filter(Q(last_day__gte=since) | Q(seen_day__gte=since))
    return [
        rules.Known(
            one.pk, one.sort, one.level, one.subject, one.group, frozenset(area.code for area in one.areas.all()),
            one.first_day, max(one.last_day, one.seen_day), one.state in GROWING,
        )
        for one in found.prefetch_related("areas")
    ]  # fmt: skip


def past_cases(viewer: Viewer, first: date, last: date, *, more_than: int) -> list[repeats.Past]:
    """The cases of squares where one kind happened more than so many times."""
    window = (midnight(first), midnight(last + timedelta(days=1)))
    return [
        repeats.Past(key, spot, kind, code, timezone.localtime(opened), closed)
        for key, spot, kind, code, opened, closed in counting.coming_back(
            viewer, *window, more_than=more_than
        )
    ]


def usual(viewer: Viewer, before: date, first: date, last: date, *, more_than: int) -> repeats.Usual:
    """What is usual on each square of 100 m: the cases of the window from ``first`` to ``last``, and of the days from ``before`` on. Squares
    with fewer than ``more_than`` of a kind before the window are left out there.
    """
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    busy = counting.busyness(viewer, begin, end)
    return repeats.Usual(
        by_kind=busy.by_kind,
        by_spot=busy.by_cell,
        squares=len(busy.by_cell),
        before=counting.of_squares(viewer, midnight(before), begin, at_least=more_than),
        days_before=max((first - before).days, 0),
    )


def handlings(viewer: Viewer, first: date, until: datetime) -> list[lateness.Handling]:
    """The handlings begun since a day."""
    return [lateness.Handling(*row) for row in counting.handlings(viewer, midnight(first), until)]


def places(viewer: Viewer, day: date) -> dict[str, Sequence[float]]:
    """Where each grid and community lies: code → a point inside it (longitude, latitude)."""
    found: dict[str, Sequence[float]] = {}
    levels: tuple[Level, ...] = ("community", "grid")
    for level in levels:
        for shape in territory.map_geojson(level, on=day)["features"]:
            found[shape["properties"]["code"]] = shape["properties"]["label"]
    return found


def grids(where: Mapping[str, Sequence[float]], viewer: Viewer) -> list[str]:
    """The grids among the places: they belong to the map though nothing happened there."""
    return [code for code in where if len(code) == 15]
