"""The one thread that follows the outbox for every stream of a live process, and the stretch of events it keeps in memory."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from dataclasses import dataclass

import orjson
from django.db import Error, connection, connections

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.outbox import queries
from gongbi.kernel.outbox.audience import Sound, sound_of, told_resident

log = logging.getLogger("gongbi.live")
POLL = 0.04  # s
KEPT = 20_000  # events in memory: what a stream may be behind before the database is asked


@dataclass(frozen=True, slots=True)
class Told:
    """A sound and how it is written on the wire, for staff and for the holder of a link."""

    sound: Sound
    staff: bytes
    resident: bytes


def told(sound: Sound) -> Told:
    """Write it once for all streams."""

    def wire(data: object) -> bytes:
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (sound.position, sound.topic.encode(), orjson.dumps(data))

    return Told(sound, wire(sound.data), wire(told_resident(sound.data)))


def read_after(position: int, limit: int = 500) -> list[Told]:
    """Published rows after ``position``, with where their matters are now. Two queries."""
    rows = queries.published_after(position, limit=limit)
    ids = {row.matter_id for row in rows if row.matter_id is not None}
    places = {pk: (unit, code, state) for pk, unit, code, state in Matter.objects.filter(pk__in=ids).values_list("pk", "unit_id", "territory", "state")}  # fmt: skip
    return [
        told(
            sound_of(row.position or 0, row.topic, row.matter_id, row.payload, places.get(row.matter_id or 0))
        )
        for row in rows
    ]


class Follower:
    """Reads what is new, keeps the last 20,000, wakes the streams. Started by the first stream, in that stream's loop."""

    def __init__(self, poll: float = POLL, kept: int = KEPT) -> None:
        self.poll = poll
        self.events: deque[Told] = deque(maxlen=kept)
        self.position = -1  # the last one read; -1 before the first look
        self.alive = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Future[None] | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        """Begin to follow, once, and wait for the first look."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._news = self._loop.create_future()
            self._thread = threading.Thread(target=self._run, name="live-follower", daemon=True)
            self._thread.start()
        while self.position < 0:
            await self.news(1.0)

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5)

    async def news(self, seconds: float) -> bool:
        """Wait until something new was read, at most ``seconds``. Whether it was."""
        assert self._news is not None
        done, _pending = await asyncio.wait([self._news], timeout=seconds)
        return bool(done)

    def since(self, position: int) -> list[Told] | None:
        """What came after ``position``; None when memory does not reach back so far."""
        if position >= self.position:
            return []
        if not self.events or self.events[0].sound.position > position + 1:
            return None
        behind = self.position - position
        count = len(self.events)
        return [self.events[i] for i in range(count - behind, count)]

    def _run(self) -> None:
        rest = self.poll
        while not self._stop.is_set():
            try:
                fresh = self._look()
                rest = self.poll
                self.alive = True
            except Error:
                log.exception("the database does not answer; live updates wait")
                connections.close_all()
                self.alive = False
                fresh, rest = None, min(rest * 2, 5.0)
            if fresh is not None and self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._tell, *fresh)
            self._stop.wait(rest)
        connection.close()

    def _look(self) -> tuple[list[Told], int] | None:
        if self._known < 0:
            self._known = queries.last_position()
            return [], self._known
        fresh = read_after(self._known)
        if not fresh:
            return None
        self._known = fresh[-1].sound.position
        return fresh, self._known

    _known = -1  # of the thread alone; ``position`` belongs to the loop

    def _tell(self, fresh: list[Told], position: int) -> None:
        self.events.extend(fresh)
        self.position = position
        assert self._news is not None and self._loop is not None  # noqa: PT018
        news, self._news = self._news, self._loop.create_future()
        news.set_result(None)
