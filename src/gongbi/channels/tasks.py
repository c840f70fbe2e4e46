"""What the worker does for channels: queue what must be told, and work the lanes, each source by its own hand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import connections
from django.utils import timezone

from gongbi.channels import actions, queries
from gongbi.channels.rules import LEASE
from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.outbox.subscribers import Event, subscribe
from gongbi.kernel.scope.viewer import system

log = logging.getLogger("gongbi.channels")
HANDS = 12  # lanes worked at once; what a hand does is mostly wait for a counterpart
TURN = timedelta(
    seconds=5
)  # then the next round goes on: a worker that is told to stop does not wait for a whole backlog
# A look asks many questions, each of which may take its time.
LEASES = {"in": LEASE, "out": LEASE, "poll": timedelta(minutes=15)}
_hands = ThreadPoolExecutor(HANDS, thread_name_prefix="channel")
_busy: set[tuple[int, str]] = set()
_count = threading.Lock()


@subscribe("cases.*", "channels.tell", many=True)
def tell(events: Sequence[Event]) -> None:
    """Queue what the sources of these cases' reports have to hear."""
    actions.tell(events)


@periodic("channels.work", every_seconds=2)
def work(at: datetime) -> None:
    """Give every lane that has something to do to a hand; one that is at work is left alone."""
    for way, found in queries.at_work(system("channels"), at=at).items():
        for source_id in found:
            with _count:
                if (source_id, way) in _busy:
                    continue
                _busy.add((source_id, way))
            _hands.submit(_lane, source_id, way)


def _lane(source_id: int, way: str) -> None:
    try:
        work_lane(source_id, way, timezone.now)
    except Exception:
        log.exception("a lane ended early", extra={"source": source_id, "way": way})
    finally:
        connections.close_all()
        with _count:
            _busy.discard((source_id, way))


def work_lane(source_id: int, way: str, clock: Callable[[], datetime]) -> int:
    """Work one lane until nothing is left to do in it now, or its turn is over. Returns how much was done. Idempotent; one hand at a time."""
    did, began = 0, clock()
    while clock() - began < TURN and actions.enter_lane(source_id, way, at=clock(), lease=LEASES[way]):
        error, now = "", clock()
        try:
            if way == "in":
                one = actions.drain(source_id, at=now)
            elif way == "out":
                one = actions.deliver(source_id, at=now)
            else:
                one = int(actions.poll(source_id, at=now))
        except Exception as problem:
            error, one = f"{type(problem).__name__}: {problem}", 0
            log.warning("a lane rests", extra={"source": source_id, "way": way}, exc_info=True)
        actions.leave_lane(source_id, way, at=clock(), error=error)
        did += one
        if not one or way == "poll":
            break
    return did
