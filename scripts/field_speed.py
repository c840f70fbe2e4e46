"""Measure the field app on a running house with the demo district, and write what was measured into docs/field.md.

``python scripts/field_speed.py http://127.0.0.1:8000 [--browser PATH]``: a throttled phone (processor a quarter as fast, 1.6 Mbit/s down,
0.75 up, 150 ms), first load, later starts without a line, bytes, taps and seconds for each task, twelve photos.

Wall times need a quiet machine, so how unquiet it was is measured beside them: a fixed piece of work, again and again. What does not
depend on that stands there too: processor time of the page's main thread (by the thread's own clock), round trips, bytes.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

DOC = Path(__file__).resolve().parent.parent / "docs" / "field.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SLOWER, DOWN, UP, DELAY = 4, 1_600_000 / 8, 750_000 / 8, 150
STARTS = 5
WARM = 12
BUNDLE = "/api/field/bundle"
# As soon as the app says that it answers, "report" is tapped; answered is when the form has been painted.
PROBE = """
new PerformanceObserver((list) => {
  if (!list.getEntriesByName("field-answers").length) return;
  document.querySelector('nav.field-ways a[href="#/report"]').click();
  const look = () => {
    if (!document.querySelector("[data-camera]")) return requestAnimationFrame(look);
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => performance.mark("tap-answered");
      after.port2.postMessage(0);
    });
  };
  look();
}).observe({ entryTypes: ["mark"] });
"""
TOLD = """JSON.stringify({
  answers: performance.getEntriesByName("field-answers")[0]?.startTime ?? 0,
  tap: performance.getEntriesByName("tap-answered")[0]?.startTime ?? 0,
  came: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map((one) => [one.fetchStart, one.responseEnd]),
})"""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def picture(seed: int, width: int, height: int) -> bytes:
    """A noisy picture: the hardest case for a compressor."""
    chance = random.Random(seed)
    small = Image.frombytes(
        "RGB", (width // 4, height // 4), chance.randbytes(width // 4 * (height // 4) * 3)
    )
    out = io.BytesIO()
    small.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


def files(count: int, width: int = 1600, height: int = 1200) -> list[Any]:
    return [
        {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": picture(n, width, height)}
        for n in range(count)
    ]


@dataclass(frozen=True)
class Start:
    """One start: seconds from the navigation until the first tap was answered, what the main thread worked for it, what came."""

    seconds: float
    work: float  # seconds of the main thread, by its own clock
    trips: int  # requests of which each had to wait for the one before
    size: int  # bytes as they came over the line


def yardstick() -> float:
    """Seconds of a fixed piece of work; on a quiet machine always the same."""
    began = time.perf_counter()
    sum(n * n for n in range(400_000))
    return time.perf_counter() - began


def throttle(
    context: BrowserContext, page: Page, *, offline: bool = False, rate: float = SLOWER
) -> CDPSession:
    """The phone's processor and line, for this page."""
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": offline, "latency": DELAY, "downloadThroughput": DOWN, "uploadThroughput": UP}
    session.send("Network.emulateNetworkConditions", line)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    return session


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/login?next=/field/plain")
    page.fill("input[name=login]", "grid")
    page.fill("input[name=password]", "Gongbi-demo-2026")
    page.keyboard.press("Enter")
    page.locator("nav.field-ways").wait_for()


def ready(page: Page) -> None:
    """Until the first screen answers."""
    page.locator(".field-spots").wait_for()


def chain(came: list[list[float]], until: float) -> int:
    """The longest row of requests of which each began after the one before had ended; only what ended before ``until`` (ms)."""
    depths: list[tuple[float, int]] = []
    for begin, end in sorted(came):
        if end <= until:
            depths.append((end, 1 + max((depth for ended, depth in depths if ended <= begin), default=0)))
    return max((depth for _end, depth in depths), default=0)


def start(context: BrowserContext, site: str, *, offline: bool = False, rate: float = SLOWER) -> Start:
    """Open the app in a new page and tap as soon as it says that it answers. The browser is asked nothing meanwhile."""
    page = context.new_page()
    session = throttle(context, page, offline=offline, rate=rate)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    session.send("Page.enable")
    session.send("Page.addScriptToEvaluateOnNewDocument", {"source": PROBE})
    came: list[int] = []
    session.on("Network.loadingFinished", lambda event: came.append(int(event["encodedDataLength"])))
    page.goto(f"{site}/field/", wait_until="commit")
    told: dict[str, Any] = {}
    for _ in range(60):
        page.wait_for_timeout(500)
        told = json.loads(session.send("Runtime.evaluate", {"expression": TOLD})["result"]["value"])
        if told["tap"]:
            break
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    if not offline:
        page.evaluate("navigator.serviceWorker.ready")
        page.wait_for_timeout(500)
    page.close()
    if not told["tap"]:
        raise SystemExit("the first screen never answered")
    return Start(told["tap"] / 1000, metrics["TaskDuration"], chain(told["came"], told["answers"]), sum(came))


def starts(
    new: Callable[[], BrowserContext], site: str
) -> tuple[list[Start], list[Start], Start, Start, list[float]]:
    """First starts on empty phones, later ones without a line, one of each with the processor not slowed; yardsticks between."""
    first: list[Start] = []
    later: list[Start] = []
    sticks: list[float] = []

    def one(context: BrowserContext, **how: Any) -> Start:
        sticks.extend(yardstick() for _ in range(5))
        found = start(context, site, **how)
        sticks.extend(yardstick() for _ in range(5))
        return found

    for _ in range(STARTS):
        context = new()
        first.append(one(context))
        context.set_offline(True)
        later.append(one(context, offline=True))
        context.close()
    context = new()
    plain_first = one(context, rate=1)
    context.set_offline(True)
    plain_later = one(context, offline=True, rate=1)
    context.close()
    return first, later, plain_first, plain_later, sticks


def spread(found: list[Start]) -> str:
    seconds = sorted(one.seconds for one in found)
    return f"{statistics.median(seconds):.2f} s ({seconds[0]:.2f}–{seconds[-1]:.2f})"


class Hand:
    """Counts what a thumb does."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.photos = page, 0, 0

    def tap(self, selector: str, number: int = 0) -> None:
        self.page.locator(selector).nth(number).click()
        self.taps += 1

    def shoot(self, selector: str, count: int = 1, *, shown: bool = True) -> None:
        """Tapping the camera's button is a tap; taking the photo is counted as a photo."""
        self.taps += 1
        self.photos += count
        self.page.locator(selector).first.set_input_files(files(count))
        if shown:
            self.page.locator(".field-photos li").nth(count - 1).wait_for(timeout=120_000)


def on_the_spot(hand: Hand) -> None:
    hand.shoot("[data-spot]", shown=False)


def report(hand: Hand) -> None:
    hand.tap("nav.field-ways a", 1)
    hand.shoot("[data-camera]")
    hand.tap(".field-segments label", 0)
    hand.tap(".field-send button", 1)


def check_in(hand: Hand) -> None:
    hand.tap(".field-choices a", 1)
    hand.tap(".field-send button")


def visit(hand: Hand) -> None:
    hand.tap("nav.field-ways a", 2)
    hand.tap(".field-segments label", 2)
    hand.tap(".field-send button")


TASKS: tuple[tuple[str, Callable[[Hand], None]], ...] = (
    ("solved on the spot", on_the_spot),
    ("reported, with a photo and a kind", report),
    ("check-in at a place", check_in),
    ("visit, somebody met, nothing found", visit),
)


def tasks(context: BrowserContext, site: str) -> list[tuple[str, int, int, float]]:
    """(task, taps, photos, seconds the app itself took, from the last tap's screen to "kept") on the throttled phone."""
    found = []
    for name, do in TASKS:
        page = context.new_page()
        throttle(context, page)
        page.goto(f"{site}/field/")
        ready(page)
        hand = Hand(page)
        began = time.monotonic()
        do(hand)
        page.locator(".field-toast").wait_for(timeout=60_000)
        found.append((name, hand.taps, hand.photos, time.monotonic() - began))
        page.close()
    return found


def twelve(context: BrowserContext, site: str) -> tuple[int, float]:
    """Kilobytes of twelve photos of 12 megapixels after the phone has compressed them, and the seconds it took."""
    page = context.new_page()
    page.goto(f"{site}/field/#/report")
    with tempfile.TemporaryDirectory() as folder:
        names = [Path(folder) / f"{n}.jpg" for n in range(2)]
        for n, name in enumerate(names):
            name.write_bytes(picture(n, 4000, 3000))
        began = time.monotonic()
        page.locator("[data-album]").set_input_files(names * 6)
        page.locator(".field-photos li").nth(11).wait_for(timeout=300_000)
    seconds = time.monotonic() - began
    told = re.search(r"(\d+) kB", page.locator(".field-photos + p").inner_text())
    page.close()
    assert told is not None
    return int(told[1]), seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site")
    parser.add_argument("--browser", default=shutil.which("chromium") or "")
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.browser or None, args=FLAGS)
        phone: dict[str, Any] = {
            "viewport": {"width": 360, "height": 740}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai",
        }  # fmt: skip
        context = browser.new_context(**phone)
        page = context.new_page()
        sign_in(page, asked.site)
        for _ in range(WARM):  # every process of the house has been asked once
            page.request.get(f"{asked.site}/field/")
            page.request.get(f"{asked.site}{BUNDLE}")
        page.close()
        signed = context.storage_state()
        first, later, plain_first, plain_later, sticks = starts(
            lambda: browser.new_context(storage_state=signed, **phone), asked.site
        )
        done = tasks(context, asked.site)
        kilobytes, took = twelve(context, asked.site)
        browser.close()
    lines = [
        BEGIN,
        "",
        "| what | floor | measured |",
        "| --- | --- | --- |",
        f"| first load, compressed, with the bundle of the shift | < 200 kB | {first[0].size / 1000:.0f} kB |",
        f"| first tap answered, empty throttled phone, median of {STARTS} (range) | 2 s | {spread(first)} |",
        f"| first tap answered, later start without a line, median of {STARTS} (range) | < 1 s | {spread(later)} |",
        f"| the same two, processor not slowed | | {plain_first.seconds:.2f} s, {plain_later.seconds:.2f} s |",
        f"| the main thread's work in them (its own clock, not slowed) | | {plain_first.work * 1000:.0f} ms, {plain_later.work * 1000:.0f} ms |",
        f"| round trips one after the other until the first screen | | {first[0].trips} |",
        f"| twelve photos of 12 megapixels after compression | < 3 MB | {kilobytes / 1024:.2f} MB, {took:.1f} s, processor not slowed |",
        "",
        f"House and phone on one machine with {os.cpu_count()} processors; {os.getloadavg()[0]:.1f} programs wanted them on average in the last",
        f"minute. A fixed piece of work took {statistics.median(sticks) / min(sticks):.1f} times its shortest time in the middle,"
        f" {max(sticks) / min(sticks):.1f} times at worst: the wall times",
        "hold so much of the machine's own.",
        "",
        "| task | taps | photos | seconds, with a script's thumb |",
        "| --- | --- | --- | --- |",
        *(f"| {name} | {taps} | {photos} | {spent:.1f} |" for name, taps, photos, spent in done),
        "",
        END,
    ]
    text = DOC.read_text("utf-8")
    head, rest = text.split(BEGIN, 1)
    DOC.write_text(head + "\n".join(lines) + rest.split(END, 1)[1], "utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
