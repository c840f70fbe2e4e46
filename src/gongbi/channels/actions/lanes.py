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
def enter_lane(source_id: int, way: str, *, at: datetime, lease: timedelta = rules.LEASE) -> datetime | None:
    """Until when this hand alone works the lane; None while somebody else does. Free again after that, should the hand die.

    A hand that needs longer asks for it with :func:`renew_lane`; what it was given names it.
    """
    Lane.objects.bulk_create([Lane(source_id=source_id, way=way)], ignore_conflicts=True)
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    until = at + lease
    entered = Lane.objects.filter(free, source_id=source_id, way=way).update(leased_until=until)
    return until if entered else None


def renew_lane(
    source_id: int, way: str, until: datetime, *, at: datetime, lease: timedelta = rules.LEASE
) -> datetime | None:
    """Until when the hand that had it ``until`` has the lane now; None when it was too late and another one works there."""
    mine = Lane.objects.filter(source_id=source_id, way=way, leased_until=until)
    return at + lease if mine.update(leased_until=at + lease) else None


def leave_lane(
    source_id: int, way: str, *, at: datetime, error: str = "", until: datetime | None = None
) -> None:
    """Give the lane back; with ``until`` only if it is still the hand's own."""
    mine = Lane.objects.filter(source_id=source_id, way=way)
    (mine if until is None else mine.filter(leased_until=until)).update(
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
