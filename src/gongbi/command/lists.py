"""The lists of this room that people keep: the ladder of escalation, the scores of whistles."""

from __future__ import annotations

from gongbi.command import exchange
from gongbi.kernel.keeping import Kept, keep

keep(
    "ladder",
    Kept(
        ("升级阶梯", "Ladder of escalation"),
        (
            "超时多少分钟升级到谁、是否移交",
            "So long after a clock's end: whom it reaches, whether it changes hands",
        ),
        exchange.import_rungs,
        exchange.RUNGS,
        rows=exchange.rung_rows,
        rank=80,
    ),
)
keep(
    "whistle-scores",
    Kept(
        ("吹哨计分规则", "Scores of whistles"),
        ("各情形扣几分，从哪天起，依据", "What each mark costs, from which day, and why"),
        exchange.import_scores,
        exchange.SCORES,
        rows=exchange.score_rows,
        rank=81,
    ),
)
