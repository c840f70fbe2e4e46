"""EARS, CUSUM and Farrington: the published reference numbers, the boundaries, and what every call keeps to."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gongbi.science.surveillance import Monitored, cusum, ears, farrington, farrington_flexible, glm
from gongbi.science.surveillance.cusum import TRANSFORMS, poisson_reference
from gongbi.science.surveillance.farrington import baseline, weights
from gongbi.science.surveillance.thresholds import negative_binomial_bound, power_bound

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "spacetime"
data = pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data/spacetime")
FIRST = 260  # weeks 261–312 are monitored


def column(path: Path, name: str) -> np.ndarray:
    with path.open(encoding="utf-8") as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


def agona() -> np.ndarray:
    return column(DATA / "golden" / "series_agona.csv", "observed")


def call(name: str, counts: np.ndarray) -> Monitored:
    if name.startswith("ears"):
        return ears(counts, method=name.removeprefix("ears_"))
    if name == "farrington_classic":
        return farrington(counts)
    if name == "cusum_standard":
        return cusum(counts, start=FIRST)
    return farrington_flexible(counts, threshold=name.removeprefix("farrington_flexible_"))


GOLDEN = [
    "ears_C1",
    "ears_C2",
    "ears_C3",
    "farrington_classic",
    "farrington_flexible_delta",
    "farrington_flexible_muan",
    "farrington_flexible_nbPlugin",
    "cusum_standard",
]


@data
@pytest.mark.data
@pytest.mark.parametrize("name", GOLDEN)
def test_salmonella_agona_is_as_the_reference_program_prints_it(name: str) -> None:
    path = DATA / "golden" / f"agona_{name}.csv"
    found = call(name, agona())
    np.testing.assert_allclose(found.upper[FIRST:], column(path, "upper"), rtol=0, atol=5.1e-12)
    np.testing.assert_array_equal(found.alarm[FIRST:], column(path, "alarm") == 1)
    assert found.defined[FIRST:].all()


@data
@pytest.mark.data
def test_ears_of_salmonella_newport_in_all_states() -> None:
    with (DATA / "series" / "salmNewport.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    dates = [row.pop("epoch_date") for row in rows]
    total = np.array([sum(map(float, row.values())) for row in rows])
    at = next(i for i, day in enumerate(dates) if day.startswith("2011"))
    upper = ears(total, method="C1", alpha=0.05).upper[at : at + 4]
    np.testing.assert_allclose(upper, [3.278854, 3.278854, 3.436517, 3.855617], atol=5e-7)


@pytest.mark.parametrize(
    ("method", "phi", "lower", "upper", "tail", "score"),
    [
        ("muan", 1.5, 8, 24, 0.8597797, 0.4193982),
        ("muan", 1.0, 9, 22, 0.9093099, 0.4605347),
        ("nbPlugin", 1.5, 1, 10, 0.03763657, 1.11918153),
        ("nbPlugin", 1.0, 2, 9, 0.01369527, 1.27061541),
    ],
)
def test_bounds_of_noufaily(
    method: str, phi: float, lower: int, upper: int, tail: float, score: float
) -> None:
    found = negative_binomial_bound(np.log(5), np.log(2), phi, 11, alpha=0.05, method=method)
    assert (found.lower, found.upper) == (lower, upper)
    assert float(found.tail) == pytest.approx(tail, abs=5e-8)
    assert float(found.score) == pytest.approx(score, abs=5e-8)


@pytest.mark.parametrize(
    ("power", "lower", "upper", "tail", "score"),
    [
        ("none", 1.3073128, 8.6926872, 0.0907246, 0.8124165),
        ("1/2", 1.9891097, 9.3744842, 0.1189986, 0.6857951),
        ("2/3", 1.8084477, 9.1154825, 0.1094727, 0.7289546),
    ],
)
def test_bounds_of_farrington(power: str, lower: float, upper: float, tail: float, score: float) -> None:
    found = power_bound(5, 0.2, 1, 8, alpha=0.05, power=power)
    assert [float(v) for v in (found.lower, found.upper, found.tail, found.score)] == pytest.approx(
        [lower, upper, tail, score], abs=5e-8
    )


def test_weights_of_past_outbreaks() -> None:
    assert weights([0] * 5 + [2] * 5, 0).tolist() == [1.6] * 5 + [0.4] * 5


def test_the_reference_weeks_of_a_year() -> None:
    base = baseline(years=2, half_window=1, frequency=10, periods=3, recent=3)
    assert base.offsets.tolist() == list(range(-21, -3))
    assert base.level.tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 0, 0, 0, 1, 1, 1, 1, 2]
    windows = baseline(years=2, half_window=1, frequency=10)
    assert windows.offsets.tolist() == [-21, -20, -19, -11, -10, -9]


def test_a_poisson_regression_by_hand() -> None:
    # two groups: the fitted means are the groups' means, Pearson's dispersion is known
    counts = np.array([[2.0, 4.0, 10.0, 14.0]])
    design = np.array([[1.0, 0], [1, 0], [1, 1], [1, 1]])
    found = glm.fit(design, counts)
    assert found.mean[0] == pytest.approx([3, 3, 12, 12])
    assert found.dispersion[0] == pytest.approx((1 / 3 + 1 / 3 + 4 / 12 + 4 / 12) / 2)
    assert found.working[0] == pytest.approx((2 / 9 + 8 / 144) / 2)
    assert found.covariance[0, 0, 0] == pytest.approx(1 / 6)
    assert found.leverage[0] == pytest.approx([0.5] * 4)
    assert found.converged[0]


def test_the_cdc_counts_today_into_c3() -> None:
    counts = [2, 3, 2, 3, 2, 3, 2, 2, 3, 2, 2, 30]
    assert ears(counts, method="C3", definition="cdc").alarm[-1]
    assert not ears(counts, method="C3").alarm[-1]


def test_a_day_after_none_is_unusual_unless_a_least_spread_is_assumed() -> None:
    counts = [0] * 20 + [1]
    assert ears(counts).alarm[-1]
    assert not ears(counts, min_sigma=0.5).alarm[-1]
    assert not ears([0] * 20, method="C3").alarm.any()


def test_without_a_case_in_its_past_a_week_is_not_judged() -> None:
    found = farrington_flexible([0] * 200 + [3])
    assert not found.defined.any()
    assert np.isnan(found.upper).all()
    sums = cusum([[0] * 30, [1] * 30], start=20)
    assert sums.defined[:, -1].tolist() == [False, True]


def test_a_season_without_cases_is_judged_by_all_seasons() -> None:
    year = np.zeros(52)
    year[10:30] = 4
    counts = np.concatenate([np.tile(year, 4), [0, 9]])
    found = farrington_flexible(counts)
    assert found.defined[-1]
    assert 0 < found.expected[-1] < 4


def test_too_few_cases_raise_no_alarm() -> None:
    counts = np.zeros(200)
    counts[:180:20] = 1
    counts[-1] = 4
    assert not farrington(counts, limit=(5, 4)).alarm[-1]
    assert farrington(counts, limit=(4, 4)).alarm[-1]


def test_poisson_cusum_reference() -> None:
    assert poisson_reference(4.0, 9.0) == pytest.approx((5 / np.log(9 / 4) - 4) / 2)


@pytest.mark.parametrize("transform", TRANSFORMS)
@given(arrays.arrays(np.int64, st.integers(12, 40), elements=st.integers(0, 30)))
@settings(max_examples=25, deadline=None)
def test_the_bound_of_cusum_is_the_smallest_count_that_alarms(transform: str, counts: np.ndarray) -> None:
    found = cusum(counts, start=10, reference=6.5, transform=transform)
    assert (found.alarm[10:] == (found.observed >= found.upper)[10:]).all()


@given(
    arrays.arrays(np.int64, st.tuples(st.integers(2, 3), st.integers(170, 175)), elements=st.integers(0, 12))
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_many_series_give_what_each_gives_alone(counts: np.ndarray) -> None:
    for watch in (ears, farrington, farrington_flexible):
        together = watch(counts)
        for row, series in enumerate(counts):
            alone = watch(series)
            np.testing.assert_allclose(together.upper[row], alone.upper, rtol=1e-9)
            np.testing.assert_array_equal(together.alarm[row], alone.alarm)
        assert np.isfinite(together.upper[together.defined]).all()
        assert not together.alarm[~together.defined].any()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([], "counts: the series is empty"),
        ([1, np.nan, 2], "counts: time point 2"),
        ([[1, 2], [3, np.inf]], "counts: time point 2 of series 2"),
        ([1, -1], "is negative"),
        ([1, 0.5], "is not a whole number"),
        ([[[1]]], "3 dimensions"),
        ("abc", "not an array of numbers"),
        ([1, 2, 3], "time points; "),
    ],
)
def test_what_is_no_series_is_refused(counts: object, words: str) -> None:
    for watch in (ears, farrington, farrington_flexible):
        with pytest.raises(ValueError, match=words):
            watch(counts)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"method": "C4"}, "method"),
        ({"alpha": 0}, "alpha"),
        ({"baseline": 1}, "baseline"),
        ({"min_sigma": np.nan}, "min_sigma"),
        ({"definition": "own"}, "definition"),
    ],
)
def test_ears_names_a_wrong_argument(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}:"):
        ears(range(50), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"alpha": 1}, "alpha"),
        ({"years": 0}, "years"),
        ({"half_window": -1}, "half_window"),
        ({"periods": 60}, "periods"),
        ({"recent": 1.5}, "recent"),
        ({"power": "3"}, "power"),
        ({"threshold": "own"}, "threshold"),
        ({"standard_error": "own"}, "standard_error"),
        ({"trend_p": 2}, "trend_p"),
        ({"weights_threshold": 0}, "weights_threshold"),
        ({"limit": (5, 0)}, "limit"),
    ],
)
def test_farrington_names_a_wrong_argument(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}:"):
        farrington_flexible([1] * 300, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"start": 0}, "start"),
        ({"start": 50}, "start"),
        ({"start": 5, "k": -1}, "k"),
        ({"start": 5, "h": np.inf}, "h"),
        ({"start": 5, "reference": 0}, "reference"),
        ({"start": 5, "reference": [1, 2]}, "reference"),
        ({"start": 5, "transform": "own"}, "transform"),
    ],
)
def test_cusum_names_a_wrong_argument(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}:"):
        cusum([1] * 50, **arguments)  # type: ignore[arg-type]


def test_what_cannot_carry_or_tell_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^counts: 2 observations"):
        glm.fit(np.ones((2, 2)), np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"^mean"):
        power_bound(0, 1, 1, 1, alpha=0.1)
    with pytest.raises(ValueError, match=r"^raised"):
        poisson_reference(3, 2)
