"""Pure rules of command: each with its boundary."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.command import rules
from gongbi.command.rules import Called, Priced, Ran, Unit

T = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
CENTRE, STREET, DEPARTMENT = Unit(1, "district_centre", frozenset({1})), Unit(2, "street", frozenset({2, 3})), Unit(4, "department", frozenset({4}))  # fmt: skip


def test_the_centre_orders_anybody_a_street_what_is_under_it_a_department_nobody() -> None:
    assert [rules.may_order(CENTRE, to) for to in (1, 2, 4)] == [True] * 3
    assert [rules.may_order(STREET, to) for to in (2, 3, 4)] == [True, True, False]
    assert not rules.may_order(DEPARTMENT, 4)


def test_streets_whistle_and_the_centre_orders_instead() -> None:
    assert [rules.may_whistle(one) for one in (CENTRE, STREET, DEPARTMENT)] == [False, True, False]
    assert [rules.may_join(one) for one in (CENTRE, STREET, DEPARTMENT)] == [True, True, False]


def test_a_notice_is_numbered_as_documents_write_it() -> None:
    assert rules.notice_number("莲督", 2026, 3) == "莲督〔2026〕3号"


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 0), (1, 1), (60, 1), (61, 2), (3570, 60), (-1, 0), (-60, -1)]
)
def test_minutes_until_a_time_round_up(seconds: int, minutes: int) -> None:
    assert rules.minutes_until(T, T + timedelta(seconds=seconds)) == minutes


def test_a_clock_change_between_gives_and_takes_no_hour() -> None:
    """China put its clocks forward on 4 May 1986: from 23:30 to 04:00 on the wall are three hours and a half."""
    shanghai = ZoneInfo("Asia/Shanghai")
    begun, by = datetime(1986, 5, 3, 23, 30, tzinfo=shanghai), datetime(1986, 5, 4, 4, 0, tzinfo=shanghai)
    assert (by - begun) / timedelta(minutes=1) == 270  # what the wall says
    assert rules.minutes_until(begun, by) == 210


@given(st.integers(1, 40_000), st.integers(0, 59))
def test_who_arrives_in_the_last_minute_is_in_time(minutes: int, second: int) -> None:
    """Whatever second the order was given in, the appointed minute itself is in time and the next is late."""
    begun = T + timedelta(seconds=second)
    by = T + timedelta(minutes=minutes)
    left = rules.minutes_until(begun, by)
    if left > 0:
        due = begun + timedelta(minutes=left)
        assert not rules.late(due, by + timedelta(seconds=59))
        assert rules.late(due, by + timedelta(minutes=2))


def test_distance_over_one_degree_of_latitude() -> None:
    assert rules.metres((108.9, 34.0), (108.9, 35.0)) == pytest.approx(111_195, abs=1)
    assert rules.metres((108.9, 34.0), (108.9, 34.0)) == 0


# ---- marks ---------------------------------------------------------------------------------------------------------


def ran(name: str, minutes: int | None, *, due: int = 15, **more: bool) -> Ran:
    stopped = None if minutes is None else T + timedelta(minutes=minutes)
    return Ran(name, T + timedelta(minutes=due), stopped, **more)


def test_who_is_called_is_marked_for_each_clock_that_ran_out() -> None:
    clocks = [ran("sign", 15), ran("arrive", 16), ran("report", 17)]
    assert rules.marks_of_called(Called("done", clocks)) == [rules.CAME_LATE, rules.REPORTED_LATE]
    assert rules.marks_of_called(Called("done", [ran("sign", 16)])) == [rules.SIGNED_LATE]


def test_who_never_came_is_absent_and_not_late_as_well() -> None:
    clocks = [ran("sign", 99), ran("arrive", 99)]
    assert rules.marks_of_called(Called("lapsed", clocks)) == [rules.SIGNED_LATE, rules.ABSENT]


@pytest.mark.parametrize(
    "call", [Called("withdrawn", [ran("sign", 99)]), Called("done", [ran("sign", 99)], upheld=True)]
)
def test_what_was_taken_back_or_not_theirs_marks_nobody_called(call: Called) -> None:
    assert rules.marks_of_called(call) == []


@pytest.mark.parametrize("more", [{"cancelled": True}, {"exempt": True}])
def test_a_clock_without_a_verdict_marks_nothing(more: dict[str, bool]) -> None:
    assert rules.marks_of_called(Called("done", [ran("arrive", 99, **more)])) == []


def test_the_caller_is_marked_for_needless_wrong_and_called_off_late() -> None:
    calls = [
        Called("withdrawn", [], upheld=True),
        Called("withdrawn", [], upheld=True),
        Called("withdrawn", [], arrived=True),
    ]
    assert rules.marks_of_caller(calls, verdict=rules.NEEDLESS, withdrawn=True) == [
        rules.NEEDLESS, rules.WRONGLY_ADDRESSED, rules.WRONGLY_ADDRESSED, rules.CALLED_OFF_LATE,
    ]  # fmt: skip
    assert rules.marks_of_caller(calls[2:], verdict=rules.WARRANTED, withdrawn=False) == []
    assert rules.marks_of_caller([Called("withdrawn", [])], verdict="", withdrawn=True) == []


def test_a_mark_costs_what_the_rule_of_that_day_says() -> None:
    old = Priced(rules.CAME_LATE, 10, date(2026, 1, 1), date(2026, 3, 1), "一")
    new = Priced(rules.CAME_LATE, 25, date(2026, 3, 1), None, "二")
    for day, points in ((date(2026, 2, 28), 10), (date(2026, 3, 1), 25)):
        (mark,) = rules.priced([rules.CAME_LATE], rules.in_force([new, old], day))
        assert mark.points == points
    (mark,) = rules.priced([rules.CAME_LATE], rules.in_force([new, old], date(2025, 12, 31)))
    assert (mark.points, mark.source) == (0, "")


def test_a_score_never_falls_below_zero() -> None:
    marks = [rules.Mark("absent", 60, "x", False)] * 2
    assert rules.score([]) == 100
    assert rules.score(marks[:1]) == 40
    assert rules.score(marks) == 0


@pytest.mark.parametrize(
    ("more", "fault"),
    [({}, ""), ({"minutes": -1}, "minutes"), ({"minutes": 600_000}, "minutes"), ({"transfer": True}, ""), ({"flow": "cases", "transfer": True}, "transfer"),
     ({"notice": "supervise3"}, ""), ({"notice": "supervise4"}, "notice"), ({"clock": ""}, "clock")],
)  # fmt: skip
def test_a_rung_that_makes_no_sense_is_named(more: dict[str, Any], fault: str) -> None:
    plain: dict[str, Any] = {"flow": "order", "clock": "sign", "minutes": 30, "transfer": False, "notice": ""}
    assert rules.rung_fault(**(plain | more)) == fault
