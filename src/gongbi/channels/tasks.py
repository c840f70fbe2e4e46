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
TURN = timedelta(
    seconds=5
)  # then the next round goes on: a worker that is told to stop does not wait for a whole backlog
RENEWED = LEASE * 2 / 3  # a lease with less than this before it is renewed at the next round
# Taking in is work of our own, which more hands do not hasten. Telling and asking is mostly waiting: there is a hand for every
# lane, so that those who wait for a slow counterpart are never all there are.
_within = ThreadPoolExecutor(4, thread_name_prefix="channel")
_outside = ThreadPoolExecutor(1000, thread_name_prefix="channel")
AT_HAND = 16  # hands that keep their connection to the database while they wait for a counterpart
Key = tuple[int, str]
_busy: set[Key] = set()
_held: dict[Key, datetime] = {}  # lanes that a hand of this process works, and until when they are its own
_count = threading.Lock()


@subscribe("cases.*", "channels.tell", many=True)
def tell(events: Sequence[Event]) -> None:
    """Queue what the sources of these cases' reports have to hear."""
    actions.tell(events)


@periodic("channels.work", every_seconds=2)
def work(at: datetime) -> None:
    """Give every lane that has something to do to a hand; one that is at work is left alone, and keeps its lane."""
    _renew(at)
    for way, found in queries.at_work(system("channels"), at=at).items():
        hands = _within if way == "in" else _outside
        for source_id in found:
            with _count:
                if (source_id, way) in _busy:
                    continue
                _busy.add((source_id, way))
            hands.submit(_lane, source_id, way)


def _renew(at: datetime) -> None:
    for key in list(_held):
        with _count:  # a hand that just leaves its lane waits for this
            until = _held.get(key)
            if until is None or until - at >= RENEWED:
                continue
            fresh = actions.renew_lane(*key, until, at=at)
            if fresh is not None:
                _held[key] = fresh


def _lane(source_id: int, way: str) -> None:
    try:
        work_lane(source_id, way, timezone.now)
    except Exception:
        log.exception("a lane ended early", extra={"source": source_id, "way": way})
    finally:
        connections.close_all()
        with _count:
            _busy.discard((source_id, way))


def _let_go() -> None:
    """Hands that wait hold no connection to the database that others need, once they are many."""
    if len(_busy) > AT_HAND:
        connections.close_all()


def work_lane(source_id: int, way: str, clock: Callable[[], datetime]) -> int:
    """Work one lane until nothing is left to do in it now, or its turn is over. Returns how much was done. Idempotent; one hand at a time."""
    did, began, key = 0, clock(), (source_id, way)
    while clock() - began < TURN:
        until = actions.enter_lane(source_id, way, at=clock())
        if until is None:
            break
        with _count:
            _held[key] = until
        error, now = "", clock()
        try:
            if way == "in":
                one = actions.drain(source_id, at=now, mine=lambda: _mine(key, clock()))
            elif way == "out":
                one = actions.deliver(source_id, at=now, mine=lambda: _mine(key, clock()), waits=_let_go)
            else:
                one = int(actions.poll(source_id, at=now))
        except Exception as problem:
            error, one = f"{type(problem).__name__}: {problem}", 0
            log.warning("a lane rests", extra={"source": source_id, "way": way}, exc_info=True)
        with _count:
            until = _held.pop(key, until)
        actions.leave_lane(source_id, way, at=clock(), error=error, until=until)
        did += one
        if not one or way == "poll":
            break
    return did


def _mine(key: Key, at: datetime) -> bool:
    return _held[key] > at
