"""What can be told of a statement by itself: cleaned, placed, classified, routed. Reading only, so helpers can do it ahead.

Hearing is most of the work of an import and needs no other row; twins and writing need them all, in order. A large file is heard
by processes beside the one that writes. They have their own connections, remember what they were asked, and end with their parent.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, connections

from gongbi.cases.actions.making import case_values, words_found_by
from gongbi.cases.actions.receive import clean
from gongbi.cases.actions.statement import Statement
from gongbi.cases.queries.triage import look_ups
from gongbi.cases.triage import Proposal, triage
from gongbi.duties import queries as duties
from gongbi.duties.deciding import Decider
from gongbi.kernel.errors import Refused
from gongbi.kernel.search import actions as search
from gongbi.territory import queries as territory

_WATCH = 1.0  # seconds between two looks whether the parent lives


@dataclass(frozen=True, slots=True)
class Heard:
    """A clean statement, its proposal without twins, what its case is found by (as the index keeps it), and the values of the case
    and of its first entry."""

    statement: Statement
    found: Proposal
    indexed: str
    values: dict[str, Any]
    facts: dict[str, Any]


class Ear:
    """Hears statements of one moment; offices write the same places and communities over and over, so answers are remembered."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        ground = look_ups(at=at)
        decide = Decider(at)
        self.ask = replace(
            ground,
            twins=lambda _said, _where, _kinds: (),
            locate=lru_cache(64)(ground.locate),
            division=lru_cache(4096)(ground.division),
            find_places=lru_cache(4096)(ground.find_places),
            standard=decide.standard,
            route=decide.route,
        )

    def __call__(self, statement: Statement) -> Heard | Refused:
        try:
            good = clean(statement, self.at, self.ask)
        except Refused as refusal:
            return refusal
        found = triage(good.said, self.ask)
        indexed = search.stored(words_found_by(good.said, found.where))
        return Heard(good, found, indexed, *case_values(good, found))


class Helpers:
    """Processes that hear batches ahead. ``most`` of them, none outside the main thread; they start with the first batch, and never
    inside a transaction, whose rows they could not see."""

    def __init__(self, at: datetime, most: int) -> None:
        self.at = at
        # Only a command's one thread may part in two: in a server's, another thread may hold a lock that the child would wait for.
        alone = threading.current_thread() is threading.main_thread()
        self.most = most if alone and "fork" in multiprocessing.get_all_start_methods() else 0
        self._pool: ProcessPoolExecutor | None = None
        self._ahead: deque[tuple[Sequence[Statement], Future[list[Heard | Refused]]]] = deque()

    def hear(self, statements: Sequence[Statement]) -> None:
        """Begin to hear a batch."""
        if self._pool is None and not self._start():
            return
        if self._pool is not None:
            with contextlib.suppress(BrokenProcessPool):
                self._ahead.append((statements, self._pool.submit(_hear, statements)))

    def heard(self, statements: Sequence[Statement]) -> list[Heard | Refused] | None:
        """What was heard of a batch; None when it was not given to them, or they died: then one hears it oneself."""
        if not self._ahead or self._ahead[0][0] is not statements:
            return None
        try:
            return self._ahead.popleft()[1].result()
        except BrokenProcessPool:
            self.most, self._pool = 0, None
            self._ahead.clear()
            return None

    def _start(self) -> bool:
        if not self.most or connection.in_atomic_block:
            return False
        # Read before they part, so that each does not read for itself; a connection cannot be shared.
        duties.warm()
        territory.warm()
        connections.close_all()
        self._pool = ProcessPoolExecutor(
            self.most,
            multiprocessing.get_context("fork"),
            initializer=_begin,
            initargs=(self.at, os.getpid()),
        )
        return True

    def close(self) -> None:
        """End them."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        self._ahead.clear()


_ear: Ear | None = None  # of a helper


def _begin(at: datetime, parent: int) -> None:
    global _ear  # noqa: PLW0603 - one for each process

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH)
        os._exit(1)  # nobody is left who would end it

    gc.freeze()  # what the parent had read is here to stay
    threading.Thread(target=watch, daemon=True).start()
    _ear = Ear(at)


def _hear(statements: Sequence[Statement]) -> list[Heard | Refused]:
    if _ear is None:
        raise RuntimeError("a helper hears before it has begun")
    return [_ear(statement) for statement in statements]
