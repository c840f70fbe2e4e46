"""What stands in the panel of a step, so that nobody has to look for it elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gongbi.cases import actions
from tests.desk.conftest import Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
STEP = {"HX-Request": "true", "HX-Target": "step"}


def panel(desk: Desk, case: Any, step: str) -> Any:
    """The answer with the panel of that step; ``text`` and ``form`` hang on it."""
    answer: Any = desk.get(f"/desk/case/{case.number}", {"step": step}, **STEP)
    assert answer.status_code == 200
    answer.text_ = answer.content.decode()
    answer.form_ = answer.context["panels"][0]["form"]
    return answer


@pytest.mark.parametrize(("named", "chosen"), [("", None), ("water", "water"), ("urban_management", None)])
def test_a_case_that_was_sent_back_is_not_proposed_to_the_same_unit_again(
    named: str, chosen: str | None, at_desk: At, world: World
) -> None:
    case = world.case("dispatched")
    lead = world.unit("urban_management")
    actions.contest(
        case_id=case.pk, viewer=world.who("urban"), at=world.clock.on(minutes=1), reason="灯杆归供水单位",
        proposed_unit=world.unit(named) if named else None,
    )  # fmt: skip
    found = panel(at_desk("dispatcher"), case, "dispatch")
    assert found.form_["unit"].value() == (world.unit(chosen) if chosen else None)
    assert "灯杆归供水单位" in found.text_
    assert "城市管理和综合执法局提出异议" in found.text_
    likely = [int(key) for key, _name in dict(found.form_.fields["unit"].choices[1:]).get("较可能", [])]
    assert likely[:1] == ([chosen and world.unit(chosen)] if chosen else likely[:1])
    assert lead not in likely
    again = world.case("accepted")
    assert panel(at_desk("dispatcher"), again, "dispatch").form_["unit"].value() == lead  # nobody objected


def test_who_rules_reads_which_unit_said_what(at_desk: At, world: World) -> None:
    case = world.case("disputed")
    found = panel(at_desk("adjudicator"), case, "rule")
    assert found.text_.count("城市管理和综合执法局提出异议") == 2
    assert found.text_.count("不是我们的灯") == 2


def test_who_decides_on_an_extension_reads_who_asks_and_until_when_it_would_run(
    at_desk: At, world: World, fresh: Callable[[Any], Any]
) -> None:
    case = world.case("extending")
    found = panel(at_desk("dispatcher"), case, "decide")
    promised = found.form_.would_end.at
    assert promised > case.due_at
    assert "同意后，办结期限" in found.text_
    assert "城市管理和综合执法局" in found.text_
    at_desk("dispatcher").do(case, "decide", granted="yes")
    assert fresh(case).due_at == promised


def test_a_photo_that_must_be_given_is_not_called_optional(at_desk: At, world: World) -> None:
    case = world.case("handling")
    found = panel(at_desk("urban"), case, "finish")
    label = found.text_.split('for="finish-photos"')[1].split("</label>")[0]
    assert ("选填" in label) is not found.form_.needs_photo


def test_who_calls_back_reads_who_left_no_number(at_desk: At, world: World) -> None:
    target, other = world.case("received", channel="hotline"), world.case("received")
    actions.merge(
        case_id=other.pk, into_id=target.pk, viewer=world.who("dispatcher"), at=world.clock.on(minutes=1)
    )
    world.bring(target, "checked")
    lines = dict(panel(at_desk("clerk"), target, "call_back").form_.fields["report"].choices)
    called, silent = (str(report.pk) for report in target.reports.order_by("id"))
    assert "没有留电话" not in lines[called]
    assert lines[silent].endswith("没有留电话")


def test_the_numbers_of_a_house_are_read_from_the_words(at_desk: At, world: World) -> None:
    desk = at_desk("dispatcher")
    case = world.say(text="丰禾小区三號樓２单元五零一室漏水")
    page = desk.get(f"/desk/case/{case.number}").content.decode()
    assert "楼栋门户" in page
    assert "3号楼2单元501室" in page
    assert (
        "楼栋门户" not in desk.get(f"/desk/case/{world.say(text='路口的路灯坏了').number}").content.decode()
    )
