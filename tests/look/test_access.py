"""Everybody can use it: axe finds nothing, nothing runs out of the side, the keyboard reaches everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browsing import Visit, found_by_axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PAGES = (
    "gallery",
    "gallery/drawings",
    "gallery/public",
    "gallery/print",
    "gallery/queue",
    "gallery/error/404",
)


def settled(page: Page) -> None:
    """Maps and charts are drawn, the widest part of the page has been seen."""
    page.wait_for_load_state("networkidle")
    if page.locator("gb-map, gb-map-picker").count():
        for _ in range(600):
            if page.evaluate(
                "[...document.querySelectorAll('gb-map, gb-map-picker')].every(e => e.dataset.map)"
            ):
                break
            page.wait_for_timeout(50)
    for chart in page.locator("gb-chart").all():
        chart.scroll_into_view_if_needed()
        chart.locator(".chart-canvas svg").wait_for()


@pytest.mark.parametrize(("theme", "language"), [("light", "zh-hans"), ("dark", "en")])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(visit: Visit, path: str, theme: str, language: str) -> None:
    page = visit(f"look/{path}", theme=theme, language=language)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        settled(page)
        assert found_by_axe(page) == [], width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_elder_mode_has_the_strongest_contrast(visit: Visit, theme: str) -> None:
    page = visit("look/gallery", theme=theme, size="elder", width=360)
    settled(page)
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "22px"
    rules: dict[str, object] = {
        "runOnly": {"type": "rule", "values": ["color-contrast-enhanced", "target-size"]}
    }
    assert found_by_axe(page, rules) == []


def test_axe_finds_nothing_in_menus_and_dialogs(visit: Visit) -> None:
    page = visit("look/gallery")
    page.locator("summary", has_text="显示").click()
    assert found_by_axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="打开对话框").click()
    assert found_by_axe(page) == []
    page.goto(page.url + "/queue")
    page.locator("[data-queue-list] a").first.click()
    page.locator("#queue-detail h2").wait_for()
    assert found_by_axe(page) == []
    page.get_by_role("button", name="按键").click()
    assert found_by_axe(page) == []


@pytest.mark.parametrize("size", ["normal", "large", "elder"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_out_of_the_side(visit: Visit, path: str, size: str) -> None:
    """320 px is 1280 px at 400 %, 640 px at 200 %: the page itself never scrolls sideways."""
    page = visit(f"look/{path}", size=size)
    for width in (320, 360, 640, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_touch_targets_are_large_on_a_phone(visit: Visit) -> None:
    page = visit("look/gallery/public", width=360, has_touch=True, is_mobile=True)
    settled(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            'button, select, input:not([type=hidden]), summary, .tool, .brand, .button')]
          .filter(e => e.offsetParent && e.type !== 'checkbox' && e.type !== 'radio')
          .map(e => [e.outerHTML.slice(0, 60), e.getBoundingClientRect().height])
          .filter(([, height]) => height < 43.5)"""
    )
    assert small == []


def test_the_keyboard_reaches_everything_and_it_is_always_visible_where_it_is(visit: Visit) -> None:
    page = visit("look/gallery")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll(
             'a[href], button:not([disabled]), input:not([type=hidden]), select, textarea, summary')]
           .filter(e => e.checkVisibility() && !e.closest('dialog') && !(e.closest('details:not([open])') && !e.matches('summary')))
           .filter(e => e.type !== 'radio').length"""
    )
    reached: set[str] = set()
    page.evaluate("[...document.querySelectorAll('*')].forEach((e, i) => e.dataset.walk = i)")
    page.locator(".skip").focus()
    for _step in range(wanted + 60):
        state = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
                 const c = e.matches('.choice > input') ? getComputedStyle(e.nextElementSibling) : s;
                 return [e.dataset.walk || '', e.tagName, e.type || '', c.outlineStyle, parseFloat(c.outlineWidth),
                         e.outerHTML.slice(0, 90)] }"""
        )
        walk, tag, kind, outline, thickness, html = state
        if tag == "BODY":
            break
        reached.add(walk)
        # A date has stops inside it (day, month, its calendar button), drawn by the browser.
        if not (tag == "INPUT" and kind in ("file", "date")):
            assert outline != "none", html
            assert thickness >= 2, html
        page.keyboard.press("Tab")
    assert len(reached) >= wanted


def test_the_skip_link_leads_to_the_content(visit: Visit) -> None:
    page = visit("look/gallery/queue")
    page.keyboard.press("Tab")
    assert page.locator(".skip").is_visible()
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_page_has_its_landmarks_and_one_first_heading(visit: Visit) -> None:
    for path in PAGES:
        page = visit(f"look/{path}")
        assert page.locator("h1").count() == 1, path
        assert page.locator("main#main").count() == 1, path
        assert page.locator("#announcer[aria-live=polite]").count() == 1, path
        assert page.title().strip(" ·") != "", path


def test_nothing_moves_for_those_who_asked_for_stillness(visit: Visit) -> None:
    page = visit("look/gallery", reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(e => {
             const s = getComputedStyle(e);
             return s.transitionDuration.split(',').some(d => parseFloat(d) > 0.001)
                 || parseFloat(s.animationDuration) > 0.001 }).length"""
    )
    assert moving == 0
