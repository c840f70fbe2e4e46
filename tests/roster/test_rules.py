"""Duty by its rules: instants through clock changes, make-up workdays, rotation, rest, gaps. No database."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gongbi.kernel.clock.calendar import Calendar, from_chinesecalendar
from gongbi.roster import rules

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
NIGHT = rules.Shift(1, time(22), time(6), rules.DAILY)
DAY = rules.Shift(2, time(6), time(14), rules.DAILY)
LATE = rules.Shift(3, time(14), time(22), rules.DAILY)
CALENDAR = Calendar(from_chinesecalendar((2026,)))
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9), (date(2026, 6, 1), 8)]
)
def test_a_night_is_as_long_as_it_really_is(day: date, hours: int) -> None:
    starts, ends = rules.span(day, NIGHT.starts, NIGHT.ends, BERLIN)
    assert rules.length(starts, ends) == timedelta(hours=hours)


@pytest.mark.parametrize("first", [date(2026, 3, 27), date(2026, 10, 23)])
def test_shifts_meet_through_a_clock_change_without_gap_or_overlap(first: date) -> None:
    plan = rules.planned([NIGHT, DAY, LATE], first, first + timedelta(days=4), BERLIN, CALENDAR)
    assert all(a.ends == b.starts for a, b in itertools.pairwise(plan))
    assert {one.shift.key for one in plan} == {1, 2, 3}


def test_a_time_that_the_change_leaves_out_or_gives_twice() -> None:
    assert rules.instant(date(2026, 3, 29), time(2, 30), BERLIN) == utc(
        "2026-03-29T01:30"
    )  # 03:30 summer time
    assert rules.instant(date(2026, 10, 25), time(2, 30), BERLIN) == utc(
        "2026-10-25T00:30"
    )  # the first of two


def test_a_shift_between_two_times_that_the_change_makes_one_is_none() -> None:
    short = rules.Shift(9, time(2), time(3), rules.DAILY)
    plan = rules.planned([short], date(2026, 3, 28), date(2026, 3, 30), BERLIN, CALENDAR)
    assert [one.day for one in plan] == [date(2026, 3, 28), date(2026, 3, 30)]


def test_make_up_workdays_and_holidays_by_the_calendar() -> None:
    # 2026: Spring Festival 15–23 February; Saturdays 14 and 28 February are worked instead.
    assert rules.day_kind(date(2026, 2, 14), CALENDAR) == rules.WORKDAY
    assert rules.day_kind(date(2026, 2, 17), CALENDAR) == rules.HOLIDAY
    assert rules.day_kind(date(2026, 3, 7), CALENDAR) == rules.RESTDAY
    office = rules.Shift(5, time(9), time(17), rules.WORKDAYS)
    off = rules.Shift(6, time(9), time(17), rules.OFFDAYS)
    plan = rules.planned([office, off], date(2026, 2, 13), date(2026, 2, 16), SHANGHAI, CALENDAR)
    assert [(one.day.day, one.shift.key) for one in plan] == [(13, 5), (14, 5), (15, 6), (16, 6)]


@pytest.mark.parametrize(
    ("days", "wrong"),
    [
        ("daily", False),
        ("1,3,5", False),
        ("7", False),
        ("", True),
        ("8", True),
        ("1;2", True),
        ("１", True),
        ("1,", True),
    ],
)
def test_ways_to_say_days(days: str, wrong: bool) -> None:
    assert rules.days_fault(days) is wrong


def stand(person: int, starts: str, hours: float, key: int = 0) -> rules.Stand:
    begin = utc(starts)
    return rules.Stand(person, begin, begin + timedelta(hours=hours), key)


def codes(turn: rules.Stand, *others: rules.Stand, limits: rules.Limits = rules.Limits()) -> list[str]:
    return [one.code for one in rules.clashes(turn, others, limits)]


def test_what_stands_against_a_turn() -> None:
    turn = stand(1, "2026-03-10T00:00", 8, key=7)
    assert codes(turn, stand(2, "2026-03-10T00:00", 8)) == []  # somebody else
    assert codes(turn, stand(1, "2026-03-10T00:00", 8, key=7)) == []  # itself
    assert codes(turn, stand(1, "2026-03-10T07:59", 8)) == [rules.OVERLAP]
    assert codes(turn, stand(1, "2026-03-10T08:00", 8)) == [rules.REST]  # meets it: no overlap, no rest
    assert codes(turn, stand(1, "2026-03-10T15:59", 8)) == [rules.REST]
    assert codes(turn, stand(1, "2026-03-10T16:00", 8)) == []
    assert codes(stand(1, "2026-03-10T00:00", 24)) == []
    assert codes(stand(1, "2026-03-10T00:00", 24.5)) == [rules.LONG]


def test_hours_in_any_seven_days() -> None:
    week = [stand(1, f"2026-03-{day:02}T00:00", 12, key=day) for day in range(1, 7)]
    limits = rules.Limits(week=timedelta(hours=72))
    assert codes(stand(1, "2026-03-07T00:00", 1), *week, limits=limits) == [rules.WEEK]
    assert (
        codes(stand(1, "2026-03-08T00:00", 12), *week, limits=limits) == []
    )  # the first has left the window


def test_rest_is_counted_between_instants() -> None:
    """22:00–06:00 in Berlin, then 14:00: eight hours of rest on any day; through the change of clocks the wall says nine or seven."""
    starts, ends = rules.span(date(2026, 3, 28), time(20), time(1), BERLIN)
    turn = rules.Stand(1, starts, ends)
    after = rules.instant(date(2026, 3, 29), time(9), BERLIN)  # the wall says eight hours later, it is seven
    assert [
        one.code for one in rules.clashes(rules.Stand(1, after, after + HOUR), [turn], rules.Limits())
    ] == [rules.REST]


def test_rotation_is_fair_by_kind_of_day_and_the_same_each_time() -> None:
    plan = rules.planned(
        [rules.Shift(1, time(20), time(8), rules.DAILY)],
        date(2026, 2, 1),
        date(2026, 3, 31),
        SHANGHAI,
        CALENDAR,
    )
    members = [rules.Member(number, 100 + number, number) for number in range(4)]
    given = rules.assign(plan, members, [], {}, rules.Limits())
    assert all(one.member is not None for one in given)
    got = rules.shares(
        rules.Stand(one.member.person, one.planned.starts, one.planned.ends, kind=one.planned.kind)
        for one in given
        if one.member
    )
    for kind in (rules.WORKDAY, rules.RESTDAY, rules.HOLIDAY):
        counts = [share[kind] for share in got.values()]
        assert max(counts) - min(counts) <= 1, kind
    assert given == rules.assign(plan, list(reversed(members)), [], {}, rules.Limits())


def test_rotation_leaves_open_what_nobody_can_stand() -> None:
    plan = rules.planned(
        [rules.Shift(1, time(8), time(20), rules.DAILY, needed=2)],
        date(2026, 3, 2),
        date(2026, 3, 3),
        SHANGHAI,
        CALENDAR,
    )
    one = rules.Member(1, 11, 0, until=date(2026, 3, 3))
    led = rules.Member(2, 12, 1, sorts=(rules.LEAD,))
    given = rules.assign(plan, [one, led], [], {(1, plan[0].starts): [99]}, rules.Limits())
    assert [(g.planned.day.day, g.member.person if g.member else None) for g in given] == [
        (2, 11),
        (3, None),
        (3, None),
    ]


def test_gaps_where_somebody_goes_home_early() -> None:
    (slot,) = rules.planned(
        [rules.Shift(1, time(8), time(16), rules.DAILY, needed=2)],
        date(2026, 3, 2),
        date(2026, 3, 2),
        SHANGHAI,
        CALENDAR,
    )
    whole = (1, slot.starts, slot.ends)
    early = (1, slot.starts, slot.starts + 3 * HOUR)
    assert rules.gaps([slot], [whole, whole]) == []
    assert rules.gaps([slot], [whole, early]) == [rules.Gap(slot, slot.starts + 3 * HOUR, slot.ends, 1)]
    assert rules.gaps([slot], [whole, early, (1, slot.starts + 3 * HOUR, slot.ends)]) == []  # relieved
    assert rules.gaps([slot], []) == [rules.Gap(slot, slot.starts, slot.ends, 2)]
    assert rules.gaps([slot], [(2, slot.starts, slot.ends)]) == [rules.Gap(slot, slot.starts, slot.ends, 2)]


def test_names_of_zones() -> None:
    assert rules.zone_of("Asia/Shanghai") is not None
    for wrong in ("", "Mars/Olympus", "../../etc/passwd", "Asia/\0"):
        assert rules.zone_of(wrong) is None
