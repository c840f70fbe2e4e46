"""What the writers of this room share: the locked incident, and what its ledger says of every step."""

from __future__ import annotations

from typing import Any

from gongbi.incidents.models import Incident
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope import by_key
from gongbi.kernel.scope.viewer import Viewer


def load(key: int, viewer: Viewer) -> Incident:
    """The incident, locked until the transaction ends; NotThere when it is not this viewer's to see."""
    found = by_key(Incident, viewer, key, "act", lock=True) if 0 < key < 2**63 else None
    if found is None:
        raise not_there()
    return found


def not_there() -> NotThere:
    """There is no such incident, or this viewer may not know of it."""
    return NotThere(
        "incidents.not_there",
        (
            "没有这个突发事件，或不在您的范围内。请核对编号的每一位。",
            "There is no such incident, or it is outside your area. Check every digit.",
        ),
    )


def facts(incident: Incident, **more: Any) -> dict[str, Any]:
    """What the ledger keeps of a step; a drill says so in every line."""
    return more | ({"drill": True} if incident.drill else {})
