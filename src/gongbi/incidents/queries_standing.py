"""How many incidents and drills are at work, by place: counts for a wall. No title, no person."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q

from gongbi.incidents.flow import OPEN_STATES
from gongbi.incidents.models import Incident
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer


def standing(viewer: Viewer) -> list[tuple[str, bool, int]]:
    """(place, whether drills, how many) at work now, each at the smallest division that holds its place. One query."""
    found = visible(Incident, viewer, "board").filter(state__in=OPEN_STATES).order_by()
    return list(found.values_list("territory", "drill").annotate(n=Count("pk")))


def stood(
    viewer: Viewer, since: datetime, until: datetime
) -> list[tuple[str, bool, datetime, datetime | None]]:
    """(place, whether a drill, reported, over) of those at work in the half-open window."""
    found = visible(Incident, viewer, "board").filter(opened_at__lt=until).order_by("pk")
    found = found.filter(Q(over_at__isnull=True) | Q(over_at__gt=since))
    return list(found.values_list("territory", "drill", "opened_at", "over_at"))


def at_work(viewer: Viewer, *, most: int = 60) -> list[Incident]:
    """The incidents and drills at work, the highest level first, real ones before drills."""
    found = visible(Incident, viewer, "board").filter(state__in=OPEN_STATES)
    return list(found.order_by("drill", "level", "-pk")[:most])
