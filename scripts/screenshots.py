"""Take the README's screenshots: a demo house of its own on a free port, real pages, small PNG files.

``.venv/bin/python scripts/screenshots.py [--browser PATH]`` writes ``docs/screenshots/*.png`` anew. Texts, people and photos
in them are invented; run it again after a page has changed.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
LARGEST = 250_000  # bytes of one file
SAID = "莲湖路小学东门口的两盏路灯从上周起一直不亮，晚上接孩子看不见台阶"
COMMUNITY = "莲湖路第一社区"


def small(picture: bytes) -> bytes:
    """The same picture with few colours; fewer still until it fits."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (192, 96, 48, 24):
        out = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            return out.getvalue()
    raise SystemExit(f"a screenshot stays above {LARGEST} bytes")


def take(browser: Any, base: str) -> None:
    """Play a little of the story and keep what the people see."""
    from playwright.sync_api import expect

    from tests.story.people import CASE_NUMBER, Person, choose, state, zh

    def person(login: str = "", **more: Any) -> Person:
        scale = 2 if more.get("phone") else 1.5
        return Person(browser, base, TARGET, login, device_scale_factor=scale, **more)

    def keep(who: Person, name: str) -> None:
        who.page.wait_for_load_state("load")
        who.page.evaluate("document.fonts.ready")
        TARGET.joinpath(f"{name}.png").write_bytes(small(who.page.screenshot(animations="disabled")))
        print(f"{name}.png")

    me = person(phone=True)
    me.page.goto("/")
    keep(me, "landing")
    me.page.goto("/ask")
    me.page.get_by_label(zh("What is it about?")).fill(SAID)
    choose(me.page.locator("main"), zh("Or choose the community"), COMMUNITY)
    me.add_photo("路灯", "#2b3a55")
    expect(me.page.locator("#kinds")).to_contain_text("路灯")
    me.page.evaluate("scrollTo(0, 0)")
    keep(me, "ask")
    me.page.get_by_role("button", name=zh("Send"), exact=True).click()
    me.page.wait_for_url("**/receipt/**")
    keep(me, "receipt")
    receipt = me.page.locator(".ticket-number").inner_text().strip()
    me.page.get_by_role("link", name=zh("Follow it")).click()
    me.page.wait_for_url("**/r/**")
    link = me.page.url

    desk = person("dispatcher")
    desk.page.goto("/desk/queue/accept")
    desk.walk_to(SAID)
    keep(desk, "desk-queue")
    dark = person("dispatcher", color_scheme="dark", locale="en-GB")
    dark.page.goto("/desk/queue/accept")
    dark.walk_to(SAID)
    keep(dark, "desk-queue-dark")
    desk.open(receipt)
    number = CASE_NUMBER.search(desk.page.url)
    if number is None:
        raise SystemExit(f"{receipt} does not lead to its case")
    desk.take(number[0], "立案", state("accepted"))
    desk.take(number[0], "派遣", state("dispatched"))
    unit = person("urban")
    unit.take(number[0], "签收", state("handling"))
    unit.open(number[0])
    keep(unit, "case")
    me.page.goto(link)
    keep(me, "follow")

    manager = person("manager")
    manager.page.goto("/desk/board/")
    keep(manager, "board")
    wall = person("manager", viewport={"width": 1600, "height": 900})
    night = person("manager", viewport={"width": 1600, "height": 900}, color_scheme="dark", locale="en-GB")
    for who, name in ((wall, "wall"), (night, "wall-dark")):
        who.page.goto("/wall/")
        expect(who.page.locator(".wall-area")).to_have_count(9)
        expect(who.page.locator(".wall-state")).to_have_attribute("data-tone", "ok")
        expect(who.page.locator(".wall-figure", has_text="…")).to_have_count(0)
        keep(who, name)
    me.page.goto("/grid/610104001001001")
    keep(me, "grid-card")


def with_house(do: Callable[[str], None]) -> None:
    """Start the demo in a folder of its own, and take it away again."""
    from tests.support.house import House

    with tempfile.TemporaryDirectory(prefix="gongbi-") as folder:
        house = House(ROOT, Path(folder), "")
        try:
            house.start()
            do(house.url)
        finally:
            house.kill()


def main() -> int:
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    parser = argparse.ArgumentParser(description="Take the README's screenshots.")
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))),
        "",
    )
    parser.add_argument("--browser", default=found, help="the Chromium to drive (the first one found)")
    args = parser.parse_args()
    if not args.browser:
        raise SystemExit("No Chromium found; name one with --browser PATH.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    import django

    django.setup()
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=args.browser, args=["--no-sandbox", "--disable-gpu"]
        )
        with_house(lambda base: take(browser, base))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
