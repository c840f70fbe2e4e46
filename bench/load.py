"""Fill a migrated database with the demo district and synthetic cases: ``python -m bench.load CASES OPEN`` (DATABASE_URL: where).

Every row is what the product itself would have written: reports, cases with a real proposal, clocks with deadlines by the
engine, hash-chained ledger entries (``gongbi ledger verify`` holds), search rows, insight's watermark. PostgreSQL takes them by
COPY in one process for each core, indexes built afterwards; SQLite in one transaction. The outbox stays empty: all is delivered.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

CHUNK = 5_000
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)


def _ready() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    django.setup()


def text_field(value: Any) -> str:
    """One value in PostgreSQL's COPY text format; ``bytes`` as hex, dicts and lists are JSON already made by the caller."""
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        if "\\" in value or "\n" in value or "\t" in value:
            return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
        return value
    return str(value)


def copy_rows(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """COPY ``rows`` in."""
    body = "".join("\t".join(map(text_field, row)) + "\n" for row in rows)
    names = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        copy.write(body)


def _part(first: int, last: int, cases: int, opened: int) -> None:
    """One process: cases ``first`` to ``last`` (not included)."""
    _ready()
    from django.conf import settings

    from bench.load_cases import TABLES, Maker

    maker = Maker(cases, opened)
    given = settings.DATABASES["default"]
    with psycopg.connect(
        host=given["HOST"], port=given["PORT"], user=given["USER"], password=given["PASSWORD"], dbname=given["NAME"],
        autocommit=True,
    ) as connection:  # fmt: skip
        connection.execute("SET synchronous_commit = off")
        for start in range(first, last, CHUNK):
            made = maker.rows(range(start, min(start + CHUNK, last)))
            for table, columns in TABLES.items():
                copy_rows(connection, table, columns, made[table])


def _bare(cursor: Any, tables: Sequence[str]) -> list[str]:
    """Drop indexes and constraints of ``tables``; the statements that make them again, in order."""
    again: list[str] = []
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint "
        "WHERE (conrelid = ANY(%s::regclass[]) OR confrelid = ANY(%s::regclass[])) AND contype IN ('f','p','u') "
        "ORDER BY contype = 'f' DESC, contype DESC",
        [list(tables), list(tables)],
    )
    constraints = cursor.fetchall()
    for table, name, _definition, _kind in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(
        "SELECT schemaname || '.' || indexname, indexdef FROM pg_indexes WHERE (schemaname || '.' || tablename)::regclass = ANY(%s::regclass[])",
        [list(tables)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for kind in ("p", "u"):
        again += [f'ALTER TABLE {t} ADD CONSTRAINT "{n}" {d}' for t, n, d, k in constraints if k == kind]
    again += [definition for _name, definition in indexes]
    again += [f'ALTER TABLE {t} ADD CONSTRAINT "{n}" {d} NOT VALID' for t, n, d, k in constraints if k == "f"]
    return again


def _postgres(cases: int, opened: int) -> None:
    from django.db import connection

    from bench.load_cases import TABLES

    began = time.monotonic()
    with connection.cursor() as cursor:
        again = _bare(cursor, list(TABLES))
    connection.close()
    shares = max(1, len(os.sched_getaffinity(0)))
    step = -(-cases // shares)
    context = multiprocessing.get_context("spawn")
    parts = [
        context.Process(target=_part, args=(first, min(first + step, cases + 1), cases, opened))
        for first in range(1, cases + 1, step)
    ]
    for part in parts:
        part.start()
    for part in parts:
        part.join()
        if part.exitcode:
            raise SystemExit(f"a loading process ended with status {part.exitcode}")
    print(f"  rows in after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '1GB'")
        for statement in again:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute("SELECT pg_get_serial_sequence(%s, a.attname), a.attname FROM pg_attribute a "
                           "WHERE a.attrelid = %s::regclass AND a.attidentity <> ''", [table, table])  # fmt: skip
            for sequence, column in cursor.fetchall():
                cursor.execute(
                    f'SELECT setval(%s, (SELECT coalesce(max("{column}"), 1) FROM "{table}"))', [sequence]
                )
        for table in TABLES:
            cursor.execute(f'VACUUM (ANALYZE, FREEZE) "{table}"')
        cursor.execute("CHECKPOINT")
    print(f"  indexed after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _sqlite(cases: int, opened: int) -> None:
    from django.db import connection, transaction

    from bench.load_cases import TABLES, Maker, adapt

    maker = Maker(cases, opened)
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(1, cases + 1, CHUNK):
            made = maker.rows(range(start, min(start + CHUNK, cases + 1)))
            for table, columns in TABLES.items():
                names = ", ".join(f'"{name}"' for name in columns)
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(
                    f'INSERT INTO "{table}" ({names}) VALUES ({marks})', list(map(adapt, made[table]))
                )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def main(cases: int, opened: int) -> None:
    """Make the demo district without its sample cases in a migrated database, and fill it."""
    _ready()
    from django.db import connection

    from gongbi.ops import demo

    for step in (demo.territory, demo.parties, demo.duties):
        step(at=FOUNDED)

    (_postgres if connection.vendor == "postgresql" else _sqlite)(cases, opened)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
