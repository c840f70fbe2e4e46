"""What the ledger does by itself: every past day gets its Merkle root."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from gongbi.kernel.ledger.actions import last_written, seal_day
from gongbi.kernel.ledger.models import DailyRoot, LedgerEntry
from gongbi.kernel.outbox.periodic import periodic


@periodic("ledger.seal", every_seconds=3600)
def seal(at: datetime) -> None:
    """Seal every day before today that is not sealed yet, oldest first; idempotent."""
    last = DailyRoot.objects.order_by("-day").values_list("day", flat=True).first()
    first = LedgerEntry.objects.order_by("at").values_list("at", flat=True).first()
    if first is None:
        return
    day = last + timedelta(days=1) if last else timezone.localdate(first)
    if day >= timezone.localdate(at):
        return
    up_to = last_written()
    while day < timezone.localdate(at):
        seal_day(day, at=at, up_to=up_to)
        day += timedelta(days=1)
