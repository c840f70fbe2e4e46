"""The nightly clean-up of personal data."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.scope.viewer import system
from gongbi.kernel.vault import actions


@periodic("vault.purge", every_seconds=86_400)
def purge(at: datetime) -> None:
    """Erase what its retention class no longer allows to keep."""
    actions.purge(viewer=system("retention"), at=at)
