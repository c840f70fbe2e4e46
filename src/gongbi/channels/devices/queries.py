"""What pages, SensorThings and the worker ask of the devices. Every question takes the viewer and goes through scope."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from gongbi.cases.queries.reading import cases_of_reports
from gongbi.channels.devices import packing, rules
from gongbi.channels.devices.models import (
    Alarm,
    Block,
    Device,
    DeviceEvent,
    DeviceState,
    Journal,
    Silence,
    Tally,
)
from gongbi.channels.models import Arrival, Outgoing
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import STAFF_ROLES, SYSTEM, Viewer, system
from gongbi.kernel.vault import actions as vault

PAGE = 50
MOST_ANSWERS = 500


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed by. ``standing``: "", alarm, silent, never."""

    kind: str = ""
    standing: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of devices with their states; ``more`` says that another follows."""

    devices: Sequence[Device]
    more: bool


def devices(viewer: Viewer, wanted: Filter, *, page: int = 1, size: int = PAGE) -> Page:
    """A page of the register, those in alarm first."""
    found = visible(Device, viewer, "list").filter(retired_at__isnull=True).select_related("now")
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.words:
        found = found.filter(Q(number__icontains=wanted.words) | Q(place__icontains=wanted.words))
    if wanted.standing == "never":
        found = found.filter(now__isnull=True)
    elif wanted.standing:
        found = found.filter(**{f"now__{wanted.standing}": True})
    first = (max(page, 1) - 1) * size
    rows = list(found.order_by("number")[first : first + size + 1])
    return Page(rows[:size], len(rows) > size)


def counts(viewer: Viewer) -> dict[str, int]:
    """How many devices stand how."""
    found = (
        visible(Device, viewer, "list")
        .filter(retired_at__isnull=True)
        .aggregate(
            all=Count("pk"),
            alarm=Count("pk", filter=Q(now__alarm=True)),
            silent=Count("pk", filter=Q(now__silent=True)),
            never=Count("pk", filter=Q(now__isnull=True)),
        )
    )
    return dict(found)


def device(number: str, viewer: Viewer) -> Device:
    """One device with its state, in use or not. Raises NotThere."""
    found = visible(Device, viewer).filter(number=number).select_related("now").first()
    if found is None:
        raise _none()
    return found


def _none() -> NotThere:
    return NotThere(
        "devices.not_there",
        ("没有这台设备，或不在您的范围内。", "There is no such device, or it is outside your area."),
    )


def kept(viewer: Viewer) -> QuerySet[Device]:
    """Every device that the viewer sees, by number, as a list that goes out holds it."""
    return visible(Device, viewer, "export").filter(retired_at__isnull=True).order_by("number")


def readings(
    device_id: int, viewer: Viewer, *, since_ms: int = 0, until_ms: int = 2**62, most: int = 20_000
) -> list[tuple[int, float]]:
    """The (milliseconds, value) pairs of a device in that half-open time, in order, each time once; the newest ``most`` of them."""
    found: dict[int, float] = {}
    blocks = (
        visible(Block, viewer)
        .filter(device_id=device_id, last_ms__gte=since_ms, first_ms__lt=until_ms)
        .order_by("-last_ms")
        .values_list("data", flat=True)
    )
    state = visible(DeviceState, viewer).filter(pk=device_id).values_list("tail", flat=True).first()
    for data in [state or b"", *blocks.iterator(chunk_size=100)]:
        for ms, value in dict(packing.readings(bytes(data))).items():  # of one time the last one said stands
            if since_ms <= ms < until_ms:
                found.setdefault(ms, value)
        if len(found) >= most * 2:
            break
    return sorted(found.items())[-most:]


def alarms(viewer: Viewer, *, device_id: int, most: int = 50) -> list[Alarm]:
    """The newest alarms of a device, with their events."""
    found = visible(Alarm, viewer).filter(device_id=device_id).select_related("event")
    return list(found.order_by("-begun_at")[:most])


def in_alarm(viewer: Viewer) -> list[tuple[str, int]]:
    """(place, devices) in alarm now. One query."""
    found = visible(Alarm, viewer, "board").filter(ended_at__isnull=True, device__retired_at__isnull=True)
    return list(found.order_by().values_list("device__division").annotate(n=Count("device", distinct=True)))


def alarm_spans(
    viewer: Viewer, since: datetime, until: datetime
) -> list[tuple[str, int, datetime, datetime | None]]:
    """(place, device, begun, ended) of the alarms that lasted in the half-open window."""
    found = visible(Alarm, viewer, "board").filter(begun_at__lt=until).order_by("begun_at", "pk")
    found = found.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=since))
    return list(found.values_list("device__division", "device_id", "begun_at", "ended_at"))


def events(viewer: Viewer, *, open_only: bool = False, page: int = 1, size: int = PAGE) -> list[DeviceEvent]:
    """A page of events, those that go on first, then the newest; one more than ``size`` when another page follows."""
    found = visible(DeviceEvent, viewer, "list")
    if open_only:
        found = found.filter(ended_at__isnull=True)
    first = (max(page, 1) - 1) * size
    return list(found.order_by("-last_at", "-pk")[first : first + size + 1])


def silences(viewer: Viewer, *, at: datetime) -> list[Silence]:
    """Silences that hold now, or soon."""
    return list(visible(Silence, viewer).filter(ends_at__gt=at).select_related("device").order_by("ends_at"))


def silences_of(found: Device, viewer: Viewer, *, at: datetime) -> list[Silence]:
    """Those over one device or its place."""
    return [
        one
        for one in silences(viewer, at=at)
        if one.device_id == found.pk or (one.device_id is None and one.place == found.place)
    ]


def longest_silence(found: Device, viewer: Viewer) -> int:
    """For how many hours this device may be silenced at most."""
    return int(rules.longest_silence([found.kind]) // 3600) if viewer.role else 0


def tallies(viewer: Viewer, *, day: date, days: int = 7) -> list[tuple[str, int, datetime]]:
    """What became of the readings of the last days: (reason, how many, last time), the most first. No row of anybody."""
    if viewer.role != SYSTEM and viewer.role not in STAFF_ROLES:
        raise _none()
    sums: dict[str, tuple[int, datetime]] = {}
    for row in Tally.objects.filter(day__gt=day - timedelta(days=days), day__lte=day):
        number, last = sums.get(row.reason, (0, row.last_at))
        sums[row.reason] = (number + row.count, max(last, row.last_at))
    found = [(reason, number, last) for reason, (number, last) in sums.items()]
    return sorted(found, key=lambda one: -one[1])


def waiting(viewer: Viewer) -> int:
    """How many readings are received and not yet written away. No row of anybody."""
    if viewer.role != SYSTEM and viewer.role not in STAFF_ROLES:
        raise _none()
    return Journal.objects.aggregate(n=Sum("count"))["n"] or 0


def skewed(viewer: Viewer, *, most: int = 20) -> list[DeviceState]:
    """Devices whose clock is wrong, the worst first."""
    found = visible(DeviceState, viewer).filter(skewed__gt=0).select_related("device")
    return list(found.order_by("-skewed")[:most])


def raised_by(event_id: int, viewer: Viewer) -> tuple[DeviceEvent, list[Device]] | None:
    """An event and the devices whose alarms are in it, by number; None where it is gone."""
    event = visible(DeviceEvent, viewer).filter(pk=event_id).first()
    if event is None:
        return None
    return event, list(visible(Device, viewer).filter(alarms__event=event).distinct().order_by("number"))


def answers(viewer: Viewer, *, key: str, after: int) -> list[dict[str, Any]]:
    """What became of the events of the devices that this key speaks for, after the last one that it read; nothing of others."""
    mine = visible(Device, viewer, "list").filter(key__in=["", key])
    events = DeviceEvent.objects.filter(alarms__device__in=mine, arrival_id__isnull=False)
    reports = Arrival.objects.filter(pk__in=events.values("arrival_id"), report__isnull=False)
    rows = Outgoing.objects.filter(
        source__kind="device", report_id__in=reports.values("report_id"), pk__gt=after, body__isnull=False
    )
    numbers = set(mine.values_list("number", flat=True))
    found: list[dict[str, Any]] = []
    for row in rows.order_by("id")[:MOST_ANSWERS]:
        body: Mapping[str, Any] = json.loads(vault.machine_reads(row, "body", viewer=system("devices")))
        own = [one["device"] for one in body["devices"] if one["device"] in numbers]
        found.append({**body, "id": row.pk, "devices": own})
    return found


def cases_of(found: Sequence[DeviceEvent], viewer: Viewer) -> dict[int, Any]:
    """By event, the case that it became, as far as this viewer may see the case."""
    keys = [one.arrival_id for one in found if one.arrival_id is not None]
    arrivals = Arrival.objects.filter(pk__in=keys, report__isnull=False)
    reports = dict(arrivals.values_list("pk", "report_id"))
    cases = cases_of_reports(viewer, reports.values())
    known = {key: cases[report] for key, report in reports.items() if report in cases}
    return {one.pk: known[one.arrival_id] for one in found if one.arrival_id in known}
