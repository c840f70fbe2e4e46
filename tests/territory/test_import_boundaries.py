"""Taking in boundary files: what tiles takes effect, what does not is named and kept; the past is never redrawn."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from django.utils import translation

from gongbi.kernel.errors import Refused
from gongbi.science import coords
from gongbi.territory import actions, invariants, queries
from gongbi.territory.models import BoundaryImport, Division
from gongbi.territory.words import sentence
from tests.territory.conftest import (
    AT,
    DISTRICT,
    GRIDS,
    KEEPER,
    ONE,
    SINCE,
    STREET,
    TODAY,
    TWO,
    collection,
    geometry,
    outline,
    square,
)

pytestmark = pytest.mark.django_db
Take = Callable[..., BoundaryImport]
ALL = {code: outline(code) for code in (DISTRICT, STREET, ONE, TWO)} | GRIDS


def kinds(done: BoundaryImport) -> list[tuple[str, list[str]]]:
    return [(p["kind"], p["ids"]) for p in done.problems]


def test_everything_at_once_tiles(tree: None, take_in: Take) -> None:
    done = take_in(ALL, effective=SINCE)
    assert done.accepted == sorted(ALL)
    assert (done.problems, done.held, done.level) == ([], [], "mixed")
    grid = Division.objects.get(code=ONE + "001")
    assert (grid.name, grid.valid_from, grid.synthetic) == ("第1网格", SINCE, False)
    per_lon, per_lat = coords.metres_per_degree(34.269)
    assert grid.area_m2 == pytest.approx(0.002 * per_lon * 0.002 * per_lat, rel=1e-4)
    assert list(invariants.boundaries_tile()) == []
    assert list(invariants.versions_do_not_overlap()) == []


def test_a_faulty_family_waits_and_the_others_take_effect(tree: None, take_in: Take) -> None:
    shapes = ALL | {ONE + "002": square(0.5, 0, 1.5)}  # reaches into its western neighbour
    done = take_in(shapes, effective=SINCE)
    assert ("overlap", [ONE + "001", ONE + "002"]) in kinds(done)
    assert ("held_with", [ONE + "003", ONE + "004"]) in kinds(done)
    assert {f["properties"]["code"] for f in done.held} >= {ONE + f"00{i}" for i in range(1, 5)}
    assert set(done.accepted) >= {TWO + "001", TWO + "002", DISTRICT, STREET}
    where = next(p for p in done.problems if p["kind"] == "overlap")["where"]
    assert 108.901 < where[0] < 108.902
    # Put right, the held ones go in; what was accepted stays.
    corrected = collection({ONE + "002": GRIDS[ONE + "002"]})["features"]
    again = actions.retry_held(done.pk, corrected=corrected, viewer=KEEPER, at=AT)
    assert again.problems == []
    assert sorted([*done.accepted, *again.accepted]) == sorted(ALL)
    assert queries.locate(108.901, 34.269, on=TODAY).code == ONE + "001"  # type: ignore[union-attr]
    with pytest.raises(Refused):
        actions.retry_held(done.pk, viewer=KEEPER, at=AT)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({ONE + "004": square(1, 1, 1, 0.9)}, "gap"),
        ({ONE + "004": square(1, 1, 1, 1.1)}, "outside"),
        ({TWO + "001": square(1.9, 0, 1.1, 2)}, "outside"),
    ],
)
def test_gaps_and_what_reaches_out_are_named(
    tree: None, take_in: Take, change: dict[str, Any], kind: str
) -> None:
    done = take_in(ALL | change, effective=SINCE)
    code = next(iter(change))
    assert any(p["kind"] == kind and code in p["ids"] and p["parent"] == code[:12] for p in done.problems)
    assert code not in done.accepted
    assert code in {f["properties"]["code"] for f in done.held}
    for problem in done.problems:
        assert "%" not in sentence(problem)


def test_each_bad_feature_is_named(tree: None, take_in: Take) -> None:
    data = collection(ALL)
    ring = geometry(square(0, 0))["coordinates"][0]
    far = {"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in ring]]}
    bow_tie = [[108.9, 34.2], [109, 34.3], [109, 34.2], [108.9, 34.3], [108.9, 34.2]]
    no_number = [[108.9, 34.2], [109, 34.3], [109, float("nan")], [108.9, 34.2]]
    bad: list[tuple[str, Any, str]] = [
        (ONE, geometry(outline(ONE)), "twice"),
        (ONE + "011", {"type": "Polygon", "coordinates": [ring[:-1]]}, "not_closed"),
        (ONE + "012", far, "bad_point"),
        (ONE + "013", {"type": "Point", "coordinates": [108.9, 34.2]}, "not_areal"),
        (ONE + "014", None, "not_areal"),
        (ONE + "015", {"type": "Polygon", "coordinates": [bow_tie]}, "invalid"),
        (ONE + "016", {"type": "Polygon", "coordinates": [no_number]}, "bad_point"),
        (ONE + "017", {"type": "Polygon", "coordinates": "nonsense"}, "not_areal"),
        ("", geometry(square(0, 0)), "feature_code"),
        ("610104009", geometry(square(0, 0)), "feature_code"),  # not on the list
        (ONE + "000", geometry(square(0, 0)), "feature_code"),
    ]
    for code, shape, _ in bad:
        data["features"].append({"type": "Feature", "properties": {"code": code}, "geometry": shape})
    done = take_in(data, effective=SINCE)
    assert sorted(p["kind"] for p in done.problems) == sorted(kind for _, _, kind in bad)
    assert done.accepted == sorted(ALL)  # nothing valid is lost
    assert len(done.held) == len(bad)
    for problem in done.problems:
        assert "%" not in sentence(problem)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xfe nonsense", "territory.file_json"),
        ("{", "territory.file_json"),
        ("[]", "territory.file_features"),
        ('{"type": "FeatureCollection", "features": []}', "territory.file_features"),
        ('{"type": "FeatureCollection", "features": [1]}', "territory.file_features"),
        ('{"features": [{}], "crs": {"properties": {"name": "EPSG:4545"}}}', "territory.crs"),
    ],
)
def test_a_file_that_is_none_is_refused(tree: None, data: bytes | str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        actions.import_boundaries(data, effective=SINCE, viewer=KEEPER, at=AT)
    assert caught.value.code == code
    assert "%" not in caught.value.message


def test_a_department_cannot_bring_its_own_layer(district: None, take_in: Take) -> None:
    with pytest.raises(Refused) as caught:
        take_in({ONE + "021": square(0, 0)}, layer="警务网格")
    assert caught.value.code == "territory.second_layer"
    assert "§6" in caught.value.article
    assert "警务网格" in caught.value.message


def test_grids_over_grids_are_refused(district: None, take_in: Take) -> None:
    done = take_in({ONE + "021": square(0, 0)}, effective=TODAY)
    assert done.accepted == []
    assert ("overlap", [ONE + "001", ONE + "021"]) in kinds(done)


def test_the_past_is_never_redrawn(district: None, take_in: Take) -> None:
    wider = {ONE + "001": square(0, 0, 1.1), ONE + "002": square(1.1, 0, 0.9)}
    done = take_in(wider, effective=TODAY - timedelta(days=1))
    assert {p["kind"] for p in done.problems} == {"rewrites_history"}
    assert done.accepted == []


def test_a_resurvey_begins_on_its_day_and_old_days_stay(district: None, take_in: Take) -> None:
    day = date(2026, 12, 1)
    wider = {ONE + "001": square(0, 0, 1.1), ONE + "002": square(1.1, 0, 0.9)}
    done = take_in(wider, effective=day)
    assert done.accepted == sorted(wider)
    lon, lat = 108.9 + 1.05 * 0.002, 34.269
    before, after = queries.locate(lon, lat, on=day - timedelta(days=1)), queries.locate(lon, lat, on=day)
    assert before is not None
    assert after is not None
    assert (before.grid, after.grid) == (ONE + "002", ONE + "001")
    assert list(invariants.boundaries_tile()) == []
    again = take_in(wider, effective=date(2026, 11, 30))
    assert {p["kind"] for p in again.problems} == {"future_version"}


def test_a_recut_replaces_the_grids_of_its_communities_only(district: None, take_in: Take) -> None:
    halves = {ONE + "005": square(0, 0, 2, 1), ONE + "006": square(0, 1, 2, 1)}
    day = date(2026, 12, 1)
    done = take_in(halves, effective=day, replace=True)
    assert done.problems == []
    assert [d.code for d in queries.children(ONE, on=day)] == sorted(halves)
    assert [d.code for d in queries.children(ONE, on=day - timedelta(days=1))] == [
        ONE + f"00{i}" for i in (1, 2, 3, 4)
    ]
    assert len(queries.children(TWO, on=day)) == 2
    # An ended number never comes back.
    old = take_in(
        {ONE + "001": square(0, 0, 2, 1), ONE + "007": square(0, 1, 2, 1)},
        effective=date(2027, 1, 1),
        replace=True,
    )
    assert ("feature_code", [ONE + "001"]) in kinds(old)


@pytest.mark.parametrize("name", ["GCJ-02", "BD-09"])
def test_another_coordinate_system_is_converted_and_neighbours_still_meet(
    tree: None, take_in: Take, name: str
) -> None:
    def there(xy: Any) -> Any:
        return np.column_stack(coords.convert(xy[:, 0], xy[:, 1], "CGCS2000", name))

    moved = {code: shapely.transform(shape, there) for code, shape in ALL.items()}
    done = take_in(moved, effective=SINCE, source_crs=name)
    assert done.problems == []
    assert done.source_crs == coords.system_named(name)
    placed = queries.locate(108.901, 34.269, on=TODAY)
    assert placed is not None
    assert placed.grid == ONE + "001"
    # Taken for CGCS2000 it would have landed 460 m away: the system cannot be seen in the numbers.
    first = queries.map_geojson("grid", on=TODAY)["features"][0]["geometry"]["coordinates"][0]
    assert min(lon for lon, _ in first) == pytest.approx(108.9, abs=1e-6)


def test_a_parent_cannot_move_away_from_its_children(district: None, take_in: Take) -> None:
    done = take_in({ONE: square(0, 0, 2, 2.2)}, effective=TODAY)
    assert done.accepted == []
    assert {p["kind"] for p in done.problems} >= {"gap"}


@pytest.mark.parametrize(("tolerance", "accepted"), [(1.0, False), (40.0, True)])
def test_the_tolerance_is_the_callers(tree: None, take_in: Take, tolerance: float, accepted: bool) -> None:
    # A gap of about 20 m²: 0.1 m along 222 m.
    shapes = ALL | {ONE + "002": square(1.0005, 0, 0.9995)}
    done = take_in(shapes, effective=SINCE, tolerance_m2=tolerance)
    assert (ONE + "002" in done.accepted) is accepted
    if accepted:
        # A point in the crack belongs to the nearest grid, and the answer says so.
        placed = queries.locate(108.9 + 1.00025 * 0.002, 34.269, on=TODAY)
        assert placed is not None
        assert (placed.method, placed.border) == ("nearest", True)


def test_the_import_is_kept_as_json(tree: None, take_in: Take) -> None:
    done = take_in(ALL | {ONE + "004": square(1, 1, 1, 0.5)}, effective=SINCE)
    kept = BoundaryImport.objects.get(pk=done.pk)
    assert json.loads(json.dumps(kept.held)) == json.loads(json.dumps(done.held))
    assert kept.by == "post:1"


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (b"{", "第 1 行第 2 个字符", "line 1, character 2"),
        (b"\x89PNG", "UTF-8", "UTF-8"),
        (b"[" * 100_000, "嵌套", "nested"),
    ],
)
def test_a_file_that_is_no_geojson_is_told_in_the_readers_language(data: bytes, zh: str, en: str) -> None:
    from gongbi.kernel.errors import in_language
    from gongbi.territory.geojson import BadFile, read_collection

    with pytest.raises(BadFile) as bad:
        read_collection(data)
    for language, word in (("zh-hans", zh), ("en", en)):
        with translation.override(language):
            assert word in in_language(bad.value.why)
