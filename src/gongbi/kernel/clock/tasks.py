"""What the clocks do by themselves."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.clock.actions import recompute_open
from gongbi.kernel.outbox.periodic import periodic


@periodic("clock.recompute", every_seconds=86_400)
def recompute(at: datetime) -> None:
    """Heal a clock that was started by the old calendar while a notice was being imported."""
    recompute_open(at=at, why="nightly")
