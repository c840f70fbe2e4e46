"""The demonstration district as plain data, without a database: synthetic grids, and a pseudo-position for any place name."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from types import MappingProxyType

import shapely

from gongbi.science.gazetteer import normalise


@dataclass(frozen=True, slots=True)
class DemoGrid:
    """One synthetic grid: polygon in CGCS2000 degrees; population and households are invented, in all the real census figure."""

    code: str
    polygon: shapely.Polygon
    population: int
    households: int


@lru_cache(maxsize=1)
def demo_grids() -> Mapping[str, DemoGrid]:
    """Code → grid, in the order of the codes. Read once per process, about 20 ms."""
    packed = (files("gongbi.territory") / "data" / "demo_grids.geojson.gz").read_bytes()
    features = json.loads(gzip.decompress(packed))["features"]
    grids = {}
    for feature in features:
        facts = feature["properties"]
        shape = shapely.Polygon(feature["geometry"]["coordinates"][0])
        grids[facts["code"]] = DemoGrid(facts["code"], shape, facts["population"], facts["households"])
    return MappingProxyType(dict(sorted(grids.items())))


@lru_cache(maxsize=1)
def _people() -> tuple[list[DemoGrid], list[int]]:
    grids = list(demo_grids().values())
    return grids, list(accumulate(grid.population for grid in grids))


class _Dice:
    """Numbers in [0, 1) from a name: the same name gives the same numbers on every machine."""

    def __init__(self, name: str) -> None:
        self._name = name.encode()
        self._turn = 0

    def roll(self) -> float:
        self._turn += 1
        digest = hashlib.blake2b(self._name, digest_size=8, salt=self._turn.to_bytes(4, "big")).digest()
        return int.from_bytes(digest, "big") / 2**64


def place_for_name(name: str) -> tuple[float, float]:
    """A pseudo-position (longitude, latitude, CGCS2000) on the demonstration district for any place name.

    The same name, however wide its characters or written its numerals, gives the same point. Names spread over the grids in proportion
    to their (synthetic) population. It says nothing about where the named place is: whoever uses it must say so.
    """
    grids, running = _people()
    dice = _Dice(normalise(name))
    goal = dice.roll() * running[-1]
    low, high = 0, len(running) - 1
    while low < high:
        middle = (low + high) // 2
        if running[middle] > goal:
            high = middle
        else:
            low = middle + 1
    return point_inside(grids[low].polygon, dice)


def point_inside(polygon: shapely.Polygon, dice: _Dice | str) -> tuple[float, float]:
    """A point inside the polygon, drawn by name (rejection from its box; the cells fill most of theirs)."""
    source = _Dice(dice) if isinstance(dice, str) else dice
    west, south, east, north = polygon.bounds
    for _ in range(64):
        lon = round(west + source.roll() * (east - west), 6)
        lat = round(south + source.roll() * (north - south), 6)
        if shapely.contains_xy(polygon, lon, lat):
            return lon, lat
    point = polygon.representative_point()
    return point.x, point.y
