"""Writing rows that must be there once: one INSERT, and what is there already stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model

from gongbi.kernel import rows

M = TypeVar("M", bound=Model)


def insert_new(given: Sequence[M], model: type[M], unique: Sequence[str]) -> list[M]:
    """INSERT those unsaved rows (``given``) whose ``unique`` columns (attribute names) nothing has yet, with one statement: those that went
    in, with their keys. Nothing waits for it, and it waits for nobody but who is writing the same values.
    """
    if not given:
        return []
    connection = connections[DEFAULT_DB_ALIAS]
    table = rows._table(model, connection.vendor)
    names = ", ".join(table.quote(str(table.by_name[name].column)) for name in unique)
    values: list[Any] = []
    for row in given:
        values += table.values(row, connection)
    sql = f"{table.into}{', '.join([table.marks] * len(given))} ON CONFLICT ({names}) DO NOTHING RETURNING {names}, {table.key}"
    by_name = {tuple(getattr(row, name) for name in unique): row for row in given}
    went_in = []
    for *known, key in rows._execute(sql, values, keys=True):
        row = by_name[tuple(known)]
        row.pk, row._state.adding, row._state.db = key, False, connection.alias
        went_in.append(row)
    return went_in
