"""The walls: how soon a change is on five hundred screens, what a look costs the database, how soon a past day is there to be played.

``gongbi live`` runs as in ``gongbi run``; the screens are connections of one process beside it; reports are received by a third, at a
steady pace, and the relay gives positions as the worker does. The time of a change counts from its commit to the moment at which a
screen has read the frame that names the new case. All share the machine's cores. Opening and replay are asked for in this process, cold:
nothing is remembered from before.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from bench import sentences, serve
from bench.rows import Row, ms

SCREENS, PACE = 500, 5.0  # changes a second: twice a district's busiest hour of ten thousand a day
TARGET, OPEN_TARGET, REFRESH_TARGET, REPLAY_TARGET = 1.0, 0.3, 0.02, 2.0


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    import django

    django.setup()
    sentences.points()
    return [_fan_out(60 if quick else 200), *_figures(), _replay()]


def _fan_out(changes: int) -> Row:
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
        f"walls: a change on {SCREENS} screens",
        f"p95 {TARGET:.0f} s",
        f"p95 {ms(p95)}",
        p95 <= TARGET and not missing,
        note=f"p50 {ms(p50)}, p99 {ms(p99)}; {len(committed)} changes, {len(committed) / took:.1f} a second, {missing} not heard; "
        f"the live process: {used / took * 100:.0f} % of one core, {memory:.0f} MB",
    )


class Screens(threading.Thread):
    """Connections that read what a browser reads, and note when they heard of each case."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(daemon=True)
        self.port, self.token = port, token
        self.heard: list[tuple[int, float]] = []
        self.seen: dict[int, int] = {}
        self.ready = threading.Event()
        self._open = 0
        self._tasks: list[asyncio.Task[None]] = []  # the loop itself holds none
        self._loop = asyncio.new_event_loop()

    def start(self) -> None:
        """Open all, and wait until each has its first picture."""
        super().start()
        if not self.ready.wait(60):
            raise RuntimeError(f"only {self._open} of {SCREENS} screens got a picture")

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        for number in range(SCREENS):
            self._loop.call_later(
                number * 0.004, lambda: self._tasks.append(self._loop.create_task(self._one()))
            )
        self._loop.run_forever()

    async def _one(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        writer.write(
            f"GET /wall?token={self.token} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        first = True
        while line := await reader.readline():
            if not line.startswith(b'data: {"turn"'):
                continue
            at = time.monotonic()
            if first:
                first = False
                self._open += 1
                if self._open == SCREENS:
                    self.ready.set()
                continue
            for one in json.loads(line[6:]).get("new", ()):
                self.heard.append((one["key"], at))
                self.seen[one["key"]] = self.seen.get(one["key"], 0) + 1

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wait_for(self, keys: set[int]) -> None:
        """Until every screen has heard of all, or ten seconds without it."""
        until = time.monotonic() + 10
        while time.monotonic() < until and any(self.seen.get(key, 0) < SCREENS for key in keys):
            time.sleep(0.05)

    def stop(self) -> list[tuple[int, float]]:
        """First hearing of each case, screen by screen."""
        heard = list(self.heard)
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        return heard


def _relay(stop: threading.Event) -> None:
    from django.db import connection

    from gongbi.kernel.outbox import actions, tasks

    while not stop.is_set():
        if not actions.give_positions(at=tasks.now()):
            stop.wait(0.01)
    connection.close()


def _receive(changes: int, committed: dict[int, float]) -> None:
    from gongbi.cases import actions
    from gongbi.cases.actions.statement import Statement
    from gongbi.cases.triage import Said
    from gongbi.kernel.outbox import tasks
    from gongbi.kernel.scope.viewer import PUBLIC

    chance = random.Random(5)
    points = sentences.points()
    due = time.monotonic()
    for _ in range(changes):
        due += 1 / PACE
        time.sleep(max(0.0, due - time.monotonic()))
        lon, lat = chance.choice(points)
        at = tasks.now()
        said = Said(text=sentences.words(chance), said_at=at, channel="web", lon=lon, lat=lat)
        received = actions.receive(Statement(said=said), viewer=PUBLIC, at=at)
        done = time.monotonic()
        if received.report.case.last_seq == 1:  # a case of its own, not one more voice in another
            committed[received.report.case.pk] = done


# --- Figures --------------------------------------------------------------------------------------------------------------


def _figures() -> list[Row]:
    from gongbi.kernel.flow.models import AT_WORK, Matter
    from gongbi.kernel.outbox import tasks
    from gongbi.wall import queries
    from gongbi.wall.hub import Hub
    from gongbi.wall.scope import as_leader

    viewer = as_leader(["610104"])
    opened, asked = [], 0.0
    for _ in range(7):
        queries.forget(viewer=viewer)
        with _database() as used:
            began = time.perf_counter()
            queries.snapshot(viewer, at=tasks.now())
            opened.append(time.perf_counter() - began)
        asked = sum(used)
    hub = Hub(tasks.now)
    hub.wanted(("610104",), 1)
    began = time.perf_counter()
    hub.step()
    first = time.perf_counter() - began
    while hub.step():  # the fourteen days of the rates, a day a look
        pass
    from gongbi.kernel.outbox import actions as outbox

    looks, statements = [], []
    for _ in range(25):
        _receive(2, {})
        outbox.give_positions(at=tasks.now())
        time.sleep(0.5)
        with _database() as used:
            hub.step()
        looks.append(sum(used))
        statements.append(len(used))
    p50 = statistics.median(opened)
    count = Matter.objects.filter(AT_WORK).count()
    return [
        Row(
            "walls: the figures of an opening wall", f"{OPEN_TARGET * 1000:.0f} ms", ms(p50), p50 <= OPEN_TARGET,
            note=f"{count:,} open matters; {ms(asked)} of it in the database; shared by all who open within a second",
        ),
        Row(
            "walls: database time of a refresh, for all screens together", f"{REFRESH_TARGET * 1000:.0f} ms",
            f"p95 {ms(_share(looks, 0.95))}", _share(looks, 0.95) <= REFRESH_TARGET,
            note=f"median {ms(statistics.median(looks))}, {min(statements)} to {max(statements)} statements; "
            f"the live process's first count {ms(first)}",
        ),
    ]  # fmt: skip


def _replay() -> Row:
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
    asked = []
    for _ in range(5):
        began = time.perf_counter()
        json.dumps(queries.day(viewer, day))
        asked.append(time.perf_counter() - began)
    FoldedDay.objects.filter(day=day).delete()
    took = statistics.median(asked)
    return Row(
        "walls: a past day ready to be played", f"{REPLAY_TARGET:.0f} s", ms(took), took <= REPLAY_TARGET,
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
