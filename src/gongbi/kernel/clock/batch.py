"""Several clock effects of one step at once: one read of the matter's clocks, one write of each that changed.

``advance`` holds the matter's row (optimistic lock), so these take no lock of their own. ``actions`` is the door for everybody
else; both rest on the same engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from django.db.models import QuerySet

from gongbi.kernel import rows, statements
from gongbi.kernel.clock import keeping, limits, refusals
from gongbi.kernel.clock.calendar import Calendar
from gongbi.kernel.clock.engine import due as due_after
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.clock.queries import current_calendar, due_of
from gongbi.kernel.flow.models import Matter

_CHANGING = ("stopped_at", "cancelled", "paused_at", "pauses", "due_at", "provisional", "history")


class Planned(NamedTuple):
    """A clock that is about to start with its matter."""

    name: str
    limit: str
    due_at: datetime
    provisional: bool


def plan(wanted: Sequence[tuple[str, str]], *, at: datetime) -> list[Planned]:
    """Deadlines of ``(name, limit)`` clocks that would start at ``at``; an empty limit starts none."""
    calendar = current_calendar() if wanted else None
    planned = []
    for name, text in wanted:
        if text.strip() and calendar is not None:
            end = due_after(at, limits.parse(text), calendar)
            planned.append(Planned(name, text.strip(), end.at, end.provisional))
    return planned


def start_planned(matter: Matter, planned: Sequence[Planned], *, at: datetime, basis: str = "") -> None:
    """Insert the first clocks of a matter that has just been inserted with their earliest deadline."""
    rows.insert_many(_clocks(matter, planned, at, basis), Clock, keys=False)


def start_all(matters: Sequence[tuple[Matter, Sequence[Planned], str]], *, at: datetime) -> None:
    """The same for many matters: ``(matter, its planned clocks, their basis)``."""
    rows.load(
        [clock for matter, planned, basis in matters for clock in _clocks(matter, planned, at, basis)], Clock
    )


def _clocks(matter: Matter, planned: Sequence[Planned], at: datetime, basis: str) -> list[Clock]:
    return [
        rows.new(
            Clock,
            matter_id=matter.pk,
            name=item.name,
            limit=item.limit,
            basis=basis,
            started_at=at,
            due_at=item.due_at,
            provisional=item.provisional,
        )
        for item in planned
    ]


def _of_matter(matter_id: int) -> QuerySet[Clock]:
    return Clock.objects.filter(matter_id=matter_id).order_by("id")


class Moving:
    """The clocks of one matter while a step moves them; ``due`` collects the deadlines that are new."""

    def __init__(self, matter: Matter, at: datetime) -> None:
        self.matter, self.at = matter, at
        self.rows = statements.fetch("clock.of_matter", _of_matter, matter.pk)
        self.fresh: list[Clock] = []
        self.changed: dict[int, Clock] = {}
        self.due: dict[str, datetime] = {}

    @cached_property
    def calendar(self) -> Calendar:
        """Looked up once for the step."""
        return current_calendar()

    def _open(self, name: str) -> Clock | None:
        return next((c for c in self.rows if c.name == name and c.stopped_at is None), None)

    def start(self, name: str, limit: str, *, basis: str = "") -> None:
        """A further round of ``name``; an empty limit starts nothing. Refused while one runs."""
        if not limit.strip():
            return
        if self._open(name) is not None:
            raise refusals.running(name)
        rounds = [c.round for c in self.rows if c.name == name]
        clock = Clock(
            matter_id=self.matter.pk,
            name=name,
            round=max(rounds, default=0) + 1,
            limit=limit.strip(),
            basis=basis,
            started_at=self.at,
        )
        end = due_of(clock, self.calendar)
        clock.due_at, clock.provisional = end.at, end.provisional
        self.rows.append(clock)
        self.fresh.append(clock)
        self.due[name] = clock.due_at

    def stop(self, name: str, *, cancelled: bool = False) -> None:
        """Stop it, with any open pause; nothing when it does not run."""
        clock = self._open(name)
        if clock is None:
            return
        if clock.paused_at is not None:
            keeping.close_pause(clock, self.at)
            keeping.move(clock, self.at, "stop", calendar=self.calendar)
            self.due[name] = clock.due_at
        keeping.forward(clock, self.at)
        clock.stopped_at, clock.cancelled = self.at, cancelled
        self.changed[clock.pk] = clock

    def cancel(self, name: str) -> None:
        """Stop it without a verdict."""
        self.stop(name, cancelled=True)

    def pause(self, name: str, *, reason: str) -> None:
        """Pause it; nothing when it does not run."""
        clock = self._open(name)
        if clock is None:
            return
        if clock.paused_at is not None:
            raise refusals.already_paused(name)
        keeping.forward(clock, self.at)
        clock.paused_at = self.at
        clock.pauses = [*clock.pauses, [self.at.isoformat(), None, reason]]
        self.changed[clock.pk] = clock

    def resume(self, name: str) -> None:
        """End its pause; the deadline moves by what was lost."""
        clock = self._open(name)
        if clock is None or clock.paused_at is None:
            return
        keeping.close_pause(clock, self.at)
        keeping.move(clock, self.at, "resume", calendar=self.calendar)
        self.due[name] = clock.due_at
        self.changed[clock.pk] = clock

    def follow(self) -> None:
        """Set ``matter.due_at`` (the caller saves the matter)."""
        keeping.follow(self.matter, self.rows)

    def write(self) -> None:
        """Save what changed."""
        rows.insert_many(self.fresh, Clock, keys=False)
        for clock in self.changed.values():
            rows.change(Clock, clock.pk, {name: getattr(clock, name) for name in _CHANGING})
