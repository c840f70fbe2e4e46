"""The rule of repeats: the same kind on the same spot again after it was closed, more often than that place lets expect.

Plain values in, plain values out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from gongbi.warning import rules
from gongbi.warning.rules import Found
from gongbi.warning.settings import Config

Pair = tuple[int, str]  # a square of 100 m and a kind
LONGEST = 36_500.0  # days: what lies beyond a hundred years is no knowledge


@dataclass(frozen=True, slots=True)
class Past:
    """One case as the rule needs it. ``spot``: a square of 100 m; ``closed``: None while it is open."""

    key: int
    spot: int
    kind: str
    code: str
    opened: datetime
    closed: datetime | None


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual: cases of the window by kind and by square, and of each square and kind in the ``days_before`` before it.

    ``squares``: how many squares had a case at all.
    """

    by_kind: Mapping[str, int]
    by_spot: Mapping[int, int]
    squares: int
    before: Mapping[Pair, int] = field(default_factory=dict)
    days_before: int = 0

    def expected(self, pair: Pair, days: int) -> float:
        """Cases of the kind on the square that ``days`` let expect: by how busy the square and how common the kind is, or by the
        square's own past with this kind, whichever is more.
        """
        spot, kind = pair
        total = sum(self.by_kind.values())
        by_share = self.by_kind.get(kind, 0) * self.by_spot.get(spot, 0) / total if total else 0.0
        own = self.before.get(pair, 0) * days / self.days_before if self.days_before else 0.0
        return max(by_share, own)

    @property
    def pairs(self) -> int:
        """How many squares and kinds are looked at."""
        return max(self.squares * len(self.by_kind), 1)


def tail(count: int, expected: float) -> float:
    """The chance of ``count`` or more cases where ``expected`` come on average, independently of each other (Poisson)."""
    if count <= 0:
        return 1.0
    if expected <= 0:
        return 0.0
    if count <= expected:
        return 1.0 - math.fsum(_poisson(k, expected) for k in range(count))
    found, term, k = 0.0, _poisson(count, expected), count
    while term > found * 1e-12:
        found += term
        k += 1
        term *= expected / k
    return min(found, 1.0)


def _poisson(count: int, expected: float) -> float:
    return math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))


def repeats(
    cases: Iterable[Past], usual: Usual, *, day: date, first_day: date, config: Config
) -> list[Found]:
    """Where the same kind came back on the same spot after it had been closed, oftener than chance explains; the rarest first.

    A case counts when an earlier one of the spot and kind was closed before it was opened: many voices about one open matter are no
    repeat. It must have come back ``repeat_least`` times, the last time within ``quiet_days``; and so many cases, where
    :meth:`Usual.expected` come on average, must be so rare that chance gives it, somewhere among all squares and kinds of the district,
    once in ``repeat_recurrence`` days at most (Bonferroni's inequality; a window is independent of the last one after ``repeat_days``).
    """
    days = (day - first_day).days + 1
    by_place: dict[Pair, list[Past]] = defaultdict(list)
    for case in cases:
        by_place[case.spot, case.kind].append(case)
    found = []
    for pair, here in by_place.items():
        if len(here) <= config.repeat_least:
            continue
        again = _again(here)
        if len(again) < config.repeat_least or again[-1].opened.date() < day - timedelta(
            days=config.quiet_days
        ):
            continue
        expected = usual.expected(pair, days)
        recurrence = min(days / max(usual.pairs * tail(len(again), expected), 1e-9), LONGEST)
        if recurrence >= config.repeat_recurrence:
            found.append(_found(pair, here, len(again), expected, recurrence, first_day, day, config))
    return sorted(found, key=lambda one: (-(one.recurrence or 0), -one.observed, one.subject))


def _again(here: list[Past]) -> list[Past]:
    """Those opened after an earlier one was closed, in the order of time; sorts ``here``."""
    here.sort(key=lambda case: (case.opened, case.key))
    closed: datetime | None = None
    again = []
    for case in here:
        if closed is not None and case.opened > closed:
            again.append(case)
        if case.closed is not None and (closed is None or case.closed < closed):
            closed = case.closed
    return again


def _found(
    pair: Pair,
    here: list[Past],
    again: int,
    expected: float,
    recurrence: float,
    first: date,
    last: date,
    config: Config,
) -> Found:
    spot, kind = pair
    days, rare = (last - first).days + 1, rules.span_words(recurrence)
    reason = (
        f"{days}天内同一地点（约100米见方）同类问题共{len(here)}件，其中{again}件是办结之后又出现的；按这个地点的繁忙程度和以往，"
        f"约{expected:.1f}件；全区单靠偶然，{rare[0]}才会出现一次",
        f"{len(here)} cases of one kind within about 100 m in {days} days; {again} of them after an earlier one was closed, where how busy "
        f"the place is and its own past let expect about {expected:.1f}; chance alone gives this once in {rare[1]} in the whole district",
    )
    return Found(
        rules.REPEAT,
        rules.level_by_recurrence(recurrence, config),
        f"{spot} {kind}",
        rules.group_of(kind),
        kind,
        tuple(sorted({case.code for case in here if case.code})),
        first,
        last,
        again,
        expected=expected,
        recurrence=recurrence,
        cases=tuple(case.key for case in here)[-rules.MOST_CASES :],
        reasons=(reason,),
    )
