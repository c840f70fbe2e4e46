"""What the worker does for devices: old readings leave on schedule."""

from __future__ import annotations

from datetime import datetime

from gongbi.channels.devices import actions
from gongbi.kernel.outbox.periodic import periodic


@periodic("devices.purge", every_seconds=3600)
def purge(at: datetime) -> None:
    """Readings older than their device's sign says, or beyond its ring."""
    actions.purge(at=at)
