"""The live line over its own door: whole at first, then what changed; gone on with after a break; shut to a pass that does not hold."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections

from gongbi.kernel.outbox import actions as outbox
from gongbi.kernel.outbox import tasks
from gongbi.wall import links
from gongbi.wall.live import WallLive
from gongbi.wall.rules import OPEN, PASS, total
from tests.desk.conftest import World

DISTRICT = ("610104",)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """In a thread of its own: a browser test of the same session may have left its loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, story()).result()


class Glass:
    """One screen's connection; ``told``: what it heard."""

    def __init__(self, app: WallLive, query: str) -> None:
        self.app, self.query = app, query
        self.status, self.body = 0, b""
        self.gone = asyncio.Event()
        self.task = asyncio.create_task(app(self.scope, self.receive, self.send))

    @property
    def scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "method": "GET",
            "path": "/wall",
            "query_string": self.query.encode(),
            "headers": [],
        }

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")

    @property
    def told(self) -> list[dict[str, Any]]:
        parts = self.body.decode().split("\n\n")
        return [json.loads(part.split("data: ")[1]) for part in parts if "event: wall" in part]

    @property
    def last(self) -> str:
        return self.body.decode().rsplit("id: ", 1)[1].split("\n")[0]

    async def until(self, there: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not there():
            assert time.monotonic() < end, self.body[-500:]
            await asyncio.sleep(0.01)

    async def leave(self) -> None:
        self.gone.set()
        await self.task


def test_a_screen_follows_loses_its_line_and_goes_on_without_a_gap(own_database: str, clock: Any) -> None:
    world = World(clock)  # without a transaction that would hold the lock

    def something_happens() -> None:
        world.case("received")
        outbox.give_positions(at=world.clock.now)
        connections.close_all()

    async def play() -> None:
        app = WallLive(heartbeat=0.2)
        token = links.write(DISTRICT, at=tasks.now(), lasts=PASS)
        try:
            await asyncio.to_thread(something_happens)
            here, other = Glass(app, f"token={token}"), Glass(app, f"token={token}")
            for glass in (here, other):
                await glass.until(lambda glass=glass: bool(glass.told))  # type: ignore[misc]
                assert glass.told[0]["whole"]
                assert total(glass.told[0]["cells"].values())[OPEN] == 1
            await other.leave()
            await asyncio.to_thread(something_happens)
            await here.until(lambda: any(total(one["cells"].values())[OPEN] == 2 for one in here.told))
            again = Glass(app, f"token={token}&last={other.last}")
            await again.until(lambda: bool(again.told))
            assert "whole" not in again.told[0]
            assert total(again.told[0]["cells"].values())[OPEN] == 2
            await here.leave()
            await again.leave()
            assert app.streams == 0
            assert app.hub._scopes == {}
            refused = Glass(app, "token=nonsense")
            await refused.task
            assert refused.status == 403
        finally:
            await asyncio.to_thread(app.close)

    run(play)


def test_the_pass_runs_out_and_the_stream_says_so(own_database: str, clock: Any) -> None:
    async def play() -> None:
        app = WallLive(heartbeat=0.05)
        token = links.write(DISTRICT, at=tasks.now(), lasts=PASS)
        clock.now += PASS
        clock.on(seconds=-1.3)
        try:
            glass = Glass(app, f"token={token}")
            await glass.until(lambda: b"event: end" in glass.body)
            assert glass.told
            assert b": here" in glass.body
        finally:
            await asyncio.to_thread(app.close)

    run(play)
