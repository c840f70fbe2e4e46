"""Reading clocks and the calendar. The kernel's own: the callers have already been let through to the
matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from time import monotonic
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from gongbi.kernel.clock import engine
from gongbi.kernel.clock.calendar import (
    Calendar,
    Day,
    DayEnd,
    Season,
    Slots,
    from_chinesecalendar,
    known_years,
)
from gongbi.kernel.clock.engine import Due, Line, Remaining
from gongbi.kernel.clock.limits import Words, write
from gongbi.kernel.clock.models import CalendarDay, CalendarVersion, Clock, OfficeHours
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.rows import ask

_NEWEST: Final = f"SELECT digest FROM {CalendarVersion._meta.db_table} ORDER BY id DESC LIMIT 1"  # noqa: S608 – no value in it
RECHECK: Final = 1.0  # seconds that a page may go on with the calendar it has just looked up


class _Kept(NamedTuple):
    digest: str
    calendar: Calendar
    checked: float  # monotonic seconds


class _Memory:
    """What this process holds; one slot, replaced as a whole, so threads never see half a calendar."""

    kept: _Kept | None = None


class Explained(NamedTuple):
    """A clock laid open: what is left, the limit in words, and the lines of the proof."""

    remaining: Remaining
    limit: Words
    lines: list[Line]


def current_calendar() -> Calendar:
    """The working calendar of this moment; it is kept in the process and loaded again when its version has changed.

    Inside a transaction, where deadlines are written, the version is looked up each time; a page that only reads may be
    ``RECHECK`` seconds behind another process, so a list does not ask once a row. Before anything was seeded it is what
    ``chinesecalendar`` knows.
    """
    kept, now = _Memory.kept, monotonic()
    if kept is not None and not connection.in_atomic_block and now - kept.checked < RECHECK:
        return kept.calendar
    found = ask(_NEWEST, ())  # at every step of every matter: the ORM takes four times as long for it
    digest = found[0][0] if found else ""
    calendar = kept.calendar if kept is not None and kept.digest == digest else _load(digest)
    _Memory.kept = _Kept(digest, calendar, now)
    return calendar


def forget_calendar() -> None:
    """Look the calendar's version up at the next question: it was changed in this process."""
    if _Memory.kept is not None:
        _Memory.kept = _Memory.kept._replace(checked=float("-inf"))


def _load(digest: str) -> Calendar:
    day_end: DayEnd = getattr(settings, "CLOCK_DAY_END", "close")
    if not digest:
        return Calendar(from_chinesecalendar(known_years()), day_end=day_end)
    return Calendar(stored_days(), seasons=stored_seasons(), day_end=day_end, digest=digest)


def stored_days(first: date | None = None, last: date | None = None) -> dict[date, Day]:
    """The days in the table, all of them or from ``first`` to ``last``."""
    rows = CalendarDay.objects.all()
    if first is not None and last is not None:
        rows = rows.filter(day__range=(first, last))
    columns = rows.values_list("day", "working", "holiday", "official", "note")
    return {day: Day(working, holiday, official, note) for day, working, holiday, official, note in columns}


def stored_seasons() -> list[Season]:
    return [
        Season(since, read_slots(slots))
        for since, slots in OfficeHours.objects.order_by("since").values_list("since", "slots")
    ]


def read_slots(pairs: Iterable[Iterable[str]]) -> Slots:
    """``[["08:00", "12:00"]]`` as minutes of the day; ``"24:00"`` is the end of the day."""

    def minute(text: str) -> int:
        if text == "24:00":
            return 24 * 60
        clock = time.fromisoformat(text)
        return clock.hour * 60 + clock.minute

    return tuple((minute(start), minute(end)) for start, end in pairs)


def digest_now() -> str:
    """The digest of the calendar as it stands in the tables."""
    text = hashlib.sha256()
    for row in CalendarDay.objects.order_by("day").values_list(
        "day", "working", "holiday", "official", "note"
    ):
        text.update(repr(row).encode())
    for season in stored_seasons():
        text.update(repr(season).encode())
    return text.hexdigest()


def calendar_changes(*, most: int) -> list[CalendarVersion]:
    """The last ``most`` changes of the calendar or the office hours, newest first."""
    return list(CalendarVersion.objects.order_by("-id")[:most])


def due_of(clock: Clock, calendar: Calendar) -> Due:
    """The deadline of a clock by ``calendar``, its pauses and extensions; not the stored one."""
    return engine.due(
        clock.started_at, clock.parsed(), calendar, pauses=clock.spans(), extensions=clock.extra()
    )


def clocks_of(matter: Matter) -> list[Clock]:
    """Every clock of the matter, in the order they were started."""
    return list(Clock.objects.filter(matter_id=matter.pk).order_by("started_at", "id"))


def with_running_clocks(matters: Sequence[Matter]) -> None:
    """Load ``clocks`` of all these matters, those that have not stopped: they alone decide a deadline in a list. One query."""
    prefetch_related_objects(matters, Prefetch("clocks", Clock.objects.filter(stopped_at__isnull=True)))


def provisional_among(matters: Iterable[int]) -> frozenset[int]:
    """Which of these matters have a running clock that was counted over days no notice has fixed yet. One query."""
    found = Clock.objects.filter(matter_id__in=list(matters), stopped_at__isnull=True, provisional=True)
    return frozenset(found.values_list("matter_id", flat=True))


def explain_clock(clock: Clock, now: datetime) -> Explained:
    """Why the clock's deadline is what it is, and what is left at ``now`` (at the stop, when it has
    stopped).

    A stopped clock keeps the deadline it had: it is explained by the present calendar, which equals it
    unless a later notice changed those days.
    """
    calendar = current_calendar()
    at = clock.stopped_at or now
    limit, pauses, extra = clock.parsed(), clock.spans(), clock.extra()
    left = engine.remaining(clock.started_at, limit, calendar, at, pauses, extra)
    lines = engine.explain(clock.started_at, limit, calendar, pauses=pauses, extensions=extra, now=at)
    return Explained(left, write(limit), lines)


def overdue(now: datetime) -> QuerySet[Clock]:
    """Clocks that run, are past their deadline's minute at ``now`` and are not exempt; the longest
    overdue first.
    """
    minute = now.replace(second=0, microsecond=0)
    return Clock.objects.filter(
        stopped_at__isnull=True, paused_at__isnull=True, exempt=False, due_at__lt=minute
    ).order_by("due_at", "id")
