"""The desk under a person's hands: by keyboard, on a phone, without scripts, and with axe looking on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gongbi.parties.models import Person
from tests.desk.conftest import World
from tests.desk.site import site, there, visit
from tests.support.browsing import Visit, found_by_axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["site", "there", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
DESK = "[data-queue-detail] .matter"


def opened(page: Page, number: str) -> None:
    """The matter stands there and its buttons answer."""
    page.locator(f"{DESK} .matter-line .number", has_text=number).wait_for()
    page.locator("#queue-detail:not(.htmx-settling):not(.htmx-request)").wait_for()


def test_a_whole_queue_by_keyboard(visit: Visit, there: World) -> None:
    first, second, third = (there.case("received") for _ in range(3))
    page = visit("dispatcher", "/desk/")
    opened(page, first.number)  # the first one is open at once
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    opened(page, second.number)
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    opened(page, first.number)
    page.keyboard.press("a")
    page.locator("#panel-accept").wait_for()
    page.locator("#step input[name=kind]:focus").wait_for()  # straight to what is to be decided
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/queue/accept?i=0")
    opened(page, second.number)  # the next one took its place
    assert first.number in page.locator(".notice").first.inner_text()
    page.keyboard.press("r")
    page.locator("#panel-reject").wait_for()
    page.locator("label.choice", has_text="经核实不属实").click()
    page.locator("#reject-reason").fill("现场灯亮着")
    page.locator("#step button[type=submit]").click()
    page.wait_for_url("**/desk/queue/accept?i=0")
    opened(page, third.number)
    page.keyboard.press("?")
    help_ = page.locator("dialog[open]")
    help_.wait_for()
    assert "立案" in help_.inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.locator("input[type=search]:focus").wait_for()
    page.keyboard.type(first.number)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/desk/case/{first.number}")
    page.keyboard.press("d")
    page.wait_for_timeout(200)
    assert page.locator("#panel-dispatch").count() == 0  # single letters belong to the queue


def test_dispatch_by_keyboard(visit: Visit, there: World) -> None:
    case = there.case("accepted")
    page = visit("dispatcher", "/desk/queue/dispatch")
    opened(page, case.number)
    page.keyboard.press("d")
    page.locator("#dispatch-unit").wait_for()
    assert page.locator("#dispatch-unit option:checked").inner_text() == "城市管理和综合执法局"  # as proposed
    page.locator("#step button[type=submit]").click()
    page.locator(".notice", has_text="待签收").wait_for()


def test_a_refusal_stands_in_the_panel_and_the_typed_words_stay(visit: Visit, there: World) -> None:
    case = there.case("handling")
    page = visit("urban", "/desk/queue/handle")
    opened(page, case.number)
    page.keyboard.press("f")
    page.locator("#finish-result").fill("已换灯泡")
    page.locator("#step button[type=submit]").click()
    page.locator("#finish-photos_wrong, .field-error", has_text="照片").first.wait_for()
    assert page.locator("#finish-result").input_value() == "已换灯泡"
    page.locator("#finish-photos").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _jpeg()}
    )
    page.locator(".photos-list li").wait_for()
    page.locator("#step button[type=submit]").click()
    page.locator(".notice", has_text="待核查").wait_for()


def _jpeg() -> bytes:
    from tests.desk.conftest import jpeg

    return jpeg()


def test_what_was_typed_is_not_thrown_away_by_a_slip(visit: Visit, there: World) -> None:
    first, second = there.case("received"), there.case("received")
    page = visit("dispatcher", "/desk/queue/accept")
    opened(page, first.number)
    page.keyboard.press("q")
    page.locator("#clarify-question").fill("请问在路口哪一侧？")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.locator("[data-queue-list] a").nth(1).click()
    page.wait_for_timeout(400)
    assert asked != []
    assert page.locator("#clarify-question").input_value() == "请问在路口哪一侧？"
    assert page.locator(f"{DESK} .matter-line .number").first.inner_text() == first.number != second.number


def test_a_stale_page_shows_what_changed_and_lets_it_be_sent_again(visit: Visit, there: World) -> None:
    from gongbi.cases import actions

    case = there.case("handling")
    page = visit("urban", f"/desk/case/{case.number}")
    page.get_by_role("link", name="请报告人补充").click()
    page.locator("#ask-question").fill("几号灯杆？")
    actions.contacted(
        case_id=case.pk,
        report_id=case.reports.get().pk,
        viewer=there.who("urban"),
        at=there.clock.on(minutes=1),
    )
    page.locator("#step button[type=submit]").click()
    page.locator("#step .notice", has_text="有人改动了此件").wait_for()
    assert "已联系报告人" in page.locator("#step .notice").inner_text()
    assert page.locator("#ask-question").input_value() == "几号灯杆？"
    page.locator("#step button[type=submit]").click()
    page.locator(".notice", has_text="待报告人补充").wait_for()


def test_a_sealed_number_is_opened_in_its_place(visit: Visit, there: World) -> None:
    case = there.case("received", channel="hotline", name="王小明")
    page = visit("dispatcher", f"/desk/case/{case.number}")
    page.locator(".sealed summary").click()
    page.locator(".sealed input[name=reason]").fill("回电核对地点")
    page.get_by_role("button", name="查看姓名").click()
    page.locator(".plain-value", has_text="王小明").wait_for()


def test_on_a_phone_a_matter_has_the_whole_page(visit: Visit, there: World) -> None:
    case = there.case("received")
    page = visit("dispatcher", "/desk/queue/accept", width=360, height=740)
    page.locator("[data-queue-list] a").first.click()
    page.wait_for_url(f"**/desk/case/{case.number}?*")
    assert page.locator("h1", has_text="路灯").count() == 1


def test_everything_works_without_scripts(visit: Visit, there: World) -> None:
    case = there.case("received")
    page = visit("dispatcher", "/desk/queue/accept", script=False)
    page.locator("[data-queue-list] a").first.click()
    page.get_by_role("link", name="立案").click()
    page.locator("#step button[type=submit]").click()
    page.locator(".notice", has_text="待派遣").wait_for()
    assert case.number in page.locator(".notice").first.inner_text()


def test_a_caller_in_the_browser(visit: Visit, there: World) -> None:
    case = there.case("handling")
    page = visit("clerk", "/desk/intake")
    page.locator("#id_phone").fill("029-5555 7777")
    page.locator("#earlier p", has_text="没有").wait_for()
    page.locator("#id_text").fill("劳动路路口的路灯不亮了，晚上很黑")
    page.locator("#id_division").select_option(case.territory[:12])
    page.locator("#look", has_text="路灯").wait_for()
    page.locator("#look label.choice", has_text=case.number).click()
    page.get_by_role("button", name="登记并给出编号").click()
    page.locator(".receipt-number").wait_for()
    assert page.locator("h1", has_text="已加入在办案件").count() == 1
    assert page.locator(".code svg").count() == 1


def test_in_the_field_by_thumb(visit: Visit, there: World) -> None:
    page = visit(
        "grid", "/field/report", width=360, height=740,
        geolocation={"longitude": 108.913, "latitude": 34.265}, permissions=["geolocation"],
    )  # fmt: skip
    page.locator(".kind-buttons label").first.click()
    page.locator("#id_after").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": _jpeg()})
    page.locator(".photos-list li").wait_for()
    page.get_by_role("button", name="当场解决").click()
    page.locator(".notice", has_text="当场解决").wait_for()
    page.get_by_role("button", name="按距离排列").click()
    page.wait_for_url("**/field/plain?lon=108.91300&lat=34.26500")


PAGES = (
    ("dispatcher", "/desk/queue/accept", DESK),
    ("dispatcher", "/desk/case/{received}?step=accept", "#panel-accept"),
    ("dispatcher", "/desk/case/{accepted}?step=dispatch", "#panel-dispatch"),
    ("checker", "/desk/case/{handled}?step=confirm", "#panel-rework"),
    ("urban", "/desk/case/{handling}?step=finish", "#panel-finish"),
    ("clerk", "/desk/intake", "#caller"),
    ("grid", "/field/report", "form[data-place]"),
    ("dispatcher", "/desk/queue/open?filters=1", ".filters"),
    ("manager", "/desk/map", "gb-map[data-map]"),
    ("dispatcher", "/desk/search?q=路灯", ".queue-list"),
    ("dispatcher", "/desk/case/{handling}/clocks", "table"),
    ("dispatcher", "/desk/case/{handling}/print", ".print-sheet"),
    ("auditor", "/desk/ledger?number={handling}", "table"),
    ("admin", "/desk/lists", "table"),
    ("admin", "/desk/lists/units", "main form"),
    ("admin", "/desk/calendar", "table"),
    ("admin", "/desk/rules", "table"),
    ("security", "/desk/access", "table"),
    ("admin", "/desk/people", "table"),
    ("admin", "/desk/posts", "table"),
    ("admin", "/desk/people/{person}/appoint", "main form"),
    ("security", "/desk/keys/new", "main form"),
    ("grid", "/field/plain", "main"),
    ("grid", "/field/contacts", "main"),
)


@pytest.mark.parametrize(("theme", "language"), [("light", "zh-hans"), ("dark", "en")])
def test_axe_finds_nothing_and_nothing_runs_out_of_the_side(
    visit: Visit, there: World, theme: str, language: str
) -> None:
    cases = {
        state: there.case(state, channel="hotline", name="王小明").number
        for state in ("received", "accepted", "handling")
    }
    cases["handled"] = there.case("handled").number
    cases["person"] = str(Person.objects.order_by("pk")[0].pk)
    wrong: list[str] = []
    for login, path, ready in PAGES:
        page = visit(login, path.format(**cases), theme=theme, language=language)
        page.locator(ready).first.wait_for()
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_load_state("networkidle")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{path} at {width}: wider than the screen")
            if width < 1280 and theme == "dark":
                continue  # how much room there is changes no colour
            wrong += [f"{path} at {width}: {what}" for what in found_by_axe(page)]
        page.context.close()
    assert wrong == []
