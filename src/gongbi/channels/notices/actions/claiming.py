"""A gateway that cannot recognise a repetition is given a message at most once: somebody claims it first, in a commit of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from gongbi.channels.notices.models import Notice

# A sender that has said nothing for so long has died; what it was sending may have gone out.
DEAD_AFTER = timedelta(minutes=3)
FREE, BUSY, UNCERTAIN = "free", "busy", "uncertain"


def claim(outgoing_id: int, *, at: datetime) -> str:
    """Claim one message before it is handed over: ``free`` (now ours), ``busy`` (another hand has it), ``uncertain`` (its hand died).

    Outside any transaction, so that the claim outlives this process. An uncertain message is given back: only a person sends it again.
    """
    rows = Notice.objects.filter(outgoing_id=outgoing_id)
    if rows.filter(Q(claimed_at__isnull=True)).update(claimed_at=at):
        return FREE
    if rows.filter(claimed_at__lte=at - DEAD_AFTER).update(claimed_at=None):
        return UNCERTAIN
    return BUSY


def unclaim(outgoing_id: int) -> None:
    """What became of it is known."""
    Notice.objects.filter(outgoing_id=outgoing_id).update(claimed_at=None)
