"""How wide: dispersion by level and horizon from rolling origins, then the nominal share made true on them.

The distribution of a count is negative binomial about its mean. An interval of nominal share t runs from the first count that has more
than (1-t)/2 of the probability at or below it to the first that has at least (1+t)/2. The t that is used is set so that intervals
drawn at past origins held the wanted share of what came, counted as lower <= count <= upper: split conformal prediction (Vovk,
Gammerman and Shafer 2005, *Algorithmic learning in a random world*; Lei and others 2018, JASA 113:1094-1111) with the depth of the count in
its own distribution as score, by groups of alike size (Mondrian). Where few days stand in a group, the score's nominal distribution, the uniform one,
is mixed in.
"""

from __future__ import annotations

import numpy as np

from gongbi.science.forecast import counts
from gongbi.science.surveillance.series import Floats, Ints

EDGES = (0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 4.0, 16.0)  # expected cases a day that bound the groups
BANDS = (7, 14)  # last days of the first two bands of the horizon
PRIOR_DISPERSION, _PRIOR_DAYS = 0.05, 25.0
_BORROWED = 60.0  # days of the nominal distribution in each group
_CAP = 0.9995


def bands(horizon: int) -> Ints:
    """(horizon,) 0 for the first week ahead, 1 for the second, 2 for later."""
    return np.searchsorted(BANDS, np.arange(1, horizon + 1))


def dispersion(actual: Floats, mean: Floats) -> float:
    """d of variance m + d·m², by moments over all observations given, drawn to a small one where few cases speak."""
    borrowed = _PRIOR_DAYS * max(float((mean**2).mean()), 1e-9)
    extra = float(((actual - mean) ** 2 - mean).sum()) + PRIOR_DISPERSION * borrowed
    return max(extra / (float((mean**2).sum()) + borrowed), 1e-4)


def depth(actual: Floats, mean: Floats, spread: Floats) -> Floats:
    """The nominal share above which an interval holds ``actual``; negative where even the median alone does."""
    above = counts.at_most(actual, mean, spread)
    below = counts.at_most(actual - 1.0, mean, spread)
    return np.maximum(2 * below - 1, 1 - 2 * above)


def groups(mean: Floats) -> Ints:
    """Which group of size each expected count is in."""
    return np.searchsorted(EDGES, mean)


def shares(depths: Floats, sizes: Ints, wanted: float) -> Floats:
    """(groups,) the nominal share to use so that ``wanted`` of the past counts lay within.

    ``depths``: of past counts; ``sizes``: their groups.
    """
    uniform = (np.arange(int(_BORROWED)) + 0.5) / _BORROWED
    found = np.empty(len(EDGES) + 1)
    for group in range(found.size):
        mixed = np.concatenate([depths[sizes == group], uniform])
        found[group] = np.quantile(mixed, wanted, method="higher") + 1e-9
    return np.clip(found, 0.0, _CAP)


def bounds(mean: Floats, spread: Floats, share: Floats) -> tuple[Floats, Floats, Floats]:
    """Lower bound, median and upper bound, all counts."""
    half = np.full(mean.shape, 0.5)
    middle = counts.quantile(half, mean, spread)
    lower = counts.quantile(half - share / 2 + 1e-12, mean, spread)
    upper = counts.quantile(half + share / 2, mean, spread)
    return np.minimum(lower, middle), middle, np.maximum(upper, middle)
