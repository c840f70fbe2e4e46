"""The rest of the command centre's day: an incident and its plan, a whistle for three departments, the public told, the review, the ranking."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree
from playwright.sync_api import Locator, expect

from gongbi.command.flow import ORDER, WHISTLE
from gongbi.incidents.flow import INCIDENT
from tests.story.commanding import Wall
from tests.story.people import Person, zh
from tests.support.house import House

SCHEMA = Path(__file__).resolve().parent.parent / "incidents" / "data" / "CAP-v1.2.xsd"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"
PLAN = "供水管道爆裂处置预案"
NUMBER = {letters: re.compile(rf"{letters}\d{{8}}-\d{{6,}}-\w") for letters in ("TF", "CS", "ZL", "SS", "YJ")}
People = Callable[..., Person]


def _number(letters: str, text: str) -> str:
    found = NUMBER[letters].search(text)
    assert found is not None, text
    return found[0]


def _told(me: Person, *words: str) -> None:
    """The desk says so."""
    said = me.page.get_by_role("status")
    for word in words:
        said = said.filter(has_text=word)
    expect(said.first).to_be_visible()


def _chain(me: Person) -> Locator:
    return me.page.get_by_role("navigation", name="来龙去脉")


# --- The incident -------------------------------------------------------------------------------------------------------


def one_click(me: Person, warning: str, case: str, wall: Wall) -> str:
    """From the warning's page; what is known there is filled in. The warning is acted on, the wall shows the star. Its number."""
    page, before = me.page, wall.figure("突发事件")
    page.goto(f"/desk/warnings/{warning}")
    page.get_by_role("button", name="开启突发事件").click()
    page.wait_for_url("**/desk/incidents/TF**")
    number = _number("TF", page.url)
    head = page.locator(".page-head")
    expect(head).to_contain_text("供水管道爆裂")
    for other in (case, warning):
        expect(_chain(me).get_by_role("link", name=other)).to_be_visible()
    wall.shows("突发事件", str(before + 1))
    wall.doing("★ 供水管道爆裂")
    return number


def the_plan_starts(me: Person, incident: str) -> None:
    """The response begins, the plan for the event is offered first, and somebody writes down what is seen."""
    page = me.page
    page.goto(f"/desk/incidents/{incident}")
    _step(me, "启动响应")
    _told(me, incident, INCIDENT.by_state["responding"].words[0])
    page.get_by_role("button", name=PLAN).click()
    expect(page.locator("#tasks")).to_contain_text("关闭上下游阀门")
    page.locator("#log").get_by_label("发生了什么").fill("路面积水约三十厘米，已停水。")
    page.locator("#log").get_by_role("button", name="记一笔").click()
    expect(page.locator("#log")).to_contain_text("路面积水约三十厘米")


def _step(me: Person, label: str, fill: Callable[[Locator], None] | None = None) -> None:
    """A step of an incident, a whistle or an order from its page: the link, its panel, sent."""
    page = me.page
    page.get_by_role("group", name=zh("What you may do now")).get_by_role("link", name=label).click()
    panel = page.get_by_role("region", name=label, exact=True)
    expect(panel).to_be_visible()
    if fill is not None:
        fill(panel)
    panel.get_by_role("button", name=label, exact=True).click()


# --- The whistle --------------------------------------------------------------------------------------------------------


def the_street_whistles(me: Person, incident: str, day: dict[str, Any], wall: Wall) -> str:
    """From the incident's page: place, words and the units of the plan are there; one is added, one is left out. Its number."""
    page = me.page
    page.goto(f"/desk/incidents/{incident}")
    page.locator("#command").get_by_role("link", name="吹哨").click()
    units = page.get_by_role("group", name="叫哪些单位")
    for code in ("water", "transport_police"):
        expect(units.get_by_label(day["units"][code])).to_be_checked()
    wanted = set(day["units"].values())
    for box in units.get_by_role("checkbox").all():
        if box.is_checked() and not any(name in (box.locator("xpath=..").inner_text()) for name in wanted):
            box.uncheck()
    units.get_by_label(day["units"]["emergency"]).check()
    page.get_by_label("牵头单位").select_option(label=day["units"]["water"])
    page.get_by_label("分工").fill(f"{day['units']['water']}：关闭上下游阀门并抢修")
    page.get_by_role("button", name="吹哨").click()
    page.wait_for_url("**/whistles/CS**")
    wall.doing("吹哨：到场 0 / 3", day["units"]["water"])
    return _number("CS", page.url)


def a_department_comes(me: Person, name: str, there: int, wall: Wall) -> None:
    """On a phone: signed for, arrived, reported; one tap each from the list. The wall shows how many have come, and who."""
    page = me.page
    page.goto("/desk/command/?tab=mine")
    for tap in ("签收", "到场"):
        page.get_by_role("listitem").filter(has_text="供水").get_by_role("button", name=tap).click()
        _told(me, tap)
    wall.doing(f"吹哨：到场 {there} / 3", f"{name} 已到场")
    page.get_by_role("listitem").filter(has_text="供水").get_by_role("link", name="反馈").click()
    panel = page.get_by_role("region", name="反馈", exact=True)
    panel.get_by_role("textbox").fill("已到场处置，情况受控。")
    panel.get_by_role("button", name="反馈", exact=True).click()
    _told(me, ORDER.by_state["reported"].words[0])


def the_whistle_ends(street: Person, centre: Person, whistle: str, wall: Wall) -> None:
    """The street ends it, the district's centre judges it."""
    street.page.goto(f"/desk/command/whistles/{whistle}")
    rows = street.page.get_by_role("table").filter(has_text="牵头").locator("tbody tr")
    expect(rows).to_have_count(3)
    _step(street, "收哨", lambda panel: panel.get_by_role("textbox").fill("阀门已关，交通已疏导。"))
    _told(street, WHISTLE.by_state["ended"].words[0])
    wall.doing("吹哨：到场 3 / 3", count=0)
    expect(rows.filter(has_text=ORDER.by_state["done"].words[0])).to_have_count(3)

    def judged(panel: Locator) -> None:
        panel.get_by_role("radio").first.check()
        panel.get_by_role("textbox").fill("一个街道无法独自处置。")

    centre.page.goto(f"/desk/command/whistles/{whistle}")
    _step(centre, "评定", judged)
    _told(centre, WHISTLE.by_state["reviewed"].words[0])


# --- The public ---------------------------------------------------------------------------------------------------------


def feed(house: House) -> list[etree._Element]:
    """Every message of the public feed, newest first, each valid against the OASIS schema."""
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    status, text, _headers = house.get("/alerts.atom")
    assert status == 200
    found = []
    for entry in etree.fromstring(text.encode()).findall(f"{ATOM}entry"):
        link = entry.find(f"{ATOM}link")
        assert link is not None
        status, body, headers = house.get("/" + link.attrib["href"].split("/", 3)[3])
        assert (status, headers["content-type"].split(";")[0]) == (200, "application/cap+xml")
        message = etree.fromstring(body.encode())
        schema.assertValid(message)
        found.append(message)
    return found


def the_public_is_told(house: House, me: Person, resident: Person, incident: str) -> None:
    """An alert for the community; it is in the feed, valid, and stands on the residents' first page."""
    page = me.page
    page.goto(f"/desk/incidents/{incident}?step=alert")
    panel = page.get_by_role("region", name="发布预警信息", exact=True)
    panel.get_by_label("内容（中文）").fill("劳动路供水主管爆裂，周边停水。")
    panel.get_by_role("button", name="发布预警信息", exact=True).click()
    expect(page.locator("#alerts")).to_contain_text("生效中")
    (message,) = feed(house)
    assert message.findtext(f"{CAP}msgType") == "Alert"
    assert incident in (message.findtext(f"{CAP}incidents") or "")
    areas = [area.text or "" for area in message.iter(f"{CAP}areaDesc")]
    assert all(areas)
    resident.page.goto("/")
    banner = resident.page.get_by_role("region", name="正在生效的预警")
    expect(banner).to_contain_text("供水管道爆裂")
    expect(banner).to_contain_text("请提前储水")
    resident.fits()
    resident.shot("31-alert")
    banner.get_by_role("link", name="全部预警").click()
    expect(resident.page.get_by_role("heading", level=1)).to_contain_text("预警")
    expect(resident.page.locator("main")).to_contain_text("劳动路供水主管爆裂")


def the_alert_is_lifted(house: House, me: Person, resident: Person, incident: str) -> None:
    """Lifted: the chain of messages says so, and the residents' page shows nothing any more."""
    page = me.page
    page.goto(f"/desk/incidents/{incident}")
    page.locator("#alerts").get_by_role("link", name="解除").click()
    panel = page.get_by_role("region", name="解除", exact=True)
    panel.get_by_role("textbox").fill("管道已修复，恢复供水。")
    panel.get_by_role("button", name="解除", exact=True).click()
    expect(page.locator("#alerts")).to_contain_text("已解除")
    lifted, first = feed(house)
    assert lifted.findtext(f"{CAP}msgType") == "Cancel"
    assert (first.findtext(f"{CAP}identifier") or "?") in (lifted.findtext(f"{CAP}references") or "")
    resident.page.goto("/")
    expect(resident.page.get_by_role("link", name="说一件事").first).to_be_visible()
    expect(resident.page.get_by_role("region", name="正在生效的预警")).to_have_count(0)


# --- The end ------------------------------------------------------------------------------------------------------------


def it_is_over(me: Person, incident: str, wall: Wall) -> None:
    """The tasks are settled, the response ends, the star goes from the wall."""
    page, before = me.page, wall.figure("突发事件")
    page.goto(f"/desk/incidents/{incident}")
    first = page.locator("#tasks").get_by_role("button", name="完成：核实并向上级报告")
    first.click()
    expect(page.locator("#tasks")).to_contain_text("已办结 1 项")
    _step(me, "结束响应", lambda panel: panel.get_by_role("textbox").fill("管道修复，水质合格，恢复供水。"))
    _told(me, INCIDENT.by_state["over"].words[0])
    wall.shows("突发事件", str(before - 1))
    wall.doing("★ 供水管道爆裂", count=0)


def the_review_is_drafted(me: Person, incident: str, whistle: str) -> None:
    """The draft holds what happened; as Word it can be edited; the conclusion is somebody's, then it is put away."""
    page = me.page
    page.goto(f"/desk/incidents/{incident}/review")
    main = page.locator("main")
    for words in (
        "路面积水约三十厘米",
        "核实并向上级报告",
        "管道修复，水质合格",
        whistle,
        "已到场处置，情况受控",
        PLAN,
    ):
        expect(main).to_contain_text(words)
    with page.expect_download() as fetched:
        page.get_by_role("link", name="下载 Word").click()
    assert Path(fetched.value.path()).read_bytes()[:2] == b"PK"
    page.goto(f"/desk/incidents/{incident}")
    _step(me, "提交复盘", lambda panel: panel.get_by_role("textbox").fill("阀门图纸更新不及时，月底前补齐。"))
    _told(me, INCIDENT.by_state["reviewed"].words[0])
    _step(me, "归档")
    _told(me, INCIDENT.by_state["archived"].words[0])


def everybody_sees_the_chain(people: People, case: str, warning: str, incident: str, whistle: str) -> None:
    """From any of the four one comes to the other three."""
    me = people("dispatcher")
    pages = {
        case: f"/desk/case/{case}", warning: f"/desk/warnings/{warning}", incident: f"/desk/incidents/{incident}",
        whistle: f"/desk/command/whistles/{whistle}",
    }  # fmt: skip
    for here, address in pages.items():
        me.page.goto(address)
        for other in pages.keys() - {here}:
            expect(_chain(me).get_by_role("link", name=other)).to_be_visible()
    me.shot("32-chain")


# --- The ranking --------------------------------------------------------------------------------------------------------


def an_appeal_is_upheld(house: House, people: People) -> None:
    """A department contests a matter behind its score of the month before; somebody without a part in it agrees."""
    unit, judge = people("urban"), people("adjudicator")
    page = unit.page
    page.goto("/desk/evaluation/?scheme=departments")
    page.get_by_role("table").first.get_by_role("link", name="城市管理和综合执法局").click()
    page.get_by_role("row").filter(has_text="响应率").get_by_role("link").first.click()
    page.get_by_role("link", name="申诉").first.click()
    page.get_by_role("radio", name="应剔除").check()
    page.get_by_label("剔除理由").select_option(label="多次联系不上")
    page.get_by_label("理由", exact=True).fill("回访三次无人接听，无法核实。")
    page.get_by_label("证据").fill("三次外呼录音，编号在工单里。")
    page.get_by_role("button", name="提出申诉").click()
    page.wait_for_url("**/appeals/SS**")
    judge.page.goto(page.url)
    _step(judge, "申诉成立", lambda panel: panel.get_by_role("textbox").fill("录音属实。"))
    _told(judge, "成立")
    done = house.gongbi("evaluate", "--scheme", "departments")  # the worker would within a minute or so
    assert done.returncode == 0, done.stderr


def recomputed(house: House, me: Person) -> bytes:
    """The newest edition of the departments, computed anew and compared on the page; its bytes as they are taken home."""
    page = me.page
    page.goto("/desk/evaluation/?scheme=departments")
    expect(page.locator("main")).to_contain_text("第 2 版")
    page.get_by_role("button", name="重算核对").click()
    _told(me, "逐字节一致")
    with page.expect_download() as fetched:
        page.get_by_role("link", name="JSON").click()
    done = house.gongbi("evaluate", "--scheme", "departments", "--recompute")
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(fetched.value.path()).read_bytes()
