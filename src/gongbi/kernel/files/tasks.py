"""Sweeping up uploads that were never sent with a form."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.files import actions
from gongbi.kernel.outbox.periodic import periodic


@periodic("files.sweep", every_seconds=3600)
def sweep(at: datetime) -> None:
    """Delete what nobody attached within a day."""
    actions.sweep(at=at)
