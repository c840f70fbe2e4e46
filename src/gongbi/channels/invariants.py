"""What must always hold for channels; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

from gongbi.channels.models import Arrival, Change, Outgoing
from gongbi.channels.rules import DONE, REFUSED, WAITING
from gongbi.kernel.flow.invariants import Breach, register


@register("channels.arrivals")
def arrivals() -> Iterator[Breach]:
    """What was taken in is a report; what was refused says why; what waits still has its words."""
    for row in Arrival.objects.filter(standing=DONE, report__isnull=True).iterator():
        yield Breach("channels.arrivals", str(row), "taken in without a report")
    for row in Arrival.objects.filter(standing=REFUSED, code="").iterator():
        yield Breach("channels.arrivals", str(row), "refused without a reason")
    for row in Arrival.objects.filter(standing=WAITING, content__isnull=True).iterator():
        yield Breach("channels.arrivals", str(row), "waits without its words")
    for change in Change.objects.filter(standing=DONE, arrival__report__isnull=True).iterator():
        yield Breach("channels.arrivals", f"change {change.pk}", "added to nothing")


@register("channels.outgoing")
def outgoing() -> Iterator[Breach]:
    """A message is sent, given up, or still to be sent: never two of them."""
    for row in Outgoing.objects.filter(done_at__isnull=False, dead_at__isnull=False).iterator():
        yield Breach("channels.outgoing", str(row), "sent and given up at once")
