"""What is being commanded now, by place: for a wall. Units, places and times; no title, no words, no person."""

from __future__ import annotations

from datetime import datetime

from gongbi.command.models import Order, Whistle
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer

MOST = 60
_LATE = ("issued", "signed", "arrived", "disputed")  # who is over a clock has not reported


def running(viewer: Viewer) -> list[Whistle]:
    """Whistles and joint matters that are not ended, those whom somebody is awaited at first, with their calls. Two questions."""
    found = visible(Whistle, viewer, "board").filter(state="sounded").prefetch_related("calls")
    return list(found.order_by("come_by", "pk")[:MOST])


def overdue(viewer: Viewer, *, at: datetime) -> list[Order]:
    """Orders over their clock, the longest over first; drills, and the calls of a whistle, which stands there itself, are left out."""
    minute = at.replace(second=0, microsecond=0)
    found = visible(Order, viewer, "board").filter(closed_at__isnull=True, drill=False, due_at__lt=minute)
    return list(found.filter(state__in=_LATE, call_of__isnull=True).order_by("due_at", "pk")[:MOST])
