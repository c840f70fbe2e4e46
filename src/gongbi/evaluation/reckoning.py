"""What a definition comes to: conditions on lines, amounts over counted lines, in exact numbers. Pure, and always ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from gongbi.evaluation import fields
from gongbi.evaluation.fields import BELOW, FIELDS, FINE, LINES
from gongbi.evaluation.tree import (
    Amount,
    Both,
    Compare,
    Condition,
    Count,
    Either,
    Every,
    Flag,
    Number,
    Rate,
    Sum,
    counts,
    fields_in,
)
from gongbi.insight.counting import Counted
from gongbi.insight.rates import Flags, wilson

RULE = "rule"  # why a line was left out that no case's ground explains


@lru_cache(maxsize=200_000)
def holds(tree: Condition, one: Counted) -> bool:
    """Whether lines of that sort fulfil the condition."""
    if isinstance(tree, Every):
        return True
    if isinstance(tree, Flag):
        return fields.flag(tree.name, one)
    if isinstance(tree, Compare):
        return _compare(tree, one)
    if isinstance(tree, Both):
        return all(holds(part, one) for part in tree.parts)
    if isinstance(tree, Either):
        return any(holds(part, one) for part in tree.parts)
    return not holds(tree.part, one)


def _compare(tree: Compare, one: Counted) -> bool:
    kind = FIELDS[tree.name].kind
    if kind == "number":
        mine, other = fields.number(tree.name, one), int(tree.values[0])
        return {
            "=": mine == other, "!=": mine != other, "<": mine < other, "<=": mine <= other, ">": mine > other, ">=": mine >= other,
        }[tree.sign]  # fmt: skip
    text = fields.word(tree.name, one)
    among = text.startswith(tree.values) if kind == "code" else text in tree.values
    return among != (tree.sign == "!=")


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator, read: see :mod:`gongbi.evaluation.language`. ``exclusions``: lines that are in neither number."""

    numerator: Amount
    denominator: Amount
    exclusions: Condition

    @property
    def is_share(self) -> bool:
        """Whether the numerator is a part of the denominator, so that the value is a share and has an interval."""
        return (
            isinstance(self.denominator, Count)
            and isinstance(self.numerator, Count)
            and self.numerator.lines == BELOW
        )

    @property
    def is_count(self) -> bool:
        """Whether nothing is counted below the line: the value is a plain number, not a share."""
        return not counts(self.denominator)

    @property
    def is_fine(self) -> bool:
        """Whether it needs the kind or the channel of each line."""
        trees = [one.where for one in (*counts(self.numerator), *counts(self.denominator))]
        return any(fields_in(tree) & FINE for tree in (*trees, self.exclusions))

    def names(self) -> frozenset[str]:
        """The kinds of lines that it counts."""
        return frozenset(one.lines for one in (*counts(self.numerator), *counts(self.denominator))) - {BELOW}


@dataclass(slots=True)
class Figure:
    """What an indicator came to. ``value`` None: not applicable – nothing below the line, or a division by nought on the way."""

    above: Fraction = Fraction(0)
    below: Fraction = Fraction(0)
    value: Fraction | None = None
    left_out: dict[str, int] = field(default_factory=dict)
    interval: tuple[float, float] | None = None  # 95 %, of a share

    def few(self, fewest: int) -> bool:
        """Whether there is too little below the line to rank by."""
        return self.below < fewest


class Undefined(Exception):
    """A division by nought: the indicator does not apply."""


def figure(
    definition: Definition, lines: Mapping[Counted, int], others: Mapping[str, Fraction | None] | None = None
) -> Figure:
    """The indicator over counted lines. ``others``: the values of the indicators that it refers to."""
    found = Figure(left_out=left_out(definition, lines))
    known = others or {}
    try:
        found.below = reckon(definition.denominator, definition, lines, known)
        found.above = reckon(definition.numerator, definition, lines, known)
    except Undefined:
        return found
    if found.below:
        found.value = found.above / found.below
        if definition.is_share:
            found.interval = wilson(int(found.above), int(found.below))
    return found


def reckon(
    tree: Amount, definition: Definition, lines: Mapping[Counted, int], others: Mapping[str, Fraction | None]
) -> Fraction:
    """An amount over counted lines. Raises Undefined for a division by nought or an indicator that does not apply."""
    if isinstance(tree, Number):
        return Fraction(tree.value)
    if isinstance(tree, Count):
        return Fraction(sum(n for one, n in lines.items() if is_counted(tree, definition, one)))
    if isinstance(tree, Rate):
        value = others.get(tree.code)
        if value is None:
            raise Undefined
        return value
    total = reckon(tree.parts[0][1], definition, lines, others)
    for sign, part in tree.parts[1:]:
        other = reckon(part, definition, lines, others)
        if sign == "/":
            if not other:
                raise Undefined
            total /= other
        elif isinstance(tree, Sum):
            total = total + other if sign == "+" else total - other
        else:
            total *= other
    return total


def is_counted(tree: Count, definition: Definition, one: Counted) -> bool:
    """Whether a count of this definition counts lines of that sort."""
    return _named(tree, definition, one) and not holds(definition.exclusions, one)


def _named(tree: Count, definition: Definition, one: Counted) -> bool:
    """Whether the lines are those that the count names, the exclusions not looked at."""
    if tree.lines == BELOW:
        base = definition.denominator
        assert isinstance(base, Count)
        return _named(base, definition, one) and holds(tree.where, one)
    return one.what == LINES[tree.lines][0] and holds(tree.where, one)


def left_out(definition: Definition, lines: Mapping[Counted, int]) -> dict[str, int]:
    """How many lines the exclusions took out of the denominator (of the numerator, where nothing is counted below), by ground."""
    base = counts(definition.denominator) or counts(definition.numerator)
    found: dict[str, int] = {}
    for one, n in lines.items():
        if any(_named(tree, definition, one) for tree in base) and holds(definition.exclusions, one):
            ground = one.ground or RULE
            found[ground] = found.get(ground, 0) + n
    return dict(sorted(found.items()))


def parts_of(definition: Definition, one: Counted) -> frozenset[str]:
    """Where lines of that sort stand: ``numerator``, ``denominator``, ``rest`` (below the line only), ``excluded``; nowhere: empty."""
    below = any(_named(tree, definition, one) for tree in counts(definition.denominator))
    above = any(_named(tree, definition, one) for tree in counts(definition.numerator))
    if not below and not above:
        return frozenset()
    if holds(definition.exclusions, one):
        return frozenset({"excluded"})
    found = {"numerator"} if above else set()
    return frozenset(
        found | ({"denominator"} if below else set()) | ({"rest"} if below and not above else set())
    )


def without_place(lines: Iterable[tuple[Counted, int]]) -> dict[Counted, int]:
    """The lines of one unit, counted without whose and where: what definitions are computed on."""
    found: dict[Counted, int] = {}
    for one, n in lines:
        bare = one._replace(unit=None, place="")
        found[bare] = found.get(bare, 0) + n
    return found


def excused(one: Counted) -> Counted:
    """The lines as they count once an appeal against "late" was upheld."""
    flags: Flags = one.flags._replace(exempt=True)
    return one._replace(flags=flags)


def struck(one: Counted, ground: str) -> Counted:
    """The lines as they count once their case was excluded."""
    return one._replace(excluded=True, ground=ground)


def in_order(references: Mapping[str, Sequence[str]]) -> list[str]:
    """Codes so that each stands after those it refers to; those in a circle are left out."""
    done: list[str] = []
    waiting = dict(references)
    while waiting:
        ready = sorted(code for code, others in waiting.items() if all(one in done for one in others))
        if not ready:
            break
        done += ready
        for code in ready:
            del waiting[code]
    return done


def circle(references: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """The way from ``start`` back to itself through references; [] where there is none."""
    trail: list[tuple[str, list[str]]] = [(start, [start])]
    seen: set[str] = set()
    while trail:
        code, path = trail.pop()
        for other in references.get(code, ()):
            if other == start:
                return [*path, start]
            if other not in seen:
                seen.add(other)
                trail.append((other, [*path, other]))
    return []
