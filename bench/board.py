"""A month's board over a year of cases: the real projection, the real queries, beside a bare count of the same rows.

Run ``python bench/board.py [--cases 1000000]`` or, from ``make bench``, :func:`run`. A database of its own is made on the
server of ``DATABASE_URL`` (without one: SQLite in a temporary folder) and dropped at the end. The histories are folded by
the real fold; their lines are then copied with shifted times, because what is measured is reading.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PATTERNS = 2_000
YEAR = 365
START = date(2026, 1, 1)


def _histories(chance: random.Random) -> list[list[Any]]:
    """Histories as a district sees them: most go straight, some are returned, reworked, late, merged, judged or not."""
    from tests.insight.histories import KINDS, ZONE, History

    start = datetime(2026, 1, 1, 8, 0, tzinfo=ZONE)
    found = []
    for number in range(PATTERNS):
        now = start + timedelta(minutes=chance.randrange(1440))
        place = (
            f"6101040{chance.randrange(1, 10):02d}{chance.randrange(1, 17):03d}{chance.randrange(1, 12):03d}"
        )
        channel = chance.choice(("web", "hotline", "hotline", "field", "api"))
        story = History()
        minute, day = timedelta(minutes=1), timedelta(days=1)
        story.step(
            "open",
            now,
            channel=channel,
            net="",
            kind=chance.choice(KINDS),
            territory=place,
            report=number,
            due={"accept": now + 15 * minute},
        )
        now += chance.randrange(1, 18) * minute
        if chance.random() < 0.05:
            found.append(story.step("merge", now, into=1, reports=[number]).entries)
            continue
        story.step(
            "accept", now, kind=chance.choice(KINDS), standard="1", due={"dispatch": now + 15 * minute}
        )
        unit = chance.randrange(1, 180)
        story.step("dispatch", now, unit=unit, limit="2天", article="x", due={"handle": now + 2 * day})
        if chance.random() < 0.08:
            now += 60 * minute
            story.step("contest", now, reason="x", unit=unit)
            story.step(
                "dispatch",
                now + 5 * minute,
                unit=unit % 179 + 1,
                limit="2天",
                article="x",
                due={"handle": now + 2 * day},
            )
        story.step("sign", now + 30 * minute)
        story.step("contacted", now + chance.randrange(1, 36) * 60 * minute, report=number)
        now += chance.randrange(2, 60) * 60 * minute
        for again in (chance.random() < 0.06, False):
            story.step("finish", now, result="x", evidence=["x"], due={"check": now + 30 * minute})
            now += chance.randrange(5, 45) * minute
            if not again:
                break
            story.step("rework", now, reason="x", due={"handle": now + 2 * day})
            now += day
        story.step("confirm", now, finding="x")
        if chance.random() < 0.4:
            story.step(
                "judge",
                now + day,
                report=number,
                solved=chance.choice(("yes", "yes", "yes", "no")),
                grade=chance.randrange(1, 6),
            )
        found.append(story.entries)
    return found


def _lines(cases: int) -> Iterator[tuple[Any, ...]]:
    """Rows of the projection in order of time, as a year of work would have left them."""
    from gongbi.insight.fold import fold
    from gongbi.insight.lines import STAMPS, ever_counts, settled
    from gongbi.insight.period import day_end

    chance = random.Random(1)
    patterns = [
        [
            (line, settled(line, day_end(line.at)))
            for line in fold(story).lines
            if ever_counts(line, day_end(line.at))
        ]
        for story in _histories(chance)
    ]
    times = ("at", "since", "until", *STAMPS)
    for case in range(1, cases + 1):
        shift = timedelta(days=int((case - 1) * YEAR / cases))
        for line, code in patterns[chance.randrange(len(patterns))]:
            moved = {
                name: moment + shift if (moment := getattr(line, name)) is not None else None
                for name in times
            }
            yield (
                case, int(line.what), line.nth, int(line.result), line.late, moved["at"], moved["since"], moved["until"],
                moved["done_at"], moved["spoiled_at"], moved["exempt_at"], moved["excluded_at"], line.report_id, line.unit_id,
                line.territory, line.kind, line.channel, line.net, line.ground, code,
            )  # fmt: skip


COLUMNS = (
    "case_id", "what", "nth", "result", "late", "at", "since", "until", "done_at", "spoiled_at", "exempt_at", "excluded_at",
    "report_id", "unit_id", "territory", "kind", "channel", "net", "ground", "settled",
)  # fmt: skip


def _fill(cases: int) -> int:
    """Load the lines by the quickest way of the database; returns how many."""
    from django.db import connection

    count = 0
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY insight_factline ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                for row in _lines(cases):
                    copy.write_row(row)
                    count += 1
            cursor.execute("VACUUM ANALYZE insight_factline")
            return count
        marks = ", ".join(["%s"] * len(COLUMNS))
        insert = f"INSERT INTO insight_factline ({', '.join(COLUMNS)}) VALUES ({marks})"
        batch: list[tuple[Any, ...]] = []
        cursor.execute("BEGIN")
        for row in _lines(cases):
            batch.append(tuple(_plain(value) for value in row))
            if len(batch) == 20_000:
                cursor.executemany(insert, batch)
                count += len(batch)
                batch.clear()
        cursor.executemany(insert, batch)
        cursor.execute("COMMIT")
        cursor.execute("ANALYZE")
        return count + len(batch)


def _plain(value: Any) -> Any:
    """A time as Django writes it in SQLite: UTC, without zone."""
    from datetime import UTC

    return str(value.astimezone(UTC).replace(tzinfo=None)) if isinstance(value, datetime) else value


def _milliseconds(work: Callable[[], Any], rounds: int = 7) -> float:
    times = []
    work()
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return statistics.median(times)


def measure(cases: int) -> dict[str, Any]:
    """Fill the database that Django is set up for, ask, print; milliseconds by name."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    begin = time.perf_counter()
    lines = _fill(cases)
    loaded = time.perf_counter() - begin
    from gongbi.insight import queries
    from gongbi.insight.counting import Filters
    from gongbi.insight.models import FactLine
    from gongbi.insight.period import Period
    from gongbi.insight.rates import Config
    from gongbi.kernel.scope.viewer import MANAGER, Viewer, system

    config, everyone = Config(), system("bench")
    month, day = Period(date(2026, 6, 1), date(2026, 6, 30)), Period(date(2026, 6, 10), date(2026, 6, 10))
    street = Viewer(actor="post:1", role=MANAGER, territories=("610104001",))

    def floor() -> int:
        return FactLine.objects.filter(at__gte=month.start, at__lt=month.end, until__isnull=True).count()

    def one_period(by: str = "", viewer: Viewer = everyone) -> Any:
        source = queries._source(viewer, Filters())
        return queries._cells(source, [month], by)

    found: dict[str, Any] = {
        "cases": cases,
        "lines": lines,
        "lines in the month": floor(),
        "load, s": round(loaded, 1),
        "floor: count(*) of the month's lines": _milliseconds(floor),
        "a month, all rates": _milliseconds(one_period),
        "a month by street": _milliseconds(lambda: one_period("street")),
        "a month by unit": _milliseconds(lambda: one_period("unit")),
        "a month, one street's manager": _milliseconds(lambda: one_period("", street)),
        "a day, all rates": _milliseconds(
            lambda: queries._cells(queries._source(everyone, Filters()), [day], "")
        ),
        "the board page's questions (two periods, by street, course)": _milliseconds(
            lambda: (
                queries.board(everyone, month, by="street", config=config),
                queries.trend(everyone, "handled_on_time", month, "day", config=config),
            ),
            3,
        ),
        "first page of rows behind a number": _milliseconds(
            lambda: queries.rows_behind(everyone, "handled_on_time", "rest", month, config=config)
        ),
    }
    print(f"board, {connection.vendor}")
    for name, value in found.items():
        print(f"  {name:60} {value:>14,.1f}" if isinstance(value, float) else f"  {name:60} {value:>12,}")
    return found


def run(quick: bool = False, cases: int | None = None) -> dict[str, Any]:
    """Measure in a database of its own, in a process of its own (settings are read once); ``quick``: 100,000 cases."""
    import subprocess

    from tests.support.house import fresh_database

    count = cases or (100_000 if quick else 1_000_000)
    with fresh_database(os.environ.get("DATABASE_URL", "")) as url, tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "GONGBI_VAR": folder,
            "DJANGO_SETTINGS_MODULE": "gongbi.ops.settings",
        }
        command = [sys.executable, str(Path(__file__).resolve()), "--cases", str(count), "--here"]
        done = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    print(done.stdout, end="")
    import json

    return dict(json.loads(done.stderr.strip().splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument(
        "--here", action="store_true", help="in the database of the environment (it must be empty)"
    )
    args = parser.parse_args()
    if not args.here:
        run(cases=args.cases)
        return
    import json

    import django

    django.setup()
    found = measure(args.cases)
    sys.stderr.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
