"""Deadlines, and the proof of each. Pure: a start, a limit, a calendar, the pauses and the extensions in;
a moment out.

The clock ticks in whole minutes of Beijing time: every moment is cut to its minute, and the deadline's
own minute still counts (see :func:`on_time`), so nobody ever gets less than the limit says. Day counts
tick in whole days (民法典 §201: the day it starts is not counted); a pause takes out the days after the
one it begins on, through the one it ends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gongbi.kernel.clock import limits, refusals, words
from gongbi.kernel.clock.calendar import DAY, ZONE, Calendar
from gongbi.kernel.clock.limits import Limit, Measure, Words

Pause = tuple[datetime, datetime | None]  # from (included) to (not included); None: still paused
_Span = tuple[int, int | None]  # the same in wall minutes


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit ends. ``at`` is a whole minute of Beijing time and belongs to the limit.

    ``provisional``: it was counted over days that no notice has fixed yet. ``waiting``: a pause is open,
    so ``at`` is the deadline as it would be if the pause ended at once; it moves on while the pause
    lasts.
    """

    at: datetime
    provisional: bool
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left: ``left`` minutes (continuous, office) or days (legal, calendar), below zero when
    over.

    ``late``: the deadline's minute has passed. A limit can be late with 0 left: after the close of the
    last day.
    """

    left: int
    measure: Measure
    late: bool
    due: Due
    words: Words


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of the proof: ``counted`` minutes (or days, for day counts) and why, as (Chinese,
    English).
    """

    since: datetime
    until: datetime
    counted: int
    why: Words


def due(
    start: datetime,
    limit: Limit,
    calendar: Calendar,
    *,
    pauses: Iterable[Pause] = (),
    extensions: Iterable[Limit] = (),
) -> Due:
    """When ``limit``, begun at ``start``, ends. Moments are aware; the result is in Asia/Shanghai.

    Pauses may overlap and come in any order; what lies before ``start`` or after the deadline has no
    effect. Extensions add to the limit and must be of its measure. Refused: naive moments, moments
    outside the calendar, a pause that ends before it begins. Sources: domain dossier §15.2; 民法典 §201,
    §203.
    """
    begun = calendar.wall(start)
    spans = _merged(calendar, pauses, begun)
    count = limits.total(limit, extensions)
    if limit.measure in ("legal", "calendar"):
        _raw, end, waiting = _days_due(calendar, limit.measure, begun, count, spans)
    else:
        end, waiting = _minutes_due(calendar, limit.measure, begun, count, spans)
    return Due(calendar.moment(end), _provisional(calendar, limit.measure, begun, count, spans, end), waiting)


def elapsed(
    start: datetime, limit: Limit, calendar: Calendar, now: datetime, *, pauses: Iterable[Pause] = ()
) -> int:
    """Minutes (or days) of the limit's own time used from ``start`` to ``now``, pauses left out."""
    begun = calendar.wall(start)
    return _elapsed(calendar, limit.measure, begun, calendar.wall(now), _merged(calendar, pauses, begun))


def remaining(
    start: datetime,
    limit: Limit,
    calendar: Calendar,
    now: datetime,
    pauses: Iterable[Pause] = (),
    extensions: Iterable[Limit] = (),
) -> Remaining:
    """What is left of the limit at ``now``, in its own time, with the words for a page. While paused it
    stands still.
    """
    pauses, extensions = tuple(pauses), tuple(extensions)
    end = due(start, limit, calendar, pauses=pauses, extensions=extensions)
    begun, here = calendar.wall(start), calendar.wall(now)
    spans = _merged(calendar, pauses, begun)
    count = limits.total(limit, extensions)
    if limit.measure == "calendar":  # the roll belongs to what is left
        raw, at, _waiting = _days_due(calendar, "calendar", begun, count, spans)
        count += at // DAY - raw
    left = count - _elapsed(calendar, limit.measure, begun, here, spans)
    paused = any(a <= here and (b is None or here < b) for a, b in spans)
    late = here > calendar.wall(end.at) and not (end.waiting and paused)
    return Remaining(left, limit.measure, late, end, words.remaining(left, limit, late, paused, end.at, now))


def on_time(stopped_at: datetime, due_at: datetime) -> bool:
    """Whether something done at ``stopped_at`` met ``due_at``: the deadline's whole minute counts,
    18:00:59 meets 18:00.
    """
    if stopped_at.tzinfo is None or due_at.tzinfo is None:
        raise refusals.naive(stopped_at if stopped_at.tzinfo is None else due_at)
    return stopped_at.astimezone(ZONE).replace(second=0, microsecond=0) <= due_at.astimezone(ZONE)


def explain(
    start: datetime,
    limit: Limit,
    calendar: Calendar,
    *,
    pauses: Iterable[Pause] = (),
    extensions: Iterable[Limit] = (),
    now: datetime | None = None,
) -> list[Line]:
    """Why the deadline is what it is: stretches without gaps from the start to the deadline; ``counted``
    sums to the limit.

    An open pause is shown up to ``now`` and the deadline is then the one that would hold if it ended
    there; without ``now`` the open pause is left out. Day counts count days.
    """
    pauses, extensions = tuple(pauses), tuple(extensions)
    if now is not None:
        pauses = tuple((a, max(a, now) if b is None else b) for a, b in pauses)
    end = due(start, limit, calendar, pauses=pauses, extensions=extensions)
    begun, last = calendar.wall(start), calendar.wall(end.at)
    spans = _merged(calendar, pauses, begun)
    if limit.measure in ("legal", "calendar"):
        count = limits.total(limit, extensions)
        pieces = _explain_days(calendar, limit.measure, begun, last, spans, count)
    else:
        pieces = _explain_minutes(calendar, limit.measure, begun, last, spans)
    return [Line(calendar.moment(a), calendar.moment(b), n, why) for a, b, n, why in _joined(pieces)]


def _merged(calendar: Calendar, pauses: Iterable[Pause], begun: int) -> list[_Span]:
    """The pauses in order, in wall minutes, overlapping ones joined, nothing before ``begun``."""
    spans: list[tuple[int, float]] = []
    for since, until in (pause[:2] for pause in pauses):
        a = calendar.wall(since)
        b = float("inf") if until is None else calendar.wall(until)
        if b < a:
            raise refusals.pause_backwards(since, until)
        if b > begun:
            spans.append((max(a, begun), b))
    spans.sort()
    merged: list[tuple[int, float]] = []
    for a, b in spans:
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return [(a, None if b == float("inf") else int(b)) for a, b in merged]


def _count(calendar: Calendar, measure: Measure, wall: int) -> int:
    """The measure's own time from the calendar's first day to ``wall``; only differences mean anything."""
    if measure == "office":
        return calendar.office_before(wall)
    if measure == "continuous":
        return wall
    return calendar.working_through(wall // DAY) if measure == "legal" else wall // DAY


def _minutes_due(
    calendar: Calendar, measure: Measure, begun: int, left: int, spans: Sequence[_Span]
) -> tuple[int, bool]:
    """The wall minute at which ``left`` minutes have been counted, and whether a pause holds it up."""
    at, waiting = _count(calendar, measure, begun), False
    for a, b in spans:
        here = _count(calendar, measure, a)
        if left <= here - at:
            break
        if b is None:
            waiting = True
            break
        left -= here - at
        at = _count(calendar, measure, b)
    return (calendar.office_reached(at + left) if measure == "office" else at + left), waiting


def _days_due(
    calendar: Calendar, measure: Measure, begun: int, count: int, spans: Sequence[_Span]
) -> tuple[int, int, bool]:
    """(index of the last counted day, wall minute of the deadline, whether a pause holds it up)."""
    target = _count(calendar, measure, begun) + count
    raw, end = _day_end(calendar, measure, target)
    for a, b in spans:
        if a >= end:
            break
        if b is None:
            return raw, end, True
        # Begun while the period only waited to roll over days off, a pause still ends it no earlier than b.
        target = max(
            target + _count(calendar, measure, b) - _count(calendar, measure, a), _count(calendar, measure, b)
        )
        raw, end = _day_end(calendar, measure, target)
    return raw, end, False


def _day_end(calendar: Calendar, measure: Measure, target: int) -> tuple[int, int]:
    if measure == "legal":
        raw = calendar.working_reached(target)
        return raw, calendar.end_of(raw)
    return target, calendar.end_of(calendar.rolled(target))


def _elapsed(calendar: Calendar, measure: Measure, begun: int, now: int, spans: Sequence[_Span]) -> int:
    if now <= begun:
        return 0
    used = _count(calendar, measure, now) - _count(calendar, measure, begun)
    for a, b in spans:
        if a < now:
            until = now if b is None else min(b, now)
            used -= _count(calendar, measure, until) - _count(calendar, measure, a)
    return used


def _provisional(
    calendar: Calendar, measure: Measure, begun: int, count: int, spans: Sequence[_Span], end: int
) -> bool:
    """Continuous time needs no calendar; a calendar-day period only asks about the days it may roll over."""
    if measure == "continuous":
        return False
    first = begun // DAY
    if measure == "calendar":
        first = min(_days_due(calendar, measure, begun, count, spans)[0], end // DAY)
    return calendar.provisional(first, end // DAY)


Piece = tuple[int, int, int, Words]


def _explain_minutes(
    calendar: Calendar, measure: Measure, begun: int, last: int, spans: Sequence[_Span]
) -> Iterator[Piece]:
    at = begun
    for a, b in [*((a, b) for a, b in spans if b is not None and a < last), (last, last)]:
        yield from _running(calendar, measure, at, min(a, last))
        if b > a:
            yield a, min(b, last), 0, words.PAUSED
        at = min(b, last)


def _running(calendar: Calendar, measure: Measure, since: int, until: int) -> Iterator[Piece]:
    """The unpaused stretch from ``since`` to ``until``, cut at slots and midnights."""
    if measure == "continuous":
        if until > since:
            yield since, until, until - since, words.CONTINUOUS
        return
    while since < until:
        index, minute = divmod(since, DAY)
        tonight = min(until, (index + 1) * DAY)
        slots = calendar.slots_at(index)
        inside = next(((a, b) for a, b in slots if a <= minute < b), None)
        if inside is not None:
            stop = min(tonight, index * DAY + inside[1])
            yield since, stop, stop - since, words.office(_provisional_day(calendar, index))
        else:
            following = next((a for a, _b in slots if a > minute), None)
            stop = tonight if following is None else min(tonight, index * DAY + following)
            yield since, stop, 0, _why_closed(calendar, index, minute)
        since = stop


def _why_closed(calendar: Calendar, index: int, minute: int) -> Words:
    slots = calendar.slots_at(index)
    if not slots:
        return words.day_off(calendar.note(calendar.day(index)), _provisional_day(calendar, index))
    return words.NOON if slots[0][0] <= minute < slots[-1][1] else words.CLOSED


def _provisional_day(calendar: Calendar, index: int) -> bool:
    return calendar.provisional(index, index)


def _explain_days(
    calendar: Calendar, measure: Measure, begun: int, last: int, spans: Sequence[_Span], count: int
) -> Iterator[Piece]:
    """Whole days: the first not counted, then each counted once, until ``count`` is reached; then the
    roll.
    """
    first, final = begun // DAY, last // DAY
    paused = {
        day for a, b in spans if b is not None and a < last for day in range(a // DAY + 1, b // DAY + 1)
    }
    counted = 0
    for index in range(first, final + 1):
        since = begun if index == first else index * DAY
        until = last if index == final else (index + 1) * DAY
        provisional = _provisional_day(calendar, index)
        if index == first:
            yield since, until, 0, words.FIRST_DAY
        elif index in paused:
            yield since, until, 0, words.PAUSED
        elif counted == count:
            yield since, until, 0, words.rolled(calendar.note(calendar.day(index)), calendar.works_at(index))
        elif measure == "legal" and not calendar.works_at(index):
            yield since, until, 0, words.day_off(calendar.note(calendar.day(index)), provisional)
        else:
            counted += 1
            why = words.counted_day(counted, count, provisional) if measure == "legal" else words.EVERY_DAY
            yield since, until, 1, why


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours with the same reason become one line; empty ones go, unless they count."""
    held: Piece | None = None
    for piece in pieces:
        if piece[0] == piece[1] and not piece[2]:
            continue
        if held is not None and held[3] == piece[3] and held[1] == piece[0]:
            held = (held[0], piece[1], held[2] + piece[2], held[3])
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held
