"""Notices at the desk and on the resident's pages: chosen, told, given up, sent again, worded anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongbi.cases import links
from gongbi.cases.models import Report
from gongbi.channels import actions as channels
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.notices import actions
from gongbi.channels.notices.models import Contact, Template
from gongbi.kernel.scope.viewer import system
from tests.desk.conftest import Clock, Desk

pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
LAMP = {
    "text": "劳动路路口的路灯不亮了，晚上很黑",
    "place_words": "劳动路路口",
    "who": "open",
    "lon": "108.913",
    "lat": "34.265",
}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Any) -> None:
    settings.VAR = tmp_path


@pytest.fixture
def gateway(clock: Clock) -> Callable[..., Source]:
    def make(**settings: Any) -> Source:
        given = {"transport": "file", "ways": ["sms", "email"]} | settings
        return channels.save_source(
            code="g",
            name="短信",
            kind="notice",
            direction="out",
            settings=given,
            viewer=system("test"),
            at=clock.now,
        )

    return make


def said(**more: str) -> tuple[Any, Report | None]:
    answer = Client().post("/ask", LAMP | more)
    return answer, Report.objects.order_by("-pk").first() if answer.status_code == 302 else None


def test_a_way_chosen_with_the_report_brings_the_receipt(
    clock: Clock, gateway: Callable[..., Source], tmp_path: Path
) -> None:
    source = gateway()
    _answer, report = said(way="email", email="ann@example.com")
    assert report is not None
    assert channels.deliver(source.pk, at=clock.now) == 1
    [file] = (tmp_path / "notices").iterdir()
    assert report.number in file.read_text()
    page = Client().get(f"/r/{links.token(report)}").content.decode()
    assert "a***@example.com" in page
    assert "ann@example.com" not in page


@pytest.mark.parametrize(
    ("given", "field"),
    [({"way": "sms"}, "phone"), ({"way": "email", "email": "a@b"}, "email"), ({"way": "email"}, "email"),
     ({"way": "email", "email": "a@b.cn", "who": "anonymous"}, "way"), ({"way": "wecom"}, "way")],
)  # fmt: skip
def test_a_way_without_its_address_is_said_beside_the_field(
    clock: Clock, given: dict[str, str], field: str
) -> None:
    answer, report = said(**given)
    assert report is None
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_the_private_page_changes_the_way_and_ends_it(clock: Clock) -> None:
    _answer, report = said()
    assert report is not None
    assert not Contact.objects.exists()
    where = f"/r/{links.token(report)}/tell"
    wrong = Client().post(where, {"way": "sms", "phone": "x", "hours": "day"})
    assert wrong.status_code == 422
    assert Client().post(where, {"way": "sms", "phone": "139 0000 0009", "hours": "any"}).status_code == 302
    contact = Contact.objects.get(report=report)
    assert (contact.way, contact.hours, contact.hint) == ("sms", "any", "139****0009")
    assert Client().post(where, {"way": "none", "hours": "day"}).status_code == 302
    contact.refresh_from_db()
    assert (contact.way, contact.hint, bool(contact.address)) == ("none", "", False)
    other = links.token(report)[:-2] + ("aa" if not links.token(report).endswith("aa") else "bb")
    assert Client().post(f"/r/{other}/tell", {"way": "none", "hours": "day"}).status_code == 404


def test_what_was_given_up_is_seen_and_sent_again_in_one_click(
    clock: Clock, at_desk: AtDesk, gateway: Callable[..., Source]
) -> None:
    gateway(transport="robot", robot_url="nonsense://{key}")
    said(way="sms", phone="13900000007")
    source = Source.objects.get(code="g")
    channels.deliver(source.pk, at=clock.now)
    letter = Outgoing.objects.get()
    assert letter.dead_at is not None
    page = at_desk("dispatcher").get("/desk/notices/").content.decode()
    assert "未能送达的通知" in page
    assert "139****0007" in page
    assert "13900000007" not in page
    assert at_desk("auditor").post("/desk/notices/again", {"row": letter.pk}).status_code == 403
    gateway()
    assert at_desk("dispatcher").post("/desk/notices/again", {"row": letter.pk}).status_code == 302
    assert channels.deliver(source.pk, at=clock.now) == 1


def test_nobody_sends_again_what_is_not_a_notice_of_ours(clock: Clock, at_desk: AtDesk) -> None:
    answer = at_desk("dispatcher").post("/desk/notices/again", {"row": "999999"})
    assert answer.status_code == 302


def test_an_administrator_tries_a_text_before_it_counts(clock: Clock, at_desk: AtDesk) -> None:
    where = "/desk/notices/templates/reporter/accepted/zh-hans"
    keeper = at_desk("admin")
    page = keeper.get(where).content.decode()
    assert "已立案" in page
    given = {"subject": "{number}", "body": "收下了：{unit}", "version": "0"}
    tried = keeper.post(where, given | {"do": "try"})
    assert tried.status_code == 200
    assert "收下了：城市管理局" in tried.content.decode()
    assert not Template.objects.exists()
    wrong = keeper.post(where, given | {"do": "save", "body": "{phone}"})
    assert wrong.status_code == 422
    assert keeper.post(where, given | {"do": "save"}).status_code == 302
    assert Template.objects.get().by.startswith("post:")
    assert keeper.post(where, given | {"do": "save", "body": "又改"}).status_code == 409
    assert (
        at_desk("dispatcher").post(where, given | {"do": "save", "version": "1", "body": "又改"}).status_code
        == 403
    )
    assert keeper.get("/desk/notices/templates/reporter/nothing/zh-hans").status_code == 404
    rest = keeper.get("/desk/notices/templates").content.decode()
    for address in re.findall(r'href="(/desk/notices/templates/[^"]+)"', rest):
        assert keeper.get(address).status_code == 200


def test_staff_choose_for_themselves_and_administrators_for_units(
    clock: Clock, at_desk: AtDesk, unit: Callable[[str], int]
) -> None:
    handler = at_desk("urban")
    given = {"way": "email", "address": "h@example.com", "hours": "any", "language": "en"}
    assert handler.post("/desk/notices/mine", given).status_code == 302
    assert "h***@example.com" in handler.get("/desk/notices/mine").content.decode()
    assert handler.post("/desk/notices/mine", given | {"address": ""}).status_code == 302
    assert Contact.objects.get().hint == "h***@example.com"
    assert handler.post("/desk/notices/mine", given | {"address": "nobody"}).status_code == 422
    keeper = at_desk("admin")
    group = {
        "unit": unit("urban_management"),
        "way": "wecom",
        "address": "693a91f6",
        "hours": "day",
        "language": "zh-hans",
    }
    assert keeper.post("/desk/notices/units", group).status_code == 302
    page = keeper.get("/desk/notices/units").content.decode()
    assert "企业微信群机器人" in page
    assert "693a91f6" not in page
    assert handler.get("/desk/notices/units").status_code == 403


def test_the_page_costs_the_same_with_many_notices(
    clock: Clock, at_desk: AtDesk, gateway: Callable[..., Source], django_assert_num_queries: Any
) -> None:
    gateway()
    _answer, report = said(way="sms", phone="13900000007")
    assert report is not None
    keeper = at_desk("dispatcher")
    keeper.get("/desk/notices/")
    with CaptureQueriesContext(connection) as before:
        keeper.get("/desk/notices/")
    for number in range(9):
        actions.choose(report=report, way="sms", address=f"1390000001{number}", at=clock.now)
    with django_assert_num_queries(len(before)):
        keeper.get("/desk/notices/")
