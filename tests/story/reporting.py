"""The four who report one broken manhole cover, and how each of them hears what became of it."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

from gongbi.kernel.flow import numbers
from tests.channels.devices import broker
from tests.channels.devices.test_answers import heard
from tests.channels.devices.test_mqtt import speaking, tell
from tests.channels.hotline.conftest import KEY
from tests.channels.hotline.test_storm import Peer
from tests.process.test_open311_line import does
from tests.process.test_sigkill import asked
from tests.story.people import RECEIPT, Person, state, zh
from tests.support.house import House

USERS = {"gongbi": "listener-pass", "gw-1": "gateway-pass"}
PLACE = {"longitude": 108.91303, "latitude": 34.26504}
COVER, STREET_CORNER = "MH-0001", "劳动路与丰登路路口"
RESIDENT = "劳动路丰登路口人行道上的井盖翘起来了，走路差点被绊倒"
CALLER = "市民来电：劳动路和丰登路交叉口有个井盖破损翘起，骑车经过很危险"
NEIGHBOUR = "邻区居民反映，劳动路丰登路口的井盖翘起来一边，车压过去响得很"
RESULT = "井盖已更换并找平，四周围挡已撤。"
MAIL = "resident@example.org"

HERE = """
from gongbi.channels import actions
from gongbi.channels.devices import actions as devices
from gongbi.parties import actions as parties
from gongbi.parties.models import Unit
from gongbi.parties.demo import PASSWORD
from gongbi.parties.models import Account
from gongbi.territory import queries as territory
from datetime import timedelta
from django.contrib.auth.hashers import make_password
Account.objects.update(password=make_password(PASSWORD))  # the tests' own hasher is none of a house's
before = now - timedelta(days=1)
found = territory.locate(108.913, 34.265, on=now)
devices.keep("{cover}", {{"kind": "manhole_tilt", "place": "{place}", "division": found.community, "lon": 108.913, "lat": 34.265,
    "owner": "市政设施管理处", "purpose": "井盖倾斜报警", "sign_number": "GS-MH-1", "sign_text": "只测井盖倾角，读数保存7天。", "keep_days": 7,
    "gateway": "gw-1", "key": "", "limit": None, "clear": None, "period": None}}, viewer=me, at=before)
hotline = actions.save_source(code="xa12345", name="西安12345", name_en="Xi'an 12345", kind="hotline", direction="both", viewer=me, at=before,
    settings={{"base_url": "{hotline}", "timeout_seconds": 5, "reconcile_at": "23:59"}})
actions.save_secret(hotline.pk, {{"key": "{key}", "key_next": ""}}, viewer=me, at=before)
actions.save_source(code="neighbour", name="邻区", name_en="The neighbouring district", kind="open311", viewer=me, at=before)
actions.save_source(code="notices", name="通知", kind="notice", direction="out", viewer=me, at=before,
    settings={{"transport": "file", "ways": ["email"], "quiet_from": "00:00", "quiet_to": "00:00"}})
unit = Unit.objects.filter(kind="department").order_by("pk")[0]
print(json.dumps(parties.make_key(name="neighbour", unit_id=unit.pk, channel="neighbour", at=before, viewer=me)[1]))
"""
THERE = """
from datetime import timedelta
from gongbi.cases import actions as cases
from gongbi.cases.actions.statement import Statement
from gongbi.cases.triage import Said
from gongbi.channels import actions
from gongbi.kernel.scope.viewer import DISPATCHER, Viewer
from gongbi.parties.models import Post, Unit
before, unit = now - timedelta(days=1), Unit.objects.get(code="water")
made = actions.save_source(code="there", name="莲湖区", kind="open311", direction="both", unit_id=unit.pk, viewer=me, at=before,
    settings={{"endpoint": "{url}/open311/v2", "sends": True, "poll": 1}})
actions.save_secret(made.pk, {{"api_key": "{key}"}}, viewer=me, at=before)
actions.map_code(made.pk, "C0123", kind="C0123", viewer=me)
post = Post.objects.filter(role="dispatcher").order_by("pk")[0]
desk = Viewer(actor=f"post:{{post.pk}}", role=DISPATCHER, post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id,
    units=frozenset({{post.unit_id}}), territories=("610104",))
said = Said(text="{text}", said_at=now, channel="web", lon=108.9131, lat=34.2651, kind="C0123")
case = cases.receive(Statement(said=said), viewer=PUBLIC, at=timezone.now()).report.case
cases.accept(case_id=case.pk, viewer=desk, at=timezone.now(), kind="C0123")
cases.dispatch(case_id=case.pk, viewer=desk, at=timezone.now(), unit_id=unit.pk)
print(json.dumps(case.number))
"""


def wait(true: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Wait until other processes have done something; what came of it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, what
        time.sleep(0.1)
    return found


def one(house: House, statement: str) -> Any:
    """The first value of the first row, None without a row."""
    found = asked(house, statement)
    return found[0][0] if found else None


def receipt_of(here: House, where: str) -> str:
    """The receipt number of a report, by which the desk opens its case."""
    key, at = asked(here, f"SELECT id, received_at FROM cases_report WHERE {where}")[0]
    told = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    return numbers.write("LH", key, timezone.localdate(told))


def furnish_here(here: House, hotline: Peer) -> str:
    """The sensor, the hotline, the neighbour and the gateway of the notices are set up; the neighbour's key."""
    code = HERE.format(cover=COVER, place=STREET_CORNER, hotline=hotline.address, key=KEY)
    return str(does(here, code))


def furnish_there(there: House, here: House, key: str) -> str:
    """The neighbour gives a case of its own to us; its number there. It goes over when its worker begins."""
    return str(does(there, THERE.format(url=here.url, key=key, text=NEIGHBOUR)))


# --- Four ways in ----------------------------------------------------------------------------------------------------


def a_sensor_says_it(here: House, at: broker.Broker) -> None:
    """The cover leans: three readings over the broker make one case."""
    with speaking(at, "gw-1") as gateway:
        for n, tilt in enumerate((2.0, 31.0, 32.0, 32.0)):
            reading = {"device": COVER, "value": tilt, "at": time.time() - 60 + 15 * n, "seq": n}
            tell(gateway, "gongbi/gw-1/readings", {"readings": [reading]})
    wait(lambda: one(here, "SELECT id FROM cases_report WHERE channel = 'device'"), "the sensor made no case")


def a_resident_joins_it(me: Person) -> tuple[str, str]:
    """On the page it is known already, so the resident joins; the receipt and the private link."""
    page = me.page
    page.goto("/ask")
    page.get_by_label(zh("What is it about?")).fill(RESIDENT)
    page.get_by_role("button", name="用我的位置").click()
    page.locator("#you summary").click()
    page.get_by_label("电子邮件", exact=True).check()
    page.get_by_label(zh("E-mail address")).fill(MAIL)
    known = page.get_by_role("region", name=zh("Already being handled"))
    known.get_by_role("button", name=zh("That is mine too: join it")).first.click()
    page.wait_for_url("**/receipt/**")
    number = RECEIPT.search(page.locator("main").inner_text())
    assert number is not None
    page.get_by_role("link", name=zh("Follow it")).click()
    page.wait_for_url("**/r/**")
    return number[0], page.url


def the_hotline_sends_it(here: House, hotline: Peer) -> list[str]:
    """Its order of the cover, and two orders about other matters; their numbers."""
    [cover] = hotline.ask("orders", count=1, start=1, more={"text": CALLER, "title": "井盖破损", "place": STREET_CORNER})["numbers"]  # fmt: skip
    others = hotline.ask("orders", count=2, start=2)["numbers"]
    hotline.ask("push")
    wait(lambda: one(here, "SELECT count(*) FROM cases_report WHERE net = 'xa12345'") == 3, "the orders made no cases")  # fmt: skip
    return [cover, *others]


def the_neighbour_sends_it(here: House, there: House, number: str) -> None:
    there.begin("worker")
    wait(lambda: one(here, f"SELECT id FROM cases_report WHERE net = 'neighbour' AND external = '{number}'"), "the neighbour's case did not come over")  # fmt: skip


# --- Four answers ----------------------------------------------------------------------------------------------------


def the_gateway_hears(at: broker.Broker, case: str, me: Person) -> None:
    """The last word lies at the broker for the device; the page of the events says the same."""
    topic = f"gongbi/gw-1/answers/{COVER}"
    told = wait(lambda: (found := heard(at, "gw-1").get(topic)) and found["closed"] and found, "no answer for the device")  # fmt: skip
    assert (told["state"], told["device"], told["said"]) == ("closed", COVER, RESULT)
    me.page.goto("/desk/devices/events")
    line = me.page.locator("tbody tr").filter(has_text=STREET_CORNER)
    expect(line).to_contain_text(case)
    expect(line).to_contain_text(state("closed"))


def the_resident_reads(here: House, me: Person, link: str) -> None:
    """The page says what was done; the notice says that it is done."""
    me.page.goto(link)
    expect(me.page.locator("#now")).to_contain_text(state("closed"))
    expect(me.page.locator("main")).to_contain_text(RESULT)
    me.fits()
    me.shot("33-resident-answered")

    def notices() -> list[str]:
        return [file.read_text() for file in sorted((here.var / "notices").glob("*"))]

    wait(lambda: [text for text in notices() if MAIL in text and "办结" in text], f"no notice: {notices()}")


def the_hotline_hears(hotline: Peer, number: str) -> None:
    """Progress, the result in its words, in their order and each once."""

    def result() -> Any:
        mine = [one for one in hotline.ask("state")["heard"] if one["number"] == number]
        return mine if mine and mine[-1]["type"] == "result" else None

    told = wait(result, "the hotline heard no result")
    assert [one["type"] for one in told] == ["progress"] * (len(told) - 1) + ["result"]
    assert len(told) >= 4
    assert told[-1]["answer"] == RESULT
    believed = hotline.ask("state")["believed"][number]
    assert believed["standing"] == "completed"
    assert believed["answer_digest"] == hashlib.sha256(RESULT.encode()).hexdigest()


def the_neighbour_hears(here: House, there: House, key: str, number: str) -> None:
    """In GeoReport's form its request is closed with our words, and its own case there has them."""
    found = asked(here, f"SELECT id FROM cases_report WHERE external = '{number}'")
    assert len(found) == 1
    status, text, _headers = here.get("/open311/v2/requests.json", {"X-API-Key": key})
    assert status == 200
    [request] = [one for one in json.loads(text) if one.get("external_id") == number]
    assert (request["status"], RESULT in request["status_notes"]) == ("closed", True), request
    said = "SELECT answer FROM cases_question ORDER BY id DESC"
    wait(lambda: RESULT in str(one(there, said) or ""), "the neighbour's case does not say it")
    assert "已办结" in str(one(there, said))


# --- Two ledgers held against each other -----------------------------------------------------------------------------


def both_sides_agree(me: Person) -> None:
    page = me.page
    page.goto("/desk/hotline/reconciliation")
    page.get_by_role("button", name="立即对账").click()
    page.wait_for_url(re.compile(r"/reconciliation/\d+$"))
    expect(page.locator("main")).to_contain_text("双方一致，没有差异。")
    me.shot("35-reconciliation-clean")


def three_are_planted_and_those_three_are_listed(me: Person, hotline: Peer, orders: list[str]) -> None:
    """Their answer is lost, a limit of theirs is moved, and they have an order that we never saw."""
    cover, second, _third = orders
    hotline.ask("plant", number=cover, believe={"answer_digest": "", "standing": "handling"})
    hotline.ask("plant", number=second, believe={"due": "2030-01-02T18:00:00+08:00"})
    [unknown] = hotline.ask("orders", count=1, start=90, pull=True)["numbers"]
    page = me.page
    page.goto("/desk/hotline/reconciliation")
    page.get_by_role("button", name="立即对账").click()
    page.wait_for_url(re.compile(r"/reconciliation/\d+$"))
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(3)
    for number, sort, mend in (
        (cover, "对方没有收下答复", "重发我方的状态和答复"),
        (second, "时限不同", "采用对方的时限"),
        (unknown, "我方没有这张工单", "取回对方的工单"),
    ):
        row = rows.filter(has_text=number)
        expect(row).to_contain_text(sort)
        expect(row.get_by_role("button", name=mend)).to_be_visible()
    me.shot("36-reconciliation-three")
