"""The proof: every figure counted plainly from the whole ledger in memory, without insight's own tables.

``gongbi check`` and the tests compare it with the board. It reads everything, so it is slow on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from gongbi.insight.counting import Filters
from gongbi.insight.facts import Entry
from gongbi.insight.period import Period
from gongbi.insight.plain import recount_json
from gongbi.insight.rates import Config
from gongbi.kernel.ledger.models import LedgerEntry

FLOW = "cases"


def whole_ledger() -> Iterator[list[Entry]]:
    """The history of every case, one after another, streamed."""
    rows = LedgerEntry.objects.filter(matter__flow=FLOW).order_by("matter_id", "seq")
    columns = rows.values_list(
        "matter_id", "seq", "at", "transition", "to_state", "facts", "actor", "unit_id", "from_state"
    )
    for _key, group in groupby(columns.iterator(chunk_size=5000), key=lambda row: row[0]):
        yield [Entry(*row[1:]) for row in group]


def recount(
    period: Period, *, config: Config, by: Sequence[str] = (), filters: Filters | None = None
) -> bytes:
    """The same bytes as ``queries.board_json`` for a viewer who sees everything."""
    return recount_json(whole_ledger(), period, config=config, by=by, filters=filters)
