"""What the machine does for the hotline besides the lanes: forgets nonces whose time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from gongbi.channels.hotline import actions
from gongbi.kernel.outbox.periodic import periodic

_WINDOWS = timedelta(hours=1)  # more than twice the widest window


@periodic("hotline.nonces", every_seconds=3600)
def forget(at: datetime) -> None:
    """Idempotent."""
    actions.prune(at=at, after=_WINDOWS)
