"""Read GeoJSON boundary files: what each feature is, and what is wrong with it. Pure; nothing is repaired in silence."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gongbi.science import coords
from gongbi.science.geometry_tiling import Problem, check_polygon, check_ring
from gongbi.territory import rules

MAX_BYTES = 200 * 1024 * 1024
_CODE_KEYS = ("code", "adcode", "CODE", "id")
_NAME_KEYS = ("name", "NAME")


class BadFile(ValueError):
    """The file as a whole cannot be read. ``code`` names the sentence, ``why`` where and what: a text or (Chinese, English)."""

    def __init__(self, code: str, why: str | tuple[str, str] = "") -> None:
        super().__init__(code)
        self.code, self.why = code, why


class BadShape(ValueError):
    """One feature's shape cannot be used."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature as read: ``shape`` in CGCS2000, or ``problem``; ``raw`` as in the file, ``label`` names it in messages."""

    label: str
    code: str
    name: str
    raw: Mapping[str, Any]
    shape: Any | None
    problem: Problem | None
    figures: Mapping[str, int]


def _why(wrong: Exception) -> tuple[str, str]:
    """What the parser stumbled over, for people."""
    if isinstance(wrong, json.JSONDecodeError):
        return (
            f"第 {wrong.lineno} 行第 {wrong.colno} 个字符处读不懂",
            f"line {wrong.lineno}, character {wrong.colno} cannot be read",
        )
    if isinstance(wrong, UnicodeDecodeError):
        return ("文字不是 UTF-8 编码", "the text is not UTF-8")
    return ("括号嵌套得太深", "brackets are nested too deeply")


def read_collection(data: bytes | str | Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], str]:
    """The features of a FeatureCollection and the name of its coordinate system ("" when it says none). BadFile otherwise."""
    if isinstance(data, Mapping):
        content: Any = data
    else:
        if len(data) > MAX_BYTES:
            raise BadFile("file_json", f"> {MAX_BYTES // 2**20} MB")
        try:
            content = json.loads(
                data.decode("utf-8-sig") if isinstance(data, bytes) else data, parse_constant=lambda _: None
            )
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as wrong:
            raise BadFile("file_json", _why(wrong)) from wrong
    features = content.get("features") if isinstance(content, Mapping) else None
    if not isinstance(features, list) or not features or not all(isinstance(f, Mapping) for f in features):
        raise BadFile("file_features")
    crs = content.get("crs")
    name = crs.get("properties", {}).get("name", "") if isinstance(crs, Mapping) else ""
    return features, str(name)


def read_features(features: list[Mapping[str, Any]], source_crs: str) -> Iterator[Feature]:
    """Each feature with its code and shape, or its problem."""
    for number, raw in enumerate(features, start=1):
        facts = raw.get("properties")
        facts = facts if isinstance(facts, Mapping) else {}
        found = next((facts[key] for key in _CODE_KEYS if facts.get(key)), "")
        code = rules.normalise(str(found))
        name = str(next((facts[key] for key in _NAME_KEYS if facts.get(key)), "")).strip()[:60]
        figures = {
            key: facts[key]
            for key in ("households", "population")
            if isinstance(facts.get(key), int) and not isinstance(facts[key], bool) and facts[key] >= 0
        }
        label = code or f"#{number}"
        try:
            shape, problem = read_shape(label, raw.get("geometry"), source_crs), None
        except BadShape as bad:
            shape, problem = None, bad.problem
        yield Feature(label, code, name, raw, shape, problem, figures)


def storable(value: Any) -> Any:
    """The same with what JSON cannot hold (NaN, infinity) as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): storable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return value


def read_shape(label: str, geometry: Any, source_crs: str) -> Any:
    """A GeoJSON (Multi)Polygon as a valid shape in CGCS2000 degrees. BadShape says what is wrong and where."""
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        kind = str(geometry.get("type")) if isinstance(geometry, Mapping) else "null"
        raise BadShape(Problem("not_areal", (label,), detail=kind[:40]))
    parts = geometry.get("coordinates")
    polygons = [parts] if geometry["type"] == "Polygon" else parts
    try:
        rings = [ring for polygon in polygons for ring in polygon]  # type: ignore[union-attr]
        for ring in rings:
            if problem := check_ring(label, ring):
                raise BadShape(problem)
            positions = np.array([position[:2] for position in ring], dtype=np.float64)
            for corner in (positions.min(axis=0), positions.max(axis=0)):  # a NaN anywhere makes both NaN
                _check(label, float(corner[0]), float(corner[1]))
        shape = shapely.geometry.shape({"type": geometry["type"], "coordinates": parts})
    except (TypeError, ValueError, IndexError, KeyError, shapely.errors.ShapelyError) as wrong:
        if isinstance(wrong, BadShape):
            raise
        raise BadShape(Problem("not_areal", (label,), detail=type(wrong).__name__)) from wrong
    shape = shapely.force_2d(shape)
    if coords.system_named(source_crs) != "CGCS2000":
        # Rounded to a centimetre, so that a corner that two neighbours share stays one corner.
        shape = shapely.transform(shape, lambda xy: _moved(xy, source_crs))
    if problem := check_polygon(label, shape):
        raise BadShape(problem)
    parts_of = shapely.get_parts(shape)
    return parts_of[0] if len(parts_of) == 1 else shape


def _moved(xy: NDArray[np.float64], source_crs: str) -> NDArray[np.float64]:
    lon, lat = coords.convert(xy[:, 0], xy[:, 1], source_crs)
    return np.column_stack([lon.round(7), lat.round(7)])


def _check(label: str, lon: float, lat: float) -> None:
    try:
        coords.check_point(lon, lat)
    except coords.BadPoint as wrong:
        raise BadShape(Problem("bad_point", (label,), (lon, lat), detail=wrong.code)) from wrong
