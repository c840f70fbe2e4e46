"""Reading a few rows, many times a second: SELECTs of the ORM whose SQL is made once and carried out with the values of the day.

To build and compile a query set costs Python several times what the database needs to answer it. Here that is done once for
each ``key``, with slots in place of the values; after that it is one prepared statement (see :func:`gongbi.kernel.rows.ask`) and
the model's own loading, converters and related rows included.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

from gongbi.kernel import rows

M = TypeVar("M", bound=Model)
_KEEP = 4096  # statements; past that all are made anew
# Values that no row has: where one of them turns up among a statement's values, the asker's is put.
_NUMBER, _TEXT = 8_340_127_005_513_000, "\u241fslot\u241f"
_made: dict[Hashable, _Statement | None] = {}


class _Statement:
    """One compiled query set: SQL, its values with the places to fill, and how a line is read."""

    def __init__(self, query: QuerySet[Any, Any], slots: Sequence[Any]) -> None:
        compiler: Any = query.query.get_compiler(DEFAULT_DB_ALIAS)
        self.sql, values = compiler.as_sql()
        self.values = list(values)
        places = {slot: number for number, slot in enumerate(slots)}
        self.fill = [
            (place, places[value])
            for place, value in enumerate(self.values)
            if isinstance(value, (int, float, str)) and value in places
        ]
        self.complete = {number for _place, number in self.fill} == set(range(len(slots)))
        expressions = [column[0] for column in compiler.select]
        self.convert = [
            (place, converters, expression)
            for place, (converters, expression) in compiler.get_converters(expressions).items()
        ]
        whole = issubclass(query._iterable_class, ModelIterable)
        self.info: Any = compiler.klass_info if whole else None
        if self.info is not None:
            first, last = self.info["select_fields"][0], self.info["select_fields"][-1] + 1
            self.span = slice(first, last)
            self.names = [column[0].target.attname for column in compiler.select[first:last]]
            related: Any = get_related_populators
            self.related = related(self.info, compiler.select, DEFAULT_DB_ALIAS)

    def lines(self, values: Sequence[Any]) -> list[Any]:
        """What the database gives, converted as the ORM converts it."""
        given = self.values.copy()
        for place, number in self.fill:
            given[place] = values[number]
        lines = rows.ask(self.sql, given)
        if not self.convert:
            return lines
        connection = connections[DEFAULT_DB_ALIAS]
        found = []
        for line in lines:
            row = list(line)
            for place, converters, expression in self.convert:
                for convert in converters:
                    row[place] = convert(row[place], expression, connection)
            found.append(row)
        return found

    def objects(self, values: Sequence[Any]) -> list[Any]:
        found = []
        for line in self.lines(values):
            made = self.info["model"].from_db(DEFAULT_DB_ALIAS, self.names, line[self.span])
            for populate in self.related:
                populate.populate(line, made)
            found.append(made)
        return found


def _statement(
    key: Hashable, make: Callable[..., QuerySet[Any, Any]], values: Sequence[int | float | str]
) -> _Statement | None:
    """The statement of ``key``, made now if need be; None where nothing can fit. Raises LookupError when it cannot be kept."""
    whole = (connections[DEFAULT_DB_ALIAS].vendor, key)
    if whole in _made:
        return _made[whole]
    slots = [_slot(value, number) for number, value in enumerate(values)]
    try:
        statement = _Statement(make(*slots), slots)
    except EmptyResultSet:  # nothing can fit, and the database need not be asked
        statement = None
    if statement is not None and not statement.complete:
        raise LookupError("the form of the statement depends on its values")
    if len(_made) >= _KEEP:
        _made.clear()
    _made[whole] = statement
    return statement


def _slot(value: float | str, number: int) -> int | float | str:
    if isinstance(value, str):
        return f"{_TEXT}{number}"
    return float(_NUMBER + number) if isinstance(value, float) else _NUMBER + number


def fetch(key: Hashable, make: Callable[..., QuerySet[M]], *values: float | str) -> list[M]:
    """The rows of ``make(*values)``, a query set of whole model objects (``select_related`` allowed, no ``prefetch_related``).

    ``key`` stands for everything that shapes the statement except ``values``: two calls with one key must differ in ``values``
    only. ``make`` may be called with slots instead of the values, so it must not look anything up by them.
    """
    try:
        statement = _statement(key, make, values)
    except LookupError:
        return list(make(*values))
    return [] if statement is None else cast("list[M]", statement.objects(values))


def fetch_lines(
    key: Hashable, make: Callable[..., QuerySet[Any, Any]], *values: float | str
) -> list[Sequence[Any]]:
    """As :func:`fetch` for a query set of ``values_list``: its columns, in order."""
    try:
        statement = _statement(key, make, values)
    except LookupError:
        return list(make(*values))
    return [] if statement is None else statement.lines(values)


def fetch_one(key: Hashable, make: Callable[..., QuerySet[M]], *values: float | str) -> M | None:
    """The first of them, or None: for look-ups that find one row at most."""
    found = fetch(key, make, *values)
    return found[0] if found else None
