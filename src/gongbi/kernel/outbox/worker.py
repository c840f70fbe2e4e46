"""The worker: relay, deliveries and periodic jobs in one process. ``run()`` returns when it is told to stop."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from django.db import Error, close_old_connections, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from gongbi.kernel.outbox import actions, rules, subscribers, tasks
from gongbi.kernel.outbox.periodic import all_jobs

log = logging.getLogger("gongbi.outbox")
POLL = 0.02  # s between two looks of an idle worker: the wait of a live screen
FORCED_LOOK = 0.25  # s after which SQLite is asked even though nobody wrote: timers and leases
QUEUED = 8  # rows handed over and not begun, per thread: what a crash leaves leased
PACE = 0.05  # s between two looks of one that delivers batches
GATHER = 0.2  # s between two batches while more comes in: one fold of a case for several steps
BROKER_LEASE = timedelta(minutes=5)  # a task may wait in a broker's queue
BROKER_BATCH = 200


class SecondRelay(RuntimeError):
    """A worker runs on this SQLite file already."""


class Worker:
    """Relay and hands. ``threads``: how many deliveries at once (SQLite has one writer, so two are enough there)."""

    def __init__(self, stop: threading.Event, threads: int | None = None) -> None:
        self.stop = stop
        self.sqlite = connection.vendor == "sqlite"
        self.threads = threads or int(os.environ.get("GONGBI_WORKER_THREADS") or (2 if self.sqlite else 4))
        self.broker = bool(tasks.BROKER)
        self.wake = threading.Event()
        self.in_flight = 0
        self._count = threading.Lock()
        self._seen_version: int | None = None
        self._looked = 0.0
        self._again = False  # the last look found work: look again whatever the counter says
        self._next_jobs = 0.0
        self._next_batch = 0.0
        self.batch = 50 if self.sqlite else 200  # events delivered together; SQLite's writers wait meanwhile
        self._opened: list[BaseDatabaseWrapper] = []
        self.pool = ThreadPoolExecutor(self.threads, thread_name_prefix="outbox", initializer=self._lend)

    def run(self) -> None:
        """Work until ``stop`` is set, then finish what was begun. A database that goes away is waited for."""
        subscribers.load()
        lock = self._only_one() if self.sqlite else None
        rest = POLL
        try:
            if self.sqlite:
                actions.release_leases(at=tasks.now())
            while not self.stop.is_set():
                try:
                    busy = self.step()
                    rest = POLL
                except Error:
                    log.exception("the database does not answer; the worker waits")
                    connections.close_all()
                    busy, rest = False, min(rest * 2, 5.0)
                if not busy:
                    self.wake.wait(PACE if self._again else rest)
                self.wake.clear()
        finally:
            self.pool.shutdown(wait=True, cancel_futures=True)
            for opened in self._opened:
                opened.close()
            connections.close_all()
            if lock is not None:
                os.close(lock)

    def step(self) -> bool:
        """One round: publish, claim, hand over, look after periodic jobs. Whether there was anything to do."""
        self._jobs()
        if not self._changed():
            return False
        at = tasks.now()
        self._again = False
        if not actions.something_due(at=at):
            return False
        if not self.broker and subscribers.all_take_many():
            return self._batch(at)
        published = actions.give_positions(at=at)
        room = BROKER_BATCH if self.broker else self.threads * QUEUED - self.in_flight
        if room <= 0:
            return False  # a thread that gets free wakes us
        claimed = actions.claim(at=at, limit=room, lease=BROKER_LEASE if self.broker else rules.LEASE)
        for row_id in claimed:
            if self.broker:
                tasks.deliver.delay(row_id)
            else:
                self._hand_over(lambda row_id=row_id: tasks.deliver(row_id))  # type: ignore[misc]
        self._again = bool(published or claimed)
        return self._again

    def _batch(self, at: datetime) -> bool:
        """A round where every subscriber takes lists: positions at once, deliveries gathered, one batch at a time."""
        clock = time.monotonic()
        free = self.in_flight == 0 and clock >= self._next_batch
        published, claimed = actions.relay(at=at, limit=self.batch if free else 0)
        if claimed:
            self._next_batch = clock + (GATHER if len(claimed) < self.batch else 0)
            self._hand_over(lambda: tasks.deliver_many(claimed))
        self._again = True  # there is more, or there will be when the batch is through
        return published >= 500

    def _changed(self) -> bool:
        """Whether anybody else has written since the last look. SQLite counts for us, which costs a microsecond."""
        if not self.sqlite:
            return True
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            version = cursor.fetchone()[0]
        clock = time.monotonic()
        quiet = version == self._seen_version and not self._again
        if quiet and clock - self._looked < FORCED_LOOK:
            return False
        self._seen_version, self._looked = version, clock
        return True

    def _jobs(self) -> None:
        clock = time.monotonic()
        if clock < self._next_jobs:
            return
        self._next_jobs = clock + 1
        for job in all_jobs():
            if actions.claim_job(job.name, at=tasks.now(), every=job.every):
                if self.broker:
                    tasks.run_job.delay(job.name)
                else:
                    self._hand_over(lambda name=job.name: tasks.run_job(name))  # type: ignore[misc]

    def _hand_over(self, work: Callable[[], object]) -> None:
        with self._count:
            self.in_flight += 1
        self.pool.submit(self._work, work).add_done_callback(self._done)

    def _lend(self) -> None:
        """A thread's connection ends with the pool, so the thread lends it to whoever shuts the pool down."""
        mine = connections["default"]
        mine.inc_thread_sharing()
        self._opened.append(mine)

    def _work(self, work: Callable[[], object]) -> None:
        if self.stop.is_set():
            return  # the lease runs out and the next worker takes it
        close_old_connections()
        work()

    def _done(self, future: Future[None]) -> None:
        with self._count:
            self.in_flight -= 1
        self.wake.set()
        if not future.cancelled() and future.exception() is not None:
            # The database went away under the note of a failure: the lease runs out and it comes again.
            log.error("a delivery ended without a note", exc_info=future.exception())

    def _only_one(self) -> int:
        path = Path(f"{connection.settings_dict['NAME']}-relay.lock")
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise SecondRelay(
                "a worker runs on this SQLite file already; a second one needs PostgreSQL"
            ) from None
        return handle


def run(stop: threading.Event | None = None, *, threads: int | None = None) -> None:
    """Run a worker until ``stop`` is set; without one, until SIGTERM or SIGINT. Errors: SecondRelay on SQLite."""
    if stop is None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    Worker(stop, threads).run()
