"""Coordinates agree with the published vectors within 0.1 m, there and back; points that cannot be meant are named."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.science import coords

WGS = (108.93558, 34.26865)
GCJ = (108.9402189739, 34.2670550898)
BD = (108.9466596674, 34.2732195677)


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return coords.distance_m(a[0], a[1], b[0], b[1])


@pytest.mark.parametrize(
    ("source", "target", "point", "expected"),
    [
        ("WGS84", "GCJ-02", WGS, GCJ),
        ("CGCS2000", "BD-09", WGS, BD),
        ("GCJ02", "BD09", GCJ, BD),
        ("GCJ-02", "CGCS2000", GCJ, WGS),
        ("BD-09", "GCJ-02", BD, GCJ),
        ("bd09", "EPSG:4490", BD, WGS),
        ("EPSG:4326", "CGCS2000", WGS, WGS),
    ],
)
def test_vectors_of_the_district_centre(
    source: str, target: str, point: tuple[float, float], expected: tuple[float, float]
) -> None:
    got = coords.convert(*point, source, target)
    assert isinstance(got[0], float)
    assert metres(got, expected) < 0.001


def test_the_offset_is_the_known_length() -> None:
    assert metres(WGS, GCJ) == pytest.approx(461.7, abs=1.0)  # theirs is measured on a sphere


def test_one_step_of_the_inverse_would_be_wrong_by_more_than_a_metre() -> None:
    there = coords.wgs_to_gcj(*GCJ)
    one_step = (2 * GCJ[0] - float(there[0]), 2 * GCJ[1] - float(there[1]))
    assert metres(one_step, WGS) == pytest.approx(1.31, abs=0.1)
    iterated = coords.convert(*GCJ, "GCJ02")
    assert abs(iterated[0] - WGS[0]) < 1e-9
    assert abs(iterated[1] - WGS[1]) < 1e-9


@given(st.floats(73, 135), st.floats(18, 54))
def test_there_and_back_is_the_same_point(lon: float, lat: float) -> None:
    for system in ("GCJ02", "BD09"):
        there = coords.convert(lon, lat, "CGCS2000", system)
        back = coords.convert(*there, system, "CGCS2000")
        assert abs(back[0] - lon) < 1e-9
        assert abs(back[1] - lat) < 1e-9


def test_agrees_with_an_independent_implementation() -> None:
    import eviltransform

    random = np.random.default_rng(7)
    for lon, lat in zip(random.uniform(75, 130, 300), random.uniform(20, 50, 300), strict=True):
        theirs = eviltransform.wgs2gcj(lat, lon)
        # It uses another ellipsoid: a hundredth of the offset's third digit, never more than 0.1 m.
        assert metres(coords.convert(lon, lat, "WGS84", "GCJ02"), (theirs[1], theirs[0])) < 0.1
        back = eviltransform.gcj2wgs_exact(theirs[0], theirs[1])
        assert metres(coords.convert(theirs[1], theirs[0], "GCJ02"), (back[1], back[0])) < 0.6


def test_arrays_give_arrays_and_equal_single_points() -> None:
    lon, lat = np.array([108.9, 109.0, 116.4]), np.array([34.2, 34.3, 39.9])
    xs, ys = coords.convert(lon, lat, "WGS84", "BD09")
    assert xs.shape == (3,)
    for i in range(3):
        assert (xs[i], ys[i]) == coords.convert(float(lon[i]), float(lat[i]), "WGS84", "BD09")


def test_nothing_moves_outside_the_box_and_nan_stays_nan() -> None:
    assert coords.convert(-0.1276, 51.5072, "WGS84", "GCJ02") == (-0.1276, 51.5072)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xs, _ = coords.gcj_to_wgs(np.array([np.nan, GCJ[0]]), np.array([34.2, GCJ[1]]))
    assert math.isnan(xs[0])
    assert xs[1] == pytest.approx(WGS[0], abs=1e-9)


def test_unknown_system_is_named() -> None:
    with pytest.raises(ValueError, match="MARS"):
        coords.convert(1.0, 2.0, "MARS")
    assert coords.system_named("urn:ogc:def:crs:OGC:1.3:CRS84") == "CGCS2000"
    assert coords.system_named("urn:ogc:def:crs:EPSG::4490") == "CGCS2000"


@pytest.mark.parametrize(
    ("lon", "lat", "error"),
    [
        (34.26865, 108.93558, coords.Swapped),
        (34.2, 80.0, coords.Swapped),  # Xinjiang, swapped: a lawful latitude
        (math.nan, 34.0, coords.NotFinite),
        (108.0, math.inf, coords.NotFinite),
        (0.0, 0.0, coords.NotInChina),
        (-73.9, 40.7, coords.NotInChina),
        (72.003, 34.0, coords.NotInChina),
        (586161.722, 3793857.518, coords.NotDegrees),
    ],
)
def test_a_point_that_cannot_be_meant_is_refused_by_name(
    lon: float, lat: float, error: type[coords.BadPoint]
) -> None:
    with pytest.raises(error) as caught:
        coords.check_point(lon, lat)
    assert caught.value.code == error.code


@pytest.mark.parametrize(("lon", "lat"), [WGS, (72.004, 34.0), (122.5, 30.0)])
def test_a_plausible_point_passes_even_in_the_sea(lon: float, lat: float) -> None:
    coords.check_point(lon, lat)


def test_lengths_of_a_degree_and_plane_coordinates() -> None:
    per_lon, per_lat = coords.metres_per_degree(WGS[1])
    assert per_lon == pytest.approx(92092.6, abs=0.5)
    assert per_lat == pytest.approx(110936.4, abs=15)  # the vector is measured over a whole degree
    assert coords.to_plane(*WGS) == pytest.approx((586161.722, 3793857.518), abs=0.001)
    assert coords.to_plane(*WGS, epsg=4524) == pytest.approx((36586161.722, 3793857.518), abs=0.001)


def test_equal_area_keeps_areas() -> None:
    from pyproj import Geod

    ring = np.array([(108.85, 34.24), (108.95, 34.24), (108.95, 34.30), (108.85, 34.30)])
    x, y = coords.equal_area(ring[:, 0], ring[:, 1])
    ours = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    dense = [(lon, 34.24) for lon in np.linspace(108.85, 108.95, 400)]
    dense += [(lon, 34.30) for lon in np.linspace(108.95, 108.85, 400)]
    theirs, _ = Geod(a=coords.CGCS2000_A, f=coords.CGCS2000_F).polygon_area_perimeter(
        [p[0] for p in dense], [p[1] for p in dense]
    )
    assert ours == pytest.approx(abs(theirs), rel=1e-7)
