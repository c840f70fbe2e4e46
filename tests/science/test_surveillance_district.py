"""The daily watch of a whole district: predictions that fit, and the stated number of false alarms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom

from gongbi.science.surveillance import alarms, score, watch
from gongbi.science.surveillance.calendar import HOLIDAY, MAKEUP, Pattern, day_classes
from gongbi.science.surveillance.district import HISTORY, LEARN, QUIET
from gongbi.science.surveillance.predictive import GRID, crossings, tail

WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.1, 0.8, 0.6])


def calm(kind: str, series: int, days: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Background without outbreaks, and its weekdays."""
    random = np.random.default_rng(seed)
    weekday = np.arange(days) % 7
    level = random.gamma(0.7, 1 / 0.7, series)[:, None]
    mean = {"sparse": 0.05, "overdispersed": 0.8, "seasonal": 0.8}[kind] * level * WEEK[weekday]
    if kind == "seasonal":
        mean = mean * np.exp(0.7 * np.sin(2 * np.pi * np.arange(days) / 365))
    if kind == "overdispersed":
        more = random.uniform(0.2, 2.0, (series, 1))
        mean = random.gamma(mean / more, more)
    return random.poisson(mean), weekday


@pytest.mark.parametrize("kind", ["sparse", "overdispersed", "seasonal"])
def test_false_alarms_keep_to_the_budget(kind: str) -> None:
    days = LEARN + HISTORY // 2 + 140
    counts, weekday = calm(kind, 120, days, seed=4)
    found = score(counts, weekday)
    for budget in (2.0, 6.0):
        a_week = alarms(found, budget).event[:, -140:].sum() / 20
        # 20 weeks: the count itself varies by its root
        assert abs(a_week - budget) < 0.2 * budget + 2.2 * np.sqrt(budget / 20)


@given(
    st.lists(st.tuples(st.floats(0.001, 200), st.floats(0.05, 500)), min_size=1, max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_crossings_by_chance_are_counted_exactly_for_whole_counts(parts: list[tuple[float, float]]) -> None:
    mean, size = (np.array(values) for values in zip(*parts, strict=True))
    found = crossings(mean, size)
    counts = np.arange(4000.0)
    for i in (20, 40, 60):  # thresholds 1e-6, 1e-4, 1e-2
        alpha = 10.0 ** GRID[i]
        expected = 0.0
        for m, s in parts:
            above = nbinom.sf(counts - 1, s, s / (m + s))
            expected += above[above <= alpha * (1 + 1e-9)].max(initial=0.0)
        if (mean <= 0.5).all() and (size >= 0.5).all():
            assert found[i] == pytest.approx(expected, rel=1e-3, abs=1e-9)
        else:  # looked through in strides, and not to the end of a long tail
            assert found[i] <= alpha * len(parts) * (1 + 1e-6)


def test_tails_are_those_of_the_negative_binomial() -> None:
    counts, mean, size = np.array([0.0, 1.0, 7.0]), np.array([0.5, 0.5, 2.0]), np.array([2.0, 2.0, 1.5])
    assert tail(counts, mean, size) == pytest.approx(nbinom.sf(counts - 1, size, size / (mean + size)))


def test_a_planted_outbreak_raises_an_alarm_and_shuffled_days_do_not() -> None:
    counts, weekday = calm("sparse", 60, 300, seed=1)
    counts[17, 280:284] += 4
    found = watch(counts, weekday, budget=0.5)
    assert found.event[17, 280:284].sum() == 1
    assert found.scores.p[17, 283] < 1e-5
    assert found.alarm[:, :LEARN].sum() == 0
    assert found.scores.window[17, 283] == 7
    assert found.scores.window_observed[17, 283] == counts[17, 277:284].sum()
    assert 0 < found.scores.window_expected[17, 283] < 2
    assert found.scores.rate[17, 283] <= found.threshold[283]
    # every case on a day of its own drawing
    shuffled = np.random.default_rng(2).multinomial(counts.sum(axis=1), np.full(300, 1 / 300))
    again = watch(shuffled, weekday, budget=0.5)
    assert again.scores.p[17].min() > 1e-4
    assert again.event[17].sum() <= 1


def test_an_event_is_counted_once_until_it_was_quiet() -> None:
    counts, weekday = calm("sparse", 40, 200, seed=3)
    counts[5, 150:160] += 5
    counts[5, 185] += 9
    found = watch(counts, weekday, windows=[1], budget=1.0)
    days = np.flatnonzero(found.event[5])
    assert days.tolist() == [150, 185]
    assert found.alarm[5, 150:156].all()
    assert QUIET < 185 - 159


def test_holidays_are_learnt_and_borrow_from_sundays_until_then() -> None:
    pattern = Pattern.start(np.zeros(1, dtype=np.int64), np.ones(1), 0.99)
    for day in range(700):
        kind = day % 7
        pattern.learn(kind, np.array([2.0 if kind == 6 else 10.0]), np.array([9.0]))
    sunday, monday = pattern.factors(6)[0], pattern.factors(0)[0]
    assert sunday < 0.45 < 1.0 < monday
    assert pattern.factors(HOLIDAY)[0] == pytest.approx(pattern.shared()[0, 6])
    assert pattern.factors(MAKEUP)[0] == pytest.approx(pattern.shared()[0, :5].mean())
    for _day in range(40):
        pattern.learn(HOLIDAY, np.array([18.0]), np.array([9.0]))
    assert pattern.factors(HOLIDAY)[0] > 1.7


def test_holidays_and_make_up_days_stop_false_alarms() -> None:
    random = np.random.default_rng(5)
    days = 420
    weekday = np.arange(days) % 7
    holiday, makeup = np.zeros(days, dtype=bool), np.zeros(days, dtype=bool)
    makeup[[90, 125, 160, 195, 230, 265, 300, 335, 370, 405]] = True  # Sundays that are worked
    holiday[[91, 128, 166, 198, 233, 268, 303, 338, 373, 408]] = True
    factor = np.array([1.3, 1.3, 1.3, 1.3, 1.3, 0.3, 0.2])[weekday]
    factor[makeup], factor[holiday] = 1.3, 0.2
    counts = random.poisson(2.0 * factor, (80, days))
    told = score(counts, weekday, holiday=holiday, makeup=makeup, windows=[1])
    untold = score(counts, weekday, windows=[1])
    worked = np.flatnonzero(makeup)[2:]
    assert (told.p[:, worked] < 0.01).mean() < 0.02
    assert (untold.p[:, worked] < 0.01).mean() > 0.1


def test_series_that_do_not_count_change_nothing() -> None:
    counts, weekday = calm("overdispersed", 30, 150, seed=6)
    alone = watch(counts, weekday)
    more = np.vstack([counts, counts[:3] + 9])
    beside = watch(more, weekday, counted=np.arange(33) < 30)
    np.testing.assert_allclose(beside.scores.p[:30], alone.scores.p)
    np.testing.assert_allclose(beside.threshold, alone.threshold)


def test_nothing_of_the_future_is_used() -> None:
    counts, weekday = calm("overdispersed", 20, 160, seed=7)
    later = counts.copy()
    later[:, 140:] += 7
    first, second = watch(counts, weekday), watch(later, weekday)
    np.testing.assert_array_equal(first.scores.p[:, :140], second.scores.p[:, :140])
    np.testing.assert_array_equal(first.alarm[:, :140], second.alarm[:, :140])


def test_all_zeros_and_one_series_are_watched_quietly() -> None:
    weekday = np.arange(120) % 7
    nothing = watch(np.zeros((3, 120)), weekday)
    assert not nothing.alarm.any()
    assert np.isfinite(nothing.scores.expected[:, LEARN:]).all()
    one = watch(np.ones(120), weekday)
    assert one.alarm.shape == (1, 120)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"counts": np.ones((2, 50))}, "counts: 50 days"),
        ({"counts": np.full((2, 100), np.nan)}, "counts: time point 1"),
        ({"weekday": np.arange(99) % 7}, "weekday: 99 days"),
        ({"weekday": np.arange(100)}, "weekday"),
        ({"holiday": np.zeros(3)}, "holiday"),
        ({"makeup": np.full(100, 2)}, "makeup"),
        ({"group": [1]}, "group"),
        ({"counted": [False, False]}, "counted"),
        ({"windows": []}, "windows"),
        ({"windows": [0]}, "windows"),
        ({"memory": 1}, "memory"),
        ({"learn": 3}, "learn"),
        ({"budget": 0}, "budget"),
        ({"budget": np.nan}, "budget"),
    ],
)
def test_a_wrong_argument_is_named(changed: dict[str, object], words: str) -> None:
    given_ = {"counts": np.ones((2, 100)), "weekday": np.arange(100) % 7, **changed}
    if np.shape(given_["counts"])[1] == 50:
        given_["weekday"] = np.arange(50) % 7
    with pytest.raises(ValueError, match=f"^{words}"):
        watch(given_.pop("counts"), given_.pop("weekday"), **given_)  # type: ignore[arg-type]


def test_a_day_has_one_class() -> None:
    found = day_classes([0, 5, 6, 2], holiday=[0, 0, 0, 1], makeup=[0, 1, 0, 0])
    assert found.tolist() == [0, MAKEUP, 6, HOLIDAY]
