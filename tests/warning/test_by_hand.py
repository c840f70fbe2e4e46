"""The warning desk under people's hands: raised, assessed, acted on and reviewed right; another dismissed and reviewed wrong."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from gongbi.warning import rules
from tests.desk.conftest import Clock, World
from tests.desk.site import site, there, visit
from tests.look.test_access import found_by_axe, settled
from tests.support.browsing import Visit
from tests.warning.happening import TODAY, Happened, noon, store
from tests.warning.test_flow import Make, grid, make

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["grid", "make", "site", "there", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIST = "/desk/warnings/"


def step(page: Page, label: str, after: str, **words: str) -> None:
    """Press the step's button, fill in its fields by their names, send it; the desk says in which state the warning is now."""
    page.locator(".steps").get_by_role("link", name=label).click()
    panel = page.locator("section.panel")
    for name, text in words.items():
        if text in (rules.RIGHT, rules.WRONG):
            panel.locator(f"input[name={name}][value={text}]").check()
        else:
            panel.locator(f"[name={name}]").fill(text)
    panel.get_by_role("button", name=label).click()
    page.locator(".notice", has_text=f"“{after}”").wait_for()


def test_from_raised_to_reviewed_and_the_precision_that_is_published(
    visit: Visit, there: World, make: Make, grid: str, clock: Clock
) -> None:
    clock.now = noon(TODAY) + timedelta(hours=1)
    store([Happened(grid, "E0301", noon(TODAY), lon=108.913, lat=34.265)])
    with transaction.atomic():
        wrong = make(sort=rules.REPEAT, kind="C0137", level=4)
        right = make(level=1)
    desk = visit("dispatcher", LIST)
    assert "不作准确率的承诺" in desk.inner_text("main")
    assert found_by_axe(desk) == []
    desk.get_by_role("link", name=right.number).click()
    settled(desk)
    assert "第1件" in desk.inner_text("#inside")
    assert found_by_axe(desk) == []
    step(desk, "研判", "已研判", finding="疑为夜间施工")
    desk.locator(".steps").get_by_role("link", name="交办").click()
    panel = desk.locator("section.panel")
    assert "预警核查" in panel.locator("textarea").input_value()  # nothing is asked that is known
    assert panel.locator("[name=kind]").input_value() == "E0301"  # as most of its cases
    panel.get_by_role("button", name="交办").click()
    desk.locator(".notice", has_text="“已处置”").wait_for()
    made = desk.get_by_role("region", name="由此交办的案件").first.get_by_role("link").first
    number = made.inner_text()
    made.click()
    desk.wait_for_url(f"**/desk/case/{number}")
    assert "预警核查" in desk.inner_text("main")  # by the front door, a report like any other
    assert right.number in desk.inner_text("main")  # and it says what it was made from

    desk.goto(f"{desk.url.split('/desk/')[0]}{LIST}{wrong.number}")
    step(desk, "研判", "已研判", finding="换灯杆的施工")
    step(desk, "排除", "已排除", reason="同一工程的多次报修")

    other = visit("manager", f"{LIST}?tab=review", width=360, theme="dark", language="en")
    settled(other)
    for number, verdict in ((right.number, rules.RIGHT), (wrong.number, rules.WRONG)):
        other.get_by_role("link", name=number).click()
        step(other, "Review", "Reviewed", verdict=verdict, reason="went there")
        other.goto(f"{other.url.split('/desk/')[0]}{LIST}?tab=review")
        told = other.get_by_role("region", name="Published precision").first.inner_text()
        shares = re.findall(r"\d+% \(\d/\d\)", told)
        assert shares[-1] == ("100% (1/1)" if verdict == rules.RIGHT else "0% (0/1)")
    assert found_by_axe(other) == []
    for path in ("looks", "settings"):
        other.goto(f"{other.url.split('/desk/')[0]}{LIST}{path}")
        assert found_by_axe(other) == [], path
        assert other.evaluate("document.documentElement.scrollWidth") <= 360
