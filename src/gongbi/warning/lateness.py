"""The rule of lateness: which open cases will probably be late, and how often such words came true. Plain values in, plain values out."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gongbi.warning import rules
from gongbi.warning.rules import Found, Words
from gongbi.warning.settings import Config


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
    """How long handlings took, by unit and kind, and by unit and class where the kind has too few. Hours of the wall clock.

    What is still open at ``at`` took as long as it has been so far, and longer: it counts for every age and limit that it has outlived,
    so that the slowest ones are not missing only because they are not done.
    """

    def __init__(self, past: Iterable[Handling], *, at: datetime, least: int) -> None:
        self.least = least
        taken: dict[tuple[int, str], list[float]] = defaultdict(list)
        going: dict[tuple[int, str], list[float]] = defaultdict(list)
        for one in past:
            where, end = (going, at) if one.stopped is None else (taken, one.stopped)
            hours = _hours(end - one.begun)
            where[one.unit_id, one.kind].append(hours)
            where[one.unit_id, rules.group_of(one.kind)].append(hours)
        self.taken = {key: sorted(hours) for key, hours in taken.items()}
        self.going = {key: sorted(hours) for key, hours in going.items()}

    def risk(self, case: Handling, at: datetime) -> Risk | None:
        """The risk of an open case at ``at``; None where too few past ones were open so long, or its time has run out already.

        The share is that of past cases which took longer than this one may, among those still open at its age; one imagined case of
        each outcome keeps it from certainty (Laplace's rule of succession).
        """
        if case.stopped is not None or case.due <= at:
            return None
        age, allowed = _hours(at - case.begun), _hours(case.due - case.begun)
        for key in (case.kind, rules.group_of(case.kind)):
            taken, going = (held.get((case.unit_id, key), []) for held in (self.taken, self.going))
            outlived = len(going) - bisect_right(going, allowed)
            still = len(taken) - bisect_right(taken, age) + outlived
            if still >= self.least:
                longer = len(taken) - bisect_right(taken, allowed) + outlived
                return Risk(case, (longer + 1) / (still + 2), longer, still, key == case.kind)
        return None


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def lateness(handlings: Sequence[Handling], *, at: datetime, day: date, config: Config) -> list[Found]:
    """Units and classes whose open cases will probably be late, each case with its reason, the most first."""
    history = History(handlings, at=at, least=config.late_least)
    risky: dict[tuple[int, str], list[Risk]] = defaultdict(list)
    for one in handlings:
        risk = history.risk(one, at) if one.stopped is None else None
        if risk is not None and risk.share >= config.late_share:
            risky[one.unit_id, rules.group_of(one.kind)].append(risk)
    found = []
    for (unit, group), risks in risky.items():
        level = rules.level_by_count(len(risks), config.late_levels)
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
                rules.LATE, level, f"{unit}", group, "", codes, day, day, len(risks), expected=expected, unit_id=unit,
                cases=tuple(risk.case.key for risk in risks)[:rules.MOST_CASES], reasons=(head, risks[0].reason()),
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


@dataclass(frozen=True, slots=True)
class Hindsight:
    """Risks said earlier against what became of those cases, none of which they were learnt from.

    ``brier``: mean of (risk said − outcome)², 0 the best, 0.25 for always saying one half (Brier 1950). ``average``: the same of saying to
    every case only how often cases of the past were late. None where nothing can be said yet.
    """

    bins: tuple[Bin, ...]
    cases: int
    brier: float | None
    average: float | None


def hindsight(
    handlings: Sequence[Handling], *, at: datetime, back: Sequence[timedelta], config: Config
) -> Hindsight:
    """The rule held against outcomes: on each moment ``back`` from ``at`` it says the risks from what was known then.

    Asked are the cases that were open then and whose deadline has come by ``at``: of each it is known whether it was late, and none is
    chosen by how it ended.
    """
    said: list[tuple[float, bool]] = []
    plain: list[float] = []
    for span in back:
        then = at - span
        as_then = [as_of(one, then) for one in handlings if one.begun <= then]
        history = History(as_then, at=then, least=config.late_least)
        known = [one for one in as_then if one.due <= then]
        usual = sum(_late(one) for one in known) / len(known) if known else 0.5
        for one, now in zip((one for one in handlings if one.begun <= then), as_then, strict=True):
            risk = history.risk(now, then) if one.due <= at else None
            if risk is not None:
                said.append((risk.share, _late(one)))
                plain.append(usual)
    if not said:
        return Hindsight((), 0, None, None)
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for share, late in said:
        bins[min(int(share * 10), 9)].append((share, late))
    told = [
        Bin(low / 10, len(pairs), sum(p for p, _l in pairs) / len(pairs), sum(late for _p, late in pairs) / len(pairs))
        for low, pairs in sorted(bins.items())
    ]  # fmt: skip
    brier = sum((share - late) ** 2 for share, late in said) / len(said)
    average = sum((usual - late) ** 2 for usual, (_s, late) in zip(plain, said, strict=True)) / len(said)
    return Hindsight(tuple(told), len(said), brier, average)


def as_of(one: Handling, end: datetime) -> Handling:
    """The handling as it stood at ``end``: what stopped after it had not stopped yet."""
    return one if one.stopped is None or one.stopped <= end else replace(one, stopped=None)


def _late(one: Handling) -> bool:
    return one.stopped is None or one.stopped > one.due
