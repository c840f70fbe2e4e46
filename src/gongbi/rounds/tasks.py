"""What the worker does for rounds."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.outbox.periodic import periodic
from gongbi.rounds import actions


@periodic("rounds.offer", every_seconds=60)
def offer(at: datetime) -> None:
    """Offer waiting tasks to whoever came on duty, and those that were not answered to the next who is near."""
    actions.offer_waiting(at=at)
    actions.pass_on(at=at)


@periodic("rounds.upkeep", every_seconds=3600)
def upkeep(at: datetime) -> None:
    """End forgotten shifts and throw away what was never finished."""
    actions.end_forgotten(at=at)
    actions.sweep_photos(at=at)
