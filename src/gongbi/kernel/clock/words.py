"""What people read about a deadline, as (Chinese, English) pairs: "还剩 2 个工作时（今天 16:30 前）"."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from gongbi.kernel.clock import limits
from gongbi.kernel.clock.calendar import ZONE
from gongbi.kernel.clock.limits import OFFICE_DAY, Limit, Words

PAUSED: Final[Words] = ("暂停，不计时", "paused, not counted")
CONTINUOUS: Final[Words] = ("昼夜连续计时", "counted day and night")
NOON: Final[Words] = ("午休，不计时", "midday break, not counted")
CLOSED: Final[Words] = ("下班时间，不计时", "outside office hours, not counted")
EVERY_DAY: Final[Words] = ("逐日计入，含休假日", "every day counts, days off too")
FIRST_DAY: Final[Words] = (
    "开始的当日不计入（民法典第二百零一条）",
    "the day it begins is not counted (Civil Code §201)",
)
_PROVISIONAL: Final[Words] = ("（暂定，待放假通知）", " (provisional: the holiday notice is not out)")
_WEEKDAYS: Final = (
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
)
_HOLIDAYS: Final = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明": "Tomb-sweeping Day",
    "清明节": "Tomb-sweeping Day",
    "劳动节": "Labour Day",
    "端午": "Dragon Boat Festival",
    "端午节": "Dragon Boat Festival",
    "中秋": "Mid-autumn Festival",
    "中秋节": "Mid-autumn Festival",
    "国庆": "National Day",
    "国庆节": "National Day",
}


def _flagged(pair: Words, provisional: bool) -> Words:
    return (pair[0] + _PROVISIONAL[0], pair[1] + _PROVISIONAL[1]) if provisional else pair


def office(provisional: bool) -> Words:
    return _flagged(("工作时间，计时", "office hours, counted"), provisional)


def day_off(note: str, provisional: bool) -> Words:
    """Why a day does not count; ``note`` is the holiday's name when it has one."""
    if not note:
        return _flagged(("周末，不计", "weekend, not counted"), provisional)
    return _flagged((f"{note}放假，不计", f"day off ({_HOLIDAYS.get(note, note)}), not counted"), provisional)


def counted_day(number: int, count: int, provisional: bool) -> Words:
    return _flagged(
        (f"第 {number} 个工作日（共 {count} 个）", f"working day {number} of {count}"), provisional
    )


def rolled(note: str, works: bool) -> Words:
    """A day after the last counted one: a day off is skipped, the first working day ends the period."""
    if works:
        return (
            "休假日结束的次日，期限届满（民法典第二百零三条）",
            "first day after the days off: the period ends (Civil Code §203)",
        )
    return (
        f"末日遇{note or '周末'}休假，顺延",
        f"the last day falls on a day off ({_HOLIDAYS.get(note, note) or 'weekend'}): rolled over",
    )


def when(moment: datetime, now: datetime) -> Words:
    """``moment`` as seen from ``now``: 今天 16:30, 明天 09:00, 周五 18:00, 10月8日 11:00, 2027年1月4日
    11:00.
    """
    moment, now = moment.astimezone(ZONE), now.astimezone(ZONE)
    clock = f"{moment:%H:%M}"
    days = (moment.date() - now.date()).days
    near = {
        0: ("今天", "today"),
        1: ("明天", "tomorrow"),
        2: ("后天", _WEEKDAYS[moment.weekday()][1]),
        -1: ("昨天", "yesterday"),
    }
    if days in near:
        zh, en = near[days]
        return f"{zh} {clock}", f"{en} {clock}"
    monday = now.date() - timedelta(days=now.weekday())
    if days > 0 and (moment.date() - monday).days < 7:
        zh, en = _WEEKDAYS[moment.weekday()]
        return f"{zh} {clock}", f"{en} {clock}"
    year_zh, year_en = ("", "") if moment.year == now.year else (f"{moment.year}年", f" {moment.year}")
    return f"{year_zh}{moment.month}月{moment.day}日 {clock}", f"{moment.day} {moment:%B}{year_en} {clock}"


def _counted(number: int | Fraction, zh: str, one: str) -> Words:
    text = limits.number_words(Fraction(number))
    return f"{text} {zh}", f"{text} {one}{'' if number == 1 else 's'}"


DAYS_FROM: Final = 2  # from two days on a limit given in hours is told in days, and no longer by the minute
ONLY_DAYS_FROM: Final = 10  # from ten days on nobody counts the hours


def amount(units: int, limit: Limit) -> Words:
    """``units`` (minutes or days, not negative) in the limit's own time, largest unit first; what is long is told coarsely
    (rounded down: neither promised nor blamed for more than there is).
    """
    if limit.measure == "legal":
        return _counted(units, "个法定工作日", "working day")
    if limit.measure == "calendar":
        return _counted(units, "天", "day")
    office = limit.measure == "office"
    size = OFFICE_DAY if office else 1440
    long = units >= DAYS_FROM * size
    days, rest = divmod(units, size) if long or limit.kind in ("office_days", "days") else (0, units)
    hours, minutes = divmod(rest, 60)
    if long:
        hours, minutes = (hours, 0) if days < ONLY_DAYS_FROM else (0, 0)
    parts: list[Words] = []
    if days:
        parts.append(_counted(days, "个工作日" if office else "天", "office day" if office else "day"))
    if hours:
        parts.append(_counted(hours, "个工作时" if office else "小时", "office hour" if office else "hour"))
    if minutes or not parts:
        # "minutes of office time" only where no larger unit has said so already
        bare = office and not parts
        zh, en = ("分钟工作时间", "office minute") if bare else ("分钟", "minute")
        parts.append(_counted(minutes, zh, en))
    return " ".join(zh for zh, _en in parts), " ".join(en for _zh, en in parts)


def remaining(left: int, limit: Limit, late: bool, paused: bool, due_at: datetime, now: datetime) -> Words:
    """The line that stands beside every matter: what is left or over, and until when."""
    zh, en = amount(abs(left), limit)
    if paused:
        if late or left < 0:
            return f"已暂停，暂停前已超 {zh}", f"paused; over by {en} before that"
        return f"已暂停，还剩 {zh}", f"paused; {en} left"
    when_zh, when_en = when(due_at, now)
    if late:
        if not left:
            return f"已到期（应于{when_zh} 前）", f"over (was due by {when_en})"
        return f"已超 {zh}（应于{when_zh} 前）", f"over by {en} (was due by {when_en})"
    if left <= 0:
        last = limit.measure in ("legal", "calendar")
        return (
            (f"最后一天（{when_zh} 前）", f"last day (by {when_en})")
            if last
            else (
                f"最后一分钟（{when_zh} 前）",
                f"last minute (by {when_en})",
            )
        )
    return f"还剩 {zh}（{when_zh} 前）", f"{en} left (by {when_en})"
