"""What insight does after a change: fold that case anew. And every night: the hot issues of the usual periods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from gongbi.insight import actions, actions_hot
from gongbi.insight.period import recent
from gongbi.insight.watermark import folded_to
from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.outbox.subscribers import Event, subscribe


@subscribe("cases.*", "insight.refresh", many=True)
def refresh_cases(events: Sequence[Event]) -> None:
    """Fold the cases of these events, each once, unless a later event has brought its facts that far already."""
    reached: dict[int, float] = {}
    for event in events:
        if event.matter_id is not None:
            seq = event.payload.get("seq")
            upto = float("inf") if seq is None else int(seq)
            reached[event.matter_id] = max(upto, reached.get(event.matter_id, 0))
    if reached:
        folded = folded_to(reached)
        if short := [key for key, upto in reached.items() if folded.get(key, 0) < upto]:
            actions.refresh(short)


@periodic("insight.hot", every_seconds=21_600)
def hot_issues(at: datetime) -> None:
    """The lists that people look at first are there before they come."""
    for days in (30, 90):
        actions_hot.fresh(recent(days, timezone.localdate(at)), at=at)
