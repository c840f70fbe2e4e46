"""What follows a step for neighbouring systems: what their unit was given is sent to them."""

from __future__ import annotations

from collections.abc import Sequence

from gongbi.channels.open311 import actions
from gongbi.kernel.outbox.subscribers import Event, subscribe


@subscribe("cases.*", "open311.send", many=True)
def send(events: Sequence[Event]) -> None:
    """Queue a request to the neighbour whose unit was given a case."""
    actions.send(events)
