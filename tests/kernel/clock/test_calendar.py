"""The working calendar agrees, day by day, with two libraries that do not know of each other."""

from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from gongbi.kernel.clock.calendar import (
    DEFAULT_SLOTS,
    Calendar,
    Day,
    Season,
    check_slots,
    from_chinesecalendar,
    known_years,
)
from gongbi.kernel.errors import Refused
from tests.kernel.clock.given import bj, notices


@pytest.mark.parametrize("year", range(2010, 2027))
def test_every_day_works_or_rests_as_two_independent_calendars_say(year: int) -> None:
    other = holidays.country_holidays("CN", years=[year, year + 1])
    day, differences = date(year, 1, 1), []
    while day.year == year:
        answers = (notices().is_working(day), chinese_calendar.is_workday(day), other.is_working_day(day))
        if len(set(answers)) != 1:
            differences.append((day, answers))
        day += timedelta(days=1)
    assert differences == []


@pytest.mark.parametrize(
    ("year", "days"),
    [(2018, 250), (2019, 250), (2020, 249), (2021, 250), (2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)],
)  # fmt: skip
def test_the_year_has_as_many_working_days_as_the_notices_give(year: int, days: int) -> None:
    assert notices().working_days(date(year - 1, 12, 31), date(year, 12, 31)) == days


@pytest.mark.parametrize(
    ("day", "working", "holiday", "note"),
    [
        (date(2026, 2, 14), True, False, "春节"),  # Saturday, make-up
        (date(2026, 2, 15), False, True, "春节"),
        (date(2026, 2, 23), False, True, "春节"),
        (date(2026, 2, 24), True, False, ""),
        (date(2026, 10, 10), True, False, "国庆节"),
        (date(2018, 12, 29), True, False, "元旦"),  # set by the notice for 2019
        (date(2026, 11, 22), False, False, ""),  # a plain Sunday
    ],
)
def test_special_days_are_known_by_name(day: date, working: bool, holiday: bool, note: str) -> None:
    known = notices()
    assert (known.is_working(day), known.is_holiday(day), known.note(day)) == (working, holiday, note)


@pytest.mark.parametrize(
    ("day", "official"),
    [
        (date(2003, 12, 31), False),
        (date(2004, 1, 1), True),
        (date(2025, 12, 31), True),
        (date(2026, 12, 28), True),
        (date(2026, 12, 29), False),  # the notice for 2027 may still move it
        (date(2027, 1, 1), False),
    ],
)
def test_a_day_is_official_only_when_a_notice_has_fixed_it(day: date, official: bool) -> None:
    assert notices().is_official(day) is official


def test_beyond_the_notices_the_weekday_decides() -> None:
    assert known_years()[-1] == 2026
    day = date(2027, 1, 1)
    while day.year < 2029:
        assert notices().is_working(day) == (day.weekday() < 5)
        day += timedelta(days=1)
    seeded = from_chinesecalendar([2027])
    assert len(seeded) == 365
    assert not any(fact.official for fact in seeded.values())


def test_summer_and_winter_hours_apply_from_their_own_day() -> None:
    summer = ((8 * 60, 12 * 60), (14 * 60 + 30, 18 * 60 + 30))
    seasons = [Season(date(2026, 10, 1), DEFAULT_SLOTS), Season(date(2026, 5, 1), summer)]
    calendar = Calendar(from_chinesecalendar([2026]), seasons=seasons)
    assert calendar.slots(date(2026, 4, 30)) == DEFAULT_SLOTS
    assert calendar.slots(date(2026, 5, 6)) == summer
    assert calendar.slots(date(2026, 9, 30)) == summer
    assert calendar.slots(date(2026, 10, 8)) == DEFAULT_SLOTS
    assert calendar.slots(date(2026, 5, 1)) == ()
    assert calendar.office_minutes(bj("2026-04-30 12:00"), bj("2026-04-30 14:30")) == 30
    assert calendar.office_minutes(bj("2026-05-06 12:00"), bj("2026-05-06 14:30")) == 0


@pytest.mark.parametrize(
    "slots", [(), ((720, 480),), ((480, 480),), ((480, 720), (700, 900)), ((480, 720), (720, 900)), ((-1, 60),), ((0, 1441),)]
)  # fmt: skip
def test_office_hours_that_cannot_be_are_refused(slots: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(Refused) as refused:
        check_slots(slots)
    assert refused.value.code == "clock.slots"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 07:59", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 11:59", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 14:00", True),
        ("2026-11-23 18:00", False),
        ("2026-11-22 10:00", False),
        ("2026-02-14 10:00", True),
    ],
)
def test_the_office_is_open_in_its_slots_alone(moment: str, is_open: bool) -> None:
    assert notices().is_open(bj(moment)) is is_open


def test_a_moment_without_zone_or_outside_the_calendar_is_refused() -> None:
    for moment, code in [
        (bj("2026-11-23 08:00").replace(tzinfo=None), "clock.naive"),
        (bj("1900-01-01 00:00"), "clock.out_of_range"),
        (bj("1991-12-31 23:59"), "clock.out_of_range"),
        (bj("2101-01-01 00:00"), "clock.out_of_range"),
    ]:
        with pytest.raises(Refused) as refused:
            notices().wall(moment)
        assert refused.value.code == code
    for edge in ("1992-01-01 00:00", "2100-12-31 23:59"):
        assert notices().moment(notices().wall(bj(edge))) == bj(edge)


def test_a_calendar_without_working_days_gives_no_deadline() -> None:
    never = Calendar(
        {
            date.fromordinal(o): Day(False)
            for o in range(date(1992, 1, 1).toordinal(), date(2101, 1, 1).toordinal())
        }
    )
    with pytest.raises(Refused) as refused:
        never.office_reached(1)
    assert refused.value.code == "clock.no_hours"
    with pytest.raises(Refused):
        never.working_reached(1)
