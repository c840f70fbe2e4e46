"""What is a warning, of which level, and whether it is a new one. Plain values in, plain values out.

The four levels and their colours: 《突发事件应对法》（2024年）第六十三条 (一级红、二级橙、三级黄、四级蓝). Where a level begins is the district's own
setting, see :mod:`gongbi.warning.settings`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from gongbi.warning.settings import Config

LEVELS_ARTICLE = "《突发事件应对法》（2024年）第六十三条"
RED, ORANGE, YELLOW, BLUE = 1, 2, 3, 4
CLUSTER, RISE, REPEAT, LATE = "cluster", "rise", "repeat", "late"
SORTS = (CLUSTER, RISE, REPEAT, LATE)
RIGHT, WRONG = "right", "wrong"
Words = tuple[str, str]
_DIVISIONS = (15, 12, 9, 6)  # digits of a grid, community, street, district
_COMMUNITY = 12  # digits
_GROUP = 3  # first characters of a kind's code: its major class
_MOST_CASES = 300  # kept with a warning of repeats or of lateness
_WEEK = 7.0


def level_by_recurrence(days: float, config: Config) -> int:
    """The level (1 red … 4 blue) of what chance gives once in so many days (《突发事件应对法》（2024年）第六十三条 for the four)."""
    return BLUE - bisect_right(config.recurrence_levels, days)


def level_by_count(count: float, steps: Sequence[float]) -> int | None:
    """The level of a count against four rising steps; None below the first (《突发事件应对法》（2024年）第六十三条 for the four)."""
    passed = bisect_right(steps, count)
    return None if passed == 0 else BLUE + 1 - passed


def least_recurrence(scans: int, config: Config) -> float:
    """Days of recurrence from which a cluster is raised, so that ``scans`` looks a day keep to half of the accepted false alarms.

    Each scan by itself gives one false cluster in as many days as its recurrence; the other half is for the rises.
    """
    return _WEEK * max(scans, 1) / (config.false_alarms / 2)


def rise_recurrence(rate: float) -> float:
    """Days until chance gives one such rise somewhere in the district, of the alarms a week that such a limit would give."""
    return _WEEK / max(rate, 1e-9)


def span_words(days: float) -> Words:
    """A recurrence as people say it: days up to a year, then years, at most a hundred."""
    if days < 365:
        return f"{days:.0f}天", f"{days:.0f} days"
    years = days / 365
    if years >= 100:
        return "100年以上", "100 years or more"
    return (
        (f"{years:.0f}年", f"{years:.0f} years") if years >= 10 else (f"{years:.1f}年", f"{years:.1f} years")
    )


def group_of(kind: str) -> str:
    """The major class of a kind: what is counted together."""
    return kind[:_GROUP]


def common_code(codes: Iterable[str]) -> str:
    """The smallest division that holds all of them; "" for none."""
    given = [code for code in codes if code]
    if not given:
        return ""
    low, high = min(given), max(given)
    return next((low[:n] for n in _DIVISIONS if len(low) >= n and high[:n] == low[:n] and len(high) >= n), "")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing worth a warning, as a detector found it. ``subject`` names it among those of its sort; no person anywhere.

    ``codes``: divisions it is about; ``first``, ``last``: local days, both included. ``expected``: of the same as ``observed``.
    """

    sort: str
    level: int
    subject: str
    group: str
    kind: str
    codes: tuple[str, ...]
    first: date
    last: date
    observed: int
    expected: float | None = None
    recurrence: float | None = None
    unit_id: int | None = None
    centre: tuple[float, float] | None = None
    radius_km: float | None = None
    cases: tuple[int, ...] = ()  # keys, of repeats and of lateness
    reasons: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A warning raised before, as far as one must know to tell whether a find is new."""

    key: int
    sort: str
    level: int
    subject: str
    group: str
    codes: frozenset[str]
    first: date
    last: date
    growing: bool


def continues(known: Known, found: Found, config: Config) -> bool:
    """Whether a find is the same thing as a warning raised before: same sort and kinds, a place shared, no quiet between them."""
    if (known.sort, known.group) != (found.sort, found.group):
        return False
    gap = timedelta(days=config.quiet_days)
    if found.first > known.last + gap or known.first > found.last + gap:
        return False
    if found.sort == CLUSTER:
        return meet(known.codes, found.codes)
    return known.subject == found.subject


def meet(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two areas share a place: a grid, or a community that one names whole (a live look does) and the other in part."""
    a, b = set(some), set(others)
    whole = {code for code in a | b if len(code) <= _COMMUNITY}
    return not a.isdisjoint(b) or bool(
        whole & {code[:_COMMUNITY] for code in a} & {code[:_COMMUNITY] for code in b}
    )


def settle(known: Sequence[Known], found: Found, config: Config) -> tuple[str, Known | None]:
    """What becomes of a find: ``grow`` (a warning at work goes on), ``silent`` (people have decided about it) or ``raise``.

    What was dismissed or reviewed is raised again only when it has become more severe.
    """
    same = [one for one in known if continues(one, found, config)]
    at_work = [one for one in same if one.growing]
    if at_work:
        return "grow", max(at_work, key=lambda one: (one.last, one.key))
    if same:
        last = max(same, key=lambda one: (one.last, one.key))
        return ("raise" if found.level < min(one.level for one in same) else "silent"), last
    return "raise", None


def said_once(finds: Iterable[Found]) -> list[Found]:
    """A rise in a community that a cluster of the same class reaches into is the same event, and the cluster tells more of it."""
    given = list(finds)
    told = {(one.group, code[:12]) for one in given if one.sort == CLUSTER for code in one.codes}
    return [one for one in given if one.sort != RISE or (one.group, one.codes[0]) not in told]


# --- The same place, the same kind, again -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """One case as the rule of repeats needs it. ``spot``: a square of 100 m; ``closed``: None while it is open."""

    key: int
    spot: int
    kind: str
    code: str
    opened: datetime
    closed: datetime | None


def repeats(cases: Iterable[Past], *, day: date, first_day: date, config: Config) -> list[Found]:
    """Where the same kind came back on the same spot after it had been closed, the most repeated first.

    A case counts when an earlier one of the spot and kind was closed before it was opened: many voices about one open matter
    are no repeat. At most ``repeat_most``.
    """
    by_place: dict[tuple[int, str], list[Past]] = defaultdict(list)
    for case in cases:
        by_place[case.spot, case.kind].append(case)
    found = []
    for (spot, kind), here in by_place.items():
        if len(here) <= config.repeat_levels[0]:
            continue
        here.sort(key=lambda case: (case.opened, case.key))
        closed: datetime | None = None
        again = []
        for case in here:
            if closed is not None and case.opened > closed:
                again.append(case)
            if case.closed is not None and (closed is None or case.closed < closed):
                closed = case.closed
        level = level_by_count(len(again), config.repeat_levels)
        if level is None or again[-1].opened.date() < day - timedelta(days=config.quiet_days):
            continue
        reason = (
            f"{config.repeat_days}天内同一地点（约100米见方）同类问题共{len(here)}件，其中{len(again)}件是办结之后又出现的",
            f"{len(here)} cases of one kind within about 100 m in {config.repeat_days} days; {len(again)} of them after an earlier one "
            "was closed",
        )
        found.append(
            Found(
                REPEAT, level, f"{spot} {kind}", group_of(kind), kind, tuple(sorted({case.code for case in here if case.code})), first_day, day,
                len(again), cases=tuple(case.key for case in here)[-_MOST_CASES:], reasons=(reason,),
            )
        )  # fmt: skip
    found.sort(key=lambda one: (-one.observed, one.subject, one.kind))
    return found[: config.repeat_most]


# --- This will be late --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handling:
    """One handling of a case by a unit: begun, due, and when it stopped (None while it goes on)."""

    key: int
    unit_id: int
    kind: str
    code: str
    begun: datetime
    due: datetime
    stopped: datetime | None


@dataclass(frozen=True, slots=True)
class Risk:
    """How likely an open case is to be late: ``longer`` of ``still_open`` past ones took longer than it has."""

    case: Handling
    share: float
    longer: int
    still_open: int
    same_kind: bool

    def reason(self) -> Words:
        """Why, in words for people."""
        what = ("同类", "of this kind") if self.same_kind else ("同大类", "of its class")
        return (
            f"本单位{what[0]}案件中，办到这个时候还没办完的有{self.still_open}件，其中{self.longer}件用时超过了本件的时限",
            f"{self.still_open} past cases {what[1]} were still open in this unit at this age; {self.longer} of them took longer than "
            "this one may",
        )


class History:
    """How long past handlings took, by unit and kind, and by unit and class where the kind has too few. Hours of the wall clock."""

    def __init__(self, past: Iterable[Handling], *, least: int) -> None:
        self.least = least
        taken: dict[tuple[int, str], list[float]] = defaultdict(list)
        for one in past:
            if one.stopped is None:
                continue
            hours = _hours(one.stopped - one.begun)
            taken[one.unit_id, one.kind].append(hours)
            taken[one.unit_id, group_of(one.kind)].append(hours)
        self.taken = {key: sorted(hours) for key, hours in taken.items()}

    def risk(self, case: Handling, at: datetime) -> Risk | None:
        """The risk of an open case at ``at``; None where too few past ones were open so long, or its time has run out already.

        The share is that of past cases which took longer than this one may, among those still open at its age; one imagined case of
        each outcome keeps it from certainty (Laplace's rule of succession).
        """
        if case.stopped is not None or case.due <= at:
            return None
        age, allowed = _hours(at - case.begun), _hours(case.due - case.begun)
        for key in (case.kind, group_of(case.kind)):
            taken = self.taken.get((case.unit_id, key), [])
            still = len(taken) - bisect_right(taken, age)
            if still >= self.least:
                longer = len(taken) - bisect_right(taken, allowed)
                return Risk(case, (longer + 1) / (still + 2), longer, still, key == case.kind)
        return None


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def lateness(handlings: Sequence[Handling], *, at: datetime, day: date, config: Config) -> list[Found]:
    """Units and classes whose open cases will probably be late, each case with its reason, the most first."""
    history = History([one for one in handlings if one.stopped is not None], least=config.late_least)
    risky: dict[tuple[int, str], list[Risk]] = defaultdict(list)
    for one in handlings:
        risk = history.risk(one, at) if one.stopped is None else None
        if risk is not None and risk.share >= config.late_share:
            risky[one.unit_id, group_of(one.kind)].append(risk)
    found = []
    for (unit, group), risks in risky.items():
        level = level_by_count(len(risks), config.late_levels)
        if level is None:
            continue
        risks.sort(key=lambda risk: (-risk.share, risk.case.due, risk.case.key))
        expected = sum(risk.share for risk in risks)
        head = (
            f"{len(risks)}件在办案件很可能超期，按以往用时估计约{expected:.0f}件会超",
            f"{len(risks)} open cases will probably be late; by how long past ones took, about {expected:.0f} of them will be",
        )
        codes = tuple(sorted({risk.case.code for risk in risks if risk.case.code}))
        found.append(
            Found(
                LATE, level, f"{unit}", group, "", codes, day, day, len(risks), expected=expected, unit_id=unit,
                cases=tuple(risk.case.key for risk in risks)[:_MOST_CASES], reasons=(head, risks[0].reason()),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (-one.observed, one.subject, one.group))


@dataclass(frozen=True, slots=True)
class Bin:
    """Of ``cases`` that were given a risk between ``low`` and ``low + 0.1``: the mean risk said, and the share that was late."""

    low: float
    cases: int
    said: float
    late: float


def calibration(handlings: Sequence[Handling], *, at: datetime, back: timedelta, config: Config) -> list[Bin]:
    """The rule looked at in hindsight: risks said ``back`` ago from what was known then, against what has become of those cases.

    Cases whose deadline has not come yet at ``at`` and that are still open are left out: nobody knows.
    """
    then = at - back
    known = [one for one in handlings if one.stopped is not None and one.stopped <= then]
    history = History(known, least=config.late_least)
    said: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for one in handlings:
        if not one.begun <= then or (one.stopped is not None and one.stopped <= then):
            continue
        if one.stopped is None and one.due > at:
            continue
        as_then = Handling(one.key, one.unit_id, one.kind, one.code, one.begun, one.due, None)
        risk = history.risk(as_then, then)
        if risk is not None:
            late = one.stopped is None or one.stopped > one.due
            said[min(int(risk.share * 10), 9)].append((risk.share, late))
    return [
        Bin(low / 10, len(pairs), sum(p for p, _late in pairs) / len(pairs), sum(late for _p, late in pairs) / len(pairs))
        for low, pairs in sorted(said.items())
    ]  # fmt: skip


# --- How good warnings are ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Precision:
    """How many reviewed warnings were right and wrong."""

    right: int = 0
    wrong: int = 0

    @property
    def value(self) -> float | None:
        """Right ones among the reviewed; None where there is none."""
        reviewed = self.right + self.wrong
        return self.right / reviewed if reviewed else None

    def plus(self, other: Precision) -> Precision:
        """Both together."""
        return Precision(self.right + other.right, self.wrong + other.wrong)


@dataclass(frozen=True, slots=True)
class Told:
    """What a look gave: the finds, and what each detector had to say of its work (numbers and words for the run's own page)."""

    found: tuple[Found, ...] = ()
    numbers: dict[str, Any] = field(default_factory=dict)
