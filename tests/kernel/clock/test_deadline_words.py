"""Deadlines in human words, as they stand beside every matter."""

import pytest

from gongbi.kernel.clock import words
from gongbi.kernel.clock.engine import Pause, remaining
from gongbi.kernel.clock.limits import parse
from tests.kernel.clock.given import bj, notices


@pytest.mark.parametrize(
    ("start", "limit", "now", "zh", "en"),
    [
        ("2026-11-23 09:30", "6工作时", "2026-11-23 15:30", "还剩 2 个工作时（今天 17:30 前）", "2 office hours left (by today 17:30)"),
        ("2026-11-23 16:30", "4工作时", "2026-11-23 17:00", "还剩 3 个工作时 30 分钟（明天 10:30 前）",
         "3 office hours 30 minutes left (by tomorrow 10:30)"),
        ("2026-11-23 09:30", "1工作时", "2026-11-23 10:05", "还剩 25 分钟工作时间（今天 10:30 前）",
         "25 office minutes left (by today 10:30)"),
        ("2026-11-23 09:30", "3工作日", "2026-11-23 10:30", "还剩 2 个工作日 7 个工作时（周四 09:30 前）",
         "2 office days 7 office hours left (by Thursday 09:30)"),
        ("2026-09-30 17:00", "1工作日", "2026-09-30 17:00", "还剩 1 个工作日（10月8日 17:00 前）", "1 office day left (by 8 October 17:00)"),
        ("2026-11-23 09:30", "15分钟", "2026-11-23 09:40", "还剩 5 分钟（今天 09:45 前）", "5 minutes left (by today 09:45)"),
        ("2026-11-23 09:30", "2紧急工作日", "2026-11-23 10:30", "还剩 1 天 23 小时（后天 09:30 前）",
         "1 day 23 hours left (by Wednesday 09:30)"),
        ("2026-11-20 09:30", "20个法定工作日", "2026-11-23 10:30", "还剩 19 个法定工作日（12月18日 18:00 前）",
         "19 working days left (by 18 December 18:00)"),
        ("2026-12-01 09:30", "35日历日", "2026-12-02 10:30", "还剩 34 天（2027年1月5日 18:00 前）",
         "34 days left (by 5 January 2027 18:00)"),
        ("2026-11-20 09:30", "1个法定工作日", "2026-11-23 10:30", "最后一天（今天 18:00 前）", "last day (by today 18:00)"),
        ("2026-11-20 09:30", "1个法定工作日", "2026-11-23 18:01", "已到期（应于今天 18:00 前）", "over (was due by today 18:00)"),
        ("2026-11-20 09:30", "1个法定工作日", "2026-11-24 08:00", "已超 1 个法定工作日（应于昨天 18:00 前）",
         "over by 1 working day (was due by yesterday 18:00)"),
        ("2026-11-23 08:00", "1工作时", "2026-11-23 09:00", "最后一分钟（今天 09:00 前）", "last minute (by today 09:00)"),
        ("2026-11-23 08:00", "1工作时", "2026-11-23 11:00", "已超 2 个工作时（应于今天 09:00 前）",
         "over by 2 office hours (was due by today 09:00)"),
        ("2026-11-23 08:00", "1工作日", "2026-11-24 20:00", "已超 1 个工作日（应于昨天 18:00 前）",
         "over by 1 office day (was due by yesterday 18:00)"),
    ],
)  # fmt: skip
def test_what_is_left_is_said_in_the_limits_own_time(
    start: str, limit: str, now: str, zh: str, en: str
) -> None:
    assert remaining(bj(start), parse(limit), notices(), bj(now)).words == (zh, en)


@pytest.mark.parametrize(
    ("limit", "units", "zh", "en"),
    [
        ("40工作时", 959, "15 个工作时 59 分钟", "15 office hours 59 minutes"),
        ("40工作时", 960, "2 个工作日", "2 office days"),
        ("40工作时", 961, "2 个工作日", "2 office days"),
        ("40工作时", 1020, "2 个工作日 1 个工作时", "2 office days 1 office hour"),
        ("5工作日", 959, "1 个工作日 7 个工作时 59 分钟", "1 office day 7 office hours 59 minutes"),
        ("5工作日", 961, "2 个工作日", "2 office days"),
        ("40工作时", 4799, "9 个工作日 7 个工作时", "9 office days 7 office hours"),
        ("40工作时", 4800, "10 个工作日", "10 office days"),
        ("40工作时", 9279, "19 个工作日", "19 office days"),
        ("2紧急工作时", 2879, "47 小时 59 分钟", "47 hours 59 minutes"),
        ("2紧急工作时", 2880, "2 天", "2 days"),
        ("2紧急工作时", 3001, "2 天 2 小时", "2 days 2 hours"),
        ("2紧急工作时", 14399, "9 天 23 小时", "9 days 23 hours"),
        ("2紧急工作时", 14400, "10 天", "10 days"),
        ("2紧急工作时", 14521, "10 天", "10 days"),
    ],
)
def test_two_days_and_more_are_told_in_days_and_ten_in_days_alone(
    limit: str, units: int, zh: str, en: str
) -> None:
    """Below, at and above each step: nobody reads "over by 67 office hours 16 minutes" """
    assert words.amount(units, parse(limit)) == (zh, en)


@pytest.mark.parametrize(
    ("since", "zh", "en"),
    [
        ("2026-11-23 09:00", "已暂停，还剩 3 个工作时", "paused; 3 office hours left"),
        ("2026-11-23 15:00", "已暂停，暂停前已超 1 个工作时", "paused; over by 1 office hour before that"),
    ],
)
def test_a_paused_clock_says_so_and_promises_no_date(since: str, zh: str, en: str) -> None:
    pauses: list[Pause] = [(bj(since), None)]
    found = remaining(bj("2026-11-23 08:00"), parse("4工作时"), notices(), bj("2026-12-01 10:00"), pauses)
    assert found.words == (zh, en)


@pytest.mark.parametrize(
    ("moment", "zh"),
    [
        ("2026-11-25 18:00", "今天 18:00"),
        ("2026-11-24 18:00", "昨天 18:00"),
        ("2026-11-26 18:00", "明天 18:00"),
        ("2026-11-27 18:00", "后天 18:00"),
        ("2026-11-28 18:00", "周六 18:00"),
        ("2026-11-29 18:00", "周日 18:00"),
        ("2026-11-30 18:00", "11月30日 18:00"),
        ("2026-11-23 18:00", "11月23日 18:00"),
        ("2025-11-25 18:00", "2025年11月25日 18:00"),
    ],
)
def test_a_day_is_named_as_people_name_it(moment: str, zh: str) -> None:
    assert words.when(bj(moment), bj("2026-11-25 23:59"))[0] == zh
