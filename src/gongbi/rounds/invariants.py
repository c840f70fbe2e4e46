"""What must always hold for rounds; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q

from gongbi.kernel.flow.invariants import Breach, register
from gongbi.rounds.flow import AT_HAND
from gongbi.rounds.models import FieldTask, TrackPoint


@register("rounds.assignee")
def assignee() -> Iterator[Breach]:
    """A task that is offered or accepted is somebody's, and never that of whoever handled the matter."""
    for task in FieldTask.objects.filter(state__in=AT_HAND, post_id__isnull=True).iterator():
        yield Breach("rounds.assignee", task.number, f"{task.state} without a post")


@register("rounds.track")
def track() -> Iterator[Breach]:
    """A track exists only during a shift."""
    outside = Q(at__lt=F("shift__started_at")) | Q(at__gt=F("shift__ended_at"))
    for point in TrackPoint.objects.filter(outside).select_related("shift").iterator():
        yield Breach("rounds.track", str(point.shift), f"a position at {point.at.isoformat()}")
