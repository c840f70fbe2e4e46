"""How what a clock stores follows from its facts: its deadline from the engine, the matter's from its
clocks. Saves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gongbi.kernel.clock import refusals
from gongbi.kernel.clock.calendar import ZONE, Calendar
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.clock.queries import due_of
from gongbi.kernel.flow.models import Matter


def follow(matter: Matter, clocks: Iterable[Clock]) -> None:
    """Set ``matter.due_at`` to the earliest deadline among the running, unpaused clocks (all of the
    matter's).
    """
    matter.due_at = min((clock.due_at for clock in clocks if clock.running), default=None)


def aware(at: datetime) -> None:
    """Refuse a moment without a time zone."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise refusals.naive(at)


def forward(clock: Clock, at: datetime) -> None:
    """Refuse a time before the clock's last change."""
    aware(at)
    last = clock.started_at
    for since, until in clock.spans():
        last = max(last, until or since)
    if at < last:
        raise refusals.before(*(f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}" for moment in (at, last)))


def close_pause(clock: Clock, at: datetime) -> None:
    """End the open pause of ``clock`` at ``at``; the deadline is for :func:`move` to compute."""
    forward(clock, at)
    since, _until, *reason = clock.pauses[-1]
    clock.pauses = [*clock.pauses[:-1], [since, at.isoformat(), *reason]]
    clock.paused_at = None


def move(clock: Clock, at: datetime, why: str, *, calendar: Calendar, **detail: Any) -> bool:
    """Set the deadline by ``calendar``; what it was before goes into the history. Whether
    anything changed.
    """
    end = due_of(clock, calendar)
    if end.at == clock.due_at and end.provisional == clock.provisional:
        return False
    entry = {
        "at": at.isoformat(),
        "due_at": clock.due_at.astimezone(ZONE).isoformat(),
        "to": end.at.isoformat(),
        "provisional": clock.provisional,
        "why": why,
    }
    clock.history = [*clock.history, entry | detail]
    clock.due_at, clock.provisional = end.at, end.provisional
    return True
