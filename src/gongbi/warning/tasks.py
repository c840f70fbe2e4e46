"""The look of every night."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.scope.viewer import system
from gongbi.warning import actions


@periodic("warning.nightly", every_seconds=1800)
def nightly(at: datetime) -> None:
    """Look at yesterday once the night has begun; nothing when that was done."""
    actions.nightly(viewer=system("warning"), at=at)
