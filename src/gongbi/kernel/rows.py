"""Writing one row, many times a second: INSERT and UPDATE whose SQL is made once for each table.

``Model.save()`` builds its statement anew each time, which costs three times what the database needs to carry it out. These do the
same to the same columns, without signals and without the parents of a model (write each table of a family by itself). Only for
``actions`` and the kernel's own doors; docs/bench.md shows what it brings.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Field, Model

# What drivers take as it is: Django's own preparation would return the very same value.
_AS_IS = (
    models.CharField,
    models.TextField,
    models.IntegerField,
    models.BooleanField,
    models.FloatField,
    models.ForeignKey,
)


class _Table:
    """The statements of one model's own table on one kind of database."""

    def __init__(self, model: type[Model], vendor: str) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        self.quote = connection.ops.quote_name
        meta = model._meta
        self.name = self.quote(meta.db_table)
        own = meta.local_concrete_fields
        key = next(field for field in own if field.primary_key)
        self.key_field = key
        self.key, self.key_name = self.quote(str(key.column)), key.attname
        self.fields = [field for field in own if field is not meta.auto_field]
        self.by_name: dict[str, Field[Any, Any]] = {field.attname: field for field in own}
        self.as_is = {
            field.attname
            for field in own
            if (isinstance(field, _AS_IS) and type(field).__module__.startswith("django.db.models"))
            or (isinstance(field, models.DateTimeField) and vendor == "postgresql")
        }
        self.columns = [
            (field.attname, None if field.attname in self.as_is else field) for field in self.fields
        ]
        marks = {field.attname: self._mark(field) for field in own}
        self.marks = f"({', '.join(marks[field.attname] for field in self.fields)})"
        self.quoted = [self.quote(str(field.column)) for field in self.fields]
        self.into = f"INSERT INTO {self.name} ({', '.join(self.quoted)}) VALUES "  # noqa: S608 – names of the table only
        self.returning = "" if meta.auto_field is None else f" RETURNING {self.key}"
        self.set = {
            field.attname: f"{self.quote(str(field.column))} = {marks[field.attname]}" for field in own
        }

    @staticmethod
    def _mark(field: Field[Any, Any]) -> str:
        make = getattr(field, "get_placeholder", None)
        return str(make(None, None, connections[DEFAULT_DB_ALIAS])) if make is not None else "%s"

    def values(self, row: Model, connection: Any) -> list[Any]:
        own = row.__dict__
        return [
            own[name] if field is None else field.get_db_prep_save(own[name], connection)
            for name, field in self.columns
        ]

    def prepared(self, given: Mapping[str, Any], connection: Any) -> list[Any]:
        return [
            value if name in self.as_is else self.by_name[name].get_db_prep_save(value, connection)
            for name, value in given.items()
        ]


@cache
def _table(model: type[Model], vendor: str) -> _Table:
    return _Table(model, vendor)


def moment(value: datetime) -> datetime:
    """A moment as a cursor gives it: SQLite's have lost their zone, which is UTC."""
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


class _Waiting(threading.local):
    """Statements of this thread that go with the next one; None: nothing waits."""

    held: tuple[list[str], list[Any]] | None = None


_waiting = _Waiting()


@contextmanager
def together() -> Iterator[None]:
    """Statements whose result nobody needs go to PostgreSQL with the next one that is needed, or at the end: one way there and
    back instead of many. Nothing in the block may read through the ORM what it has just written. On SQLite they go at once.
    """
    if _waiting.held is not None or connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        yield
        return
    _waiting.held = ([], [])
    try:
        yield
        if _waiting.held[0]:
            _execute("", [])
    finally:
        _waiting.held = None


def waiting() -> bool:
    """Whether this is inside :func:`together`, so that keys should not be asked for."""
    return _waiting.held is not None


def send(sql: str, values: Sequence[Any]) -> None:
    """Execute one statement whose result nobody needs; inside :func:`together` with the next one."""
    if _waiting.held is None:
        _execute(sql, values)
    else:
        _waiting.held[0].append(sql)
        _waiting.held[1].extend(values)


def _execute(sql: str, values: Sequence[Any], *, keys: bool = False) -> Any:
    """Execute what waits and then ``sql``: the keys it returns, or how many rows it touched."""
    held = _waiting.held
    behind = 0
    if held is not None and held[0]:
        behind = len(held[0]) - (not sql)
        sql, values = "; ".join([*held[0], sql] if sql else held[0]), [*held[1], *values]
        _waiting.held = ([], [])
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(sql, values)
        for _ in range(behind):
            cursor.nextset()
        return cursor.fetchall() if keys else cursor.rowcount


def insert(row: Model, model: type[Model] | None = None, *, key: bool = True) -> None:
    """INSERT an unsaved ``row`` into the table of ``model`` (its own class unless given); sets a key that the database makes.

    Without ``key`` it is left unset, and the row may go :func:`together` with others. Raises IntegrityError as
    ``save(force_insert=True)`` does.
    """
    insert_many((row,), model or type(row), keys=key)


def insert_many(rows: Sequence[Model], model: type[Model], *, keys: bool = True) -> None:
    """:func:`insert` for several rows of one table with one statement; few enough for the database's parameters."""
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    table = _table(model, connection.vendor)
    values: list[Any] = []
    for row in rows:
        values += table.values(row, connection)
    sql = table.into + ", ".join([table.marks] * len(rows))
    if keys and table.returning:
        for row, (key,) in zip(rows, _execute(sql + table.returning, values, keys=True), strict=True):
            row.pk = key
            setattr(row, table.key_name, key)  # a child's ``pk`` does not set its parent's own key
    else:
        send(sql, values)
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def reserve(model: type[Model], count: int) -> list[int]:
    """The next ``count`` keys of a table, for rows that are about to be loaded with :func:`load`; in the caller's transaction."""
    connection = connections[DEFAULT_DB_ALIAS]
    table, name = _table(model, connection.vendor), model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sql = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(sql, [f'"{name}"', table.key_field.column, count])
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [name])
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return list(range(first, first + count))


def load(rows: Sequence[Model], model: type[Model]) -> None:
    """INSERT thousands of unsaved rows into the table of ``model``: COPY on PostgreSQL, one prepared statement on SQLite.

    Keys that the rows have are kept (see :func:`reserve`); the database makes the others, and they stay unset.
    """
    if not rows:
        return
    connection = connections[DEFAULT_DB_ALIAS]
    table = _table(model, connection.vendor)
    keyed = table.returning and getattr(rows[0], table.key_name) is not None
    columns = [(table.key_name, None), *table.columns] if keyed else table.columns
    names = [table.key, *table.quoted] if keyed else table.quoted
    values = [
        [
            own[name] if field is None else field.get_db_prep_save(own[name], connection)
            for name, field in columns
        ]
        for own in (row.__dict__ for row in rows)
    ]
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
                for line in values:
                    copy.write_row(line)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def update(model: type[Model], key: Any, changes: Mapping[str, Any], **only_if: Any) -> bool:
    """UPDATE columns (by attribute name) of one row by its key, if it also matches ``only_if``. Whether there was such a row."""
    return bool(_execute(*_change(model, key, changes, only_if)) == 1)


def change(model: type[Model], key: Any, changes: Mapping[str, Any]) -> None:
    """:func:`update` of a row that is there; it may go :func:`together` with others."""
    send(*_change(model, key, changes, {}))


def _change(
    model: type[Model], key: Any, changes: Mapping[str, Any], only_if: Mapping[str, Any]
) -> tuple[str, list[Any]]:
    connection = connections[DEFAULT_DB_ALIAS]
    table = _table(model, connection.vendor)
    asked = {table.key_name: key, **only_if}
    sets = ", ".join(table.set[name] for name in changes)
    where = " AND ".join(table.set[name] for name in asked)
    values = table.prepared(changes, connection) + table.prepared(asked, connection)
    return f"UPDATE {table.name} SET {sets} WHERE {where}", values  # noqa: S608 – names of the table only


def ask(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a small SELECT that is asked thousands of times: on PostgreSQL prepared, so planned once a connection."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor, connection.wrap_database_errors:
        if connection.vendor != "postgresql" or connection.execute_wrappers:
            cursor.execute(sql, values)
            return list(cursor.fetchall())
        from psycopg import Cursor

        # Django's own cursors put the values into the text, which the server has to plan anew each time.
        with Cursor(connection.connection) as prepared:
            prepared.execute(sql, values, prepare=True)
            return list(prepared.fetchall())


def key_where(model: type[Model], **equal: Any) -> Any:
    """The key of a row with these values, or None: for look-ups by a unique column that seldom find anything."""
    connection = connections[DEFAULT_DB_ALIAS]
    table = _table(model, connection.vendor)
    where = " AND ".join(table.set[name] for name in equal)
    sql = f"SELECT {table.key} FROM {table.name} WHERE {where} LIMIT 1"  # noqa: S608 – names of the table only
    found = ask(sql, table.prepared(equal, connection))
    return found[0][0] if found else None
