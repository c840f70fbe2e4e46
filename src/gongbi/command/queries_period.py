"""How command went in a span of time: counts for a bulletin, as of the span's end. Drills are in none of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from gongbi.command import rules
from gongbi.command.models import Notice, Order, Whistle
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Told:
    """In ``[since, until)``. ``came``: calls of these whistles whose arrival clock had ended by then, in time (first) of all (second);
    calls that were taken back, not theirs, without a verdict or exempt are in neither. ``notices``: by (sort, level)."""

    whistles: int
    joint: int
    calls: int
    came: tuple[int, int]
    orders: int
    notices: dict[tuple[str, int], int]


def told(viewer: Viewer, since: datetime, until: datetime) -> Told:
    """Five queries, whatever the number of whistles."""
    whistles = visible(Whistle, viewer, "board").filter(
        opened_at__gte=since, opened_at__lt=until, drill=False
    )
    sorts = Counter(whistles.values_list("sort", flat=True))
    calls = Order.objects.filter(
        call_of_id__in=whistles.filter(sort=rules.WHISTLE).values("pk"), opened_at__lt=until
    )
    above = below = number = 0
    for call in calls.prefetch_related("clocks"):
        number += 1
        if call.upheld or call.state == "withdrawn":
            continue
        for clock in call.clocks.all():
            if clock.name != rules.ARRIVE or clock.cancelled or clock.exempt:
                continue
            done = clock.stopped_at if clock.stopped_at is not None and clock.stopped_at < until else None
            if done is not None or clock.due_at < until:
                below += 1
                above += done is not None and not rules.late(clock.due_at, done)
    orders = visible(Order, viewer, "board").filter(
        opened_at__gte=since, opened_at__lt=until, drill=False, sort=rules.ORDER
    )
    issued = visible(Notice, viewer, "board").filter(
        issued_at__gte=since, issued_at__lt=until, order__drill=False
    )
    notices = Counter(issued.values_list("order__sort", "order__level"))
    return Told(
        sorts[rules.WHISTLE], sorts[rules.JOINT], number, (above, below), orders.count(), dict(notices)
    )
