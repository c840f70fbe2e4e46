"""A tiling's faults are named: which polygons, where, how many square metres; the tolerance is what it says."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from gongbi.science.coords import metres_per_degree
from gongbi.science.geometry import area_m2
from gongbi.science.geometry_tiling import check_polygon, check_ring, check_tiling

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
WEST = shapely.box(108.90, 34.26, 108.91, 34.27)
EAST = shapely.box(108.91, 34.26, 108.92, 34.27)
BOTH = shapely.box(108.90, 34.26, 108.92, 34.27)
PER_LON, PER_LAT = metres_per_degree(34.265)
HEIGHT = 0.01 * PER_LAT  # metres


def shifted(metres: float) -> shapely.Polygon:
    """The eastern half, its western edge moved east by so many metres (west if negative)."""
    return shapely.box(108.91 + metres / PER_LON, 34.26, 108.92, 34.27)


def test_a_tiling_has_no_problems() -> None:
    assert check_tiling(BOTH, {"w": WEST, "e": EAST}) == []
    assert check_tiling(None, {"w": WEST, "e": EAST}) == []


@pytest.mark.parametrize(("square_metres", "seen"), [(0.9, False), (0.999, False), (1.01, True), (2.0, True)])
@pytest.mark.parametrize("kind", ["gap", "overlap", "outside"])
def test_faults_up_to_the_tolerance_are_left_alone(kind: str, square_metres: float, seen: bool) -> None:
    width = square_metres / HEIGHT
    if kind == "outside":
        grown = shapely.box(108.91, 34.26, 108.92 + width / PER_LON, 34.27)
        found = check_tiling(BOTH, {"w": WEST, "e": grown}, tolerance_m2=1.0)
    else:
        found = check_tiling(
            BOTH, {"w": WEST, "e": shifted(width if kind == "gap" else -width)}, tolerance_m2=1.0
        )
    assert [problem.kind for problem in found] == ([kind] if seen else [])
    if seen:
        assert found[0].area_m2 == pytest.approx(square_metres, rel=0.01)


def test_a_gap_and_an_overlap_name_their_polygons_and_place() -> None:
    gap = check_tiling(BOTH, {"w": WEST, "e": shifted(10)})
    assert [(p.kind, p.ids) for p in gap] == [("gap", ("e", "w"))]
    assert gap[0].where is not None
    assert 108.91 < gap[0].where[0] < 108.9102
    overlap = check_tiling(BOTH, {"w": WEST, "e": shifted(-10)})
    assert [(p.kind, p.ids) for p in overlap] == [("overlap", ("e", "w"))]
    assert overlap[0].area_m2 == pytest.approx(10 * HEIGHT, rel=0.001)


def test_one_inside_another_and_two_equal_ones_overlap() -> None:
    inner = shapely.box(108.902, 34.262, 108.904, 34.264)
    found = check_tiling(BOTH, {"w": WEST, "e": EAST, "x": inner})
    assert [(p.kind, p.ids) for p in found] == [("overlap", ("w", "x"))]
    assert found[0].area_m2 == pytest.approx(area_m2(inner))
    twice = check_tiling(WEST, {"a": WEST, "b": WEST})
    assert [(p.kind, p.ids) for p in twice] == [("overlap", ("a", "b"))]


def test_a_bow_tie_is_named_with_its_crossing_and_hides_nobody_elses_fault() -> None:
    bow_tie = shapely.Polygon([(108.91, 34.26), (108.92, 34.27), (108.92, 34.26), (108.91, 34.27)])
    found = check_tiling(BOTH, {"w": WEST, "e": bow_tie, "x": WEST})
    assert [(p.kind, p.ids) for p in found] == [("invalid", ("e",)), ("overlap", ("w", "x"))]
    assert found[0].where == pytest.approx((108.915, 34.265))
    assert "Self-intersection" in found[0].detail


def test_without_a_parent_only_holes_are_gaps() -> None:
    ring = BOTH.buffer(0.01, join_style="mitre").difference(BOTH)
    found = check_tiling(None, {"ring": ring, "w": WEST})
    assert [(p.kind, p.ids) for p in found] == [("gap", ("ring", "w"))]
    assert found[0].area_m2 == pytest.approx(area_m2(EAST))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (shapely.Polygon(), "empty"),
        (shapely.LineString([(108.9, 34.2), (108.91, 34.2)]), "not_areal"),
        (shapely.Point(108.9, 34.2), "not_areal"),
        (WEST, None),
        (shapely.MultiPolygon([WEST, shapely.box(108.93, 34.26, 108.94, 34.27)]), None),
    ],
)
def test_a_shape_must_be_an_area(shape: shapely.Geometry, kind: str | None) -> None:
    found = check_polygon("x", shape)
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("ring", "kind"),
    [
        ([[0, 0], [1, 0], [1, 1], [0, 0]], None),
        ([[0, 0, 5], [1, 0], [1, 1], [0, 0]], None),
        ([[0, 0], [1, 0], [1, 1]], "not_closed"),
        ([[0, 0], [1, 0], [1, 1], [0, 1]], "not_closed"),
        ([[0, 0], [1, 0], [0, 0]], "not_closed"),
        ([], "not_areal"),
        ("ring", "not_areal"),
        ([[0], [1], [1], [0]], "not_areal"),
    ],
)
def test_a_ring_must_be_closed(ring: object, kind: str | None) -> None:
    found = check_ring("x", ring)
    assert (found and found.kind) == kind


@pytest.mark.data
def test_a_real_citys_areas_tile_but_for_the_suburbs_it_encloses() -> None:
    file = DATA / "requests" / "chicago_community_areas.geojson"
    if not file.exists():
        pytest.skip("../shared/data is absent")
    shapes = {
        f["properties"]["AREA_NUMBE"]: shapely.geometry.shape(f["geometry"])
        for f in json.loads(file.read_text())["features"]
    }
    assert len(shapes) == 77
    found = check_tiling(None, shapes)
    # Norridge with Harwood Heights, Merrionette Park, and a piece beside O'Hare are not Chicago; nothing overlaps by 1 m².
    assert [(p.kind, p.ids) for p in found] == [
        ("gap", ("72", "74", "75")),
        ("gap", ("10", "11", "15", "17", "76")),
        ("gap", ("10",)),
    ]
    assert found[1].area_m2 == pytest.approx(7.99e6, rel=0.01)
    # One moved by 300 m is seen at both its sides.
    moved = shapes | {"35": shapely.transform(shapes["35"], lambda xy: np.add(xy, (0.0033, 0)))}
    kinds = {p.kind for p in check_tiling(None, moved) if "35" in p.ids}
    assert "overlap" in kinds
