"""Evaluation in a browser's eyes and over HTTP: from the ranking to one matter, an appeal and its review, a change of rule; both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from gongbi.cases.models import Case
from gongbi.evaluation import actions, queries, queries_rules
from gongbi.evaluation.models import Appeal, Edition, Rule
from gongbi.kernel.flow.models import Matter
from gongbi.ops.commands import evaluate as command
from gongbi.parties.models import Unit
from tests.desk.conftest import Clock, Desk
from tests.evaluation.made import ALL, PERIOD, asked, evaluate, march
from tests.support.asking import questions

pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
HERE = "/desk/evaluation"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def april(clock: Clock) -> dict[str, list[int]]:
    """The first of April; the first case of each unit can be opened."""
    clock.on(days=22)
    keys = march()
    for code, found in keys.items():
        unit, matter = Unit.objects.get(code=code), Matter.objects.get(pk=found[0])
        matter.unit_id, matter.territory = unit.pk, unit.territory or "610104001001"
        case = Case(matter_ptr=matter, title="路灯不亮", kind="C0137", channel="web")
        case.__dict__.update({name: value for name, value in matter.__dict__.items() if name != "_state"})
        case.save()
    return keys


@pytest.fixture
def edition(april: dict[str, list[int]]) -> Edition:
    return evaluate()


def street() -> Unit:
    return Unit.objects.filter(kind="street").order_by("code")[0]


def test_before_there_are_results_the_page_says_when_they_come_and_lets_a_leader_compute_them(
    april: dict[str, list[int]], at_desk: AtDesk
) -> None:
    assert "还没有考评结果" in text_of(at_desk("street").get(f"{HERE}/"))
    chief = at_desk("manager")
    page = chief.get(f"{HERE}/")
    assert f"计算这一期 {PERIOD}" in text_of(page)
    done = chief.post(f"{HERE}/compute", {"scheme": "streets", "period": PERIOD})
    assert done.status_code == 302
    assert Edition.objects.get().period == PERIOD
    assert (
        at_desk("street").post(f"{HERE}/compute", {"scheme": "streets", "period": PERIOD}).status_code == 403
    )
    again = chief.post(f"{HERE}/compute", {"scheme": "streets", "period": "2026-04"})
    assert "还没有结束" in text_of(chief.get(again["Location"]))


def test_from_the_ranking_to_the_matters_of_the_own_unit(edition: Edition, at_desk: AtDesk) -> None:
    desk, unit = at_desk("street"), street()
    said = text_of(desk.get(f"{HERE}/"))
    assert "93.00" in said
    assert "件数太少，不排名" in said
    assert said.index("93.00") < said.index("82.50")
    assert edition.digest[:16] in said
    page = desk.get(f"{HERE}/editions/{edition.pk}/units/{unit.pk}")
    said = text_of(page)
    assert "82.50" in said
    assert "第 2 名，共 2 个" in said
    assert "30 / 40" in said  # 解决率
    assert "填报负担" in said
    rows = desk.get(f"{HERE}/editions/{edition.pk}/units/{unit.pk}/solved?part=rest")
    assert text_of(rows).count("未解决") == 10
    assert "申诉" in text_of(rows)
    other = Unit.objects.filter(kind="street").order_by("code")[1]
    assert desk.get(f"{HERE}/editions/{edition.pk}/units/{other.pk}").status_code == 403
    assert at_desk("manager").get(f"{HERE}/editions/{edition.pk}/units/{other.pk}").status_code == 200
    for odd in ("?period=x", "?edition=99999999999999999999", "?scheme=departments", "?edition=x"):
        assert desk.get(f"{HERE}/{odd}").status_code in (200, 404)
    assert desk.get(f"{HERE}/?scheme=gone").status_code == 404
    assert desk.get(f"{HERE}/editions/{edition.pk}/units/{unit.pk}/gone").status_code == 404
    assert desk.get(f"{HERE}/editions/{edition.pk}/units/{unit.pk}/solved?part=gone").status_code == 404


def test_lists_cost_the_same_for_one_matter_and_one_appeal_as_for_thirty(
    april: dict[str, list[int]], edition: Edition, at_desk: AtDesk, clock: Clock
) -> None:
    unit, few = street(), Unit.objects.filter(kind="street").order_by("code")[2]
    judge = at_desk("adjudicator")
    appellant = at_desk("street").viewer

    def appeal(case: int) -> None:
        actions.ask(asked(edition, unit, case), viewer=appellant, at=clock.now)

    appeal(april[unit.code][0])
    one = questions(judge.get, [f"{HERE}/appeals"])
    for case in april[unit.code][1:10]:
        appeal(case)
    assert questions(judge.get, [f"{HERE}/appeals"]) == one
    chief = at_desk("manager")
    counts = [
        list(
            questions(
                chief.get, [f"{HERE}/editions/{edition.pk}/units/{of.pk}{tail}" for tail in ("", "/solved")]
            ).values()
        )
        for of in (few, unit)  # three matters, forty
    ]
    assert counts[0] == counts[1]
    whole = questions(chief.get, [f"{HERE}/"])
    evaluate("departments")
    assert questions(chief.get, [f"{HERE}/"]) == whole


def test_an_appeal_is_asked_reviewed_and_enters_the_results(
    april: dict[str, list[int]], edition: Edition, at_desk: AtDesk, clock: Clock
) -> None:
    desk, judge, unit = at_desk("street"), at_desk("adjudicator"), street()
    case = april[unit.code][0]
    where = f"{HERE}/editions/{edition.pk}/units/{unit.pk}/appeal/{case}"
    rows = desk.get(f"{HERE}/editions/{edition.pk}/units/{unit.pk}/solved")
    assert where in rows.content.decode()
    wrong = desk.post(where, {"sort": "exclude", "ground": "", "reason": "不合理", "evidence": "录音第 3 段"})
    assert wrong.status_code == 422
    assert "请选择剔除的理由" in text_of(wrong)
    assert "录音第 3 段" in text_of(wrong)  # what was typed is kept
    made = desk.post(
        where, {"sort": "exclude", "ground": "unreasonable", "reason": "不合理", "evidence": "录音第 3 段"}
    )
    assert made.status_code == 302, text_of(made)
    appeal = Appeal.objects.get()
    page = judge.get(f"{HERE}/appeals/{appeal.number}?step=uphold")
    assert "录音第 3 段" in text_of(page)
    assert appeal.number in text_of(judge.get(f"{HERE}/appeals"))
    assert "已申诉" in text_of(desk.get(f"{HERE}/editions/{edition.pk}/units/{unit.pk}/solved"))
    stale = judge.post(f"{HERE}/appeals/{appeal.number}/do/uphold", {"version": 9, "reason": "属实"})
    assert stale.status_code == 409
    own = desk.post(f"{HERE}/appeals/{appeal.number}/do/uphold", {"version": 1, "reason": "属实"})
    assert own.status_code == 403
    done = judge.post(f"{HERE}/appeals/{appeal.number}/do/uphold", {"version": 1, "reason": "属实"})
    assert done.status_code == 302, text_of(done)
    assert "正在重算" in text_of(judge.get(f"{HERE}/appeals/{appeal.number}"))
    actions.catch_up(viewer=ALL, at=clock.on(minutes=1))
    said = text_of(desk.get(f"{HERE}/"))
    assert "第 2 版" in said
    assert "申诉成立后重算" in said
    assert "有更新的版本" in text_of(desk.get(f"{HERE}/?edition={edition.pk}"))
    newer = queries.latest(ALL, "streets", PERIOD)
    rows = desk.get(f"{HERE}/editions/{newer.pk}/units/{unit.pk}/solved?part=excluded")
    assert "申诉成立后改动的" in text_of(rows)
    again = desk.post(f"{HERE}/editions/{newer.pk}/recompute")
    assert "逐字节一致" in text_of(desk.get(again["Location"]))


def test_a_ranking_is_taken_home(edition: Edition, at_desk: AtDesk) -> None:
    desk = at_desk("auditor")
    plain = desk.get(f"{HERE}/editions/{edition.pk}/export?format=json")
    assert plain.content == edition.body.encode()
    sheet = desk.get(f"{HERE}/editions/{edition.pk}/export?format=csv").content.decode("utf-8-sig")
    assert sheet.splitlines()[0].startswith("周期,方案")
    assert "93" in sheet
    assert desk.get(f"{HERE}/editions/{edition.pk}/export?format=xlsx").content[:2] == b"PK"
    assert desk.get(f"{HERE}/editions/{edition.pk}/export?format=pdf").status_code == 404


def test_a_change_of_rule_is_proposed_tried_out_and_decided_by_another(
    edition: Edition, at_desk: AtDesk, clock: Clock
) -> None:
    chief, admin = at_desk("manager"), at_desk("admin")
    where = f"{HERE}/rules/scheme/streets/change"
    page = chief.get(where)
    typed = {
        name: value
        for name, value in page.context["form"].initial.items()
        if name in page.context["form"].fields
    }
    typed["note"] = "只看解决率"
    for items, told in (
        ("solved", "应是 0 到 1 之间的小数"),
        ("solved 0.7", "各权重之和为 0.7，应恰好为 1；还差 0.3"),
        ("solved 1 x:1", "分档应写成"),
        ("gone 1", "不存在"),
    ):
        page = chief.post(where, typed | {"items": items})
        assert page.status_code == 422
        assert told in text_of(page)
        assert items in page.content.decode()  # what was typed is kept
    wrong = chief.post(where, typed | {"minus": "扣 | off"})
    assert "count" in text_of(wrong)
    done = chief.post(where, typed | {"items": "solved 1 0:0 50:50 75:75 90:90"})
    assert done.status_code == 302, text_of(done)
    made = Rule.objects.get()
    assert json.loads(made.plain)["items"] == [
        {
            "indicator": "solved",
            "weight": "1",
            "bands": [["0", "0"], ["50", "50"], ["75", "75"], ["90", "90"]],
        }
    ]
    indicator = f"{HERE}/rules/indicator/solved/change"
    page = chief.get(indicator)
    fields = {
        name: value
        for name, value in page.context["form"].initial.items()
        if name in page.context["form"].fields
    }
    page = chief.post(indicator, fields | {"numerator": "count(below where phone)", "note": "试"})
    assert page.status_code == 422
    assert "涉及个人" in text_of(page)
    page = chief.post(
        indicator,
        fields | {"code": "solved_web", "denominator": "count(verdict where channel = web)", "note": "试"},
    )
    assert page.status_code == 302, text_of(page)
    Rule.objects.filter(code="solved_web").delete()
    row = Rule.objects.get()
    here = f"{HERE}/rules/versions/{row.pk}"
    assert "正在试算" in text_of(chief.get(here))
    actions.catch_up(viewer=ALL, at=clock.now)
    said = text_of(admin.get(here))
    assert "82.50" in said
    assert "75.00" in said
    assert "提出修改的人不能自己批准" in text_of(
        chief.get(chief.post(f"{here}/enact", {"valid_from": "2026-05-01"})["Location"])
    )
    assert admin.post(f"{here}/enact", {"valid_from": "2026-03-01"}).status_code == 422
    assert admin.post(f"{here}/enact", {"valid_from": "2026-05-01"}).status_code == 302
    assert len(queries_rules.rules_on(ALL, date(2026, 5, 1)).schemes["streets"].items) == 1
    assert "只看解决率" in text_of(at_desk("street").get(f"{HERE}/rules"))
    assert at_desk("street").get(where).status_code == 403


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_in_both_languages(
    language: str, april: dict[str, list[int]], edition: Edition, at_desk: AtDesk, clock: Clock
) -> None:
    unit = street()
    desk = at_desk("street")
    desk.client.cookies["django_language"] = language
    made = f"/editions/{edition.pk}/units/{unit.pk}"
    desk.post(
        f"{HERE}{made}/appeal/{april[unit.code][0]}",
        {"sort": "exclude", "ground": "unreasonable", "reason": "r", "evidence": "e"},
    )
    number = Appeal.objects.get().number
    pages = ("/", made, f"{made}/handled_on_time", f"{made}/solved?part=rest", f"{made}/appeal/{april[unit.code][0]}", "/appeals", f"/appeals/{number}",
             f"/appeals/{number}?step=withdraw", "/rules", "/rules/indicator/public", "/rules/scheme/streets")  # fmt: skip
    for page in pages:
        answer = desk.get(f"{HERE}{page}")
        if "handled_on_time" in page:
            assert answer.status_code == 404  # not an indicator of this scheme
            continue
        assert answer.status_code == 200, page
        html = answer.content.decode()
        assert "%(" not in html, page
        chinese = re.findall(r"<h1>[^<]*[\u4e00-\u9fff]", html)
        assert bool(chinese) == (language == "zh-hans") or unit.name in html


# --- HTTP and the command -------------------------------------------------------------------------------------------------


def test_over_http(april: dict[str, list[int]], edition: Edition, at_desk: AtDesk) -> None:
    desk, judge, unit = at_desk("street"), at_desk("adjudicator"), street()
    api = "/api/evaluation"
    assert desk.get(f"{api}/editions/{edition.pk}").content == edition.body.encode()
    assert [one["digest"] for one in desk.get(f"{api}/editions?scheme=streets").json()] == [edition.digest]
    rules = desk.get(f"{api}/rules").json()
    assert {one["code"] for one in rules} >= {"streets", "handled_on_time"}

    def sent(who: Desk, path: str, body: Any) -> Any:
        return who.client.post(f"{api}{path}", json.dumps(body), content_type="application/json")

    definition = rules[-1]["definition"]
    assert sent(desk, "/rules/check", {"kind": "indicator", "definition": definition}).json() == {
        "definition": definition
    }
    bad = sent(
        desk,
        "/rules/check",
        {"kind": "indicator", "definition": definition | {"numerator": "count(below where phone)"}},
    )
    assert (bad.status_code, bad.json()["code"], bad.json()["field"]) == (
        422,
        "evaluation.personal",
        "numerator",
    )
    rows = desk.get(f"{api}/editions/{edition.pk}/units/{unit.pk}/solved?part=rest").json()
    assert (rows["total"], len(rows["matters"])) == (10, 10)
    assert sent(desk, f"/editions/{edition.pk}/recompute", {}).json()["same"] is True
    body = {
        "edition": edition.pk, "unit": unit.pk, "case": april[unit.code][0], "sort": "exclude", "ground": "unreasonable", "reason": "r", "evidence": "e",
    }  # fmt: skip
    made = sent(desk, "/appeals", body).json()
    assert made["allowed"] == ["supplement", "withdraw"]
    upheld = sent(
        judge, f"/appeals/{made['number']}/uphold", {"text": "属实", "version": made["version"]}
    ).json()
    assert (upheld["state"], upheld["answer"]) == ("upheld", "属实")
    assert [one["number"] for one in judge.get(f"{api}/appeals?state=upheld").json()] == [made["number"]]


def test_the_command_says_the_ranking_and_proves_it(
    edition: Edition, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "\n".join(command.lines(queries.results(ALL, edition)))
    assert edition.digest in said
    assert "93.00" in said
    assert command.recompute(ALL, PERIOD, []) == 0
    assert "the same bytes" in capsys.readouterr().out
    Edition.objects.filter(pk=edition.pk).update(body=edition.body.replace("93.0", "94.0"))
    assert command.recompute(ALL, PERIOD, ["streets"]) == 1
    assert "DIFFERENT" in capsys.readouterr().out
    assert command.recompute(ALL, "2025-01", []) == 1


def test_the_page_of_documents_is_that_of_the_code() -> None:
    from pathlib import Path

    from gongbi.evaluation.definitions import as_markdown

    page = Path(__file__).resolve().parent.parent.parent / "docs" / "evaluation.md"
    assert page.read_text("utf-8") == as_markdown()


def test_the_demonstration_has_results_and_an_appeal(april: dict[str, list[int]], clock: Clock) -> None:
    from gongbi.evaluation.demo import build_demo

    told = build_demo(at=clock.now)
    assert told.startswith(f"results of {PERIOD}, an appeal (SS")
    assert build_demo(at=clock.now + timedelta(days=1)) == "results were there already"
    assert reverse("evaluation:ranking") == f"{HERE}/"
