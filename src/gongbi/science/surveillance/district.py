"""All daily series of a district watched together: one-step-ahead predictions, and a stated number of false alarms a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gongbi.science.surveillance.budget import RATES, crossed, rate_at, rates, threshold
from gongbi.science.surveillance.calendar import Pattern, day_classes
from gongbi.science.surveillance.predictive import GRID, crossings, tail
from gongbi.science.surveillance.series import Bools, Floats, Ints, checked, whole

WINDOWS = (1, 7)
LEARN = 56  # days before the first judgement
HISTORY = 182  # days whose false alarms are compared with those that were expected
QUIET = 7  # days without an alarm after which the next one is a new event
_MANY = 100  # of more series than these
_PART = 3  # one in so many is asked each day how often chance would cross: each has its turn
_FORGET = 0.99  # of day factors (per occurrence) and of the dispersion (per day)
_PRIOR_CASES = 20.0  # cases that a series' dispersion borrows from its group
_DRIFT = 0.9  # a whole group rises and falls with the seasons: its last ten days correct all levels
_PRIOR_DRIFT = 50.0  # cases by which such a correction is held back
_START = 14  # days that make the first guess of the level


@dataclass(frozen=True)
class Scores:
    """What each series was expected to have, and how unusual it was. Arrays are (series, times)."""

    observed: Floats
    expected: Floats  # one day ahead; NaN while learning
    rate: Floats  # alarms a week in the whole district if the limit were here, by the most telling window; infinity while learning
    window: Ints  # the days of that window, the last of them today
    window_observed: Floats  # the cases in that window
    window_expected: Floats  # as predicted before it began; NaN while learning
    p: Floats  # its P(count so high); 1 while learning
    came: Floats  # (times, RATES): new events of each day by limit on ``rate``, the counted series
    windows: int
    learn: int


@dataclass(frozen=True)
class Watch:
    """``alarm`` where the rate is at or below the day's ``threshold`` (times,); ``event`` where that begins after ``QUIET`` days
    without one."""

    scores: Scores
    threshold: Floats
    alarm: Bools
    event: Bools


def watch(
    counts: ArrayLike,
    weekday: ArrayLike,
    *,
    budget: float = 1.0,
    holiday: ArrayLike | None = None,
    makeup: ArrayLike | None = None,
    group: ArrayLike | None = None,
    windows: Sequence[int] = WINDOWS,
    memory: float = 28.0,
    learn: int = LEARN,
    counted: ArrayLike | None = None,
) -> Watch:
    """Watch daily ``counts`` (series, times): every place and kind, so that about ``budget`` false alarms a week come from all together.

    See :func:`score` for the arguments and the predictions, :func:`alarms` for the threshold. Raises ValueError naming the argument.
    """
    found = score(
        counts,
        weekday,
        holiday=holiday,
        makeup=makeup,
        group=group,
        windows=windows,
        memory=memory,
        learn=learn,
        counted=counted,
    )
    return alarms(found, budget)


def score(
    counts: ArrayLike,
    weekday: ArrayLike,
    *,
    holiday: ArrayLike | None = None,
    makeup: ArrayLike | None = None,
    group: ArrayLike | None = None,
    windows: Sequence[int] = WINDOWS,
    memory: float = 28.0,
    learn: int = LEARN,
    counted: ArrayLike | None = None,
) -> Scores:
    """How unusual every count is, given its past.

    Each series is a Poisson with a gamma level that forgets with a mean of ``memory`` days, times a factor of the day (``weekday`` 0–6;
    ``holiday`` and ``makeup`` days, told by the caller) and of how its whole ``group`` (series,) (a kind, say) stands against its level of
    late: the season. What it varies beyond that is estimated from its own past errors, drawn to its group's. The sum of each of the
    ``windows`` of days that end today is compared with the negative binomial that was predicted before the window began, and its p-value
    with what such p-values were worth in the last ``HISTORY`` days: ``rate``. Series where ``counted`` is False are judged but speak
    neither for their group nor for the threshold. The first ``learn`` days are not judged: give ``LEARN + HISTORY`` days and those
    that are to be judged.

    Harvey and Fernandes 1989 (J Bus Econ Stat 7:407) for the level; Czado, Gneiting, Held 2009 (Biometrics 65:1254) for predictive
    p-values of counts. Raises ValueError naming the argument.
    """
    table, _single = checked(counts)
    series, times = table.shape
    kinds = day_classes(weekday, holiday, makeup)
    if kinds.size != times:
        raise ValueError(f"weekday: {kinds.size} days for counts of {times}")
    spans = sorted({whole(span, "windows", 1) for span in windows})
    if not spans:
        raise ValueError("windows: at least one is needed")
    if not (np.isfinite(memory) and memory >= 2):
        raise ValueError(f"memory: {memory!r} is not a number of days of at least 2")
    whole(learn, "learn", max(_START, spans[-1]) + 1)
    if times <= learn:
        raise ValueError(f"counts: {times} days, and the first {learn} are for learning")
    groups = _groups(group, series)
    speaks = _speaks(counted, series)
    return _Pass(table, kinds, groups, speaks, spans, 1.0 - 1.0 / memory, learn).run()


def _groups(group: ArrayLike | None, series: int) -> Ints:
    if group is None:
        return np.zeros(series, dtype=np.int64)
    given = np.asarray(group)
    if given.shape != (series,):
        raise ValueError(f"group: one for each of the {series} series is needed")
    return np.unique(given, return_inverse=True)[1].astype(np.int64)


def _speaks(counted: ArrayLike | None, series: int) -> Bools:
    if counted is None:
        return np.ones(series, dtype=np.bool_)
    given = np.asarray(counted, dtype=np.bool_)
    if given.shape != (series,) or not given.any():
        raise ValueError(
            f"counted: one truth for each of the {series} series is needed, and one that is true"
        )
    return given


class _Pass:
    """One run over the days; nothing of the future is used."""

    def __init__(
        self,
        table: Floats,
        kinds: Ints,
        group: Ints,
        speaks: Bools,
        spans: Sequence[int],
        keep: float,
        learn: int,
    ) -> None:
        series, times = table.shape
        self.table, self.kinds, self.group, self.speaks = table, kinds, group, speaks
        self.spans, self.keep, self.learn = spans, keep, learn
        self.groups = int(group.max()) + 1
        self.weight = speaks.astype(np.float64)
        self.part = _PART if self.weight.sum() >= _MANY else 1
        self.size_of = np.maximum(np.bincount(group, self.weight, self.groups), 1.0)
        self.pattern = Pattern.start(group, self.weight, _FORGET)
        first = self._by_group(table[:, :_START].mean(axis=1)) / self.size_of
        self.a = np.maximum(first[group], 1e-3) * 2.0
        self.b = np.full(series, 2.0)
        self.plain = self.a / self.b
        self.drift_seen, self.drift_expected = np.zeros(self.groups), np.zeros(self.groups)
        self.level = np.zeros((times + 1, series))  # at the end of the day before
        self.shape = np.ones((times + 1, series))
        self.exposure = np.zeros((times + 1, series))  # cumulated
        self.count = np.vstack([np.zeros(series), np.cumsum(table.T, axis=0)])
        self.squares = np.zeros((len(spans), series))
        self.means = np.zeros((len(spans), series))

    def _by_group(self, values: Floats) -> Floats:
        return np.bincount(self.group, values * self.weight, self.groups).astype(np.float64)

    def run(self) -> Scores:
        series, times = self.table.shape
        spans = len(self.spans)
        expected = np.full((times, series), np.nan)
        rate, p = np.full((times, series), np.inf), np.ones((times, series))
        window = np.full((times, series), self.spans[0], dtype=np.int64)
        seen, foretold = self.table.T.copy(), np.full((times, series), np.nan)
        came = np.zeros((times, RATES.size))
        events, chance = (
            np.zeros((times + 1, spans, GRID.size)) for _part in range(2)
        )  # up to the day before
        recent = np.ones((QUIET, spans, series))  # p-values of the last days
        for day in range(times):
            factor = self.pattern.factors(int(self.kinds[day]))
            self._close(day)
            self.exposure[day + 1] = self.exposure[day] + factor
            events[day + 1], chance[day + 1] = events[day], chance[day]
            quiet, now = recent.min(axis=0), np.ones((spans, series))
            for i, span in enumerate(self.spans):
                origin = day + 1 - span
                if origin < 1:
                    continue
                total = self.count[day + 1] - self.count[origin]
                mean = self.level[origin] * (self.exposure[day + 1] - self.exposure[origin])
                shape = self.shape[origin] * self.keep**span
                if day >= self.learn:
                    size = 1.0 / (1.0 / shape + (self._dispersion(i) - 1.0) / mean)
                    now[i] = tail(total, mean, size)
                    asked = np.flatnonzero(self.speaks)[day % self.part :: self.part]
                    chance[day + 1, i] += self.part * crossings(mean[asked], size[asked])
                    events[day + 1, i] += crossed(now[i, self.speaks], quiet[i, self.speaks], GRID)
                    first = max(self.learn, day - HISTORY)
                    weekly = 7.0 * (chance[day + 1, i] - chance[first, i]) / (day + 1 - first)
                    known = rates(
                        events[day, i] - events[first, i], chance[day, i] - chance[first, i], weekly, GRID
                    )
                    this = rate_at(now[i], known)
                    better = this < rate[day]
                    rate[day] = np.where(better, this, rate[day])
                    p[day] = np.where(better, now[i], p[day])
                    window[day] = np.where(better, span, window[day])
                    seen[day] = np.where(better, total, seen[day])
                    foretold[day] = np.where(better | (i == 0), mean, foretold[day])
                self._learn_spread(i, total, mean, shape)
            if day >= self.learn:
                expected[day] = self.level[day] * factor
                before = rate[max(day - QUIET, 0) : day].min(axis=0)
                came[day] = crossed(rate[day, self.speaks], before[self.speaks], RATES)
            recent[day % QUIET] = now
            self._learn_level(day, factor)
        return Scores(
            observed=self.table,
            expected=expected.T,
            rate=rate.T,
            window=window.T,
            window_observed=seen.T,
            window_expected=foretold.T,
            p=p.T,
            came=came,
            windows=spans,
            learn=self.learn,
        )

    def _close(self, day: int) -> None:
        """The level as known at the end of the day before: own past, drawn to the group's levels as these differ."""
        raw = self.a / self.b
        mean = np.maximum(self._by_group(raw) / self.size_of, 1e-4)
        spread = self._by_group((raw - mean[self.group]) ** 2 - raw / self.b) / self.size_of
        alike = np.clip(mean**2 / np.maximum(spread, 1e-9), 0.1, 10.0)
        prior = alike / mean  # days of the group's mean that a series borrows
        self.shape[day] = self.a + alike[self.group]
        self.plain = self.shape[day] / (self.b + prior[self.group])
        drift = (self.drift_seen + _PRIOR_DRIFT) / (self.drift_expected + _PRIOR_DRIFT)
        self.level[day] = self.plain * drift[self.group]

    def _dispersion(self, i: int) -> Floats:
        squares, means = self._by_group(self.squares[i]), self._by_group(self.means[i])
        shared = np.maximum((squares + _PRIOR_CASES) / (means + _PRIOR_CASES), 1.0)[self.group]
        own = (self.squares[i] + _PRIOR_CASES * shared) / (self.means[i] + _PRIOR_CASES)
        return np.asarray(np.maximum(own, 1.0 + 1e-6))

    def _learn_spread(self, i: int, total: Floats, mean: Floats, shape: Floats) -> None:
        level = mean**2 / shape
        most = 16.0 * (mean + level) + 4.0  # past outbreaks shall not hide the next
        square = np.minimum((total - mean) ** 2, most) - level
        self.squares[i] = _FORGET * self.squares[i] + square
        self.means[i] = _FORGET * self.means[i] + mean

    def _learn_level(self, day: int, factor: Floats) -> None:
        seen = self.table[:, day]
        mean = self.level[day] * factor
        bounded = np.minimum(
            seen, mean + 4.0 * np.sqrt(mean * self._dispersion(0) + mean**2 / self.shape[day]) + 1.0
        )
        self.pattern.learn(int(self.kinds[day]), bounded, self.level[day])
        self.drift_seen = _DRIFT * self.drift_seen + self._by_group(bounded)
        self.drift_expected = _DRIFT * self.drift_expected + self._by_group(self.plain * factor)
        self.a = self.keep * self.a + bounded
        self.b = self.keep * self.b + factor


def alarms(scores: Scores, budget: float) -> Watch:
    """The alarms that keep to ``budget`` new false events a week in the whole district.

    Every window was judged by what its p-values were worth; together they alarm more often than one alone and less often than the
    sum, as the events of the last ``HISTORY`` days tell: every day's limit on the rate is the highest at which these do not
    exceed the budget. Real outbreaks of the past are among them: the budget is then that of all alarms.

    Raises ValueError naming the argument.
    """
    if not (np.isfinite(budget) and budget > 0):
        raise ValueError(f"budget: {budget!r} is not a number of false alarms a week above 0")
    rate = scores.rate.T
    times = rate.shape[0]
    limit = np.zeros(times)
    came = np.vstack([np.zeros(RATES.size), np.cumsum(scores.came, axis=0)])
    each = scores.windows * 10.0**RATES
    for day in range(scores.learn, times):
        first = max(scores.learn, day - HISTORY)
        known = rates(came[day] - came[first], each * (day - first) / 7.0, each, RATES)
        limit[day] = threshold(known, RATES, budget)
    alarm = rate <= limit[:, None]
    alarm[: scores.learn] = False
    event = alarm.copy()
    for back in range(1, QUIET + 1):
        event[back:] &= ~alarm[:-back]
    return Watch(scores=scores, threshold=limit, alarm=alarm.T, event=event.T)
