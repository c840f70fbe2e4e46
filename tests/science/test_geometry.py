"""The raster answers exactly what the polygons answer: everywhere, at borders, for one point and for a million."""

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gongbi.science.coords import CGCS2000_A, CGCS2000_F
from gongbi.science.geometry import Locator, area_m2

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
BOX = (108.85, 34.24, 108.95, 34.30)


def exact(polygons: list[shapely.Polygon], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The definition: the smallest index whose closed polygon holds the point."""
    point, polygon = shapely.STRtree(polygons).query(shapely.points(x, y), predicate="intersects")
    answer = np.full(len(x), len(polygons))
    np.minimum.at(answer, point, polygon)
    answer[answer == len(polygons)] = -1
    return answer


def voronoi(count: int, seed: int = 1) -> list[shapely.Polygon]:
    seeds = np.random.default_rng(seed).uniform(BOX[:2], BOX[2:], (count, 2))
    cells = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=shapely.box(*BOX))
    return [cell.intersection(shapely.box(*BOX)) for cell in cells.geoms]


def points(count: int, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    x = random.uniform(BOX[0] - 0.01, BOX[2] + 0.01, count)
    return x, random.uniform(BOX[1] - 0.01, BOX[3] + 0.01, count)


def on_borders(polygons: list[shapely.Polygon], seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Corners, middles of edges, and points a hair (1e-9 degrees) beside them."""
    corners = shapely.get_coordinates(polygons)
    middles = (corners[1:] + corners[:-1]) / 2
    near = corners + np.random.default_rng(seed).normal(0, 1e-9, corners.shape)
    every = np.vstack([corners, middles, near])
    return every[:, 0], every[:, 1]


@pytest.mark.parametrize("count", [1, 2, 40, 1500])
@pytest.mark.parametrize("cells", [None, 64, 5000])
def test_every_answer_equals_the_exact_one(count: int, cells: int | None) -> None:
    polygons = voronoi(count)
    locator = Locator(polygons, [f"{i:04d}" for i in range(count)], cells=cells)
    for x, y in (points(40_000), on_borders(polygons)):
        assert (locator.locate(x, y) == exact(polygons, x, y)).all()


def test_one_point_gives_what_many_give() -> None:
    polygons = voronoi(300)
    locator = Locator(polygons, range(300))
    for x, y in (points(5000), on_borders(polygons)):
        many = locator.locate(x, y)
        one = [locator.index_one(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        assert one == many.tolist()
        ids = [locator.locate_one(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        assert ids == [None if i < 0 else i for i in many.tolist()]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 12)] * 4), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(-1, 26), st.integers(-1, 26)), min_size=1, max_size=60),
)
def test_any_overlaps_holes_and_shared_edges(
    boxes: list[tuple[int, int, int, int]], halves: list[tuple[int, int]]
) -> None:
    polygons = []
    for x, y, w, h in boxes:
        outer = shapely.box(x, y, x + w + 2, y + h + 2)
        # With a hole that touches the ring of other boxes, and as a multipolygon when it falls apart.
        polygons.append(outer.difference(shapely.box(x + 1, y + 1, x + w + 1, y + h + 1)))
    polygons = [p for p in polygons if not p.is_empty]
    locator = Locator(polygons, range(len(polygons)), cells=600)
    x, y = np.array(halves, dtype=float).T / 2 + 0.0
    assert (locator.locate(x, y) == exact(polygons, x, y)).all()
    assert [locator.index_one(*p) for p in zip(x.tolist(), y.tolist(), strict=True)] == exact(
        polygons, x, y
    ).tolist()


def test_a_shared_border_belongs_to_the_first() -> None:
    west, east = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    for order in ([west, east], [east, west]):
        locator = Locator(order, ["a", "b"])
        assert locator.locate_one(1.0, 0.5) == "a"
        assert locator.locate(np.array([1.0]), np.array([0.5])).tolist() == [0]
        assert locator.all_at(1.0, 0.5) == ["a", "b"]
        assert locator.is_border_cell(1.0, 0.5)
    assert Locator([west, east], ["a", "b"]).all_at(0.5, 0.5) == ["a"]
    assert not Locator([west, east], ["a", "b"]).is_border_cell(0.5, 0.5)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.nan, 34.27),
        (108.9, np.nan),
        (np.inf, 34.27),
        (108.9, -np.inf),
        (1e300, 34.27),
        (0.0, 0.0),
        (108.9, 91.0),
    ],
)
def test_what_is_no_place_is_outside(x: float, y: float) -> None:
    locator = Locator(voronoi(50), range(50))
    assert locator.locate([x], [y]).tolist() == [-1]
    assert locator.locate_one(x, y) is None
    assert not locator.is_border_cell(x, y)


def test_no_points_and_no_polygons() -> None:
    assert Locator(voronoi(3), range(3)).locate([], []).tolist() == []
    empty: Locator[str] = Locator([], [])
    assert empty.locate([108.9], [34.2]).tolist() == [-1]
    assert empty.locate_one(108.9, 34.2) is None
    assert empty.nearest(108.9, 34.2) is None


def test_bad_polygons_are_refused_by_name() -> None:
    bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    for shape in (bow_tie, shapely.Polygon(), shapely.LineString([(0, 0), (1, 1)])):
        with pytest.raises(ValueError, match="X7"):
            Locator([shape], ["X7"])
    with pytest.raises(ValueError, match="1 polygons but 2 ids"):
        Locator([shapely.box(0, 0, 1, 1)], ["a", "b"])
    with pytest.raises(ValueError, match="2 longitudes but 1 latitudes"):
        Locator([shapely.box(0, 0, 1, 1)], ["a"]).locate([1.0, 2.0], [1.0])


def test_nearest_is_measured_in_metres() -> None:
    polygons = [shapely.box(108.90, 34.25, 108.91, 34.26), shapely.box(108.92, 34.25, 108.93, 34.26)]
    locator = Locator(polygons, ["a", "b"])
    assert locator.nearest(108.905, 34.255) == ("a", 0.0)
    found = locator.nearest(108.911, 34.255)
    assert found is not None
    assert found[0] == "a"
    assert found[1] == pytest.approx(92.11, abs=0.2)
    assert locator.within(108.915, 34.255, 0.0051) == ["a", "b"]
    assert locator.within(108.912, 34.255, 0.0021) == ["a"]


def test_area_is_that_of_the_ellipsoid() -> None:
    from pyproj import Geod

    geod = Geod(a=CGCS2000_A, f=CGCS2000_F)
    for cell in voronoi(1500)[::15]:
        theirs, _ = geod.geometry_area_perimeter(cell)
        assert area_m2(cell) == pytest.approx(
            abs(theirs), rel=3e-5
        )  # its edges are geodesics, ours straight lines


@pytest.mark.slow
def test_a_million_points_are_placed_as_the_tree_places_them_in_little_memory() -> None:
    polygons = voronoi(1500)
    locator = Locator(polygons, range(1500))
    x, y = points(1_000_000)
    assert (locator.locate(x, y) == exact(polygons, x, y)).all()
    assert locator.nbytes < 20_000_000


@pytest.mark.data
@pytest.mark.slow
def test_real_points_fall_where_the_city_says() -> None:
    areas_file = DATA / "requests" / "chicago_community_areas.geojson"
    if not areas_file.exists():
        pytest.skip("../shared/data is absent")
    features = json.loads(areas_file.read_text())["features"]
    numbers = [int(f["properties"]["AREA_NUMBE"]) for f in features]
    polygons = [shapely.make_valid(shapely.geometry.shape(f["geometry"])) for f in features]
    with gzip.open(DATA / "requests" / "chicago_sanitation_to_2013.csv.gz", "rt") as file:
        rows = [r for r in csv.DictReader(file) if r["lat"] and r["community_area"]]
    x = np.array([float(r["lon"]) for r in rows])
    y = np.array([float(r["lat"]) for r in rows])
    said = np.array([int(float(r["community_area"])) for r in rows])
    locator = Locator(polygons, numbers)
    index = locator.locate(x, y)
    assert (index == exact(polygons, x, y)).all()
    got = np.where(index >= 0, np.array(numbers)[index], -1)
    assert len(rows) > 50_000
    # The city's geocoder differs near the edges: 98.2 % agree.
    assert (got == said).mean() == pytest.approx(0.982, abs=0.002)
