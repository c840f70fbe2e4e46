"""One hand for each source and way at a time, whatever the others do."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from gongbi.channels import rules
from gongbi.channels.adapters import adapter_of
from gongbi.channels.models import Lane, Source
from gongbi.kernel.vault.redaction import redact


@transaction.atomic
def enter_lane(source_id: int, way: str, *, at: datetime, lease: timedelta = rules.LEASE) -> bool:
    """Whether this hand may work the lane now: nobody else does. Frees itself after ``lease``, should the hand die."""
    Lane.objects.bulk_create([Lane(source_id=source_id, way=way)], ignore_conflicts=True)
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    return Lane.objects.filter(free, source_id=source_id, way=way).update(leased_until=at + lease) == 1


def leave_lane(source_id: int, way: str, *, at: datetime, error: str = "") -> None:
    """Give the lane back."""
    Lane.objects.filter(source_id=source_id, way=way).update(
        leased_until=None, last_at=at, last_error=redact(error)[:500]
    )


def poll(source_id: int, *, at: datetime) -> bool:
    """Ask one counterpart for news, when it is due. Outside any transaction; whether it was asked. In the lane ``poll``.

    What goes wrong is raised after the next time was set, so that a counterpart that is down is not asked without end.
    """
    source = Source.objects.get(pk=source_id)
    adapter = adapter_of(source.kind)
    every = adapter.poll_seconds(source)
    lane = Lane.objects.filter(source=source, way="poll").first()
    if lane is None or not source.enabled or every <= 0 or (lane.next_at is not None and lane.next_at > at):
        return False
    Lane.objects.filter(pk=lane.pk).update(next_at=at + timedelta(seconds=every))
    cursor = adapter.poll(source, lane.cursor, at=at)
    Lane.objects.filter(pk=lane.pk).update(cursor=dict(cursor))
    return True
