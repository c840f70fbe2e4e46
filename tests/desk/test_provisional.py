"""Wherever the desk says until when, it also says that a year without a holiday notice may still move it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gongbi.cases import actions
from gongbi.kernel.clock.queries import clocks_of
from tests.desk.conftest import Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
MARK = "（日历暂定）"
PHONE = "029-55553210"


@pytest.mark.parametrize(("month", "day", "marked"), [(3, 10, False), (12, 30, True)])
def test_every_deadline_of_a_year_without_a_notice_is_marked(
    month: int, day: int, marked: bool, world: World, at_desk: At
) -> None:
    """A case of the last days of 2026 is due in 2027, whose notice is not out; one of March is due in March."""
    world.clock.now = datetime(2026, month, day, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    case = world.case("extending", channel="hotline")
    handle = next(clock for clock in clocks_of(case) if clock.name == "handle")
    assert (handle.due_at.year == 2027, handle.provisional) == (marked, marked)
    pages = {
        "queue": at_desk("dispatcher").get("/desk/queue/requests"),
        "case": at_desk("dispatcher").get(f"/desk/case/{case.number}"),
        "why": at_desk("dispatcher").get(f"/desk/case/{case.number}/clocks"),
        "print": at_desk("dispatcher").get(f"/desk/case/{case.number}/print"),
        "map": at_desk("dispatcher").get("/desk/map"),
        "search": at_desk("dispatcher").get("/desk/search?q=路灯"),
    }
    for name, answer in pages.items():
        assert (MARK in answer.content.decode()) is marked, name
    decide = at_desk("dispatcher").get(f"/desk/case/{case.number}?step=decide").content.decode()
    granted = re.search(r"<dt>同意后，办结期限</dt><dd>(.+?)</dd>", decide)
    assert granted is not None
    assert (MARK in granted[1]) is marked


def test_what_a_caller_is_told_is_marked_too(world: World, at_desk: At) -> None:
    world.clock.now = datetime(2026, 12, 31, 17, 55, tzinfo=ZoneInfo("Asia/Shanghai"))
    clerk = at_desk("clerk")
    case = world.say(channel="hotline", viewer=world.who("clerk"), phone=PHONE)
    actions.accept(
        case_id=case.pk, viewer=world.who("dispatcher"), at=world.clock.on(minutes=1), kind="C0137"
    )
    actions.dispatch(
        case_id=case.pk, viewer=world.who("dispatcher"), at=world.clock.on(minutes=1), unit_id=world.unit("urban_management")
    )  # fmt: skip
    number = case.reports.get().number
    for path in (f"/desk/intake/receipt/{number}", f"/desk/intake/receipt/{number}/print"):
        assert MARK in clerk.get(path).content.decode(), path
    assert MARK in clerk.post("/desk/intake/earlier", {"phone": PHONE}).content.decode()
