"""The islands do their work, and the page does its own without them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from gongbi.kernel.clock import words
from gongbi.kernel.clock.limits import parse
from tests.look import live
from tests.support.browsing import BROWSER_FLAGS, Visit, browser_path

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


# --- Wishes ---------------------------------------------------------------------------------------------------------


def wait_until(page: Any, condition: str, seconds: float = 30) -> None:
    """Wait for a condition of the page; asked from outside, since the page's own policy forbids evaluated text."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never: {condition}"
        page.wait_for_timeout(50)


def test_theme_and_size_act_at_once_and_stay(visit: Visit) -> None:
    page = visit("look/gallery/public", theme="auto", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(250, 248, 243)"
    page.locator("summary", has_text="显示").click()
    page.get_by_label("深色", exact=True).check()
    page.get_by_label("大字").check()
    assert page.evaluate(paper) == "rgb(20, 22, 26)"
    page.reload()
    assert page.evaluate(paper) == "rgb(20, 22, 26)"
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "18px"
    page.locator("summary", has_text="显示").click()
    page.get_by_label("跟随设备").check()
    assert page.evaluate(paper) == "rgb(250, 248, 243)"


def test_the_device_decides_when_nothing_was_chosen(visit: Visit) -> None:
    page = visit("look/gallery/public", theme="auto", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"


def test_wishes_and_language_work_without_javascript(visit: Visit) -> None:
    page = visit("look/gallery/public", script=False)
    page.locator("summary", has_text="显示").click()
    page.get_by_label("深色", exact=True).check()
    page.get_by_role("button", name="保存").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("heading", name="Say something").is_visible()
    assert page.url.endswith("/look/gallery/public")


def test_escape_folds_a_menu_and_gives_the_focus_back(visit: Visit) -> None:
    page = visit("look/gallery/public")
    summary = page.locator("summary", has_text="显示")
    summary.click()
    page.get_by_label("标准").focus()
    page.keyboard.press("Escape")
    assert page.locator("details.popover").get_attribute("open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_dialog_takes_the_focus_and_gives_it_back(visit: Visit) -> None:
    page = visit("look/gallery")
    opener = page.get_by_role("button", name="打开对话框")
    opener.click()
    assert page.get_by_role("dialog", name="申请延期").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("document.activeElement.dataset.dialog") == "sample-dialog"


def test_without_a_connection_the_page_says_so(visit: Visit) -> None:
    page = visit("look/gallery/public")
    bar = page.locator("#offline")
    assert bar.is_hidden()
    page.context.set_offline(True)
    bar.wait_for(state="visible")
    page.context.set_offline(False)
    bar.wait_for(state="hidden")


# --- Photos ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, size: tuple[int, int]) -> Path:
        path = tmp_path / name
        image = Image.effect_noise(size, 90).convert("RGB")  # noise is the hardest to compress
        exif = Image.Exif()
        exif[0x010F] = "Camera of a resident"
        image.save(path, "JPEG", quality=95, exif=exif)
        return path

    return make


def test_photos_become_small_and_lose_what_the_camera_wrote(
    visit: Visit, picture: Any, tmp_path: Path
) -> None:
    page = visit("look/gallery/public")
    large = picture("large.jpg", (3200, 2400))
    page.locator("gb-photos input").set_input_files([large, picture("small.jpg", (200, 100))])
    page.locator(".photos-list li").nth(1).wait_for()
    sent = page.evaluate(
        """async () => Promise.all([...document.querySelector('gb-photos input').files].map(
             async f => [f.name, f.type, [...new Uint8Array(await f.arrayBuffer())]]))"""
    )
    for (name, kind, content), longest in zip(sent, (1600, 200), strict=True):
        path = tmp_path / f"sent-{name}"
        path.write_bytes(bytes(content))
        with Image.open(path) as image:
            assert kind == "image/jpeg"
            assert max(image.size) == longest
            assert not image.getexif()
    assert len(sent[0][2]) < large.stat().st_size / 4


def test_photos_can_be_removed_and_more_than_twelve_are_refused(visit: Visit, picture: Any) -> None:
    page = visit("look/gallery/public")
    files = [picture(f"{i}.jpg", (40, 30)) for i in range(14)]
    page.locator("gb-photos input").set_input_files(files)
    page.locator(".photos-list li").nth(11).wait_for()
    page.get_by_text("多出的没有加入").first.wait_for()
    page.get_by_role("button", name="移除第 1 张").first.click()
    assert page.evaluate("document.querySelector('gb-photos input').files.length") == 11
    assert page.evaluate("document.activeElement.textContent.trim()") == "移除"
    page.locator("gb-photos input").set_input_files(files[:1])
    page.locator(".photos-list li").nth(11).wait_for()
    assert page.evaluate("[...document.querySelector('gb-photos input').files].at(-1).name") == "0.jpg"


def test_what_is_no_photo_goes_up_as_it_is(visit: Visit, tmp_path: Path) -> None:
    path = tmp_path / "paper.jpg"
    path.write_text("this is no picture")
    page = visit("look/gallery/public")
    page.locator("gb-photos input").set_input_files(path)
    page.locator(".photos-list li").wait_for()
    assert page.evaluate("document.querySelector('gb-photos input').files[0].text()") == "this is no picture"


# --- Maps -----------------------------------------------------------------------------------------------------------


def chosen(page: Page) -> tuple[float, float]:
    lon, lat = (page.locator(f"input[data-{which}]").input_value() for which in ("lon", "lat"))
    return float(lon), float(lat)


def drawn(page: Page, kind: str) -> None:
    page.locator("gb-map-picker").scroll_into_view_if_needed()
    page.locator(f"gb-map-picker[data-map={kind}]").wait_for(timeout=20_000)


@pytest.fixture
def without_webgl(pytestconfig: pytest.Config, browser: Browser) -> Iterator[Browser]:
    other = browser.browser_type.launch(
        executable_path=browser_path(pytestconfig), args=[*BROWSER_FLAGS, "--disable-3d-apis"]
    )
    yield other
    other.close()


def test_a_tap_sets_the_pin_and_the_place_is_said_in_words(visit: Visit) -> None:
    page = visit("look/gallery/public")
    drawn(page, "drawn")
    page.locator(".map-canvas canvas").click(position={"x": 200, "y": 300})
    page.get_by_text("街道", exact=False).filter(has_text="甲街道").first.wait_for()
    lon, lat = chosen(page)
    assert 108.88 <= lon <= 108.91
    assert 34.25 <= lat <= 34.27
    page.get_by_role("button", name="取消标记").click()
    assert page.locator("input[data-lon]").input_value() == ""


def test_the_keyboard_sets_the_pin_at_the_cross(visit: Visit) -> None:
    page = visit("look/gallery/public")
    drawn(page, "drawn")
    canvas = page.locator(".map-canvas canvas")
    canvas.focus()
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelector('input[data-lon]').value !== ''")
    before = chosen(page)
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    wait_until(page, f"document.querySelector('input[data-lon]').value !== '{before[0]:.6f}'")
    after = chosen(page)
    assert after[0] > before[0]
    assert after[1] == pytest.approx(before[1], abs=1e-4)


def test_the_own_position_can_be_used(visit: Visit) -> None:
    page = visit(
        "look/gallery/public",
        geolocation={"longitude": 108.93, "latitude": 34.28},
        permissions=["geolocation"],
    )
    drawn(page, "drawn")
    page.get_by_role("button", name="用我的位置").click()
    page.locator(".map-place", has_text="丁街道").wait_for()
    assert chosen(page) == (108.93, 34.28)


def test_a_refused_position_is_explained(visit: Visit) -> None:
    page = visit("look/gallery/public", permissions=[])
    drawn(page, "drawn")
    page.get_by_role("button", name="用我的位置").click()
    page.get_by_text("没有取到您的位置").first.wait_for()


def test_without_webgl_the_outlines_stand_still_and_still_take_the_pin(
    without_webgl: Browser, site: str
) -> None:
    page = without_webgl.new_page(locale="zh-CN")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/look/gallery/drawings")
    drawn(page, "still")
    assert page.locator("gb-map[data-map=still]").count() == 1
    assert page.locator("gb-map svg text").all_inner_texts() != []
    picker = page.locator("gb-map-picker .map-canvas > svg")
    box = picker.bounding_box()
    assert box is not None
    picker.click(position={"x": box["width"] / 2 - 60, "y": box["height"] / 2 + 60})
    page.locator(".map-place", has_text="甲街道").wait_for()
    lon, lat = chosen(page)
    assert 108.88 <= lon <= 108.91
    assert 34.25 <= lat <= 34.27
    assert errors == []


def test_when_the_outlines_do_not_come_the_page_says_what_else_to_use(visit: Visit) -> None:
    page = visit("look/gallery/public")
    page.route("**/outlines.json", lambda route: route.abort())
    page.reload()
    drawn(page, "none")
    page.get_by_text("地图没有取到").wait_for()
    assert page.locator("select[name=new-community]").is_enabled()


def test_without_javascript_the_form_gives_the_place_by_its_community(visit: Visit) -> None:
    page = visit("look/gallery/public", script=False)
    page.get_by_text("只写地址或选社区也可以").wait_for()
    page.locator("textarea").fill("路灯坏了")
    page.locator("select").select_option("1")
    page.get_by_role("button", name="提交").click()
    assert "new-community=1" in page.url


def test_the_map_of_states_has_a_key_and_a_table(visit: Visit) -> None:
    page = visit("look/gallery/drawings")
    page.locator("gb-map[data-map]").wait_for(timeout=20_000)
    assert page.locator(".map-legend .chip").all_inner_texts() == [
        "处置中",
        "已办结",
        "快到期",
        "已超期",
        "暂停",
    ]
    assert page.get_by_role("link", name="看同样内容的表格").is_visible()


# --- The desk -------------------------------------------------------------------------------------------------------


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim().slice(0, 1)"))


def test_the_queue_is_worked_by_keys_alone(visit: Visit) -> None:
    page = visit("look/gallery/queue")
    page.locator("gb-queue:defined").wait_for()
    page.keyboard.press("j")
    assert focused(page) == "1"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused(page) == "2"
    page.keyboard.press("Enter")
    page.locator("#queue-detail h2", has_text="2").wait_for()
    wait_until(page, "document.activeElement.tagName === 'H2'")
    assert page.locator("[data-queue-list] [aria-current=true]").inner_text().startswith("2")
    page.keyboard.press("Escape")
    assert focused(page) == "2"
    page.keyboard.press("k")
    page.keyboard.press("k")
    assert focused(page) == "1"  # the first stays the first


def test_a_letter_takes_the_step_that_carries_it_and_a_refused_one_says_why(visit: Visit) -> None:
    page = visit("look/gallery/queue")
    page.locator("[data-queue-list] a").first.click()
    page.locator("#queue-detail h2").wait_for()
    page.evaluate("window.pressed = []; document.addEventListener('click', e => { const b = e.target.closest('[data-key]');"
                  " if (b) { window.pressed.push(b.dataset.key); e.preventDefault() } })")  # fmt: skip
    page.keyboard.press("a")
    assert page.evaluate("window.pressed") == ["a"]
    page.keyboard.press("d")
    assert page.evaluate("window.pressed") == ["a"]
    page.locator("#announcer", has_text="签收后不能再提出异议").wait_for(state="attached")


def test_typing_is_never_taken_for_a_key(visit: Visit) -> None:
    page = visit("look/gallery/queue")
    page.keyboard.press("/")
    page.keyboard.type("jak?")
    assert page.locator("input[type=search]").input_value() == "jak?"
    assert page.locator("dialog[open]").count() == 0


def test_single_keys_can_be_turned_off_and_stay_off(visit: Visit) -> None:
    page = visit("look/gallery/queue")
    page.locator("gb-queue:defined").wait_for()
    page.keyboard.press("?")
    page.get_by_label("使用单字母按键").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.get_by_role("button", name="按键").click()
    assert not page.get_by_label("使用单字母按键").is_checked()


def test_when_a_matter_leaves_the_list_the_next_one_is_at_hand(visit: Visit) -> None:
    page = visit("look/gallery/queue")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.evaluate("document.activeElement.closest('li').remove()")
    wait_until(page, "document.activeElement.tagName === 'A'")
    assert focused(page) == "3"


# --- Live, countdown, charts, twins ---------------------------------------------------------------------------------


def test_an_event_wakes_its_regions_and_the_stream_goes_on_where_it_broke(visit: Visit) -> None:
    live.asked.clear()
    live.go_on.clear()
    page = visit("live/page")
    mine, other = page.locator("#mine"), page.locator("#other")
    mine.get_by_text("次").wait_for()
    first = mine.inner_text()
    assert other.inner_text() == "—"
    page.locator("#announcer", has_text="7 号案件已立案").wait_for(state="attached")
    live.go_on.set()  # the second connection now sends a named event
    wait_until(page, f"document.querySelector('#mine').innerText !== {json.dumps(first)}")
    assert live.asked[:2] == ["41", "42"]
    assert other.inner_text() == "—"


def test_the_countdown_says_what_the_server_would_say(visit: Visit, now: datetime) -> None:
    """Minute by minute the browser's words are those of the clock, in both languages."""
    limits = {"2紧急工作时": ("continuous", False), "4工作时": ("office", False), "1工作日": ("office", True)}
    cases = [
        (limit, left)
        for limit in limits
        for left in (
            0,
            1,
            2,
            59,
            60,
            61,
            90,
            120,
            239,
            240,
            479,
            480,
            481,
            900,
            959,
            960,
            961,
            1021,
            2879,
            2881,
            4799,
            4861,
        )
    ]
    for language, index in (("zh-hans", 0), ("en", 1)):
        page = visit("look/gallery", language=language)
        page.locator("gb-countdown:defined").first.wait_for()
        page.clock.set_fixed_time(now)
        for limit, left in cases:
            measure, days = limits[limit]
            due = now + timedelta(minutes=left)
            wanted = words.remaining(left, parse(limit), False, False, due, now)[index]
            said = page.evaluate(
                """([due, measure, days, stretches]) => {
                     const e = document.createElement('gb-countdown');
                     e.setAttribute('due', due); e.setAttribute('measure', measure);
                     if (days) e.setAttribute('days', '');
                     e.setAttribute('stretches', stretches);
                     document.body.append(e); e.update(); const said = e.textContent; e.remove(); return said }""",
                [due.isoformat(), measure, days, json.dumps([[now.isoformat(), due.isoformat()]])],
            )
            assert said == wanted, (limit, left)


def test_the_countdown_names_the_day_as_the_server_does(visit: Visit, now: datetime) -> None:
    """A deadline in office hours may lie days ahead: the day after tomorrow, this week, the next, the next year."""
    limit = parse("24工作时")
    for language, index in (("zh-hans", 0), ("en", 1)):
        page = visit("look/gallery", language=language)
        page.locator("gb-countdown:defined").first.wait_for()
        for here in (now, now + timedelta(days=5), now + timedelta(days=294)):  # Tuesday, Sunday, 29 December
            page.clock.set_fixed_time(here)
            for days in range(9):
                due = here + timedelta(days=days, hours=1)
                wanted = words.remaining(60, limit, False, False, due, here)[index]
                said = page.evaluate(
                    """([due, stretches]) => {
                         const e = document.createElement('gb-countdown');
                         e.setAttribute('due', due); e.setAttribute('measure', 'office');
                         e.setAttribute('stretches', stretches);
                         document.body.append(e); e.update(); const said = e.textContent; e.remove(); return said }""",
                    [
                        due.isoformat(),
                        json.dumps([[here.isoformat(), (here + timedelta(hours=1)).isoformat()]]),
                    ],
                )
                assert said == wanted, (here, days)


def test_when_the_deadline_passes_the_chip_turns_late(visit: Visit) -> None:
    page = visit("look/gallery")
    page.locator("gb-countdown:defined").first.wait_for()
    chip = page.locator(".deadline", has=page.locator("gb-countdown")).first
    assert chip.get_attribute("data-tone") == "soon"
    due = datetime.fromisoformat(str(chip.locator("gb-countdown").get_attribute("due")))
    page.clock.set_fixed_time(due + timedelta(seconds=59))
    page.evaluate("document.querySelector('gb-countdown').update()")
    assert chip.get_attribute("data-tone") == "soon"  # the whole minute counts
    page.clock.set_fixed_time(due + timedelta(seconds=60))
    page.evaluate("document.querySelector('gb-countdown').update()")
    assert chip.get_attribute("data-tone") == "late"
    assert "已到期" in chip.inner_text()
    assert "19.5 18" in str(chip.locator(".shape").inner_html())


def test_a_chart_draws_its_table_and_keeps_it(visit: Visit) -> None:
    page = visit("look/gallery/drawings")
    chart = page.locator("gb-chart").first
    chart.scroll_into_view_if_needed()
    chart.locator(".chart-canvas svg path").first.wait_for(state="attached")
    assert "目标 95%" in str(chart.locator("svg").text_content())
    assert chart.locator(".chart-canvas").get_attribute("aria-label") == "按时办结率（数字见下面的表格）"
    table = chart.locator("table")
    assert table.is_hidden()
    chart.locator("summary").click()
    assert table.is_visible()
    assert "95.1%" in table.inner_text()


def test_without_javascript_the_numbers_stand_as_a_table(visit: Visit) -> None:
    page = visit("look/gallery/drawings", script=False)
    assert page.locator("gb-chart table").first.is_visible()


def test_while_people_type_they_see_what_is_already_being_handled(visit: Visit) -> None:
    page = visit("look/gallery/public")
    page.locator("textarea").press_sequentially("公交站有垃圾")
    page.get_by_role("link", name="就是这件，我也关注").wait_for()
    assert page.locator("textarea").input_value() == "公交站有垃圾"
    page.locator("textarea").fill("路灯坏了")
    page.get_by_role("link", name="就是这件，我也关注").wait_for(state="detached")
