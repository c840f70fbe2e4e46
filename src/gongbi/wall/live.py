"""The live line of the walls: the house's live process, with one address more.

``GET …/wall?token=…`` serves ``event: wall`` with ``id: <process>-<turn>``: the divisions that changed, as they are now (``cells``), new
and late cases, rates. ``Last-Event-ID`` (or ``last``) goes on after a break of any length; the first event of a screen that is new
here is whole. ``event: end``: the pass has run out, fetch another. All else is answered as before.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

from gongbi.kernel.outbox import live, tasks
from gongbi.wall import links
from gongbi.wall.hub import Hub, Scope


class WallLive(live.Live):
    """The application that ``gongbi live`` serves."""

    def __init__(self, heartbeat: float = live.HEARTBEAT) -> None:
        super().__init__(heartbeat)
        self.hub = Hub(tasks.now, self._told)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Future[None] | None = None

    def close(self) -> None:
        """End the threads."""
        self.hub.stop()
        super().close()

    async def _http(self, scope: live.Scope, receive: live.Receive, send: live.Send) -> None:
        if not scope["path"].rstrip("/").endswith("/wall") or scope["method"] != "GET":
            await super()._http(scope, receive, send)
            return
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        try:
            places, until = links.read(asked.get("token", [""])[0], at=tasks.now())
        except links.BadPass as bad:
            await live.answer(send, 403, f"The pass is {bad}. Reload the page.".encode())
            return
        last = dict(scope["headers"]).get(b"last-event-id", asked.get("last", [""])[0].encode())
        self._begin()
        await send({"type": "http.response.start", "status": 200, "headers": live.HEADERS})
        left = until - tasks.now().timestamp()
        await self.serve(self._walls(places, last.decode("latin-1"), left, send), receive)

    def _begin(self) -> None:
        if self._news is None:
            self._loop = asyncio.get_running_loop()
            self._news = self._loop.create_future()
            self.hub.start()

    async def _walls(self, places: Scope, last: str, left: float, send: live.Send) -> None:
        hub, loop = self.hub, asyncio.get_running_loop()
        until = loop.time() + left
        hub.wanted(places, 1)
        try:
            await live.write(send, live.RETRY + b"event: hello\ndata: {}\n\n")
            turn: int | None = None
            while loop.time() < until:
                news = self._news
                if hub.ready and (turn is None or turn < hub.turn):
                    since = hub.since(last) if turn is None else turn
                    turn = hub.turn
                    await live.write(send, hub.frame(places, since))
                    continue
                assert news is not None
                done, _waiting = await asyncio.wait(
                    [news], timeout=min(self.heartbeat, max(0.0, until - loop.time()))
                )
                if not done:
                    await live.write(send, b": here\n\n")
            await send(
                {"type": "http.response.body", "body": b"event: end\ndata: {}\n\n", "more_body": False}
            )
        finally:
            hub.wanted(places, -1)

    def _told(self) -> None:
        """From the hub's thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        assert self._loop is not None and self._news is not None  # noqa: PT018
        news, self._news = self._news, self._loop.create_future()
        news.set_result(None)


application: Any = WallLive()
