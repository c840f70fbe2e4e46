"""What must always hold for devices; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

from gongbi.channels.devices.models import Alarm, DeviceEvent
from gongbi.channels.models import Arrival
from gongbi.kernel.flow.invariants import Breach, register


@register("devices.events")
def events() -> Iterator[Breach]:
    """An event goes on exactly as long as one of its alarms, and one that was told has its arrival."""
    open_alarms = Alarm.objects.filter(ended_at__isnull=True)
    going_on = set(open_alarms.values_list("event_id", flat=True))
    for event in DeviceEvent.objects.filter(ended_at__isnull=True).exclude(pk__in=going_on).iterator():
        yield Breach("devices.events", str(event.pk), "goes on without an alarm")
    for event in DeviceEvent.objects.filter(ended_at__isnull=False, pk__in=going_on).iterator():
        yield Breach("devices.events", str(event.pk), "ended, but an alarm goes on")
    arrivals = Arrival.objects.all()
    told = DeviceEvent.objects.filter(told_at__isnull=False).exclude(arrival_id__in=arrivals.values("pk"))
    for event in told.iterator():
        yield Breach("devices.events", str(event.pk), "told, but nothing arrived")
