"""What the worker does for duty: questions that nobody answered in time are closed."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.outbox.periodic import periodic
from gongbi.roster import actions


@periodic("roster.lapse", every_seconds=60)
def lapse(at: datetime) -> None:
    """Close swaps whose turn has begun."""
    actions.lapse(at=at)
