"""Every night the day before is made ready to be played; days that are missing are made up."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.scope.viewer import system
from gongbi.wall import actions


@periodic("wall.days", every_seconds=1200)
def days(at: datetime) -> None:
    """Fold the past days that are not folded."""
    actions.fold_days(viewer=system("wall"), at=at)
