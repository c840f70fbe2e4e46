"""The queues: who lands where, my clock first, filters, keyset pages, saved views, and a constant number of queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from gongbi.cases import actions
from gongbi.cases.queries import lists
from gongbi.kernel.scope import undeclared
from gongbi.parties.demo import LOGINS
from tests.desk.conftest import Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]

LANDS = {
    "dispatcher": "/desk/queue/accept",
    "handler": "/desk/queue/sign",
    "checker": "/desk/queue/check",
    "clerk": "/desk/intake",
    "adjudicator": "/desk/queue/rule",
    "manager": "/desk/board/",
    "auditor": "/desk/ledger",
    "admin": "/desk/lists",
    "security": "/desk/access",
    "grid_worker": "/field/",
}


@pytest.mark.parametrize(("login", "role"), [(login, role) for login, role, _unit, _words in LOGINS])
def test_each_role_lands_where_its_work_is(login: str, role: str, at_desk: At) -> None:
    desk = at_desk(login)
    answer = desk.get("/desk/")
    assert answer["Location"] == LANDS[role]
    assert desk.get(answer["Location"]).status_code == 200


def test_a_visitor_is_led_to_sign_in(db: None, clock: Any) -> None:
    answer = Client().get("/desk/queue/accept", headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login?next=")


def test_every_door_says_who_may_enter() -> None:
    assert undeclared() == []


@pytest.mark.parametrize("tab", [tab.name for tab in lists.TABS])
@pytest.mark.parametrize(
    "login", ["dispatcher", "urban", "checker", "clerk", "adjudicator", "manager", "auditor"]
)
def test_a_post_sees_its_own_queues_and_no_others(tab: str, login: str, at_desk: At) -> None:
    desk = at_desk(login)
    answer = desk.get(f"/desk/queue/{tab}")
    assert answer.status_code == (200 if desk.viewer.role in lists.TAB[tab].roles else 404)


def numbers_in(page: str) -> list[str]:
    """Numbers of the cases in the list, in its order."""
    return re.findall(r'<li class="queue-item"><a href="/desk/case/(AJ[\d-]+)\?', page)


def test_the_nearest_deadline_stands_first_in_words_and_shape(world: World, at_desk: At) -> None:
    early = world.case("received")
    world.clock.on(minutes=10)
    late = world.case("received")
    world.clock.on(minutes=6)  # the first one's 15 minutes are over
    page = at_desk("dispatcher").get("/desk/queue/accept").content.decode()
    assert numbers_in(page) == [early.number, late.number]
    assert 'data-tone="late"' in page
    assert "已超 1 分钟" in page
    assert "还剩 9 分钟" in page


def test_filters_narrow_and_say_when_nothing_fits(world: World, at_desk: At) -> None:
    lamp = world.case("received")
    other = world.case("received", text="店铺把桌子摆到人行道上", kind="E0301", lon=108.89, lat=34.27)
    desk = at_desk("dispatcher")

    def seen(query: str) -> list[str]:
        return numbers_in(desk.get(f"/desk/queue/accept?{query}").content.decode())

    assert set(seen("")) == {lamp.number, other.number}
    assert seen("kind=C01") == [lamp.number]
    assert seen(f"territory={other.territory[:12]}") == [other.number]
    assert seen(f"q={lamp.number}") == [lamp.number]
    assert seen("q=路灯") == [lamp.number]
    assert seen("channel=hotline") == []
    assert seen("overdue=on") == []
    world.clock.on(minutes=20)
    assert len(seen("overdue=on")) == 2
    page = desk.get("/desk/queue/accept?q=恐龙").content.decode()
    assert "没有符合筛选的" in page
    wrong = desk.get("/desk/queue/accept?kind=ZZ&q=路灯")
    assert wrong.status_code == 200  # what cannot be meant does not narrow; the good words do
    assert numbers_in(wrong.content.decode()) == [lamp.number]


def test_a_queue_is_narrowed_to_one_responsible_unit(
    world: World, at_desk: At, unit: Callable[[str], int]
) -> None:
    lamp, other = world.case("dispatched"), world.case("accepted")
    actions.dispatch(
        case_id=other.pk, viewer=world.who("dispatcher"), at=world.clock.on(minutes=1), unit_id=unit("transport_police")
    )  # fmt: skip
    desk = at_desk("dispatcher")

    def seen(query: str) -> list[str]:
        return numbers_in(desk.get(f"/desk/queue/sign?{query}").content.decode())

    assert set(seen("")) == {lamp.number, other.number}
    assert seen(f"unit={unit('transport_police')}") == [other.number]
    assert set(seen("unit=0&channel=web")) == {lamp.number, other.number}  # there is no such unit
    page = desk.get(f"/desk/queue/sign?unit={unit('urban_management')}").content.decode()
    assert f'<option value="{unit("urban_management")}" selected>' in page


def test_the_filters_are_fetched_when_they_are_opened(world: World, at_desk: At) -> None:
    desk = at_desk("dispatcher")
    page = desk.get("/desk/queue/accept").content.decode()
    assert "<select" not in page  # 150 places on every page would be read by nobody
    assert "?filters=1" in page  # the way there without scripts
    assert 'action="/desk/views"' not in page
    piece = desk.get("/desk/queue/accept?part=filters", **{"HX-Request": "true"}).content.decode()
    assert 'name="territory"' in piece
    assert "<html" not in piece
    assert 'name="territory"' in desk.get("/desk/queue/accept?filters=1").content.decode()
    narrowed = desk.get("/desk/queue/accept?overdue=on").content.decode()
    assert 'name="territory"' in narrowed
    assert 'action="/desk/views"' in narrowed  # only what narrows is worth a name


def test_pages_go_on_after_the_last_row_without_losing_or_doubling_any(
    world: World, at_desk: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists.queue, "__kwdefaults__", {**(lists.queue.__kwdefaults__ or {}), "size": 2})
    made = []
    for minute in range(5):
        made.append(world.case("received").number)
        world.clock.on(minutes=minute % 2)  # some deadlines are the same
    desk, seen, address = at_desk("dispatcher"), [], "/desk/queue/accept"
    for _page in range(3):
        page = desk.get(address).content.decode()
        seen += numbers_in(page)
        onward = re.search(r'href="([^"]*after=[^"]*)" rel="next"', page)
        address = onward[1].replace("&amp;", "&") if onward else ""
    assert address == ""
    assert seen == made


@pytest.mark.parametrize(
    "after", ["x", "|", "2026-03-10|1", "2026-99-99T00:00:00+08:00|1", "|99999999999999999999"]
)
def test_a_broken_page_mark_shows_the_first_page(after: str, world: World, at_desk: At) -> None:
    case = world.case("received")
    page = at_desk("dispatcher").get("/desk/queue/accept", {"after": after})
    assert page.status_code == 200
    assert numbers_in(page.content.decode()) == [case.number]


def test_the_list_answers_nothing_while_it_is_as_it_was(world: World, at_desk: At) -> None:
    world.case("received")
    desk = at_desk("dispatcher")
    page = desk.get("/desk/queue/accept").content.decode()
    piece = re.search(r'hx-get="([^"]*part=list[^"]*)"', page)
    assert piece is not None
    address = piece[1].replace("&amp;", "&")
    same = desk.get(address, **{"HX-Request": "true"})
    assert same.status_code == 204
    world.case("received")
    news = desk.get(address, **{"HX-Request": "true"})
    assert news.status_code == 200
    assert len(numbers_in(news.content.decode())) == 2
    assert "<html" not in news.content.decode()


def test_views_are_kept_for_the_account_and_for_nobody_else(world: World, at_desk: At) -> None:
    desk, back = at_desk("dispatcher"), "/desk/queue/accept?overdue=on"
    assert desk.post("/desk/views", {"name": " 超期 的 ", "from": back})["Location"] == back
    assert "超期 的" in desk.get("/desk/queue/dispatch").content.decode()
    assert "超期 的" not in at_desk("street-dispatcher").get("/desk/queue/dispatch").content.decode()
    desk.post("/desk/views", {"drop": "超期 的", "from": back})
    assert "超期 的" not in desk.get("/desk/queue/dispatch").content.decode()


@pytest.mark.parametrize("back", ["https://evil.example/desk/", "//evil.example", "/desk/\\evil", "/login"])
def test_a_way_back_leads_nowhere_else(back: str, at_desk: At) -> None:
    answer = at_desk("dispatcher").post("/desk/views", {"name": "x", "from": back})
    assert answer["Location"] == "/desk/"


def test_requests_wait_in_a_queue_of_their_own(world: World, at_desk: At) -> None:
    asked, plain = world.case("extending"), world.case("handling")
    page = at_desk("dispatcher").get("/desk/queue/requests").content.decode()
    assert numbers_in(page) == [asked.number]
    assert plain.number not in page

    def waiting(login: str) -> list[Any]:
        """What stands beside the queue's name at the side."""
        nav = at_desk(login).get("/desk/queue/open").context["nav"]
        return [item.count for item in nav if item.href == "/desk/queue/requests"]

    assert waiting("dispatcher") == [1]
    assert waiting("urban") == []  # who asks does not decide
    world.case("extending")
    assert waiting("dispatcher") == [2]
    actions.decide(
        case_id=asked.pk, granted=True, viewer=world.who("dispatcher"), at=world.clock.on(minutes=1)
    )
    assert waiting("dispatcher") == [1]


def test_news_of_an_open_matter_is_told_once_it_changed(world: World, at_desk: At) -> None:
    case, desk = world.case("received"), at_desk("dispatcher")
    where = f"/desk/case/{case.number}/news"
    assert desk.get(where, {"version": case.version}).status_code == 204
    at_desk("dispatcher").do(case, "accept", kind="C0137")
    told = desk.get(where, {"version": case.version})
    assert told.status_code == 200
    assert "待派遣" in told.content.decode()


def test_a_receipt_number_leads_to_its_case(world: World, at_desk: At) -> None:
    case = world.case("received")
    report, desk = case.reports.get(), at_desk("dispatcher")
    assert desk.get(f"/desk/case/{report.number}")["Location"] == f"/desk/case/{case.number}"
    assert desk.get("/desk/search", {"q": report.number})["Location"] == f"/desk/case/{case.number}"
    assert desk.get(f"/desk/key/{case.pk}")["Location"] == f"/desk/case/{case.number}"


def test_the_deadline_is_explained_minute_by_minute(world: World, at_desk: At) -> None:
    case = world.case("dispatched")
    page = at_desk("dispatcher").get(f"/desk/case/{case.number}/clocks").content.decode()
    assert "昼夜连续计时" in page
    assert "工作时间,计时" in page or "个工作日" in page


def test_the_paper_shows_number_and_code_and_no_name(world: World, at_desk: At) -> None:
    case = world.case("handled", channel="hotline", name="王小明")
    page = at_desk("checker").get(f"/desk/case/{case.number}/print").content.decode()
    assert case.number in page
    assert "<svg" in page
    assert "王" not in page.split("print-sheet")[1]
    assert "029" not in page.split("print-sheet")[1]


def test_a_picture_opens_by_its_signed_address_for_ten_minutes(world: World, at_desk: At) -> None:
    case, desk = world.case("handled"), at_desk("checker")
    page = desk.get(f"/desk/case/{case.number}").content.decode()
    found = re.search(r'src="(/desk/picture/[^"]+)"', page)
    assert found is not None
    assert desk.get(found[1])["Content-Type"] == "image/jpeg"
    assert desk.get(found[1][:-2] + "xx").status_code == 403
    world.clock.on(minutes=11)
    assert desk.get(found[1]).status_code == 403


@pytest.mark.parametrize("wrong", ["1,2,3", "a,b,c,d", "200,0,201,1", "5,5,1,1", ""])
def test_a_window_that_is_none_shows_everything(wrong: str, world: World, at_desk: At) -> None:
    world.case("received")
    answer = at_desk("manager").get("/desk/map/points.json", {"bounds": wrong})
    assert len(answer.json()["features"]) == 1  # type: ignore[attr-defined]


def test_the_map_and_its_table_show_the_same(world: World, at_desk: At) -> None:
    one, two = world.case("received"), world.case("received", text="垃圾箱满了", lon=108.92)
    desk = at_desk("manager")
    page = desk.get("/desk/map").content.decode()
    points = desk.get("/desk/map/points.json").json()["features"]  # type: ignore[attr-defined]
    assert {point["properties"]["title"] for point in points} == {one.title, two.title}
    assert all(title in page for title in (one.title, two.title))
    inside = desk.get("/desk/map/points.json", {"bounds": "108.915,34.2,108.95,34.3"})
    assert [point["properties"]["title"] for point in inside.json()["features"]] == [two.title]  # type: ignore[attr-defined]


def test_a_street_sees_only_its_own(world: World, at_desk: At) -> None:
    case = world.case("received")
    street = at_desk("street-dispatcher")
    inside = street.viewer.covers(case.territory)
    assert (case.number in street.get("/desk/queue/accept").content.decode()) is inside
    assert (street.get(f"/desk/case/{case.number}").status_code == 200) is inside


@pytest.mark.parametrize("login", ["clerk", "dispatcher", "manager"])
def test_words_find_what_was_rejected_merged_or_answered_at_once(
    world: World, at_desk: At, login: str
) -> None:
    rejected = world.case("received", text="劳动路有人在天桥上拉二胡")
    at_desk("dispatcher").do(rejected, "reject", ground="outside_duties", reason="不归我们管")
    merged = world.case("merged", text="天桥上拉二胡的太吵")
    answered = world.say(
        "问天桥二胡归谁管",
        channel="hotline",
        kind="",
        route=4,
        phone="029-55551234",
        viewer=world.who("clerk"),
    )
    page = at_desk(login).get("/desk/search", {"q": "二胡"}).content.decode()
    for case in (rejected, merged, answered):
        assert case.number in page
    assert "其他已结束" in page
    listed = at_desk(login).get("/desk/queue/ended").content.decode()
    assert rejected.title in listed
    assert "二胡" not in at_desk(login).get("/desk/queue/closed").content.decode()
