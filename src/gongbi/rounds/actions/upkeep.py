"""What time does to rounds: forgotten shifts end, photos of which nothing more comes go."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from gongbi.rounds import rules
from gongbi.rounds.actions.tasking import release
from gongbi.rounds.models import FieldPhoto, Shift


@transaction.atomic
def end_forgotten(*, at: datetime) -> int:
    """End shifts that nobody ended, as of the longest a shift may be; returns how many."""
    ended = 0
    for shift in Shift.objects.select_for_update().filter(
        ended_at__isnull=True, started_at__lte=at - rules.LONGEST_SHIFT
    ):
        shift.ended_at = shift.started_at + rules.LONGEST_SHIFT
        shift.save(update_fields=["ended_at"])
        shift.track.filter(at__gt=shift.ended_at).delete()
        release(shift.post_id, at=at)
        ended += 1
    return ended


@transaction.atomic
def sweep_photos(*, at: datetime) -> int:
    """Throw away pieces of photos that were never finished; the phone that still has them begins anew. Returns how many photos."""
    old = FieldPhoto.objects.filter(
        file_id__isnull=True, begun_at__lt=at - timedelta(days=rules.UNFINISHED_DAYS)
    )
    count = old.count()
    old.delete()
    return count
