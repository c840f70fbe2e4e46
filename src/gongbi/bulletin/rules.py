"""Pure decisions of bulletins: which period a name means, what it is compared with, what may be said of a difference."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final, Literal

from gongbi.insight.period import Period
from gongbi.insight.rates import wilson
from gongbi.kernel.errors import Refused

Words = tuple[str, str]
Sort = Literal["day", "week", "month"]
DAY, WEEK, MONTH = "day", "week", "month"
SORTS: Final[tuple[Sort, ...]] = ("day", "week", "month")
COURSE = 14  # days that the course of a day or a week shows
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")


def period_of(name: str) -> tuple[Sort, Period]:
    """What a name means: ``2026-10-31`` a day, ``2026-W44`` a week from Monday (ISO 8601), ``2026-10`` a month. Refused otherwise."""
    text = name.strip()
    try:
        if found := _WEEK.fullmatch(text):
            first = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return "week", Period(first, first + timedelta(days=6))
        if found := _MONTH.fullmatch(text):
            return "month", month_of(date(int(found[1]), int(found[2]), 1))
        day = date.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise Refused(
            "bulletin.period",
            (
                "“%(text)s”不是周期。日写成 2026-10-31，周写成 2026-W44，月写成 2026-10。",
                "“%(text)s” is no period. Write a day as 2026-10-31, a week as 2026-W44, a month as 2026-10.",
            ),
            values={"text": text[:20]},
            field="period",
        ) from error
    return "day", Period(day, day)


def name_of(sort: str, first: date) -> str:
    """The name of the period of that sort that begins on ``first``."""
    if sort == WEEK:
        year, week, _day = first.isocalendar()
        return f"{year}-W{week:02}"
    return f"{first:%Y-%m}" if sort == MONTH else first.isoformat()


def month_of(day: date) -> Period:
    """The month that a day lies in."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def last_before(sort: Sort, today: date) -> Period:
    """The last whole day, week or month before ``today``."""
    if sort == "day":
        day = today - timedelta(days=1)
        return Period(day, day)
    if sort == "week":
        first = today - timedelta(days=today.weekday() + 7)
        return Period(first, first + timedelta(days=6))
    return month_of(today.replace(day=1) - timedelta(days=1))


def due(today: date) -> list[tuple[Sort, Period]]:
    """What the night before ``today`` drafts: yesterday; on a Monday last week; on the first last month."""
    found: list[tuple[Sort, Period]] = [("day", last_before("day", today))]
    if today.weekday() == 0:
        found.append(("week", last_before("week", today)))
    if today.day == 1:
        found.append(("month", last_before("month", today)))
    return found


def year_before(sort: str, period: Period) -> Period | None:
    """The same day, week (of the same ISO number) or month of the year before; None where that year has none."""
    first = period.first
    try:
        if sort == WEEK:
            year, week, _day = first.isocalendar()
            monday = date.fromisocalendar(year - 1, week, 1)
            return Period(monday, monday + timedelta(days=6))
        same = first.replace(year=first.year - 1)
    except ValueError:
        return None
    return month_of(same) if sort == MONTH else Period(same, same)


def on_record(period: Period, begun: date | None) -> bool:
    """Whether the record covers a period from its first day on. If not there is nothing to compare with: no data, which is not nought."""
    return begun is not None and begun <= period.first


def course_of(sort: str, period: Period) -> Period:
    """The days whose course is drawn: the month's own, otherwise fourteen days up to its end."""
    if sort == MONTH:
        return period
    return Period(period.last - timedelta(days=COURSE - 1), period.last)


def ratio(
    now: int, before: int, days: int, days_before: int, fewest: int
) -> tuple[float, float, float] | None:
    """How many times as many a day as before, with its 95 % interval; None where both together are fewer than ``fewest``.

    Given their sum, one of two Poisson counts is binomial; Wilson's interval of its share gives that of the ratio (Przyborowski and Wilenski
    1940, *Biometrika* 31, 313–323, for the conditioning). Without any before the ratio and its upper end are ``inf``.
    """
    together = now + before
    if together < max(fewest, 1):
        return None
    low, high = wilson(now, together)
    scale = days_before / days

    def odds(share: float) -> float:
        return float("inf") if share >= 1 else scale * share / (1 - share)

    return odds(now / together), odds(low), odds(high if before else 1.0)


def trend_of(found: tuple[float, float, float] | None) -> str:
    """``few``, ``up``, ``down`` or ``same``: a rise or a fall is told only where the whole interval lies on its side of one."""
    if found is None:
        return "few"
    _value, low, high = found
    return "up" if low > 1 else "down" if high < 1 else "same"
