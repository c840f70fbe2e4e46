"""``python -m gongbi.science forecast``: the call of the issue, other forms of table, and what is refused."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gongbi.science.commands import main

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "requests"
CHICAGO = DATA / "chicago_sanitation_to_2013.csv.gz"
FIRST = date(2024, 1, 1)  # a Monday


def forecast(path: Path, *more: str, status: int = 0) -> None:
    fixed = ["--data", str(path), "--time", "created", "--by", "place"]
    assert main(["forecast", *fixed, *more]) == status


def write(path: Path, days: int = 120, stray: bool = False) -> Path:
    random = np.random.default_rng(1)
    rows = [["id", "created", "place", "kind", "street"]]
    if stray:
        rows.append(["old", "2001-05-05", "P1", "a", "S1"])
    for day in range(days):
        at = FIRST + timedelta(days=day)
        for place, kind in ((1, "a"), (1, "b"), (2, "a"), (3, "")):
            number = random.poisson(2.0 if day % 7 < 5 else 0.6)
            rows += [[str(len(rows)), f"{at} 08:15:00", f"P{place}", kind, f"S{place // 2}"]] * int(number)
    rows.append(["last", str(FIRST + timedelta(days=3)), "", "a", "S1"])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def answer(path: Path, tmp_path: Path, *more: str) -> dict[str, Any]:
    forecast(path, "--json", str(tmp_path / "out.json"), *more)
    found: dict[str, Any] = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    return found


def test_levels_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "f.csv", stray=True)
    found = answer(path, tmp_path, "--kind", "kind", "--above", "street", "--horizon", "7", "--origins", "4")
    assert [level["level"] for level in found["levels"]] == [
        "total",
        "kind",
        "street",
        "street × kind",
        "place",
        "place × kind",
    ]
    assert [level["series"] for level in found["levels"]] == [1, 3, 2, 6, 3, 9]
    assert found["cases_without_place"] == 1
    assert found["cases_before_start"] == 1
    assert found["first"] == "2024-01-01"
    assert found["step"] == 7
    assert found["origins"][-1] == (FIRST + timedelta(days=112)).isoformat()
    assert 0 < found["mase_ratio"] < 1
    assert 0.75 < found["coverage"] <= 1
    assert len(found["by_horizon"]) == 7
    said = capsys.readouterr().out
    assert "seasonal naive" in said
    assert "1 cases without a place" in said


def test_packed_and_plain_are_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv")
    packed = tmp_path / "f.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    how = ("--horizon", "7", "--origins", "2")
    assert answer(path, tmp_path, *how) == answer(packed, tmp_path, *how)


def test_forecasts_are_written_and_add_up(tmp_path: Path) -> None:
    path, out = write(tmp_path / "f.csv"), tmp_path / "out.csv"
    forecast(path, "--kind", "kind", "--horizon", "3", "--origins", "2", "--out", str(out))
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == (1 + 3 + 3 + 9) * 3
    assert {row["date"] for row in rows} == {(FIRST + timedelta(days=120 + i)).isoformat() for i in range(3)}
    day = [row for row in rows if row["ahead"] == "1"]
    total = float(next(row["mean"] for row in day if row["level"] == "total"))
    for level in ("kind", "place", "place × kind"):
        parts = [row for row in day if row["level"] == level]
        assert sum(float(row["mean"]) for row in parts) == pytest.approx(total, rel=1e-4)
    assert {(row["place"], row["kind"]) for row in day if row["level"] == "place"} == {
        ("P1", "(all)"),
        ("P2", "(all)"),
        ("P3", "(all)"),
    }
    assert ("P3", "(none)") in {(row["place"], row["kind"]) for row in day}
    for row in rows:
        assert int(row["lower"]) <= int(row["median"]) <= int(row["upper"])


def test_what_is_written_gives_the_same_figures(tmp_path: Path) -> None:
    path, out = write(tmp_path / "f.csv"), tmp_path / "judged.csv"
    found = answer(path, tmp_path, "--horizon", "7", "--origins", "3", "--judged", str(out))
    with out.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] == "place"]
    assert len(rows) == 3 * 7 * 3
    inside = np.mean([int(row["lower"]) <= int(row["count"]) <= int(row["upper"]) for row in rows])
    level = found["levels"][-1]
    assert level["coverage"] == pytest.approx(inside)
    by_date = {(row["place"], row["date"]): int(row["count"]) for row in rows}
    naive = [
        (row, by_date[row["place"], row["origin"]])
        for row in rows
        if row["ahead"] == "7" and (row["place"], row["origin"]) in by_date
    ]
    assert naive
    assert all(int(row["seasonal_naive"]) == last for row, last in naive)


def test_holidays_are_told(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv")
    days = tmp_path / "days.csv"
    days.write_text(
        "date,kind\n2024-02-10,holiday\n2024-02-18,makeup\n2031-01-01,holiday\n", encoding="utf-8"
    )
    how = ("--horizon", "7", "--origins", "2")
    with_days = answer(path, tmp_path, *how, "--holidays", str(days))
    assert with_days["mase"] != answer(path, tmp_path, *how)["mase"]


def test_origins_come_closer_where_the_data_are_short(tmp_path: Path) -> None:
    found = answer(write(tmp_path / "f.csv", days=100), tmp_path, "--horizon", "7", "--origins", "12")
    assert len(found["origins"]) == 12
    assert found["step"] == 3


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--horizon", "0"], "--horizon"),
        (["--origins", "0"], "--origins"),
        (["--step", "0"], "--step"),
        (["--level", "1.5"], "--level"),
        (["--by", "nowhere"], "nowhere"),
        (["--kind", "nothing"], "nothing"),
        (["--time", "id"], "--time"),
        (["--start", "soon"], "--start"),
        (["--start", "2030-01-01"], "--start"),
        (["--end", "2024-01-05"], "there are 5"),
        (["--origins", "500"], "origins"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    forecast(write(tmp_path / "f.csv"), *more, status=2)
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_level_without_a_scale_has_no_error(tmp_path: Path) -> None:
    """Two cases every day, now in one place, now in the other: the total has no seasonal naive error."""
    path = tmp_path / "f.csv"
    random = np.random.default_rng(2)
    rows = [f"P{random.integers(2)},{FIRST + timedelta(days=day // 2)}\n" for day in range(200)]
    path.write_text("place,created\n" + "".join(rows), encoding="utf-8")
    top, bottom = answer(path, tmp_path, "--horizon", "7", "--origins", "2")["levels"]
    assert top["mase"] is None
    assert top["mase_ratio"] is None
    assert top["by_horizon"][0]["mase"] is None
    assert top["coverage"] == 1
    assert bottom["mase_ratio"] > 0


@pytest.mark.parametrize(
    "rows",
    ["", "P1,2024-01-01\n", "P1,2024-01-01\n" * 30, ",2024-01-01\n"],
    ids=["no row", "one case", "all on one day", "no place"],
)
def test_too_little_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text("place,created\n" + rows, encoding="utf-8")
    forecast(path, status=2)
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not CHICAGO.exists(), reason="needs ../shared/data/requests")
def test_chicago_meets_its_aims(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    words = [
        "--time",
        "created",
        "--by",
        "community_area",
        "--kind",
        "nature",
        "--horizon",
        "28",
        "--origins",
        "12",
    ]
    assert main(["forecast", "--data", str(CHICAGO), *words, "--json", str(out)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["origins"][0] == "2013-01-29"
    assert found["mase_ratio"] <= 0.85
    assert 0.87 <= found["coverage"] <= 0.93
    for level in found["levels"]:
        assert level["mase_ratio"] <= 0.85, level["level"]
        assert 0.87 <= level["coverage_busy"] <= 0.93, level["level"]
