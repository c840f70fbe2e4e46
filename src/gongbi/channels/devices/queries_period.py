"""What devices reported in a span of time: counts for a bulletin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from gongbi.channels.devices.models import Alarm, DeviceEvent
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Told:
    """In ``[since, until)``. ``events``: by kind, (began, of these told as a candidate case by ``until``); ``alarms``: of single devices."""

    events: dict[str, tuple[int, int]]
    alarms: int


def told(viewer: Viewer, since: datetime, until: datetime) -> Told:
    """Two queries."""
    found = visible(DeviceEvent, viewer, "list").filter(first_at__gte=since, first_at__lt=until).order_by()
    rows = found.values_list("kind").annotate(n=Count("pk"), told=Count("pk", filter=Q(told_at__lt=until)))
    alarms = visible(Alarm, viewer, "board").filter(begun_at__gte=since, begun_at__lt=until)
    return Told({kind: (n, said) for kind, n, said in rows}, alarms.count())
