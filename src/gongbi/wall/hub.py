"""The one place that works out what has changed on the walls, for all screens: a thread of the live process.

It reads each published event once, asks how its cases stand now (one question by key), lets deadlines pass without asking anybody, and
gives every division that changed a new turn. A screen says which turn it has; it gets every division that changed since, as it is now.
So a screen that was away for a minute or a week is told the same few numbers, and none can be missed.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from django.db import Error, connection, connections
from django.utils import timezone

from gongbi.cases.queries import standing as cases
from gongbi.cases.queries.standing import Line
from gongbi.insight.period import midnight
from gongbi.kernel.outbox import queries as outbox
from gongbi.kernel.scope.viewer import system
from gongbi.wall import counting, rates
from gongbi.wall.doing import Act, acts, cut
from gongbi.wall.rules import ALARM, DUTY, INCIDENT, SHOWN, TODAY, WARN, WIDTH, Cell, empty, inside
from gongbi.wall.standing import Standing

log = logging.getLogger("gongbi.wall")
POLL = 0.2  # s: how often it looks while a screen is on
SMALL_EVERY = 0.5  # s: alarms and shifts, which announce nothing
TOLD_EVERY = 5.0  # s: warnings and incidents; and at every event about one
ANEW_EVERY = 900.0  # s: all is counted anew, should anything have changed without an event
RATES_EVERY = 30.0  # s
KEPT = 400  # lines of each stream
AHEAD = timedelta(
    hours=24
)  # of the duty roster that a screen has with it; the page shows who stands at its moment
BATCH = 500
MOST_FRAMES = 256
VIEWER = system("wall")
Scope = tuple[str, ...]


class Hub:
    """``now``: the time of day; ``told``: called from the thread after each turn. Everything else is asked from one thread only, but
    for :meth:`frame` and :meth:`wanted`, which hold the lock for as long as it takes to copy."""

    def __init__(
        self, now: Callable[[], datetime], told: Callable[[], None] = lambda: None, poll: float = POLL
    ) -> None:
        self.now, self.told, self.poll = now, told, poll
        self.epoch = secrets.token_hex(4)  # turns of another process mean nothing here
        self.turn = 0
        self.standing = Standing()
        self.turns: dict[str, int] = {}  # division → the turn in which it changed last
        self.new: deque[tuple[int, Line]] = deque(maxlen=KEPT)
        self.late: deque[tuple[int, Line]] = deque(maxlen=KEPT)
        self.rates: dict[Scope, tuple[int, dict[str, Any]]] = {}
        self.doing: tuple[int, list[Act]] = (-1, [])  # the turn in which it changed, and what is being done
        self._doing: list[Act] | None = None  # changed since the last turn
        self.at = now()
        self.ready = False
        self._scopes: dict[Scope, int] = {}
        self._courses: dict[Scope, rates.Course] = {}
        self._position = -1
        self._day: date | None = None
        self._opened: set[int] = (
            set()
        )  # the cases of today's count: what tables told, an event may tell again
        self._due = {"small": 0.0, "told": 0.0, "anew": 0.0, "roster": 0.0}
        self.roster: tuple[int, list[dict[str, Any]]] = (-1, [])  # the turn in which it changed last
        self._frames: dict[tuple[Scope, int, int], bytes] = {}
        self._lock = threading.Lock()
        self._stop, self._wake = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    # --- From the screens' side -----------------------------------------------------------------------------------------

    def wanted(self, scope: Scope, by: int) -> None:
        """A screen of these divisions came (1) or went (-1). The thread rests while there is none."""
        with self._lock:
            left = self._scopes.get(scope, 0) + by
            if left > 0:
                self._scopes[scope] = left
            else:
                self._scopes.pop(scope, None)
                self._courses.pop(scope, None)
                self.rates.pop(scope, None)
        self._wake.set()

    def start(self) -> None:
        """Begin, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="wall-hub", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread and its connection."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5)

    def since(self, text: str) -> int:
        """The turn that an id names; -1 where it is of another process, or none."""
        epoch, _dash, turn = text.partition("-")
        return int(turn) if epoch == self.epoch and turn.isdigit() and len(turn) < 12 else -1

    def frame(self, scope: Scope, since: int) -> bytes:
        """One event for a screen that has turn ``since`` (-1: nothing yet): what changed, as it is now. Made once for all alike."""
        with self._lock:
            key = (scope, since, self.turn)
            made = self._frames.get(key)
            if made is None:
                if len(self._frames) >= MOST_FRAMES:
                    self._frames.clear()
                made = self._frames[key] = self._make(scope, since)
            return made

    def _make(self, scope: Scope, since: int) -> bytes:
        whole = since < 0 or since > self.turn
        since = -1 if whole else since
        cells = {
            code: self.standing.cells[code]
            for code, turn in self.turns.items()
            if turn > since and inside(code, scope)
        }
        said: dict[str, Any] = {"turn": self.turn, "at": int(self.at.timestamp()), "cells": cells}
        if whole:
            said["whole"] = True
        for name, stream in (("new", self.new), ("late", self.late)):
            lines = [one for turn, one in stream if turn > since and inside(one.code, scope)]
            if lines or whole:
                said[name] = [plain_line(one) for one in lines[-SHOWN:]][::-1]
        if self.roster[0] > since or whole:
            said["roster"] = watched(self.roster[1], scope)
        turn, figures = self.rates.get(scope, (-1, {}))
        if turn > since and figures:
            said["rates"] = figures
        turn, acting = self.doing
        if turn > since or whole:
            said["doing"] = cut(acting, scope)
        return b"id: %s-%d\nevent: wall\ndata: %s\n\n" % (self.epoch.encode(), self.turn, orjson.dumps(said))

    # --- The thread ---------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        rest = self.poll
        while not self._stop.is_set():
            if not self._scopes:
                self.ready = False
                connection.close()
                self._wake.wait(5)
                self._wake.clear()
                continue
            try:
                first = not self.ready
                if self.step() or first:
                    self.told()
                rest = self.poll
            except Error:
                log.exception("the database does not answer; the walls wait")
                connections.close_all()
                rest = min(rest * 2, 5.0)
            self._stop.wait(rest)
        connections.close_all()

    def step(self) -> bool:
        """One look: whether anything changed. A constant number of questions, however many screens there are."""
        at = self.now()
        stamp = at.timestamp()
        if not self.ready or self._day != timezone.localdate(at) or stamp >= self._due["anew"]:
            self._count_anew(at)
        touched, opened = self._events()
        standing, stands = self.standing, cases.stand(VIEWER, sorted(touched)) if touched else []
        with self._lock:
            for one in stands:
                if one.closed is None:
                    standing.put(one.key, one.code, one.due.timestamp() if one.due else None, stamp)
                else:
                    standing.drop(one.key, stamp)
            late = standing.until(stamp)
        named = (
            {line.key: line for line in cases.lines(VIEWER, sorted({*opened, *late[-KEPT:]}))}
            if opened or late
            else {}
        )
        today = midnight(timezone.localdate(at))
        with self._lock:
            for key in opened:
                if (line := named.get(key)) is not None and line.opened >= today and key not in self._opened:
                    self._opened.add(key)
                    standing.new(line.code, stamp)
        self._small(at)
        figures = self._figures(at)
        roster = self._watches(at)
        return self._turn(
            at,
            roster,
            [named[k] for k in opened if k in named],
            [named[k] for k in late if k in named],
            figures,
        )

    def _turn(
        self,
        at: datetime,
        roster: list[dict[str, Any]] | None,
        new: Sequence[Line],
        late: Sequence[Line],
        figures: dict[Scope, dict[str, Any]],
    ) -> bool:
        """Close the turn: what was touched carries its number."""
        with self._lock:
            self.at = at
            touched = self.standing.touched
            if not (touched or new or late or figures or roster is not None or self._doing is not None):
                return False
            self.turn += 1
            if roster is not None:
                self.roster = (self.turn, roster)
            if self._doing is not None:
                self.doing, self._doing = (self.turn, self._doing), None
            for code in touched:
                self.turns[code] = self.turn
            touched.clear()
            self.new.extend((self.turn, line) for line in new)
            self.late.extend((self.turn, line) for line in late)
            for scope, said in figures.items():
                if scope in self._scopes:
                    self.rates[scope] = (self.turn, said)
            self._frames.clear()
            return True

    def _events(self) -> tuple[set[int], list[int]]:
        """(cases that an event names, those just opened) of what was published since the last look."""
        touched: set[int] = set()
        opened: list[int] = []
        while True:
            fresh = outbox.published_after(self._position, limit=BATCH)
            if fresh and fresh[0].position != self._position + 1:
                self._due["anew"] = 0.0  # the stretch between was pruned: count anew at the next look
            for row in fresh:
                self._position = row.position or self._position
                if row.topic.startswith(("warning.", "incident.", "order.", "whistle.")):
                    self._due["told"] = 0.0
                elif row.topic.startswith("roster."):
                    self._due["roster"] = 0.0
                if row.matter_id is not None:
                    touched.add(row.matter_id)
                    if row.topic == f"cases.{cases.OPENING}":
                        opened.append(row.matter_id)
            if len(fresh) < BATCH:
                return touched, opened

    def _count_anew(self, at: datetime) -> None:
        """Everything from the tables. Divisions whose figures came out as they were keep their turn."""
        position = (
            outbox.last_position()
        )  # before the tables are read: what happens meanwhile is read again, and changes nothing
        day = timezone.localdate(at)
        fresh = Standing()
        stamp = at.timestamp()
        for key, code, due in cases.at_work(VIEWER):
            fresh.put(key, code, due.timestamp() if due else None, stamp)
        counted = dict(cases.opened_keys(VIEWER, midnight(day)))
        for code in counted.values():
            fresh.count(code, TODAY, 1, stamp)
        for first, counts in counting.whole(VIEWER, at=at).items():
            fresh.replace(first, WIDTH[first], counts)
        new = late = None
        if not self.new and not self.late:
            new = cases.newest(VIEWER, most=KEPT)[::-1]
            late = cases.just_late(VIEWER, at=at, most=KEPT)[::-1]
        with self._lock:
            old: dict[str, Cell] = self.standing.cells
            fresh.touched = {
                code for code in old.keys() | fresh.cells.keys() if old.get(code) != fresh.cells.get(code)
            }
            for code in old.keys() - fresh.cells.keys():
                fresh.cells[code] = empty()
            self.standing = fresh
            if new is not None and late is not None:
                self.new.extend((self.turn + 1, line) for line in new)
                self.late.extend((self.turn + 1, line) for line in late)
        self._opened = set(counted)
        self._position, self._day, self.ready = position, day, True
        self._due["anew"] = stamp + ANEW_EVERY

    def _small(self, at: datetime) -> None:
        """What is few, and counted as a whole."""
        stamp = at.timestamp()
        found: dict[int, counting.Counts] = {}
        if stamp >= self._due["small"]:
            self._due["small"] = stamp + SMALL_EVERY
            found |= {ALARM: counting.alarmed(VIEWER), DUTY: counting.on_duty(VIEWER, at=at)}
        if stamp >= self._due["told"]:
            self._due["told"] = stamp + TOLD_EVERY
            found |= {WARN: counting.warned(VIEWER), INCIDENT: counting.happening(VIEWER)}
            doing = acts(VIEWER, at=at)
            if doing != self.doing[1]:
                self._doing = doing
        with self._lock:
            for first, counts in found.items():
                self.standing.replace(first, WIDTH[first], counts)

    def _watches(self, at: datetime) -> list[dict[str, Any]] | None:
        """The duty roster of the hours ahead where it is not as it was told last; asked when it was changed, and now and then."""
        stamp = at.timestamp()
        if stamp < self._due["roster"]:
            return None
        self._due["roster"] = stamp + ANEW_EVERY
        found = counting.watches(VIEWER, at, at + AHEAD)
        return found if self.roster[0] < 0 or found != self.roster[1] else None

    def _figures(self, at: datetime) -> dict[Scope, dict[str, Any]]:
        """The rates of one place a look, one day of them a look: two questions at most, so that no screen waits for another's."""
        for scope in list(self._scopes):
            course = self._courses.get(scope)
            if course is None:
                course = self._courses.setdefault(scope, rates.Course(scope))
            if course.look(at, every=timedelta(seconds=RATES_EVERY)):
                return {scope: course.plain()}
        return {}


def watched(roster: Sequence[dict[str, Any]], scope: Sequence[str]) -> list[dict[str, Any]]:
    """What of a duty roster lies in these divisions. One that answers for no place of its own belongs to whoever covers a district."""
    return [one for one in roster if inside(one["code"], scope)]


def plain_line(line: Line) -> dict[str, Any]:
    """A case as a stream shows it: key, kind, place, times. The key opens it for whoever may see it, and says nothing to others."""
    due = int(line.due.timestamp()) if line.due else None
    return {
        "key": line.key,
        "kind": line.kind,
        "code": line.code,
        "at": int(line.opened.timestamp()),
        "due": due,
    }
