"""A district of five million cases: ``python -m bench.load_much CASES`` on a migrated database (DATABASE_URL), PostgreSQL only.

A base of histories is made as :mod:`bench.load_cases` makes them, with the variety of a district: returned, reworked, rejected, late,
called back, excused, left out, judged or not; the lines of the rates by insight's own fold. Two weeks of it are then written down
again, fortnight before fortnight, by one INSERT … SELECT a table: times, keys and the deadlines in the facts are moved, all else is kept.
So a weekday stays a weekday and no two cases of a fortnight are alike.

What is not as the product leaves it: the hash chain holds in the newest fortnight only; deadlines of older ones do not know their
holidays. Left out, since nothing that is measured here reads it and the disk is finite: reports, search entries and kept proposals of
closed cases, the clocks of those before the newest fortnight (their deadlines are in ledger and lines), the index of the lines' own
keys. All else is there, indexed, vacuumed and analysed: 31 GB.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg

from bench.load import CHUNK, FOUNDED, _bare, _ready, copy_rows

COPIES = 26
WINDOW = timedelta(days=14)
OPEN = 100_000
SPARE = 8 * 2**30  # bytes of the disk that are left to others at every moment
STAGE = "bench_stage"


def _maker(cases: int, opened: int, end: datetime) -> Any:
    """A :class:`bench.load_cases.Maker` of one fortnight's closed cases (keys from 1) and of all open ones after them."""
    from bench.load_cases import COURSE, OVER, Maker, Step
    from gongbi.cases.models import Case, Report
    from gongbi.insight.actions import _line, _row
    from gongbi.insight.facts import Entry
    from gongbi.insight.fold import fold
    from gongbi.insight.lines import ever_counts
    from gongbi.insight.models import CaseFacts, FactLine
    from gongbi.insight.period import day_end
    from gongbi.kernel.ledger.models import LedgerEntry

    lines = [field.attname for field in FactLine._meta.concrete_fields if field.attname != "id"]
    folded = [field.attname for field in CaseFacts._meta.concrete_fields]
    by_name = {step.name: step for step in COURSE}
    straight = COURSE[:4]

    class Many(Maker):
        def rows(self, keys: Any) -> dict[str, list[tuple[Any, ...]]]:
            self.lines: list[tuple[Any, ...]] = []
            return {**super().rows(keys), FactLine._meta.db_table: self.lines}

        def _state(self, key: int, dice: random.Random) -> str:
            if key > cases - opened:
                return dice.choices(self.states[0], cum_weights=self.states[1])[0]
            return dice.choices(("judged", "closed", "rejected"), (45, 51, 4))[0]

        def _opened(self, key: int, state: str) -> datetime:
            closed = cases - opened
            if key <= closed:
                return self.end - WINDOW * ((closed - key) / closed)
            dice = random.Random(-key)
            share = (cases - key) / opened  # most open cases are fresh, some were never finished
            return self.end - (
                share * timedelta(days=11) if dice.random() < 0.92 else dice.random() * timedelta(days=200)
            )

        def _channel(self, key: int, state: str) -> str:
            if state == "checked":
                return "hotline"
            return random.Random(-key).choices(
                ("web", "hotline", "field", "api", "hall"), (45, 25, 20, 6, 4)
            )[0]

        def _proposal(self, kind: str, said: Any, dice: random.Random) -> str:
            return super()._proposal(kind, said, dice) if self._keeps else "{}"

        def _course(
            self, key: int, dice: random.Random, opened: datetime, state: str, *given: Any
        ) -> dict[str, Any]:
            self._keeps = state not in OVER
            self._called = given[0].channel == "hotline"
            back = WINDOW if state in OVER else timedelta(days=1)
            while True:  # nothing is written in the future
                made = super()._course(key, dice, opened, state, *given)
                if made["entries"][-1]["at"] <= self.end:
                    return made
                opened -= back

        def _rest(self, dice: random.Random, name: str) -> timedelta:
            mean = {"open": 0.5, "sign": 3, "contacted": 90, "rework": 60}.get(name, 2)
            return timedelta(minutes=10 * (1 + min(1200, int(dice.expovariate(1 / mean)))))

        def _steps(self, state: str, dice: random.Random, unit: int) -> list[Any]:
            if state == "rejected":
                return [COURSE[0], Step("reject", state, ("accept",), (), "dispatcher")]
            if state not in OVER:
                steps = super()._steps(state, dice, unit)
                contacted = [Step("contacted", "handling", (), (), "handler")] if dice.random() < 0.8 else []
                return (
                    steps[:4] + contacted + steps[4:]
                    if len(steps) > 4 and steps[4].name == "finish"
                    else steps
                )
            steps = [*straight]
            if dice.random() < 0.08:  # first sent to somebody who was not responsible
                other = dice.choice(self.everybody)
                wrong = by_name["dispatch"]._replace(unit=other)
                contest = Step(
                    "contest",
                    "accepted",
                    ("sign", "handle"),
                    (("dispatch", "dispatch_limit"),),
                    "handler",
                    "",
                    other,
                )
                steps[2:3] = [wrong, contest, by_name["dispatch"]]
            if dice.random() < 0.95:
                steps.append(Step("contacted", "handling", (), (), "handler"))
            steps.append(by_name["finish"])
            if dice.random() < 0.06:
                steps += [
                    Step("rework", "handling", ("check",), (("handle", "limit"),), "checker"),
                    by_name["finish"],
                ]
            if self._called:
                steps.append(
                    Step(
                        "confirm_for_callback",
                        "checked",
                        ("check",),
                        (("callback", "callback_limit"),),
                        "checker",
                    )
                )
                steps.append(Step("call_back", "closed", ("callback",), (), "dispatcher"))
            else:
                steps.append(by_name["confirm"])
            if dice.random() < 0.02:
                steps.append(Step(dice.choice(("exempt", "exclude")), "closed", (), (), "adjudicator"))
            return steps + ([by_name["judge"], by_name["settle"]] if state == "judged" else [])

        def _facts(self, name: str, key: int, *given: Any) -> dict[str, Any]:
            found = super()._facts(name, key, *given)
            if name == "judge":
                found["solved"] = "yes" if key % 7 else "no"
            return found

        def put(
            self, made: dict[str, list[tuple[Any, ...]]], state: str, rows: list[tuple[Any, dict[str, Any]]]
        ) -> None:
            entries = [
                Entry(one["seq"], one["at"], one["transition"], one["to_state"], orjson.loads(one["facts"]), one["actor"], one["unit_id"],
                      one["from_state"])
                for model, one in rows if model is LedgerEntry
            ]  # fmt: skip
            key = rows[0][1]["id"]
            facts = fold(entries)
            row = _row(key, facts)
            kept = [one for one in rows if one[0] is not CaseFacts and (self._keeps or one[0] is not Report)]
            for model, values in kept:
                if model is Case:
                    values["exempt"], values["excluded"] = facts.exempt_at is not None, facts.ground
            super().put(made, state, [*kept, (CaseFacts, {name: getattr(row, name) for name in folded})])
            for line in facts.lines:
                end = day_end(line.at)
                if ever_counts(line, end):
                    told = _line(key, line, end)
                    self.lines.append(tuple(getattr(told, name) for name in lines))

    maker = Many(cases, opened, end=end)
    maker.end = end
    maker._keeps = maker._called = False
    maker.everybody = sorted(maker.posts)
    return maker


def _tables() -> dict[str, tuple[str, ...]]:
    from bench.load_cases import TABLES
    from gongbi.insight.models import FactLine

    names = tuple(field.attname for field in FactLine._meta.concrete_fields if field.attname != "id")
    return {**TABLES, FactLine._meta.db_table: names}


def _connect() -> psycopg.Connection[Any]:
    connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    connection.execute("SET synchronous_commit = off")
    connection.execute("SET maintenance_work_mem = '1GB'")
    connection.execute("SET work_mem = '256MB'")
    return connection


def _part(first: int, last: int, cases: int, opened: int, end: datetime) -> None:
    """One process: base cases ``first`` to ``last`` (not included), into the stage."""
    _ready()
    maker = _maker(cases, opened, end)
    with _connect() as connection:
        connection.execute(f"SET search_path TO {STAGE}, public")
        for start in range(first, last, CHUNK):
            made = maker.rows(range(start, min(start + CHUNK, last)))
            for table, columns in _tables().items():
                copy_rows(connection, table, columns, made[table])


# Which column of a table is its case, and by which time its rows were written.
KEYS = {
    "flow_matter": ("id", "id"), "cases_case": ("matter_ptr_id", "matter_ptr_id"), "cases_report": ("id", "id"),
    "ledger_ledgerentry": ("matter_id", "at, matter_id, seq"), "clock_clock": ("matter_id", "started_at"), "search_searchentry": ("matter_id", "matter_id"),
    "insight_casefacts": ("case_id", "case_id"), "insight_factline": ("case_id", "since"),
}  # fmt: skip
NEWEST_ONLY = {"clock_clock"}
_ALSO_KEYS = {"cases_report": ("case_id", "first_case_id"), "insight_factline": ("report_id",)}
_DUE = (
    "CASE WHEN facts ? 'due' THEN facts || jsonb_build_object('due', (SELECT jsonb_object_agg(k, to_jsonb((v #>> '{{}}')::timestamptz "
    "+ {shift})) FROM jsonb_each(facts -> 'due') AS d(k, v))) ELSE facts END"
)


def _selected(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], shift: str, by: int
) -> str:
    """What is selected for one fortnight: every time moved by ``shift``, every key by ``by``."""
    found = connection.execute(
        "SELECT attname, atttypid::regtype::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
        [f"public.{table}"],
    ).fetchall()
    types, keys = dict(found), (KEYS[table][0], *_ALSO_KEYS.get(table, ()))
    told = []
    for name in columns:
        if name in keys:
            told.append(f'"{name}" + {by}')
        elif types[name] == "timestamp with time zone":
            told.append(f'"{name}" + {shift}')
        elif (table, name) == ("ledger_ledgerentry", "facts"):
            told.append(_DUE.format(shift=shift))
        else:
            told.append(f'"{name}"')
    return ", ".join(told)


def _multiply(tables: Sequence[str], cases: int, opened: int) -> None:
    """One process: these tables from the stage, the oldest fortnight first, the open cases last."""
    _ready()
    closed = cases - opened
    with _connect() as connection:
        for table in tables:
            columns = _tables()[table]
            names = ", ".join(f'"{name}"' for name in columns)
            key, order = KEYS[table]
            connection.execute(
                f"CREATE TABLE {STAGE}.sorted_{table} AS SELECT * FROM {STAGE}.{table} ORDER BY {order}"
            )
            connection.execute(f"DROP TABLE {STAGE}.{table}")
            for copy in range(COPIES - 1 if table in NEWEST_ONLY else 0, COPIES):
                _room()
                shift = f"interval '{-(COPIES - 1 - copy) * WINDOW.days} days'"
                told = _selected(connection, table, columns, shift, copy * closed)
                connection.execute(
                    f"INSERT INTO public.{table} ({names}) SELECT {told} FROM {STAGE}.sorted_{table} WHERE {key} <= {closed}"
                )
            told = _selected(connection, table, columns, "interval '0'", (COPIES - 1) * closed)
            connection.execute(
                f"INSERT INTO public.{table} ({names}) SELECT {told} FROM {STAGE}.sorted_{table} WHERE {key} > {closed}"
            )
            connection.execute(f"DROP TABLE {STAGE}.sorted_{table}")
            connection.execute(f"VACUUM (ANALYZE) public.{table}")
            _say(f"{table} written")


_began = time.monotonic()


def _say(words: str) -> None:
    print(f"  {words} after {time.monotonic() - _began:.0f} s", file=sys.stderr, flush=True)


def _room() -> None:
    free = shutil.disk_usage("/").free
    if free < SPARE:
        raise SystemExit(f"only {free / 2**30:.1f} GB of the disk are free: stopped")


def _indexed(statements: Sequence[str]) -> None:
    with _connect() as connection:
        for statement in statements:
            _room()
            connection.execute(statement)
            _say(statement.partition(" USING ")[0])


def _together(target: Any, *given: Sequence[Any]) -> None:
    context = multiprocessing.get_context("spawn")
    parts = [context.Process(target=target, args=tuple(one)) for one in given]
    for part in parts:
        part.start()
    for part in parts:
        part.join()
    if any(part.exitcode for part in parts):
        raise SystemExit(f"a process ended with status {[part.exitcode for part in parts]}")


def main(wanted: int, opened: int = OPEN) -> None:
    """Make the demo district without its sample cases, and fill it with about ``wanted`` cases."""
    _ready()
    from django.db import connection as django

    from gongbi.ops import demo

    for step in (demo.territory, demo.parties, demo.duties):
        step(at=FOUNDED)
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    closed = -(-(wanted - opened) // COPIES)
    cases = closed + opened
    tables = list(_tables())
    django.close()
    with _connect() as connection, connection.cursor() as cursor:
        again = [one for one in _bare(cursor, tables) if "insight_factline_pkey" not in one]
        cursor.execute(f"DROP SCHEMA IF EXISTS {STAGE} CASCADE; CREATE SCHEMA {STAGE}")
        for table in tables:
            names = ", ".join(f'"{name}"' for name in _tables()[table])
            cursor.execute(
                f"CREATE UNLOGGED TABLE {STAGE}.{table} AS SELECT {names} FROM public.{table} LIMIT 0"
            )
        half = -(-cases // 2)
        _together(_part, (1, half + 1, cases, opened, end), (half + 1, cases + 1, cases, opened, end))
        _say(f"{cases:,} cases of the base")
        first = ["ledger_ledgerentry"]
        _together(
            _multiply, (first, cases, opened), ([one for one in tables if one not in first], cases, opened)
        )
        plain = [one for one in again if "FOREIGN KEY" not in one]
        ledger = [one for one in plain if "ledger_ledgerentry" in one]
        others = sorted(
            (one for one in plain if one not in ledger), key=lambda one: "settled" not in one
        )  # the most room first
        _together(_indexed, (ledger,), (others,))
        for statement in again:
            if "FOREIGN KEY" in statement:
                cursor.execute(statement)
        _say("indexed")
        for table in tables:
            cursor.execute("SELECT pg_get_serial_sequence(%s, a.attname), a.attname FROM pg_attribute a "
                           "WHERE a.attrelid = %s::regclass AND a.attidentity <> ''", [table, table])  # fmt: skip
            for sequence, column in cursor.fetchall():
                cursor.execute(
                    f'SELECT setval(%s, (SELECT coalesce(max("{column}"), 1) FROM "{table}"))', [sequence]
                )
            cursor.execute(f"ANALYZE {table}")
        cursor.execute(f"DROP SCHEMA {STAGE} CASCADE")
        cursor.execute("CHECKPOINT")
    _say("ready")


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(int, sys.argv[2:3]))
