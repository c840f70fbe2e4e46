"""The proof: every figure counted plainly from the whole ledger in memory, without insight's own tables.

``gongbi check`` and the tests compare it with the board. It reads everything, so it is slow on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from gongbi.insight import counting
from gongbi.insight.counting import Board, Filters
from gongbi.insight.facts import Entry, EntryLike, cut
from gongbi.insight.fold import fold
from gongbi.insight.lines import Line
from gongbi.insight.period import Period
from gongbi.insight.rates import Config
from gongbi.kernel.ledger.models import LedgerEntry

FLOW = "cases"


def lines_of(histories: Iterable[Iterable[EntryLike]], period: Period) -> Iterator[Line]:
    """The lines that stood at the end of the period, folding of each history only what was written before that."""
    for history in histories:
        for line in fold(cut(history, period.end)).lines:
            if line.until is None:
                yield line


def recount_json(
    histories: Iterable[Iterable[EntryLike]],
    period: Period,
    *,
    config: Config,
    by: Sequence[str] = (),
    filters: Filters | None = None,
) -> bytes:
    """The board as canonical JSON from bare histories (one ledger each, in order). Pure but for its name."""
    filters = filters or Filters()
    lines = list(lines_of(histories, period))
    counted = counting.cells(lines, period, filters=filters)
    board = Board(period, config, filters, counting.figures(counted, config))
    divided = {
        name: counting.groups(counting.cells(lines, period, by=name, filters=filters), config) for name in by
    }
    return counting.as_json(board, divided)


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
