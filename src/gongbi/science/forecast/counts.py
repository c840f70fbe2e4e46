"""The negative binomial distribution with mean m and variance m + d·m², for whole arrays; d = 0 would be Poisson's."""

from __future__ import annotations

import numpy as np
from scipy import special

from gongbi.science.surveillance.series import Bools, Floats

SMALLEST = 1e-6  # dispersion below which nothing changes any more
_BUSY = 60.0


def at_most(count: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Probability of ``count`` cases or fewer; 0 below zero."""
    size = 1.0 / np.maximum(dispersion, SMALLEST)
    share = size / (size + mean)
    found = np.exp(size * np.log(share))  # of none
    more = count > 0
    if more.any():
        found[more] = special.betainc(size[more], count[more] + 1.0, share[more])
    found[count < 0] = 0.0
    return np.asarray(found)


def quantile(probability: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """The smallest count with at least this ``probability`` at or below it (all arrays of one shape)."""
    shape = mean.shape
    p, m = probability.ravel(), mean.ravel()
    size = 1.0 / np.maximum(dispersion.ravel(), SMALLEST)
    found = np.zeros(m.size)
    busy = m > _BUSY
    if busy.any():
        found[busy] = _searched(p[busy], m[busy], 1.0 / size[busy])
    going = np.flatnonzero(~busy)
    centre, ratio = m[going], m[going] / (size[going] + m[going])
    mass = np.exp(size[going] * np.log1p(-ratio))
    below, k = mass.copy(), 0
    short: Bools = below < p[going]
    while short.any():
        going, mass, below = going[short], mass[short], below[short]
        centre, ratio = centre[short], ratio[short]
        k += 1
        mass *= ratio * (size[going] + k - 1) / k
        below += mass
        found[going] = k
        short = (below < p[going]) & ((mass > 1e-16) | (k < centre))  # rounding must not count on for ever
    return found.reshape(shape)


def _searched(p: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """By halving, for means where counting up would be long."""
    low = np.full(mean.size, -1.0)
    high = np.ceil(mean + 8 * np.sqrt(mean + dispersion * mean**2) + 8)
    while True:
        short = at_most(high, mean, dispersion) < p
        if not short.any():
            break
        high[short] *= 2
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = at_most(middle, mean, dispersion) >= p
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    return np.asarray(high)
