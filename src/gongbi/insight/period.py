"""Periods of the board: half-open, in whole local days. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from gongbi.kernel.errors import Refused

ZONE = ZoneInfo("Asia/Shanghai")
LONGEST = 3 * 366  # days
Step = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of ``first`` to the end of ``last``, both counted. Refused when turned round or over three years."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Refused(
                "insight.period_order",
                (
                    "起始日期 %(first)s 晚于截止日期 %(last)s，请对调。",
                    "The period begins (%(first)s) after it ends (%(last)s). Swap the two.",
                ),
                values={"first": self.first.isoformat(), "last": self.last.isoformat()},
                field="from",
            )
        if (self.last - self.first).days >= LONGEST:
            raise Refused(
                "insight.period_long",
                (
                    "一次最多统计三年，请缩短起止日期。",
                    "A board covers at most three years. Choose a shorter period.",
                ),
                field="to",
            )

    @property
    def start(self) -> datetime:
        """The first moment."""
        return midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """The period of the same length just before; for a whole month the whole month before."""
        if self.first.day == 1 and self.last == _month_end(self.first):
            last = self.first - timedelta(days=1)
            return Period(last.replace(day=1), last)
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    def steps(self, step: Step) -> list[Period]:
        """The period cut into days, weeks (Monday to Sunday) or months; the first and last piece may be shorter."""
        pieces, day = [], self.first
        while day <= self.last:
            if step == "day":
                end = day
            elif step == "week":
                end = day + timedelta(days=6 - day.weekday())
            else:
                end = _month_end(day)
            pieces.append(Period(day, min(end, self.last)))
            day = end + timedelta(days=1)
        return pieces

    @property
    def step(self) -> Step:
        """The step in which its course is drawn."""
        return "day" if self.days <= 31 else "week" if self.days <= 182 else "month"


def midnight(day: date) -> datetime:
    """The beginning of a local day."""
    return datetime.combine(day, time.min, tzinfo=ZONE)


def day_end(moment: datetime) -> datetime:
    """The end of the local day that ``moment`` lies in."""
    return midnight(moment.astimezone(ZONE).date() + timedelta(days=1))


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def named(name: str, today: date) -> Period | None:
    """``today``, ``week`` (from Monday), ``month`` (from the first), ``last_month``; None for another word."""
    if name == "today":
        return Period(today, today)
    if name == "week":
        return Period(today - timedelta(days=today.weekday()), today)
    if name == "month":
        return Period(today.replace(day=1), today)
    if name == "last_month":
        last = today.replace(day=1) - timedelta(days=1)
        return Period(last.replace(day=1), last)
    return None


def read(first: str, last: str) -> Period:
    """A period from two dates as people type them (``2026-03-01``). Refused, naming the field, for anything else."""
    days = []
    for name, text in (("from", first), ("to", last)):
        try:
            days.append(date.fromisoformat(text.strip()))
        except ValueError as error:
            raise Refused(
                "insight.date",
                (
                    "“%(text)s”不是日期，请写成 2026-03-01 这样。",
                    "“%(text)s” is no date. Write it like 2026-03-01.",
                ),
                values={"text": text[:20]},
                field=name,
            ) from error
    return Period(days[0], days[1])


def bounds(periods: Sequence[Period]) -> tuple[datetime, datetime]:
    """The first and the last moment of all of them."""
    return min(p.start for p in periods), max(p.end for p in periods)


def recent(days: int, today: date) -> Period:
    """The last ``days`` days, today among them."""
    return Period(today - timedelta(days=days - 1), today)
