"""What a rate is: conditions on lines, the counted figure, its interval, and the weighted score. Pure; the rates: catalogue.py."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gongbi.cases.rules import check_weights
from gongbi.insight.lines import What

Words = tuple[str, str]  # (Chinese, English)


class Flags(NamedTuple):
    """A line as a predicate sees it, as of the end of the period."""

    result: int
    done: bool
    late: bool
    spoiled: bool
    exempt: bool


class Test:
    """A condition on a line. Leaves: :class:`Flag`, :class:`Results`; joined by ``&``, ``|``, ``~``."""

    def __and__(self, other: Test) -> Test:
        return Both(self, other)

    def __or__(self, other: Test) -> Test:
        return Either(self, other)

    def __invert__(self) -> Test:
        return Not(self)

    def holds(self, flags: Flags) -> bool:
        """Whether the line fulfils it."""
        return True


@dataclass(frozen=True, slots=True)
class Always(Test):
    """Every line."""


@dataclass(frozen=True, slots=True)
class Flag(Test):
    """``done``, ``late``, ``spoiled`` or ``exempt``."""

    name: Literal["done", "late", "spoiled", "exempt"]

    def holds(self, flags: Flags) -> bool:
        return bool(getattr(flags, self.name))


@dataclass(frozen=True, slots=True)
class Results(Test):
    """The line's kind is one of these."""

    values: frozenset[int]

    def holds(self, flags: Flags) -> bool:
        return flags.result in self.values


@dataclass(frozen=True, slots=True)
class Both(Test):
    """Both conditions."""

    one: Test
    other: Test

    def holds(self, flags: Flags) -> bool:
        return self.one.holds(flags) and self.other.holds(flags)


@dataclass(frozen=True, slots=True)
class Either(Test):
    """At least one of them."""

    one: Test
    other: Test

    def holds(self, flags: Flags) -> bool:
        return self.one.holds(flags) or self.other.holds(flags)


@dataclass(frozen=True, slots=True)
class Not(Test):
    """The opposite."""

    test: Test

    def holds(self, flags: Flags) -> bool:
        return not self.test.holds(flags)


def among(*values: int) -> Results:
    """The line's kind is one of ``values``."""
    return Results(frozenset(values))


EVERY = Always()
DONE, LATE, SPOILED, EXEMPT = Flag("done"), Flag("late"), Flag("spoiled"), Flag("exempt")
ON_TIME = EXEMPT | (DONE & ~LATE)  # at the deadline's minute is on time; an upheld appeal is never late


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate. ``below`` (denominator) and ``above`` (numerator, within the denominator) test lines of kind ``what``.

    ``excludable``: cases taken out of the rating leave it and are listed. ``better``: which direction is good, for ranking.
    ``verified``: whether the formula itself was read in its source. ``below_words`` and ``above_words`` say what is counted.
    """

    code: str
    words: Words
    what: What
    below: Test
    above: Test
    below_words: Words
    above_words: Words
    source: str
    verified: bool = False
    excludable: bool = False
    better: Literal["high", "low"] = "high"
    group: Literal["centre", "unit", "caller"] = "unit"


@dataclass(frozen=True, slots=True)
class Config:
    """What a city sets: whether 基本满意 counts, the weights of the three rates, and below how many nothing is ranked."""

    fairly_counts: bool = True
    weights: tuple[float, float, float] = (0.30, 0.35, 0.35)
    fewest: int = 30

    def __post_init__(self) -> None:
        check_weights(self.weights)


THREE = ("responded", "solved", "satisfied")
SCORE = "three_rates"
SCORE_WORDS: Words = ("三率综合得分", "Score of the three rates")


@dataclass(slots=True)
class Figure:
    """A counted rate. ``left_out``: lines of excluded cases by ground; they are in neither number."""

    above: int = 0
    below: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def value(self) -> float | None:
        """The share, or None where there is nothing below the line: that is "—", neither 0 nor 100 %."""
        return self.above / self.below if self.below else None

    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval after Wilson, or None."""
        return wilson(self.above, self.below) if self.below else None

    def few(self, fewest: int) -> bool:
        """Too few to rank."""
        return self.below < fewest


def wilson(above: int, below: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Interval of a share after Wilson (1927), JASA 22, 209–212; ``z`` is the normal quantile (default: 95 %)."""
    share, square = above / below, z * z
    centre = (share + square / (2 * below)) / (1 + square / below)
    half = z / (1 + square / below) * math.sqrt(share * (1 - share) / below + square / (4 * below * below))
    return max(0.0, centre - half), min(1.0, centre + half)


def composite(figures: Sequence[Figure], weights: Sequence[float]) -> float | None:
    """Σ weight × rate; None where one of the rates has nothing below the line. Refused unless the weights sum to 1 (C9)."""
    check_weights(weights)
    values = [figure.value for figure in figures]
    if any(value is None for value in values):
        return None
    return math.fsum(w * v for w, v in zip(weights, values, strict=True) if v is not None)


def score(figures: Mapping[str, Figure], config: Config) -> float | None:
    """三率综合得分 of a board's figures."""
    return composite([figures[code] for code in THREE], config.weights)
