"""Arrivals with a rhythm: counts as the given rates say, rain as its chain says, streams by name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, kstest

from gongbi.science.rhythm import arrivals, paired, rain, rates, shares, stream

HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 5, 8, 9, 9, 8, 7, 7, 8, 8, 7, 6, 5, 4, 3, 2, 2, 1], dtype=np.float64)


class TestStream:
    def test_same_names_same_numbers(self) -> None:
        assert stream(3, "a", 1).random(5).tolist() == stream(3, "a", 1).random(5).tolist()

    def test_another_seed_or_name_is_another_stream(self) -> None:
        drawn = {
            float(stream(*names).random())
            for names in ((3, "a"), (4, "a"), (3, "b"), (3, "a", ""), (31, "a"))
        }
        assert len(drawn) == 5


class TestArrivals:
    def test_counts_by_hour_are_as_the_rates_say(self) -> None:
        expected = rates(40.0, HOURS)
        counted = np.zeros(24)
        days = 400
        for day in range(days):
            counted += np.bincount(arrivals(stream(5, day), expected).astype(int), minlength=24)
        statistic = ((counted - days * expected) ** 2 / (days * expected)).sum()
        assert statistic < chi2.ppf(0.999, 24)

    def test_the_test_finds_another_rhythm(self) -> None:
        expected, flat = rates(40.0, HOURS), np.full(24, 40 / 24)
        counted = sum(
            np.bincount(arrivals(stream(5, day), flat).astype(int), minlength=24) for day in range(400)
        )
        assert ((counted - 400 * expected) ** 2 / (400 * expected)).sum() > chi2.ppf(0.999, 24)

    def test_moments_within_an_hour_are_uniform(self) -> None:
        moments = np.concatenate([arrivals(stream(7, day), np.full(24, 3.0)) for day in range(60)])
        assert kstest(moments % 1, "uniform").pvalue > 0.001

    def test_moments_ascend(self) -> None:
        moments = arrivals(stream(1, "x"), np.full(24, 5.0))
        assert (np.diff(moments) >= 0).all()

    def test_a_day_has_its_size_and_rain_bends_wet_hours_only(self) -> None:
        wet = np.zeros(24, dtype=bool)
        wet[3:6] = True
        dry, bent = rates(40.0, HOURS), rates(40.0, HOURS, wet=wet, rain=4.0)
        assert dry.sum() == pytest.approx(40.0)
        assert bent[3:6] == pytest.approx(4 * dry[3:6])
        assert np.delete(bent, [3, 4, 5]) == pytest.approx(np.delete(dry, [3, 4, 5]))

    @pytest.mark.parametrize("weights", [[], [0.0, 0.0], [1.0, -1.0]])
    def test_no_rhythm_is_refused(self, weights: list[float]) -> None:
        with pytest.raises(ValueError, match="rhythm"):
            shares(np.array(weights))


class TestRain:
    def test_share_and_length_of_spells(self) -> None:
        wet = rain(stream(2, "rain"), np.full(60_000, 0.1), stays=0.8)
        spells = np.diff(np.flatnonzero(np.diff(np.concatenate([[0], wet.astype(int), [0]]))))[::2]
        assert wet.mean() == pytest.approx(0.1, abs=0.01)
        assert spells.mean() == pytest.approx(5.0, rel=0.1)

    def test_no_rain_where_the_season_has_none(self) -> None:
        assert not rain(stream(2, "rain"), np.zeros(500), stays=0.8, wet=True).any()


class TestPaired:
    def test_against_a_worked_example(self) -> None:
        mean, low, high = paired(np.array([1.0, 2.0, 3.0, 4.0]))  # mean 2.5, s 1.29099, t(3, .975) 3.18245
        assert (mean, low, high) == pytest.approx((2.5, 0.44573, 4.55427), abs=1e-4)

    def test_one_pair_bounds_nothing(self) -> None:
        assert paired(np.array([5.0])) == (5.0, -np.inf, np.inf)
