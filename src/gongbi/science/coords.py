"""Coordinates: CGCS2000, GCJ-02 and BD-09, points that cannot be meant, and local metres.

Everything is stored in CGCS2000 (EPSG:4490, longitude first); other systems are converted at the edge. WGS-84 differs from
CGCS2000 by centimetres and is treated as equal; the name of the source system is kept beside the point.

GCJ-02 (the offset of public Chinese maps) and BD-09 (Baidu's on top of it) have no published text; the constants below are those
on which the public implementations agree. The inverse has no closed form and is iterated: one step alone is wrong by
1.3 m in Xi'an. Both directions agree with each other within 1e-10 degrees.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_A = 6378245.0  # Krasovsky 1940, used by GCJ-02
_EE = 0.00669342162296594323
_BOX = (72.004, 0.8293, 137.8347, 55.8271)  # where GCJ-02 moves points: west, south, east, north
_X_PI = math.pi * 3000.0 / 180.0

CGCS2000_A = 6378137.0
CGCS2000_F = 1 / 298.257222101
_E2 = CGCS2000_F * (2 - CGCS2000_F)

SYSTEMS = ("CGCS2000", "GCJ02", "BD09")
_ALIASES = {
    "CGCS2000": "CGCS2000",
    "EPSG:4490": "CGCS2000",
    "WGS84": "CGCS2000",
    "EPSG:4326": "CGCS2000",
    "CRS84": "CGCS2000",
    "GCJ02": "GCJ02",
    "BD09": "BD09",
    "BD09LL": "BD09",
}


class BadPoint(ValueError):
    """A point that cannot be meant. ``code`` says in one word what is wrong."""

    code = "bad_point"


class NotFinite(BadPoint):
    """Not a number, or infinite."""

    code = "not_finite"


class Swapped(BadPoint):
    """Latitude where the longitude belongs: read the other way round the point lies in China."""

    code = "swapped"


class NotDegrees(BadPoint):
    """No longitude and latitude at all; projected metres, perhaps."""

    code = "not_degrees"


class NotInChina(BadPoint):
    """Somewhere on earth, yet outside China's box."""

    code = "not_in_china"


def system_named(name: str) -> str:
    """The canonical name, one of :data:`SYSTEMS`, of a coordinate system as people write it; ValueError if unknown."""
    plain = name.upper().replace("-", "").replace("_", "").replace(" ", "")
    if plain.startswith("URN:OGC:DEF:CRS:"):
        plain = "CRS84" if plain.endswith("CRS84") else "EPSG:" + plain.rsplit(":", 1)[-1]
    if plain not in _ALIASES:
        raise ValueError(f"unknown coordinate system {name!r}; known are {', '.join(SYSTEMS)} and WGS84")
    return _ALIASES[plain]


def check_point(lon: float, lat: float) -> None:
    """Raise a :class:`BadPoint` that says what is wrong with a longitude and latitude in degrees meant to lie in China.

    A point in the sea or in another city passes: that is for the boundaries to say.
    """
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise NotFinite(f"longitude {lon} and latitude {lat} must be numbers")
    west, south, east, north = _BOX
    if west <= lon <= east and south <= lat <= north:
        return
    if west <= lat <= east and south <= lon <= north:
        raise Swapped(f"longitude {lon} and latitude {lat} are swapped: longitude comes first")
    if abs(lon) > 180 or abs(lat) > 90:
        raise NotDegrees(f"longitude {lon} and latitude {lat} are not degrees")
    raise NotInChina(f"longitude {lon}, latitude {lat} is not in China")


def _gcj_offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """What GCJ-02 adds to (lon, lat), degrees; nothing outside its box."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    pi = math.pi
    wave = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    d_lat += (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
    d_lat += (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    d_lon += (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
    d_lon += (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = lat / 180.0 * pi
    magic = 1.0 - _EE * np.sin(phi) ** 2
    d_lat = d_lat * 180.0 / (_A * (1.0 - _EE) / (magic * np.sqrt(magic)) * pi)
    d_lon = d_lon * 180.0 / (_A / np.sqrt(magic) * np.cos(phi) * pi)
    west, south, east, north = _BOX
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return np.where(inside, d_lon, 0.0), np.where(inside, d_lat, 0.0)


def _arrays(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def wgs_to_gcj(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """CGCS2000/WGS-84 to GCJ-02; arrays of any equal shape, degrees."""
    x, y = _arrays(lon, lat)
    d_lon, d_lat = _gcj_offset(x, y)
    return x + d_lon, y + d_lat


def gcj_to_wgs(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 to CGCS2000/WGS-84, by fixed-point iteration: each round shrinks the error a hundredfold."""
    x, y = _arrays(lon, lat)
    guess_lon, guess_lat = x, y
    for _ in range(12):
        d_lon, d_lat = _gcj_offset(guess_lon, guess_lat)
        next_lon, next_lat = x - d_lon, y - d_lat
        moved = np.maximum(np.abs(next_lon - guess_lon), np.abs(next_lat - guess_lat))
        guess_lon, guess_lat = next_lon, next_lat
        if not np.any(moved > 1e-11):  # a NaN stays one and does not keep the others waiting
            break
    return guess_lon, guess_lat


def gcj_to_bd(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """GCJ-02 to BD-09; arrays of any equal shape, degrees."""
    x, y = _arrays(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _X_PI)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * _X_PI)
    return radius * np.cos(theta) + 0.0065, radius * np.sin(theta) + 0.006


def bd_to_gcj(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """BD-09 to GCJ-02, iterated like :func:`gcj_to_wgs`."""
    x, y = _arrays(lon, lat)
    guess_lon, guess_lat = x - 0.0065, y - 0.006
    for _ in range(12):
        there_lon, there_lat = gcj_to_bd(guess_lon, guess_lat)
        step_lon, step_lat = x - there_lon, y - there_lat
        guess_lon, guess_lat = guess_lon + step_lon, guess_lat + step_lat
        if not np.any(np.maximum(np.abs(step_lon), np.abs(step_lat)) > 1e-11):
            break
    return guess_lon, guess_lat


@overload
def convert(lon: float, lat: float, source: str, target: str = ...) -> tuple[float, float]: ...
@overload
def convert(lon: Floats, lat: Floats, source: str, target: str = ...) -> tuple[Floats, Floats]: ...
def convert(lon: Any, lat: Any, source: str, target: str = "CGCS2000") -> tuple[Any, Any]:
    """From one coordinate system to another (names as in :func:`system_named`); floats give floats, arrays give arrays."""
    start, goal = system_named(source), system_named(target)
    if start == goal:
        return lon, lat
    x, y = _arrays(lon, lat)
    if start == "BD09":
        x, y = bd_to_gcj(x, y)
    if start == "CGCS2000":
        x, y = wgs_to_gcj(x, y)
    if goal == "CGCS2000":
        x, y = gcj_to_wgs(x, y)
    elif goal == "BD09":
        x, y = gcj_to_bd(x, y)
    if np.ndim(lon) == 0:
        return float(x), float(y)
    return x, y


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Length in metres of one degree of longitude and of latitude at ``lat``, on the CGCS2000 ellipsoid."""
    phi = math.radians(lat)
    w2 = 1.0 - _E2 * math.sin(phi) ** 2
    across = CGCS2000_A / math.sqrt(w2) * math.cos(phi)
    along = CGCS2000_A * (1.0 - _E2) / (w2 * math.sqrt(w2))
    return math.radians(across), math.radians(along)


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres between two points of one city, on a plane at their mean latitude: good to 0.1 % within 50 km."""
    per_lon, per_lat = metres_per_degree((lat1 + lat2) / 2)
    return math.hypot((lon2 - lon1) * per_lon, (lat2 - lat1) * per_lat)


def equal_area(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Metres on Lambert's cylindrical equal-area map of the CGCS2000 ellipsoid, standard parallel the equator.

    Areas are true whatever the latitude (Snyder 1987, eq. 10-15, 3-12); shapes and distances are not.
    """
    sine = np.sin(np.radians(lat))
    e = math.sqrt(_E2)
    q = (1 - _E2) * (sine / (1 - _E2 * sine**2) + np.arctanh(e * sine) / e)
    return CGCS2000_A * np.radians(lon), CGCS2000_A * q / 2


@lru_cache(maxsize=4)
def _transformer(epsg: int) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(4490, epsg, always_xy=True)


def to_plane(lon: ArrayLike, lat: ArrayLike, epsg: int = 4545) -> tuple[Any, Any]:
    """CGCS2000 degrees to (east, north) metres of a projected system: EPSG:4545 is Xi'an's three-degree zone (108° E)."""
    east, north = _transformer(epsg).transform(lon, lat)
    return east, north
