"""Indicators and schemes as data: what they hold, what makes them good, how a score and a place come of them. Pure.

No weight, band or formula here is law: cities set them. What the shipped ones rest on stands beside each (shipped.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Literal, NoReturn

from gongbi.evaluation import language, reckoning, tree
from gongbi.evaluation.fields import UNHELD
from gongbi.evaluation.reckoning import Definition, Figure
from gongbi.kernel.clock import limits
from gongbi.kernel.errors import Refused

Words = tuple[str, str]
UNIT, PLACE = "unit", "place"  # whose lines: those that the unit held, or those that lay in its streets
MONTH, QUARTER, YEAR = "month", "quarter", "year"
PERIODS = (MONTH, QUARTER, YEAR)
FULL = 100  # points
_CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_WEIGHT = re.compile(r"[01](\.\d{1,6})?")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?")
MOST_ITEMS = 20
MOST_BANDS = 20
LONGEST_WORDS = 80
LONGEST_SOURCE = 300


def wrong(code: str, field_name: str, words: Words, /, **values: Any) -> NoReturn:
    """Refuse a rule: what is wrong, where, what to do."""
    raise Refused(f"evaluation.{code}", words, field=field_name, values=values)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator as people write it. ``classes``: the classes of unit it applies to, () for all. ``verified``: whether the formula itself
    was read in its source. Refused when anything in it cannot be read."""

    code: str
    words: Words
    numerator: str
    denominator: str
    exclusions: str = ""
    basis: str = UNIT
    classes: tuple[str, ...] = ()
    periods: tuple[str, ...] = PERIODS
    better: Literal["high", "low"] = "high"
    source: str = ""
    verified: bool = False
    read: Definition = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_head(self.code, self.words, self.source)
        below = language.amount(self.denominator, field="denominator")
        above = language.amount(self.numerator, field="numerator", below=isinstance(below, tree.Count))
        left = language.condition(self.exclusions, field="exclusions")
        object.__setattr__(self, "read", Definition(above, below, left))
        _check_denominator(below)
        if self.basis not in (UNIT, PLACE):
            wrong(
                "basis",
                "basis",
                (
                    "统计归属只能是“unit”（承办单位）或“place”（属地）。",
                    "Lines belong to the “unit” or to the “place”; choose one.",
                ),
            )
        unheld = sorted(self.read.names() & UNHELD)
        if self.basis == UNIT and unheld:
            wrong("unheld", "basis",
                  ("“%(names)s”发生时还没有承办单位，只能按属地统计，请把统计归属改为“place”。",
                   "No unit holds “%(names)s” yet: they can be counted by place only. Set the basis to “place”."), names="、".join(unheld))  # fmt: skip
        if not self.periods or any(one not in PERIODS for one in self.periods):
            wrong(
                "periods",
                "periods",
                (
                    "周期只能是 month、quarter、year，至少选一个。",
                    "Periods are month, quarter and year; choose at least one.",
                ),
            )
        if self.better not in ("high", "low"):
            wrong(
                "better",
                "better",
                (
                    "方向只能是“high”（越高越好）或“low”（越低越好）。",
                    "“better” is “high” or “low”; choose one.",
                ),
            )

    def references(self) -> list[str]:
        """Codes of the indicators that it refers to."""
        return sorted({*tree.rates_in(self.read.numerator), *tree.rates_in(self.read.denominator)})

    def applies(self, class_: str) -> bool:
        """Whether it applies to units of that class."""
        return not self.classes or class_ in self.classes

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "code": self.code, "words": list(self.words), "numerator": self.numerator, "denominator": self.denominator,
            "exclusions": self.exclusions, "basis": self.basis, "classes": list(self.classes), "periods": list(self.periods),
            "better": self.better, "source": self.source, "verified": self.verified,
        }  # fmt: skip


def _check_head(code: str, words: Words, source: str) -> None:
    if not _CODE.fullmatch(code):
        wrong("code", "code", ("代码“%(code)s”应以小写字母开头，只含小写字母、数字和下划线，最多32个。",
                               "The code “%(code)s” should begin with a small letter and hold small letters, digits and _, at most 32."), code=code)  # fmt: skip
    if not all(word.strip() and len(word) <= LONGEST_WORDS for word in words):
        wrong("words", "words", ("请填写中英文名称，各不超过 %(most)s 个字。", "Give a Chinese and an English name, each of at most %(most)s characters."),
              most=LONGEST_WORDS)  # fmt: skip
    if not source.strip() or len(source) > LONGEST_SOURCE:
        wrong("source", "source", ("请写明口径依据哪个文件或由谁决定，不超过 %(most)s 个字。",
                                   "Say which document or whose decision this rests on, in at most %(most)s characters."), most=LONGEST_SOURCE)  # fmt: skip


def _check_denominator(below: tree.Amount) -> None:
    """A denominator that is nought whatever is counted: every value would be a division by zero."""
    empty = Definition(below, below, tree.Not(tree.Every()))
    if tree.counts(below) or tree.rates_in(below):
        return
    try:
        zero = not reckoning.reckon(below, empty, {}, {})
    except reckoning.Undefined:
        zero = True
    if zero:
        wrong("zero", "denominator", ("分母总是零，任何单位都算不出结果；请写 count(…) 或一个不为零的数。",
                                      "The denominator is always nought: no unit could have a value. Write count(…) or a number that is not nought."))  # fmt: skip


# --- Schemes --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator in a scheme. ``bands`` () : the share itself is the score (100 % = 100 points, or 0 % where low is better). Else pairs
    ``(from, points)``, rising: a value gets the points of the last band that it reaches; shares in per cent."""

    indicator: str
    weight: str
    bands: tuple[tuple[str, str], ...] = ()

    @property
    def share(self) -> Fraction:
        return Fraction(Decimal(self.weight))


@dataclass(frozen=True, slots=True)
class Minus:
    """Points taken off: ``each`` for every one of ``count`` (an amount), at most ``most``."""

    words: Words
    count: str
    each: str
    most: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """How units of some classes are scored. ``missing``: what happens where an indicator does not apply – "none": no score; "spread": its weight
    goes to the others in proportion. ``fewest``: below so many lines of a share nobody is ranked. ``appeal_within``: how long after the results a unit may appeal;
    ``review_within``: how long the review may take (limits as kernel.clock reads them)."""

    code: str
    words: Words
    classes: tuple[str, ...]
    items: tuple[Item, ...]
    minus: tuple[Minus, ...] = ()
    period: str = MONTH
    missing: Literal["none", "spread"] = "none"
    fewest: int = 30
    appeal_within: str = "5个法定工作日"
    review_within: str = "10个法定工作日"
    source: str = ""

    def __post_init__(self) -> None:
        _check_head(self.code, self.words, self.source)
        if not self.classes:
            wrong("classes", "classes", ("请至少写一个单位类别：街道与街道比，部门与部门比。",
                                         "Name at least one class of units: streets are ranked with streets, departments with departments."))  # fmt: skip
        if not 0 < len(self.items) <= MOST_ITEMS:
            wrong(
                "items",
                "items",
                ("方案应有 1 至 %(most)s 个指标。", "A scheme has 1 to %(most)s indicators."),
                most=MOST_ITEMS,
            )
        codes = [item.indicator for item in self.items]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            wrong(
                "twice",
                "items",
                (
                    "指标“%(code)s”出现了两次，请合并。",
                    "The indicator “%(code)s” stands there twice; keep one.",
                ),
                code=twice[0],
            )
        _check_weights(self.items)
        for item in self.items:
            _check_bands(item)
        for one in self.minus:
            _check_minus(one)
        if self.period not in PERIODS or self.missing not in ("none", "spread"):
            wrong("period", "period", ("周期应为 month、quarter 或 year，缺项应为 none 或 spread。",
                                       "The period is month, quarter or year; “missing” is none or spread."))  # fmt: skip
        for name in ("appeal_within", "review_within"):
            try:
                limits.parse(getattr(self, name))
            except Refused as refusal:
                raise Refused(refusal.code, refusal.words, values=refusal.values, field=name) from refusal
        if not 1 <= self.fewest <= 100_000:
            wrong(
                "fewest",
                "fewest",
                (
                    "不排名的下限应在 1 至 100000 之间。",
                    "The least number to rank by lies between 1 and 100,000.",
                ),
            )

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "code": self.code, "words": list(self.words), "classes": list(self.classes), "period": self.period, "missing": self.missing,
            "fewest": self.fewest, "appeal_within": self.appeal_within, "review_within": self.review_within, "source": self.source,
            "items": [{"indicator": i.indicator, "weight": i.weight, "bands": [list(b) for b in i.bands]} for i in self.items],
            "minus": [{"words": list(m.words), "count": m.count, "each": m.each, "most": m.most} for m in self.minus],
        }  # fmt: skip


def _check_weights(items: Sequence[Item]) -> None:
    """Σ weights = 1, in exact decimals: the one published composite whose weights add up to 70 % is refused here."""
    for item in items:
        if not _WEIGHT.fullmatch(item.weight) or Decimal(item.weight) <= 0:
            wrong("weight", "items", ("指标“%(code)s”的权重“%(weight)s”应是 0 到 1 之间的小数，如 0.35，最多六位。",
                                      "The weight “%(weight)s” of “%(code)s” should be a decimal between 0 and 1 such as 0.35, with at most six digits."),
                  code=item.indicator, weight=item.weight)  # fmt: skip
    total = sum((Decimal(item.weight) for item in items), Decimal(0))
    if total != 1:
        wrong("weights", "items", ("各权重之和为 %(sum)s，应恰好为 1；%(how)s。",
                                   "The weights add up to %(sum)s; they must add up to exactly 1. %(how)s."),
              sum=str(total.normalize()), how=(f"还差 {1 - total}", f"{1 - total} is missing") if total < 1
              else (f"多了 {total - 1}", f"{total - 1} is too much"))  # fmt: skip


def _check_bands(item: Item) -> None:
    if not item.bands:
        return
    if len(item.bands) > MOST_BANDS or any(
        not _NUMBER.fullmatch(text) for band in item.bands for text in band
    ):
        wrong("bands", "items", ("指标“%(code)s”的分档应写成“起点 得分”，最多 %(most)s 档。",
                                 "The bands of “%(code)s” are written “from points”, at most %(most)s of them."),
              code=item.indicator, most=MOST_BANDS)  # fmt: skip
    starts = [Decimal(start) for start, _points in item.bands]
    if starts != sorted(set(starts)) or any(
        not 0 <= Decimal(points) <= FULL for _start, points in item.bands
    ):
        wrong("bands", "items", ("指标“%(code)s”的分档起点须递增且不重复，得分须在 0 到 100 之间。",
                                 "The bands of “%(code)s” must rise, none twice, with points from 0 to 100."), code=item.indicator)  # fmt: skip


def _check_minus(one: Minus) -> None:
    _check_head("minus", one.words, "-")
    language.amount(one.count, field="minus")
    try:
        good = Decimal(one.each) > 0 and 0 < Decimal(one.most) <= FULL
    except InvalidOperation:
        good = False
    if not good:
        wrong("minus", "minus", ("扣分项“%(name)s”的每件扣分须大于 0，封顶须在 0 到 100 之间。",
                                 "“%(name)s” takes off more than 0 points each, and at most 100 in all."), name=one.words)  # fmt: skip
    if tree.rates_in(language.amount(one.count, field="minus")):
        wrong("minus", "minus", ("扣分项“%(name)s”只能数件数，不能引用其他指标。", "“%(name)s” counts matters; it cannot refer to other indicators."),
              name=one.words)  # fmt: skip


def check_set(indicators: Mapping[str, Indicator]) -> None:
    """Every reference leads somewhere and none in a circle. Refused with the way round."""
    references = {code: one.references() for code, one in indicators.items()}
    for code, others in references.items():
        for other in others:
            if other not in indicators:
                wrong("no_indicator", "numerator", ("指标“%(code)s”引用了不存在的“%(other)s”，请先建立它或改用 count(…)。",
                                                    "“%(code)s” refers to “%(other)s”, which there is not. Make it first, or use count(…)."),
                      code=code, other=other)  # fmt: skip
        way = reckoning.circle(references, code)
        if way:
            wrong("loop", "numerator", ("指标互相引用成了圈：%(way)s，永远算不完；请去掉其中一处引用。",
                                        "These indicators go round in a circle: %(way)s, and would never end. Take one reference out."),
                  way=" → ".join(way))  # fmt: skip


def check_scheme(scheme: Scheme, indicators: Mapping[str, Indicator]) -> None:
    """A scheme's indicators exist and are made for its classes and its period."""
    for item in scheme.items:
        one = indicators.get(item.indicator)
        if one is None:
            wrong("no_indicator", "items", ("方案里的指标“%(other)s”不存在，请核对代码。", "There is no indicator “%(other)s”; check the code."),
                  code=scheme.code, other=item.indicator)  # fmt: skip
        unfit = [class_ for class_ in scheme.classes if not one.applies(class_)]
        if unfit or scheme.period not in one.periods:
            wrong("unfit", "items", ("指标“%(code)s”不适用于%(what)s，请换一个指标或改方案。",
                                     "“%(code)s” does not apply to %(what)s. Take another indicator or change the scheme."),
                  code=item.indicator, what="、".join(unfit) or scheme.period)  # fmt: skip


def needed(scheme: Scheme, indicators: Mapping[str, Indicator]) -> dict[str, Indicator]:
    """The indicators that a scheme uses, and those they refer to."""
    found: dict[str, Indicator] = {}
    waiting = [item.indicator for item in scheme.items]
    while waiting:
        code = waiting.pop()
        if code not in found:
            found[code] = indicators[code]
            waiting += indicators[code].references()
    return dict(sorted(found.items()))


# --- Scores and places ----------------------------------------------------------------------------------------------


def points(item: Item, one: Indicator, value: Fraction) -> Fraction:
    """The points of a value, 0 to 100. A share scores itself, or what is left of it where low is better; bands: see :class:`Item`."""
    if not item.bands:
        share = value if one.better == "high" else 1 - value
        return min(Fraction(1), max(Fraction(0), share)) * FULL
    measured = value if one.read.is_count else value * 100
    reached = [
        Fraction(Decimal(given)) for start, given in item.bands if measured >= Fraction(Decimal(start))
    ]
    return reached[-1] if reached else Fraction(0)


def points_between(item: Item, one: Indicator, figure: Figure) -> tuple[Fraction, Fraction] | None:
    """The least and the most points within the interval of a share; None where the value has no interval. Plain counts are exact."""
    if figure.value is None:
        return None
    if one.read.is_count:
        exact = points(item, one, figure.value)
        return exact, exact
    if figure.interval is None:
        return None
    low, high = (Fraction(end) for end in figure.interval)
    ends = [points(item, one, end) for end in (low, high, figure.value)]
    ends += [
        points(item, one, Fraction(Decimal(start)) / 100)
        for start, _points in item.bands
        if low < Fraction(Decimal(start)) / 100 <= high
    ]
    return min(ends), max(ends)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A unit among its peers. ``best`` and ``worst``: the places that the intervals leave open."""

    place: int
    best: int
    worst: int
    peers: int


def ranks(scores: Mapping[int, tuple[Fraction, tuple[Fraction, Fraction] | None]]) -> dict[int, Ranked]:
    """Places by score, the highest first; equals share a place. A peer stands surely before another only where the intervals part."""
    found = {}
    for key, (score, between) in scores.items():
        place = 1 + sum(other > score for one, (other, _b) in scores.items() if one != key)
        best, worst = place, place
        if between is not None:
            spans = [span or (other, other) for one, (other, span) in scores.items() if one != key]
            best = 1 + sum(low > between[1] for low, _high in spans)
            worst = len(scores) - sum(high < between[0] for _low, high in spans)
        found[key] = Ranked(place, best, worst, len(scores))
    return found
