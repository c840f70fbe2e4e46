"""Negative binomial one-step-ahead predictions: tail probabilities, and how often a threshold on them is crossed by chance."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, gammaln

from gongbi.science.surveillance.series import Floats, Ints

GRID = np.linspace(-8.0, -1.5, 66)  # log10 of the thresholds that are counted
_STEPS = (10, 20, 40)  # so many counts are looked through one by one
_STRIDES = 28  # or so many, some apart
_TINY = 1e-12


def tail(counts: Floats, mean: Floats, size: Floats) -> Floats:
    """P(Y ≥ count) of negative binomials with ``mean`` and ``size`` (variance mean + mean² / size)."""
    chance = mean / (mean + size)
    positive = counts > 0
    return np.where(positive, betainc(np.where(positive, counts, 1.0), size, chance), 1.0)


def place(p: Floats) -> Ints:
    """Index of the first threshold of :data:`GRID` that ``p`` does not exceed; its length where none is."""
    return np.asarray(np.searchsorted(GRID, np.log10(np.maximum(p, _TINY)) - 1e-9))


def crossings(mean: Floats, size: Floats) -> Floats:
    """How many of the independent counts (N,) fall, by chance, where P(Y ≥ count) ≤ α: (GRID,), for every α of :data:`GRID`.

    Counts are whole, so that the chance of a p-value below α is not α but the largest attainable one below it: what makes
    thresholds on p-values conservative for sparse series is added up exactly here.
    """
    total = np.zeros(GRID.size + 1)
    spread = np.sqrt(mean + mean**2 / size)
    begin = np.floor(mean + spread)
    # how many counts lie between the mean and the rarest threshold: the tail falls by this ratio a count, in the end
    reach = np.ceil(GRID[0] * np.log(10.0) / np.log(mean / (mean + size))) + 5.0 * spread
    left = np.ones(mean.shape, dtype=np.bool_)
    for steps in _STEPS:
        some = left & (reach <= steps)
        left &= ~some
        if some.any():
            total += _stepwise(begin[some], mean[some], size[some], steps)
    if left.any():
        stride = np.ceil(np.maximum(spread[left] / 3.0, reach[left] / _STRIDES))
        total += _strides(begin[left], mean[left], size[left], stride)
    return np.cumsum(total)[:-1]


def _stepwise(begin: Floats, mean: Floats, size: Floats, steps: int) -> Floats:
    chance = mean / (mean + size)
    above = tail(begin, mean, size)
    mass = np.exp(
        gammaln(begin + size)
        - gammaln(size)
        - gammaln(begin + 1)
        + size * np.log1p(-chance)
        + begin * np.log(chance)
    )
    total = np.zeros(GRID.size + 1)
    y = begin.copy()
    for _step in range(steps):
        total += np.bincount(place(above), mass, GRID.size + 1)
        above = np.maximum(above - mass, 0.0)
        mass = mass * (y + size) / (y + 1) * chance
        y += 1
    return total


def _strides(begin: Floats, mean: Floats, size: Floats, stride: Floats) -> Floats:
    y = begin[:, None] + stride[:, None] * np.arange(_STRIDES + 1)
    above = tail(y, mean[:, None], size[:, None])
    mass = above[:, :-1] - above[:, 1:]
    return np.bincount(place(above[:, :-1]).ravel(), mass.ravel(), GRID.size + 1).astype(np.float64)
