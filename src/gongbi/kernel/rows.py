"""Writing one row, many times a second: INSERT and UPDATE whose SQL is made once for each table.

``Model.save()`` builds its statement anew each time, which costs three times what the database needs to carry it out. These do the
same to the same columns, without signals and without the parents of a model (write each table of a family by itself). Only for
``actions`` and the kernel's own doors; docs/bench.md shows what it brings.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Field, Model
from django.db.models.base import ModelState
from django.db.models.query_utils import DeferredAttribute

M = TypeVar("M", bound=Model)

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


class _Blank:
    """What an unsaved row of a model begins with, looked up once: ``Model()`` asks every field for its default each time."""

    def __init__(self, model: type[Model]) -> None:
        fields = model._meta.concrete_fields
        made: set[str] = {
            field.attname
            for field in fields
            if callable(field.default) or type(field).__name__ == "SealedTextField"
        }
        self.values = {field.attname: field.get_default() for field in fields if field.attname not in made}
        self.made = [(field.attname, field.get_default) for field in fields if field.attname in made]
        # What a descriptor watches must be set as an attribute.
        self.plain = frozenset(
            field.attname
            for field in fields
            if isinstance(getattr(model, field.attname, None), DeferredAttribute)
        )


@cache
def _blank(model: type[Model]) -> _Blank:
    return _Blank(model)


def new(model: type[M], **values: Any) -> M:
    """``model(**values)`` without its signals, for thousands of rows: a tenth of the time."""
    blank = _blank(model)
    row = model.__new__(model)
    own = row.__dict__
    own["_state"] = ModelState()
    own.update(blank.values)
    for name, make in blank.made:
        if name not in values:
            if name in blank.plain:
                own[name] = make()
            else:
                setattr(row, name, make())
    for name, value in values.items():
        if name in blank.plain:
            own[name] = value
        else:
            setattr(row, name, value)
    return row


@cache
def _table(model: type[Model], vendor: str) -> _Table:
    return _Table(model, vendor)


def moment(value: datetime) -> datetime:
    """A moment as a cursor gives it: SQLite's have lost their zone, which is UTC."""
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


class _Waiting(threading.local):
    """Statements of this thread that go with the next one (None: nothing waits), and the rows they write."""

    held: tuple[list[str], list[Any]] | None = None
    touched: set[tuple[str, Any]]


_waiting = _Waiting()


@contextmanager
def together() -> Iterator[None]:
    """Statements whose result nobody needs go to PostgreSQL with the next one that is needed, or at the end: one way there and
    back instead of many, planned once a connection. Nothing in the block may read through the ORM what it has just written. On
    SQLite they go at once.
    """
    if _waiting.held is not None or connections[DEFAULT_DB_ALIAS].vendor != "postgresql":
        yield
        return
    _waiting.held, _waiting.touched = ([], []), set()
    try:
        yield
        _flush()
    finally:
        _waiting.held = None


def waiting() -> bool:
    """Whether this is inside :func:`together`, so that keys should not be asked for."""
    return _waiting.held is not None


def send(sql: str, values: Sequence[Any], *, row: tuple[str, Any] | None = None) -> None:
    """Execute one statement whose result nobody needs; inside :func:`together` with the next one.

    ``row``: (table, key) of the row it writes. Statements that go together do not see each other's rows, so a second one for
    the same row makes the first go before it.
    """
    if _waiting.held is None:
        _execute(sql, values)
        return
    if row is not None:
        if row in _waiting.touched:
            _flush()
        _waiting.touched.add(row)
    _waiting.held[0].append(sql)
    _waiting.held[1].extend(values)


def _flush() -> None:
    if _waiting.held is not None and _waiting.held[0]:
        sql = _waiting.held[0].pop()
        _execute(sql, [])


def _execute(sql: str, values: Sequence[Any], *, keys: bool = False) -> Any:
    """Execute what waits and ``sql`` as one statement: the keys it returns, or how many rows it touched."""
    held = _waiting.held
    if held is not None:
        if held[0]:
            before = ", ".join(f"s{number} AS ({other})" for number, other in enumerate(held[0]))
            sql = f"WITH {before} {sql}"
        values = [*held[1], *values]
        _waiting.held, _waiting.touched = ([], []), set()
    found, touched = _run(sql, values, keys)
    return found if keys else touched


def _run(sql: str, values: Sequence[Any], rows: bool) -> tuple[list[tuple[Any, ...]], int]:
    """Execute a statement that comes back thousands of times: its rows, where asked for, and how many it touched.

    On PostgreSQL it is prepared, so planned once a connection: Django's own cursors put the values into the text, which the
    server has to plan anew each time. They are used where somebody counts or wraps the statements.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql" or connection.execute_wrappers or connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if rows else [], cursor.rowcount
    connection.ensure_connection()
    connection.close_if_health_check_failed()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        cursor = _raw_cursor()(connection.connection)
        cursor.execute(_numbered(sql), values, prepare=True)
        try:
            return cursor.fetchall() if rows else [], cursor.rowcount
        finally:
            cursor.close()


@cache
def _raw_cursor() -> Any:
    from psycopg import RawCursor

    return RawCursor


@lru_cache(maxsize=512)
def _numbered(sql: str) -> str:
    """``%s`` as ``$1``, ``$2`` …: what PostgreSQL reads, so that nothing is parsed a second time."""
    parts = sql.split("%s")
    whole = "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1)) + parts[-1]
    return whole.replace("%%", "%")


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
        key = getattr(rows[0], table.key_name) if len(rows) == 1 else None
        send(sql, values, row=None if key is None else (table.name, key))
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
    if connection.vendor == "postgresql":
        # Column by column: what is to be prepared is decided once for all rows.
        copy_in(
            table.name, names, zip(*(_column(rows, *column, connection) for column in columns), strict=True)
        )
    else:
        values = [
            [
                own[name] if field is None else field.get_db_prep_save(own[name], connection)
                for name, field in columns
            ]
            for own in (row.__dict__ for row in rows)
        ]
        with connection.cursor() as cursor:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _column(rows: Sequence[Model], name: str, field: Field[Any, Any] | None, connection: Any) -> list[Any]:
    """The values of one column as COPY takes them."""
    given = [row.__dict__[name] for row in rows]
    if field is None or all(value is None for value in given):
        return given
    if type(field) is models.BinaryField:
        return given
    if isinstance(field, models.JSONField) and field.encoder is None:
        return [_json(value) for value in given]
    return [field.get_db_prep_save(value, connection) for value in given]


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a number beyond 64 bits, a key that is no text
        return json.dumps(value)


def copy_in(table: str, names: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    """COPY ``lines`` into the columns ``names`` of ``table`` (both as SQL writes them). Only on PostgreSQL."""
    connection: Any = connections[DEFAULT_DB_ALIAS]
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy,
    ):
        for line in lines:
            copy.write_row(line)


def update(model: type[Model], key: Any, changes: Mapping[str, Any], **only_if: Any) -> bool:
    """UPDATE columns (by attribute name) of one row by its key, if it also matches ``only_if``. Whether there was such a row."""
    return bool(_execute(*_change(model, key, changes, only_if)) == 1)


def change(model: type[Model], key: Any, changes: Mapping[str, Any]) -> None:
    """:func:`update` of a row that is there; it may go :func:`together` with others."""
    sql, values = _change(model, key, changes, {})
    send(sql, values, row=(_table(model, connections[DEFAULT_DB_ALIAS].vendor).name, key))


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
    return _run(sql, values, True)[0]


def key_where(model: type[Model], **equal: Any) -> Any:
    """The key of a row with these values, or None: for look-ups by a unique column that seldom find anything."""
    connection = connections[DEFAULT_DB_ALIAS]
    table = _table(model, connection.vendor)
    where = " AND ".join(table.set[name] for name in equal)
    sql = f"SELECT {table.key} FROM {table.name} WHERE {where} LIMIT 1"  # noqa: S608 – names of the table only
    found = ask(sql, table.prepared(equal, connection))
    return found[0][0] if found else None


def among(column: str, keys: Sequence[int]) -> tuple[str, list[Any]]:
    """``column IN keys`` for :func:`ask`, in one form however many keys there are: (condition, values)."""
    if connections[DEFAULT_DB_ALIAS].vendor == "postgresql":
        return f"{column} = ANY(%s::bigint[])", [list(keys)]
    return f"{column} IN ({', '.join(['%s'] * len(keys))})", list(keys)
