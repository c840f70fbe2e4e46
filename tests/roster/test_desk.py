"""Duty at the desk, over HTTP and as sheets: now, the week, arranging, swaps, telephone, lists; in both languages."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongbi.kernel import keeping
from gongbi.kernel.scope.viewer import system
from gongbi.kernel.tables import write_xlsx
from gongbi.parties.models import Post
from gongbi.roster import actions, exchange, words
from gongbi.roster.models import HandoverNote, Rota, Swap, Turn
from tests.desk.conftest import Desk
from tests.roster.conftest import Duty, at

pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
SignedIn = Callable[[Post], Desk]
KEEPER = system("lists")


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_who_is_on_duty_now_and_what_lacks(duty: Duty, at_desk: AtDesk, signed_in: SignedIn) -> None:
    turn = duty.turn(0, "2026-03-10T08:00", "2026-03-10T20:00")
    page = text_of(at_desk("street-manager").get("/desk/duty/"))
    assert "值班员0" in page
    assert "029-80000000" in page
    assert "13900000000" not in page
    assert words.TEXTS["gaps_ask"][0] in page
    assert words.TEXTS["gaps_ask"][0] not in text_of(signed_in(duty.posts[1]).get("/desk/duty/"))
    desk = at_desk("street-manager")
    shut = desk.post(f"/desk/duty/turns/{turn.pk}/phone", {"reason": ""})
    assert shut.status_code == 422
    assert "13900000000" in text_of(
        desk.post(f"/desk/duty/turns/{turn.pk}/phone", {"reason": "路面塌陷，立即通知"})
    )
    assert (
        signed_in(duty.posts[2]).post(f"/desk/duty/turns/{turn.pk}/phone", {"reason": "路面塌陷"}).status_code
        == 403
    )


def test_pages_in_both_languages_with_as_many_queries_for_many_turns(
    duty: Duty, at_desk: AtDesk, language: str
) -> None:
    place = 1 if language == "en" else 0
    desk = at_desk("street-manager")
    desk.client.cookies["django_language"] = language
    turn = duty.turn(0, "2026-03-10T08:00", "2026-03-10T20:00")
    actions.write_note(turn_id=turn.pk, text="正常", viewer=duty.viewer(0), at=duty.world.clock.now)
    pages = {
        "/desk/duty/": "now", "/desk/duty/week?what=unit": "week", "/desk/duty/rosters": "rotas", "/desk/duty/swaps": "swaps",
        "/desk/duty/feeds": "feeds", "/desk/duty/rosters/street-watch": "members", f"/desk/duty/turns/{turn.pk}": "facts",
        "/desk/duty/rosters/street-watch/upload": "upload", "/desk/duty/week?what=roster:street-watch&day=2026-03-16": "week",
        f"/desk/duty/turns/{turn.pk}?step=stand-in": "stand_in",
    }  # fmt: skip
    counts = {}
    for address, heading in pages.items():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = desk.get(address)
        assert answer.status_code == 200, address
        assert words.TEXTS[heading][place] in text_of(answer), address
        counts[address] = len(asked)
    duty.generate(date(2026, 3, 10), date(2026, 4, 9))
    for address in pages:
        with CaptureQueriesContext(connection) as asked:
            desk.get(address)
        assert len(asked) <= counts[address] + 1, address


def test_the_week_reads_what_it_is_asked_and_nothing_worse(duty: Duty, at_desk: AtDesk) -> None:
    duty.generate(date(2026, 3, 16), date(2026, 3, 22))
    desk = at_desk("street-manager")
    week = text_of(desk.get("/desk/duty/week?what=unit&day=2026-03-18"))
    assert "2026-03-16 – 03-22" in week
    assert week.count("街道值班 · 夜班") == 7
    assert week.count("街道值班 · 白班") == 5
    for odd in ("day=9999-12-31", "day=0001-01-01", "day=x", "what=roster:nothing", "unit=9e9"):
        assert desk.get(f"/desk/duty/week?{odd}").status_code == 200
        assert desk.get(f"/desk/duty/?{odd}").status_code == 200


def test_arranging_at_the_desk(duty: Duty, at_desk: AtDesk, signed_in: SignedIn) -> None:
    desk, code = at_desk("street-manager"), "/desk/duty/rosters/street-watch"
    assert desk.post(f"{code}/fill", {"first": "2026-03-11", "last": "2026-03-10"}).status_code == 422
    assert desk.post(f"{code}/fill", {"first": "2026-03-11", "last": "2026-03-12"}).status_code == 302
    assert Turn.objects.count() == 4
    form = {
        "post": str(duty.posts[0].pk),
        "starts": "2026-03-10T12:00",
        "ends": "2026-03-10T18:00",
        "sort": "watch",
    }
    done = desk.post(f"{code}/add", form)
    assert done.status_code == 302
    made = Turn.objects.latest("pk")
    assert (made.starts_at, made.ends_at) == (at("2026-03-10T12:00"), at("2026-03-10T18:00"))
    again = desk.post(f"{code}/add", form)
    assert again.status_code == 422
    assert "已在这一班" in text_of(again)
    assert signed_in(duty.posts[1]).post(f"{code}/add", form).status_code == 403
    over = desk.post(f"/desk/duty/turns/{made.pk}/do/cancel", {"reason": ""})
    assert over.status_code == 422
    assert (
        desk.post(
            f"/desk/duty/turns/{made.pk}/do/stand-in", {"post": str(duty.posts[3].pk), "reason": "临时外出"}
        ).status_code
        == 302
    )
    assert Turn.objects.latest("pk").post_id == duty.posts[3].pk


def test_a_swap_from_phone_to_phone(duty: Duty, at_desk: AtDesk, signed_in: SignedIn) -> None:
    turn = duty.turn(0, "2026-03-12T08:00", "2026-03-12T20:00")
    theirs = duty.turn(1, "2026-03-14T08:00", "2026-03-14T20:00")
    asker, colleague, leader = signed_in(duty.posts[0]), signed_in(duty.posts[1]), at_desk("street-manager")
    assert "请人换班或代班" in text_of(asker.get(f"/desk/duty/turns/{turn.pk}"))
    sent = asker.post(
        f"/desk/duty/turns/{turn.pk}/do/swap",
        {"to_post": str(duty.posts[1].pk), "other": str(theirs.pk), "why": "家长会"},
    )
    assert sent.status_code == 302
    swap = Swap.objects.get()
    page = colleague.get(f"/desk/duty/swaps/{swap.number}")
    assert "家长会" in text_of(page)
    empty = colleague.post(f"/desk/duty/swaps/{swap.number}/do/decline", {"version": 1, "reason": ""})
    assert empty.status_code == 422
    assert colleague.post(f"/desk/duty/swaps/{swap.number}/do/agree", {"version": 1}).status_code == 302
    stale = leader.post(f"/desk/duty/swaps/{swap.number}/do/approve", {"version": 1})
    assert stale.status_code == 409
    assert swap.number in text_of(leader.get("/desk/duty/swaps"))
    assert leader.post(f"/desk/duty/swaps/{swap.number}/do/approve", {"version": 2}).status_code == 302
    assert "已批准" in text_of(asker.get(f"/desk/duty/swaps/{swap.number}"))
    assert signed_in(duty.posts[2]).get(f"/desk/duty/swaps/{swap.number}").status_code == 404


def test_handing_on_at_the_desk(duty: Duty, signed_in: SignedIn) -> None:
    turn = duty.turn(0, "2026-03-10T08:00", "2026-03-10T20:00")
    duty.turn(1, "2026-03-10T20:00", "2026-03-11T08:00")
    desk = signed_in(duty.posts[0])
    wrong = desk.post(f"/desk/duty/turns/{turn.pk}/do/note", {"text": "看这件", "matters": "AJ1"})
    assert wrong.status_code == 422
    assert (
        desk.post(
            f"/desk/duty/turns/{turn.pk}/do/note", {"text": "劳动路积水已退", "matters": ""}
        ).status_code
        == 302
    )
    note = HandoverNote.objects.get()
    duty.world.clock.now = at("2026-03-10T20:05")
    other = signed_in(duty.posts[1])
    assert "劳动路积水已退" in text_of(other.get(f"/desk/duty/turns/{turn.pk}"))
    assert other.post(f"/desk/duty/notes/{note.pk}/take").status_code == 302
    note.refresh_from_db()
    assert note.taken_by == duty.posts[1].actor


def test_lists_go_out_and_come_in_again(duty: Duty) -> None:
    duty.generate(date(2026, 3, 11), date(2026, 3, 17))
    now = duty.world.clock.now
    for name, day in (
        ("rotas", date(2026, 3, 11)),
        ("duty-members", date(2026, 3, 11)),
        ("duty", date(2026, 3, 11)),
    ):
        kept = keeping.known(name)
        assert kept.rows is not None
        rows = list(kept.rows(KEEPER, on=day))
        assert rows
        sheet = io.BytesIO(write_xlsx(kept.columns, rows))
        result = keeping.read(name, sheet, f"{name}.xlsx", valid_from=day, viewer=KEEPER, at=now)
        assert (result.faults, result.new, result.changed, result.same) == ([], 0, 0, len(rows)), name


def test_a_sheet_is_answered_row_by_row(duty: Duty, at_desk: AtDesk) -> None:
    duty.turn(0, "2026-03-11T08:00", "2026-03-11T20:00")
    plain = {
        "rota": "street-watch",
        "number": "duty-1",
        "starts": "2026-03-11 08:00",
        "ends": "2026-03-11 20:00",
    }
    rows = [
        plain,
        plain | {"number": "nobody"},
        plain | {"rota": "nothing"},
        plain | {"number": "duty-0", "starts": "2026-03-11 18:00", "ends": "2026-03-12 02:00"},
        plain | {"number": "duty-2", "starts": "soon"},
        plain | {"number": "duty-2", "ends": "2026-03-11 07:00"},
    ]
    file = SimpleUploadedFile("duty.xlsx", write_xlsx(exchange.TURNS, rows))
    desk = at_desk("street-manager")
    answer = desk.post("/desk/duty/rosters/street-watch/upload", {"file": file})
    assert answer.status_code == 422
    told = text_of(answer)
    assert "新增 1" in told
    assert "同一时间已有另一班" in told
    assert "日期写成" in told
    assert Turn.objects.filter(source="sheet").count() == 1
    out = desk.get("/desk/duty/rosters/street-watch/turns.xlsx")
    assert out.content[:2] == b"PK"


def test_over_http(duty: Duty, at_desk: AtDesk, signed_in: SignedIn) -> None:
    desk = at_desk("street-manager")

    def call(path: str, body: dict[str, Any] | None = None, who: Desk = desk) -> tuple[int, Any]:
        if body is None:
            answer: Any = who.client.get(f"/api{path}")
        else:
            answer = who.client.post(f"/api{path}", orjson.dumps(body), content_type="application/json")
        return answer.status_code, orjson.loads(answer.content)

    status, filled = call("/duty/rosters/street-watch/fill", {"first": "2026-03-10", "last": "2026-03-11"})
    assert (status, filled["open"], len(filled["turns"])) == (200, 0, 3)
    added = {
        "roster": "street-watch",
        "post_id": duty.posts[3].pk,
        "starts_at": "2026-03-10T09:00:00+08:00",
        "ends_at": "2026-03-10T12:00:00+08:00",
    }
    status, one = call("/duty/turns", added)
    assert (status, one["who"]) == (200, "值班员3")
    status, now = call("/duty/now")
    assert [turn["id"] for turn in now["turns"]] == [one["id"]]
    assert "139" not in orjson.dumps(now).decode()
    assert (
        call("/duty/turns", added | {"starts_at": "2026-03-10T09:00:00"})[1]["code"] == "roster.far"
    )  # a time without its zone
    assert call("/duty/turns", added | {"roster": "no"})[1]["field"] == "roster"
    assert call("/duty/turns?first=2026-03-10&last=2026-03-11")[1]["whole"] is True
    assert call("/duty/turns?first=0001-01-01")[0] == 422
    assert len(call("/duty/rosters")[1]["rosters"]) == Rota.objects.count()
    gap = call("/duty/gaps?days=3")[1]["gaps"][0]
    assert (gap["roster"], gap["missing"]) == ("street-watch", 1)
    status, note = call(f"/duty/turns/{one['id']}/notes", {"text": "正常"})
    assert (status, note["seq"]) == (200, 1)
    assert call(f"/duty/notes/{note['id']}/take", {})[0] == 200
    assert len(call("/duty/rosters/street-watch/notes")[1]["notes"]) == 1
    mine = signed_in(Post.objects.get(pk=filled["turns"][0]["post_id"]))
    ask = {"turn": filled["turns"][0]["id"], "to_post": duty.posts[2].pk, "why": "有事"}
    status, swap = call("/duty/swaps", ask, mine)
    assert (status, swap["allowed"]) == (200, ["withdraw"])
    status, swap = call(f"/duty/swaps/{swap['number']}/withdraw", {"version": 1}, mine)
    assert (status, swap["state"]) == (200, "withdrawn")
    assert call("/duty/swaps?tab=settled", who=mine)[1]["swaps"][0]["number"] == swap["number"]
    status, new = call(f"/duty/turns/{one['id']}/stand-in", {"post_id": duty.posts[2].pk, "reason": "外出"})
    assert (status, new["post_id"]) == (200, duty.posts[2].pk)
    assert call(f"/duty/turns/{new['id']}/cancel", {"reason": "活动取消"})[0] == 200


def test_rules_of_duty_are_read_by_all_and_kept_by_the_administrator(duty: Duty, at_desk: AtDesk) -> None:
    from gongbi.roster import queries
    from gongbi.roster.settings import DEFAULTS

    form = {key: str(default.value) for key, default in DEFAULTS.items()} | {
        "rest_hours": "11",
        "rest_hours_source": "区值班办法（示例）",
    }
    leader, admin = at_desk("street-manager"), at_desk("admin")
    assert "不是法律规定" in text_of(leader.get("/desk/duty/settings"))
    assert leader.post("/desk/duty/settings", form).status_code == 403
    assert admin.post("/desk/duty/settings", form | {"rest_hours": "99"}).status_code == 422
    assert admin.post("/desk/duty/settings", form).status_code == 302
    assert "区值班办法（示例）" in text_of(leader.get("/desk/duty/settings"))
    assert queries.setting("rest_hours", duty.leader) == 11
