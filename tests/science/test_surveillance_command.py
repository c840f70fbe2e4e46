"""``python -m gongbi.science surveil``: the published calls as a script would make them, and tables of every form."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from gongbi.science.commands import main

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "spacetime"
data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/spacetime")


def surveil(path: Path, out: Path, *more: str, method: str = "earsC1") -> dict[str, Any]:
    assert main(["surveil", "--method", method, "--series", str(path), "--json", str(out), *more]) == 0
    answer: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return answer


@data
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "method", "more"),
    [
        ("ears_C1", "earsC1", []),
        ("ears_C2", "earsC2", ["--baseline", "7", "--min-sigma", "0", "--alpha", "0.001"]),
        ("ears_C3", "earsC3", []),
        ("farrington_classic", "farrington", ["--years-back", "3", "--half-window", "3"]),
        ("farrington_flexible_nbPlugin", "farrington-flexible", []),
        (
            "farrington_flexible_muan",
            "farrington-flexible",
            ["--threshold-method", "muan", "--range", "261:312"],
        ),
        (
            "farrington_flexible_delta",
            "farrington-flexible",
            ["--threshold-method", "delta", "--trend-p", "0.05"],
        ),
        ("cusum_standard", "cusum", []),
    ],
)
def test_the_golden_calls(tmp_path: Path, name: str, method: str, more: list[str]) -> None:
    answer = surveil(DATA / "golden" / "series_agona.csv", tmp_path / "out.json", *more, method=method)
    points = {point["index"]: point for point in answer["points"]}
    with (DATA / "golden" / f"agona_{name}.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            point = points[int(row["index"])]
            assert point["observed"] == int(row["observed"])
            assert point["upper"] == pytest.approx(float(row["upper"]), abs=5.1e-12)
            assert point["alarm"] == (row["alarm"] == "1")


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_several_series_and_their_sum(tmp_path: Path) -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 13)]
    path = write(
        tmp_path / "f.csv", "epoch_date,a,b\n" + "".join(f"{day},{i % 3},2.0\n" for i, day in enumerate(days))
    )
    each = surveil(path, tmp_path / "o.json")
    assert each["series"] == ["a", "b"]
    assert (each["step"], len(each["points"]), each["judged"]) == ("day", 24, 10)
    assert each["points"][0]["upper"] is None
    assert not each["points"][0]["defined"]
    total = surveil(path, tmp_path / "o.json", "--sum", "--range", "8:9")
    assert [point["observed"] for point in total["points"]] == [3, 4]
    assert [point["time"] for point in total["points"]] == days[7:9]
    one = surveil(path, tmp_path / "o.json", "--column", "b")
    assert one["series"] == ["b"]


def test_weeks_parted_by_blanks_run_over_the_year(tmp_path: Path) -> None:
    rows = [f"{1990 + i // 52}{i % 52 + 1:02d}\t{i % 4}\t 0" for i in range(60)]
    path = write(tmp_path / "f.txt", "week    observed state\n" + "\n".join(rows) + "\n")
    answer = surveil(path, tmp_path / "o.json")
    assert (answer["step"], answer["time_points"]) == ("week", 60)


def test_months_are_judged_by_twelve_a_year(tmp_path: Path) -> None:
    rows = [f"{2000 + i // 12}-{i % 12 + 1:02d}-01,{5 + i % 12}" for i in range(60)]
    path = write(tmp_path / "f.csv", "epoch_date,observed\n" + "\n".join(rows) + "\n")
    answer = surveil(path, tmp_path / "o.json", "--recent", "0", method="farrington-flexible")
    assert (answer["step"], answer["judged"]) == ("month", 60 - 39)


def test_missing_weeks_are_named_or_counted_as_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weeks = [*range(1, 9), *range(10, 20)]
    path = write(tmp_path / "f.csv", "index,observed\n" + "".join(f"{week},{week % 5}\n" for week in weeks))
    assert main(["surveil", "--method", "earsC1", "--series", str(path)]) == 2
    said = capsys.readouterr().err
    assert "1 week(s) before 10 are missing" in said
    assert len(said.splitlines()) == 1
    answer = surveil(path, tmp_path / "o.json", "--gaps", "zero")
    assert answer["time_points"] == 19
    assert answer["points"][8]["observed"] == 0


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        ("observed\n", [], "no row"),
        ("observed\n1\n\n", [], "needs 8"),
        ("observed\n1\nx\n3\n", [], "line 3"),
        ("index,observed\n1,1\n2,NaN\n", [], "line 3"),
        ("index,observed\n1,1\n1,2\n", [], "does not come after"),
        ("index,observed\na,1\nb,2\n", [], "neither a date nor a number"),
        ("epoch,observed\n2024-13-01,1\n", [], "is not a time"),
        ("observed\n" + "1\n" * 20, ["--column", "no"], "no column 'no'"),
        ("observed\n" + "1\n" * 20, ["--range", "5:99"], "--range"),
        ("observed\n" + "1\n" * 20, ["--range", "5"], "--range"),
        ("observed\n" + "1\n" * 20, ["--alpha", "2"], "alpha"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, more: list[str], words: str
) -> None:
    path = write(tmp_path / "f.csv", text)
    assert main(["surveil", "--method", "earsC1", "--series", str(path), *more]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


def test_a_person_reads_the_alarms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path / "f.csv", "week,observed\n" + "".join(f"{i},{i % 2}\n" for i in range(1, 12)) + "12,9\n"
    )
    assert main(["surveil", "--method", "earsC1", "--series", str(path)]) == 0
    assert "12 (12): 9 observed" in capsys.readouterr().out
