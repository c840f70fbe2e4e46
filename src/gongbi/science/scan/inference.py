"""From a ratio to a probability: Monte Carlo ranks, the Gumbel approximation, recurrence intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

EULER = 0.5772156649015329
_CLOSE = 1e-9


def monte_carlo_p(llr: float, maxima: ArrayLike) -> float:
    """The share of replications, the data among them, whose highest ratio is at least ``llr``; exact at every level of the kind
    n / (replications + 1). Dwass M. Modified randomization tests for nonparametric hypotheses. Ann Math Stat 1957; 28:181-187.
    Raises ValueError without replications."""
    found = _maxima(maxima)
    return (1 + int(np.count_nonzero(found >= llr - _CLOSE))) / (len(found) + 1)


def gumbel_p(llr: float, maxima: ArrayLike) -> float:
    """The tail of the Gumbel distribution with the maxima's mean and variance. Abrams AM, Kleinman K, Kulldorff M. Gumbel based p-value
    approximations for spatial scan statistics. Int J Health Geogr 2010; 9:61. Raises ValueError for fewer than two replications."""
    found = _maxima(maxima)
    if len(found) < 2:
        raise ValueError("maxima: the Gumbel approximation needs at least two replications")
    scale = float(found.std(ddof=1)) * math.sqrt(6) / math.pi
    if scale <= 0:
        return float(monte_carlo_p(llr, found))
    middle = float(found.mean()) - EULER * scale
    return float(-np.expm1(-np.exp(-(llr - middle) / scale)))


def recurrence(p: float, every_days: float = 1.0) -> float:
    """In how many days, when the scan is made anew every ``every_days``, chance alone gives one cluster like this. Kleinman K, Lazarus R,
    Platt R. Am J Epidemiol 2004; 159:217-224. Raises ValueError for a probability that is not within (0, 1]."""
    if not 0 < p <= 1:
        raise ValueError(f"p: {p} is no probability above zero")
    return every_days / p


def _maxima(maxima: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = np.asarray(maxima, dtype=np.float64).ravel()
    if not len(found) or not np.isfinite(found).all():
        raise ValueError("maxima: no replication, or one that is not a finite number")
    return found
