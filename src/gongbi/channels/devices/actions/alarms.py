"""Alarms begin, come back and end; those of one kind at one place within minutes are one event, and one candidate case.

Everything here may be done again for the same reading (after a crash the journal is worked through again): nothing doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from gongbi.channels.devices import rules
from gongbi.channels.devices.actions import telling
from gongbi.channels.devices.kinds import KINDS, SILENT
from gongbi.channels.devices.memory import Entry
from gongbi.channels.devices.models import Alarm, DeviceEvent, Silence

_LOOK_BACK = timedelta(days=1)
CLOSED = "closed"  # held back because the channel is switched off


@transaction.atomic
def begin(entry: Entry, code: str, *, since: datetime, value: float | None, at: datetime) -> Alarm:
    """An alarm of ``code`` (the device's kind, or silent) began at ``since``. Locks: the place's newest event.

    The same beginning again changes nothing. A device whose alarm ended only just now flaps: the same alarm goes on.
    """
    known = Alarm.objects.filter(device_id=entry.pk, kind=code).order_by("-begun_at").first()
    if known is not None and (known.ended_at is None or since <= (known.again_at or known.begun_at)):
        return known
    event = _event_for(entry, code, since)
    if known is not None and event is not None and known.event_id == event.pk:
        known.ended_at, known.again_at, known.flaps = None, since, known.flaps + 1
        known.save(update_fields=["ended_at", "again_at", "flaps"])
        _goes_on(event, since, more=0)
        return known
    if event is None:
        event = DeviceEvent(
            kind=code, place=entry.place, division=entry.division, first_at=since, last_at=since, synthetic=entry.synthetic
        )  # fmt: skip
        event.held = rules.held_back(
            code, hour=timezone.localtime(since).hour, silenced=silenced(entry, at=since)
        )
        event.save(force_insert=True)
    else:
        _goes_on(event, since, more=1)
    alarm = Alarm(device_id=entry.pk, event=event, kind=code, begun_at=since, value=value)
    alarm.save(force_insert=True)
    if event.told_at is None and not event.held:
        _tell(event, entry, at)
    return alarm


def _event_for(entry: Entry, code: str, since: datetime) -> DeviceEvent | None:
    newest = (
        DeviceEvent.objects.select_for_update()
        .filter(kind=code, place=entry.place, division=entry.division, last_at__gte=since - _LOOK_BACK)
        .order_by("-last_at")
        .first()
    )
    if newest is None:
        return None
    kind = KINDS.get(code)
    again = float(kind.again) if kind else rules.SILENT_AGAIN
    last = max(newest.last_at, newest.ended_at or newest.last_at)
    same = rules.same_event(
        last=last.timestamp(), at=since.timestamp(), open_still=newest.ended_at is None, again=again
    ) or (newest.ended_at is not None and 0 <= (since - newest.ended_at).total_seconds() <= again)
    return newest if same else None


def _goes_on(event: DeviceEvent, since: datetime, *, more: int) -> None:
    DeviceEvent.objects.filter(pk=event.pk).update(
        last_at=max(event.last_at, since), ended_at=None, over_told_at=None, devices=F("devices") + more
    )


@transaction.atomic
def end(entry: Entry, code: str, *, over: datetime, at: datetime) -> Alarm | None:
    """The open alarm is over; when it was the event's last, the event is. None: there was none."""
    alarm = Alarm.objects.filter(device_id=entry.pk, kind=code, ended_at__isnull=True).first()
    if alarm is None:
        return None
    event = DeviceEvent.objects.select_for_update().get(pk=alarm.event_id)
    alarm.ended_at = max(over, alarm.begun_at)
    alarm.save(update_fields=["ended_at"])
    if not Alarm.objects.filter(event=event, ended_at__isnull=True).exists():
        event.ended_at = alarm.ended_at
        event.save(update_fields=["ended_at"])
    return alarm


@transaction.atomic
def note_ends(*, at: datetime) -> int:
    """Say on the cases that their events are over, once these have been over for some time. Returns how many were noted."""
    noted = 0
    before = at - timedelta(seconds=rules.OVER_FOR)
    over = DeviceEvent.objects.select_for_update().filter(
        told_at__isnull=False, over_told_at__isnull=True, ended_at__isnull=False, ended_at__lte=before
    )
    for event in over.order_by("pk")[:200]:
        if telling.over(event, at=at) is not None:
            event.over_told_at = at
            event.save(update_fields=["over_told_at"])
            noted += 1
    return noted


def silenced(entry: Entry, *, at: datetime) -> bool:
    """Whether somebody set a silence over this device or its place."""
    over = Silence.objects.filter(begins_at__lte=at, ends_at__gt=at)
    return over.filter(Q(device_id=entry.pk) | Q(place=entry.place, device__isnull=True)).exists()


@transaction.atomic
def tell_what_was_held(entries: Callable[[int], Entry | None], *, at: datetime) -> int:
    """Events that were held back and are still on, now that the reason has ended. Returns how many were told."""
    told = 0
    held = DeviceEvent.objects.select_for_update().filter(
        ended_at__isnull=True, told_at__isnull=True, held__gt=""
    )
    for event in held.order_by("pk")[:200]:
        first = event.alarms.filter(ended_at__isnull=True).order_by("begun_at").first()
        entry = entries(first.device_id) if first is not None else None
        if entry is None:
            continue
        if not rules.held_back(event.kind, hour=timezone.localtime(at).hour, silenced=silenced(entry, at=at)):
            _tell(event, entry, at)
            told += event.told_at is not None
    return told


def _tell(event: DeviceEvent, entry: Entry, at: datetime) -> None:
    event.arrival_id = telling.candidate(event, entry, at=at)
    if event.arrival_id is None:
        event.held = CLOSED
    else:
        event.told_at, event.held = at, ""
    event.save(update_fields=["arrival_id", "told_at", "held"])


def end_all(entries: Iterable[Entry], *, at: datetime) -> None:
    """Devices go out of use: whatever they said is over."""
    for entry in entries:
        for code in (entry.kind.code, SILENT):
            end(entry, code, over=at, at=at)
