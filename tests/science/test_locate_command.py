"""``locate``: points into polygons from a shell."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from gongbi.science.commands import main

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "requests"


def square(name: Any, west: float, south: float = 0.0) -> dict[str, Any]:
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def run(folder: Path, features: Any, points: str, *options: str, name: str = "name") -> int:
    polygons = (
        features
        if isinstance(features, str)
        else json.dumps({"type": "FeatureCollection", "features": features})
    )
    (folder / "g.json").write_text(polygons)
    (folder / "p.csv").write_text(points)
    return main(
        [
            "locate", "--polygons", str(folder / "g.json"), "--id", name, "--points", str(folder / "p.csv"),
            "--out", str(folder / "o.csv"), *options,
        ]
    )  # fmt: skip


def found(folder: Path, column: str = "name") -> list[str]:
    with (folder / "o.csv").open(encoding="utf-8") as file:
        return [row[column] for row in csv.DictReader(file)]


@pytest.mark.parametrize("order", [1, -1])
def test_points_get_the_name_a_border_the_smaller_one_and_outside_a_blank(tmp_path: Path, order: int) -> None:
    features = [square(10, 1), square(9, 0)][::order]
    points = "id,lat,lon\n1,0.5,0.5\n2,0.5,1.5\n3,0.5,1.0\n4,5,5\n5,,\n6,0.5,nan\n"
    assert run(tmp_path, features, points) == 0
    assert found(tmp_path) == ["9", "10", "9", "", "", ""]
    assert found(tmp_path, "id") == list("123456")


def test_columns_can_be_named(tmp_path: Path) -> None:
    assert run(tmp_path, [square("a", 0)], "经度,纬度\n0.5,0.5\n", "--lon", "经度", "--lat", "纬度") == 0
    assert found(tmp_path) == ["a"]


def test_a_column_that_has_the_polygons_name_is_replaced(tmp_path: Path) -> None:
    assert run(tmp_path, [square("a", 0)], "name,Longitude,Latitude\nold,0.5,0.5\n") == 0
    assert found(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("features", "points", "options", "words"),
    [
        ("nothing", "lat,lon\n1,1\n", (), "--polygons: not GeoJSON"),
        ([], "lat,lon\n1,1\n", (), "--polygons: not a feature collection"),
        ([{"type": "Feature", "properties": {}}], "lat,lon\n1,1\n", (), "--id: feature 1 has no property 'name'"),
        ([{"properties": {"name": 1}, "geometry": None}], "lat,lon\n1,1\n", (), "--polygons: feature 1 (1) has no geometry"),
        (
            [{"properties": {"name": 1}, "geometry": {"type": "Point", "coordinates": [1, 1]}}],
            "lat,lon\n1,1\n", (), "--polygons: 1: not a polygon",
        ),
        ([square(1, 0)], "lat\n1\n", (), "--points: no column lon"),
        ([square(1, 0)], "lat,lon\n1,east\n", (), "--points: line 2: lon is 'east'"),
        ([square(1, 0)], "lat,lon\n1,1\n", ("--lon", "x"), "--lon: the points have no column 'x'"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    features: Any,
    points: str,
    options: tuple[str, ...],
    words: str,
) -> None:
    assert run(tmp_path, features, points, *options) == 2
    assert words in capsys.readouterr().err


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/requests")
def test_chicagos_requests_fall_where_the_city_says(tmp_path: Path) -> None:
    with gzip.open(DATA / "chicago_sanitation_to_2013.csv.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["lat"] and row["community_area"]]
    with (tmp_path / "p.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["sr_number", "lat", "lon"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    assert run(
        tmp_path, (DATA / "chicago_community_areas.geojson").read_text(), (tmp_path / "p.csv").read_text(), name="AREA_NUMBE"
    ) == 0  # fmt: skip
    ours = found(tmp_path, "AREA_NUMBE")
    right = sum(float(a or -1) == float(row["community_area"]) for a, row in zip(ours, rows, strict=True))
    assert right / len(rows) > 0.98
