"""From counted lines to the results of a period: figures, points, scores, places, in one canonical form. Pure.

The same rules, units, appeals and lines give the same bytes: exact numbers all the way, rounded (half to even, six digits) only where
they are written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gongbi.evaluation import language, reading, reckoning, tree
from gongbi.evaluation.reckoning import Definition, Figure
from gongbi.evaluation.rules import PLACE, Indicator, Item, Ranked, Scheme, points, points_between, ranks
from gongbi.insight.counting import Counted
from gongbi.insight.drawing import EXCLUDABLE
from gongbi.insight.lines import What

EXEMPTED = frozenset(
    {What.HANDLING, What.CLOSING}
)  # what an upheld appeal against "late" excuses, as in the fold
EXEMPT, EXCLUDE = "exempt", "exclude"
STREET_DIGITS = 9
_DIGITS = 6
Cells = Mapping[Counted, int]


@dataclass(frozen=True, slots=True)
class Rated:
    """A unit as it stood when it was rated. ``below``: keys of itself and the units under it; ``place``: a street's or community's code."""

    id: int
    code: str
    words: tuple[str, str]
    class_: str
    below: frozenset[int]
    place: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "id": self.id, "code": self.code, "words": list(self.words), "class": self.class_, "below": sorted(self.below), "place": self.place,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upheld:
    """An upheld appeal: what holds for this unit's lines of that case. ``number``: of the appeal, its record."""

    number: str
    case_id: int
    units: frozenset[int]  # of the unit that asked, as it stood then
    sort: str  # exempt, exclude
    ground: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "number": self.number,
            "case": self.case_id,
            "units": sorted(self.units),
            "sort": self.sort,
            "ground": self.ground,
        }

    def changed(self, one: Counted) -> Counted:
        """The line as it counts for the evaluation once the appeal was upheld."""
        if one.unit not in self.units:
            return one
        if self.sort == EXEMPT:
            return reckoning.excused(one) if one.what in EXEMPTED else one
        return reckoning.struck(one, self.ground) if one.what in EXCLUDABLE and not one.excluded else one


def with_appeals(
    lines: Cells, of_cases: Iterable[tuple[int, Counted]], appeals: Sequence[Upheld]
) -> dict[Counted, int]:
    """The counted lines with those of appealed cases changed; ``of_cases``: (case, line) of every line of these cases."""
    found = dict(lines)
    by_case: dict[int, list[Upheld]] = {}
    for appeal in appeals:
        by_case.setdefault(appeal.case_id, []).append(appeal)
    for case, line in of_cases:
        changed = line
        for appeal in by_case.get(case, ()):
            changed = appeal.changed(changed)
        if changed != line:
            found[line] -= 1
            found[changed] = found.get(changed, 0) + 1
    return {one: n for one, n in found.items() if n}


class Parted:
    """The counted lines of a district parted once by who held them and where they lay, so that no unit reads them all."""

    def __init__(self, lines: Cells) -> None:
        self.by_unit: dict[int | None, list[tuple[Counted, int]]] = {}
        self.by_place: dict[str, list[tuple[Counted, int]]] = {}
        for one, n in lines.items():
            self.by_unit.setdefault(one.unit, []).append((one, n))
            self.by_place.setdefault(one.place[:STREET_DIGITS], []).append((one, n))

    def of(self, unit: Rated, basis: str) -> dict[Counted, int]:
        """The lines that belong to a unit: those it or a unit below it held; or, by place, those in its street or community."""
        if basis == PLACE:
            if len(unit.place) < STREET_DIGITS:
                return {}
            near = self.by_place.get(unit.place[:STREET_DIGITS], ())
            return reckoning.without_place((one, n) for one, n in near if one.place.startswith(unit.place))
        return reckoning.without_place(
            pair for key in sorted(unit.below) for pair in self.by_unit.get(key, ())
        )


def figures(unit: Rated, indicators: Mapping[str, Indicator], lines: Parted) -> dict[str, Figure]:
    """Every indicator of a unit; those that refer to others after those."""
    own = {basis: lines.of(unit, basis) for basis in {one.basis for one in indicators.values()}}
    found: dict[str, Figure] = {}
    for code in reckoning.in_order({code: one.references() for code, one in indicators.items()}):
        one = indicators[code]
        values = {other: found[other].value for other in one.references()}
        found[code] = reckoning.figure(one.read, own[one.basis], values)
    return found


# --- One unit's score -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scored:
    """A unit's score and how it came about. ``why``: "" ranked, "few" too few lines, "none" an indicator does not apply."""

    unit: Rated
    figures: Mapping[str, Figure]
    points: Mapping[str, Fraction]
    weights: Mapping[str, Fraction]  # as they worked: spread where the scheme says so
    minus: Sequence[tuple[Fraction | None, Fraction]]  # (how many, points off)
    score: Fraction | None
    between: tuple[Fraction, Fraction] | None
    why: str


def score(scheme: Scheme, indicators: Mapping[str, Indicator], unit: Rated, lines: Parted) -> Scored:
    """The score of one unit."""
    found = figures(unit, indicators, lines)
    items = [item for item in scheme.items if found[item.indicator].value is not None]
    whole = sum((item.share for item in items), Fraction(0))
    complete = len(items) == len(scheme.items)
    weights = {item.indicator: item.share / whole for item in items} if whole else {}
    got = {item.indicator: points(item, indicators[item.indicator], _value(found, item)) for item in items}
    off = [_minus(one.count, one.each, one.most, lines.of(unit, "unit")) for one in scheme.minus]
    if not items or (not complete and scheme.missing == "none"):
        return Scored(unit, found, got, weights, off, None, None, "none")
    taken = sum((points_off for _n, points_off in off), Fraction(0))
    total = sum((weights[code] * value for code, value in got.items()), Fraction(0)) - taken
    few = any(indicators[i.indicator].read.is_share and found[i.indicator].few(scheme.fewest) for i in items)
    return Scored(
        unit, found, got, weights, off, max(Fraction(0), total), _between(items, indicators, found, weights, taken), "few" if few else ""
    )  # fmt: skip


def _value(found: Mapping[str, Figure], item: Item) -> Fraction:
    value = found[item.indicator].value
    assert value is not None
    return value


def _minus(text: str, each: str, most: str, lines: Cells) -> tuple[Fraction | None, Fraction]:
    amount = language.amount(text, field="minus")
    nothing = Definition(amount, amount, tree.Not(tree.Every()))
    try:
        count = reckoning.reckon(amount, nothing, lines, {})
    except reckoning.Undefined:
        return None, Fraction(0)
    return count, min(Fraction(most), max(Fraction(0), count) * Fraction(each))


def _between(
    items: Sequence[Item],
    indicators: Mapping[str, Indicator],
    found: Mapping[str, Figure],
    weights: Mapping[str, Fraction],
    taken: Fraction,
) -> tuple[Fraction, Fraction] | None:
    """The interval of the score: the weighted ends of the indicators' intervals, added up.

    The method of variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27, 1693–1702) with correlation one between the
    indicators: they count the same matters, so nothing less is safe. None where an indicator has no interval.
    """
    low = high = -taken
    for item in items:
        ends = points_between(item, indicators[item.indicator], found[item.indicator])
        if ends is None:
            return None
        low += weights[item.indicator] * ends[0]
        high += weights[item.indicator] * ends[1]
    return max(Fraction(0), low), max(Fraction(0), high)


# --- A period -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that results are computed from beside the lines. ``versions``: code → number of the version of each rule (0: shipped)."""

    period: str
    scheme: Scheme
    indicators: Mapping[str, Indicator]
    units: Sequence[Rated]
    appeals: Sequence[Upheld] = ()
    versions: Mapping[str, int] | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it: what a recomputation starts from."""
        return {
            "period": self.period,
            "scheme": self.scheme.plain(),
            "indicators": {code: one.plain() for code, one in self.indicators.items()},
            "units": [one.plain() for one in sorted(self.units, key=lambda one: one.id)],
            "appeals": [one.plain() for one in sorted(self.appeals, key=lambda one: one.number)],
            "versions": dict(self.versions or {}),
        }

    @property
    def is_fine(self) -> bool:
        """Whether a definition needs kinds or channels."""
        minus = [language.amount(one.count, field="minus") for one in self.scheme.minus]
        nothing = tree.Not(tree.Every())
        return any(one.read.is_fine for one in self.indicators.values()) or any(
            Definition(one, one, nothing).is_fine for one in minus
        )


def inputs_of(plain: Mapping[str, Any]) -> Inputs:
    """Kept inputs, read back."""
    return Inputs(
        plain["period"],
        reading.scheme(plain["scheme"]),
        {code: reading.indicator(one) for code, one in plain["indicators"].items()},
        [
            Rated(one["id"], one["code"], (one["words"][0], one["words"][1]), one["class"], frozenset(one["below"]), one["place"])
            for one in plain["units"]
        ],
        [
            Upheld(one["number"], one["case"], frozenset(one["units"]), one["sort"], one["ground"])
            for one in plain["appeals"]
        ],
        plain["versions"],
    )  # fmt: skip


def scores(inputs: Inputs, lines: Cells) -> tuple[list[Scored], dict[int, Ranked]]:
    """Every unit's score, and the places of those that can be ranked, class by class."""
    parted = Parted(lines)
    found = [
        score(inputs.scheme, inputs.indicators, unit, parted)
        for unit in sorted(inputs.units, key=lambda one: one.id)
    ]
    places: dict[int, Ranked] = {}
    for class_ in inputs.scheme.classes:
        peers = {
            one.unit.id: (one.score, one.between)
            for one in found
            if one.unit.class_ == class_ and one.score is not None and not one.why
        }
        places |= ranks(peers)
    return found, places


def facts_digest(lines: Cells) -> str:
    """The digest of the counted lines that results were computed from, the appeals not yet applied: one text line each, sorted."""
    rows = sorted(
        f"{one.unit or 0}|{one.place}|{one.what}|{one.flags.result}|{one.flags.done:d}{one.flags.late:d}{one.flags.spoiled:d}"
        f"{one.flags.exempt:d}{one.excluded:d}|{one.ground}|{one.kind}|{one.channel}|{n}"
        for one, n in lines.items()
    )
    return reading.digest("\n".join(rows).encode())


def body(inputs: Inputs, lines: Cells, facts: str) -> bytes:
    """The results in their canonical form. ``lines``: with the appeals applied; ``facts``: the digest of the lines without them."""
    found, places = scores(inputs, lines)
    plain = {
        "period": inputs.period,
        "scheme": inputs.scheme.code,
        "inputs": reading.digest(reading.canonical(inputs.plain())),
        "facts": facts,
        "units": [_unit(one, places.get(one.unit.id), inputs) for one in found],
    }
    return reading.canonical(plain)


def _round(value: Fraction | float | None) -> float | None:
    if value is None:
        return None
    return float(round(Fraction(value), _DIGITS))


def _unit(one: Scored, place: Ranked | None, inputs: Inputs) -> dict[str, Any]:
    return {
        "id": one.unit.id,
        "code": one.unit.code,
        "words": list(one.unit.words),
        "class": one.unit.class_,
        "score": _round(one.score),
        "between": None if one.between is None else [_round(end) for end in one.between],
        "place": None if place is None else place.place,
        "places": None if place is None else [place.best, place.worst],
        "peers": None if place is None else place.peers,
        "why": one.why,
        "indicators": {code: _figure(figure) for code, figure in one.figures.items()},
        "items": [
            {
                "indicator": item.indicator,
                "weight": item.weight,
                "worked": _round(one.weights.get(item.indicator)),
                "points": _round(one.points.get(item.indicator)),
            }
            for item in inputs.scheme.items
        ],
        "minus": [{"count": _round(count), "points": _round(points_off)} for count, points_off in one.minus],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "above": _round(figure.above),
        "below": _round(figure.below),
        "value": _round(figure.value),
        "between": None if figure.interval is None else [_round(end) for end in figure.interval],
        "left_out": figure.left_out,
    }
