"""The board's own fold over bare histories, in memory: what the database would hold, without one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gongbi.insight import counting
from gongbi.insight.counting import Board, Filters
from gongbi.insight.facts import EntryLike, cut
from gongbi.insight.fold import fold
from gongbi.insight.lines import Line
from gongbi.insight.period import Period
from gongbi.insight.rates import Config


def lines_of(histories: Iterable[Iterable[EntryLike]], period: Period) -> Iterator[Line]:
    """The lines that stood at the end of the period, folding of each history only what was written before that."""
    for history in histories:
        for line in fold(cut(history, period.end)).lines:
            if line.until is None:
                yield line


def board_of(
    histories: Iterable[Iterable[EntryLike]],
    period: Period,
    *,
    config: Config,
    by: Sequence[str] = (),
    filters: Filters | None = None,
) -> bytes:
    """The board as canonical JSON from bare histories (one ledger each, in order)."""
    filters = filters or Filters()
    lines = list(lines_of(histories, period))
    counted = counting.cells(lines, period, filters=filters)
    board = Board(period, config, filters, counting.figures(counted, config))
    divided = {
        name: counting.groups(counting.cells(lines, period, by=name, filters=filters), config) for name in by
    }
    return counting.as_json(board, divided)
