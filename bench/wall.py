"""The walls: how soon a change is on five hundred screens, what a look costs the database, how soon a past day is there to be played.

``gongbi live`` runs as in ``gongbi run``; the screens are connections of one process beside it; reports are received by a third, at a
steady pace, and the relay gives positions as the worker does. The time of a change counts from its commit to the moment at which a
screen has read the frame that names the new case. All share the machine's cores. Opening and replay are asked for in this process, cold:
nothing is remembered from before.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

from bench import sentences, serve
from bench.rows import Row, ms
from bench.screens import SCREENS, Screens

PACE = 5.0  # changes a second: twice a district's busiest hour of ten thousand a day
TARGET, OPEN_TARGET, REFRESH_TARGET, REPLAY_TARGET = 1.0, 0.3, 0.02, 2.0


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    import django

    django.setup()
    sentences.points()
    return [_fan_out(60 if quick else 200), _killed(15 if quick else 25), *_figures(), _replay()]


def _fan_out(changes: int, where: str = "walls") -> Row:
    from gongbi.kernel.outbox import tasks
    from gongbi.wall import links

    port = serve.free_port()
    token = links.write(["610104"], at=tasks.now(), lasts=timedelta(hours=1))
    committed: dict[int, float] = {}
    with serve.running(dict(os.environ), ["gongbi.ops.cli", "live", "--port", str(port)], port) as live:
        screens = Screens(port, token)
        screens.start()
        stop = threading.Event()
        relay = threading.Thread(target=_relay, args=(stop,), daemon=True)
        relay.start()
        before = _seconds_of(live)
        began = time.monotonic()
        _receive(changes, committed)
        took = time.monotonic() - began
        screens.wait_for(set(committed))
        used = _seconds_of(live) - before
        stop.set()
        relay.join()
        memory = _memory_of(live)
        heard = screens.stop()
    delays = [at - committed[key] for key, at in heard if key in committed]
    p50, p95, p99 = (_share(delays, share) for share in (0.50, 0.95, 0.99))
    missing = SCREENS * len(committed) - len(delays)
    return Row(
        f"{where}: a change on {SCREENS} screens",
        f"p95 {TARGET:.0f} s",
        f"p95 {ms(p95)}",
        p95 <= TARGET and not missing,
        note=f"p50 {ms(p50)}, p99 {ms(p99)}; {len(committed)} changes, {len(committed) / took:.1f} a second, {missing} not heard; "
        f"the live process: {used / took * 100:.0f} % of one core, {memory:.0f} MB",
    )


def _relay(stop: threading.Event) -> None:
    from django.db import connection

    from gongbi.kernel.outbox import actions, tasks

    while not stop.is_set():
        if not actions.give_positions(at=tasks.now()):
            stop.wait(0.01)
    connection.close()


def _receive(changes: int, committed: dict[int, float], now: Callable[[], datetime] | None = None) -> None:
    from gongbi.cases import actions
    from gongbi.cases.actions.statement import Statement
    from gongbi.cases.triage import Said
    from gongbi.kernel.outbox import tasks
    from gongbi.kernel.scope.viewer import PUBLIC

    chance = random.Random(5)
    points = sentences.points()
    now, due = now or tasks.now, time.monotonic()
    for _ in range(changes):
        due += 1 / PACE
        time.sleep(max(0.0, due - time.monotonic()))
        lon, lat = chance.choice(points)
        at = now()
        said = Said(text=sentences.words(chance), said_at=at, channel="web", lon=lon, lat=lat)
        received = actions.receive(Statement(said=said), viewer=PUBLIC, at=at)
        done = time.monotonic()
        if received.report.case.last_seq == 1:  # a case of its own, not one more voice in another
            committed[received.report.case.pk] = done


def _killed(changes: int, where: str = "walls") -> Row:
    """The live process dies (SIGKILL) while all look on, things go on happening, another one takes its place on the same port."""
    from gongbi.kernel.outbox import tasks
    from gongbi.kernel.scope.viewer import system
    from gongbi.wall import counting, links

    port, token = serve.free_port(), links.write(["610104"], at=tasks.now(), lasts=timedelta(hours=1))
    command = ["gongbi.ops.cli", "live", "--port", str(port)]

    def standing() -> dict[str, list[int]]:
        at = tasks.now()
        today = midnight(timezone.localdate(at))
        return {
            code: cell
            for code, cell in counting.cells(system("bench"), at=at, today=today).items()
            if any(cell)
        }

    from django.utils import timezone

    from gongbi.insight.period import midnight

    stop = threading.Event()
    relay = threading.Thread(target=_relay, args=(stop,), daemon=True)
    with ExitStack() as stack:
        pid = stack.enter_context(serve.running(dict(os.environ), command, port))
        screens = Screens(port, token)
        screens.start()
        relay.start()
        _receive(changes, {})
        os.killpg(pid, signal.SIGKILL)
        _receive(changes, {})
        began = time.monotonic()
        stack.enter_context(serve.running(dict(os.environ), command, port))
        _receive(changes, {})
        until, same = time.monotonic() + 20, 0
        while same < SCREENS and time.monotonic() < until:
            time.sleep(0.3)
            wanted = standing()
            same = sum(shown == wanted for shown in screens.shown())
        stop.set()
        relay.join()
        lost, back = screens.lost, max(screens.back, default=float("inf")) - began
        screens.stop()
    return Row(
        f"{where}: the live process killed before {SCREENS} screens, another started", "no screen with a gap", f"{same} of {SCREENS} pictures whole",
        same == SCREENS and lost >= SCREENS,
        note=f"SIGKILL amid {3 * changes} reports at {PACE:.0f} a second, {changes} of them while nobody served; all screens had their picture "
        f"again {back:.1f} s after the other's start; every figure of every division equal to a fresh count",
    )  # fmt: skip


# --- Figures --------------------------------------------------------------------------------------------------------------


def _figures(now: Callable[[], datetime] | None = None, where: str = "walls") -> list[Row]:
    """Opening and refreshing. ``now``: the time of day of what is loaded, where that is another than the machine's."""
    from gongbi.kernel.flow.models import AT_WORK, Matter
    from gongbi.kernel.outbox import tasks
    from gongbi.wall import queries
    from gongbi.wall.hub import Hub
    from gongbi.wall.scope import as_leader

    now = now or tasks.now
    viewer = as_leader(["610104"])
    opened, asked, floors = [], 0.0, []
    for _ in range(7):
        began = time.perf_counter()
        count = Matter.objects.filter(AT_WORK).count()
        floors.append(time.perf_counter() - began)
        queries.forget(viewer=viewer)
        with _database() as used:
            began = time.perf_counter()
            queries.snapshot(viewer, at=now())
            opened.append(time.perf_counter() - began)
        asked = sum(used)
    hub = Hub(now)
    hub.wanted(("610104",), 1)
    began = time.perf_counter()
    hub.step()
    first = time.perf_counter() - began
    while hub.step():  # the fourteen days of the rates, a day a look
        pass
    from gongbi.kernel.outbox import actions as outbox

    looks, statements = [], []
    for _ in range(25):
        _receive(2, {}, now)
        outbox.give_positions(at=now())
        time.sleep(0.5)
        with _database() as used:
            hub.step()
        looks.append(sum(used))
        statements.append(len(used))
    p50, floor = statistics.median(opened), statistics.median(floors)
    return [
        Row(
            f"{where}: the figures of an opening wall", f"{OPEN_TARGET * 1000:.0f} ms", ms(p50), p50 <= OPEN_TARGET,
            floor=f"{ms(floor)} (a bare count of open matters)", ratio=f"{p50 / floor:.1f} ×",
            note=f"{count:,} open matters; {ms(asked)} of it in the database; shared by all who open within a second",
        ),
        Row(
            f"{where}: database time of a refresh, for all screens together", f"{REFRESH_TARGET * 1000:.0f} ms",
            f"p95 {ms(_share(looks, 0.95))}", _share(looks, 0.95) <= REFRESH_TARGET,
            note=f"median {ms(statistics.median(looks))}, the slowest {ms(max(looks))}, {min(statements)} to {max(statements)} statements; "
            f"the live process's first count {ms(first)}",
        ),
    ]  # fmt: skip


def _replay(where: str = "walls") -> Row:
    from django.db.models import Count
    from django.db.models.functions import TruncDate

    from gongbi.insight.period import midnight
    from gongbi.kernel.ledger.models import LedgerEntry
    from gongbi.kernel.scope.viewer import system
    from gongbi.wall import actions, counting, queries, replay
    from gongbi.wall.models import FoldedDay
    from gongbi.wall.scope import as_leader

    machine, viewer = system("bench"), as_leader(["610104"])
    newest = LedgerEntry.objects.order_by("-at").values_list("at", flat=True)[0]
    days = (
        LedgerEntry.objects.filter(at__gt=newest - timedelta(days=40))
        .annotate(day=TruncDate("at"))
        .values_list("day")
    )
    day, count = days.annotate(n=Count("pk")).order_by("-n")[0]
    start, end = midnight(day), midnight(day + timedelta(days=1))
    began = time.perf_counter()
    told, left, _number = replay.fold(
        [], counting.entries(machine, start, end), counting.spans(machine, start, end), {}, start, end
    )
    body = replay.pack(told)
    folding = time.perf_counter() - began
    FoldedDay.objects.filter(day=day).delete()
    actions._store(day, body, replay.pack_kept(left), count, newest)
    asked, floors = [], []
    for _ in range(5):
        began = time.perf_counter()
        FoldedDay.objects.filter(day=day).values_list("body", flat=True).first()
        floors.append(time.perf_counter() - began)
        began = time.perf_counter()
        json.dumps(queries.day(viewer, day))
        asked.append(time.perf_counter() - began)
    FoldedDay.objects.filter(day=day).delete()
    took, floor = statistics.median(asked), statistics.median(floors)
    return Row(
        f"{where}: a past day ready to be played", f"{REPLAY_TARGET:.0f} s", ms(took), took <= REPLAY_TARGET,
        floor=f"{ms(floor)} (its one row, read)", ratio=f"{took / floor:.1f} ×",
        note=f"the busiest day, {count:,} entries of {LedgerEntry.objects.count():,}; {len(body) / 1024:.0f} kB; "
        f"folded once, the night after, in {folding:.1f} s",
    )  # fmt: skip


@contextmanager
def _database() -> Iterator[list[float]]:
    """Seconds that each statement takes."""
    from django.db import connection

    used: list[float] = []

    def note(execute: Callable[..., Any], *given: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*given)
        finally:
            used.append(time.perf_counter() - began)

    with connection.execute_wrapper(note):
        yield used


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("inf")


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [pid, *(inner for child in file.read().split() for inner in _children(int(child)))]


def _seconds_of(pid: int) -> float:
    ticks = 0
    for one in _children(pid):
        with open(f"/proc/{one}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory_of(pid: int) -> float:
    """The largest of its processes, resident, in MB."""
    pages = []
    for one in _children(pid):
        with open(f"/proc/{one}/statm") as file:
            pages.append(int(file.read().split()[1]))
    return max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20
