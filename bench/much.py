"""The walls and the evaluation of a district with five million cases and forty million entries in the ledger (:mod:`bench.load_much`).

The time of day is that of the newest entry, so that today has its cases whenever this is run. Cold as in :mod:`bench.wall`: nothing is
remembered from before; the database's own cache is as the machine leaves it. The floor of each figure is asked in turns with it.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from bench import sentences, wall
from bench.rows import Row, ms

EVALUATION_TARGET = 30.0


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded by :mod:`bench.load_much`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    import django

    django.setup()
    sentences.points()
    from gongbi.cases.models import Case
    from gongbi.kernel.ledger.models import LedgerEntry

    cases, entries = Case.objects.count(), LedgerEntry.objects.count()
    where = f"{cases / 1e6:.1f} M cases, {entries / 1e6:.1f} M ledger rows"
    now = _clock()
    changes = 60 if quick else 200
    return [
        *_evaluation(where, now),
        wall._replay(where),
        *wall._figures(now, where),
        _evening(where, now),
        wall._fan_out(changes, where),
        wall._killed(changes // 8, where),
    ]


def _clock() -> Callable[[], datetime]:
    """The time of the newest entry, going on from there."""
    from gongbi.kernel.ledger.models import LedgerEntry

    newest = LedgerEntry.objects.order_by("-at").values_list("at", flat=True)[0]
    began = time.monotonic()
    return lambda: newest + timedelta(seconds=time.monotonic() - began)


def _evening(where: str, now: Callable[[], datetime]) -> Row:
    """What an opening wall counts once all of a day's cases are there: the figures of the last 24 hours."""
    from gongbi.kernel.scope.viewer import system
    from gongbi.wall import counting
    from gongbi.wall.rules import TODAY, total

    taken: list[float] = []
    for _ in range(5):
        at, began = now(), time.perf_counter()
        cells = counting.cells(system("bench"), at=at, today=at - timedelta(days=1))
        taken.append(time.perf_counter() - began)
    took = statistics.median(taken)
    return Row(
        f"{where}: the figures of an opening wall as late in the evening", f"{wall.OPEN_TARGET * 1000:.0f} ms", ms(took), took <= wall.OPEN_TARGET,
        note=f"{total(cells.values())[TODAY]:,} cases of the last 24 hours",
    )  # fmt: skip


def _evaluation(where: str, now: Callable[[], datetime]) -> list[Row]:
    """The last whole month by every shipped scheme of months, as the night does it, and computed once more from what was kept."""
    from django.db import transaction
    from django.utils import timezone

    from gongbi.evaluation import queries, reading, shipped
    from gongbi.evaluation.actions.evaluating import evaluate
    from gongbi.insight.models import FactLine
    from gongbi.kernel.scope.viewer import system

    viewer, at = system("bench"), now()
    period = reading.before(reading.name_of("month", timezone.localdate(at)))
    span = reading.period(period)
    schemes = sorted(code for code, one in shipped.schemes().items() if one.period == "month")
    taken, floors, counted, again = [], [], [], []
    for _ in range(3):
        began = time.perf_counter()
        lines = FactLine.objects.filter(at__gte=span.start, at__lt=span.end).count()
        floors.append(time.perf_counter() - began)
        with transaction.atomic():
            counting, began = queries.Counting(), time.perf_counter()
            sums, _digest = counting.of(period, False)
            counted.append(time.perf_counter() - began)
            made = [
                evaluate(scheme=code, period=period, viewer=viewer, at=at, counting=counting)
                for code in schemes
            ]
            taken.append(time.perf_counter() - began)
            began = time.perf_counter()
            told = queries.recompute(viewer, made[0].pk)
            again.append(time.perf_counter() - began)
            if not told.same:
                raise RuntimeError("an edition computed again has other bytes")
            transaction.set_rollback(True)
    took, floor = statistics.median(taken), statistics.median(floors)
    units = sum(
        len(one)
        for one in (queries.units_rated(viewer, shipped.schemes()[code].classes, span) for code in schemes)
    )
    return [
        Row(
            f"{where}: evaluation of a month, all units by all {len(schemes)} schemes", f"{EVALUATION_TARGET:.0f} s", f"{took:.1f} s",
            took <= EVALUATION_TARGET, floor=f"{floor:.2f} s (a bare count of the month's lines)", ratio=f"{took / floor:.1f} ×",
            note=f"{lines:,} lines of the month, {len(sums):,} different ones, {units} units; counting {statistics.median(counted):.1f} s; one "
            f"scheme computed again to the same bytes in {statistics.median(again):.1f} s",
        )
    ]  # fmt: skip
