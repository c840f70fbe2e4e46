"""The list of this room that people send: call statistics."""

from __future__ import annotations

from gongbi.kernel.keeping import Kept, keep
from gongbi.seat import actions, exchange

keep(
    "calls",
    Kept(
        ("话务统计", "Call statistics"),
        ("按日：请求人工、接通、15 秒内应答", "By day: asked for a person, connected, answered within 15 s"),
        actions.import_calls,
        exchange.CALLS,
        exchange.call_rows,
        rank=60,
        dated=False,
    ),
)
