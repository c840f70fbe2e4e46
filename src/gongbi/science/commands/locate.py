"""``locate``: which polygon each point lies in."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gongbi.science.commands.reading import table, text_of, write_table
from gongbi.science.geometry import Locator

HELP = "which polygon each point lies in"
_LON = ("lon", "lng", "longitude", "long", "x")
_LAT = ("lat", "latitude", "y")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``locate``."""
    parser.add_argument(
        "--polygons", required=True, metavar="G.geojson", help="a feature collection of polygons"
    )
    parser.add_argument("--id", required=True, metavar="PROPERTY", help="the property that names a polygon")
    parser.add_argument("--points", required=True, metavar="F.csv", help="with columns lat and lon")
    parser.add_argument(
        "--out", required=True, metavar="O.csv", help="the points' columns and the name found, or a blank"
    )
    parser.add_argument("--lon", metavar="COLUMN", help=f"default: the first of {', '.join(_LON)}")
    parser.add_argument("--lat", metavar="COLUMN", help=f"default: the first of {', '.join(_LAT)}")


def polygons_of(text: str, name: str) -> tuple[list[str], list[BaseGeometry]]:
    """Names and polygons of a GeoJSON feature collection in the order of their names (numbers as numbers), so that a point on a border
    belongs to the smaller name. Raises ValueError for what is none, and for a feature without the property or a valid polygon."""
    try:
        read = json.loads(text)
    except ValueError as error:
        raise ValueError(f"--polygons: not GeoJSON ({error})") from None
    features = read.get("features") if isinstance(read, dict) else None
    if not isinstance(features, list) or not features:
        raise ValueError("--polygons: not a feature collection, or one without features")
    found: list[tuple[str, BaseGeometry]] = []
    for number, feature in enumerate(features, 1):
        value = (feature.get("properties") or {}).get(name) if isinstance(feature, dict) else None
        if value is None:
            raise ValueError(f"--id: feature {number} has no property {name!r}")
        try:
            area = shape(feature["geometry"])
        except (KeyError, TypeError, AttributeError, ValueError, shapely.errors.ShapelyError):
            raise ValueError(
                f"--polygons: feature {number} ({value}) has no geometry that can be read"
            ) from None
        if not area.is_valid:
            parts = shapely.get_parts(shapely.make_valid(area))
            area = shapely.union_all([part for part in parts if part.area > 0])
        found.append((str(value), area))
    found.sort(key=lambda pair: _rank(pair[0]))
    return [key for key, _ in found], [area for _, area in found]


def _rank(name: str) -> tuple[int, float, str]:
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


def _column(given: str | None, known: tuple[str, ...], headings: Iterable[str], option: str) -> str:
    there = list(headings)
    if given is not None:
        if given not in there:
            raise ValueError(f"{option}: the points have no column {given!r}; they have {', '.join(there)}")
        return given
    lower = {heading.lower(): heading for heading in reversed(there)}
    column = next((lower[name] for name in known if name in lower), None)
    if column is None:
        raise ValueError(f"--points: no column {' or '.join(known)}; name it with {option}")
    return column


def _degrees(text: str, option: str, line: int) -> float:
    if not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"--points: line {line}: {option[2:]} is {text!r}, not a number") from None
    return value if math.isfinite(value) else math.nan


def run(options: argparse.Namespace) -> Mapping[str, Any]:
    """Place the points; a point without coordinates is a point outside."""
    names, areas = polygons_of(text_of(options.polygons, "--polygons"), options.id)
    try:
        locator = Locator(areas, names)
    except ValueError as error:
        raise ValueError(f"--polygons: {error}") from None
    rows = table(options.points, "--points")
    lon = _column(options.lon, _LON, rows[0], "--lon")
    lat = _column(options.lat, _LAT, rows[0], "--lat")
    x = [_degrees(row[lon], "--lon", line) for line, row in enumerate(rows, 2)]
    y = [_degrees(row[lat], "--lat", line) for line, row in enumerate(rows, 2)]
    at = locator.locate(x, y).tolist()
    headings = [heading for heading in rows[0] if heading != options.id]
    write_table(
        options.out,
        [*headings, options.id],
        [[*(row[h] for h in headings), names[i] if i >= 0 else ""] for row, i in zip(rows, at, strict=True)],
    )
    inside = sum(i >= 0 for i in at)
    return {"points": len(rows), "inside": inside, "outside": len(rows) - inside, "polygons": len(names)}


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """How many were found."""
    yield f"{result['inside']} of {result['points']} points lie in one of {result['polygons']} polygons; {result['outside']} in none"
