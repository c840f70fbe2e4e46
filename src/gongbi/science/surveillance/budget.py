"""What a limit costs: how many events a week it brings, told from what is expected and from what came."""

from __future__ import annotations

import numpy as np

from gongbi.science.surveillance.predictive import GRID
from gongbi.science.surveillance.series import Floats

RATES = np.linspace(-3.0, 2.5, 56)  # log10 of the limits on weekly rates that are counted
_TRUST = 5.0  # events by which theory counts against experience
_NAIVE = 0.5  # events per expected crossing without experience: an event is several crossings
_ENOUGH = 40.0  # events at a limit that speak for themselves
_NONE = -25.0  # log of a rate of nothing


def crossed(values: Floats, quiet: Floats, grid: Floats) -> Floats:
    """(grid,): how many series are at or below each limit today and were not in the days before, whose smallest value is ``quiet``."""
    now, before = (
        np.searchsorted(grid, np.log10(np.clip(each, 1e-12, 1e12)) - 1e-9) for each in (values, quiet)
    )
    fresh = now < before
    ends = grid.size + 1
    change = np.bincount(now[fresh], minlength=ends) - np.bincount(before[fresh], minlength=ends)
    return np.cumsum(change)[:-1].astype(np.float64)


def rates(came: Floats, foreseen: Floats, weekly: Floats, grid: Floats) -> Floats:
    """Log of the events a week by limit: ``weekly`` expected crossings, times the events that ``came`` for each that was ``foreseen``.

    Where few came, towards the rare end, the line through the logarithms of the ratios that are known better goes on: what the
    model has wrong grows steadily into its tail. Without any experience the ratio is one half.
    """
    ratio = np.log((came + 0.5) / (foreseen + 0.5))
    known = np.minimum(came, _ENOUGH)
    near = (
        known * np.minimum(1.0, _ENOUGH / np.maximum(came, 1.0)) ** 2
    )  # what happens far from here is another matter
    weight = np.append(near, _TRUST)
    x, y = np.append(grid, grid[-1]), np.append(ratio, np.log(_NAIVE))
    middle = float(weight @ x / weight.sum())
    slope = float(weight @ ((x - middle) * y) / (weight @ (x - middle) ** 2 + _TRUST))
    line = float(weight @ y / weight.sum()) + slope * (grid - middle)
    own = known / _ENOUGH
    total = own * ratio + (1.0 - own) * line + np.log(np.maximum(weekly, np.exp(_NONE)))
    return np.asarray(np.maximum.accumulate(total))


def rate_at(p: Floats, known: Floats) -> Floats:
    """Events a week at a limit of ``p``, from the logarithms ``known`` on the grid of p-values; straight on beyond its rare end."""
    at = np.log10(np.maximum(p, 1e-300))
    beyond = np.minimum(at - GRID[0], 0.0) * np.log(10.0)
    return np.where(p > 10.0 ** GRID[-1], np.inf, np.exp(np.interp(at, GRID, known) + beyond))


def threshold(known: Floats, grid: Floats, budget: float) -> float:
    """The highest limit at which ``known``, the logarithms of events a week on ``grid``, do not exceed ``budget``."""
    wanted = np.log(budget)
    if known[-1] <= wanted:
        return float(10.0 ** grid[-1])
    if known[0] > wanted:
        return float(10.0 ** grid[0] * np.exp(wanted - known[0]))
    i = int(np.searchsorted(known, wanted, side="right"))  # known[i - 1] <= wanted < known[i]
    part = (wanted - known[i - 1]) / (known[i] - known[i - 1])
    return float(10.0 ** (grid[i - 1] + part * (grid[i] - grid[i - 1])))
