"""The people of the story: each has a browser of its own and does what a person does, by what is written on the page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import translation
from PIL import Image, ImageDraw
from playwright.sync_api import Locator, expect

from gongbi.cases.flow import CASE
from gongbi.parties.demo import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE = 90_000  # milliseconds; other tests share the cores
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
RECEIPT = re.compile(r"LH\d{8}-\d{6,}-\w")
CASE_NUMBER = re.compile(r"AJ\d{8}-\d{6,}-\w")


def zh(msgid: str) -> str:
    """What the page says for this sentence in Chinese. Fails where it was not translated."""
    with translation.override("zh-hans"):
        said = str(translation.gettext(msgid))
    assert said != msgid, f"no Chinese for: {msgid}"
    return said


def state(name: str) -> str:
    """The Chinese name of a state of a case."""
    return CASE.by_state[name].words[0]


def photo(words: str, colour: str) -> dict[str, Any]:
    """A picture as a phone would send it: 1600 × 1200 JPEG."""
    picture = Image.new("RGB", (1600, 1200), colour)
    pen = ImageDraw.Draw(picture)
    for step in range(0, 1600, 80):
        pen.line([(step, 0), (1600 - step, 1200)], fill="white", width=6)
    pen.text((60, 60), words, fill="white")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return {"name": f"{words}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


class Person:
    """Somebody with a browser. ``login`` empty: a resident without an account. Errors in the page's scripts are collected.

    ``more`` goes to Playwright's context (``color_scheme``, ``device_scale_factor``, ``locale`` …).
    """

    def __init__(
        self, browser: Browser, base: str, album: Path, login: str = "", *, phone: bool = False, **more: Any
    ) -> None:
        self.base, self.album, self.login = base, album, login
        self.errors: list[str] = []
        usual = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": PHONE if phone else DESK}
        self.context = browser.new_context(**{"base_url": base, "has_touch": phone, **usual, **more})
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(f"{self.page.url}: {error}"))
        if login:
            self._sign_in()

    def _sign_in(self) -> None:
        self.page.goto("/desk/")
        form = self.page.locator("form").filter(has=self.page.locator("input[type=password]"))
        form.get_by_role("textbox").first.fill(self.login)
        form.locator("input[type=password]").fill(PASSWORD)
        form.get_by_role("button").last.click()
        self.page.wait_for_url(lambda url: "/account" not in url)

    def shot(self, name: str, *, full: bool = True) -> None:
        """Keep what this person sees now."""
        self.page.screenshot(path=self.album / f"{name}.png", full_page=full, animations="disabled")

    def fits(self) -> None:
        """Nothing runs out of the screen sideways."""
        wide, here = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= here, f"{self.page.url}: {wide} pixels wide on a screen of {here}"

    def add_photo(self, words: str, colour: str, inside: Locator | None = None) -> None:
        """Choose a picture; done when its thumbnail shows."""
        place = inside or self.page.locator("main")
        place.get_by_label(zh("Photos")).set_input_files(photo(words, colour))  # type: ignore[arg-type]
        expect(place.get_by_alt_text(re.compile("第 1 张照片"))).to_be_visible(timeout=PATIENCE)

    # --- the desk -----------------------------------------------------------------------------------------------------

    def open(self, number: str) -> None:
        """The page of one matter."""
        self.page.goto(f"/desk/case/{number}")

    def panel(self, label: str) -> Locator:
        return self.page.get_by_role("region", name=label, exact=True)

    def press(self, label: str) -> Locator:
        """Press a step's button; the panel that it opens."""
        self.page.get_by_role("group", name=zh("What you may do now")).get_by_role("link", name=label).click()
        panel = self.panel(label)
        expect(panel).to_be_visible()
        return panel

    def send(self, panel: Locator, label: str) -> None:
        panel.get_by_role("button", name=label, exact=True).click()

    def done(self, label: str, after: str) -> None:
        """The desk says that the step was taken and which state the matter is in now."""
        said = self.page.get_by_role("status").filter(has_text=f"{label}").filter(has_text=after)
        expect(said.first).to_be_visible(timeout=PATIENCE)

    def take(
        self, number: str, label: str, after: str, fill: Callable[[Locator], None] | None = None
    ) -> None:
        """One step from the page of the matter: button, panel, fill in, send, and what came of it."""
        self.open(number)
        panel = self.press(label)
        if fill is not None:
            fill(panel)
        self.send(panel, label)
        self.done(label, after)

    def walk_to(self, words: str) -> None:
        """With the keyboard alone: j until the line with these words has the focus, then Enter; the matter opens beside it."""
        lines = self.page.locator("[data-queue-list] a")
        expect(lines.filter(has_text=words)).to_have_count(1)
        # The first matter opens by itself; a letter pressed at that moment may be lost on the way.
        for _step in range(lines.count() + 3):
            self.page.keyboard.press("j")
            if words in (self.page.evaluate("document.activeElement.textContent") or ""):
                break
        else:
            raise AssertionError(f"the keyboard does not reach: {words}")
        self.page.keyboard.press("Enter")
        detail = self.page.locator("[data-queue-detail]")
        expect(detail.get_by_role("heading", name=words, exact=True)).to_be_focused()


def choose(panel: Locator, label: str, words: str) -> None:
    """Choose the entry of a list that contains these words."""
    box = panel.get_by_label(label, exact=False).and_(panel.locator("select"))
    value = box.locator("option").filter(has_text=words).first.get_attribute("value")
    box.select_option(value)


Fill = Callable[[Locator], None]


def write(label: str, words: str) -> Fill:
    """Fills these words into the field of that label (English msgid)."""
    return lambda panel: panel.get_by_label(zh(label)).fill(words)


def finish(me: Person, words: str, colour: str) -> Fill:
    """Fills in what was done, with a photo of the result."""

    def fill(panel: Locator) -> None:
        write("What was done", words)(panel)
        me.add_photo("修好", colour, panel)

    return fill


# What the story is about.
COMMUNITY = "莲湖路第一社区"  # of the street whose officer is a demo account
LAMP = "莲湖路小学东门口的两盏路灯从上周起一直不亮，晚上接孩子看不见台阶"
LAMP_TOO = "莲湖路小学东门口路灯不亮好几天了，晚上台阶那里特别黑"
LAMP_CALLED = "莲湖路小学东门外面路灯一直不亮，老人晚上不敢走"
TWIN = "莲湖路小学"
URBAN, STREET = "城市管理和综合执法局", "青年路街道"
