"""The wall on a screen and on a leader's phone: into a place and back, the table, a past day, without its line."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from gongbi.kernel.scope.viewer import system
from gongbi.wall import actions
from tests.desk.site import site, there, visit
from tests.support.browsing import Visit, found_by_axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["site", "there", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def shown(page: Page) -> list[list[str]]:
    """The table's rows: what a screen reader hears in place of the map."""
    rows = page.locator(".wall-table tbody tr")
    return [[cell.strip() for cell in row.split("\t")] for row in rows.all_inner_texts()]


def test_into_a_place_by_map_and_table_and_back_by_keyboard(visit: Visit, there: Any) -> None:
    made = there.case("handling")
    page = visit("manager", "/wall/", width=1920)
    page.set_viewport_size({"width": 1920, "height": 1080})
    area = page.locator(f'.wall-area[data-code="{made.territory[:9]}"]')
    area.wait_for()
    label = area.get_attribute("aria-label") or ""
    assert "在办 1" in label
    assert page.locator(".wall-area").count() == 9
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    area.focus()
    page.keyboard.press("Enter")
    inner = page.locator(f'.wall-area[data-code="{made.territory[:12]}"]')
    inner.wait_for()
    assert page.url.endswith(f"#{made.territory[:9]}")
    page.get_by_role("button", name="表格").click()
    table = page.locator(".wall-table")
    page.locator(".wall-into").first.click()
    page.wait_for_url(f"**#{made.territory[:12]}")
    assert shown(page)[-1][:3] == ["合计", "1", "0"]
    assert table.get_by_text("第", exact=False).first.is_visible()
    assert found_by_axe(page) == []
    page.keyboard.press("Escape")
    page.wait_for_url(f"**#{made.territory[:9]}")
    page.keyboard.press("Escape")
    page.locator(f'.wall-area[data-code="{made.territory[:9]}"]').wait_for(state="attached")
    page.get_by_role("button", name="地图").click()
    assert found_by_axe(page) == []
    page.reload()
    page.locator(".wall-area").first.wait_for()
    assert (
        "断线" in page.locator(".wall-state").inner_text()
        or "正在连接" in page.locator(".wall-state").inner_text()
    )


def test_a_past_day_is_played_stepped_and_left_again(visit: Visit, there: Any, clock: Any) -> None:
    there.case("handled")
    clock.now = (clock.now + timedelta(days=1)).replace(hour=9, minute=0, second=0)
    actions.fold_days(viewer=system("test"), at=clock.now)
    there.case("received")
    page = visit("manager", "/wall/", width=360)
    page.locator(".wall-area").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    sums = page.locator(".wall-sums strong")
    assert sums.nth(0).inner_text() == "2"
    page.get_by_label("日期").fill("2026-03-10")
    page.locator(".wall-state", has_text="回放").wait_for()
    page.get_by_role("button", name="暂停").click()
    slider = page.get_by_role("slider")
    slider.fill("0")
    expect(sums.nth(0)).to_have_text("0")
    page.get_by_role("button", name="前进一步").click()
    expect(page.locator(".wall-at")).to_have_text("10:00:00")
    expect(sums.nth(0)).to_have_text("1")
    expect(sums.nth(2)).to_have_text("1")
    page.get_by_role("button", name="后退一步").click()
    expect(page.locator(".wall-at")).to_have_text("00:00:00")
    slider.fill("86399")
    expect(sums.nth(0)).to_have_text("1")
    page.get_by_label("速度").select_option("600")
    slider.fill("35400")  # ten minutes before it came
    expect(sums.nth(0)).to_have_text("0")
    page.get_by_role("button", name="播放").click()
    page.locator(".wall-sums li", has_text="今日新到").locator("strong", has_text="1").wait_for(
        timeout=120_000
    )
    page.get_by_role("button", name="回到现在").click()
    page.locator(".wall-state", has_text="回放").wait_for(state="detached")
    assert sums.nth(0).inner_text() == "2"


def test_left_open_for_a_month_it_keeps_no_more_than_at_first(visit: Visit, there: Any) -> None:
    """A frame a second would be 2.6 million; some hundreds show what grows: nothing does."""
    there.case("handling")
    page = visit("manager", "/wall/", width=1280)
    page.locator(".wall-area").first.wait_for()
    feed = """async (from) => {
        const wall = document.querySelector("gb-wall");
        for (let i = from; i < from + 400; i++) {
            const line = {key: i, kind: "C0137", code: "610104001001001", at: 1773108000 + i, due: 1773108000 + i};
            const cell = [i % 90, i % 7, 1, 0, 0, i % 2, 0, i % 3, 1, 0, 0];
            wall.take({turn: i, at: line.at, cells: {"610104001001001": cell}, new: [line], late: [line]});
            if (i % 50 === 0) await new Promise(requestAnimationFrame);
        }
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return [document.getElementsByTagName("*").length, wall.live.size, wall.streams.new.length, wall.streams.late.length];
    }"""
    first = page.evaluate(feed, 1000)
    assert first[2:] == [12, 12]
    assert page.evaluate(feed, 2000) == first
    assert page.locator('[data-stream="new"] li').count() == 12
