"""Lines counted once for whoever computes on them: by unit and community in one pass, and the very lines behind a count.

The evaluation of units stands on these. It reads the same lines as the board, by the same two queries, so that the two cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, Q, SmallIntegerField, Value, When
from django.db.models.functions import Substr

from gongbi.insight.counting import Counted
from gongbi.insight.lines import Line, What, as_of
from gongbi.insight.models import FactLine
from gongbi.insight.period import Period, bounds
from gongbi.insight.queries import _moving, _settled, _standing
from gongbi.insight.rates import Flags
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer

COMMUNITY = 12  # digits


@dataclass(frozen=True, slots=True)
class Told:
    """One line as it was known at the end of a period, with what it is counted as."""

    key: int
    case_id: int
    report_id: int | None
    at: datetime
    done_at: datetime | None
    territory: str
    counted: Counted


def tallies(viewer: Viewer, periods: Sequence[Period], *, fine: bool = False) -> list[dict[Counted, int]]:
    """The lines of each period, as of its end, counted by unit and community: two queries for all periods, one pass over their lines.

    ``fine``: by kind and channel too, which the index does not hold: about three times as slow. Periods do not overlap.
    """
    ordered = sorted(range(len(periods)), key=lambda at: periods[at].start)
    found: list[dict[Counted, int]] = [{} for _ in periods]
    first, last = bounds(periods)
    bucket: Any = Value(0, output_field=SmallIntegerField())
    end: Any = Value(last, output_field=DateTimeField())
    if len(periods) > 1:
        bucket = Case(
            *[When(at__lt=periods[i].end, then=Value(i)) for i in ordered],
            output_field=SmallIntegerField(),
        )
        end = Case(
            *[When(at__lt=periods[i].end, then=Value(periods[i].end)) for i in ordered],
            output_field=DateTimeField(),
        )
    lines = visible(FactLine, viewer, "board").filter(at__gte=first, at__lt=last).order_by()
    # As a sum, or SQLite takes the index of units and reads every row.
    lines = lines.annotate(bucket=bucket, holder=F("unit_id") + 0, place=Substr("territory", 1, COMMUNITY))
    keys = ("bucket", "holder", "place", *(("kind", "channel") if fine else ()))
    for (place, *key), cell, count in (*_settled(lines, keys), *_moving(lines, end, keys)):
        unit, where, *more = key
        counted = Counted(
            None if unit is None else int(unit),
            where,
            cell.what,
            cell.flags,
            cell.excluded,
            cell.ground,
            *more,
        )
        table = found[place]
        table[counted] = table.get(counted, 0) + count
    return found


def lines_of_cases(viewer: Viewer, period: Period, cases: Iterable[int], *, fine: bool = False) -> list[Told]:
    """Every line of these cases that the period counts."""
    found = _standing(visible(FactLine, viewer, "board"), period.start, period.end)
    rows = found.filter(case_id__in=sorted(set(cases))).order_by("case_id", "at", "pk")
    return [_told(row, period, fine) for row in rows]


def lines_where(
    viewer: Viewer, period: Period, where: Q, *, after: tuple[datetime, int] | None = None, size: int = 100
) -> tuple[list[Told], int, bool]:
    """A page of the lines that ``where`` picks of those the period counts, oldest first; how many in all; whether more follow."""
    found = _standing(visible(FactLine, viewer, "board"), period.start, period.end).filter(where)
    total = found.count()
    if after is not None:
        found = found.filter(Q(at__gt=after[0]) | Q(at=after[0], pk__gt=after[1]))
    rows = list(found.order_by("at", "pk")[: size + 1])
    return [_told(row, period, True) for row in rows[:size]], total, len(rows) > size


def begun(viewer: Viewer) -> datetime | None:
    """When the first report came in that the viewer's lines tell of; None where there is none. One query."""
    found = visible(FactLine, viewer, "board").filter(what=int(What.REPORTED)).order_by("at", "pk")
    return found.values_list("at", flat=True).first()


@dataclass(frozen=True, slots=True)
class Owed:
    """One round of handling that was owed and not done."""

    case_id: int
    due: datetime
    unit_id: int | None
    territory: str
    kind: str


def overdue(viewer: Viewer, end: datetime, *, most: int = 100) -> tuple[list[Owed], int]:
    """Rounds of handling whose deadline had passed before ``end`` and that were not done then, the oldest deadline first, and how many
    there were in all. Exempt and excluded ones are left out, as from the rate. Two queries.
    """
    found = visible(FactLine, viewer, "board").filter(what=int(What.HANDLING), at__lt=end, since__lt=end)
    found = found.filter(
        Q(until__isnull=True) | Q(until__gte=end), Q(done_at__isnull=True) | Q(done_at__gte=end)
    )
    found = found.exclude(exempt_at__lt=end).exclude(excluded_at__lt=end)
    rows = found.order_by("at", "pk").values_list("case_id", "at", "unit_id", "territory", "kind")[:most]
    return [Owed(*row) for row in rows], found.count()


def _told(row: FactLine, period: Period, fine: bool) -> Told:
    plain: dict[str, Any] = {name: getattr(row, name) for name in Line.__dataclass_fields__}
    line = as_of(Line(**plain), period.end)
    flags = Flags(
        line.result,
        line.done_at is not None,
        line.late,
        line.spoiled_at is not None,
        line.exempt_at is not None,
    )
    more = (line.kind, line.channel) if fine else ()
    counted = Counted(
        line.unit_id,
        line.territory[:COMMUNITY],
        int(line.what),
        flags,
        line.excluded_at is not None,
        line.ground,
        *more,
    )
    return Told(row.pk, row.case_id, row.report_id, line.at, line.done_at, line.territory, counted)
