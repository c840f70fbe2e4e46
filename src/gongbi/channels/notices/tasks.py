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


@subscribe("order.*", "notices.tell_orders", many=True)
def tell_orders(events: Sequence[Event]) -> None:
    """Queue what steps of orders, the calls of whistles among them, tell to whom."""
    actions.tell_commands(events)


@subscribe("whistle.*", "notices.tell_whistles", many=True)
def tell_whistles(events: Sequence[Event]) -> None:
    """Queue what the judging of a whistle tells to who blew it."""
    actions.tell_commands(events)


@subscribe("command.*", "notices.tell_climbs", many=True)
def tell_climbs(events: Sequence[Event]) -> None:
    """Queue what climbs the ladder tell to whom they reach."""
    actions.tell_commands(events)


@periodic("notices.assign", every_seconds=60)
def assign(at: datetime) -> None:
    """Notices that found no gateway get one as soon as there is one."""
    actions.assign(at=at)
