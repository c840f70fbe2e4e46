"""The numbers that the reference program prints for its own sample data, and for New York's leukaemia."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gongbi.science.commands import main
from gongbi.science.scan import ScanResult, circles, poisson_llr, scan

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "spacetime"
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/spacetime"),
]


def columns() -> list[Any]:
    """Longitude, latitude, people, cases."""
    with (DATA / "new_york" / "nydf.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [
        np.array([float(row[name]) for row in rows])
        for name in ("longitude", "latitude", "population", "cases")
    ]


def new_york(*, cartesian: bool, share: float, replications: int = 999) -> ScanResult:
    lon, lat, people, cases = columns()
    around = circles(lat, lon, cartesian=True) if cartesian else circles(lon, lat)
    return scan(np.floor(cases), around, baseline=people, max_share=share, replications=replications)


# places (the centre first, as printed; None: the file prints more than is kept here), cases, expected, ratio, probability
DEGREES = [
    ((52, 50, 53, 38, 49, 48, 15, 39, 37), 31, 106, 62.13, 14.780276, 0.000087),
    ((88, 87, 92, 86, 89, 91, 93, 85, 90), 9, 42, 21.24, 8.287056, 0.033),
    ((113, 117, 116, 112, 220, 118, 115, 123, 124), 16, 44, 23.83, 7.199672, 0.105),
    ((62, 64, 67, 65), 4, 25, 12.82, 4.651839, 0.653),
    ((132, 138, 121, 131, 139, 120), 6, 10, 3.65, 3.773422, 0.901),
    ((166, 159, 167), 3, 11, 4.61, 3.209485, 0.982),
]
PLANE = [
    ((52, 50, 37, 49, 38, 48, 53, 39, 15, 47, 51), 28, 100, 58.28, 14.083511, 0.00015),
    ((89, 88, 87, 84, 90, 86, 92, 85), 8, 38, 17.79, 9.019716, 0.016),
    ((112, 113, 115, 111, 116, 219), 33, 64, 40.85, 6.114140, 0.248),
]
TENTH = [
    ((49, 48, 50, 47, 1, 15, 51, 2, 13, 14, 3, 35, 16), 26, 85, 49.71, 11.577255, 0.0010),
    ((89, 88, 87, 84, 90, 86, 92, 85), 8, 38, 17.79, 9.019716, 0.013),
    ((112, 113, 115, 111, 116, 219), 33, 64, 40.85, 6.114140, 0.216),
    ((62, 64, 67, 65), 4, 25, 12.82, 4.651839, 0.609),
    ((46, 45, 41, 54, 44, 43, 53), 7, 28, 15.54, 4.169203, 0.755),
    ((266, 281, 267, 265), 4, 12, 5.14, 3.363518, 0.961),
    ((166, 159, 167), 3, 11, 4.61, 3.209485, 0.976),
]


@pytest.mark.parametrize(
    ("cartesian", "share", "printed"), [(False, 0.5, DEGREES), (True, 0.5, PLANE), (True, 0.1, TENTH)]
)
def test_new_york(cartesian: bool, share: float, printed: list[Any]) -> None:
    result = new_york(cartesian=cartesian, share=share)
    assert result.cases == 552
    assert len(result.clusters) >= len(printed)
    for cluster, (places, count, cases, expected, ratio, p) in zip(result.clusters, printed, strict=False):
        assert tuple(cluster.places[: len(places)] + 1) == places
        assert (len(cluster.places), cluster.cases) == (count, cases)
        assert (round(cluster.expected, 2), round(cluster.llr, 6)) == (expected, ratio)
        assert cluster.p is not None
        if p < 0.01:  # a Gumbel tail from 999 replications is known to a factor
            assert p / 3 < cluster.p < p * 3
        else:
            assert cluster.p == pytest.approx(p, abs=4 * np.sqrt(2 * p * (1 - p) / 999) + 0.001)


def test_new_yorks_radii_are_the_printed_ones() -> None:
    result = new_york(cartesian=False, share=0.5, replications=0)
    printed = (7.70, 13.01, 2.35, 5.82, 1.16, 1.01)
    assert tuple(round(c.radius, 2) for c in result.clusters[:6]) == printed


# FleXScan's circular scan with the binomial model, ten nearest places: places, cases, people, ratio, rank of 1,000
BINOMIAL = [
    ((1, 2, 3, 12, 13, 14, 15, 35, 47, 49), 41, 38999, 8.47836, 14),
    ((85, 86, 87, 88, 89, 90, 91, 92, 93), 42, 40696, 8.29257, 20),
    ((37, 38, 39, 40, 43, 44, 45, 46, 52, 53), 44, 47412, 6.43049, 139),
    ((113, 117, 118, 119, 124, 125, 126, 127), 28, 26499, 5.77247, 233),
    ((62, 64, 65, 67), 25, 24571, 4.65493, 561),
]


def test_new_york_with_the_bernoulli_model() -> None:
    lon, lat, people, cases = columns()
    around = circles(lon, lat, max_places=10)
    controls = people - np.floor(cases)
    result = scan(np.floor(cases), around, model="bernoulli", controls=controls, replications=299)
    for cluster, (places, ill, living, ratio, rank) in zip(result.clusters, BINOMIAL, strict=False):
        assert tuple(sorted(cluster.places + 1)) == places
        assert (cluster.cases, int(cluster.baseline), round(cluster.llr, 5)) == (ill, living, ratio)
        p = rank / 1000
        assert cluster.p_monte_carlo == pytest.approx(
            p, abs=4 * np.sqrt(p * (1 - p) * (1 / 299 + 1 / 999)) + 0.004
        )


@pytest.mark.parametrize(("cases", "expected", "ratio"), [(10, 1, 14.060436), (2, 1, 0.386720)])
def test_unit_vectors(cases: int, expected: float, ratio: float) -> None:
    assert float(poisson_llr(cases, expected, 1175)) == pytest.approx(
        ratio, abs=1e-6
    )  # cut off there, not rounded


def command(*words: str | Path) -> dict[str, Any]:
    out = words[-1]
    assert main(["scan", *map(str, words[:-1]), "--json", str(out)]) == 0
    found: dict[str, Any] = json.loads(Path(out).read_text())
    return found


NEW_MEXICO = [
    (
        "Bernalillo Guadelupe LosAlamos Sandoval SanMiguel SantaFe Socorro Torrance Valencia",
        ("1985-01-01", "1989-12-31"), 236, 176.22, 10.979758, 674891.72,
    ),
    ("Chaves", ("1988-01-01", "1989-12-31"), 16, 6.03, 5.684828, 52755.68),
    ("Curry Roosevelt", ("1982-01-01", "1983-12-31"), 13, 5.37, 3.884186, 59349.33),
]  # fmt: skip


def test_new_mexico_by_the_command(tmp_path: Path) -> None:
    folder = DATA / "new_mexico"
    result = command(
        "--model", "poisson", "--shape", "spacetime", "--cases", folder / "nm.cas", "--population", folder / "nm.pop",
        "--geo", folder / "nm.geo", "--start", "1973/1/1", "--end", "1991/12/31", "--max-days", "3287",
        tmp_path / "out.json",
    )  # fmt: skip
    assert (result["cases"], result["interval"], result["left_out"]) == (1175, "year", 0)
    for cluster, (places, period, cases, expected, ratio, people) in zip(
        result["clusters"], NEW_MEXICO, strict=False
    ):
        assert sorted(cluster["places"]) == sorted(places.split())
        assert (cluster["from"], cluster["to"], cluster["cases"]) == (*period, cases)
        assert (round(cluster["expected"], 2), cluster["llr"], cluster["people"]) == (expected, ratio, people)
        assert cluster["recurrence_days"] is None
    assert result["clusters"][0]["centre"] == "Torrance"
    assert 0.005 < result["clusters"][0]["p"] < 0.03


@pytest.mark.parametrize("options", [[], ["--cartesian"]])
def test_new_york_by_the_command(tmp_path: Path, options: list[str]) -> None:
    folder = DATA / "new_york"
    result = command(
        "--cases", folder / "satscan_ny_cases.txt", "--population", folder / "satscan_ny_pop.txt",
        "--geo", folder / "satscan_ny_coords.txt", "--start", "2000", "--end", "2000/12/31", *options,
        tmp_path / "out.json",
    )  # fmt: skip
    printed = PLANE if options else DEGREES
    assert [c["llr"] for c in result["clusters"][: len(printed)]] == [row[4] for row in printed]
    assert [c["cases"] for c in result["clusters"][: len(printed)]] == [row[2] for row in printed]
    assert result["clusters"][0]["from"] == "2000-01-01"
    assert ("radius" in result["clusters"][0]) == bool(options)
