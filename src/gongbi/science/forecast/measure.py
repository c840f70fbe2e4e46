"""How good it is: rolling origins against the seasonal naive forecast, level by level.

The mean absolute scaled error: Hyndman and Koehler 2006, Int. J. Forecasting 22:679-688. Each series is scaled by the mean absolute error of the seasonal
naive method (the same weekday a week before) within the history before the origin; where that is 0 (no case, or every week alike) the error has no
scale: series and origin are left out of both sides, and counted. Levels weigh alike, as in Makridakis and others 2022 (M5, Int. J. Forecasting 38:1346-1364).

Absolute errors are least at the median, which is 0 for a series with a case every other week: "no case" then beats every other forecast. So the
ratio is given for the median (the forecast under absolute error: Gneiting 2011, JASA 106:746-762; Kolassa 2016, Int. J. Forecasting 32:788-803), for the
mean, and for "always 0"; and the root mean squared scaled error of the mean, which zeros cannot win.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gongbi.science.forecast.hierarchy import Hierarchy
from gongbi.science.forecast.model import LONGEST, SHORTEST_HISTORY, Forecast, fit
from gongbi.science.surveillance.series import Bools, Floats, Ints, checked, whole

WEEK = 7
BUSY = 0.1  # expected cases a day above which an interval need not hold more than its share


@dataclass(frozen=True)
class Judged:
    """One origin: what was forecast and what came (nodes, horizon); ``scale`` and ``square`` (nodes,) of the history, 0 where there is none."""

    end: int
    forecast: Forecast
    naive: Floats
    actual: Floats
    counted: Bools  # (horizon,)
    scale: Floats
    square: Floats


@dataclass(frozen=True)
class LevelScore:
    """One level. Ratios are to the seasonal naive forecast with the same scales: below 1 is better.

    ``coverage``: share of series and days with lower <= count <= upper; ``coverage_busy``: where at least ``BUSY`` cases a day were
    expected (None if nowhere): below that, "none" alone holds more than its share. ``by_horizon``: (mase, mase_naive, coverage) of each day ahead.
    """

    name: str
    series: int
    left_out: int
    mase: float | None
    mase_mean: float | None
    mase_zero: float | None
    mase_naive: float | None
    rmsse: float | None
    rmsse_naive: float | None
    coverage: float
    coverage_busy: float | None
    below: float
    above: float
    width: float
    by_horizon: tuple[tuple[float, float, float], ...]

    @property
    def scored(self) -> bool:
        """Whether any series has a scale; without one all errors are None and the level counts in no mean."""
        return self.mase is not None

    @property
    def ratio(self) -> float | None:
        """MASE of the median over that of the seasonal naive forecast; None where that made no error."""
        return self.over_naive(self.mase)

    @property
    def rmsse_ratio(self) -> float | None:
        """RMSSE of the mean over that of the seasonal naive forecast."""
        return _over(self.rmsse, self.rmsse_naive)

    def over_naive(self, mase: float | None) -> float | None:
        """Another MASE of this level over that of the seasonal naive forecast."""
        return _over(mase, self.mase_naive)


@dataclass(frozen=True)
class Scores:
    """All levels from the top down, and their plain mean."""

    levels: tuple[LevelScore, ...]
    ends: tuple[int, ...]

    def mean(self, what: str) -> float | None:
        """Mean of a figure over the levels that have it; None when none has."""
        known = [value for level in self.levels if (value := getattr(level, what)) is not None]
        return float(np.mean(known)) if known else None

    @property
    def ratio(self) -> float | None:
        """Mean MASE over mean MASE of the seasonal naive forecast."""
        return _over(self.mean("mase"), self.mean("mase_naive"))


def _over(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def seasonal_naive(counts: Floats, horizon: int, season: int = WEEK) -> Floats:
    """(…, horizon): what the same weekday of the last week had."""
    if counts.shape[-1] < season:
        raise ValueError(f"counts: fewer than {season} days of history")
    return np.asarray(counts[..., counts.shape[-1] - season + np.arange(horizon) % season])


def scales(counts: Floats, season: int = WEEK) -> tuple[Floats, Floats]:
    """Mean absolute and mean squared error (nodes,) of the seasonal naive method within a history (nodes, days)."""
    gap = counts[:, season:] - counts[:, :-season]
    return np.abs(gap).mean(axis=1), (gap**2).mean(axis=1)


def scaled(errors: Floats, scale: Floats) -> Floats:
    """Errors (nodes, …) by scale (nodes,); NaN where there is no scale."""
    found = np.full(errors.shape, np.nan)
    has = scale > 0
    found[has] = errors[has] / scale[has].reshape(-1, *[1] * (errors.ndim - 1))
    return found


def origins(days: int, horizon: int, count: int, step: int) -> list[int]:
    """Ends of the histories, oldest first, so that the last horizon ends with the data. Raises ValueError when the data are too short."""
    ends = [days - horizon - step * i for i in range(count)]
    if ends[-1] < 2 * SHORTEST_HISTORY:
        raise ValueError(
            f"origins: {count} of them, {step} days apart and {horizon} ahead, need "
            f"{2 * SHORTEST_HISTORY + horizon + step * (count - 1)} days; there are {days}"
        )
    return ends[::-1]


def judge(
    counts: ArrayLike,
    hierarchy: Hierarchy,
    classes: ArrayLike,
    *,
    horizon: int = LONGEST,
    count: int = 12,
    step: int | None = None,
    level: float = 0.9,
    observed: ArrayLike | None = None,
    forecaster: Callable[..., Forecast] = fit,
) -> Iterator[Judged]:
    """Forecast from each origin with nothing but what was known then. Arguments as of :func:`gongbi.science.forecast.fit`, ``classes`` of the history alone."""
    table, _ = checked(counts)
    whole(horizon, "horizon", 1)
    whole(count, "origins", 1)
    apart = whole(horizon if step is None else step, "step", 1)
    days = np.asarray(classes)
    if days.shape != (table.shape[1],):
        raise ValueError(f"classes: a kind of day for each of the {table.shape[1]} days is needed")
    seen = np.ones(table.shape[1], np.bool_) if observed is None else np.asarray(observed, np.bool_)
    if seen.shape != days.shape:
        raise ValueError(f"observed: one truth for each of the {days.size} days is needed")
    for end in origins(table.shape[1], horizon, count, apart):
        found = forecaster(
            table[:, :end],
            hierarchy,
            days[: end + horizon],
            horizon=horizon,
            level=level,
            observed=seen[:end],
        )
        everything = hierarchy.add_up(table[:, : end + horizon])
        known, actual = everything[:, :end], everything[:, end:]
        scale, square = scales(known)
        naive = seasonal_naive(known, horizon)
        yield Judged(end, found, naive, actual, seen[end : end + horizon], scale, square)


def rolling_origin(counts: ArrayLike, hierarchy: Hierarchy, classes: ArrayLike, **how: object) -> Scores:
    """Scores over all origins; arguments as of :func:`judge`. Raises ValueError naming the argument."""
    return score(list(judge(counts, hierarchy, classes, **how)), hierarchy)  # type: ignore[arg-type]


def score(judged: list[Judged], hierarchy: Hierarchy) -> Scores:
    """Scores of origins that were judged."""
    found = []
    for i, level in enumerate(hierarchy.levels):
        nodes = slice(int(hierarchy.starts[i]), int(hierarchy.starts[i + 1]))
        found.append(_level(level.name, judged, nodes))
    if not any(level.scored for level in found):
        raise ValueError(
            "counts: every series repeats its week exactly, or has no case: there is no scale for an error"
        )
    return Scores(tuple(found), tuple(one.end for one in judged))


def _level(name: str, judged: list[Judged], nodes: slice) -> LevelScore:
    actual = _stack(judged, lambda one: one.actual, nodes)
    mean, median = (
        _stack(judged, lambda one: one.forecast.mean, nodes),
        _stack(judged, lambda one: one.forecast.median, nodes),
    )
    naive = _stack(judged, lambda one: one.naive, nodes)
    lower, upper = (
        _stack(judged, lambda one: one.forecast.lower, nodes),
        _stack(judged, lambda one: one.forecast.upper, nodes),
    )
    scale = np.stack([one.scale[nodes] for one in judged], axis=1)  # (nodes, origins)
    square = np.stack([one.square[nodes] for one in judged], axis=1)
    counted = np.stack([one.counted for one in judged])  # (origins, horizon)
    if not counted.any():
        raise ValueError("observed: no day that was forecast was counted")
    has = scale > 0
    divisor, square_divisor = np.where(has, scale, 1.0)[:, :, None], np.where(has, square, 1.0)[:, :, None]
    valid = has[:, :, None] & counted

    def absolute(forecast: Floats) -> tuple[float | None, Floats]:
        errors = np.abs(actual - forecast) / divisor * valid
        return _by_series(errors, valid), errors.sum(axis=(0, 1)) / np.maximum(valid.sum(axis=(0, 1)), 1)

    def squared(forecast: Floats) -> float | None:
        mean_square = _by_series((actual - forecast) ** 2 / square_divisor * valid, valid)
        return None if mean_square is None else float(np.sqrt(mean_square))

    inside = (actual >= lower) & (actual <= upper)
    everyone = np.broadcast_to(counted, inside.shape)
    busy = everyone & (mean >= BUSY)
    mase, by_day = absolute(median)
    mase_naive, naive_by_day = absolute(naive)
    coverage_by_day = (inside & everyone).sum(axis=(0, 1)) / np.maximum(everyone.sum(axis=(0, 1)), 1)
    return LevelScore(
        name=name,
        series=actual.shape[0],
        left_out=int((~has).sum()),
        mase=mase,
        mase_mean=absolute(mean)[0],
        mase_zero=absolute(np.zeros_like(mean))[0],
        mase_naive=mase_naive,
        rmsse=squared(mean),
        rmsse_naive=squared(naive),
        coverage=float(inside[everyone].mean()),
        coverage_busy=float(inside[busy].mean()) if busy.any() else None,
        below=float((actual < lower)[everyone].mean()),
        above=float((actual > upper)[everyone].mean()),
        width=float((upper - lower)[everyone].mean()),
        by_horizon=tuple(
            (float(a), float(b), float(c))
            for a, b, c in zip(by_day, naive_by_day, coverage_by_day, strict=True)
        ),
    )


def _stack(judged: list[Judged], part: Callable[[Judged], Floats], nodes: slice) -> Floats:
    return np.stack([part(one)[nodes] for one in judged], axis=1)


def _by_series(errors: Floats, valid: Bools) -> float | None:
    """Mean over series of each one's mean over origins and days; None when no series has a scale."""
    many: Ints = valid.sum(axis=(1, 2))
    if not (many > 0).any():
        return None
    return float((errors.sum(axis=(1, 2))[many > 0] / many[many > 0]).mean())
