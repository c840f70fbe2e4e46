"""Do these polygons tile their parent? Names which ones do not, where, and by how many square metres."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gongbi.science.geometry import area_m2

Shapes = NDArray[np.object_]
ProblemKind = Literal["empty", "not_areal", "not_closed", "bad_point", "invalid", "overlap", "gap", "outside"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. ``ids``: the polygons it concerns; ``where``: longitude, latitude; ``area_m2``: how much."""

    kind: ProblemKind
    ids: tuple[str, ...]
    where: tuple[float, float] | None = None
    area_m2: float = 0.0
    detail: str = ""


def check_polygon(name: str, shape: BaseGeometry) -> Problem | None:
    """Whether one shape is a non-empty valid (multi)polygon; the reason and the place if not."""
    if shape.is_empty:
        return Problem("empty", (name,))
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        return Problem("not_areal", (name,), _point(shape), detail=shape.geom_type)
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        return Problem("invalid", (name,), _place_in(reason) or _point(shape), detail=reason.split("[")[0])
    return None


def check_ring(name: str, ring: object) -> Problem | None:
    """Whether a GeoJSON ring (a list of positions) is closed and has at least four positions, the first equal to the last."""
    if not isinstance(ring, list) or not ring or not all(isinstance(p, list) and len(p) >= 2 for p in ring):
        return Problem("not_areal", (name,), detail="no ring of positions")
    where = (float(ring[0][0]), float(ring[0][1]))
    if len(ring) < 4 or ring[0][:2] != ring[-1][:2]:
        return Problem("not_closed", (name,), where, detail=f"{len(ring)} positions")
    return None


def check_tiling(
    parent: BaseGeometry | None, children: Mapping[str, BaseGeometry], *, tolerance_m2: float = 1.0
) -> list[Problem]:
    """Everything that keeps ``children`` (id → polygon, degrees) from tiling ``parent``.

    Each child must be a valid polygon; no two may overlap, none may reach outside the parent, and no part of the parent may stay
    uncovered, by more than ``tolerance_m2`` square metres each. Without a parent the holes between the children are the gaps.
    Invalid children are reported and left out of the rest, so that one bad polygon does not hide the others' faults.
    """
    problems = [p for name, shape in sorted(children.items()) if (p := check_polygon(name, shape))]
    bad = {name for problem in problems for name in problem.ids}
    names = [name for name in sorted(children) if name not in bad]
    shapes = np.array([children[name] for name in names], dtype=object)
    if not names:
        return problems
    problems += _overlaps(names, shapes, tolerance_m2)
    union = shapely.union_all(shapes)
    if parent is None:
        holes = [shapely.Polygon(ring) for part in _polygons(union) for ring in part.interiors]
        return problems + [_gap(hole, names, shapes) for hole in holes if area_m2(hole) > tolerance_m2]
    if not bad:  # a missing child would be reported as a gap a second time
        for piece in _polygons(shapely.difference(parent, union)):
            if area_m2(piece) > tolerance_m2:
                problems.append(_gap(piece, names, shapes))
    for name, shape in zip(names, shapes, strict=True):
        if parent.covers(shape):
            continue
        out = shapely.difference(shape, parent)
        size = area_m2(out)
        if size > tolerance_m2:
            problems.append(Problem("outside", (name,), _point(out), size))
    return problems


def _overlaps(names: list[str], shapes: Shapes, tolerance_m2: float) -> list[Problem]:
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    # Neighbours that share exact edges touch and no more: relate is cheaper than cutting, and most pairs end here.
    inner = ~shapely.touches(shapes[first], shapes[second])
    first, second = first[inner], second[inner]
    common = shapely.intersection(shapes[first], shapes[second])
    found = []
    for i, j, piece in zip(first.tolist(), second.tolist(), common, strict=True):
        size = sum(area_m2(part) for part in _polygons(piece))
        if size > tolerance_m2:
            found.append(Problem("overlap", (names[i], names[j]), _point(piece), size))
    return found


def _gap(piece: BaseGeometry, names: list[str], shapes: Shapes) -> Problem:
    beside = [name for name, near in zip(names, shapely.intersects(shapes, piece), strict=True) if near]
    return Problem("gap", tuple(beside), _point(piece), area_m2(piece))


def _polygons(shape: BaseGeometry) -> list[shapely.Polygon]:
    return [part for part in shapely.get_parts(shape).tolist() if isinstance(part, shapely.Polygon)]


def _point(shape: BaseGeometry) -> tuple[float, float]:
    areas = _polygons(shape)
    point = shapely.point_on_surface(max(areas, key=lambda part: part.area) if areas else shape)
    if point.is_empty:
        first = shapely.get_coordinates(shape)[0]
        return float(first[0]), float(first[1])
    return round(point.x, 7), round(point.y, 7)


def _place_in(reason: str) -> tuple[float, float] | None:
    """GEOS writes ``Self-intersection[108.9 34.2]``."""
    inner = reason.partition("[")[2].rstrip("]").split()
    try:
        return float(inner[0]), float(inner[1])
    except (IndexError, ValueError):
        return None
