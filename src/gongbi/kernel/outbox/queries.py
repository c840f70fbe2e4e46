"""What waits, what is dead, and what a live screen reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Min, QuerySet
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Forbidden
from gongbi.kernel.flow.invariants import Breach
from gongbi.kernel.outbox.models import Head, OutboxRow, PeriodicJob
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, SYSTEM, Viewer


@dataclass(frozen=True, slots=True)
class Backlog:
    """``due``: events due and not done; ``dead``: given up; ``oldest``: how long the oldest due one has waited."""

    due: int
    dead: int
    oldest: timedelta


def _require_machine_room(viewer: Viewer) -> None:
    if viewer.role not in (ADMIN, AUDITOR, SYSTEM):
        raise Forbidden("outbox.read", _("Only administrators and auditors see the machine room."))


def backlog(viewer: Viewer, *, at: datetime) -> Backlog:
    """How much waits. Errors: Forbidden unless administrator or auditor."""
    _require_machine_room(viewer)
    waiting = OutboxRow.objects.filter(done_at__isnull=True, dead_at__isnull=True).exclude(not_before__gt=at)
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    dead = OutboxRow.objects.filter(dead_at__isnull=False).count()
    return Backlog(waiting.count(), dead, at - oldest if oldest else timedelta())


def dead_letters(viewer: Viewer) -> QuerySet[OutboxRow]:
    """Events given up, newest first, with ``last_error``. Errors: Forbidden unless administrator or auditor."""
    _require_machine_room(viewer)
    return OutboxRow.objects.filter(dead_at__isnull=False, done_at__isnull=True).order_by("-dead_at")


def jobs(viewer: Viewer) -> QuerySet[PeriodicJob]:
    """The periodic jobs, with their last run and error. Errors: Forbidden unless administrator or auditor."""
    _require_machine_room(viewer)
    return PeriodicJob.objects.order_by("name")


def published_after(position: int, *, limit: int = 500) -> list[OutboxRow]:
    """Published rows after ``position`` in order, at most ``limit``: the next is always ``position + 1`` or it was pruned."""
    return list(OutboxRow.objects.filter(position__gt=position).order_by("position")[:limit])


def last_position() -> int:
    """The last position given (0: none yet)."""
    return Head.objects.filter(pk=1).aggregate(last=Max("position"))["last"] or 0


def breaches() -> Iterator[Breach]:
    """Rows given up: the invariant says that there is none."""
    for row in OutboxRow.objects.filter(dead_at__isnull=False, done_at__isnull=True).order_by("pk")[:100]:
        yield Breach(
            "outbox", f"outbox row {row.pk} ({row.topic})", f"undelivered after {row.attempts} attempts"
        )
