"""The test vectors of the domain dossier §15.4, and what lies around each boundary."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gongbi.kernel.clock.calendar import ZONE, Calendar, Season, from_chinesecalendar
from gongbi.kernel.clock.engine import due, elapsed, on_time, remaining
from gongbi.kernel.clock.limits import parse
from gongbi.kernel.errors import Refused
from tests.kernel.clock.given import bj, notices


@pytest.mark.parametrize(
    ("start", "limit", "end"),
    [
        pytest.param("2026-09-30 17:00", "4工作时", "2026-10-08 11:00", id="V1"),
        pytest.param("2026-09-30 17:00", "1工作日", "2026-10-08 17:00", id="V2"),
        pytest.param("2026-09-30 17:00", "2紧急工作时", "2026-09-30 19:00", id="V3"),
        pytest.param("2026-11-20 17:30", "2工作时", "2026-11-23 09:30", id="V4"),
        pytest.param("2026-05-09 15:00", "4工作时", "2026-05-11 09:00", id="V5"),
        pytest.param("2026-09-18 10:00", "2工作日", "2026-09-21 10:00", id="V6"),
        pytest.param("2026-09-18 10:00", "5工作日", "2026-09-24 10:00", id="V7"),
        pytest.param("2026-11-23 12:30", "1工作时", "2026-11-23 15:00", id="V8"),
        pytest.param("2026-11-22 10:00", "4工作时", "2026-11-23 12:00", id="V9"),
        pytest.param("2026-11-23 08:00", "8小时", "2026-11-23 18:00", id="V10"),
        # around the slots: a deadline at a slot's end is that end, not the next slot's start
        ("2026-11-23 08:00", "4工作时", "2026-11-23 12:00"),
        ("2026-11-23 08:01", "4工作时", "2026-11-23 14:01"),
        ("2026-11-23 07:59", "4工作时", "2026-11-23 12:00"),
        ("2026-11-23 12:00", "1工作时", "2026-11-23 15:00"),
        ("2026-11-23 17:59", "1工作时", "2026-11-24 08:59"),
        ("2026-11-23 18:00", "1工作时", "2026-11-24 09:00"),
        ("2026-11-23 23:59", "1工作时", "2026-11-24 09:00"),
        # continuous time knows neither night nor holiday
        ("2026-09-30 23:50", "15分钟", "2026-10-01 00:05"),
        ("2026-09-30 17:00", "24小时连续", "2026-10-01 17:00"),
        ("2026-09-30 17:00", "2紧急工作日", "2026-10-02 17:00"),
        ("2028-02-28 12:00", "1紧急工作日", "2028-02-29 12:00"),
    ],
)
def test_hours_end_when_they_must(start: str, limit: str, end: str) -> None:
    assert due(bj(start), parse(limit), notices()).at == bj(end)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        pytest.param("2026-09-21", 5, "2026-09-29", id="L1"),
        pytest.param("2026-09-18", 5, "2026-09-24", id="L2"),
        pytest.param("2026-02-12", 5, "2026-02-26", id="L3"),
        pytest.param("2020-09-28", 5, "2020-10-12", id="L4"),
        pytest.param("2020-01-22", 7, "2020-02-10", id="L5"),
        pytest.param("2026-11-20", 20, "2026-12-18", id="L6"),
        pytest.param("2026-04-29", 15, "2026-05-22", id="L7"),
        pytest.param("2025-09-26", 20, "2025-10-30", id="L8"),
    ],
)
@pytest.mark.parametrize("clock", ["00:00", "10:00", "17:59", "23:59"])
def test_legal_working_days_end_at_the_close_of_the_last(
    start: str, count: int, end: str, clock: str
) -> None:
    limit = parse(f"{count}个法定工作日")
    assert due(bj(f"{start} {clock}"), limit, notices()).at == bj(f"{end} 18:00")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        pytest.param("2026-09-01", 30, "2026-10-08", id="J1"),
        pytest.param("2026-01-15", 30, "2026-02-14", id="J2"),  # a Saturday, but a make-up working day
        pytest.param("2026-08-26", 30, "2026-09-28", id="J3"),
        pytest.param("2026-06-01", 30, "2026-07-01", id="J4"),
        pytest.param("2026-04-01", 30, "2026-05-06", id="J5"),
        ("2026-11-18", 2, "2026-11-20"),
        ("2026-11-19", 2, "2026-11-23"),  # a plain Saturday rolls
        ("2026-11-20", 2, "2026-11-23"),
    ],
)
def test_calendar_days_roll_over_days_off(start: str, days: int, end: str) -> None:
    for text in (f"{days}日历日", f"{days}自然日(顺延)"):
        assert due(bj(f"{start} 10:00"), parse(text), notices()).at == bj(f"{end} 18:00")


def test_a_period_may_end_at_midnight_where_the_house_says_so() -> None:
    calendar = Calendar(from_chinesecalendar([2026]), day_end="midnight")
    assert due(bj("2026-09-21 10:00"), parse("5个法定工作日"), calendar).at == bj("2026-09-29 23:59")
    assert due(bj("2026-09-01 10:00"), parse("30日历日"), calendar).at == bj("2026-10-08 23:59")


def test_other_office_hours_give_other_deadlines() -> None:
    summer = ((9 * 60, 12 * 60), (15 * 60, 18 * 60 + 30))
    calendar = Calendar(from_chinesecalendar([2026]), seasons=[Season(date(2026, 5, 1), summer)])
    assert due(bj("2026-04-30 17:00"), parse("2工作时"), calendar).at == bj("2026-05-06 10:00")
    assert due(bj("2026-05-06 09:00"), parse("1工作日"), calendar).at == bj("2026-05-07 10:30")
    assert due(bj("2026-05-06 09:00"), parse("1个法定工作日"), calendar).at == bj("2026-05-07 18:30")


def test_any_time_zone_may_be_given_and_beijing_time_comes_back() -> None:
    start = datetime(2026, 9, 30, 9, 0, tzinfo=UTC)
    end = due(start, parse("4工作时"), notices()).at
    assert end == bj("2026-10-08 11:00")
    assert end.tzinfo is ZONE


def test_a_time_without_zone_is_refused_wherever_it_enters() -> None:
    naive, limit, good = datetime(2026, 9, 30, 17), parse("4工作时"), bj("2026-09-30 17:00")  # noqa: DTZ001
    for call in (
        lambda: due(naive, limit, notices()),
        lambda: due(good, limit, notices(), pauses=[(naive, None)]),
        lambda: due(good, limit, notices(), pauses=[(good, naive)]),
        lambda: elapsed(good, limit, notices(), naive),
        lambda: remaining(good, limit, notices(), naive),
        lambda: on_time(naive, good),
        lambda: on_time(good, naive),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.code == "clock.naive"


@pytest.mark.parametrize(
    ("stopped", "verdict"),
    [
        ("2026-10-08 10:59:59", True),
        ("2026-10-08 11:00:00", True),
        ("2026-10-08 11:00:59.999999", True),  # the deadline's own minute belongs to the limit
        ("2026-10-08 11:01:00", False),
    ],
)
def test_the_very_minute_of_the_deadline_is_on_time(stopped: str, verdict: bool) -> None:
    end = due(bj("2026-09-30 17:00:42"), parse("4工作时"), notices())
    assert end.at == bj("2026-10-08 11:00")
    assert on_time(bj(stopped), end.at) is verdict
    assert remaining(bj("2026-09-30 17:00:42"), parse("4工作时"), notices(), bj(stopped)).late is not verdict


def test_nobody_gets_less_than_the_limit_says() -> None:
    start = bj("2026-11-23 09:00:59")
    end = due(start, parse("15分钟"), notices()).at
    assert on_time(start + timedelta(minutes=15), end)
    assert not on_time(start + timedelta(minutes=15, seconds=1), end)


@pytest.mark.parametrize(
    ("start", "limit", "provisional"),
    [
        ("2026-12-28 10:00", "1工作日", True),  # ends on the 29th, which the next notice may move
        ("2026-12-25 10:00", "1工作日", False),
        ("2026-12-18 10:00", "5个法定工作日", False),
        ("2026-12-18 10:00", "10个法定工作日", True),
        ("2027-03-01 10:00", "4工作时", True),
        ("2027-03-01 10:00", "24小时连续", False),  # needs no calendar
        ("2026-12-01 10:00", "24日历日", False),
        ("2026-12-01 10:00", "30日历日", True),
        ("2003-12-31 10:00", "30日历日", False),  # ends 2004-01-30, a notice fixes that day
    ],
)
def test_a_deadline_counted_over_unsettled_days_is_provisional(
    start: str, limit: str, provisional: bool
) -> None:
    assert due(bj(start), parse(limit), notices()).provisional is provisional


@pytest.mark.parametrize(
    ("limit", "extension", "end"),
    [
        ("1工作日", "1工作日", "2026-10-09 17:00"),
        ("2紧急工作时", "2紧急工作时", "2026-09-30 21:00"),
        ("5个法定工作日", "5个法定工作日", "2026-10-20 18:00"),
        ("8日历日", "30日历日", "2026-11-09 18:00"),  # 38 days end on Saturday 11-07
    ],
)
def test_an_extension_adds_to_the_limit(limit: str, extension: str, end: str) -> None:
    assert due(bj("2026-09-30 17:00"), parse(limit), notices(), extensions=[parse(extension)]).at == bj(end)


def test_a_start_so_late_that_the_calendar_ends_is_refused() -> None:
    for limit in ("5工作日", "5紧急工作日", "5个法定工作日", "5日历日"):
        with pytest.raises(Refused):
            due(bj("2100-12-31 10:00"), parse(limit), notices())
