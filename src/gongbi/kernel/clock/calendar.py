"""The working calendar as a value: which days work, which hours the office is open, and sums over both.

All arithmetic is on *wall minutes*: minutes of Beijing time since the calendar's first day, as an int.
China has kept one offset (UTC+8) since September 1991, so wall minutes and elapsed minutes are the same
inside the calendar's years.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import accumulate, pairwise
from typing import Final, Literal
from zoneinfo import ZoneInfo

from gongbi.kernel.clock import refusals

ZONE: Final = ZoneInfo("Asia/Shanghai")
DAY: Final = 1440
FIRST_YEAR: Final = 1992
LAST_YEAR: Final = 2100
# A notice for year Y has set days of December Y-1, from the 29th on (2007, 2018): they wait for it.
UNSETTLED_FROM: Final = (12, 29)

Slot = tuple[int, int]  # minutes of the day, half-open
Slots = tuple[Slot, ...]
DayEnd = Literal["close", "midnight"]
DEFAULT_SLOTS: Final[Slots] = ((8 * 60, 12 * 60), (14 * 60, 18 * 60))

_EAST8: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of one day. ``official``: fixed by a notice of the State Council. ``note``: the
    holiday it belongs to.
    """

    working: bool
    holiday: bool = False
    official: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Season:
    """Office hours from ``since`` on, until the next season begins."""

    since: date
    slots: Slots


def check_slots(slots: Slots) -> Slots:
    """``slots`` if they are in order, inside one day and not empty; Refused otherwise."""
    edges = [edge for slot in slots for edge in slot]
    increasing = all(a < b for a, b in slots) and all(a[1] < b[0] for a, b in pairwise(slots))
    if not edges or not increasing or edges[0] < 0 or edges[-1] > DAY:
        raise refusals.slots_wrong(slots)
    return slots


class Calendar:
    """Immutable. ``days``: the days that are known; every other day follows the weekday rule and is
    provisional.

    ``seasons``: office hours by date (default 08:00–12:00 and 14:00–18:00 always). ``day_end``: when the
    last day of a legal or calendar-day period ends: at the close of business, or at 24:00 (民法典 §203
    knows both).
    """

    def __init__(
        self,
        days: Mapping[date, Day],
        *,
        seasons: Iterable[Season] = (),
        day_end: DayEnd = "close",
        digest: str = "",
    ) -> None:
        self.digest = digest
        self.day_end: DayEnd = day_end
        self._base = date(FIRST_YEAR, 1, 1).toordinal()
        size = date(LAST_YEAR, 12, 31).toordinal() - self._base + 1
        self.size = size
        ordered = sorted(seasons, key=lambda season: season.since)
        for season in ordered:
            check_slots(season.slots)
        self._season_starts = [season.since.toordinal() - self._base for season in ordered]
        self._season_slots: list[Slots] = [DEFAULT_SLOTS, *(season.slots for season in ordered)]
        lead = date(FIRST_YEAR, 1, 1).weekday()
        working = bytearray((b"\1\1\1\1\1\0\0" * (size // 7 + 2))[lead : lead + size])
        official = bytearray(size)
        holiday = bytearray(size)
        notes: dict[int, str] = {}
        for day, known in days.items():
            at = day.toordinal() - self._base
            if 0 <= at < size:
                working[at] = known.working
                official[at] = known.official
                holiday[at] = known.holiday
                if known.note:
                    notes[at] = known.note
        self._working, self._official, self._holiday, self._notes = working, official, holiday, notes
        lengths = [sum(b - a for a, b in slots) for slots in self._season_slots]
        minutes = self._spread(lengths, size)
        self._minutes = [0, *accumulate(m if w else 0 for m, w in zip(minutes, working, strict=True))]
        self._days = [0, *accumulate(working)]
        self._unofficial = [0, *accumulate(1 - flag for flag in official)]

    def _spread(self, lengths: Sequence[int], size: int) -> list[int]:
        """The season's value for each day."""
        values: list[int] = []
        for at, length in zip([*self._season_starts, size], lengths, strict=True):
            values.extend([length] * (min(max(at, 0), size) - len(values)))
        return values

    # ---- moments and days ----

    def wall(self, moment: datetime) -> int:
        """Wall minutes of ``moment``, cut to its minute. Refused: no time zone, or outside the calendar's
        years.
        """
        if moment.tzinfo is None or moment.utcoffset() is None:
            raise refusals.naive(moment)
        if FIRST_YEAR <= moment.year <= LAST_YEAR:
            local = moment.astimezone(_EAST8)
            at = local.toordinal() - self._base
            if 0 <= at < self.size:
                return at * DAY + local.hour * 60 + local.minute
        raise refusals.out_of_range(moment, FIRST_YEAR, LAST_YEAR)

    def moment(self, wall: int) -> datetime:
        """The moment of ``wall`` minutes, in Beijing time."""
        day, minute = divmod(wall, DAY)
        if not 0 <= day < self.size:
            raise refusals.out_of_range(f"> {LAST_YEAR}", FIRST_YEAR, LAST_YEAR)
        return datetime.fromordinal(self._base + day).replace(
            hour=minute // 60, minute=minute % 60, tzinfo=ZONE
        )

    def index(self, day: date) -> int:
        """The number of ``day`` in this calendar (its first day is 0). Refused outside the calendar's
        years.
        """
        at = day.toordinal() - self._base
        if 0 <= at < self.size:
            return at
        raise refusals.out_of_range(day, FIRST_YEAR, LAST_YEAR)

    def day(self, index: int) -> date:
        return date.fromordinal(self._base + index)

    def is_working(self, day: date) -> bool:
        return bool(self._working[self.index(day)])

    def is_holiday(self, day: date) -> bool:
        return bool(self._holiday[self.index(day)])

    def is_official(self, day: date) -> bool:
        return bool(self._official[self.index(day)])

    def note(self, day: date) -> str:
        return self._notes.get(self.index(day), "")

    def slots(self, day: date) -> Slots:
        """The office hours of ``day``; empty when it does not work."""
        return self.slots_at(self.index(day))

    def is_open(self, moment: datetime) -> bool:
        """Whether the office is open at ``moment`` (a slot's first minute is, its end is not)."""
        at, minute = divmod(self.wall(moment), DAY)
        return any(a <= minute < b for a, b in self.slots_at(at))

    # ---- sums, by day index and wall minutes ----

    def works_at(self, index: int) -> bool:
        return bool(self._working[index])

    def slots_at(self, index: int) -> Slots:
        if not self._working[index]:
            return ()
        return self._season_slots[bisect_right(self._season_starts, index)]

    def office_before(self, wall: int) -> int:
        """Office minutes from the calendar's first day to ``wall``."""
        at, minute = divmod(wall, DAY)
        spent = self._minutes[at]
        for start, end in self.slots_at(at):
            if minute <= start:
                break
            spent += min(minute, end) - start
        return spent

    def office_reached(self, minutes: int) -> int:
        """The first wall minute at which ``minutes`` office minutes have passed: a slot's end, not the
        next one's start.
        """
        at = bisect_left(self._minutes, minutes) - 1
        if at < 0 or at >= self.size:
            raise refusals.no_office_hours()
        left = minutes - self._minutes[at]
        for start, end in self.slots_at(at):
            if left <= end - start:
                return at * DAY + start + left
            left -= end - start
        raise refusals.no_office_hours()  # pragma: no cover - the sums and the slots agree

    def working_through(self, index: int) -> int:
        """Working days from the calendar's first day to ``index``, itself included."""
        return self._days[index + 1]

    def working_reached(self, count: int) -> int:
        """The index of the ``count``-th working day."""
        at = bisect_left(self._days, count) - 1
        if at >= self.size:
            raise refusals.no_office_hours()
        return at

    def rolled(self, index: int) -> int:
        """``index``, or the next working day when it is a day off (民法典 §203)."""
        if index >= self.size:
            raise refusals.out_of_range(f"> {LAST_YEAR}", FIRST_YEAR, LAST_YEAR)
        return index if self._working[index] else self.working_reached(self._days[index] + 1)

    def end_of(self, index: int) -> int:
        """The wall minute at which a period ends that ends on this day: close of business, or the day's
        last minute.
        """
        slots = self.slots_at(index)
        if self.day_end == "close" and slots:
            return index * DAY + slots[-1][1]
        return index * DAY + DAY - 1

    def provisional(self, first: int, last: int) -> bool:
        """Whether any day from ``first`` to ``last`` (indexes, both included) is not fixed by a notice."""
        return self._unofficial[last + 1] > self._unofficial[first]

    def office_minutes(self, since: datetime, until: datetime) -> int:
        """Office minutes between two moments; negative when they are swapped."""
        return self.office_before(self.wall(until)) - self.office_before(self.wall(since))

    def working_days(self, after: date, through: date) -> int:
        """Working days after one day through another, the first not counted."""
        return self.working_through(self.index(through)) - self.working_through(self.index(after))


def known_years() -> range:
    """The years whose notices the installed ``chinesecalendar`` holds."""
    from chinese_calendar import constants

    return range(min(constants.holidays).year, max(constants.holidays).year + 1)


def from_chinesecalendar(years: Iterable[int]) -> dict[date, Day]:
    """Every day of ``years`` as ``chinesecalendar`` knows it; years beyond it follow the weekday rule,
    provisionally.

    The last days of the last known year stay provisional: the next notice may still move them.
    """
    from chinese_calendar import constants

    known = known_years()
    names = {holiday.value: holiday.chinese for holiday in constants.Holiday}
    days: dict[date, Day] = {}
    for year in years:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise refusals.out_of_range(year, FIRST_YEAR, LAST_YEAR)
        day = date(year, 1, 1)
        while day.year == year:
            off, extra = day in constants.holidays, day in constants.workdays
            note = constants.holidays.get(day) or constants.workdays.get(day) or ""
            official = year in known and (year + 1 in known or (day.month, day.day) < UNSETTLED_FROM)
            working = extra or (not off and day.weekday() < 5)
            days[day] = Day(working, off, official, names.get(note, note))
            day += timedelta(days=1)
    return days
