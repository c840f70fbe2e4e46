"""Reading the board: figures, their course, the rows behind each. Every count is as of the end of its period.

Each question costs a constant number of queries, whatever the number of rates, streets or days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    F,
    Q,
    QuerySet,
    SmallIntegerField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Substr

from gongbi.insight import counting
from gongbi.insight.catalogue import rates
from gongbi.insight.config import current as current_config
from gongbi.insight.counting import BY, Board, Cell, Filters, Group
from gongbi.insight.lines import unpack
from gongbi.insight.models import FactLine
from gongbi.insight.period import Period, Step, bounds
from gongbi.insight.rates import Always, Both, Config, Either, Figure, Flag, Flags, Not, Rate, Results, Test
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.scope import below, visible
from gongbi.kernel.scope.viewer import Viewer

Part = Literal["numerator", "denominator", "rest", "excluded"]
PARTS: tuple[Part, ...] = ("numerator", "denominator", "rest", "excluded")
PAGE = 100
EXPORT_MOST = 100_000

_SETTLED = (
    1 << 16
)  # more than any packed number of a line (lines.pack); too much for a smallint, or PostgreSQL overflows
GROUPED = ("bucket", "group")
_STAMP_OF = {"done": "done_at", "spoiled": "spoiled_at", "exempt": "exempt_at"}
_KEYS: dict[str, Combinable | str] = {
    "street": Substr("territory", 1, 9),
    "community": Substr("territory", 1, 12),
    "unit": F("unit_id") + 0,  # as a sum, or SQLite takes the index of units and reads every row
    "kind": "kind",
    "channel": "channel",
    "net": "net",
}


def board(
    viewer: Viewer,
    period: Period,
    *,
    by: str = "",
    filters: Filters | None = None,
    config: Config | None = None,
) -> Board:
    """The rates of ``period`` and of the period before it, whole and divided by ``by``: four queries.

    Only lines inside the viewer's field are counted. Refused for an unknown ``by``.
    """
    if by and by not in BY:
        raise Refused(
            "insight.by",
            (
                "不能按“%(by)s”分组，可用：%(known)s。",
                "The board cannot be divided by “%(by)s”; it can by: %(known)s.",
            ),
            values={"by": by, "known": "、".join(BY)},
            field="by",
        )
    config, filters = config or current_config(), filters or Filters()
    source = _source(viewer, filters)
    counted = _cells(source, [period], by)[0]
    earlier = _cells(source, [period.before()], "")[0]
    return Board(
        period,
        config,
        filters,
        counting.figures(counting.whole(counted), config),
        counting.figures(earlier, config),
        by,
        counting.groups(counted, config) if by else (),
    )


def board_json(
    viewer: Viewer,
    period: Period,
    *,
    by: Sequence[str] = (),
    filters: Filters | None = None,
    config: Config | None = None,
) -> bytes:
    """The board as canonical JSON (``gongbi board --json``): the same ledger, period and settings give the same bytes."""
    config, filters = config or current_config(), filters or Filters()
    plain = board(viewer, period, filters=filters, config=config)
    divided = {name: board(viewer, period, by=name, filters=filters, config=config).groups for name in by}
    return counting.as_json(plain, divided)


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a course: its period and the figure as of that period's end."""

    period: Period
    figure: Figure


def trend(
    viewer: Viewer,
    code: str,
    period: Period,
    step: Step,
    *,
    filters: Filters | None = None,
    config: Config | None = None,
) -> list[Point]:
    """The course of one rate over the steps of ``period``, each counted as of its own end: two queries."""
    config = config or current_config()
    rate = rate_named(code, viewer=viewer, config=config)
    steps = period.steps(step)
    source = _source(viewer, filters or Filters()).filter(what=int(rate.what))
    counted = _cells(source, steps, "")
    return [
        Point(piece, counting.figures(cells, config)[code])
        for piece, cells in zip(steps, counted, strict=True)
    ]


def figure(
    viewer: Viewer,
    code: str,
    period: Period,
    *,
    by: str = "",
    key: str = "",
    filters: Filters | None = None,
    config: Config | None = None,
) -> Figure:
    """One rate, of one group where ``by``/``key`` name it: two queries."""
    config = config or current_config()
    rate = rate_named(code, viewer=viewer, config=config)
    source = _source(viewer, filters or Filters()).filter(what=int(rate.what))
    if by:
        source = source.filter(_group(by, key))
    return counting.figures(_cells(source, [period], "")[0], config)[code]


def figures(viewer: Viewer, period: Period) -> dict[str, Figure]:
    """Every rate of one period: two queries."""
    counted = _cells(_source(viewer, Filters()), [period], "")[0]
    return counting.figures(counting.whole(counted), current_config())


def rate_named(code: str, *, viewer: Viewer, config: Config | None = None) -> Rate:
    """The rate of that code, or NotThere. Definitions are public."""
    for rate in rates(config or current_config()):
        if rate.code == code:
            return rate
    raise NotThere("insight.rate", ("没有这个指标。", "There is no such rate."))


@dataclass(frozen=True, slots=True)
class Row:
    """One line behind a figure; a case may have several. Flags as of the period's end."""

    key: int
    case_id: int
    report_id: int | None
    unit_id: int | None
    territory: str
    kind: str
    channel: str
    at: datetime
    done_at: datetime | None
    late: bool
    ground: str
    result: int
    spoiled: bool
    exempt: bool


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows, how many there are in all, and the key of the last one where another page follows."""

    rows: Sequence[Row]
    total: int
    after: tuple[datetime, int] | None


def rows_behind(
    viewer: Viewer,
    code: str,
    part: Part,
    period: Period,
    *,
    by: str = "",
    key: str = "",
    filters: Filters | None = None,
    config: Config | None = None,
    after: tuple[datetime, int] | None = None,
    size: int = PAGE,
) -> Rows:
    """The very lines that a number counts, oldest first: those above the line, below it, below but not above, or excluded.

    ``by``/``key`` name one group of a divided board. Two queries. ``total`` is the number that the board shows.
    """
    config = config or current_config()
    rate = rate_named(code, viewer=viewer, config=config)
    end = period.end
    found = _standing(_source(viewer, filters or Filters()), period.start, end).filter(what=int(rate.what))
    if by:
        found = found.filter(_group(by, key))
    found = found.filter(_where(rate.below, end))
    left = Q(excluded_at__lt=end)
    if part == "excluded":
        found = found.filter(left) if rate.excludable else found.none()
    elif rate.excludable:
        found = found.exclude(left)
    if part == "numerator":
        found = found.filter(_where(rate.above, end))
    elif part == "rest":
        found = found.exclude(_where(rate.above, end))
    total = found.count()
    if after is not None:
        found = found.filter(Q(at__gt=after[0]) | Q(at=after[0], pk__gt=after[1]))
    lines = list(found.order_by("at", "pk")[: size + 1])
    rows = [_row(line, end) for line in lines[:size]]
    return Rows(rows, total, (rows[-1].at, rows[-1].key) if len(lines) > size else None)


# --- The database's part ------------------------------------------------------------------------------------------------


def _source(viewer: Viewer, filters: Filters) -> QuerySet[FactLine]:
    found = visible(FactLine, viewer, "board")
    if filters.territory:
        found = found.filter(below("territory", [filters.territory]))
    if filters.unit is not None:
        found = found.filter(unit_id=filters.unit)
    if filters.kind:
        found = found.filter(kind__startswith=filters.kind)
    if filters.channel:
        found = found.filter(channel=filters.channel)
    if filters.net:
        found = found.filter(net=filters.net)
    return found


def _standing(found: QuerySet[FactLine], start: datetime, end: Any) -> QuerySet[FactLine]:
    return found.filter(Q(until__isnull=True) | Q(until__gte=end), at__gte=start, at__lt=end, since__lt=end)


def _cells(source: QuerySet[FactLine], periods: Sequence[Period], by: str) -> list[dict[Cell, int]]:
    """Lines of each period, counted by what makes them different to a rate: two queries for all periods together."""
    counted: list[dict[Cell, int]] = [{} for _ in periods]
    first, last = bounds(periods)
    found = source.filter(at__gte=first, at__lt=last).order_by()
    bucket: Any = Value(0, output_field=SmallIntegerField())
    end: Any = Value(last, output_field=DateTimeField())
    if len(periods) > 1:
        bucket = Case(
            *[When(at__lt=p.end, then=Value(i)) for i, p in enumerate(periods)],
            output_field=SmallIntegerField(),
        )
        end = Case(*[When(at__lt=p.end, then=Value(p.end)) for p in periods], output_field=DateTimeField())
    group: Any = _KEYS[by] if by else Value("", output_field=CharField())
    found = found.annotate(bucket=bucket, group=F(group) if isinstance(group, str) else group)
    for (place, key), cell, count in (*_settled(found), *_moving(found, end)):
        named = cell._replace(group=_name(key))
        counted[place][named] = counted[place].get(named, 0) + count
    return counted


def _name(key: Any) -> str:
    return "" if key is None else str(key)


def _settled(found: Any, keys: Sequence[str] = GROUPED) -> Iterator[tuple[tuple[Any, ...], Cell, int]]:
    """Lines that look the same to every period, counted by ``keys``: from the index alone where it holds them.

    One number to group by: SQLite counts by it in half the time, and is not led to an index that sends it to every row.
    """
    code = F("what") * _SETTLED + F("settled")
    rows = (
        found.filter(settled__isnull=False)
        .annotate(code=code)
        .values_list(*keys, "code")
        .annotate(n=Count("what"))
    )
    for *key, packed, count in rows:
        what, code = divmod(packed, _SETTLED)
        yield tuple(key), Cell("", what, Flags(*unpack(code)), False, ""), count


def _moving(
    found: Any, end: Any, keys: Sequence[str] = GROUPED
) -> Iterator[tuple[tuple[Any, ...], Cell, int]]:
    """The others, as of ``end``, the end of the period that counts them."""
    found = found.filter(settled__isnull=True).annotate(end=end)
    found = found.filter(Q(until__isnull=True) | Q(until__gte=F("end")), since__lt=F("end"))
    flags = {name: _before(column) for name, column in (*_STAMP_OF.items(), ("excluded", "excluded_at"))}
    left = Case(When(excluded_at__lt=F("end"), then=F("ground")), default=Value(""), output_field=CharField())
    rows = (
        found.annotate(left=left, **flags)
        .values_list(*keys, "what", "result", "done", "late", "spoiled", "exempt", "excluded", "left")
        .annotate(n=Count("what"))
    )
    for *key, what, result, done, late, spoiled, exempt, excluded, ground, count in rows:
        flagged = Flags(result, done, done and late, spoiled, exempt)
        yield tuple(key), Cell("", what, flagged, excluded, ground), count


def _before(column: str) -> Case:
    return Case(When(**{f"{column}__lt": F("end")}, then=True), default=False, output_field=BooleanField())


def _group(by: str, key: str) -> Q:
    if by in ("street", "community"):
        size = 9 if by == "street" else 12
        # A place known less finely than the group is a group of its own.
        return below("territory", [key]) if len(key) == size and key.isdecimal() else Q(territory=key)
    if by == "unit":
        return Q(unit_id=int(key)) if key else Q(unit_id__isnull=True)
    return Q(**{by: key})


def _where(test: Test, end: datetime) -> Q:
    """A condition of a rate, in the database's words."""
    if isinstance(test, Flag):
        if test.name == "late":
            return Q(late=True, done_at__lt=end)
        return Q(**{f"{_STAMP_OF[test.name]}__lt": end})
    if isinstance(test, Results):
        return Q(result__in=sorted(test.values))
    if isinstance(test, Both):
        return _where(test.one, end) & _where(test.other, end)
    if isinstance(test, Either):
        return _where(test.one, end) | _where(test.other, end)
    if isinstance(test, Not):
        return ~_where(test.test, end)
    assert isinstance(test, Always)
    return Q()


def _row(line: FactLine, end: datetime) -> Row:
    done = line.done_at if line.done_at is not None and line.done_at < end else None
    return Row(
        line.pk,
        line.case_id,
        line.report_id,
        line.unit_id,
        line.territory,
        line.kind,
        line.channel,
        line.at,
        done,
        line.late and done is not None,
        line.ground,
        line.result,
        line.spoiled_at is not None and line.spoiled_at < end,
        line.exempt_at is not None and line.exempt_at < end,
    )


__all__ = [
    "BY",
    "EXPORT_MOST",
    "PAGE",
    "PARTS",
    "Board",
    "Filters",
    "Group",
    "Part",
    "Point",
    "Row",
    "Rows",
    "board",
    "board_json",
    "figure",
    "figures",
    "rate_named",
    "rows_behind",
    "trend",
]
