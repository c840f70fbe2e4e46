"""What the worker does for notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gongbi.channels.notices import actions
from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.outbox.subscribers import Event, subscribe


@subscribe("cases.*", "notices.tell", many=True)
def tell(events: Sequence[Event]) -> None:
    """Queue what these steps tell to whom."""
    actions.tell(events)


@periodic("notices.assign", every_seconds=60)
def assign(at: datetime) -> None:
    """Notices that found no gateway get one as soon as there is one."""
    actions.assign(at=at)
