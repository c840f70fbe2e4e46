"""The pages of devices at the desk: the list, one device with its curve, events, silences, whose they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gongbi.channels.devices.models import Device, Silence
from gongbi.kernel.vault.models import AccessLog
from gongbi.look.i18n import compile_messages
from gongbi.parties.models import Account

from .conftest import Days

pytestmark = pytest.mark.django_db
Install = Callable[..., Device]
Drain = Callable[[datetime], None]


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_messages()


def at_desk(login: str, language: str = "zh-CN") -> Client:
    """Signed in with that login of the demo."""
    client = Client(headers={"Accept-Language": language})
    client.force_login(Account.objects.get(username=login))
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def some(days: Days, install: Install) -> Days:
    """One in alarm, one in order, one never heard."""
    install("GA-1", contact="029" + "5550101")
    install("GA-2", place="劳动路小区")
    install("SM-1", kind="smoke")
    days.gas(1, 25, 30, 35)
    days.gas(2, number="GA-2")
    days.lane.save()
    return days


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_shown_in_both_languages(some: Days, language: str, drained: Drain) -> None:
    drained(some.at)
    desk = at_desk("dispatcher", language)
    for path, seen in (
        ("", ("GA-1", "劳动路小区")),
        ("?standing=alarm", ("GA-1",)),
        ("?standing=never", ("SM-1",)),
        ("?kind=smoke&q=SM", ("SM-1",)),
        ("events", ("青年路小区3号楼", "AJ")),
        ("intake", ("5",)),
        ("GA-1", ("35.00 %", "GS-1", "GA-1")),
        ("SM-1", ("SM-1",)),
    ):
        answer = desk.get(f"/desk/devices/{path}")
        assert answer.status_code == 200, path
        for words in seen:
            assert words in text_of(answer), (path, words)
    assert ("In alarm" if language == "en" else "报警中") in text_of(desk.get("/desk/devices/"))
    assert "GA-2" not in text_of(desk.get("/desk/devices/?standing=alarm"))
    assert b"gb-chart" in desk.get("/desk/devices/GA-1").content


def test_the_list_costs_the_same_whatever_its_length(install: Install) -> None:
    desk = at_desk("dispatcher")
    install("GA-0")
    desk.get("/desk/devices/")
    with CaptureQueriesContext(connection) as one:
        desk.get("/desk/devices/")
    for number in range(1, 8):
        install(f"GA-{number}")
    with CaptureQueriesContext(connection) as many:
        desk.get("/desk/devices/")
    assert len(many) == len(one)


def test_a_silence_is_set_and_ended_and_what_is_wrong_stands_beside_its_field(some: Days) -> None:
    desk = at_desk("dispatcher")
    wrong = desk.post("/desk/devices/SM-1/silence", {"over": "device", "hours": "9", "reason": "检修"})
    assert wrong.status_code == 422
    assert "8 小时" in text_of(wrong)
    good = desk.post(
        "/desk/devices/SM-1/silence", {"over": "place", "hours": "2", "reason": "检修"}, follow=True
    )
    assert "同一位置的全部设备" in text_of(good)
    made = Silence.objects.get()
    assert made.place == "青年路小区3号楼"
    desk.post(f"/desk/devices/silences/{made.pk}/end")
    made.refresh_from_db()
    assert made.ends_at - made.begins_at < timedelta(hours=1)


def test_the_owner_s_telephone_is_hidden_until_somebody_says_why(some: Days) -> None:
    desk = at_desk("dispatcher")
    number = "029" + "5550101"
    assert number not in text_of(desk.get("/desk/devices/GA-1"))
    assert desk.post("/desk/devices/GA-1/contact", {"reason": "?"}).status_code == 422
    before = AccessLog.objects.count()
    assert number in text_of(desk.post("/desk/devices/GA-1/contact", {"reason": "联系物业核实报警"}))
    assert AccessLog.objects.count() == before + 1


def test_what_the_door_refused_stands_on_the_page_of_the_channels(some: Days) -> None:
    some.at = timezone.now()
    some.say({"device": "GA-1", "value": 101}, {"device": "GA-1", "value": 1, "plate": "x"})
    said = text_of(at_desk("dispatcher").get("/desk/channels/"))
    assert "devices.range" in said
    assert "devices.field" in said


def test_who_may_what(some: Days) -> None:
    assert at_desk("admin").post("/desk/devices/SM-1/retire").status_code == 302
    assert at_desk("dispatcher").post("/desk/devices/GA-2/retire").status_code == 403
    assert at_desk("auditor").post("/desk/devices/GA-1/silence").status_code == 403
    assert at_desk("urban").get("/desk/devices/").status_code == 403
    assert Client().get("/desk/devices/").status_code == 403
    assert at_desk("dispatcher").get("/desk/devices/nothing").status_code == 404
