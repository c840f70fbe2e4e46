"""Place a million points in 1,500 grids: the raster locator against a raw Shapely STRtree, every answer compared.

Run ``python bench/locate.py`` or, from ``make bench``, :func:`run`.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from gongbi.science.geometry import Locator


def _grids() -> tuple[list[str], list[shapely.Polygon]]:
    from gongbi.territory.demo_data import demo_grids

    grids = demo_grids()
    return list(grids), [grid.polygon for grid in grids.values()]


def _seconds(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    result, times = None, []
    for _ in range(rounds):
        begin = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times), result


def run(quick: bool = False) -> dict[str, Any]:
    """Measure and print; ``quick`` takes 100,000 points. Returns the figures by name (seconds, ratios, bytes)."""
    count, rounds = (100_000, 3) if quick else (1_000_000, 5)
    codes, polygons = _grids()
    west, south, east, north = shapely.total_bounds(polygons)
    random = np.random.default_rng(1)
    # A tenth of the points lies outside the box, one in a hundred exactly on a border.
    lon = random.uniform(west - 0.005, east + 0.005, count)
    lat = random.uniform(south - 0.003, north + 0.003, count)
    corners = shapely.get_coordinates(polygons)
    on_border = random.integers(0, len(corners), count // 100)
    lon[: len(on_border)], lat[: len(on_border)] = corners[on_border].T

    built, locator = _seconds(lambda: Locator(polygons, codes), 3)
    tree = shapely.STRtree(polygons)

    def floor() -> Any:
        return tree.query(shapely.points(lon, lat), predicate="intersects")

    def floor_prepared_points(points: Any = shapely.points(lon, lat)) -> Any:
        return tree.query(points, predicate="intersects")

    raw, pairs = _seconds(floor, 3)
    raw_ready, _ = _seconds(floor_prepared_points, 3)
    ours, answer = _seconds(lambda: locator.locate(lon, lat), rounds)
    exact = np.full(count, len(codes))
    np.minimum.at(exact, pairs[0], pairs[1])
    exact[exact == len(codes)] = -1
    wrong = int((exact != answer).sum())

    some = list(zip(lon[-20_000:].tolist(), lat[-20_000:].tolist(), strict=True))
    single, _ = _seconds(lambda: [locator.locate_one(x, y) for x, y in some], 3)
    result = {
        "points": count,
        "polygons": len(codes),
        "build_s": built,
        "strtree_s": raw,
        "strtree_ready_points_s": raw_ready,
        "locator_s": ours,
        "ratio": raw / ours,
        "ratio_ready_points": raw_ready / ours,
        "wrong": wrong,
        "outside": int((answer < 0).sum()),
        "single_us": single / len(some) * 1e6,
        "locator_bytes": locator.nbytes,
    }
    print(f"place {count:,} points in {len(codes):,} grids")
    print(f"  floor: STRtree.query, points made inside    {raw:8.3f} s")
    print(f"  floor: STRtree.query, points given           {raw_ready:8.3f} s")
    print(f"  Locator.locate                               {ours:8.3f} s")
    print(f"  ratio to the two floors                      {raw / ours:8.1f} × {raw_ready / ours:.1f} ×")
    print(f"  answers that differ from the exact one       {wrong:8d}")
    print(f"  one point                                    {result['single_us']:8.2f} µs")
    print(f"  built in {built:.3f} s, {locator.nbytes / 1e6:.1f} MB")
    return result


if __name__ == "__main__":
    sys.exit(1 if run("--quick" in sys.argv)["wrong"] else 0)
