"""Changing the working calendar, and what follows from it for every open clock. Re-exported by
``clock.actions``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal, NamedTuple

from django.db import connection, transaction

from gongbi.kernel.clock import refusals
from gongbi.kernel.clock.calendar import ZONE, Calendar, Day, check_slots, from_chinesecalendar, known_years
from gongbi.kernel.clock.keeping import aware, follow, move
from gongbi.kernel.clock.models import CalendarDay, CalendarVersion, Clock, OfficeHours
from gongbi.kernel.clock.notices import NoticeRow, merge, year_of
from gongbi.kernel.clock.queries import current_calendar, digest_now, forget_calendar, read_slots, stored_days
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.flow.declare import DEADLINE_MOVED
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer, system

_BATCH: Final = 500


Why = Literal["calendar", "hours", "nightly"]


class _Change(NamedTuple):
    """What moves deadlines: when, why, who entered it, and the year of the notice."""

    at: datetime
    why: Why
    viewer: Viewer | None
    notice: int | None

    @property
    def by(self) -> dict[str, str]:
        """For the clock's own history."""
        return {"by": self.viewer.actor} if self.viewer else {}

    @property
    def taker(self) -> Viewer:
        """The step is the machine's; it bears the name of who entered the change."""
        clock = system("clock")
        return replace(clock, actor=self.viewer.actor) if self.viewer else clock

    def facts(self, was: Mapping[str, datetime], due: Mapping[str, datetime]) -> dict[str, Any]:
        """What the ledger keeps of it."""
        told: dict[str, Any] = {"was": dict(was), "due": dict(due), "why": self.why}
        return told if self.notice is None else {**told, "notice": self.notice}


class Imported(NamedTuple):
    """What a notice did: its year, how many days of the calendar it changed, how many open clocks moved."""

    year: int
    days: int
    clocks: int


def seed_calendar(first_year: int, last_year: int, *, at: datetime | None = None) -> int:
    """Fill the calendar from ``chinesecalendar``; later years by the weekday rule, provisional. How many
    days changed.

    Idempotent: a day that a notice has fixed is never overwritten, a provisional one is when the library
    has learnt of it.
    """
    with transaction.atomic():
        _hold_calendar()
        known = stored_days()
        seed = from_chinesecalendar(range(first_year, last_year + 1))
        news = {
            day: fact
            for day, fact in seed.items()
            if day not in known or (fact.official and not known[day].official)
        }
        if news:
            _write_days(news, why=f"seed {first_year}-{last_year}", actor="system:install", at=at)
            if known and at is not None:
                recompute_open(
                    at=at, why="calendar", first=min(news), last=max(news), viewer=system("install")
                )
    return len(news)


def import_notice(rows: Iterable[NoticeRow], *, at: datetime, viewer: Viewer) -> Imported:
    """Enter a holiday notice and compute every open deadline anew whose time it touches; stopped clocks
    keep theirs.

    The year's own notice (it sets New Year's Day and National Day free) fixes the whole year; an
    amendment only its days. Forbidden: neither administrator nor system. Refused: no rows, two years,
    contradictions.
    """
    aware(at)
    _may_change(viewer)
    rows = list(rows)
    year = year_of(rows)
    with transaction.atomic():
        _hold_calendar()
        if not CalendarDay.objects.exists():
            years = known_years()
            seed_calendar(years[0], years[-1], at=at)
        news = merge(stored_days(date(year - 1, 12, 1), date(year, 12, 31)), rows)
        if not news:
            return Imported(year, 0, 0)
        _write_days(news, why=f"notice {year}", actor=viewer.actor, at=at)
        moved = recompute_open(
            at=at, why="calendar", first=min(news), last=max(news), viewer=viewer, notice=year
        )
    return Imported(year, len(news), moved)


def set_office_hours(since: date, slots: Sequence[Sequence[str]], *, at: datetime, viewer: Viewer) -> int:
    """From ``since`` on the office is open at ``slots`` (``[["08:00", "12:00"], …]``). How many open
    clocks moved.
    """
    aware(at)
    _may_change(viewer)
    try:
        check_slots(read_slots(slots))
    except (ValueError, TypeError) as error:
        raise refusals.slots_wrong(slots) from error
    with transaction.atomic():
        _hold_calendar()
        OfficeHours.objects.update_or_create(since=since, defaults={"slots": [list(slot) for slot in slots]})
        if not CalendarDay.objects.exists():
            years = known_years()
            seed_calendar(years[0], years[-1], at=at)
        _new_version(f"hours {since}", viewer.actor, at)
        return recompute_open(at=at, why="hours", first=since, viewer=viewer)


def recompute_open(
    *,
    at: datetime,
    why: Why = "calendar",
    first: date | None = None,
    last: date | None = None,
    viewer: Viewer | None = None,
    notice: int | None = None,
) -> int:
    """Compute the open clocks anew whose time touches ``first`` to ``last`` (all, without them). How many
    moved.

    A matter whose deadlines move takes the step ``deadline_moved``: its ledger keeps the old and the new
    ones (``was``, ``due``), ``why`` and the year of the ``notice``, and its event tells whoever holds it.
    A clock that only ceases to be provisional moves without one; its own ``history`` keeps both. Safe to
    run every night: a clock that was started by the old calendar at the very moment of an import is put
    right. Locks: matters by id, then nothing more.
    """
    aware(at)
    calendar = current_calendar()
    touched = Clock.objects.filter(stopped_at__isnull=True)
    if first is not None:
        touched = touched.filter(due_at__gte=datetime.combine(first, time(), ZONE))
    if last is not None:
        touched = touched.filter(started_at__lt=datetime.combine(last, time(), ZONE) + timedelta(days=1))
    ids = sorted(set(touched.values_list("matter_id", flat=True)))
    change = _Change(at, why, viewer, notice)
    moved = 0
    for begin in range(0, len(ids), _BATCH):
        with transaction.atomic():
            moved += _recompute_batch(ids[begin : begin + _BATCH], calendar, change)
    return moved


def _recompute_batch(ids: Sequence[int], calendar: Calendar, change: _Change) -> int:
    matters = {m.pk: m for m in Matter.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    clocks: dict[int, list[Clock]] = {pk: [] for pk in matters}
    for clock in Clock.objects.filter(matter_id__in=ids, stopped_at__isnull=True).order_by("id"):
        clocks[clock.matter_id].append(clock)
    changed: list[Clock] = []
    stale: list[Matter] = []
    for matter in matters.values():
        shown = matter.due_at
        was: dict[str, datetime] = {}
        for clock in clocks[matter.pk]:
            before = clock.due_at
            if move(clock, change.at, change.why, calendar=calendar, **change.by):
                changed.append(clock)
                if clock.due_at != before:
                    was[clock.name] = before
        follow(matter, clocks[matter.pk])
        if was:
            due = {clock.name: clock.due_at for clock in clocks[matter.pk] if clock.name in was}
            advance(matter, DEADLINE_MOVED, change.taker, at=change.at, facts=change.facts(was, due))
        elif matter.due_at != shown:
            stale.append(matter)
    Clock.objects.bulk_update(changed, ["due_at", "provisional", "history"], batch_size=_BATCH)
    Matter.objects.bulk_update(stale, ["due_at"], batch_size=_BATCH)
    return len(changed)


def _hold_calendar() -> None:
    """One change of the calendar at a time: the first version row is the lock."""
    if connection.features.has_select_for_update:
        CalendarVersion.objects.select_for_update().order_by("id").first()


def _may_change(viewer: Viewer) -> None:
    if viewer.role not in (ADMIN, SYSTEM):
        raise refusals.calendar_viewer()


def _write_days(days: Mapping[date, Day], *, why: str, actor: str, at: datetime | None) -> None:
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(day=day, working=f.working, holiday=f.holiday, official=f.official, note=f.note)
            for day, f in sorted(days.items())
        ],
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["working", "holiday", "official", "note"],
    )
    _new_version(why, actor, at)


def _new_version(why: str, actor: str, at: datetime | None) -> None:
    CalendarVersion.objects.create(digest=digest_now(), why=why, actor=actor, at=at)
    transaction.on_commit(forget_calendar)
