"""Measure the field app on a running house with the demo district, and write what was measured into docs/field.md.

``python scripts/field_speed.py http://127.0.0.1:8000 [--browser PATH]``: a throttled phone (processor a quarter as fast, 1.6 Mbit/s down,
0.75 up, 150 ms), first load, later starts without a line, bytes, taps and seconds for each task, twelve photos.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

DOC = Path(__file__).resolve().parent.parent / "docs" / "field.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SLOWER, DOWN, UP, DELAY = 4, 1_600_000 / 8, 750_000 / 8, 150
STARTS = 5
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


def throttle(context: BrowserContext, page: Page, *, offline: bool = False) -> CDPSession:
    """The phone's processor and line, for this page."""
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    line = {"offline": offline, "latency": DELAY, "downloadThroughput": DOWN, "uploadThroughput": UP}
    session.send("Network.emulateNetworkConditions", line)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/login?next=/field/plain")
    page.fill("input[name=login]", "grid")
    page.fill("input[name=password]", "Gongbi-demo-2026")
    page.keyboard.press("Enter")
    page.locator("nav.field-ways").wait_for()


def ready(page: Page) -> float:
    """Seconds from the navigation until everything on the first screen answers."""
    page.locator(".field-spots").wait_for()
    return float(page.evaluate("performance.now()")) / 1000


def first_load(context: BrowserContext, site: str) -> tuple[float, int]:
    """Seconds until the first screen answers, and compressed bytes that came, on an empty phone."""
    page = context.new_page()
    session = throttle(context, page)
    came: list[int] = []
    session.on("Network.loadingFinished", lambda event: came.append(int(event["encodedDataLength"])))
    page.goto(f"{site}/field/", wait_until="commit")
    seconds = ready(page)
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_timeout(1500)
    page.close()
    return seconds, sum(came)


def later_starts(context: BrowserContext, site: str) -> list[float]:
    """Seconds of starts without a line."""
    found = []
    for _ in range(STARTS):
        page = context.new_page()
        context.set_offline(True)
        session = throttle(context, page, offline=True)
        page.goto(f"{site}/field/", wait_until="commit")
        found.append(ready(page))
        session.detach()
        page.close()
    context.set_offline(False)
    return found


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
        context = browser.new_context(
            viewport={"width": 360, "height": 740}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        page = context.new_page()
        sign_in(page, asked.site)
        page.close()
        seconds, size = first_load(context, asked.site)
        starts = later_starts(context, asked.site)
        done = tasks(context, asked.site)
        kilobytes, took = twelve(context, asked.site)
        browser.close()
    lines = [
        BEGIN,
        "",
        "| what | floor | measured |",
        "| --- | --- | --- |",
        f"| first load, compressed, with the bundle of the shift | < 200 kB | {size / 1000:.0f} kB |",
        f"| first screen answers, empty throttled phone | 2 s | {seconds:.2f} s |",
        f"| later start without a line, median of {STARTS} (slowest) | < 1 s | {statistics.median(starts):.2f} s ({max(starts):.2f} s) |",
        f"| twelve photos of 12 megapixels after compression | < 3 MB | {kilobytes / 1024:.2f} MB, {took:.1f} s, processor not slowed |",
        "",
        f"House and phone on one machine with {os.cpu_count()} processors, which had {os.getloadavg()[0]:.0f} programs running at the time.",
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
