"""Pauses, and the mistakes that other systems are known for: each named by the report that told of it."""

import pytest

from gongbi.kernel.clock.engine import due, elapsed, explain, remaining
from gongbi.kernel.clock.limits import parse
from gongbi.kernel.errors import Refused
from tests.kernel.clock.given import bj, notices

FRIDAY, MONDAY = "2026-11-20", "2026-11-23"


def test_a_pause_over_the_weekend_is_counted_once() -> None:  # GLPI#10594
    pause = (bj(f"{FRIDAY} 17:00"), bj(f"{MONDAY} 09:00"))
    assert due(bj(f"{FRIDAY} 16:00"), parse("4工作时"), notices()).at == bj(f"{MONDAY} 10:00")
    assert due(bj(f"{FRIDAY} 16:00"), parse("4工作时"), notices(), pauses=[pause]).at == bj(f"{MONDAY} 12:00")
    assert due(bj(f"{FRIDAY} 16:00"), parse("4工作时"), notices(), pauses=[pause, pause]).at == bj(
        f"{MONDAY} 12:00"
    )


def test_a_pause_at_night_takes_nothing_from_office_hours_and_all_of_it_from_the_clock_round() -> None:
    pause = (bj(f"{MONDAY} 18:00"), bj("2026-11-24 08:00"))
    assert due(bj(f"{MONDAY} 17:00"), parse("2工作时"), notices(), pauses=[pause]).at == bj(
        "2026-11-24 09:00"
    )
    assert due(bj(f"{MONDAY} 17:00"), parse("2紧急工作时"), notices(), pauses=[pause]).at == bj(
        "2026-11-24 09:00"
    )
    assert due(bj(f"{MONDAY} 17:00"), parse("2工作时"), notices()).at == bj("2026-11-24 09:00")


def test_a_pause_over_the_lunch_break_takes_only_office_minutes() -> None:  # frappe/helpdesk#2212
    pause = (bj(f"{MONDAY} 11:30"), bj(f"{MONDAY} 14:30"))
    assert due(bj(f"{MONDAY} 10:00"), parse("3工作时"), notices(), pauses=[pause]).at == bj(f"{MONDAY} 16:00")


def test_what_begins_out_of_hours_starts_counting_when_the_office_opens() -> None:  # GLPI#687, #15429
    assert due(bj("2026-11-21 23:00"), parse("1工作时"), notices()).at == bj(f"{MONDAY} 09:00")
    assert elapsed(bj("2026-11-21 23:00"), parse("1工作时"), notices(), bj(f"{MONDAY} 08:00")) == 0


def test_pauses_survive_another_limit() -> None:  # GLPI#15605
    pause = (bj(f"{MONDAY} 09:00"), bj(f"{MONDAY} 10:00"))
    for limit, end in (
        ("1工作时", f"{MONDAY} 10:30"),
        ("2工作时", f"{MONDAY} 11:30"),
        ("1工作日", "2026-11-24 09:30"),
    ):
        assert due(bj(f"{MONDAY} 08:30"), parse(limit), notices(), pauses=[pause]).at == bj(end)


@pytest.mark.parametrize(
    ("since", "until", "end"),
    [
        ("2026-11-23 11:59", "2026-11-23 14:30", "2026-11-23 14:31"),
        (
            "2026-11-23 12:00",
            "2026-11-23 14:30",
            "2026-11-23 12:00",
        ),  # begins at the deadline: too late to help
        ("2026-11-23 12:01", "2026-11-24 12:00", "2026-11-23 12:00"),
        ("2026-11-20 08:00", "2026-11-23 08:00", "2026-11-23 12:00"),  # over before the start
        ("2026-11-20 08:00", "2026-11-23 08:01", "2026-11-23 14:01"),
        ("2026-11-23 09:00", "2026-11-23 09:00", "2026-11-23 12:00"),
    ],
)
def test_only_the_part_between_start_and_deadline_counts(since: str, until: str, end: str) -> None:
    assert due(bj(f"{MONDAY} 08:00"), parse("4工作时"), notices(), pauses=[(bj(since), bj(until))]).at == bj(
        end
    )


@pytest.mark.parametrize(
    ("since", "until", "end"),
    [
        ("2026-11-24 10:00", "2026-11-24 17:00", "2026-11-30"),  # the same day: nothing lost
        ("2026-11-24 10:00", "2026-11-25 08:00", "2026-12-01"),
        ("2026-11-24 10:00", "2026-11-26 08:00", "2026-12-02"),
        ("2026-11-27 10:00", "2026-11-29 20:00", "2026-11-30"),  # a weekend has no working days
        ("2026-11-30 17:59", "2026-12-01 09:00", "2026-12-01"),
        ("2026-11-30 18:00", "2026-12-03 09:00", "2026-11-30"),  # begins when it is over
    ],
)
def test_a_legal_period_loses_the_working_days_that_the_pause_touches_after_its_first(
    since: str, until: str, end: str
) -> None:
    found = due(bj("2026-11-23 10:00"), parse("5个法定工作日"), notices(), pauses=[(bj(since), bj(until))])
    assert found.at == bj(f"{end} 18:00")


def test_a_calendar_period_that_only_waits_for_the_next_working_day_never_ends_inside_a_pause() -> None:
    start, limit = bj("2026-09-01 10:00"), parse("30日历日")  # 10-01, rolled to 10-08
    assert due(start, limit, notices(), pauses=[(bj("2026-10-05 09:00"), bj("2026-10-07 09:00"))]).at == bj(
        "2026-10-08 18:00"
    )
    assert due(start, limit, notices(), pauses=[(bj("2026-10-08 09:00"), bj("2026-10-12 09:00"))]).at == bj(
        "2026-10-12 18:00"
    )
    assert due(start, limit, notices(), pauses=[(bj("2026-09-10 09:00"), bj("2026-09-20 09:00"))]).at == bj(
        "2026-10-12 18:00"
    )


def test_an_open_pause_holds_the_clock_and_says_so() -> None:
    start, limit, pause = bj(f"{MONDAY} 08:00"), parse("4工作时"), (bj(f"{MONDAY} 09:00"), None)
    held = due(start, limit, notices(), pauses=[pause])
    assert (held.at, held.waiting) == (bj(f"{MONDAY} 12:00"), True)
    weeks_later = remaining(start, limit, notices(), bj("2026-12-14 10:00"), [pause])
    assert (weeks_later.left, weeks_later.late) == (180, False)
    # A pause that begins after the deadline changes nothing: late is late.
    too_late = [(bj(f"{MONDAY} 15:00"), None)]
    assert not due(start, limit, notices(), pauses=too_late).waiting
    over = remaining(start, limit, notices(), bj("2026-11-24 10:00"), too_late)
    assert (over.left, over.late) == (-60, True)


def test_a_pause_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        due(
            bj(f"{MONDAY} 08:00"),
            parse("4工作时"),
            notices(),
            pauses=[(bj(f"{MONDAY} 10:00"), bj(f"{MONDAY} 09:00"))],
        )
    assert refused.value.code == "clock.pause_backwards"


def test_the_proof_of_an_office_deadline_names_every_stretch() -> None:
    pause = (bj("2026-10-08 09:00"), bj("2026-10-08 10:30"))
    lines = explain(bj("2026-09-30 17:00"), parse("4工作时"), notices(), pauses=[pause])
    assert [(f"{x.since:%m-%d %H:%M}", f"{x.until:%m-%d %H:%M}", x.counted, x.why[0]) for x in lines] == [
        ("09-30 17:00", "09-30 18:00", 60, "工作时间，计时"),
        ("09-30 18:00", "10-01 00:00", 0, "下班时间，不计时"),
        ("10-01 00:00", "10-08 00:00", 0, "国庆节放假，不计"),
        ("10-08 00:00", "10-08 08:00", 0, "下班时间，不计时"),
        ("10-08 08:00", "10-08 09:00", 60, "工作时间，计时"),
        ("10-08 09:00", "10-08 10:30", 0, "暂停，不计时"),
        ("10-08 10:30", "10-08 12:00", 90, "工作时间，计时"),
        ("10-08 12:00", "10-08 14:00", 0, "午休，不计时"),
        ("10-08 14:00", "10-08 14:30", 30, "工作时间，计时"),
    ]


def test_the_proof_of_a_calendar_period_shows_the_roll() -> None:
    lines = explain(bj("2026-09-01 17:00"), parse("30日历日"), notices())
    assert [(f"{x.since:%m-%d}", x.counted, x.why[1]) for x in lines] == [
        ("09-01", 0, "the day it begins is not counted (Civil Code §201)"),
        ("09-02", 30, "every day counts, days off too"),
        ("10-02", 0, "the last day falls on a day off (National Day): rolled over"),
        ("10-08", 0, "first day after the days off: the period ends (Civil Code §203)"),
    ]


def test_the_proof_of_a_legal_period_numbers_its_days_and_marks_what_is_provisional() -> None:
    lines = explain(bj("2026-12-25 10:00"), parse("3个法定工作日"), notices())
    assert [(f"{x.since:%m-%d}", x.counted, x.why[0]) for x in lines] == [
        ("12-25", 0, "开始的当日不计入（民法典第二百零一条）"),
        ("12-26", 0, "周末，不计"),
        ("12-28", 1, "第 1 个工作日（共 3 个）"),
        ("12-29", 1, "第 2 个工作日（共 3 个）（暂定，待放假通知）"),
        ("12-30", 1, "第 3 个工作日（共 3 个）（暂定，待放假通知）"),
    ]


def test_the_proof_shows_an_open_pause_up_to_now() -> None:
    start, pause = bj(f"{MONDAY} 08:00"), (bj(f"{MONDAY} 09:00"), None)
    lines = explain(start, parse("2工作时"), notices(), pauses=[pause], now=bj(f"{MONDAY} 10:00"))
    assert [(f"{x.until:%H:%M}", x.counted) for x in lines] == [("09:00", 60), ("10:00", 0), ("11:00", 60)]
