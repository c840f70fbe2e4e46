"""H1, H2, H3: who must be reachable, what is an emergency, and the six special routes. Through the one door for every channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from gongbi.cases import actions
from gongbi.cases.actions import Emergency
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case, Report
from gongbi.cases.triage import Said
from gongbi.duties.rules import SPECIAL_ROUTES
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import PUBLIC, Viewer

pytestmark = pytest.mark.django_db
Post = Callable[..., Viewer]


def take_in(
    text: str, at: datetime, channel: str = "web", viewer: Viewer = PUBLIC, kind: str = "", **more: Any
) -> Report:
    said = Said(text=text, said_at=at, channel=channel, kind=kind)
    return actions.receive(Statement(said=said, **more), viewer=viewer, at=at).report


@pytest.mark.parametrize("channel", ["web", "hotline", "hall", "field"])
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("楼下有人持刀追人", "110"),
        ("三号楼五层着火了，快来", "119"),
        ("我妈昏倒了叫不醒", "120"),
        ("十字路口刚发生车祸，有人受伤", "122"),
    ],
)
def test_somebody_in_danger_is_told_the_number_and_nothing_is_queued(
    now: datetime, channel: str, text: str, number: str, photo: int
) -> None:
    before = [model.objects.count() for model in (Matter, Report, LedgerEntry, Clock, OutboxRow)]
    with pytest.raises(Emergency) as caught:
        take_in(text, now, channel, phone="02955501234", photos=[photo])
    assert caught.value.number == number
    assert number in caught.value.message
    assert "第十一条" in caught.value.article or "§11" in caught.value.article
    assert [model.objects.count() for model in (Matter, Report, LedgerEntry, Clock, OutboxRow)] == before
    assert StoredFile.objects.get(pk=photo).matter_id is None


def test_danger_is_told_also_to_who_joins_or_names_a_kind(now: datetime) -> None:
    case = take_in("路灯不亮", now, kind="C0137").case
    for more in ({"join": case.pk}, {"kind": "C0137"}):
        with pytest.raises(Emergency):
            take_in("家里着火了", now, **more)
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    "text",
    [
        "消防通道停满了车，万一着火怎么办",
        "去年这里着火了，线路到现在没改",
        "这个路口经常出车祸，建议装红绿灯",
        "110报警后派出所没有处理",
        "120急救站建设什么时候完工",
        "建议在社区做一次防着火演练",
        "电梯坏了一周没人修",
        "路口119号门前路灯不亮",
        "我家门牌是122号，垃圾没人清",
    ],
)
def test_everyday_sentences_are_taken_in(now: datetime, text: str) -> None:
    assert take_in(text, now).case.state == "received"


@pytest.mark.parametrize("channel", ["import", "api", "device"])
def test_where_nobody_can_be_told_it_only_becomes_urgent(now: datetime, channel: str) -> None:
    assert take_in("三号楼五层着火了，快来", now, channel).case.urgent


# --- H3 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", range(1, len(SPECIAL_ROUTES) + 1))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_special_route_replies_and_dispatches_nothing(
    now: datetime, post: Post, route: int, language: str
) -> None:
    assert len(SPECIAL_ROUTES) == 6
    report = take_in(
        "请问法院的案子", now, "hotline", post("clerk"), route=route, phone="02955501234", language=language
    )
    case = report.case
    assert len(report.reply) > 10
    assert report.reply.isascii() == (language == "en") or "”" in report.reply or "—" in report.reply
    assert (case.state, case.is_open, case.unit_id, case.due_at) == ("answered", False, None, None)
    assert not Clock.objects.exists()
    assert list(LedgerEntry.objects.values_list("transition", flat=True)) == ["answer_at_once"]
    assert not OutboxRow.objects.filter(topic__contains="dispatch").exists()


def test_the_replies_of_the_six_routes_differ(now: datetime, post: Post) -> None:
    replies = {
        take_in("事情", now, "hotline", post("clerk"), route=route, phone="02955501234").reply
        for route in range(1, 7)
    }
    assert len(replies) == 6


@pytest.mark.parametrize("route", [-1, 7, 32767, 10**9])
def test_there_are_six_special_routes(now: datetime, post: Post, route: int) -> None:
    with pytest.raises(NotThere):
        take_in("事情", now, "hotline", post("clerk"), route=route, phone="02955501234")
    assert not Case.objects.exists()


# --- H1 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "more", "code"),
    [
        ("hotline", {}, "cases.contact"),
        ("hotline", {"phone": " \x00 "}, "cases.contact"),
        ("hotline", {"phone": "没有"}, "cases.contact"),
        ("hotline", {"phone": "1234"}, "cases.contact"),
        ("hotline", {"phone": "12345"}, ""),
        ("hall", {}, "cases.contact"),
        ("hotline", {"phone": "02955501234"}, ""),
        ("hotline", {"anonymous": True}, ""),  # an anonymous tip
        ("hall", {"anonymous": True}, ""),
        ("web", {}, ""),  # the private link is the way back
        ("web", {"anonymous": True}, ""),
        ("import", {}, ""),
    ],
)
def test_a_clerks_record_has_a_way_back_to_the_caller(
    now: datetime, post: Post, channel: str, more: dict[str, Any], code: str
) -> None:
    if not code:
        take_in("路灯不亮", now, channel, post("clerk"), **more)
        return
    with pytest.raises(Refused) as caught:
        take_in("路灯不亮", now, channel, post("clerk"), **more)
    assert (caught.value.code, caught.value.field) == (code, "phone")


def test_who_stays_anonymous_leaves_neither_name_nor_number(now: datetime, post: Post) -> None:
    report = take_in(
        "路灯不亮", now, "hotline", post("clerk"), anonymous=True, name="王小明", phone="02955501234"
    )
    report.refresh_from_db()
    assert not report.name
    assert not report.phone
    assert report.phone_index is None


def test_a_kind_that_needs_a_person_refuses_anonymity(now: datetime) -> None:
    from gongbi.duties import queries as duties

    named = [kind for kind in duties.kinds(on=now) if not kind.anonymous]
    free = [kind for kind in duties.kinds(on=now) if kind.anonymous]
    assert free
    take_in("这里的事", now, kind=free[0].code, anonymous=True)
    for kind in named[:1]:
        with pytest.raises(Refused) as caught:
            take_in("这里的事", now, kind=kind.code, anonymous=True)
        assert (caught.value.code, caught.value.field) == ("cases.not_anonymous", "anonymous")
