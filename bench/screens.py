"""Hundreds of wall screens: connections of one thread that read what a browser reads, keep the picture, and come back when their line is lost."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from typing import Any

SCREENS = 500
RETRY = 2.0  # s: what the stream tells a browser to wait


class Screens(threading.Thread):
    """``heard``: (case, when) of every line of the stream of new cases. ``back``: when a screen that had lost its line had a picture again."""

    def __init__(self, port: int, token: str, count: int = SCREENS) -> None:
        super().__init__(daemon=True)
        self.port, self.token, self.count = port, token, count
        self.heard: list[tuple[int, float]] = []
        self.seen: dict[int, int] = {}
        self.ready = threading.Event()
        self.frames = self.lost = 0
        self.back: list[float] = []
        self._pictures: list[dict[str, list[int]]] = [{} for _ in range(count)]
        self._open = 0
        self._tasks: list[asyncio.Task[None]] = []  # the loop itself holds none
        self._loop = asyncio.new_event_loop()

    def start(self) -> None:
        """Open all, and wait until each has its first picture."""
        super().start()
        if not self.ready.wait(60):
            raise RuntimeError(f"only {self._open} of {self.count} screens got a picture")

    def run(self) -> None:
        asyncio.set_event_loop(self._loop)
        for number in range(self.count):
            self._loop.call_later(
                number * 0.004, lambda n=number: self._tasks.append(self._loop.create_task(self._one(n)))
            )
        self._loop.run_forever()

    async def _one(self, number: int) -> None:
        last, began = "", False
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
            except OSError:
                await asyncio.sleep(RETRY)
                continue
            try:
                writer.write(
                    f"GET /wall?token={self.token}&last={last} HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n".encode()
                )
                last, began = await self._follow(number, reader, last, began)
            except OSError:
                pass
            finally:
                writer.close()
            self.lost += 1
            await asyncio.sleep(RETRY * random.uniform(0.5, 1))

    async def _follow(
        self, number: int, reader: asyncio.StreamReader, last: str, began: bool
    ) -> tuple[str, bool]:
        """One connection until it ends: the id that was heard last."""
        picture, first, name = self._pictures[number], True, last
        try:
            while line := await reader.readline():
                if line.startswith(b"id: "):
                    name = line[4:].strip().decode()
                if not line.startswith(b'data: {"turn"'):
                    continue
                at = time.monotonic()
                told: dict[str, Any] = json.loads(line[6:])
                last = name
                self.frames += 1
                if told.get("whole"):
                    picture.clear()
                picture.update(told["cells"])
                if first and began:
                    self.back.append(at)
                if not began:
                    began = True
                    self._open += 1
                    if self._open == self.count:
                        self.ready.set()
                    first = False
                    continue
                first = False
                for one in told.get("new", ()):
                    self.heard.append((one["key"], at))
                    self.seen[one["key"]] = self.seen.get(one["key"], 0) + 1
        except OSError:
            pass
        return last, began

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def shown(self) -> list[dict[str, list[int]]]:
        """What each screen shows: division → figures, those in which something is."""

        async def look() -> list[dict[str, list[int]]]:
            return [{code: cell for code, cell in one.items() if any(cell)} for one in self._pictures]

        return asyncio.run_coroutine_threadsafe(look(), self._loop).result(30)

    def wait_for(self, keys: set[int]) -> None:
        """Until every screen has heard of all, or ten seconds without it."""
        until = time.monotonic() + 10
        while time.monotonic() < until and any(self.seen.get(key, 0) < self.count for key in keys):
            time.sleep(0.05)

    def stop(self) -> list[tuple[int, float]]:
        """Every hearing of a case, screen by screen."""
        heard = list(self.heard)
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(120)
        self._loop.call_soon_threadsafe(self._loop.stop)
        return heard
