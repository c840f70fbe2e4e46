"""The hotline's files, offered beside the lists: orders in, both sides' beliefs in and out."""

from __future__ import annotations

from gongbi.channels.hotline.columns import BELIEFS, ORDERS, TERMS
from gongbi.channels.hotline.exchange import belief_rows, import_beliefs, import_orders
from gongbi.channels.hotline.exchange_terms import import_terms, term_rows
from gongbi.kernel.keeping import Kept, keep

keep(
    "hotline",
    Kept(
        ("热线工单", "Hotline orders"),
        ("没有接口的热线：工单，一行一张", "For hotlines without an interface: one order a line"),
        import_orders,
        ORDERS,
        rank=110,
        dated=False,
        desk=False,
    ),
)
keep(
    "hotline-answers",
    Kept(
        ("热线答复与对账", "Hotline answers and reconciliation"),
        (
            "导出我方的状态和答复；导入对方的清单即对账",
            "Our standings and answers go out; their list comes in and is reconciled",
        ),
        import_beliefs,
        BELIEFS,
        belief_rows,
        rank=111,
        dated=False,
        desk=False,
    ),
)
keep(
    "hotline-terms",
    Kept(
        ("热线时限表", "Hotline terms"),
        (
            "按工单类型和紧急程度：答复时限、退单期限、可延期次数",
            "By kind and urgency: answer, return, extensions",
        ),
        import_terms,
        TERMS,
        term_rows,
        rank=61,
        dated=False,
    ),
)
