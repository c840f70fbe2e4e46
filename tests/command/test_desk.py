"""Command at the desk and over HTTP: one tap each, the whistle from a case, the board, notices as files; in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest

from gongbi.command import actions, words
from gongbi.command.models import Order, Whistle
from gongbi.kernel.scope.viewer import system
from tests.desk.conftest import Desk, World
from tests.support.asking import questions

pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
Give = Callable[..., Order]
Sound = Callable[..., Whistle]


def headers(name: str, value: str) -> dict[str, Any]:
    """One header of a request."""
    return {name: value}


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_sign_arrive_report_in_one_tap_each(give: Give, at_desk: AtDesk, world: World) -> None:
    order = give(come=True, place_words="劳动路口", drill=True)
    desk = at_desk("urban")
    page = desk.get("/desk/command/")
    assert "待我办理" in text_of(page)
    assert "演练" in text_of(page)
    assert f'action="/desk/command/orders/{order.number}/do/sign"' in page.content.decode()
    for version, step in ((1, "sign"), (2, "arrive")):
        done = desk.post(
            f"/desk/command/orders/{order.number}/do/{step}", {"version": version, "from": "list"}
        )
        assert (done.status_code, done["Location"]) == (302, "/desk/command/?tab=mine")
    form = desk.get(f"/desk/command/orders/{order.number}?step=report")
    assert "办理情况" in text_of(form)
    empty = desk.post(f"/desk/command/orders/{order.number}/do/report", {"version": 3, "result": ""})
    assert empty.status_code == 422
    stale = desk.post(
        f"/desk/command/orders/{order.number}/do/report", {"version": 1, "result": "已恢复照明"}
    )
    assert stale.status_code == 409
    assert "已恢复照明" in text_of(stale)  # what was typed is kept
    assert (
        desk.post(
            f"/desk/command/orders/{order.number}/do/report", {"version": 3, "result": "已恢复照明"}
        ).status_code
        == 302
    )
    boss = at_desk("manager")
    assert "已恢复照明" in text_of(boss.get(f"/desk/command/orders/{order.number}"))
    assert boss.post(f"/desk/command/orders/{order.number}/do/accept", {"version": 4}).status_code == 302
    assert Order.objects.get().state == "done"


def test_the_whistle_from_a_cases_page(at_desk: AtDesk, world: World, nearby: Callable[..., Any]) -> None:
    case = nearby()
    desk = at_desk("street-manager")
    piece = desk.get(f"/desk/command/about/{case.number}", **headers("HX-Request", "true"))
    assert f"/desk/command/whistle/whistle?about={case.number}" in piece.content.decode()
    assert "<html" not in piece.content.decode()
    assert f"/desk/command/about/{case.number}" in desk.get(f"/desk/case/{case.number}").content.decode()
    form = desk.get("/desk/command/whistle/whistle", {"about": case.number})
    assert case.title in form.content.decode()
    first = world.unit("urban_management")
    typed: dict[str, Any] = {
        "about": case.number, "units": [first], "title": case.title, "text": "到场会商", "place_words": "劳动路口",
        "come_by": f"{world.clock.now + timedelta(hours=1):%Y-%m-%dT%H:%M}", "duties": "没有这个单位：抢修",
    }  # fmt: skip
    wrong = desk.post("/desk/command/whistle/whistle", typed)
    assert wrong.status_code == 422
    assert "没有写明所选单位" in text_of(wrong)
    done = desk.post("/desk/command/whistle/whistle", typed | {"duties": ""})
    whistle = Whistle.objects.get()
    assert done["Location"] == f"/desk/command/whistles/{whistle.number}"
    again = at_desk("street-dispatcher").post("/desk/command/whistle/whistle", typed | {"duties": ""})
    assert whistle.number in text_of(again)
    assert again.status_code == 422
    page = text_of(desk.get(done["Location"]))
    for part in (case.number, "劳动路口", "牵头", "已吹哨"):
        assert part in page
    ended = desk.post(f"/desk/command/whistles/{whistle.number}/do/end", {"version": 1, "result": "办完"})
    assert ended.status_code == 302
    judged = at_desk("dispatcher").post(
        f"/desk/command/whistles/{whistle.number}/do/review",
        {"version": 2, "verdict": "warranted", "reason": "需要"},
    )
    assert judged.status_code == 302
    assert whistle.number in text_of(desk.get("/desk/command/whistles?tab=ended"))


def test_a_supervision_with_its_notice(at_desk: AtDesk, world: World) -> None:
    case = world.case("handling")
    desk = at_desk("dispatcher")
    form = desk.get("/desk/command/give/supervise", {"about": case.number})
    key = re.search(r'name="key" value="(\w+)"', form.content.decode())
    assert key is not None
    typed: dict[str, Any] = {
        "about": case.number,
        "unit": case.unit_id,
        "title": "请速办",
        "text": "逾期未办",
        "level": "2",
        "key": key[1],
    }
    assert desk.post("/desk/command/give/supervise", typed | {"level": ""}).status_code == 422
    first, twice = (desk.post("/desk/command/give/supervise", typed)["Location"] for _ in range(2))
    assert first == twice  # sent twice, given once
    order = Order.objects.get()
    assert "督〔2026〕1号" in text_of(desk.get(first))
    assert "督〔2026〕1号" in text_of(desk.get("/desk/command/notices"))
    for ending, start in (("docx", b"PK"), ("pdf", b"%PDF")):
        file = desk.get(f"{first}/notice.{ending}")
        assert file.content.startswith(start)
        assert "%E3%80%942026" in file["Content-Disposition"]
    assert desk.get(f"{first}/notice.exe").status_code == 404
    assert at_desk("property").get(f"{first}/notice.pdf").status_code == 404
    assert order.number in text_of(at_desk("urban").get("/desk/command/"))


def test_every_page_in_both_languages_and_with_odd_questions(
    give: Give, sound: Sound, at_desk: AtDesk, world: World, language: str
) -> None:
    order, whistle = give(), sound(["urban_management"])
    index, accept = (1, "en") if language == "en" else (0, "zh-CN")
    desk = at_desk("manager")
    for path, key in (
        ("", "command"), ("whistles", "whistles"), ("notices", "notices"), ("rules", "ladder"), ("scores", "scores"), ("give/order", "order_new"),
        ("whistle/joint", "joint_new"), (f"orders/{order.number}", "history"), (f"whistles/{whistle.number}", "calls"),
    ):  # fmt: skip
        page = desk.get(f"/desk/command/{path}", **headers("Accept-Language", accept))
        assert page.status_code == 200, path
        assert words.TEXTS[key][index] in text_of(page)
    for path in (
        "?tab=x&page=-1&unit=x",
        "?page=99999999999",
        "?unit=9999999999999999999999",
        "?tab=given",
        "?tab=ended",
    ):
        assert desk.get(f"/desk/command/{path}").status_code == 200
    for path in (
        "scores?first=2026-13-01",
        "scores?first=2020-01-01&last=2026-01-01",
        "scores?first=9999-12-31&last=9999-12-31",
    ):
        assert desk.get(f"/desk/command/{path}").status_code in (200, 422)
    for path in (
        "orders/x",
        f"orders/{whistle.number}",
        "whistles/ZL1",
        "give/x",
        "whistle/x",
        "give/urge?about=AJ1",
    ):
        assert desk.get(f"/desk/command/{path}").status_code == 404


def test_a_list_costs_the_same_whatever_its_length(
    give: Give, sound: Sound, at_desk: AtDesk, world: World
) -> None:
    desk, about = at_desk("manager"), world.case("handling").pk
    pages = [f"/desk/command/{page}" for page in ("", "whistles", "notices", "scores")]

    def more(count: int) -> None:
        for _ in range(count):
            give()
            give(sort="urge", about=about)
            sound(["urban_management", "housing"])

    more(1)
    one = questions(desk.get, pages)
    more(14)  # thirty orders and notices, forty-five with the calls of the whistles
    assert questions(desk.get, pages) == one


def test_the_same_over_http(at_desk: AtDesk, world: World) -> None:
    boss, urban = at_desk("manager"), at_desk("urban")

    def send(desk: Desk, path: str, **body: Any) -> Any:
        return desk.client.post(f"/api{path}", orjson.dumps(body), content_type="application/json")

    given = send(
        boss,
        "/orders",
        unit_id=world.unit("urban_management"),
        title="路灯",
        text="请查",
        come=True,
        place_words="劳动路口",
    )
    assert given.status_code == 200, given.content
    number = given.json()["number"]
    assert given.json()["allowed"] == ["redirect", "withdraw"]
    assert [one["number"] for one in urban.get("/api/orders?tab=mine").json()["orders"]] == [number]  # type: ignore[attr-defined]
    assert send(urban, f"/orders/{number}/arrive", version=1).json()["state"] == "arrived"
    assert send(urban, f"/orders/{number}/report", version=1, result="x").status_code == 409
    assert send(urban, f"/orders/{number}/report", version=2, result="好").json()["state"] == "reported"
    assert send(urban, f"/orders/{number}/accept", version=3).status_code == 403
    assert send(boss, f"/orders/{number}/accept", version=3).json()["state"] == "done"
    street = at_desk("street-manager")
    units = [{"unit_id": world.unit("urban_management")}]
    blown = send(street, "/whistles", units=units, title="塌陷", text="到场", place_words="劳动路口")
    assert len(blown.json()["calls"]) == 1
    whistle = blown.json()["number"]
    assert send(street, f"/whistles/{whistle}/end", version=1, result="好").json()["state"] == "ended"
    assert (
        send(boss, f"/whistles/{whistle}/review", version=2, verdict="needless", reason="可自办").json()[
            "verdict"
        ]
        == "needless"
    )
    day = f"{world.clock.now:%Y-%m-%d}"
    (score,) = boss.get(f"/api/whistles/scores?first={day}&last={day}").json()  # type: ignore[attr-defined]
    assert score["lines"][0]["marks"] == [{"code": "needless", "points": 0, "source": "", "verified": False}]
    assert boss.get("/api/whistles/scores?first=2026-02-01&last=2026-01-01").status_code == 422


def test_an_administrator_changes_limits_with_what_is_wrong_beside_it(at_desk: AtDesk, give: Give) -> None:
    admin = at_desk("admin")
    wrong = admin.post("/desk/command/rules", {"sign_order": "很快"})
    assert wrong.status_code == 422
    assert "照默认值的样子填写：30分钟" in text_of(wrong)
    assert "很快" in wrong.content.decode()
    assert admin.post("/desk/command/rules", {"sign_order": "10分钟"}).status_code == 302
    order = give()
    assert order.clocks.get(name="sign").due_at - order.opened_at == timedelta(minutes=10)
    assert at_desk("manager").post("/desk/command/rules", {"sign_order": "5分钟"}).status_code == 403


def test_what_came_up_the_ladder_stands_once_with_its_last_rung(
    give: Give, at_desk: AtDesk, world: World
) -> None:
    for minutes in (0, 60):
        actions.save_rung(
            flow="order", clock="sign", minutes=minutes, to="district", transfer=False, notice="", source="示例", verified=False,
            valid_from=world.clock.now.date(), valid_to=None, viewer=system("test"),
        )  # fmt: skip
    order = give()
    actions.climb(at=world.clock.on(minutes=120))
    page = text_of(at_desk("manager").get("/desk/command/?tab=climbs"))
    assert page.count(order.number) == 1
    assert "签收时限过后 1 小时" in page


def test_the_ladder_runs_by_itself(give: Give, world: World) -> None:
    from gongbi.kernel.outbox.periodic import all_jobs
    from gongbi.kernel.outbox.subscribers import load

    load()
    (job,) = [one for one in all_jobs() if one.name == "command.climb"]
    assert job.every == timedelta(minutes=1)
    job.run(world.clock.now)
    assert actions.climb(at=world.clock.now) == 0
