"""The scan against a search of every window written anew here, and what holds for any data."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongbi.science.scan import (
    ScanResult,
    circles,
    gumbel_p,
    monte_carlo_p,
    recurrence,
    scan,
    search,
    statistic,
)
from gongbi.science.scan import random as draws
from gongbi.science.scan.engine import kernels
from gongbi.science.scan.likelihood import bernoulli_llr, largest_baseline, poisson_llr

KINDS = [
    ("poisson", False),
    ("poisson", True),
    ("bernoulli", False),
    ("bernoulli", True),
    ("permutation", False),
    ("permutation", True),
]


def town(seed: int, places: int = 14, days: int = 12, mean: float = 0.7) -> dict[str, Any]:
    """A few places on a lattice (many equal distances, two at the same spot) with cases, controls and people who come and go."""
    rng = np.random.default_rng(seed)
    x, y = np.divmod(np.arange(places), 4)
    x[1], y[1] = x[0], y[0]
    return {
        "x": x * 1.0,
        "y": y * 1.0,
        "cases": rng.poisson(mean, (places, days)),
        "controls": rng.poisson(2, (places, days)),
        "baseline": rng.gamma(3, size=(places, days)),
    }


def score(c: float, b: float, total_cases: float, total: float, bernoulli: bool) -> float:
    """The definition, term by term."""

    def xlogx(value: float) -> float:
        return value * np.log(value) if value > 0 else 0.0

    if not bernoulli:
        if c <= b:
            return 0.0
        return float(c * np.log(c / b) + xlogx(total - c) - (total - c) * np.log(total - b))
    if c * (total - b) <= (total_cases - c) * b:
        return 0.0
    inside = xlogx(c) + xlogx(b - c) - xlogx(b)
    rest, others = total_cases - c, total - b
    outside = xlogx(rest) + xlogx(others - rest) - xlogx(others)
    return float(inside + outside - xlogx(total_cases) - xlogx(total - total_cases) + xlogx(total))


def every_window(
    data: dict[str, Any], model: str, prospective: bool, *, share: float, longest: int, radius: float
) -> list[tuple[float, frozenset[int], int, int, int]]:
    """(ratio, places, first, last, cases) of each circle and period, without anything clever."""
    cases, x, y = data["cases"], data["x"], data["y"]
    days, total_cases = cases.shape[1], cases.sum()
    if model == "poisson":
        base = data["baseline"] * total_cases / data["baseline"].sum()
    elif model == "bernoulli":
        base = cases + data["controls"]
    else:
        base = np.outer(cases.sum(1), cases.sum(0)) / total_cases
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    found = []
    for centre in range(len(x)):
        for reach in np.unique(np.round(apart[centre], 9)):
            members = np.flatnonzero(apart[centre] <= reach + 1e-6)
            if reach > radius or base[members].sum() > share * base.sum() * (1 + 1e-9):
                continue
            for last in [days - 1] if prospective else range(days):
                for first in range(max(last - longest + 1, 0), last + 1):
                    c = cases[members, first : last + 1].sum()
                    b = base[members, first : last + 1].sum()
                    if c >= 2:
                        value = score(c, b, total_cases, base.sum(), model == "bernoulli")
                        found.append((value, frozenset(members.tolist()), first, last, int(c)))
    return found


def run(
    data: dict[str, Any],
    model: str,
    prospective: bool,
    *,
    share: float = 0.4,
    radius: float = 2.5,
    **more: Any,
) -> ScanResult:
    if model == "poisson":
        more["baseline"] = data["baseline"]
    if model == "bernoulli":
        more["controls"] = data["controls"]
    around = circles(data["x"], data["y"], max_radius=radius, cartesian=True)
    more = {"max_length": 5, "replications": 0, **more}
    return scan(data["cases"], around, model=model, prospective=prospective, max_share=share, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("model", "prospective"), KINDS)
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_the_likeliest_window_is_the_one_that_trying_all_finds(
    model: str, prospective: bool, compiled: bool, seed: int
) -> None:
    data = town(seed)
    result = run(data, model, prospective, compiled=compiled)
    every = every_window(data, model, prospective, share=0.4, longest=5, radius=2.5)
    best = max(value for value, *_ in every)
    first = result.clusters[0]
    assert first.llr == pytest.approx(best, abs=1e-8)
    shown = (frozenset(first.places.tolist()), first.first, first.last, first.cases)
    assert shown in {window[1:] for window in every if window[0] > best - 1e-8}


@pytest.mark.parametrize(("model", "prospective"), KINDS)
def test_secondary_clusters_are_each_centres_best_without_overlap(model: str, prospective: bool) -> None:
    data = town(9, mean=0.5)
    result = run(data, model, prospective)
    taken: set[int] = set()
    before = np.inf
    for cluster in result.clusters:
        assert not taken & set(cluster.places.tolist())
        assert 0 < cluster.llr <= before
        taken |= set(cluster.places.tolist())
        before = cluster.llr
        assert cluster.cases == data["cases"][cluster.places, cluster.first : cluster.last + 1].sum()


@pytest.mark.parametrize(("model", "prospective"), KINDS)
@pytest.mark.parametrize("product", [True, False])
def test_numba_and_numpy_and_any_number_of_threads_give_the_same(
    model: str, prospective: bool, product: bool
) -> None:
    data = town(3, mean=1.5)
    if product:
        data["baseline"] = np.outer(np.arange(1, 15), np.ones(12))
    results = [
        run(data, model, prospective, replications=40, seed=5, **more)
        for more in ({"threads": 1}, {"threads": 3}, {"compiled": False})
    ]
    for other in results[1:]:
        assert np.array_equal(results[0].maxima, other.maxima)
        assert [(c.llr, c.p, c.centre, c.first) for c in results[0].clusters] == [
            (c.llr, c.p, c.centre, c.first) for c in other.clusters
        ]
    assert not np.array_equal(
        run(data, model, prospective, replications=40, seed=6).maxima, results[0].maxima
    )


@pytest.mark.parametrize(("model", "prospective"), KINDS)
def test_a_replication_is_drawn_from_the_null_and_searched_like_the_data(
    model: str, prospective: bool
) -> None:
    """Shuffled by numpy's own generator and searched one by one, the maxima have the same distribution."""
    data = town(1, mean=1.0)
    ours = run(data, model, prospective, replications=200).maxima
    rng = np.random.default_rng(2)
    theirs = [run(_shuffled(data, model, rng), model, prospective).clusters for _ in range(50)]
    values = np.array([clusters[0].llr if clusters else 0.0 for clusters in theirs])
    error = np.sqrt(ours.var() / len(ours) + values.var() / len(values))
    assert abs(ours.mean() - values.mean()) < 4 * error
    assert 0.6 < ours.std() / values.std() < 1.6


def _shuffled(data: dict[str, Any], model: str, rng: np.random.Generator) -> dict[str, Any]:
    cases = data["cases"]
    if model == "poisson":
        share = (data["baseline"] / data["baseline"].sum()).ravel()
        return {**data, "cases": rng.multinomial(cases.sum(), share).reshape(cases.shape)}
    if model == "bernoulli":
        people = cases + data["controls"]
        drawn = rng.multivariate_hypergeometric(people.ravel(), cases.sum()).reshape(cases.shape)
        return {**data, "cases": drawn, "controls": people - drawn}
    place, day = (np.repeat(index.ravel(), cases.ravel()) for index in np.indices(cases.shape))
    again = np.zeros_like(cases)
    np.add.at(again, (place, rng.permutation(day)), 1)
    return {**data, "cases": again}


def test_a_planted_outbreak_is_found_and_a_shuffled_copy_is_not() -> None:
    rng = np.random.default_rng(4)
    x, y = (values.ravel() * 0.4 for values in np.indices((12, 12)))
    cases = rng.poisson(0.15, (144, 60))
    around = circles(x, y, max_radius=1.5, cartesian=True)
    calm = scan(cases, around, prospective=True, max_length=14, replications=199)
    assert calm.clusters[0].p_monte_carlo is not None
    assert calm.clusters[0].p_monte_carlo > 0.05
    near = np.flatnonzero(np.hypot(x - 2, y - 2) < 0.6)
    cases[near, -4:] += 2
    found = scan(cases, around, prospective=True, max_length=14, replications=199).clusters[0]
    assert found.p_monte_carlo == 1 / 200
    assert set(near) <= set(found.places.tolist())
    assert (found.first, found.last) == (56, 59)
    assert found.recurrence is not None
    assert found.recurrence > 10_000


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(KINDS), st.floats(0.1, 1.0))
def test_whatever_the_data_the_result_is_sound(seed: int, kind: tuple[str, bool], share: float) -> None:
    data = town(seed, mean=0.6)
    result = run(data, *kind, share=share, replications=19, seed=seed)
    assert len(result.maxima) == 19
    assert np.isfinite(result.maxima).all()
    assert (result.maxima >= 0).all()
    for cluster in result.clusters:
        assert cluster.cases > cluster.expected > 0
        assert cluster.relative_risk > 1
        assert 0 < (cluster.p or 0) <= 1
        assert 1 / 20 <= (cluster.p_monte_carlo or 0) <= 1
        assert 0 <= cluster.first <= cluster.last < 12
        assert cluster.last - cluster.first < 5
        assert (cluster.recurrence is not None) == kind[1]


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 400), st.floats(0.01, 12.0), st.booleans())
def test_the_largest_baseline_of_a_count_is_where_the_ratio_crosses_the_floor(
    count: int, floor: float, bernoulli: bool
) -> None:
    def ratio(b: float) -> float:
        return float(bernoulli_llr(count, b, 500, 1300) if bernoulli else poisson_llr(count, b, 500))

    total = 1300.0 if bernoulli else 500.0
    largest = float(largest_baseline(floor, 400, 500, total, bernoulli=bernoulli)[count])
    if kernels is not None:
        assert kernels.largest_baseline(floor, 400, 500.0, total, bernoulli)[count] == pytest.approx(
            largest, rel=1e-6, abs=1e-6
        )
    if largest < 0:
        assert ratio(count if bernoulli else 1e-9) < floor
    else:
        assert ratio(largest * 1.001 + 1e-6) < floor
        assert ratio(max(largest * 0.999, count if bernoulli else 0)) >= floor - 1e-6


def test_probabilities_count_ties_and_recurrence_is_their_inverse() -> None:
    assert monte_carlo_p(3.0, [1.0, 3.0, 5.0]) == 3 / 4
    assert monte_carlo_p(9.0, [1.0, 3.0, 5.0]) == 1 / 4
    assert recurrence(0.01, 7.0) == pytest.approx(700)
    maxima = np.random.default_rng(1).gumbel(5.0, 1.5, 100_000)
    assert gumbel_p(14.0, maxima) == pytest.approx(1 - np.exp(-np.exp(-6)), rel=0.1)


def test_the_streams_of_random_numbers_do_not_depend_on_their_length() -> None:
    assert draws.keys(7, 3).tolist() == draws.keys(7, 9)[:3].tolist()
    whole = draws.uniforms(42, 0, 50_000)
    assert np.array_equal(whole[100:200], draws.uniforms(42, 100, 200))
    assert (whole.min() >= 0, whole.max() < 1) == (True, True)
    assert np.histogram(whole, 10, (0, 1))[0] == pytest.approx(5000, rel=0.06)


def test_places_at_the_same_distance_enter_together() -> None:
    around = circles([0, 1, -1, 0, 0, 0], [0, 0, 0, 1, -1, 0], cartesian=True)
    assert around.near[:6].tolist()[:2] == [0, 5]
    assert np.flatnonzero(around.stop[:6]).tolist() == [1, 5]
    fewer = circles([0, 1, -1, 0, 0, 0], [0, 0, 0, 1, -1, 0], max_places=3, cartesian=True)
    assert fewer.stop[:3].tolist() == [False, True, False]
    degrees = circles([108.9, 108.91, 108.89], [34.25, 34.25, 34.25], max_radius=3)
    assert degrees.stop[:3].tolist() == [False, False, True] or degrees.stop[:3].tolist() == [
        True,
        False,
        True,
    ]
    assert degrees.distance[1] == pytest.approx(0.9185, abs=1e-3)


BAD: list[tuple[str, dict[str, Any]]] = [
    ("cases", {"cases": np.zeros((14, 12), int)}),
    ("cases", {"cases": np.full((14, 12), np.nan)}),
    ("cases", {"cases": np.full((14, 12), 0.5)}),
    ("cases", {"cases": np.full((14, 12), -1)}),
    ("cases", {"cases": np.ones((13, 12), int)}),
    ("cases", {"cases": np.ones((14, 0), int)}),
    ("cases", {"cases": np.ones(14, int), "prospective": True}),
    ("baseline", {"baseline": np.zeros((14, 12))}),
    ("baseline", {"baseline": np.full((14, 12), np.nan)}),
    ("baseline", {"baseline": np.ones((14, 11))}),
    ("baseline", {"baseline": -np.ones((14, 12))}),
    ("baseline", {"model": "permutation", "baseline": np.ones((14, 12))}),
    ("controls", {"model": "bernoulli"}),
    ("controls", {"model": "bernoulli", "controls": np.zeros((14, 12), int)}),
    ("controls", {"model": "bernoulli", "controls": np.ones((14, 3), int)}),
    ("controls", {"controls": np.ones((14, 12), int)}),
    ("cases", {"model": "permutation", "cases": np.eye(14, 12, dtype=int)[:1].repeat(14, 0)}),
    ("model", {"model": "normal"}),
    ("max_share", {"max_share": 0}),
    ("max_share", {"max_share": 1.1}),
    ("max_share", {"max_share": float("nan")}),
    ("max_length", {"max_length": 0}),
    ("max_length", {"max_length": 13}),
    ("replications", {"replications": -1}),
    ("seed", {"seed": -1, "replications": 9}),
    ("min_cases", {"min_cases": 0}),
]


@pytest.mark.parametrize(("argument", "given"), BAD)
def test_what_cannot_be_scanned_is_refused_by_its_name(argument: str, given: dict[str, Any]) -> None:
    data = town(0)
    words = {"cases": data["cases"], "replications": 0, **given}
    around = circles(data["x"], data["y"], cartesian=True)
    with pytest.raises(ValueError, match=rf"^{argument}:"):
        scan(words.pop("cases"), around, **words)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([], [], {}),
        ([1, 2], [1], {}),
        ([1, np.nan], [1, 2], {}),
        ([34.0, 34.1], [108.9, 108.8], {}),
        ([1, 2], [1, 2], {"max_radius": 0}),
        ([1, 2], [1, 2], {"max_radius": float("nan")}),
        ([1, 2], [1, 2], {"max_places": 0}),
    ],
)
def test_coordinates_that_are_none_are_refused(x: list[float], y: list[float], words: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^(x|x, y|max_radius|max_places):"):
        circles(x, y, **words)


def test_one_place_is_no_map_and_one_case_no_cluster() -> None:
    with pytest.raises(ValueError, match=r"^around: one place"):
        scan([[1, 2, 3]], circles([1], [1], cartesian=True))
    lonely = np.zeros((14, 12), int)
    lonely[3, 4] = 1
    data = town(0)
    assert scan(lonely, circles(data["x"], data["y"], cartesian=True), replications=9).clusters == ()


def test_everybody_at_one_spot_or_a_flat_map_raises_no_warning() -> None:
    together = circles(np.zeros(14), np.zeros(14), cartesian=True)
    assert scan(town(0)["cases"], together, replications=19).clusters == ()
    data = town(0)
    flat = np.ones((14, 12), int)
    assert scan(flat, circles(data["x"], data["y"], cartesian=True), replications=19).clusters == ()


def test_places_where_nobody_lives_are_passed_over() -> None:
    data = town(2)
    data["baseline"][[0, 1, 5]] = 0
    data["baseline"][7, :6] = 0
    data["cases"][data["baseline"] == 0] = 0
    for prospective in (False, True):
        best = max(every_window(data, "poisson", prospective, share=0.4, longest=5, radius=2.5))[0]
        assert run(data, "poisson", prospective).clusters[0].llr == pytest.approx(best, abs=1e-8)


def test_in_large_data_without_replications_only_the_weak_clusters_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = town(9, mean=0.5)
    every = [c.llr for c in run(data, "poisson", False).clusters]
    monkeypatch.setattr(statistic, "_TRY_ALL", 0)
    monkeypatch.setattr(search, "_FEW_WINDOWS", 0)  # from high floors to low ones
    fewer = [c.llr for c in run(data, "poisson", False).clusters]
    assert fewer == every[: len(fewer)]
    assert all(llr < every[0] / 2 for llr in every[len(fewer) :])


@pytest.mark.parametrize("model", ["poisson", "bernoulli", "permutation"])
@pytest.mark.parametrize("general", [False, True])
def test_times_that_differ_much_are_searched_exactly(model: str, general: bool) -> None:
    """Hardly anything in the first half, nothing on some days: one threshold for all times would say little."""
    rng = np.random.default_rng(8)
    rate = np.repeat([0.02, 0.0, 3.0, 1.0], [6, 2, 4, 8])
    data = town(8, days=20)
    data["cases"] = rng.poisson(rate, (14, 20))
    data["controls"] = rng.poisson(rate * 2, (14, 20))
    data["baseline"] = np.outer(rng.gamma(4, size=14), rate)
    if general:
        data["baseline"] *= np.linspace(rng.uniform(0.5, 1, 14), rng.uniform(1, 2, 14), 20).T
    for seed in range(3):
        shuffled = _shuffled(data, model, np.random.default_rng(seed))
        best = max(every_window(shuffled, model, False, share=0.4, longest=5, radius=2.5))[0]
        assert run(shuffled, model, False).clusters[0].llr == pytest.approx(best, abs=1e-8)
    ours = run(data, model, False, replications=30)
    assert np.array_equal(ours.maxima, run(data, model, False, replications=30, compiled=False).maxima)


def test_many_cases_need_wider_counters() -> None:
    data = town(6)
    data = {**data, "cases": data["cases"] + np.random.default_rng(1).poisson(700, (14, 12))}
    every = every_window(data, "poisson", False, share=0.4, longest=5, radius=2.5)
    assert run(data, "poisson", False).clusters[0].llr == pytest.approx(max(every)[0], abs=1e-6)


def test_without_numba_the_same_comes_out(tmp_path: Path) -> None:
    code = """
import sys, json
if sys.argv[1] == "without":
    sys.modules["numba"] = None
import numpy as np
from gongbi.science.scan import circles, engine, scan
assert (engine.kernels is None) == (sys.argv[1] == "without")
cases = np.random.default_rng(3).poisson(1, (12, 8))
around = circles(np.arange(12.0) % 4, np.arange(12.0) // 4, cartesian=True)
found = scan(cases, around, baseline=np.ones((12, 8)) + np.eye(12, 8), replications=19)
print(json.dumps([found.maxima.tolist(), [(c.llr, c.p, c.places.tolist()) for c in found.clusters]]))
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", code, how], capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout
        for how in ("with", "without")
    ]
    assert said[0] == said[1]


def test_results_are_values() -> None:
    found = run(town(0), "poisson", False).clusters[0]
    with pytest.raises(AttributeError):
        found.cases = 3  # type: ignore[misc]
    assert replace(found, cases=3).cases == 3
