"""Where a point lies, on its day: grid to district, borders, other systems, and points that cannot be meant."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gongbi.kernel.errors import Refused
from gongbi.science import coords
from gongbi.territory import queries
from gongbi.territory.models import Division
from tests.territory.conftest import DISTRICT, ONE, SINCE, STREET, TODAY, TWO

pytestmark = pytest.mark.django_db
INSIDE = (108.901, 34.269)


def test_codes_and_names_of_every_level(district: None) -> None:
    placed = queries.locate(*INSIDE, on=TODAY)
    assert placed is not None
    assert (placed.grid, placed.community, placed.street, placed.district) == (
        ONE + "001",
        ONE,
        STREET,
        DISTRICT,
    )
    assert placed.name == "青年路街道 糖坊街社区居委会 第1网格"
    assert placed.codes == (STREET, ONE, ONE + "001")
    assert (placed.code, placed.method, placed.border) == (ONE + "001", "exact", False)


def test_a_moment_counts_by_its_local_day(district: None) -> None:
    # 31 December 2019, 16:00 in UTC is already 2020 in Xi'an.
    assert queries.locate(*INSIDE, on=datetime(2019, 12, 31, 15, 59, tzinfo=UTC)) is None
    assert queries.locate(*INSIDE, on=datetime(2019, 12, 31, 16, 0, tzinfo=UTC)) is not None


@pytest.mark.parametrize(("days", "there"), [(-1, False), (0, True), (1, True)])
def test_boundaries_hold_from_their_first_day(district: None, days: int, there: bool) -> None:
    assert (queries.locate(*INSIDE, on=SINCE + timedelta(days=days)) is not None) is there


@pytest.mark.parametrize(
    ("lon", "lat", "grid"),
    [
        (108.902, 34.269, ONE + "001"),  # between 1 and 2
        (108.902, 34.268, ONE + "001"),  # where four meet
        (108.904, 34.267, ONE + "004"),  # between two communities
        (108.900, 34.270, ONE + "001"),  # the district's own corner
    ],
)
def test_a_border_belongs_to_the_smallest_code(district: None, lon: float, lat: float, grid: str) -> None:
    placed = queries.locate(lon, lat, on=TODAY)
    assert placed is not None
    assert placed.grid == grid
    assert placed.border is ((lon, lat) != (108.900, 34.270))


@pytest.mark.parametrize(("accuracy", "border"), [(0, False), (18, False), (19, True)])
def test_near_a_border_counts_when_the_point_is_no_better_known(
    district: None, accuracy: float, border: bool
) -> None:
    placed = queries.locate(108.902 - 0.0002, 34.269, on=TODAY, accuracy_m=accuracy)  # 18.4 m from grid 2
    assert placed is not None
    assert placed.border is border


@pytest.mark.parametrize("crs", ["GCJ-02", "BD-09", "WGS84"])
def test_other_systems_are_converted(district: None, crs: str) -> None:
    lon, lat = coords.convert(*INSIDE, "CGCS2000", crs)
    placed = queries.locate(lon, lat, on=TODAY, crs=crs)
    assert placed is not None
    assert placed.grid == ONE + "001"
    assert (placed.lon, placed.lat) == pytest.approx(INSIDE, abs=1e-8)
    assert placed.source_crs == coords.system_named(crs)


@pytest.mark.parametrize(("lon", "lat"), [(108.8999, 34.269), (122.5, 30.0), (116.4, 39.9)])
def test_outside_the_district_is_none(district: None, lon: float, lat: float) -> None:
    assert queries.locate(lon, lat, on=TODAY) is None


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (34.269, 108.901, "territory.swapped"),
        (float("nan"), 34.269, "territory.not_finite"),
        (108.9, float("inf"), "territory.not_finite"),
        (0.0, 0.0, "territory.not_in_china"),
        (586161.7, 3793857.5, "territory.not_degrees"),
    ],
)
def test_points_that_cannot_be_meant_say_what_is_wrong(
    district: None, lon: float, lat: float, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        queries.locate(lon, lat, on=TODAY)
    assert caught.value.code == code
    assert "%" not in caught.value.message


def test_an_unknown_system_is_refused(district: None) -> None:
    with pytest.raises(Refused) as caught:
        queries.locate(*INSIDE, on=TODAY, crs="MARS")
    assert caught.value.code == "territory.crs"


def test_without_grids_the_community_answers(tree: None, take_in) -> None:  # type: ignore[no-untyped-def]
    from tests.territory.conftest import outline

    take_in({code: outline(code) for code in (DISTRICT, STREET, ONE, TWO)}, effective=SINCE)
    placed = queries.locate(*INSIDE, on=TODAY)
    assert placed is not None
    assert (placed.grid, placed.code, placed.name) == ("", ONE, "青年路街道 糖坊街社区居委会")


def test_an_empty_database_places_nothing(db: None) -> None:
    queries.warm()
    assert queries.locate(*INSIDE, on=TODAY) is None
    assert queries.find_places("糖坊街") == []
    assert queries.map_geojson("grid", on=TODAY)["features"] == []


def test_reading_the_tree(district: None) -> None:
    assert [d.code for d in queries.children("", on=TODAY)] == [DISTRICT]
    assert [d.code for d in queries.children(STREET, on=TODAY)] == [ONE, TWO]
    assert len(queries.divisions(level="grid", on=TODAY)) == 6
    assert queries.divisions(on=SINCE - timedelta(days=1)) == []
    assert queries.division("610104001000", on=TODAY).code == STREET  # type: ignore[union-attr]
    assert queries.division("610104002", on=TODAY) is None
    assert queries.names([ONE, "x"], on=TODAY) == {ONE: "糖坊街社区居委会"}


def test_maps_are_compact_and_share_their_edges(district: None) -> None:
    grids = queries.map_geojson("grid", ONE, on=TODAY)
    assert [f["properties"]["code"] for f in grids["features"]] == [ONE + f"00{i}" for i in (1, 2, 3, 4)]
    corners = [c for f in grids["features"] for c in map(tuple, f["geometry"]["coordinates"][0])]
    assert len(set(corners)) == 9
    assert all(round(x, 6) == x for c in corners for x in c)
    assert len(queries.map_geojson("street", on=TODAY)["features"]) == 1
    assert queries.map_geojson("grid", on=date(1999, 1, 1))["features"] == []


def test_what_is_rolled_back_is_forgotten(district: None, take_in) -> None:  # type: ignore[no-untyped-def]
    from django.db import transaction

    from tests.territory.conftest import square

    wider = {ONE + "001": square(0, 0, 1.1), ONE + "002": square(1.1, 0, 0.9)}
    lon, lat = 108.9 + 1.05 * 0.002, 34.269

    def grid() -> str:
        placed = queries.locate(lon, lat, on=TODAY)
        assert placed is not None
        return placed.grid

    assert grid() == ONE + "002"
    with transaction.atomic():
        take_in(wider)
        assert grid() == ONE + "001"
        transaction.set_rollback(True)
    assert grid() == ONE + "002"
    assert Division.objects.filter(code=ONE + "001").count() == 1
