"""The lists of this room that people send: call statistics, knowledge."""

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
keep(
    "knowledge",
    Kept(
        ("知识库", "Knowledge"),
        (
            "标准答复；读入的都是草稿，要由别人审核",
            "Standard answers; what is read in is a draft that somebody else reviews",
        ),
        actions.import_knowledge,
        exchange.KNOWLEDGE,
        exchange.article_rows,
        rank=61,
        dated=False,
    ),
)
