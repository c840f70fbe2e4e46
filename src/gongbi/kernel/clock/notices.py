"""What a yearly holiday notice says about each day of the calendar. Pure.

A notice of the State Council (国务院办公厅关于…年部分节假日安排的通知) lists the days off and the make-up
working days of one year; every other day of that year follows the weekday rule. It may reach into
December of the year before (2007, 2018). A second paper of the same year (2019 May Day, 2020 Spring
Festival) lists only what it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from gongbi.kernel.clock import refusals
from gongbi.kernel.clock.calendar import FIRST_YEAR, LAST_YEAR, UNSETTLED_FROM, Day


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One line of a notice: the day works or rests, and the holiday it belongs to (may be empty)."""

    day: date
    working: bool
    name: str = ""


def year_of(rows: Iterable[NoticeRow]) -> int:
    """The year the notice is for. Refused: no rows, two years (other than the December before),
    contradictions.
    """
    said: dict[date, bool] = {}
    for row in rows:
        if said.setdefault(row.day, row.working) != row.working:
            raise refusals.notice_twice(row.day)
    if not said:
        raise refusals.notice_empty()
    year = max(said).year
    strangers = {
        day.year for day in said if day.year != year and not (day.year == year - 1 and day.month == 12)
    }
    if strangers:
        raise refusals.notice_years("、".join(map(str, sorted(strangers | {year}))))
    if not FIRST_YEAR < year <= LAST_YEAR:
        raise refusals.out_of_range(max(said), FIRST_YEAR, LAST_YEAR)
    return year


def is_whole_year(rows: Iterable[NoticeRow], year: int) -> bool:
    """Whether this is the year's own notice, not an amendment: it sets both New Year's Day and National
    Day free.
    """
    off = {row.day for row in rows if not row.working}
    return date(year, 1, 1) in off and date(year, 10, 1) in off


def merge(known: Mapping[date, Day], rows: Iterable[NoticeRow]) -> dict[date, Day]:
    """The days that the notice changes, given the days ``known`` before (from the December before to the
    year's end).

    The year's own notice settles every day of the year, except the last days of December, which wait for
    the next one, and settles those of the year before. An amendment settles only the days it lists.
    """
    rows = list(rows)
    year = year_of(rows)
    listed = {row.day: _listed(row) for row in rows}
    news: dict[date, Day] = dict(listed)
    if is_whole_year(rows, year):
        day = date(year - 1, *UNSETTLED_FROM)
        while day.year <= year:
            if day not in listed:
                news[day] = _unlisted(day, year, known)
            day += timedelta(days=1)
    return {day: fact for day, fact in news.items() if known.get(day) != fact}


def _listed(row: NoticeRow) -> Day:
    return Day(row.working, holiday=not row.working, official=True, note=row.name)


def _unlisted(day: date, year: int, known: Mapping[date, Day]) -> Day:
    before = known.get(day)
    if day.year < year:  # the notice of that year said so, or nobody did: either way it stands now
        return Day(before.working, before.holiday, True, before.note) if before else Day(day.weekday() < 5)
    if (day.month, day.day) >= UNSETTLED_FROM:
        return before if before is not None and before.official else Day(day.weekday() < 5, official=False)
    return Day(day.weekday() < 5)
