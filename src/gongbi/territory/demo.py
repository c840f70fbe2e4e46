"""The demonstration district: Lianhu's real streets and communities, synthetic boundaries inside its real outline, a gazetteer.

Names and codes down to the community are real (statistical codes of 2023), as is the outline. Boundaries of streets, communities and
grids, grids themselves, compounds and every position are invented, and carry ``synthetic``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely

from gongbi.kernel.scope.viewer import system
from gongbi.territory.actions import DivisionRow, PlaceRow, import_boundaries, import_divisions, import_places
from gongbi.territory.demo_cut import read_divisions
from gongbi.territory.demo_data import DemoGrid, demo_grids, place_for_name, point_inside
from gongbi.territory.models import Division, Place

__all__ = ["DemoReport", "build_demo", "place_for_name"]

DISTRICT = "610104"
SINCE = date(2000, 1, 1)  # early enough that sample matters of any year are placed

_ROAD = re.compile(r"^(.+?(?:正街|路|街|巷))")
_LANDMARK = re.compile(r"^(.+(?:门|桥|寺)|桥梓口)$")
_FIRST = "锦绣 阳光 金桥 翠竹 兰亭 紫薇 明珠 瑞丰 祥和 朝晖 文景 汇鑫 嘉和 盛世 东篱 雅荷 春晓 长乐 清风 云栖 梧桐 麒麟 望湖 同德"
_LAST = "花园 家园 小区 佳苑 公寓 新居 雅居 名邸 华庭 翠苑 锦城 家属院"


@dataclass(frozen=True, slots=True)
class DemoReport:
    """How much the demonstration district holds; ``fresh`` False when it was there already."""

    streets: int
    communities: int
    grids: int
    places: int
    fresh: bool


def build_demo(*, at: datetime) -> DemoReport:
    """Build the district where it is not there yet, in about two seconds; later calls only count.

    Each step is an action with its own transaction and is skipped when done, so a start that was cut off goes on where it stopped.
    """
    viewer = system("demo")
    names = read_divisions()
    grids = demo_grids()
    fresh = not Division.objects.filter(level="grid", code__startswith=DISTRICT).exists()
    if fresh:
        rows = [DivisionRow(code, name) for code, name in names.items()]
        listed = import_divisions(rows, valid_from=SINCE, viewer=viewer, at=at)
        district, *rest = _features(grids)
        if not Division.objects.filter(code=DISTRICT, geometry__isnull=False).exists():
            # The outline itself is real.
            import_boundaries({"features": [district]}, effective=SINCE, viewer=viewer, at=at)
        drawn = import_boundaries({"features": rest}, effective=SINCE, synthetic=True, viewer=viewer, at=at)
        if listed.faults or drawn.problems:
            raise RuntimeError(
                f"the demonstration district is broken: {listed.faults[:3]} {drawn.problems[:3]}"
            )
    if not Place.objects.filter(division__startswith=DISTRICT).exists():
        made = import_places(_places(names, grids), valid_from=SINCE, synthetic=True, viewer=viewer, at=at)
        if made.faults:
            raise RuntimeError(f"the demonstration gazetteer is broken: {made.faults[:3]}")
    levels = [len(code) for code in names]
    places = Place.objects.filter(division__startswith=DISTRICT).count()
    return DemoReport(levels.count(9), levels.count(12), len(grids), places, fresh)


def _features(grids: Any) -> list[dict[str, Any]]:
    """All levels, the district first, each the exact union of the one below: one tiling, drawn four times."""
    shapes: dict[str, Any] = {}
    for length in (12, 9, 6):
        groups: dict[str, list[Any]] = defaultdict(list)
        for code, grid in grids.items():
            groups[code[:length]].append(grid.polygon)
        for code, group in groups.items():
            shapes[code] = shapely.coverage_union_all(group)
    features: list[dict[str, Any]] = [_feature(code, shape, {}) for code, shape in sorted(shapes.items())]
    features += [
        _feature(code, grid.polygon, {"population": grid.population, "households": grid.households})
        for code, grid in grids.items()
    ]
    return features


def _feature(code: str, shape: Any, facts: dict[str, int]) -> dict[str, Any]:
    geometry = shapely.geometry.mapping(shape)
    lists = _lists(geometry["coordinates"])
    return {
        "type": "Feature",
        "properties": {"code": code, **facts},
        "geometry": {"type": geometry["type"], "coordinates": lists},
    }


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, tuple) else value


def _places(names: dict[str, str], grids: Any) -> Iterator[PlaceRow]:
    by_community: dict[str, list[DemoGrid]] = defaultdict(list)
    for code, grid in grids.items():
        by_community[code[:12]].append(grid)
    roads: dict[str, list[str]] = defaultdict(list)
    first, last = _FIRST.split(), _LAST.split()
    serial = 0
    for code, name in names.items():
        if len(code) == 9:
            yield PlaceRow(name, "street", code, (name + "办事处",))
        if len(code) != 12:
            continue
        core = re.sub(r"(?:社区)?(?:居|区)?委会$", "", name).removesuffix("社区")
        yield _row(f"{core}社区", "community", by_community[code], aliases=(name,), division=code)
        if match := _ROAD.match(core):
            roads[match[1]].append(code)
        elif _LANDMARK.match(core):
            yield _row(core, "landmark", by_community[code])
        for number in (1, 2):
            yield _row(f"{core}{serial * 7 % 89 + number * 3}号院", "compound", by_community[code])
            made = first[serial % len(first)] + last[(serial // len(first) + serial) % len(last)]
            yield _row(made, "compound", by_community[code])
            serial += 1
    roads |= {"桃园路": ["610104008003", "610104008004"], "环城西路": ["610104005003", "610104005006"]}
    for road, codes in roads.items():
        cells = [grid for code in codes for grid in by_community[code]]
        # A road runs through several communities: as exact as their street.
        yield _row(road, "road", cells, division=codes[0] if len(codes) == 1 else codes[0][:9])
    seat = by_community["610104002002"]
    yield _row("北院门159号", "landmark", seat, aliases=("莲湖区政府", "莲湖区人民政府"))
    yield _row("北院门", "road", seat, division="610104002002")


def _row(
    name: str, kind: str, cells: list[DemoGrid], *, aliases: tuple[str, ...] = (), division: str = ""
) -> PlaceRow:
    """A place in one of the cells, chosen by its name, and at a point inside it."""
    cell = cells[sum(map(ord, name)) % len(cells)]
    lon, lat = point_inside(cell.polygon, name + cell.code)
    return PlaceRow(name, kind, division or cell.code, aliases, lon, lat)
