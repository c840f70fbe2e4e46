"""From counted lines to a board: figures, groups, ranks, and the canonical JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from gongbi.insight.catalogue import rates
from gongbi.insight.lines import Line, stands
from gongbi.insight.period import Period
from gongbi.insight.rates import SCORE, SCORE_WORDS, Config, Figure, Flags, Rate, score

BY = ("street", "community", "unit", "kind", "channel", "net")


class Cell(NamedTuple):
    """Lines that are the same to every rate. ``group``: the key that the board is divided by, "" for the whole."""

    group: str
    what: int
    flags: Flags
    excluded: bool
    ground: str


class Counted(NamedTuple):
    """Lines that are the same to every definition of an indicator. ``place``: the community, or less where less is known; ``kind`` and
    ``channel`` only where they were asked for."""

    unit: int | None
    place: str
    what: int
    flags: Flags
    excluded: bool
    ground: str
    kind: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a board is narrowed to; empty means all. ``territory`` is a code prefix, ``kind`` a code or its beginning."""

    territory: str = ""
    unit: int | None = None
    kind: str = ""
    channel: str = ""
    net: str = ""

    def fit(self, line: Line) -> bool:
        """Whether a line lies inside."""
        return (
            line.territory.startswith(self.territory)
            and self.unit in (None, line.unit_id)
            and line.kind.startswith(self.kind)
            and self.channel in ("", line.channel)
            and self.net in ("", line.net)
        )

    def plain(self) -> dict[str, str | int]:
        """Those that are set."""
        given = {
            "territory": self.territory,
            "unit": self.unit,
            "kind": self.kind,
            "channel": self.channel,
            "net": self.net,
        }
        return {key: value for key, value in given.items() if value not in ("", None)}


@dataclass(frozen=True)
class Group:
    """One row of a divided board: a street, a unit, a kind … ``key`` "" is what has none."""

    key: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Board:
    """The rates of one period. ``before``: the same of the period before. ``groups`` by ``by``, in order of their keys."""

    period: Period
    config: Config
    filters: Filters
    figures: Mapping[str, Figure]
    before: Mapping[str, Figure] = field(default_factory=dict)
    by: str = ""
    groups: Sequence[Group] = ()

    @property
    def rates(self) -> tuple[Rate, ...]:
        """What the figures are of, in order."""
        return rates(self.config)

    @property
    def score(self) -> float | None:
        """三率综合得分, or None."""
        return score(self.figures, self.config)


def key_of(line: Line, by: str) -> str:
    """What group a line belongs to."""
    if by == "street":
        return line.territory[:9]
    if by == "community":
        return line.territory[:12]
    if by == "unit":
        return "" if line.unit_id is None else str(line.unit_id)
    return str(getattr(line, by)) if by else ""


def cells(
    lines: Iterable[Line], period: Period, *, by: str = "", filters: Filters | None = None
) -> dict[Cell, int]:
    """Count lines in memory, as of the end of the period: the plain form of what the database does."""
    counted: dict[Cell, int] = {}
    start, end = period.start, period.end
    for line in lines:
        if not (start <= line.at < end and stands(line, end)) or (
            filters is not None and not filters.fit(line)
        ):
            continue
        done = line.done_at is not None and line.done_at < end
        excluded = line.excluded_at is not None and line.excluded_at < end
        flags = Flags(
            line.result,
            done,
            done and line.late,
            line.spoiled_at is not None and line.spoiled_at < end,
            line.exempt_at is not None and line.exempt_at < end,
        )
        cell = Cell(key_of(line, by), line.what, flags, excluded, line.ground if excluded else "")
        counted[cell] = counted.get(cell, 0) + 1
    return counted


def figures(counted: Mapping[Cell, int], config: Config) -> dict[str, Figure]:
    """Every rate of all cells together."""
    found = {rate.code: Figure() for rate in rates(config)}
    for rate in rates(config):
        figure = found[rate.code]
        for cell, count in counted.items():
            if cell.what != rate.what or not rate.below.holds(cell.flags):
                continue
            if rate.excludable and cell.excluded:
                figure.left_out[cell.ground] = figure.left_out.get(cell.ground, 0) + count
                continue
            figure.below += count
            if rate.above.holds(cell.flags):
                figure.above += count
    return found


def groups(counted: Mapping[Cell, int], config: Config) -> list[Group]:
    """The same for each group, in order of the keys."""
    parted: dict[str, dict[Cell, int]] = {}
    for cell, count in counted.items():
        parted.setdefault(cell.group, {})[cell] = count
    return [Group(key, figures(parted[key], config)) for key in sorted(parted)]


def whole(counted: Mapping[Cell, int]) -> dict[Cell, int]:
    """The cells without their groups."""
    together: dict[Cell, int] = {}
    for cell, count in counted.items():
        bare = cell._replace(group="")
        together[bare] = together.get(bare, 0) + count
    return together


def ranks(
    found: Iterable[Group], rate: Rate, config: Config, classes: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Place of each group within its class (equals share a place). What has too few below the line has none.

    ``classes``: key → class of peers; without it all are peers. A group without a key is no peer of anybody.
    """
    by_class: dict[str, list[tuple[float, str]]] = {}
    for group in found:
        figure = group.figures[rate.code]
        value = figure.value
        if group.key and value is not None and not figure.few(config.fewest):
            by_class.setdefault((classes or {}).get(group.key, ""), []).append((value, group.key))
    places: dict[str, int] = {}
    for peers in by_class.values():
        peers.sort(key=lambda pair: -pair[0] if rate.better == "high" else pair[0])
        for place, (value, key) in enumerate(peers):
            tied = place and peers[place - 1][0] == value
            places[key] = places[peers[place - 1][1]] if tied else place + 1
    return places


def as_json(board: Board, divided: Mapping[str, Sequence[Group]]) -> bytes:
    """The board in one canonical form: sorted keys, shares rounded to six digits; the same ledger gives the same bytes."""
    plain = {
        "from": board.period.first.isoformat(),
        "to": board.period.last.isoformat(),
        "filters": board.filters.plain(),
        "config": {
            "fairly_counts": board.config.fairly_counts,
            "weights": list(board.config.weights),
            "fewest": board.config.fewest,
        },
        "rates": [_figure(rate, board.figures[rate.code]) for rate in board.rates],
        SCORE: {
            "zh": SCORE_WORDS[0],
            "en": SCORE_WORDS[1],
            "value": None if board.score is None else round(board.score, 6),
        },
        "by": {
            by: [
                {"key": group.key, "rates": {code: _counts(figure) for code, figure in group.figures.items()}}
                for group in found
            ]
            for by, found in divided.items()
        },
    }
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def _figure(rate: Rate, figure: Figure) -> dict[str, Any]:
    interval = figure.interval()
    return {
        "code": rate.code,
        "zh": rate.words[0],
        "en": rate.words[1],
        **_counts(figure),
        "interval": None if interval is None else [round(end, 6) for end in interval],
        "verified": rate.verified,
        "source": rate.source,
    }


def _counts(figure: Figure) -> dict[str, Any]:
    return {
        "numerator": figure.above,
        "denominator": figure.below,
        "rate": None if figure.value is None else round(figure.value, 6),
        "excluded": figure.left_out,
    }
