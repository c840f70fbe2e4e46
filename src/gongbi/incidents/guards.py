"""What a step of an incident needs beside state and role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gongbi.kernel.errors import Refused


def no_alert_in_force(incident: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """What the public was told must be lifted, or have run out, before the response ends."""
    if incident.alert_in_force(facts["at"]):
        raise Refused(
            "incidents.alert_in_force",
            (
                "还有预警信息在生效。请先解除，或等它到期。",
                "An alert is still in force. Cancel it first, or wait until it expires.",
            ),
        )


def everything_back(incident: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Nothing stays reserved or lent for an incident that nobody looks at any more."""
    if incident.stock_out():
        raise Refused(
            "incidents.stock_out",
            (
                "还有物资或安置床位没有归还、释放或核销。请先处理“物资与安置”。",
                "Stock or shelter places are still reserved or out. Return, release or write them off first.",
            ),
        )
