"""What must always hold of the territory; ``gongbi check`` and the nightly job ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import shapely
from shapely.geometry.base import BaseGeometry

from gongbi.kernel.flow.invariants import Breach, register
from gongbi.science.geometry_tiling import check_tiling
from gongbi.territory.models import Division, on_day
from gongbi.territory.words import problem_words

TOLERANCE_M2 = 1.0


@register("territory.tiling")
def boundaries_tile() -> Iterator[Breach]:
    """At every change of boundaries the children that are drawn tile their parent."""
    days = set(Division.objects.filter(geometry__isnull=False).values_list("valid_from", flat=True))
    for day in sorted(days):
        yield from _tiling(day)


def _tiling(day: date) -> Iterator[Breach]:
    rows = Division.objects.filter(on_day(day), geometry__isnull=False).values_list(
        "code", "parent", "geometry"
    )
    shapes = {code: shapely.from_wkb(bytes(raw)) for code, _, raw in rows if raw is not None}
    families: dict[str, dict[str, BaseGeometry]] = {}
    for code, parent, _ in rows:
        families.setdefault(parent, {})[code] = shapes[code]
    for parent, children in sorted(families.items()):
        if parent not in shapes:
            continue
        for problem in check_tiling(shapes[parent], children, tolerance_m2=TOLERANCE_M2):
            yield Breach("territory.tiling", f"{parent} {day}", problem_words(problem, parent=parent))


@register("territory.periods")
def versions_do_not_overlap() -> Iterator[Breach]:
    """Two versions of one code never hold on the same day."""
    last: dict[str, tuple[date, date | None]] = {}
    rows = Division.objects.order_by("code", "valid_from").values_list("code", "valid_from", "valid_to")
    for code, begin, end in rows:
        before = last.get(code)
        if before is not None and (before[1] is None or before[1] > begin):
            yield Breach("territory.periods", code, f"{before[0]}–{before[1]} / {begin}–{end}")
        last[code] = (begin, end)
