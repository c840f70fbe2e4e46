"""The whole story in one browser session: from a sentence on a phone to a case that everybody who spoke has judged.

Real processes, real pages, the database of the column under test. Pictures of each stage go to ``tests/artifacts``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from gongbi.look.i18n import compile_messages
from tests.story.people import CASE_NUMBER, PATIENCE, RECEIPT, Person, choose, state, zh
from tests.support.house import House

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]
ALBUM = Path(__file__).resolve().parent.parent / "artifacts"
COMMUNITY = "莲湖路第一社区"  # of the street whose officer is a demo account
LAMP = "莲湖路小学东门口的两盏路灯从上周起一直不亮，晚上接孩子看不见台阶"
LAMP_TOO = "莲湖路小学东门口路灯不亮好几天了，晚上台阶那里特别黑"
LAMP_CALLED = "莲湖路小学东门外面路灯一直不亮，老人晚上不敢走"
TWIN = "莲湖路小学"
URBAN, STREET = "城市管理和综合执法局", "青年路街道"


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_messages()


@pytest.fixture
def people(browser: Browser, house: House) -> Iterator[Callable[..., Person]]:
    """``people("urban")``: somebody with a browser; the same login is the same person. At the end no page had an error."""
    album = ALBUM / ("postgres" if house.database else "sqlite")
    album.mkdir(parents=True, exist_ok=True)
    known: dict[str, Person] = {}
    expect.set_options(timeout=PATIENCE)

    def person(login: str = "", *, who: str = "", phone: bool = False) -> Person:
        key = login or who
        if key not in known:
            known[key] = Person(browser, house.url, album, login, phone=phone)
        return known[key]

    yield person
    expect.set_options(timeout=5000)  # Playwright's own
    for one in known.values():
        one.context.close()
    assert [error for one in known.values() for error in one.errors] == []


def test_from_the_first_word_to_the_last_verdict(house: House, people: Callable[..., Person]) -> None:
    house.start()
    number, link_a = a_resident_says_it(people(who="A", phone=True))
    link_b = another_joins_it(people(who="B", phone=True), number)
    case = a_clerk_takes_two_calls(people("clerk"))
    the_desk_accepts_and_dispatches(people("dispatcher"), case)
    the_unit_contests_twice_and_is_ruled(people, case)
    the_unit_handles_it(people, case, link_a)
    a_checker_sends_it_back_once(people, case)
    everybody_is_answered(people, case, (link_a, link_b))
    it_is_still_there(people, case, (link_a, link_b))
    a_grid_worker_solves_on_the_spot(people("grid", phone=True))
    the_board_counts_it(house, people("manager"), case)
    for words in (("ledger", "verify"), ("check",)):
        done = house.gongbi(*words)
        assert done.returncode == 0, done.stdout + done.stderr


# --- 2. A resident --------------------------------------------------------------------------------------------------


def a_resident_says_it(me: Person) -> tuple[str, str]:
    """Words, the community from the list, a photo; a number at once, a private link with its code."""
    page = me.page
    page.goto("/")
    me.fits()
    me.shot("01-landing")
    page.get_by_role("link", name=zh("Say something")).first.click()
    page.get_by_label(zh("What is it about?")).fill(LAMP)
    choose(page.locator("main"), zh("Or choose the community"), COMMUNITY)
    me.add_photo("路灯", "#2b3a55")
    expect(page.get_by_role("group", name=zh("Which kind of matter?"))).to_contain_text("路灯")
    me.fits()
    me.shot("02-ask")
    page.get_by_role("button", name=zh("Send"), exact=True).click()
    page.wait_for_url("**/receipt/**")
    me.fits()
    me.shot("03-receipt")
    number = RECEIPT.search(page.locator("main").inner_text())
    assert number is not None
    expect(page.locator("figure.qr svg")).to_be_visible()
    page.get_by_role("link", name=zh("Follow it")).click()
    page.wait_for_url("**/r/**")
    expect(page.locator("#now")).to_contain_text(state("received"))
    me.fits()
    me.shot("04-follow")
    # With the number alone one sees the state, and nothing of what was said.
    link = page.url
    page.goto("/")
    page.get_by_label(zh("Receipt number")).fill(number[0])
    page.get_by_role("button", name=zh("Look"), exact=True).click()
    expect(page.get_by_role("status").filter(has_text=number[0])).to_contain_text(state("received"))
    assert TWIN not in page.locator("main").inner_text()
    return number[0], link


def another_joins_it(me: Person, number: str) -> str:
    """Somebody else begins to write, sees that it is known, and joins. What the first one wrote stays with the desk."""
    page = me.page
    page.goto("/ask")
    page.get_by_label(zh("What is it about?")).fill(LAMP_TOO)
    choose(page.locator("main"), zh("Or choose the community"), COMMUNITY)
    known = page.get_by_role("region", name=zh("Already being handled"))
    same = known.get_by_role("listitem").filter(has_text="路灯")
    expect(same).to_have_count(1)
    expect(same).not_to_contain_text(TWIN)
    me.shot("05-already-known")
    same.get_by_role("button", name=zh("That is mine too: join it")).click()
    page.wait_for_url("**/receipt/**")
    mine = RECEIPT.search(page.locator("main").inner_text())
    assert mine is not None
    assert mine[0] != number
    page.get_by_role("link", name=zh("Follow it")).click()
    page.wait_for_url("**/r/**")
    return page.url


# --- 3. A clerk -----------------------------------------------------------------------------------------------------


def a_clerk_takes_two_calls(me: Person) -> str:
    """The first is answered at once and dispatches nothing; the second joins the matter. The number of its case."""
    page, caller = me.page, "13800006789"
    page.goto("/desk/intake")
    page.get_by_label(zh("The caller's number")).fill(caller)
    page.get_by_label(zh("What the caller says")).fill("我家的拆迁官司法院已经立案，请问什么时候判")
    page.locator("summary", has_text=zh("Answer at once, dispatch nothing")).click()
    page.get_by_label("已进入法定程序").check()
    me.shot("06-special-route")
    file_it = page.get_by_role("button", name=zh("File it and give the number"))
    file_it.click()
    page.wait_for_url("**/desk/intake/receipt/**")
    expect(page.get_by_role("heading", name=zh("Answered at once"))).to_be_visible()
    first = RECEIPT.search(page.locator("main").inner_text())
    assert first is not None
    page.get_by_role("link", name=zh("Next caller")).click()

    page.get_by_label(zh("The caller's number")).fill(caller)
    expect(page.locator("#earlier")).to_contain_text(first[0])
    page.get_by_label(zh("What the caller says")).fill(LAMP_CALLED)
    choose(page.locator("form#caller"), zh("Community"), COMMUNITY)
    same = page.locator("#look").get_by_role("radio", name=re.compile(TWIN))
    expect(same).to_have_count(1)
    same.check()
    case = CASE_NUMBER.search(page.locator("#look label").filter(has_text=TWIN).inner_text())
    assert case is not None
    me.shot("07-caller")
    file_it.click()
    page.wait_for_url("**/desk/intake/receipt/**")
    expect(page.get_by_role("heading", name=zh("Joined to a matter in hand"))).to_be_visible()
    return case[0]


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
    expect(refused).to_contain_text("社区")
    expect(refused).to_contain_text("三项清单")
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

    def not_ours(panel: Locator) -> None:
        panel.get_by_label(zh("Reason")).fill("该路段路灯在学校红线以内，应由街道协调产权单位。")

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

    urban.take(
        case, "申请延期", state("handling"), lambda panel: panel.get_by_label(zh("Reason")).fill("须先订购灯具。")
    )
    dispatcher = people("dispatcher")
    dispatcher.page.goto("/desk/queue/requests")
    expect(dispatcher.page.locator("[data-queue-list]")).to_contain_text(LAMP)
    dispatcher.take(case, "审批申请", state("handling"), lambda panel: panel.get_by_label("同意", exact=True).check())

    urban.open(case)
    expect(urban.page.get_by_role("button", name="处置完成")).to_be_disabled()  # the co-handler has not done its part
    part = people("street")
    part.take(case, "协办完成", state("handling"), lambda panel: panel.locator("textarea").fill("已联系学校开门配合。"))
    urban.take(case, "处置完成", state("handled"), lambda panel: finish(urban, panel, "换了两盏灯。", "#7d5b1f"))
    urban.shot("13-handled")


def finish(me: Person, panel: Locator, words: str, colour: str) -> None:
    panel.get_by_label(zh("What was done")).fill(words)
    me.add_photo("修好", colour, panel)


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
    urban.take(case, "处置完成", state("handled"), lambda panel: finish(urban, panel, "第二盏也亮了。", "#2f7d5b"))
    checker.take(
        case, "核查通过", state("checked"), lambda panel: panel.get_by_label(zh("What you found")).fill("两盏都亮。")
    )


# --- 7. Everyone who reported ---------------------------------------------------------------------------------------


def call_back(panel: Locator) -> None:
    panel.get_by_role("radio", name=re.compile(LAMP_CALLED[:12])).check()
    panel.get_by_label("已联系上", exact=True).check()
    panel.get_by_label("已解决", exact=True).check()
    panel.get_by_label("非常满意", exact=True).check()


def everybody_is_answered(people: Callable[..., Person], case: str, links: tuple[str, str]) -> None:
    """The caller is called; both residents judge, each for oneself."""
    people("clerk").take(case, "回访", state("closed"), call_back)
    judge(people(who="A"), links[0], "Yes, it is solved", "Satisfied", "15-judge")
    judge(people(who="B"), links[1], "No, not solved", "Dissatisfied", "16-not-solved")


def judge(me: Person, link: str, solved: str, grade: str, name: str) -> None:
    page = me.page
    page.goto(link)
    page.get_by_label(zh(solved), exact=True).check()
    page.get_by_label(zh(grade), exact=True).check()
    me.fits()
    me.shot(name)
    page.get_by_role("button", name=zh("Send my judgement")).click()
    expect(page.get_by_text(zh("Thank you. Your judgement counts."))).to_be_visible()


def it_is_still_there(people: Callable[..., Person], case: str, links: tuple[str, str]) -> None:
    """With a photo it opens again; handled, checked, called and judged once more."""
    resident, urban = people(who="B"), people("urban")
    page = resident.page
    page.goto(links[1])
    part = page.locator("#reopen")
    if part.locator("details").get_attribute("open") is None:
        part.locator("summary").click()
    part.get_by_label(zh("What is still wrong?")).fill("昨晚又灭了一盏。")
    resident.add_photo("还是黑的", "#1d2126", part)
    resident.shot("17-still-there")
    part.get_by_role("button", name=zh("Reopen it")).click()
    expect(page.get_by_text(zh("It is open again and has gone back to the unit."))).to_be_visible()
    expect(page.locator("#now")).to_contain_text(state("handling"))

    urban.take(case, "处置完成", state("handled"), lambda panel: finish(urban, panel, "换了整流器。", "#1f5f8b"))
    found = "连看两晚，都亮。"
    people("checker").take(
        case, "核查通过", state("checked"), lambda panel: panel.get_by_label(zh("What you found")).fill(found)
    )
    people("clerk").take(case, "回访", state("closed"), call_back)
    judge(people(who="A"), links[0], "Yes, it is solved", "Very satisfied", "18-judged")
    judge(resident, links[1], "Yes, it is solved", "Satisfied", "19-judged-too")
    expect(resident.page.locator("#now")).to_contain_text(state("judged"))
    resident.shot("20-the-end")


# --- 5. The grid worker ---------------------------------------------------------------------------------------------


def a_grid_worker_solves_on_the_spot(me: Person) -> None:
    """Found, cleared, one tap; it waits for somebody else's check."""
    page = me.page
    page.goto("/desk/")
    page.wait_for_url("**/field/")
    me.fits()
    me.shot("21-grid-worker")
    page.get_by_role("link", name=zh("Report or solve on the spot")).click()
    page.get_by_role("radio", name="废弃家具设备").check()
    me.add_photo("清走了", "#7d5b1f")
    me.fits()
    me.shot("22-on-the-spot")
    page.get_by_role("button", name=zh("Solved on the spot")).click()
    page.wait_for_url("**/field/")
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
    parts = me.page.locator(".tile").filter(has=me.page.get_by_text(name, exact=True)).locator(".tile-parts").inner_text()
    found = re.match(r"([\d,]+) / ([\d,]+)", parts)
    assert found is not None, parts
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))
