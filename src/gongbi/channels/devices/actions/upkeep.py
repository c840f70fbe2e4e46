"""Readings leave when their time is over: after the days that the device's sign names, and beyond its ring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, Sum, Window

from gongbi.channels.devices import packing
from gongbi.channels.devices.models import Block, Device, DeviceState, Silence, Tally

RING = 100_000  # readings kept of one device at most
_KEPT_COUNTS = timedelta(days=400)
_AT_ONCE = 2_000


def purge(*, at: datetime) -> int:
    """Delete readings that are past their device's days, and the oldest beyond the ring. Returns how many blocks.

    A part at a time, each in its own short transaction.
    """
    gone = 0
    for days in sorted(set(Device.objects.values_list("keep_days", flat=True))):
        before = round((at - timedelta(days=days)).timestamp() * 1000)
        gone += _delete(partial(_old, days, before))
        _cut(days, before)
        with transaction.atomic():
            # Of a device that fell silent; the lane forgets by itself what is too old once it speaks again.
            mute = DeviceState.objects.filter(device__keep_days=days, heard_at__lt=at - timedelta(days=days))
            mute.exclude(tail=b"").update(tail=b"")
    gone += _delete(_beyond_the_ring)
    with transaction.atomic():
        Tally.objects.filter(day__lt=(at - _KEPT_COUNTS).date()).delete()
        Silence.objects.filter(ends_at__lt=at - _KEPT_COUNTS).delete()
    return gone


def _old(days: int, before: int) -> list[int]:
    found = Block.objects.filter(device__keep_days=days, last_ms__lt=before)
    return list(found.values_list("pk", flat=True)[:_AT_ONCE])


def _cut(days: int, before: int) -> None:
    """Take the readings that are too old out of blocks that hold younger ones too."""
    across = Block.objects.filter(device__keep_days=days, first_ms__lt=before, last_ms__gte=before)
    for key, data in list(across.values_list("pk", "data")):
        left = packing.since(bytes(data), before)
        pairs = packing.readings(left)
        with transaction.atomic():
            Block.objects.filter(pk=key).update(data=left, count=len(pairs), first_ms=pairs[0][0])


def _beyond_the_ring() -> list[int]:
    newer = Window(Sum("count"), partition_by=[F("device")], order_by=[F("last_ms").desc(), F("pk").desc()])
    found = Block.objects.annotate(newer=newer).filter(newer__gt=RING)
    return list(found.values_list("pk", flat=True)[:_AT_ONCE])


def _delete(find: Callable[[], list[int]]) -> int:
    gone = 0
    while keys := find():
        with transaction.atomic():
            Block.objects.filter(pk__in=keys).delete()
        gone += len(keys)
    return gone
