"""The stages of the story in which those who reported speak: residents on their phones, a caller through the clerk."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.story.people import (
    CASE_NUMBER,
    COMMUNITY,
    LAMP,
    LAMP_CALLED,
    LAMP_TOO,
    RECEIPT,
    TWIN,
    Person,
    choose,
    finish,
    state,
    write,
    zh,
)

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


# --- 7. Everyone who reported ---------------------------------------------------------------------------------------


def call_back(panel: Locator) -> None:
    expect(
        panel.get_by_role("radio", name=re.compile(LAMP_CALLED[:12]))
    ).to_be_checked()  # the call that is owed
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

    urban.take(case, "处置完成", state("handled"), finish(urban, "换了整流器。", "#1f5f8b"))
    people("checker").take(case, "核查通过", state("checked"), write("What you found", "连看两晚，都亮。"))
    people("clerk").take(case, "回访", state("closed"), call_back)
    judge(people(who="A"), links[0], "Yes, it is solved", "Very satisfied", "18-judged")
    judge(resident, links[1], "Yes, it is solved", "Satisfied", "19-judged-too")
    expect(resident.page.locator("#now")).to_contain_text(state("judged"))
    resident.shot("20-the-end")
