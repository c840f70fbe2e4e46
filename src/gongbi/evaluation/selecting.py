"""Conditions of the language in the database's words: the very lines behind a figure. A test holds it equal to ``reckoning``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from gongbi.evaluation.fields import BELOW, FIELDS, LINES, SORTS
from gongbi.evaluation.reckoning import Definition
from gongbi.evaluation.tree import Both, Compare, Condition, Count, Either, Every, Flag, counts
from gongbi.insight.lines import VERDICTS
from gongbi.kernel.scope import NOTHING

_STAMPS = {"done": "done_at", "spoiled": "spoiled_at", "exempt": "exempt_at", "excluded": "excluded_at"}
_GRADES = range(10)


def where(tree: Condition, end: datetime) -> Q:
    """The condition on rows of lines, as they were known at ``end``."""
    if isinstance(tree, Every):
        return Q()
    if isinstance(tree, Flag):
        return _flag(tree.name, end)
    if isinstance(tree, Compare):
        return _compare(tree, end)
    if isinstance(tree, Both):
        return reduce(and_, (where(part, end) for part in tree.parts))
    if isinstance(tree, Either):
        return reduce(or_, (_closed(where(part, end)) for part in tree.parts))
    return ~_closed(where(tree.part, end))


def _closed(one: Q) -> Q:
    """A condition that is always true must not vanish beside ``or`` and under ``not``: Django takes an empty one for none."""
    return one if one else ~NOTHING


def _flag(name: str, end: datetime) -> Q:
    if name in _STAMPS:
        return Q(**{f"{_STAMPS[name]}__lt": end})
    if name == "late":
        return Q(late=True, done_at__lt=end)
    if name == "on_time":
        return Q(exempt_at__lt=end) | (Q(done_at__lt=end) & ~Q(late=True, done_at__lt=end))
    return Q(result__gte=VERDICTS + 10, result__lt=VERDICTS + 20)  # solved


def _compare(tree: Compare, end: datetime) -> Q:
    kind = FIELDS[tree.name].kind
    if kind == "number":
        return _grade(tree.sign, int(tree.values[0]))
    if tree.name == "sort":
        found = Q(result__in=sorted(int(SORTS[value]) for value in tree.values))
    elif tree.name == "ground":
        found = Q(excluded_at__lt=end, ground__in=tree.values)
    elif kind == "code":
        found = reduce(or_, (Q(kind__startswith=value) for value in tree.values))
    else:
        found = Q(**{f"{tree.name}__in": tree.values})
    return ~found if tree.sign == "!=" else found


def _grade(sign: str, other: int) -> Q:
    def fits(mine: int) -> bool:
        return {
            "=": mine == other, "!=": mine != other, "<": mine < other, "<=": mine <= other, ">": mine > other, ">=": mine >= other,
        }[sign]  # fmt: skip

    found = Q(
        result__in=[VERDICTS + 10 * solved + mine for solved in (0, 1) for mine in _GRADES if fits(mine)]
    )
    return found | Q(result__lt=VERDICTS) if fits(0) else found


def _named(tree: Count, definition: Definition, end: datetime) -> Q:
    if tree.lines == BELOW:
        base = definition.denominator
        assert isinstance(base, Count)
        return _named(base, definition, end) & where(tree.where, end)
    return Q(what=int(LINES[tree.lines][0])) & where(tree.where, end)


def part(definition: Definition, name: str, end: datetime) -> Q:
    """The lines of one part: ``numerator``, ``denominator``, ``rest`` (below only) or ``excluded``."""
    top = _any(counts(definition.numerator), definition, end)
    base = _any(counts(definition.denominator), definition, end)
    left = where(definition.exclusions, end)
    if name == "excluded":
        return (top | base) & left
    if name == "numerator":
        return top & ~_closed(left)
    if name == "rest":
        return base & ~top & ~_closed(left)
    return base & ~_closed(left)


def _any(found: Sequence[Count], definition: Definition, end: datetime) -> Q:
    return reduce(or_, (_named(one, definition, end) for one in found), NOTHING)
