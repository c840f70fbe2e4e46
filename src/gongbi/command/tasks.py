"""The ladder, climbed every minute."""

from __future__ import annotations

from datetime import datetime

from gongbi.command import actions
from gongbi.kernel.outbox.periodic import periodic


@periodic("command.climb", every_seconds=60)
def climb(at: datetime) -> None:
    """What is over its clock by a rung's minutes goes up that rung, once."""
    actions.climb(at=at)
