"""A wall that is left open for a month: what the page and the live process hold at its beginning and at its end.

In the district of five million cases (:mod:`bench.load_much`): a real browser on a screen's link and 499 connections beside it follow the
live process while deadlines of its open cases move, cases close and open again: a hundred thousand changes as fast as the process takes
them in, each look full. Then the page alone is given twenty thousand frames, as many as a month has at one in two minutes, of the
shape of those that it heard. Heaps are read over the browser's own protocol after it was told to collect its garbage.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import sys
import time
from datetime import timedelta
from typing import Any

from bench import serve
from bench.rows import Row
from bench.screens import SCREENS, Screens
from bench.wall import _memory_of

AT_ONCE = 500  # changes of one look
CHANGES = 100_000
GROWTH = 1.10  # of what is held in the end over what was held at first
PAGE_FRAMES = 20_000
_FEED = """async ([from, count, codes, frame]) => {
  const wall = document.querySelector("gb-wall");
  for (let i = from; i < from + count; i++) {
    const told = JSON.parse(frame);
    const code = codes[i % codes.length];
    told.turn = i; told.at += i;
    told.cells = { [code]: [i % 90, i % 7, i % 13, 0, 0, i % 2, 0, i % 3, i % 5, 0, 0] };
    const line = { key: 10_000_000 + i, kind: "C0137", code, at: told.at, due: told.at + 3600 };
    told.new = [line]; told.late = i % 3 ? [] : [line];
    if (told.rates && i % 30) delete told.rates;
    wall.take(told);
    if (i % 50 === 0) await new Promise(requestAnimationFrame);
  }
}"""


def run(quick: bool = False) -> list[Row]:
    """Measure; PostgreSQL at DATABASE_URL, loaded by :mod:`bench.load_much`. What it changes it changes back."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
        "true"  # the browser's library keeps a loop in this thread; nothing here awaits
    )
    import django

    django.setup()
    changes, frames = (5_000, 5_000) if quick else (CHANGES, PAGE_FRAMES)
    port, live = serve.free_port(), serve.free_port()
    environ = {**os.environ, "GONGBI_LIVE_PORT": str(live)}
    with (
        serve.running(environ, ["gongbi.ops.cli", "live", "--port", str(live)], live) as process,
        serve.running(environ, ["gongbi.ops.cli", "web", "--workers", "1", "--port", str(port)], port),
    ):
        return _month(port, live, process, changes, frames)


def _month(port: int, live: int, process: int, changes: int, frames: int) -> list[Row]:
    from playwright.sync_api import sync_playwright

    secret, token = _screen()
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    screens = Screens(live, token, SCREENS - 1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"http://127.0.0.1:{port}/wall/screen/link/{secret}")
        page.locator(".wall-area").first.wait_for()
        page.locator('.wall-state[data-tone="ok"]').wait_for(timeout=60_000)
        tools = page.context.new_cdp_session(page)
        screens.start()
        change = _Changes()
        try:
            change.some(
                changes // 5
            )  # everything has been used once: pools, caches, code that is compiled when it is hot
            held, resident = [_held(page, tools)], [_memory_of(process)]
            for _ in range(4):
                change.some(changes // 5)
                held.append(_held(page, tools))
                resident.append(_memory_of(process))
        finally:
            change.back()
        heard = screens.frames / screens.count
        screens.stop()
        codes = page.evaluate(
            "[...document.querySelectorAll('.wall-area')].map((one) => one.dataset.code + '001001')"
        )
        frame = '{"turn":1,"at":1773108000,"cells":{}}'
        page.evaluate(_FEED, [0, frames // 10, codes, frame])
        fed = [_held(page, tools)]
        for part in range(1, 10, 3):
            page.evaluate(_FEED, [part * frames // 10, 3 * frames // 10, codes, frame])
            fed.append(_held(page, tools))
        browser.close()
    return [_page(held, fed, heard, changes, frames), _server(resident, changes, heard)]


def _page(
    held: list[dict[str, float]], fed: list[dict[str, float]], heard: float, changes: int, frames: int
) -> Row:
    grown = max(one[-1]["heap"] / one[0]["heap"] for one in (held, fed))
    nodes = {int(one["nodes"]) for one in fed}
    told = ", ".join(f"{one['heap'] / 2**20:.2f}" for one in [*held, *fed])
    return Row(
        "a wall left open for a month: the page's heap", f"{GROWTH:.1f} × at most", f"{fed[-1]['heap'] / 2**20:.2f} MB",
        grown <= GROWTH, floor=f"{fed[0]['heap'] / 2**20:.2f} MB (after the first tenth)", ratio=f"{grown:.2f} ×",
        note=f"{changes:,} changes over the real line ({heard:,.0f} frames), then {frames:,} frames at once; after garbage was collected, "
        f"one after another: {told} MB; nodes {min(nodes)} to {max(nodes)}, listeners {int(fed[0]['listeners'])} to {int(fed[-1]['listeners'])}",
    )  # fmt: skip


def _server(resident: list[float], changes: int, heard: float) -> Row:
    grown = resident[-1] / resident[0]
    return Row(
        f"a wall left open for a month: the live process with {SCREENS} screens", f"{GROWTH:.1f} × at most", f"{resident[-1]:.0f} MB",
        grown <= GROWTH, floor=f"{resident[0]:.0f} MB (after the first fifth)", ratio=f"{grown:.2f} ×",
        note=f"{changes:,} changes, {heard:,.0f} frames to each screen; resident, one after another: {', '.join(f'{one:.0f}' for one in resident)} MB",
    )  # fmt: skip


def _held(page: Any, tools: Any) -> dict[str, float]:
    """Bytes of the heap, nodes and listeners of the page once all garbage is collected."""
    page.wait_for_timeout(300)
    for _ in range(3):
        tools.send("HeapProfiler.collectGarbage")
    counted = tools.send("Memory.getDOMCounters")
    heaps = []
    for _ in range(3):
        tools.send("HeapProfiler.collectGarbage")
        heaps.append(tools.send("Runtime.getHeapUsage")["usedSize"])
    return {
        "heap": statistics.median(heaps),
        "nodes": counted["nodes"],
        "listeners": counted["jsEventListeners"],
    }


def _screen() -> tuple[str, str]:
    """A screen of the district: its secret, and a pass to the live line for the others."""
    from gongbi.kernel.outbox import tasks
    from gongbi.kernel.scope.viewer import SECURITY, Viewer
    from gongbi.wall import actions, links

    at = tasks.now()
    keeper = Viewer(actor="post:1", role=SECURITY)
    _row, secret = actions.make_screen(name="bench", code="610104", viewer=keeper, at=at)
    return secret, links.write(["610104"], at=at, lasts=timedelta(hours=3))


class _Changes:
    """Open cases whose deadlines move, that close and open again, with the events that say so."""

    def __init__(self) -> None:
        from gongbi.kernel.flow.models import AT_WORK, Matter

        found = Matter.objects.filter(AT_WORK, flow="cases").order_by("-pk")[:20_000]
        self.before = list(found.values_list("pk", "due_at", "closed_at"))
        self.dice = random.Random(3)

    def some(self, count: int) -> None:
        """So many changes, many at a look, each look waited for."""
        from django.db import connection

        from gongbi.kernel.outbox import actions, tasks

        for turn in range(count // AT_ONCE):
            began, at = time.monotonic(), tasks.now()
            keys = [key for key, _due, _closed in self.dice.sample(self.before, AT_ONCE)]
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE flow_matter SET due_at = %s + (random() * 600 - 60) * interval '1 second', "
                    "closed_at = CASE WHEN id %% 7 = %s THEN %s::timestamptz ELSE NULL END WHERE id = ANY(%s)",
                    [at, turn % 7, at, keys],
                )
                cursor.execute(
                    "INSERT INTO outbox_outboxrow (topic, matter_id, payload, created_at, attempts, last_error, done_at) "
                    "SELECT CASE WHEN k %% 5 = 0 THEN 'cases.open' ELSE 'cases.sign' END, k, '{}', %s, 0, '', NULL FROM unnest(%s::bigint[]) AS k",
                    [at, keys],
                )
            actions.give_positions(at=at)
            time.sleep(max(0.0, 0.2 - (time.monotonic() - began)))
        print(f"  {count:,} changes", file=sys.stderr, flush=True)

    def back(self) -> None:
        """As it was."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE flow_matter SET due_at = b.due, closed_at = b.closed FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) "
                "AS b(key, due, closed) WHERE id = b.key",
                [list(column) for column in zip(*self.before, strict=True)],
            )
            cursor.execute("TRUNCATE outbox_delivery, outbox_outboxrow")
