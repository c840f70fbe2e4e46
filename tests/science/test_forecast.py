"""Forecasts of counts: coherence, intervals, day classes, sparse series, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gongbi.science.forecast import (
    Forecast,
    Hierarchy,
    crossed,
    fit,
    intervals,
    measure,
    rolling_origin,
    seasonal_naive,
)
from gongbi.science.forecast import counts as nb
from gongbi.science.forecast.combine import weights
from gongbi.science.forecast.history import first_regular_day
from gongbi.science.forecast.profile import profiles
from gongbi.science.forecast.reconcile import reconcile
from gongbi.science.surveillance.calendar import HOLIDAY, MAKEUP

WEEK = np.array([1.3, 1.2, 1.1, 1.1, 1.1, 0.7, 0.5])


def district(places: int = 6, kinds: int = 3) -> Hierarchy:
    units, sorts = (axis.ravel() for axis in np.indices((places, kinds)))
    return crossed(units, sorts, {"street": np.arange(places) // 2}, unit="community")


def drawn(hierarchy: Hierarchy, days: int, rate: float = 1.0, seed: int = 3) -> np.ndarray:
    random = np.random.default_rng(seed)
    rates = rate * random.gamma(1.0, size=hierarchy.bottom)
    return random.poisson(rates[:, None] * WEEK[np.arange(days) % 7])


def week(days: int) -> np.ndarray:
    return np.arange(days) % 7


class TestHierarchy:
    def test_levels_from_the_top_down(self) -> None:
        tree = district()
        assert [(level.name, level.size) for level in tree.levels] == [
            ("total", 1),
            ("kind", 3),
            ("street", 3),
            ("street × kind", 9),
            ("community", 6),
            ("community × kind", 18),
        ]
        assert tree.nodes == 40
        assert tree.slice_of("street") == slice(4, 7)

    def test_every_level_adds_up_to_the_same(self) -> None:
        tree = district()
        values = np.random.default_rng(0).integers(0, 9, (tree.bottom, 4)).astype(float)
        everything = tree.add_up(values)
        for level in tree.levels:
            np.testing.assert_allclose(everything[tree.slice_of(level.name)].sum(axis=0), values.sum(axis=0))

    def test_pairs_may_be_missing(self) -> None:
        tree = crossed([0, 0, 1], [0, 1, 1])
        assert tree.bottom == 3
        assert tree.add_up(np.array([1.0, 2.0, 4.0])).tolist() == [7, 1, 6, 3, 4, 1, 2, 4]

    def test_one_kind_has_no_levels_by_kind(self) -> None:
        assert [level.name for level in crossed([0, 1], [0, 0]).levels] == ["total", "unit"]

    @pytest.mark.parametrize(
        ("units", "kinds", "above", "word"),
        [
            ([], [], None, "kinds"),
            ([0, 1], [0], None, "kinds"),
            ([0, 0], [1, 1], None, "units"),
            ([-1], [0], None, "units"),
            ([0.5], [0], None, "units"),
            ([0, 1], [0, 0], {"street": [0]}, "street"),
            ([0, 1], [0, 0], {"unit": [0, 1]}, "same name"),
        ],
    )
    def test_what_is_no_hierarchy(self, units: list, kinds: list, above: dict | None, word: str) -> None:
        with pytest.raises(ValueError, match=word):
            crossed(np.array(units), np.array(kinds), above)

    def test_unknown_level(self) -> None:
        with pytest.raises(ValueError, match="level"):
            district().slice_of("grid")


class TestNegativeBinomial:
    @settings(max_examples=60, deadline=None)
    @given(
        st.floats(0.001, 500),
        st.floats(0.0001, 3),
        st.sampled_from([0.001, 0.05, 0.3, 0.5, 0.9, 0.95, 0.999]),
    )
    def test_as_scipy(self, mean: float, spread: float, probability: float) -> None:
        reference = stats.nbinom(1 / spread, 1 / (1 + spread * mean))
        found = nb.quantile(*(np.array([value]) for value in (probability, mean, spread)))[0]
        assert found == reference.ppf(probability)
        count = np.array([found])
        assert nb.at_most(count, np.array([mean]), np.array([spread]))[0] == pytest.approx(
            reference.cdf(found)
        )

    def test_nothing_below_zero(self) -> None:
        assert nb.at_most(np.array([-1.0]), np.array([2.0]), np.array([0.1]))[0] == 0


class TestReconcile:
    def test_coherent_stays_as_it_is(self) -> None:
        tree = district()
        values = tree.add_up(np.arange(tree.bottom, dtype=float)[:, None])
        np.testing.assert_allclose(reconcile(values, np.ones(tree.nodes), tree), values, atol=1e-9)

    def test_is_generalised_least_squares(self) -> None:
        tree = district(4, 2)
        random = np.random.default_rng(1)
        base, variance = 10 + random.random((tree.nodes, 2)), 0.5 + random.random(tree.nodes)
        summing = tree.add_up(np.eye(tree.bottom))
        inverse = np.diag(1 / variance)
        best = np.linalg.solve(summing.T @ inverse @ summing, summing.T @ inverse @ base)
        np.testing.assert_allclose(reconcile(base, variance, tree), tree.add_up(best), rtol=1e-9)

    def test_never_negative_and_still_adds_up(self) -> None:
        tree = district(4, 2)
        base = np.zeros((tree.nodes, 1))
        base[-1] = 5.0
        found = reconcile(base, np.ones(tree.nodes), tree)
        assert found.min() >= 0
        np.testing.assert_allclose(found, tree.add_up(found[-tree.bottom :]))


class TestFit:
    def test_means_add_up_and_intervals_hold_the_median(self) -> None:
        tree = district()
        said = fit(drawn(tree, 200), tree, week(228))
        assert said.mean.shape == (tree.nodes, 28)
        assert said.rehearsals == 10  # every other week, the oldest after six weeks
        np.testing.assert_allclose(said.mean, tree.add_up(said.mean[-tree.bottom :]), rtol=1e-9, atol=1e-12)
        assert (said.lower <= said.median).all()
        assert (said.median <= said.upper).all()
        assert said.lower.min() >= 0
        assert np.isfinite(said.mean).all()

    def test_the_week_and_the_level_are_found(self) -> None:
        tree = district()
        table = drawn(tree, 364, rate=20.0)
        said = fit(table, tree, week(392))
        expected = table.sum() / 364 * WEEK[week(28)]
        np.testing.assert_allclose(said.mean[0], expected, rtol=0.06)

    def test_a_drop_is_followed(self) -> None:
        tree = crossed([0, 1], [0, 0])
        random = np.random.default_rng(5)
        rate = np.where(np.arange(300) < 150, 30.0, 10.0)
        said = fit(random.poisson(np.stack([rate, rate])), tree, week(328))
        assert said.mean[0].mean() == pytest.approx(20.0, rel=0.15)

    def test_the_season_comes_back(self) -> None:
        tree = crossed([0, 1], [0, 0])
        days = 365 * 2 + 60
        rate = 20 * np.exp(0.6 * np.sin(2 * np.pi * np.arange(days + 28) / 365.2425))
        table = np.random.default_rng(2).poisson(np.stack([rate, rate]))
        said = fit(table[:, :days], tree, week(days + 28))
        assert said.mean[0].mean() == pytest.approx(2 * rate[days:].mean(), rel=0.07)

    def test_holidays_and_worked_weekends(self) -> None:
        """A holiday falls to its own level, a worked Saturday is a working day: known from the past of all kinds together."""
        tree = district(4, 2)
        days = 400
        classes = week(days + 28)
        holidays, worked = np.arange(9, days + 28, 29), np.arange(5, days + 28, 35)
        classes = classes.copy()
        classes[holidays], classes[worked] = HOLIDAY, MAKEUP
        factor = np.where(
            classes == HOLIDAY, 0.2, np.where(classes == MAKEUP, 1.2, WEEK[np.minimum(classes, 6)])
        )
        table = np.random.default_rng(4).poisson(8 * factor[:days], (tree.bottom, days))
        said = fit(table, tree, classes)
        truth = 8 * tree.bottom * factor[days:]
        for kind in (HOLIDAY, MAKEUP):
            assert (classes[days:] == kind).any()
            there = classes[days:] == kind
            np.testing.assert_allclose(said.mean[0][there], truth[there], rtol=0.25)

    def test_an_unknown_holiday_is_a_sunday_and_a_worked_saturday_a_working_day(self) -> None:
        tree = crossed([0], [0])
        classes = week(228).copy()
        classes[202], classes[208] = HOLIDAY, MAKEUP  # none in the history
        said = fit(drawn(tree, 200, rate=200.0), tree, classes)
        sundays, workdays = classes[200:] == 6, classes[200:] < 5
        assert said.mean[0, 2] == pytest.approx(said.mean[0, sundays].mean(), rel=0.1)
        assert said.mean[0, 8] == pytest.approx(said.mean[0, workdays].mean(), rel=0.1)

    def test_a_series_without_a_case_is_forecast_from_its_place_and_kind(self) -> None:
        tree = district()
        table = drawn(tree, 200)
        table[4] = 0
        said = fit(table, tree, week(228))
        row = said.mean[tree.nodes - tree.bottom + 4]
        assert (row > 0).all()
        assert row.max() < 0.1
        assert said.upper[tree.nodes - tree.bottom + 4].max() == 0

    def test_missing_days_are_left_out_whatever_stands_there(self) -> None:
        tree = district()
        table = drawn(tree, 200, rate=5.0)
        observed = np.ones(200, bool)
        observed[100:110] = observed[190:193] = False
        zero, wild = table.copy(), table.copy()
        zero[:, ~observed], wild[:, ~observed] = 0, 1000
        found = [fit(one, tree, week(228), observed=observed) for one in (zero, wild)]
        np.testing.assert_array_equal(found[0].mean, found[1].mean)
        np.testing.assert_array_equal(found[0].upper, found[1].upper)
        truth = table.sum() / 200 * WEEK[np.arange(200, 228) % 7]
        np.testing.assert_allclose(found[0].mean[0], truth, rtol=0.12)

    @pytest.mark.parametrize("days", [14, 30, 80, 399, 401])
    def test_short_histories(self, days: int) -> None:
        tree = district()
        said = fit(drawn(tree, days), tree, week(days + 7), horizon=7)
        assert np.isfinite(said.mean).all()
        assert said.rehearsals == max(0, min(16, (days - 7 - 42) // 14 + 1))

    @pytest.mark.parametrize("what", ["nothing", "one day", "one case", "constant"])
    def test_extreme_tables(self, what: str) -> None:
        tree = district()
        table = np.zeros((tree.bottom, 120))
        if what == "one day":
            table[:, 60] = 50
        if what == "one case":
            table[3, 119] = 1
        if what == "constant":
            table[:] = 2
        said = fit(table, tree, week(148))
        assert np.isfinite(said.mean).all()
        assert (said.lower <= said.upper).all()
        if what == "nothing":
            assert said.mean[0].max() < 0.1
            assert said.upper.max() == 0
        if what == "constant":
            np.testing.assert_allclose(said.mean[-tree.bottom :], 2, rtol=0.05)

    def test_a_number_that_no_place_has(self) -> None:
        tree = crossed([0, 2], [0, 0])
        said = fit(drawn(tree, 100, rate=5.0), tree, week(128))
        np.testing.assert_allclose(said.mean[0], said.mean[-2:].sum(axis=0))
        assert np.isfinite(said.mean).all()

    def test_one_place_one_kind(self) -> None:
        said = fit(drawn(crossed([0], [0]), 100, rate=5.0)[0], crossed([0], [0]), week(128))
        np.testing.assert_allclose(said.mean[0], said.mean[1])

    def test_more_share_is_wider(self) -> None:
        tree = district()
        table = drawn(tree, 200, rate=3.0)
        narrow, wide = (fit(table, tree, week(228), level=share) for share in (0.5, 0.98))
        assert (wide.upper >= narrow.upper).all()
        assert (wide.lower <= narrow.lower).all()
        assert wide.upper.sum() > narrow.upper.sum()

    @settings(max_examples=15, deadline=None)
    @given(st.integers(1, 4), st.integers(1, 3), st.integers(14, 90), st.integers(1, 28), st.integers(0, 99))
    def test_always_finite_coherent_and_the_same_again(
        self, places: int, kinds: int, days: int, horizon: int, seed: int
    ) -> None:
        tree = district(places, kinds)
        table = drawn(tree, days, rate=0.3, seed=seed)
        said, again = (fit(table, tree, week(days + horizon), horizon=horizon) for _ in range(2))
        assert np.isfinite(said.mean).all()
        assert said.mean.min() >= 0
        np.testing.assert_allclose(said.mean, tree.add_up(said.mean[-tree.bottom :]), rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(said.upper, again.upper)

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"counts": np.full((18, 40), np.nan)}, "counts"),
            ({"counts": np.full((18, 40), -1)}, "counts"),
            ({"counts": np.full((18, 40), 0.5)}, "counts"),
            ({"counts": np.zeros((0, 40))}, "counts"),
            ({"counts": np.zeros(40)}, "counts"),
            ({"counts": np.zeros((17, 40))}, "counts"),
            ({"counts": np.zeros((18, 13)), "classes": np.zeros(41, int)}, "counts"),
            ({"classes": np.zeros(40, int)}, "classes"),
            ({"classes": np.full(68, 9)}, "classes"),
            ({"horizon": 0}, "horizon"),
            ({"level": 1.0}, "level"),
            ({"observed": np.ones(3)}, "observed"),
            ({"observed": np.zeros(40)}, "observed"),
        ],
    )
    def test_what_is_refused(self, change: dict, word: str) -> None:
        good = {"counts": np.zeros((18, 40)), "hierarchy": district(), "classes": week(68)}
        with pytest.raises(ValueError, match=word):
            fit(**{**good, **change})


class TestParts:
    def test_the_better_expert_earns_the_weight(self) -> None:
        random = np.random.default_rng(0)
        truth = random.gamma(5, 4, 3000)
        found = weights(
            np.stack([truth, np.full(3000, truth.mean())], axis=1), random.poisson(truth).astype(float)
        )
        assert found.sum() == pytest.approx(1)
        assert found[0] > 0.75

    def test_a_rare_kind_takes_the_week_of_the_others(self) -> None:
        common = 100 * np.tile(WEEK, 20)
        rare = np.zeros(140)
        rare[[3, 50, 99]] = 1
        shape = profiles(np.stack([common + rare, common, rare]), week(147), np.ones(140), seasonal=False)
        np.testing.assert_allclose(shape[2, 140:] / shape[2, 140:].mean(), WEEK / WEEK.mean(), rtol=0.16)

    def test_dispersion_of_a_negative_binomial(self) -> None:
        random = np.random.default_rng(0)
        mean = np.full(20000, 10.0)
        actual = random.poisson(10 * random.gamma(1 / 0.3, 0.3, 20000))
        assert intervals.dispersion(actual.astype(float), mean) == pytest.approx(0.3, rel=0.08)

    def test_too_narrow_a_distribution_is_widened(self) -> None:
        random = np.random.default_rng(0)
        mean, spread = np.full(4000, 30.0), np.full(4000, 1e-4)
        actual = random.poisson(30 * random.gamma(5, 1 / 5, 4000)).astype(float)
        sizes = intervals.groups(mean)
        used = intervals.shares(intervals.depth(actual, mean, spread), sizes, 0.9)
        lower, _, upper = intervals.bounds(mean, spread, used[sizes])
        assert used[sizes[0]] > 0.99
        assert ((actual >= lower) & (actual <= upper)).mean() > 0.7
        assert used[0] == pytest.approx(0.9, abs=0.02)  # a group without a past keeps the nominal share

    def test_depth_is_where_the_interval_begins_to_hold(self) -> None:
        mean, spread = np.full(30, 4.0), np.full(30, 0.2)
        actual = np.arange(30.0)
        deep = intervals.depth(actual, mean, spread)
        for shift, inside in ((1e-6, True), (-1e-6, False)):
            share = np.clip(deep + shift, 0, 1 - 1e-12)
            lower, _, upper = intervals.bounds(mean, spread, share)
            checked = (deep > 1e-3) & (deep < 0.999)
            assert (((actual >= lower) & (actual <= upper))[checked] == inside).all()

    def test_history_begins_where_cases_come_regularly(self) -> None:
        daily = np.zeros(500, int)
        daily[[3, 5, 90]] = 1
        daily[200:] = 10
        daily[300:340] = 0  # an outage is no new beginning
        assert first_regular_day(daily) in range(173, 201)
        assert first_regular_day(np.full(40, 3)) == 0
        assert first_regular_day(np.zeros(40)) == 0


class TestMeasure:
    def test_by_hand(self) -> None:
        """Two places; the forecaster says 3 for every node and day, with bounds 2 and 4."""
        tree = crossed([0, 1], [0, 0])
        random = np.random.default_rng(8)
        table = random.poisson(2.0, (2, 70)).astype(float)

        def three(counts: np.ndarray, *_: object, horizon: int, level: float, **__: object) -> Forecast:
            flat = np.full((3, horizon), 3.0)
            return Forecast(tree, flat, flat, flat - 1, flat + 1, level, 0, np.zeros(0), np.zeros(0))

        judged = list(measure.judge(table, tree, week(70), horizon=7, count=2, forecaster=three))
        scores = measure.score(judged, tree)
        assert scores.ends == (56, 63)
        everything = tree.add_up(table)
        mase, naive, covered = np.zeros((3, 2)), np.zeros((3, 2)), np.zeros((3, 2))
        for i, end in enumerate(scores.ends):
            known, actual = everything[:, :end], everything[:, end : end + 7]
            scale = np.abs(known[:, 7:] - known[:, :-7]).mean(axis=1)
            mase[:, i] = np.abs(actual - 3).mean(axis=1) / scale
            naive[:, i] = np.abs(actual - known[:, -7:]).mean(axis=1) / scale
            covered[:, i] = ((actual >= 2) & (actual <= 4)).mean(axis=1)
        top, bottom = scores.levels
        assert top.mase == pytest.approx(mase[0].mean())
        assert bottom.mase == pytest.approx(mase[1:].mean())
        assert bottom.mase_naive == pytest.approx(naive[1:].mean())
        assert bottom.coverage == pytest.approx(covered[1:].mean())
        assert scores.ratio == pytest.approx(
            (mase[0].mean() + mase[1:].mean()) / (naive[0].mean() + naive[1:].mean())
        )
        assert len(bottom.by_horizon) == 7

    def test_seasonal_naive_repeats_the_last_week(self) -> None:
        assert seasonal_naive(np.arange(10.0)[None], 9).tolist() == [[3, 4, 5, 6, 7, 8, 9, 3, 4]]

    def test_series_without_a_scale_are_left_out_and_counted(self) -> None:
        tree = crossed([0, 1], [0, 0])
        table = np.vstack([np.random.default_rng(1).poisson(3.0, 100), np.zeros(100)])
        scores = rolling_origin(table, tree, week(100), horizon=7, count=3)
        assert scores.levels[1].left_out == 3
        assert scores.levels[1].mase == pytest.approx(scores.levels[0].mase, rel=0.2)

    def test_nothing_is_known_of_the_future(self) -> None:
        tree = district()
        table = drawn(tree, 150)
        other = table.copy()
        other[:, 143:] = 99
        firsts = [
            next(measure.judge(one, tree, week(150), horizon=7, count=1)).forecast.mean
            for one in (table, other)
        ]
        np.testing.assert_array_equal(firsts[0], firsts[1])

    @pytest.mark.slow
    def test_poisson_counts_of_known_rates_are_covered(self) -> None:
        """Simulated, busy enough that a count has no large atoms: 90 % intervals hold 87-93 %."""
        tree = district(10, 2)
        scores = rolling_origin(drawn(tree, 420, rate=6.0), tree, week(420), count=6, horizon=28)
        for level in scores.levels[1:]:
            assert 0.87 <= level.coverage <= 0.93, level.name
        assert scores.ratio < 0.85

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            ({"count": 0}, "origins"),
            ({"count": 40}, "origins"),
            ({"step": 0}, "step"),
            ({"horizon": 0}, "horizon"),
            ({"classes": week(99)}, "classes"),
            ({"observed": np.ones(99)}, "observed"),
            ({"counts": np.zeros((18, 100))}, "scale"),
        ],
    )
    def test_what_is_refused(self, change: dict, word: str) -> None:
        good = {"counts": drawn(district(), 100), "hierarchy": district(), "classes": week(100), "horizon": 7}
        with pytest.raises(ValueError, match=word):
            rolling_origin(**{**good, "count": 2, **change})
