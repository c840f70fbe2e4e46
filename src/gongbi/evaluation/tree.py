"""What a definition is once it was read: a small tree of conditions and amounts. Pure; how it is read stands in language.py."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Every:
    """Every line."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A field that holds or does not."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against values: ``in`` with several, the others with one. Words as texts, numbers as int."""

    name: str
    sign: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """All of them."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Condition


Condition = Every | Flag | Compare | Both | Either | Not


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Count:
    """How many lines of that kind fulfil the condition."""

    lines: str
    where: Condition


@dataclass(frozen=True, slots=True)
class Rate:
    """The value of another indicator."""

    code: str


@dataclass(frozen=True, slots=True)
class Sum:
    """The first part plus or minus the others, in order."""

    parts: tuple[tuple[str, Amount], ...]


@dataclass(frozen=True, slots=True)
class Product:
    """The first part times or divided by the others, in order."""

    parts: tuple[tuple[str, Amount], ...]


Amount = Number | Count | Rate | Sum | Product


def counts(tree: Amount) -> list[Count]:
    """Every count in an amount."""
    if isinstance(tree, Count):
        return [tree]
    if isinstance(tree, Sum | Product):
        return [one for _sign, part in tree.parts for one in counts(part)]
    return []


def rates_in(tree: Amount) -> list[str]:
    """Codes of the other indicators that an amount refers to."""
    if isinstance(tree, Rate):
        return [tree.code]
    if isinstance(tree, Sum | Product):
        return [code for _sign, part in tree.parts for code in rates_in(part)]
    return []


def fields_in(tree: Condition) -> frozenset[str]:
    """The fields that a condition speaks of."""
    if isinstance(tree, Flag | Compare):
        return frozenset({tree.name})
    if isinstance(tree, Both | Either):
        return frozenset().union(*(fields_in(part) for part in tree.parts))
    return fields_in(tree.part) if isinstance(tree, Not) else frozenset()
