"""What insight does after a change: fold that case anew."""

from __future__ import annotations

from gongbi.insight import actions
from gongbi.insight.watermark import folded_to
from gongbi.kernel.outbox.subscribers import Event, subscribe


@subscribe("cases.*", "insight.refresh")
def refresh_case(event: Event) -> None:
    """Fold the case of the event, unless a later event has brought its facts that far already."""
    seq = event.payload.get("seq")
    if event.matter_id is not None and (seq is None or folded_to(event.matter_id) < int(seq)):
        actions.refresh([event.matter_id])
