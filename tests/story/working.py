"""The stages of the story in which the staff works: desk, unit, checker, grid worker, manager."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Locator, expect

from tests.story.people import (
    COMMUNITY,
    LAMP,
    RECEIPT,
    STREET,
    URBAN,
    Person,
    choose,
    finish,
    state,
    write,
    zh,
)
from tests.support.house import House

# --- 4. The desk ----------------------------------------------------------------------------------------------------


def the_desk_accepts_and_dispatches(me: Person, case: str) -> None:
    """With the keyboard alone; a community outside its lists is refused with the article."""
    page = me.page
    page.goto("/desk/queue/accept")
    me.walk_to(LAMP)
    me.shot("08-queue", full=False)
    page.keyboard.press("a")
    accept = me.panel("立案")
    expect(accept.get_by_role("radio", name=re.compile("C0137"))).to_be_checked()
    choose(accept, zh("Filing condition"), "2工作日")
    me.shot("09-accept", full=False)
    accept.get_by_role("button", name="立案").focus()
    page.keyboard.press("Enter")
    me.done("立案", state("accepted"))

    page.goto("/desk/queue/dispatch")
    me.walk_to(LAMP)
    page.keyboard.press("d")
    dispatch = me.panel("派遣")
    choose(dispatch, zh("Lead unit"), COMMUNITY)
    me.send(dispatch, "派遣")
    refused = page.get_by_role("alert")
    expect(refused).to_contain_text("协助照明设施故障的上报")
    expect(refused).to_contain_text("社区三项清单")
    me.shot("10-refused", full=False)
    to_urban(dispatch)
    me.send(dispatch, "派遣")
    me.done("派遣", state("dispatched"))


def to_urban(dispatch: Locator) -> None:
    """The right unit, with the street as co-handler."""
    choose(dispatch, zh("Lead unit"), URBAN)
    fold = dispatch.locator("details").filter(has_text=zh("Co-handlers"))
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    fold.get_by_role("checkbox", name=re.compile(STREET)).check()


# --- 5. The unit ----------------------------------------------------------------------------------------------------


def the_unit_contests_twice_and_is_ruled(people: Callable[..., Person], case: str) -> None:
    """Contested, dispatched again, contested again, ruled: the ruling binds."""

    not_ours = write("Reason", "该路段路灯在学校红线以内，应由街道协调产权单位。")
    urban, dispatcher = people("urban"), people("dispatcher")
    urban.take(case, "提出异议", state("accepted"), not_ours)
    dispatcher.take(case, "派遣", state("dispatched"), to_urban)
    urban.take(case, "提出异议", state("disputed"), not_ours)

    def ruling(panel: Locator) -> None:
        choose(panel, zh("Whose it is"), URBAN)
        panel.get_by_label(zh("Reason")).fill("路灯在市政道路上，由城管局维护。")
        panel.get_by_label(zh("Article or duty item")).fill("城市照明管理规定")
        expect(panel.get_by_role("checkbox")).to_be_checked()  # a precedent for the router

    adjudicator = people("adjudicator")
    adjudicator.take(case, "裁定", state("dispatched"), ruling)
    adjudicator.shot("11-ruled")
    urban.open(case)
    expect(urban.page.get_by_role("button", name="提出异议")).to_be_disabled()


def the_unit_handles_it(people: Callable[..., Person], case: str, link: str) -> None:
    """Signs, asks back, gets more time, and its co-handler does its part."""
    urban, resident = people("urban"), people(who="A")
    urban.take(case, "签收", state("handling"))

    def question(panel: Locator) -> None:
        panel.get_by_role("radio", name=re.compile(LAMP[:10])).check()
        panel.get_by_label(zh("Your question")).fill("是东门左边的两盏，还是右边的两盏？")

    urban.take(case, "请报告人补充", state("asking"), question)
    page = resident.page
    page.goto(link)
    resident.shot("12-question")
    page.get_by_label(zh("Your answer")).fill("左边的两盏，靠近斑马线。")
    page.get_by_role("button", name=zh("Send the answer")).click()
    expect(page.get_by_text(zh("Thank you. Your answer was passed on."))).to_be_visible()

    urban.take(case, "申请延期", state("handling"), write("Reason", "须先订购灯具。"))
    dispatcher = people("dispatcher")
    dispatcher.page.goto("/desk/queue/requests")
    expect(dispatcher.page.locator("[data-queue-list]")).to_contain_text(LAMP)
    dispatcher.take(
        case, "审批申请", state("handling"), lambda panel: panel.get_by_label("同意", exact=True).check()
    )

    urban.open(case)
    expect(
        urban.page.get_by_role("button", name="处置完成")
    ).to_be_disabled()  # the co-handler has not done its part
    part = people("street")
    part.take(case, "协办完成", state("handling"), write("What your unit did", "已联系学校开门配合。"))
    urban.take(case, "处置完成", state("handled"), finish(urban, "换了两盏灯。", "#7d5b1f"))
    urban.shot("13-handled")


# --- 6. The checker -------------------------------------------------------------------------------------------------


def a_checker_sends_it_back_once(people: Callable[..., Person], case: str) -> None:
    """Rework goes to the same unit; then the check passes, and nothing closes before the call."""
    checker, urban = people("checker"), people("urban")
    checker.open(case)
    panel = checker.press("返工")
    checker.shot("14-check")
    panel.get_by_label(zh("Reason")).fill("照片里只亮了一盏。")
    checker.send(panel, "返工")
    checker.done("返工", state("handling"))
    urban.take(case, "处置完成", state("handled"), finish(urban, "第二盏也亮了。", "#2f7d5b"))
    checker.take(case, "核查通过", state("checked"), write("What you found", "两盏都亮。"))


# --- 5. The grid worker ---------------------------------------------------------------------------------------------


def a_grid_worker_solves_on_the_spot(me: Person) -> None:
    """Found, cleared, one tap; it waits for somebody else's check."""
    page = me.page
    page.goto("/desk/")
    page.wait_for_url("**/field/")
    page.locator("nav.field-ways").wait_for()
    me.fits()
    me.shot("21-grid-worker")
    page.goto("/field/plain")
    page.get_by_role("link", name=zh("Report or solve on the spot")).click()
    page.get_by_role("radio", name="废弃家具设备").check()
    me.add_photo("清走了", "#7d5b1f")
    me.fits()
    me.shot("22-on-the-spot")
    page.get_by_role("button", name=zh("Solved on the spot")).click()
    page.wait_for_url("**/field/plain")
    said = page.get_by_role("status").filter(has_text=RECEIPT)
    expect(said).to_be_visible()
    number = RECEIPT.search(said.inner_text())
    assert number is not None
    me.open(number[0])
    expect(page.locator("header.matter-head")).to_contain_text(state("handled"))


# --- 8. The manager -------------------------------------------------------------------------------------------------


def the_board_counts_it(house: House, me: Person, case: str) -> None:
    """The figure on the board, the rows behind it, the command and a plain recount say the same."""
    today = timezone.localdate()
    first, last = today - timedelta(days=1), today  # it may have begun before midnight
    told = house.gongbi("board", "--json", "--recount", "--from", str(first), "--to", str(last))
    assert told.returncode == 0, told.stdout + told.stderr
    counted = {rate["zh"]: rate for rate in json.loads(told.stdout)["rates"]}

    page = me.page
    page.goto(f"/desk/board/?from={first}&to={last}")
    me.shot("23-board")
    for name in ("返工率", "按期处置率", "解决率", "满意率"):
        assert tile(me, name) == (counted[name]["numerator"], counted[name]["denominator"])
    above, below = tile(me, "满意率")
    assert above >= 3  # the caller and both residents
    page.locator(".tile").filter(has_text="满意率").get_by_role("link").click()
    page.wait_for_url("**/desk/board/rows**")
    expect(page.get_by_role("heading", name="满意率")).to_contain_text("满意率")
    expect(page.locator(".figure-parts").first).to_have_text(f"{above} / {below}")
    rows = page.locator("main table tbody tr")
    expect(rows).to_have_count(above)
    expect(rows.filter(has_text=case)).to_have_count(3)
    me.shot("24-rows")
    rows.get_by_role("link", name=case).first.click()
    expect(page.locator("header.matter-head")).to_contain_text(state("judged"))
    me.shot("25-case")


def tile(me: Person, name: str) -> tuple[int, int]:
    """Numerator and denominator as the tile shows them."""
    parts = (
        me.page.locator(".tile")
        .filter(has=me.page.get_by_text(name, exact=True))
        .locator(".tile-parts")
        .inner_text()
    )
    found = re.match(r"([\d,]+) / ([\d,]+)", parts)
    assert found is not None, parts
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))
