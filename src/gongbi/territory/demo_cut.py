"""Cut the synthetic cells of the demonstration district inside its real outline: ``python -m gongbi.territory.demo_cut``.

Nine streets are drawn by hand roughly where the real ones lie; each is then divided again and again, along the town's own
directions, into its communities and these into grids. The outline is real; every inner line is invented. All lines are noded on a
grid of 1e-7 degrees (1 cm), so that neighbours share their vertices exactly: no gap, no overlap. The result is deterministic and is
committed as ``data/demo_grids.geojson.gz``.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.ops import split as shapely_split

from gongbi.science.coords import metres_per_degree
from gongbi.science.geometry import area_m2
from gongbi.territory import rules

GRIDS = 1500
POPULATION = 1_019_102  # census of 2020
PER_HOUSEHOLD = 2.6
_SEED = 610104
_SNAP = 1e-7
_ORIGIN = (108.9, 34.268)

# Lines between streets, longitude and latitude, drawn a little too long; what dangles is dropped.
STREET_LINES = (
    [(108.8724, 34.2440), (108.8720, 34.2560), (108.8711, 34.2650), (108.8714, 34.2780), (108.8706, 34.2960)],
    [
        (108.8705, 34.2630),
        (108.8800, 34.2640),
        (108.8945, 34.2652),
        (108.9048, 34.2650),
        (108.9130, 34.2624),
        (108.9218, 34.2607),
    ],
    [(108.8944, 34.2660), (108.8949, 34.2575), (108.8936, 34.2520), (108.8938, 34.2420)],
    [(108.9049, 34.2644), (108.9035, 34.2690), (108.9041, 34.2760), (108.9014, 34.2850), (108.9011, 34.2960)],
    [(108.9030, 34.2751), (108.9120, 34.2747), (108.9215, 34.2763), (108.9330, 34.2768), (108.9440, 34.2775)],
    [(108.9222, 34.2775), (108.9216, 34.2690), (108.9212, 34.2605), (108.9207, 34.2500)],
    [(108.9208, 34.2681), (108.9310, 34.2675), (108.9440, 34.2683)],
    [(108.9303, 34.2760), (108.9294, 34.2850), (108.9308, 34.2960)],
)
STREET_SEATS = {
    "610104001": (108.932, 34.2725),
    "610104002": (108.932, 34.2650),
    "610104003": (108.938, 34.2860),
    "610104004": (108.917, 34.2850),
    "610104005": (108.913, 34.2690),
    "610104006": (108.908, 34.2540),
    "610104007": (108.883, 34.2580),
    "610104008": (108.888, 34.2750),
    "610104009": (108.861, 34.2720),
}


def read_divisions() -> dict[str, str]:
    """Code → name of the real district, streets and communities, in the order of their codes."""
    text = (files("gongbi.territory") / "data" / "lianhu_divisions_2023.csv").read_text(encoding="utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


def read_outline() -> shapely.Polygon:
    """The real outline of the district, CGCS2000 degrees."""
    text = (files("gongbi.territory") / "data" / "lianhu_outline.geojson").read_text(encoding="utf-8")
    shape = shapely.geometry.shape(json.loads(text)["features"][0]["geometry"])
    return shapely.get_parts(shape)[0]  # type: ignore[no-any-return]


class _Frame:
    """Local metres around the middle of the district."""

    def __init__(self) -> None:
        self._scale = np.array(metres_per_degree(_ORIGIN[1]))

    def metres(self, shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: (xy - _ORIGIN) * self._scale)

    def degrees(self, shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: xy / self._scale + _ORIGIN)


def _faces(lines: list[Any], size: float) -> list[Any]:
    noded = shapely.union_all(lines, grid_size=size)
    return list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def cut_streets(frame: _Frame) -> dict[str, Any]:
    """Street code → polygon in metres."""
    outline = read_outline()
    faces = _faces([outline.exterior, *(shapely.LineString(line) for line in STREET_LINES)], _SNAP)
    tree = shapely.STRtree(faces)
    parts: dict[str, list[Any]] = defaultdict(list)
    for code, seat in STREET_SEATS.items():
        parts[code].append(faces[int(tree.query(shapely.Point(seat), predicate="intersects")[0])])
    taken = {id(face) for group in parts.values() for face in group}
    for face in faces:  # what the lines cut off beside the outline goes to its longest neighbour
        if id(face) not in taken and outline.contains(face.representative_point()):
            beside = {code: group[0].intersection(face).length for code, group in parts.items()}
            parts[max(beside, key=lambda code: beside[code])].append(face)
    return {code: frame.metres(shapely.union_all(group)) for code, group in parts.items()}


def _cut_line(shape: Any, share: float, rng: np.random.Generator, *, across: bool) -> Any:
    """A bent line that leaves about ``share`` of the shape on one side; along the town's streets, give or take some degrees."""
    angle = math.radians(float(rng.normal(0, 3.0)) + (90 if across else 0) - 0.8)
    along = np.array([math.cos(angle), math.sin(angle)])
    normal = np.array([-along[1], along[0]])
    corners = shapely.get_coordinates(shape)
    far = 2 * float(np.ptp(corners @ along)) + 100
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    low, high = float((corners @ normal).min()), float((corners @ normal).max())
    base = along * float(middle @ along)
    for _ in range(30):
        offset = (low + high) / 2
        corner = base + normal * offset
        half = shapely.Polygon(
            [
                corner - along * far,
                corner + along * far,
                corner + along * far - normal * far * 4,
                corner - along * far - normal * far * 4,
            ]
        )
        if shape.intersection(half).area < share * shape.area:
            low = offset
        else:
            high = offset
    # Two bends of a few metres: roads are not drawn with one stroke of a ruler.
    line = shapely.LineString([base + normal * offset - along * far, base + normal * offset + along * far])
    inner = shape.intersection(line)
    ends = shapely.get_coordinates(inner)
    start, stop = ends[np.argmin(ends @ along)], ends[np.argmax(ends @ along)]
    length = float(np.linalg.norm(stop - start))
    bends = [
        start + (stop - start) * at + normal * float(rng.normal(0, 0.022)) * length for at in (0.32, 0.68)
    ]
    return shapely.LineString([start - along * 30, start, *bends, stop, stop + along * 30])


def _thin(shape: Any) -> float:
    """1 for a disc, near 0 for a sliver (Polsby-Popper)."""
    return float(4 * math.pi * shape.area / shape.length**2)


def divide(shape: Any, weights: list[float], rng: np.random.Generator) -> list[Any]:
    """Cut ``shape`` into one simple polygon for each weight, areas about in proportion, by halving again and again."""
    if len(weights) == 1:
        return [shape]
    middle = len(weights) // 2
    if len(weights) == 3 and rng.random() < 0.5:
        middle = 2
    share = sum(weights[:middle]) / sum(weights)
    west, south, east, north = shape.bounds
    best: tuple[float, list[Any]] | None = None
    for attempt in range(24):
        long_side_across = (east - west) > (north - south)
        across = long_side_across if attempt % 4 != 3 else not long_side_across
        try:
            pieces = list(shapely_split(shape, _cut_line(shape, share, rng, across=across)).geoms)
        except (ValueError, IndexError):
            continue
        if len(pieces) != 2:
            continue
        quality = min(_thin(piece) for piece in pieces) - (0.05 if attempt % 4 == 3 else 0)
        if best is None or quality > best[0]:
            best = (quality, pieces)
        if quality > 0.55:
            break
    if best is None:
        raise ValueError("no cut leaves two pieces")
    first, second = best[1]
    # The cut's first side is the one nearer to the wanted share.
    if abs(first.area / shape.area - share) > abs(second.area / shape.area - share):
        first, second = second, first
    return divide(first, weights[:middle], rng) + divide(second, weights[middle:], rng)


def _shares(weights: list[float], total: int, least: int) -> list[int]:
    """``total`` in whole numbers by weight, each at least ``least`` (largest remainder)."""
    return [least + part for part in rules.apportion(total - least * len(weights), weights)]


def cut() -> dict[str, Any]:
    """The GeoJSON of all grids: code, synthetic households and population, polygon in CGCS2000."""
    frame, rng = _Frame(), np.random.default_rng(_SEED)
    names = read_divisions()
    streets = cut_streets(frame)
    cells: list[tuple[str, Any]] = []
    communities: list[tuple[str, Any]] = []
    for street in sorted(streets):
        codes = [code for code in names if len(code) == 12 and code.startswith(street)]
        weights = [float(w) for w in rng.lognormal(0, 0.28, len(codes))]
        communities += zip(codes, divide(streets[street], weights, rng), strict=True)
    many = [math.sqrt(shape.area) * float(rng.lognormal(0, 0.2)) for _, shape in communities]
    for (code, shape), count in zip(communities, _shares(many, GRIDS, 4), strict=True):
        weights = [float(w) for w in rng.lognormal(0, 0.25, count)]
        cells += [(code, piece) for piece in divide(shape, weights, rng)]
    polygons = [frame.degrees(piece) for _, piece in cells]
    faces = _faces([piece.exterior for piece in polygons], _SNAP)
    tree = shapely.STRtree(polygons)
    by_community: dict[str, list[Any]] = defaultdict(list)
    seen: set[int] = set()
    for face in faces:
        index = int(tree.query(face.representative_point(), predicate="intersects")[0])
        if index in seen:
            raise ValueError(f"a sliver of {area_m2(face):.3f} m² at {face.representative_point()}")
        seen.add(index)
        by_community[cells[index][0]].append(face)
    if len(seen) != GRIDS:
        raise ValueError(f"{len(seen)} grids instead of {GRIDS}")
    return _collection(by_community, rng)


def _collection(by_community: dict[str, list[Any]], rng: np.random.Generator) -> dict[str, Any]:
    ordered: list[tuple[str, Any]] = []
    for community in sorted(by_community):
        faces = by_community[community]
        centres = [(face.centroid.x, face.centroid.y) for face in faces]
        heights = [face.bounds[3] - face.bounds[1] for face in faces]
        for sequence, index in enumerate(rules.numbering_order(centres, heights), start=1):
            ordered.append((rules.grid_code(community, sequence), faces[index]))
    density = [math.sqrt(area_m2(face)) * float(rng.lognormal(0, 0.25)) for _, face in ordered]
    people = _shares(density, POPULATION, 100)
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "population": count, "households": round(count / PER_HOUSEHOLD)},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[round(x, 7), round(y, 7)] for x, y in shapely.normalize(face).exterior.coords]
                ],
            },
        }
        for (code, face), count in zip(ordered, people, strict=True)
    ]
    return {
        "type": "FeatureCollection",
        "name": "Synthetic grids inside the real outline of Lianhu District: every inner line is invented",
        "crs": {"type": "name", "properties": {"name": "EPSG:4490"}},
        "features": features,
    }


def main() -> None:
    """Write the committed file again."""
    target = Path(str(files("gongbi.territory") / "data" / "demo_grids.geojson.gz"))
    text = json.dumps(cut(), ensure_ascii=False, separators=(",", ":"))
    with target.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
        packed.write(text.encode())


if __name__ == "__main__":
    main()
