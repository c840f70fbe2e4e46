"""The board as a spreadsheet: one line a rate, or a rate and a group; the numbers it is made of beside each share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gongbi.insight import words
from gongbi.insight.counting import Board, ranks
from gongbi.insight.rates import SCORE, SCORE_WORDS, Figure, Rate
from gongbi.kernel.errors import in_language
from gongbi.kernel.tables import Column, write_csv, write_xlsx

COLUMNS = (
    Column("from", "起始日期", "From"),
    Column("to", "截止日期", "To"),
    Column("group", "分组", "Group"),
    Column("key", "分组代码", "Group code"),
    Column("code", "指标代码", "Rate code"),
    Column("rate", "指标", "Rate"),
    Column("above", "分子", "Numerator"),
    Column("below", "分母", "Denominator"),
    Column("share", "比率", "Share"),
    Column("low", "区间下限", "Lower end"),
    Column("high", "区间上限", "Upper end"),
    Column("rank", "同类名次", "Rank in class"),
    Column("excluded", "剔除数", "Excluded"),
    Column("grounds", "剔除理由", "Grounds"),
    Column("above_words", "分子口径", "What is above the line"),
    Column("below_words", "分母口径", "What is below the line"),
    Column("source", "来源", "Source"),
    Column("verified", "公式已核实", "Formula verified", choices=("yes", "no")),
)


def rows(board: Board) -> Iterator[dict[str, Any]]:
    """The whole first, then each group. An empty denominator leaves the share empty."""
    frame = {"from": board.period.first.isoformat(), "to": board.period.last.isoformat()}
    for rate in board.rates:
        yield {**frame, "group": "", "key": "", **_row(rate, board.figures[rate.code])}
    yield {**frame, "code": SCORE, "rate": in_language(SCORE_WORDS), "share": board.score}
    names = words.labels(board.by, (group.key for group in board.groups), board.period.last)
    peers = words.classes(board.by, names)
    places = {rate.code: ranks(board.groups, rate, board.config, peers) for rate in board.rates}
    for group in board.groups:
        for rate in board.rates:
            place = places[rate.code].get(group.key)
            figure = _row(rate, group.figures[rate.code])
            yield {**frame, "group": names[group.key], "key": group.key, "rank": place, **figure}


def _row(rate: Rate, figure: Figure) -> dict[str, Any]:
    low, high = figure.interval() or (None, None)
    return {
        "code": rate.code,
        "rate": in_language(rate.words),
        "above": figure.above,
        "below": figure.below,
        "share": None if figure.value is None else round(figure.value, 6),
        "low": None if low is None else round(low, 6),
        "high": None if high is None else round(high, 6),
        "excluded": sum(figure.left_out.values()),
        "grounds": words.tally(figure.left_out),
        "above_words": in_language(rate.above_words),
        "below_words": in_language(rate.below_words),
        "source": rate.source,
        "verified": "yes" if rate.verified else "no",
    }


def as_csv(board: Board) -> Iterator[bytes]:
    """UTF-8 with mark, in pieces."""
    return write_csv(COLUMNS, rows(board), lang="zh" if words.is_chinese() else "en")


def as_xlsx(board: Board) -> bytes:
    """An Excel file."""
    return write_xlsx(COLUMNS, rows(board), sheet="board", lang="zh" if words.is_chinese() else "en")
