"""What incidents there were in a span of time: counts for a bulletin. No title, no person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from gongbi.incidents.models import AlertMessage, Incident
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Told:
    """In ``[since, until)``: incidents opened by class, ended, alerts sent; drills are in none of these."""

    opened: dict[str, int]
    ended: int
    alerts: int
    drills: int


def told(viewer: Viewer, since: datetime, until: datetime) -> Told:
    """Three queries."""
    seen = visible(Incident, viewer, "board").order_by()
    opened: dict[str, int] = {}
    drills = 0
    for sort, drill, n in (
        seen.filter(opened_at__gte=since, opened_at__lt=until)
        .values_list("sort", "drill")
        .annotate(n=Count("pk"))
    ):
        if drill:
            drills += n
        else:
            opened[sort] = opened.get(sort, 0) + n
    over = Q(over_at__gte=since, over_at__lt=until, drill=False)
    sent = visible(AlertMessage, viewer).filter(
        incident_id__in=seen.values("pk"), sent_at__gte=since, sent_at__lt=until, drill=False
    )
    return Told(opened, seen.filter(over).count(), sent.count(), drills)
