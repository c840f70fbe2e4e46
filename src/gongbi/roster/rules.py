"""The rules of duty: when a turn begins and ends, whose turn it is, what stands against it, where nobody stands. Plain values only.

Every comparison is made between instants (UTC), so that a night on which the clocks are changed is as long as it really is and a
system clock that was set back in the middle of a turn changes nothing about who stands when.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Words = tuple[str, str]

COMMAND, STREET, COMMUNITY, WINDOW, OTHER = "command", "street", "community", "window", "other"
KINDS: Final = (COMMAND, STREET, COMMUNITY, WINDOW, OTHER)
WATCH, LEAD = "watch", "lead"  # who stands, and who leads the shift (带班)
SORTS: Final = (WATCH, LEAD)

# Which days a shift stands on: all, those of the working calendar, or weekdays by number (1 = Monday).
DAILY, WORKDAYS, OFFDAYS = "daily", "workdays", "offdays"
WORKDAY, RESTDAY, HOLIDAY = "workday", "restday", "holiday"

PATTERN, BY_HAND, SHEET, SWAP, STAND_IN = "pattern", "hand", "sheet", "swap", "stand_in"
SOURCES: Final = (PATTERN, BY_HAND, SHEET, SWAP, STAND_IN)

OVERLAP, REST, LONG, WEEK = "overlap", "rest", "long", "week"
HARD: Final = frozenset({OVERLAP, LONG})  # nobody can decide these away
LONGEST: Final = timedelta(hours=24)
MOST_DAYS: Final = 92  # turns are generated for a quarter at most
FARTHEST: Final = timedelta(days=400)  # nothing is arranged, or asked for, farther away than that


class Calendar(Protocol):
    """What these rules ask of the kernel's working calendar."""

    def is_working(self, day: date) -> bool: ...
    def is_holiday(self, day: date) -> bool: ...


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of a pattern, in local time. ``ends`` not after ``starts``: on the next day. ``needed``: how many stand."""

    key: int
    starts: time
    ends: time
    days: str
    needed: int = 1
    sort: str = WATCH


@dataclass(frozen=True, slots=True)
class Planned:
    """One shift on one local day. ``starts``/``ends``: instants (UTC), half-open."""

    shift: Shift
    day: date
    starts: datetime
    ends: datetime
    kind: str  # of the day: workday, restday, holiday


@dataclass(frozen=True, slots=True)
class Stand:
    """Somebody stands from ``starts`` to ``ends`` (aware, half-open). ``person``: whoever it is, whatever the post."""

    person: int
    starts: datetime
    ends: datetime
    key: int = 0
    kind: str = WORKDAY


@dataclass(frozen=True, slots=True)
class Limits:
    """What the district set: least rest between two turns, the longest turn, most hours of duty in any seven days."""

    rest: timedelta = timedelta(hours=8)
    longest: timedelta = LONGEST
    week: timedelta = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Clash:
    """What stands against a turn: which rule, and the turn it meets (None: the turn itself)."""

    code: str
    other: Stand | None = None


# ---- time ----------------------------------------------------------------------------------------------------------


def zone_of(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, or None."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which the clock on the wall of ``zone`` shows ``clock`` on ``day``.

    A time that the change to summer time leaves out is that much later (02:30 becomes 03:30); of a time that comes twice it is the
    first. One function serves the end of a shift and the beginning of the next, so the two always meet: no gap, no overlap.
    """
    return datetime.combine(day, clock, zone).replace(fold=0).astimezone(UTC)


def naive(moment: datetime) -> bool:
    """Whether a moment says no zone, so that nobody knows when it is."""
    return moment.tzinfo is None or moment.utcoffset() is None


def span(day: date, starts: time, ends: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Begin and end (UTC) of a shift that begins on a local day. ``ends`` not after ``starts`` is on the next day."""
    last = day if ends > starts else day + timedelta(days=1)
    return instant(day, starts, zone), instant(last, ends, zone)


def length(starts: datetime, ends: datetime) -> timedelta:
    """How long it really is: between instants, so a night with a clock change has seven or nine hours."""
    return ends.astimezone(UTC) - starts.astimezone(UTC)


def day_kind(day: date, calendar: Calendar) -> str:
    """What a local day is: a workday (make-up workdays too: 国务院办公厅放假通知), a statutory holiday, or a day of rest."""
    if calendar.is_working(day):
        return WORKDAY
    return HOLIDAY if calendar.is_holiday(day) else RESTDAY


def days_fault(days: str) -> bool:
    """Whether this is no way to say days: ``daily``, ``workdays``, ``offdays`` or weekdays like ``1,3,5``."""
    if days in (DAILY, WORKDAYS, OFFDAYS):
        return False
    parts = days.split(",")
    return not parts or any(part not in ("1", "2", "3", "4", "5", "6", "7") for part in parts)


def stands_on(days: str, day: date, kind: str) -> bool:
    """Whether a shift of these days stands on that day."""
    if days == DAILY:
        return True
    if days in (WORKDAYS, OFFDAYS):
        return (kind == WORKDAY) == (days == WORKDAYS)
    return str(day.isoweekday()) in days.split(",")


def planned(
    shifts: Iterable[Shift], first: date, last: date, zone: ZoneInfo, calendar: Calendar
) -> list[Planned]:
    """Every shift on every local day from ``first`` to ``last``, both included, in order of time."""
    found = []
    ordered = list(shifts)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        kind = day_kind(day, calendar)
        for shift in ordered:
            if stands_on(shift.days, day, kind):
                starts, ends = span(day, shift.starts, shift.ends, zone)
                if starts < ends:
                    found.append(Planned(shift, day, starts, ends, kind))
    return sorted(found, key=lambda one: (one.starts, one.ends, one.shift.key))


# ---- what stands against a turn ------------------------------------------------------------------------------------


def clashes(turn: Stand, others: Iterable[Stand], limits: Limits) -> list[Clash]:
    """What stands against a turn beside the same person's other turns: too long, at two places, too little rest, too many hours.

    A turn that begins when another ends is no overlap, but leaves no rest.
    """
    others = [one for one in others if one.person == turn.person and (not turn.key or one.key != turn.key)]
    found = [Clash(LONG)] if length(turn.starts, turn.ends) > limits.longest else []
    for one in others:
        if one.starts < turn.ends and turn.starts < one.ends:
            found.append(Clash(OVERLAP, one))
        elif _rest(turn, one) < limits.rest:
            found.append(Clash(REST, one))
    if _most_in_a_week([turn, *others]) > limits.week >= _most_in_a_week(others):
        found.append(Clash(WEEK))
    return found


def _rest(a: Stand, b: Stand) -> timedelta:
    first, second = (a, b) if a.starts <= b.starts else (b, a)
    return length(first.ends, second.starts)


def _most_in_a_week(stands: Sequence[Stand]) -> timedelta:
    """The most hours of duty in any seven days; a window that is fullest begins where some turn begins."""
    most = timedelta()
    for begin in (one.starts for one in stands):
        end = begin + timedelta(days=7)
        hours = (min(one.ends, end) - max(one.starts, begin) for one in stands)
        most = max(most, sum((one for one in hours if one > timedelta()), timedelta()))
    return most


# ---- whose turn it is ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the rotation. ``order``: their place; ``sorts``: what they may stand; from and until: local days, until excluded."""

    key: int
    person: int
    order: int
    sorts: tuple[str, ...] = SORTS
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """One place of one shift and who got it; ``member`` None: nobody could."""

    planned: Planned
    member: Member | None


def assign(
    plan: Sequence[Planned],
    members: Sequence[Member],
    standing: Iterable[Stand],
    taken: Mapping[tuple[int, datetime], Iterable[int]],
    limits: Limits,
) -> list[Given]:
    """Give every open place of ``plan`` to somebody: who stood least on days of that kind, then who stood longest ago, then by order.

    So workdays, days of rest and holidays each go round by themselves, and whoever could not stand is next. ``standing``: what is
    fixed already, of these people, wherever; ``taken``: persons who already hold places of a shift, by ``(shift, starts)``.
    Deterministic: the same in gives the same out.
    """
    stands: dict[int, list[Stand]] = defaultdict(list)
    for one in standing:
        stands[one.person].append(one)
    given = []
    for slot in plan:
        holders = set(taken.get((slot.shift.key, slot.starts), ()))
        for _place in range(max(slot.shift.needed - len(holders), 0)):
            best = None
            for member in sorted(members, key=lambda one: _rank(one, slot, stands[one.person])):
                turn = Stand(member.person, slot.starts, slot.ends, kind=slot.kind)
                if (
                    member.person not in holders
                    and slot.shift.sort in member.sorts
                    and (member.since is None or member.since <= slot.day)
                    and (member.until is None or slot.day < member.until)
                    and not clashes(turn, stands[member.person], limits)
                ):
                    best = member
                    holders.add(member.person)
                    stands[member.person].append(turn)
                    break
            given.append(Given(slot, best))
    return given


def _rank(member: Member, slot: Planned, stands: Sequence[Stand]) -> tuple[int, datetime, int]:
    alike = [one for one in stands if one.kind == slot.kind]
    last = max(
        (one.ends for one in stands if one.starts < slot.starts), default=datetime.min.replace(tzinfo=UTC)
    )
    return len(alike), last, member.order


# ---- where nobody stands -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gap:
    """From ``starts`` to ``ends`` fewer stand than are needed."""

    planned: Planned
    starts: datetime
    ends: datetime
    missing: int


def gaps(plan: Iterable[Planned], turns: Iterable[tuple[int, datetime, datetime]]) -> list[Gap]:
    """Where a shift has fewer people than it needs. ``turns``: ``(shift, starts, ends)``; somebody who goes home early leaves a gap."""
    by_shift: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for key, starts, ends in turns:
        by_shift[key].append((starts, ends))
    found: list[Gap] = []
    for slot in plan:
        here = [
            (max(a, slot.starts), min(b, slot.ends))
            for a, b in by_shift[slot.shift.key]
            if a < slot.ends and slot.starts < b
        ]
        edges = sorted({slot.starts, slot.ends, *(edge for pair in here for edge in pair)})
        for begin, end in itertools.pairwise(edges):
            missing = slot.shift.needed - sum(a <= begin and end <= b for a, b in here)
            if missing <= 0:
                continue
            last = found[-1] if found else None
            if last is not None and last.planned == slot and last.ends == begin and last.missing == missing:
                found[-1] = Gap(slot, last.starts, end, missing)
            else:
                found.append(Gap(slot, begin, end, missing))
    return found


def shares(stands: Iterable[Stand]) -> dict[int, dict[str, int]]:
    """How many turns each person stood on days of each kind: what people compare."""
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys((WORKDAY, RESTDAY, HOLIDAY), 0))
    for one in stands:
        found[one.person][one.kind] += 1
    return dict(found)
