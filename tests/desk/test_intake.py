"""A caller on the line: the earlier matters, danger, six special routes, joining, the receipt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gongbi.cases.queries import report_by_number
from tests.desk.conftest import LAMP, Desk, World, system_eye

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
PHONE = "029-5555 1234"
HTMX = {"HX-Request": "true"}


def call(**more: Any) -> dict[str, Any]:
    return {
        "phone": PHONE, "name": "王小明", "channel": "hotline", "text": LAMP, "place_words": "劳动路路口",
        "division": "", "route": "", "language": "zh-hans", "key": "k1",
    } | more  # fmt: skip


def number_of(answer: Any) -> str:
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return str(answer["Location"]).rsplit("/", 1)[1]


def test_a_call_becomes_a_report_and_its_receipt_is_read_out(world: World, at_desk: At) -> None:
    desk = at_desk("clerk")
    number = number_of(desk.post("/desk/intake", call()))
    report = report_by_number(number, system_eye())
    assert (report.channel, report.case.state, report.case.kind) == ("hotline", "received", "C0137")
    page = desk.get(f"/desk/intake/receipt/{number}").content.decode()
    assert number in page
    assert "/r/" in page
    assert "<svg" in page
    paper = desk.get(f"/desk/intake/receipt/{number}/print").content.decode()
    assert number in paper
    assert "王小明" not in page + paper


def test_the_private_link_is_shown_to_who_took_the_call_and_for_a_day(world: World, at_desk: At) -> None:
    number = number_of(at_desk("clerk").post("/desk/intake", call()))
    assert at_desk("hall").get(f"/desk/intake/receipt/{number}").status_code == 404
    world.clock.on(hours=24)
    assert at_desk("clerk").get(f"/desk/intake/receipt/{number}").status_code == 200
    world.clock.on(minutes=1)
    assert at_desk("clerk").get(f"/desk/intake/receipt/{number}").status_code == 404


def test_the_same_form_sent_twice_is_one_report(world: World, at_desk: At) -> None:
    desk = at_desk("clerk")
    assert number_of(desk.post("/desk/intake", call())) == number_of(desk.post("/desk/intake", call()))
    assert number_of(desk.post("/desk/intake", call(key="k2"))) != number_of(
        desk.post("/desk/intake", call())
    )


def test_the_hall_is_its_own_channel(world: World, at_desk: At) -> None:
    page = at_desk("hall").get("/desk/intake").content.decode()
    chosen = page.split('value="hall"')[1][:80]
    assert "checked" in chosen


def test_earlier_matters_appear_when_the_number_is_typed(world: World, at_desk: At) -> None:
    desk = at_desk("clerk")
    number = number_of(desk.post("/desk/intake", call()))
    for typed in ("02955551234", "029 5555 1234"):
        piece = desk.post("/desk/intake/earlier", {"phone": typed}, **HTMX).content.decode()
        assert number in piece
    assert number not in desk.post("/desk/intake/earlier", {"phone": "02955559999"}, **HTMX).content.decode()
    assert number not in desk.post("/desk/intake/earlier", {"phone": "0295"}, **HTMX).content.decode()


def test_the_words_are_read_while_they_are_typed(world: World, at_desk: At) -> None:
    desk = at_desk("clerk")
    piece = desk.post("/desk/intake/look", call(), **HTMX).content.decode()
    assert "路灯" in piece
    assert "%" in piece
    assert "<html" not in piece
    assert "路灯" not in desk.post("/desk/intake/look", call(text="路"), **HTMX).content.decode()


def test_danger_stops_everything_and_nothing_is_kept(world: World, at_desk: At) -> None:
    from gongbi.cases.models import Report

    desk = at_desk("clerk")
    answer = desk.post("/desk/intake", call(text="我家着火了，快来人"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'class="emergency-number">119<' in page
    assert "我家着火了，快来人" in page
    assert Report.objects.count() == 0
    piece = desk.post("/desk/intake/look", call(text="我家着火了，快来人"), **HTMX).content.decode()
    assert "119" in piece
    filed = number_of(desk.post("/desk/intake", call(text="我家着火了，快来人", transferred="1")))
    report = report_by_number(filed, system_eye())
    assert (report.route, report.case.state) == (1, "answered")


@pytest.mark.parametrize("route", [1, 2, 3, 4, 5, 6])
def test_a_special_route_answers_and_dispatches_nothing(route: int, world: World, at_desk: At) -> None:
    desk = at_desk("clerk")
    number = number_of(desk.post("/desk/intake", call(route=str(route))))
    report = report_by_number(number, system_eye())
    assert (report.route, report.case.state, report.case.unit_id) == (route, "answered", None)
    assert report.reply
    assert report.reply in desk.get(f"/desk/intake/receipt/{number}").content.decode()


@pytest.mark.parametrize("route", ["0", "7", "x"])
def test_a_route_that_is_none_is_refused(route: str, world: World, at_desk: At) -> None:
    assert at_desk("clerk").post("/desk/intake", call(route=route)).status_code == 422


def test_a_caller_joins_what_is_in_hand(world: World, at_desk: At) -> None:
    case, desk = world.case("handling"), at_desk("clerk")
    piece = desk.post("/desk/intake/look", call(division=case.territory[:12]), **HTMX).content.decode()
    assert case.number in piece
    number = number_of(desk.post("/desk/intake", call(join=str(case.pk))))
    assert report_by_number(number, system_eye()).case_id == case.pk
    assert desk.post("/desk/intake", call(join="99999999", key="k9")).status_code in (404, 422)


def test_a_call_without_a_number_needs_to_be_anonymous(world: World, at_desk: At) -> None:
    desk = at_desk("clerk")
    answer = desk.post("/desk/intake", call(phone=""))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_phone_wrong"' in page
    assert LAMP in page
    assert number_of(desk.post("/desk/intake", call(phone="", anonymous="on")))


@pytest.mark.parametrize(
    ("text", "status"), [("灯", 302), ("灯" * 10_000, 302), ("灯" * 10_001, 422), (" \u200e", 422), ("", 422)]
)
def test_what_is_said_has_something_and_not_too_much(
    text: str, status: int, world: World, at_desk: At
) -> None:
    assert at_desk("clerk").post("/desk/intake", call(text=text)).status_code == status


def test_markup_is_shown_as_it_was_said(world: World, at_desk: At) -> None:
    desk = at_desk("clerk")
    number = number_of(desk.post("/desk/intake", call(text="<script>alert(1)</script>路灯不亮 😀")))
    report = report_by_number(number, system_eye())
    page = desk.get(f"/desk/case/{report.case.number}").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;路灯不亮 😀" in page


def test_only_clerks_take_calls(world: World, at_desk: At) -> None:
    for login in ("dispatcher", "urban", "manager", "admin"):
        answer = at_desk(login).get("/desk/intake")
        assert answer.status_code == 403
        assert "岗位" in answer.content.decode()
