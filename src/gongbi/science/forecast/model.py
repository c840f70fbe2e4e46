"""The forecast itself: :func:`fit`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gongbi.science.forecast import combine, intervals
from gongbi.science.forecast.hierarchy import Hierarchy
from gongbi.science.forecast.levels import levels
from gongbi.science.forecast.profile import SEASON_FROM, profiles
from gongbi.science.forecast.reconcile import reconcile
from gongbi.science.surveillance.series import Bools, Floats, Ints, checked, share, whole

LONGEST = 28
SHORTEST_HISTORY = 14
_WARM = 42  # days of history before an origin that is learned from
REHEARSALS = 16
_STEP = 14


@dataclass(frozen=True)
class Forecast:
    """For every node of the hierarchy (top down) and every day ahead.

    ``mean`` adds up over the hierarchy exactly. ``median``, ``lower`` and ``upper`` are of each node by itself: quantiles of a sum are not sums of
    quantiles, so they do not add up and must not be added. ``share``: of days that an interval is meant to hold. ``rehearsals``: how many
    past origins the weights, dispersion and width were learned from; 0 means that the history was too short and the intervals are nominal.
    """

    hierarchy: Hierarchy
    mean: Floats  # (nodes, horizon)
    median: Floats
    lower: Floats
    upper: Floats
    share: float
    rehearsals: int
    weights: Floats  # (levels, bands, experts)
    dispersion: Floats  # (levels, bands)

    @property
    def horizon(self) -> int:
        """Days ahead."""
        return int(self.mean.shape[1])


@dataclass(frozen=True)
class _Origin:
    """What the experts say from one day on, as a product: level (experts, nodes) × factor (seasons, nodes' groups, horizon)."""

    level: Floats  # (seasons, experts, nodes)
    factor: Floats  # (seasons, 1 + kinds, horizon)

    def of(self, nodes: slice, group: Ints, days: Ints) -> Floats:
        """(nodes, days, experts × seasons)."""
        seasons, experts, _ = self.level.shape
        level = self.level[:, :, nodes].reshape(seasons, experts, -1).transpose(2, 0, 1)
        factor = self.factor[:, group[nodes]][:, :, days].transpose(1, 2, 0)
        found = factor[:, :, :, None] * level[:, None, :, :]
        return np.asarray(found.reshape(found.shape[0], days.size, seasons * experts))


def fit(
    counts: ArrayLike,
    hierarchy: Hierarchy,
    classes: ArrayLike,
    *,
    horizon: int = LONGEST,
    level: float = 0.9,
    observed: ArrayLike | None = None,
) -> Forecast:
    """Forecast every node of ``hierarchy`` for the ``horizon`` days after the history.

    ``counts``: (bottom series, days) cases a day. ``classes``: (days + horizon,) what each day is, history and future, as
    :func:`gongbi.science.surveillance.calendar.day_classes` gives them (weekday, holiday, make-up workday). ``level``: the share of days that an
    interval is to hold. ``observed``: (days,) False for days on which nothing was counted (an outage); what ``counts`` says there is not used.

    The mean: slow and quick levels times day factors, with and without the year's season, combined with weights learned at past
    origins, reconciled over the hierarchy. The season enters from 400 days of history on.
    Raises ValueError naming the argument.
    """
    table, days, seen = _checked(counts, hierarchy, classes, horizon, observed)
    wanted = share(level, "level")
    table = hierarchy.add_up(table * seen)
    history = table.shape[1]
    ends = rehearsals(history, horizon, seen)
    now = _origin(table, hierarchy, days, seen, history, horizon)
    past = [_origin(table, hierarchy, days, seen, end, horizon) for end in ends]
    came = [table[:, end : end + horizon] for end in ends]
    counted = [seen[end : end + horizon] > 0 for end in ends]
    band = intervals.bands(horizon)
    weights = _weights(past, came, counted, hierarchy, band, now)
    base = [_combined(origin, weights, hierarchy, band) for origin in (*past, now)]
    spread = _dispersion(base[:-1], came, counted, hierarchy, band)
    means = [_coherent(one, spread, hierarchy, band) for one in base]
    spread = _dispersion(means[:-1], came, counted, hierarchy, band)
    spread_nodes = spread[hierarchy.level_of][:, band]
    used = _shares(means[:-1], came, counted, hierarchy, spread_nodes, wanted)
    mean = means[-1]
    nominal = used[hierarchy.level_of[:, None], intervals.groups(mean)]
    lower, median, upper = intervals.bounds(mean, spread_nodes, nominal)
    return Forecast(hierarchy, mean, median, lower, upper, wanted, len(ends), weights, spread)


def _checked(
    counts: ArrayLike, hierarchy: Hierarchy, classes: ArrayLike, horizon: int, observed: ArrayLike | None
) -> tuple[Floats, Ints, Floats]:
    table, single = checked(counts)
    if single and hierarchy.bottom != 1:
        raise ValueError("counts: one row a series is needed")
    if table.shape[0] != hierarchy.bottom:
        raise ValueError(
            f"counts: {table.shape[0]} rows for {hierarchy.bottom} bottom series of the hierarchy"
        )
    whole(horizon, "horizon", 1)
    history = table.shape[1]
    if history < SHORTEST_HISTORY:
        raise ValueError(f"counts: {history} days are too short a history; {SHORTEST_HISTORY} are needed")
    days = np.asarray(classes)
    if days.shape != (history + horizon,) or not np.isin(days, range(9)).all():
        raise ValueError(
            f"classes: a kind of day from 0 to 8 for each of {history} days of history and {horizon} ahead is needed"
        )
    if observed is None:
        return table, days.astype(np.int64), np.ones(history)
    seen = np.asarray(observed)
    if seen.shape != (history,) or not np.isin(seen, (0, 1)).all():
        raise ValueError(f"observed: one truth for each of the {history} days is needed")
    if seen.sum() < SHORTEST_HISTORY:
        raise ValueError(f"observed: fewer than {SHORTEST_HISTORY} days were counted")
    return table, days.astype(np.int64), seen.astype(np.float64)


def rehearsals(history: int, horizon: int, seen: Floats) -> list[int]:
    """The past origins that a forecast learns from, oldest first: every other week, as far as there is history before them."""
    before = np.concatenate([[0.0], np.cumsum(seen)])
    ends = [history - horizon - _STEP * i for i in range(REHEARSALS)]
    return [end for end in reversed(ends) if end >= _WARM and before[end] >= _WARM]


def _origin(table: Floats, hierarchy: Hierarchy, days: Ints, seen: Floats, end: int, horizon: int) -> _Origin:
    totals = _by_kind(table[:, :end], hierarchy)
    classes, observed = days[: end + horizon], seen[:end]
    level, factor = [], []
    for seasonal in (False, True):
        profile = profiles(totals, classes, observed, seasonal=seasonal and end >= SEASON_FROM)
        level.append(levels(table[:, :end], hierarchy, profile, observed))
        factor.append(profile[:, end:])
    return _Origin(np.stack(level), np.stack(factor))


def _by_kind(table: Floats, hierarchy: Hierarchy) -> Floats:
    """(1 + kinds, days): the daily total, then that of each kind."""
    if hierarchy.kinds == 1:
        return table[:1]
    return table[: 1 + hierarchy.kinds]


def _combined(origin: _Origin, weights: Floats, hierarchy: Hierarchy, band: Ints) -> Floats:
    group = hierarchy.kind_of + 1
    found = np.empty((hierarchy.nodes, band.size))
    for i in range(len(hierarchy.levels)):
        nodes = slice(int(hierarchy.starts[i]), int(hierarchy.starts[i + 1]))
        for b in np.unique(band):
            days = np.flatnonzero(band == b)
            found[nodes, days[0] : days[-1] + 1] = origin.of(nodes, group, days) @ weights[i, b]
    return found


def _weights(
    past: list[_Origin],
    came: list[Floats],
    counted: list[Bools],
    hierarchy: Hierarchy,
    band: Ints,
    now: _Origin,
) -> Floats:
    experts = now.level.shape[0] * now.level.shape[1]
    found = np.full((len(hierarchy.levels), int(band[-1]) + 1, experts), 1.0 / experts)
    group = hierarchy.kind_of + 1
    for i in range(len(hierarchy.levels)):
        nodes = slice(int(hierarchy.starts[i]), int(hierarchy.starts[i + 1]))
        for b in range(found.shape[1]):
            rows, actual = [], []
            for origin, truth, seen in zip(past, came, counted, strict=True):
                days = np.flatnonzero((band == b) & seen)
                if days.size:
                    # a week of one series is one observation: what a level gets wrong it gets wrong for all of its days
                    rows.append(origin.of(nodes, group, days).sum(axis=1))
                    actual.append(truth[nodes][:, days].sum(axis=1))
            if rows:
                found[i, b] = combine.weights(np.concatenate(rows), np.concatenate(actual))
    return found


def _dispersion(
    means: list[Floats], came: list[Floats], counted: list[Bools], hierarchy: Hierarchy, band: Ints
) -> Floats:
    found = np.full((len(hierarchy.levels), int(band[-1]) + 1), intervals.PRIOR_DISPERSION)
    if not means:
        return found
    mean = np.stack(means, axis=1)
    actual = np.stack(came, axis=1)
    seen = np.stack(counted)
    for i in range(found.shape[0]):
        nodes = slice(int(hierarchy.starts[i]), int(hierarchy.starts[i + 1]))
        for b in range(found.shape[1]):
            chosen = seen & (band == b)
            found[i, b] = intervals.dispersion(actual[nodes][:, chosen], mean[nodes][:, chosen])
    return found


def _coherent(base: Floats, spread: Floats, hierarchy: Hierarchy, band: Ints) -> Floats:
    found = np.empty_like(base)
    for b in range(spread.shape[1]):
        days = band == b
        mean = np.maximum(base[:, days].mean(axis=1), 1e-6)
        variance = mean + spread[hierarchy.level_of, b] * mean**2
        found[:, days] = reconcile(base[:, days], variance, hierarchy)
    return found


def _shares(
    means: list[Floats],
    came: list[Floats],
    counted: list[Bools],
    hierarchy: Hierarchy,
    spread: Floats,
    wanted: float,
) -> Floats:
    found = np.full((len(hierarchy.levels), len(intervals.EDGES) + 1), wanted)
    if not means:
        return found
    for i in range(found.shape[0]):
        nodes = slice(int(hierarchy.starts[i]), int(hierarchy.starts[i + 1]))
        depths, sizes = [], []
        for mean, actual, seen in zip(means, came, counted, strict=True):
            here = mean[nodes][:, seen]
            depths.append(intervals.depth(actual[nodes][:, seen], here, spread[nodes][:, seen]).ravel())
            sizes.append(intervals.groups(here).ravel())
        found[i] = intervals.shares(np.concatenate(depths), np.concatenate(sizes), wanted)
    return found
