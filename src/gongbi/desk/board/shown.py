"""From a board's figures to the tiles and tables that people see. No rule and no query here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from gongbi.desk.board.asked import Asked
from gongbi.insight import words
from gongbi.insight.catalogue import PERIOD
from gongbi.insight.counting import Board, ranks
from gongbi.insight.lines import What
from gongbi.insight.queries import Point, Row
from gongbi.insight.rates import SCORE_WORDS, Figure, Rate
from gongbi.look.furniture import Cell, Column, Table, Tile
from gongbi.look.templatetags.look import chip, percent

T = words.TEXTS


@dataclass(frozen=True, slots=True)
class Shown:
    """One rate on the page: its tile, what was left out, and where a closer look leads."""

    tile: Tile
    closer: str
    left_out: str
    left_out_href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Section:
    """The rates of one group under its heading."""

    words: Any
    rates: Sequence[Shown]


def sections(board: Board, asked: Asked) -> list[Section]:
    """All rates: the units' work, the centre's own, what reporters say."""
    return [
        Section(heading, [_shown(board, rate, asked) for rate in board.rates if rate.group == group])
        for group, heading in words.GROUPS.items()
    ]


def score(board: Board) -> Tile:
    """The weighted score of the three rates."""
    value = board.score
    return Tile(SCORE_WORDS, value="—" if value is None else f"{value:.3f}", note=T["score_note"])


def _interval(figure: Figure) -> tuple[float, float] | None:
    found = figure.interval()
    return (100 * found[0], 100 * found[1]) if found else None


def _shown(board: Board, rate: Rate, asked: Asked) -> Shown:
    figure, before = board.figures[rate.code], board.before[rate.code]
    tile = Tile(
        rate.words,
        asked.fixed("board_rows", rate=rate.code, part="numerator", by=""),
        figure.above,
        figure.below,
        interval=_interval(figure),
        note=words.change(before.value, figure.value),
    )
    return Shown(
        tile,
        asked.link("board", rate=rate.code) + "#closer",
        words.tally(figure.left_out),
        asked.fixed("board_rows", rate=rate.code, part="excluded", by=""),
        rate.code == asked.rate,
    )


def course(points: Sequence[Point], rate: Rate, asked: Asked) -> Table:
    """The course of one rate, as the table that the chart is drawn from."""
    columns = [
        Column(T["day"], tight=True),
        Column(T["share"], number=True),
        Column(T["low"], number=True, role="low"),
        Column(T["high"], number=True, role="high"),
        Column(T["above"], number=True, role="skip"),
        Column(T["below"], number=True, role="skip"),
    ]
    lines = []
    for point in points:
        day = point.period.first
        label = f"{day:%m-%d}" if point.period.days == 1 else f"{day:%m-%d}…{point.period.last:%m-%d}"
        dates = {"period": "", "from": day, "to": point.period.last}
        lines.append([Cell(label), *_figure(point.figure, asked, rate, {**dates, "by": ""})])
    return Table((f"{rate.words[0]}的变化", f"Course of: {rate.words[1]}"), columns, lines)


def _figure(figure: Figure, asked: Asked, rate: Rate, more: Mapping[str, Any]) -> list[Cell]:
    low, high = _interval(figure) or (None, None)

    def rows(part: str) -> str:
        return asked.fixed("board_rows", **{"rate": rate.code, "part": part, **more})

    value = figure.value
    return [
        Cell(percent(figure.above, figure.below), raw="" if value is None else f"{100 * value:.4f}"),
        _end(low),
        _end(high),
        Cell(f"{figure.above:,}", rows("numerator")),
        Cell(f"{figure.below:,}", rows("denominator")),
    ]


def _end(value: float | None) -> Cell:
    return Cell("—") if value is None else Cell(f"{value:.1f}%", raw=f"{value:.4f}")


def peers(board: Board, rate: Rate, asked: Asked) -> Table:
    """One rate of every group, ranked within its class; the worst known things are not hidden: no rate, no rank."""
    names = words.labels(board.by, (group.key for group in board.groups), board.period.last)
    places = ranks(board.groups, rate, board.config, words.classes(board.by, names))
    columns = [
        Column(words.BY[board.by], tight=True),
        Column(T["share"], number=True),
        Column(T["low"], number=True, role="low"),
        Column(T["high"], number=True, role="high"),
        Column(T["above"], number=True, role="skip"),
        Column(T["below"], number=True, role="skip"),
        Column(T["excluded"], number=True, role="skip"),
        Column(T["rank"], number=True, role="skip"),
    ]
    lines = []
    for group in sorted(board.groups, key=lambda one: (places.get(one.key, 1 << 30), one.key)):
        figure = group.figures[rate.code]
        more = {"by": board.by, "key": group.key}
        left = sum(figure.left_out.values())
        if not (figure.below or left):
            continue
        lines.append(
            [
                Cell(names[group.key]),
                *_figure(figure, asked, rate, more),
                Cell(
                    left, asked.fixed("board_rows", rate=rate.code, part="excluded", **more) if left else ""
                ),
                Cell(places.get(group.key, T["few"] if figure.below and group.key else "—")),
            ]
        )
    return Table((f"{rate.words[0]}：同类比较", f"{rate.words[1]}: compared with peers"), columns, lines)


def definition(rate: Rate) -> list[tuple[Any, Any]]:
    """What the rate counts, as (words, value) lines."""
    return [
        (T["above"], rate.above_words),
        (T["below"], rate.below_words),
        (T["counted_by"], PERIOD[rate.what]),
        (T["source"], rate.source),
        (T["formula"], T["verified"] if rate.verified else T["unverified"]),
    ]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the viewer may know of a case behind a row."""

    number: str
    title: str


def rows(found: Sequence[Row], rate: Rate, cases: Mapping[int, Seen], asked: Asked, excluded: bool) -> Table:
    """The matters behind a number; one line each, several where a case counts in several rounds."""
    units = words.labels(
        "unit", {str(row.unit_id) for row in found if row.unit_id is not None}, asked.period.last
    )
    places = words.labels("community", {row.territory[:12] for row in found}, asked.period.last)
    kinds = words.labels("kind", {row.kind for row in found}, asked.period.last)
    columns = [
        Column(T["number"], tight=True),
        Column(T["said"]),
        Column(T["place"], tight=True),
        Column(T["kind"]),
        Column(T["unit"], tight=True),
        Column(words.AT[rate.what], tight=True),
        *([] if rate.what in words.HAPPENED else [Column(T["done"], tight=True)]),
        Column(T["ground"] if excluded else T["outcome"]),
    ]
    lines = []
    for row in found:
        seen = cases.get(row.case_id)
        lines.append(
            [
                Cell(seen.number, f"/desk/case/{seen.number}") if seen else Cell(T["outside"]),
                Cell(seen.title if seen else "—"),
                Cell(places[row.territory[:12]]),
                Cell(kinds[row.kind]),
                Cell("—" if row.unit_id is None else units[str(row.unit_id)]),
                Cell(_time(row.at)),
                *(
                    []
                    if rate.what in words.HAPPENED
                    else [Cell(_time(row.done_at) if row.done_at else T["open"])]
                ),
                Cell(words.ground(row.ground) if excluded else _marks(rate.what, row)),
            ]
        )
    return Table(rate.words, columns, lines)


def _time(moment: datetime) -> SafeString:
    local = timezone.localtime(moment)
    shown = f"{local:%Y-%m-%d %H:%M}"
    return format_html('<time datetime="{}">{}</time>', local.isoformat(timespec="seconds"), shown)


def _marks(what: What, row: Row) -> SafeString:
    return format_html_join(" ", "{}", ((chip(text, tone),) for text, tone in words.marks(what, row)))
