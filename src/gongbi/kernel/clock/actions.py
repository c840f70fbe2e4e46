"""Starting, stopping, pausing and extending the clocks of a matter. Each action is one transaction (or a
part of the caller's).

Every action sets ``matter.due_at`` on the object it was given, to the earliest deadline among the
matter's running clocks; **the caller saves it** (``advance`` does). Locks: the matter's row, first and
only, so that nothing waits in a circle.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, connection, transaction

from gongbi.kernel.clock import limits, refusals
from gongbi.kernel.clock.actions_calendar import (
    Imported,
    import_notice,
    recompute_open,
    seed_calendar,
    set_office_hours,
)
from gongbi.kernel.clock.keeping import aware, close_pause, follow, forward, move
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.clock.queries import current_calendar, due_of
from gongbi.kernel.flow.models import Matter

__all__ = [
    "Imported",
    "cancel",
    "close_pause",
    "extend",
    "follow",
    "forward",
    "import_notice",
    "move",
    "pause",
    "recompute_open",
    "refresh_due",
    "resume",
    "seed_calendar",
    "set_exempt",
    "set_office_hours",
    "start",
    "stop",
]


def start(matter: Matter, name: str, limit_text: str, *, at: datetime, basis: str = "") -> Clock:
    """Start the clock ``name`` at ``at`` (aware). A further round when one of that name has stopped.

    Refused: the limit cannot be read, or a clock of that name is running. ``basis``: the article the
    limit comes from.
    """
    limit_text = limit_text.strip()
    limits.parse(limit_text)
    aware(at)
    try:
        with transaction.atomic():
            clocks = _clocks(matter)
            rounds = [clock for clock in clocks if clock.name == name]
            if any(clock.stopped_at is None for clock in rounds):
                raise refusals.running(name)
            clock = Clock(
                matter_id=matter.pk,
                name=name,
                round=max((clock.round for clock in rounds), default=0) + 1,
                limit=limit_text,
                basis=basis[:120],
                started_at=at,
            )
            end = due_of(clock, current_calendar())
            clock.due_at, clock.provisional = end.at, end.provisional
            clock.save(force_insert=True)
    except IntegrityError as error:
        raise refusals.raced() from error
    follow(matter, [*clocks, clock])
    return clock


def stop(matter: Matter, name: str, *, at: datetime) -> Clock | None:
    """Stop the running clock ``name``; a pause that is open ends with it. None when no clock of that name
    runs.
    """
    return _end(matter, name, at, cancelled=False)


def cancel(matter: Matter, name: str, *, at: datetime) -> Clock | None:
    """Stop the clock without a verdict: it counts neither as on time nor as late. None when no clock of
    that name runs.
    """
    return _end(matter, name, at, cancelled=True)


def pause(matter: Matter, name: str, *, at: datetime, reason: str) -> Clock | None:
    """Pause the clock from ``at`` on. None when no clock of that name runs. Refused: no reason, or paused
    already.
    """
    if not reason.strip():
        raise refusals.no_reason()
    with transaction.atomic():
        clocks, clock = _open(matter, name)
        if clock is None:
            return None
        if clock.paused_at is not None:
            raise refusals.already_paused(name)
        forward(clock, at)
        clock.paused_at = at
        clock.pauses = [*clock.pauses, [at.isoformat(), None, reason.strip()]]
        clock.save(update_fields=["paused_at", "pauses"])
    follow(matter, clocks)
    return clock


def resume(matter: Matter, name: str, *, at: datetime) -> Clock | None:
    """End the open pause at ``at``; the deadline moves by what was lost. Nothing to do when it is not
    paused.
    """
    with transaction.atomic():
        clocks, clock = _open(matter, name)
        if clock is None or clock.paused_at is None:
            return clock
        close_pause(clock, at)
        move(clock, at, "resume", calendar=current_calendar())
        clock.save(update_fields=["paused_at", "pauses", "due_at", "provisional", "history"])
    follow(matter, clocks)
    return clock


def extend(matter: Matter, name: str, limit_text: str, *, at: datetime, approved_by: str) -> Clock:
    """Add ``limit_text`` to the running clock. How often, and until when, is for the room that asks to
    decide.

    NotThere: no such clock runs. Refused: the limit cannot be read, or is counted in another kind of
    time.
    """
    limit_text = limit_text.strip()
    limits.parse(limit_text)
    with transaction.atomic():
        clocks, clock = _open(matter, name)
        if clock is None:
            raise refusals.not_running(name)
        forward(clock, at)
        clock.extensions = [*clock.extensions, {"limit": limit_text, "at": at.isoformat(), "by": approved_by}]
        move(clock, at, "extend", calendar=current_calendar(), by=approved_by)
        clock.save(update_fields=["extensions", "due_at", "provisional", "history"])
    follow(matter, clocks)
    return clock


def set_exempt(
    matter: Matter,
    name: str,
    *,
    at: datetime,
    reason: str,
    by: str = "",
    exempt: bool = True,
    round: int | None = None,
) -> Clock:
    """Take a clock out of the overdue counts (an appeal was upheld), or put it back. It stays in the
    totals.

    The latest round, unless ``round`` names another. The reason is kept in the history. NotThere: no such
    clock.
    """
    if not reason.strip():
        raise refusals.no_reason()
    aware(at)
    with transaction.atomic():
        rounds = [c for c in _clocks(matter) if c.name == name and (round is None or c.round == round)]
        if not rounds:
            raise refusals.not_running(name)
        clock = max(rounds, key=lambda c: c.round)
        clock.exempt = exempt
        clock.history = [
            *clock.history,
            {
                "at": at.isoformat(),
                "why": "exempt" if exempt else "not_exempt",
                "reason": reason.strip(),
                "by": by,
            },
        ]
        clock.save(update_fields=["exempt", "history"])
    return clock


def refresh_due(matter: Matter) -> datetime | None:
    """Set ``matter.due_at`` from the clocks in the database, without saving the matter; returns it."""
    follow(matter, list(Clock.objects.filter(matter_id=matter.pk, stopped_at__isnull=True)))
    return matter.due_at


def _end(matter: Matter, name: str, at: datetime, *, cancelled: bool) -> Clock | None:
    with transaction.atomic():
        clocks, clock = _open(matter, name)
        if clock is None:
            return None
        if clock.paused_at is not None:
            close_pause(clock, at)
            move(clock, at, "stop", calendar=current_calendar())
        forward(clock, at)
        clock.stopped_at, clock.cancelled = at, cancelled
        clock.save(
            update_fields=[
                "stopped_at",
                "cancelled",
                "paused_at",
                "pauses",
                "due_at",
                "provisional",
                "history",
            ]
        )
    follow(matter, clocks)
    return clock


def _clocks(matter: Matter) -> list[Clock]:
    """The matter's clocks, under the lock of the matter's row."""
    if connection.features.has_select_for_update:
        Matter.objects.select_for_update().filter(pk=matter.pk).values_list("pk").first()
    return list(Clock.objects.filter(matter_id=matter.pk).order_by("id"))


def _open(matter: Matter, name: str) -> tuple[list[Clock], Clock | None]:
    clocks = _clocks(matter)
    return clocks, next((c for c in clocks if c.name == name and c.stopped_at is None), None)
