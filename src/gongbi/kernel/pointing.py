"""A new row and the one that is to point at it, written by one statement: what came in, and the report that was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model

from gongbi.kernel import rows


@dataclass(frozen=True, slots=True)
class Pointing:
    """A row that is there (``model``, ``key``): its ``column`` (attribute name) gets the new row's key, and ``changes`` go with it."""

    model: type[Model]
    key: Any
    column: str
    changes: Mapping[str, Any]


def insert_pointed(row: Model, pointing: Pointing) -> None:
    """``rows.insert(row)``, and the change of the row that points at it. Inside ``rows.together`` on PostgreSQL both, and all that
    waits, go as one statement; elsewhere one after the other. Errors: IntegrityError as INSERT raises it, LookupError where no row
    is there to point.
    """
    model, connection = type(row), connections[DEFAULT_DB_ALIAS]
    changed = pointing.changes
    if not rows.waiting():
        rows.insert(row)
        if not rows.update(pointing.model, pointing.key, {**changed, pointing.column: row.pk}):
            raise LookupError(pointing.key)
        return
    table, other = rows._table(model, connection.vendor), rows._table(pointing.model, connection.vendor)
    held = rows._waiting.held
    assert held is not None
    name = f"s{len(held[0])}"  # what rows calls the statement that waits in this place
    rows.send(f"{table.into}{table.marks}{table.returning}", table.values(row, connection))
    column = other.quote(str(other.by_name[pointing.column].column))
    sets = ", ".join([f"{column} = (SELECT {table.key} FROM {name})", *(other.set[one] for one in changed)])  # noqa: S608 – names only
    values = other.prepared(changed, connection) + other.prepared({other.key_name: pointing.key}, connection)
    sql = f"UPDATE {other.name} SET {sets} WHERE {other.set[other.key_name]} RETURNING {column}"  # noqa: S608 – names of tables only
    found = rows._execute(sql, values, keys=True)
    if not found:
        raise LookupError(pointing.key)
    row.pk = found[0][0]
    setattr(row, table.key_name, row.pk)
    row._state.adding, row._state.db = False, connection.alias
