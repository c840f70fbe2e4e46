"""Live updates: a pure ASGI application that follows the outbox and serves server-sent events.

``GET /?token=…&topics=cases,clock.*``, ``Last-Event-ID`` (header, or ``last`` in the address) to go on after a break. Each event has
``id:`` (its position), ``event:`` (topic) and ``data:`` (JSON: topic, matter, state, codes). ``event: hello`` opens a stream and
carries the position it starts from; ``event: reset`` says that the wanted stretch is pruned: read the page anew; ``event: end``
that the token has run out: fetch a new one. The token is all the authority there is (no cookies), so any page may connect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

from django.db import connections

from gongbi.kernel.outbox import audience, tasks
from gongbi.kernel.outbox.follower import Follower, Told, read_after

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
HEARTBEAT = 15.0  # s
RETRY = b"retry: 2000\n"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"access-control-allow-origin", b"*"),
]


class Live:
    """The application. ``follower`` is shared by every stream; replays older than memory go through one reading thread."""

    def __init__(self, heartbeat: float = HEARTBEAT) -> None:
        self.heartbeat = heartbeat
        self.follower = Follower()
        self.streams = 0
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="live-replay")

    def close(self) -> None:
        """End both threads and their connections."""
        self.follower.stop()
        self._reader.submit(connections.close_all)
        self._reader.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: ``/healthz`` or a stream."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await asyncio.to_thread(self.close)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].rstrip("/").endswith("/healthz"):
            good = self.follower.alive or self.follower.position < 0
            await answer(send, 200 if good else 503, b"ok %d streams" % self.streams)
            return
        if scope["method"] != "GET":
            await answer(send, 405, b"GET only")
            return
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        try:
            ear = audience.read(asked.get("token", [""])[0], at=tasks.now())
        except audience.BadToken as bad:
            await answer(send, 403, f"The token is {bad}. Reload the page.".encode())
            return
        topics = [topic for part in asked.get("topics", []) for topic in part.split(",") if topic]
        last = dict(scope["headers"]).get(b"last-event-id", asked.get("last", [""])[0].encode())
        await self.follower.start()
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        after = int(last) if last.isdigit() and len(last) < 19 else None
        await self.serve(self._stream(ear, topics, after, send), receive)

    async def serve(self, streaming: Coroutine[Any, Any, None], receive: Receive) -> None:
        """Run one stream until it ends or its reader has gone."""
        stream = asyncio.create_task(streaming)
        gone = asyncio.create_task(_disconnected(receive))
        self.streams += 1
        try:
            await asyncio.wait({stream, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.streams -= 1
            for task in (stream, gone):
                task.cancel()
            await asyncio.gather(stream, gone, return_exceptions=True)

    async def _stream(self, ear: audience.Ear, topics: list[str], last: int | None, send: Send) -> None:
        follower = self.follower
        start = follower.position
        position = start if last is None or last > start else last
        if last is not None and last > start:
            await write(send, b"event: reset\ndata: {}\n\n")  # another database, or restored from a copy
        await write(send, RETRY + b"id: %d\nevent: hello\ndata: {}\n\n" % position)
        loop = asyncio.get_running_loop()
        until = loop.time() + ear.until - tasks.now().timestamp()
        while loop.time() < until:
            fresh = follower.since(position)
            if fresh is None:
                fresh = await loop.run_in_executor(self._reader, read_after, position)
                if not fresh or fresh[0].sound.position != position + 1:
                    position = follower.position
                    await write(send, b"id: %d\nevent: reset\ndata: {}\n\n" % position)
                    continue
            if fresh:
                position = fresh[-1].sound.position
                heard = _heard(ear, topics, fresh)
                if heard:
                    await write(send, heard)
                continue
            if not await follower.news(min(self.heartbeat, max(0.0, until - loop.time()))):
                # An id without data moves Last-Event-ID on in no browser; a comment keeps proxies from closing.
                await write(send, b": %d\n\n" % position)
        await send({"type": "http.response.body", "body": b"event: end\ndata: {}\n\n", "more_body": False})


def _heard(ear: audience.Ear, topics: list[str], fresh: list[Told]) -> bytes:
    resident = not ear.units and not ear.territories
    return b"".join(
        one.resident if resident else one.staff
        for one in fresh
        if audience.wants(one.sound.topic, topics) and audience.hears(ear, one.sound)
    )


async def write(send: Send, body: bytes) -> None:
    """A piece of a stream."""
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(send: Send, status: int, body: bytes) -> None:
    """A whole answer, in plain words."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"access-control-allow-origin", b"*")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


application = Live()
