"""The warning desk in a browser's eyes: the list, one warning, its steps, the looks, the settings; in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning import actions, queries, rules, words
from gongbi.warning.models import Run, Warning
from tests.desk.conftest import Clock, Desk
from tests.warning.happening import TODAY, Happened, noon, store
from tests.warning.test_flow import Make, bring, grid, make

__all__ = ["grid", "make"]
pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_what_waits_stands_first_with_its_level_in_words_and_shape(make: Make, at_desk: AtDesk) -> None:
    blue, red = make(level=4), make(level=1)
    page = at_desk("dispatcher").get("/desk/warnings/")
    assert page.status_code == 200
    said = text_of(page)
    assert said.index(red.number) < said.index(blue.number)
    for number in (1, 4):
        assert words.LEVELS[number][0] in said
    chips = re.findall(
        r'<span class="chip" data-tone="level\d">(<svg.*?</svg>)<span>[一二三四]级',
        page.content.decode(),
        re.S,
    )
    assert len(set(chips)) == 2  # told apart by shape alone
    assert "不作准确率的承诺" in said  # nothing reviewed yet


def test_the_list_costs_the_same_whatever_its_length(make: Make, at_desk: AtDesk) -> None:
    desk = at_desk("dispatcher")
    make()
    desk.get("/desk/warnings/")
    with CaptureQueriesContext(connection) as one:
        desk.get("/desk/warnings/")
    for _ in range(5):
        make()
    with CaptureQueriesContext(connection) as many:
        desk.get("/desk/warnings/")
    assert len(many) == len(one)


def test_narrowed_by_sort_level_and_state(make: Make, at_desk: AtDesk, post: Callable[..., Viewer]) -> None:
    cluster, repeat = make(level=2), make(sort=rules.REPEAT, kind="C0137", level=4)
    gone = bring(make(level=3), "dismissed", post("dispatcher"))
    desk = at_desk("dispatcher")
    assert repeat.number not in text_of(desk.get("/desk/warnings/?sort=cluster"))
    assert cluster.number not in text_of(desk.get("/desk/warnings/?level=4"))
    assert gone.number in text_of(desk.get("/desk/warnings/?tab=review"))
    assert gone.number not in text_of(desk.get("/desk/warnings/"))
    for odd in ("?tab=x", "?level=9", "?page=-1", "?page=99999999", "?sort=x"):
        assert desk.get(f"/desk/warnings/{odd}").status_code == 200


def test_one_warning_says_why_where_and_what_was_done(
    make: Make, at_desk: AtDesk, grid: str, language: str
) -> None:
    one = make()
    (inside,) = store([Happened(grid, "E0301", noon(TODAY), lon=108.913, lat=34.265)])
    desk = at_desk("dispatcher")
    page = desk.get(
        f"/desk/warnings/{one.number}", **{"Accept-Language": "en" if language == "en" else "zh-CN"}
    )
    said = text_of(page)
    index = 1 if language == "en" else 0
    for pair in (
        words.LEVELS[3],
        words.SORTS[rules.CLUSTER],
        ("原因", "reason"),
        words.TEXTS["recurrence_note"],
    ):
        assert pair[index] in said
    assert "9" in said
    assert "2.5" in said
    assert f"/desk/key/{inside}" in page.content.decode() or "第1件" in said
    shapes = orjson.loads(desk.get(f"/desk/warnings/{one.number}/outlines.json").content)["features"]
    assert [shape["properties"]["code"] for shape in shapes if shape["properties"].get("tone")] == [grid]
    points = orjson.loads(desk.get(f"/desk/warnings/{one.number}/points.json").content)["features"]
    assert [point["geometry"]["coordinates"] for point in points] == [[108.913, 34.265]]


def test_from_assessed_to_reviewed_by_two_people(make: Make, at_desk: AtDesk, clock: Clock) -> None:
    one = make()
    desk, other = at_desk("dispatcher"), at_desk("manager")
    address = f"/desk/warnings/{one.number}"
    assert "研判意见" in text_of(desk.get(f"{address}?step=assess"))
    wrong = desk.post(f"{address}/do/assess", {"finding": "", "version": 1})
    assert wrong.status_code == 422
    done = desk.post(f"{address}/do/assess", {"finding": "疑为夜间施工", "version": 1})
    assert done.status_code == 302
    stale = desk.post(f"{address}/do/assess", {"finding": "又一次", "version": 1})
    assert stale.status_code == 409
    assert "又一次" in text_of(stale)  # what was typed is kept
    form = text_of(desk.get(f"{address}?step=act"))
    assert "预警核查" in form
    codes = queries.codes_of(one, desk.viewer)
    acted = desk.post(
        f"{address}/do/act", {"text": "请查处夜间施工", "division": codes[0], "kind": "E0301", "version": 2}
    )
    assert acted.status_code == 302
    (case,) = queries.cases_made(one, desk.viewer)
    assert case.number in text_of(desk.get(address))
    assert case.territory == codes[0]
    own = desk.post(f"{address}/do/review", {"verdict": "right", "reason": "确有", "version": 3})
    assert own.status_code == 422
    assert "不能复核自己的研判" in text_of(own)
    assert (
        other.post(f"{address}/do/review", {"verdict": "right", "reason": "确有", "version": 3}).status_code
        == 302
    )
    assert "100% (1/1)" in text_of(other.get("/desk/warnings/"))
    assert "疑为夜间施工" in text_of(other.get(address))


def test_outside_the_territory_there_is_no_such_warning(
    make: Make, at_desk: AtDesk, viewer: Callable[..., Viewer]
) -> None:
    one = make()
    desk = at_desk("dispatcher")
    for address in (
        "/desk/warnings/YJ20260310-999999-1",
        "/desk/warnings/x",
        f"/desk/warnings/{one.number}9",
    ):
        assert desk.get(address).status_code == 404
    assert desk.post(f"/desk/warnings/{one.number}/do/raise", {"version": 1}).status_code == 404


def test_looking_at_today_on_a_button(at_desk: AtDesk, clock: Clock) -> None:
    desk = at_desk("dispatcher")
    answer = desk.post("/desk/warnings/now")
    assert answer.status_code == 302
    run = Run.objects.get()
    assert (run.live, run.day) == (True, TODAY)
    assert "检查完毕" in text_of(desk.get("/desk/warnings/"))
    assert "即时" in text_of(desk.get("/desk/warnings/looks"))
    assert at_desk("checker").post("/desk/warnings/now").status_code == 403


def test_an_administrator_sets_how_many_false_alarms_are_accepted(at_desk: AtDesk) -> None:
    admin = at_desk("admin")
    page = text_of(admin.get("/desk/warnings/settings"))
    assert "不是法律规定" in page
    assert admin.post("/desk/warnings/settings", {"false_alarms": "2.5"}).status_code == 302
    assert queries.config(admin.viewer).false_alarms == 2.5
    wrong = admin.post("/desk/warnings/settings", {"false_alarms": "-1"})
    assert wrong.status_code == 422
    assert queries.config(admin.viewer).false_alarms == 2.5
    assert at_desk("dispatcher").post("/desk/warnings/settings", {"false_alarms": "9"}).status_code == 403


# --- The same over HTTP ---------------------------------------------------------------------------------------------------


def test_the_interface_gives_the_same(make: Make, at_desk: AtDesk, clock: Clock) -> None:
    one = make()
    desk, other = at_desk("dispatcher"), at_desk("manager")

    def send(who: Desk, step: str, **body: Any) -> Any:
        return who.client.post(
            f"/api/warnings/{one.number}/{step}", orjson.dumps(body), content_type="application/json"
        )

    found = orjson.loads(desk.get("/api/warnings").content)
    assert [row["number"] for row in found["warnings"]] == [one.number]
    told = orjson.loads(desk.get(f"/api/warnings/{one.number}").content)
    assert (told["level"], told["observed"], told["allowed"]) == (3, 9, ["assess"])
    assert send(desk, "assess", finding="施工", version=1).status_code == 200
    assert send(desk, "dismiss", reason="", version=2).status_code == 422
    assert send(desk, "dismiss", reason="补录", version=2).status_code == 200
    assert send(other, "review", verdict="wrong", reason="误报", version=3).status_code == 200
    (row,) = orjson.loads(desk.get("/api/warnings/precision").content)
    assert (row["sort"], row["level"], row["right"], row["wrong"], row["precision"]) == (
        "cluster",
        3,
        0,
        1,
        0.0,
    )
    assert orjson.loads(desk.get("/api/warnings/runs").content)[0]["new"] == 0
    assert at_desk("admin").get("/api/warnings").status_code == 403


def test_the_command_looks_at_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    from gongbi.ops.cli import main

    store([Happened("610104001001001", "E0301", noon(TODAY - timedelta(days=n))) for n in range(3)])
    assert main(["warn", "--date", TODAY.isoformat(), "--json"]) == 0
    told = orjson.loads(capsys.readouterr().out)
    assert (told["day"], told["cases"], told["raised"], told["warnings"]) == (TODAY.isoformat(), 3, 0, [])
    assert main(["warn", "--date", TODAY.isoformat()]) == 0
    assert "0 raised" in capsys.readouterr().out
    assert Run.objects.count() == 1
    assert not Warning.objects.exists()
    assert actions.nightly(viewer=queries_viewer(), at=noon(TODAY)) is not None


def queries_viewer() -> Viewer:
    from gongbi.kernel.scope.viewer import system

    return system("test")
