"""The lists of this room that people keep: plans, and what shelters and depots have."""

from __future__ import annotations

from gongbi.incidents import exchange
from gongbi.kernel.keeping import Kept, keep

keep(
    "plans",
    Kept(
        ("应急预案", "Emergency plans"),
        (
            "步骤、角色、单位、时限、物资；有改动就是新版本",
            "Steps, roles, units, clocks, resources; what differs is a new version",
        ),
        exchange.read_plans,
        exchange.PLAN_COLUMNS,
        exchange.plan_rows,
        rank=80,
        dated=False,
    ),
)
keep(
    "stock",
    Kept(
        ("避难场所与物资", "Shelters and stock"),
        ("场所、品名、总数", "Places, items, how much in all"),
        exchange.read_stock,
        exchange.STOCK_COLUMNS,
        exchange.stock_rows,
        rank=81,
        dated=False,
    ),
)
