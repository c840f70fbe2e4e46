"""From a fitted expectation to the bound above which a count is unusual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import nbinom, norm, poisson

from gongbi.science.surveillance.series import Floats, share

POWERS = {"none": 1.0, "1/2": 0.5, "2/3": 2.0 / 3.0}
PLUGINS = ("nbPlugin", "muan")


@dataclass(frozen=True)
class Bound:
    """Arrays of one shape. ``tail``: the probability of a count like this or higher. ``score``: above 1 is an alarm."""

    lower: Floats
    upper: Floats
    tail: Floats
    score: Floats


def power_bound(
    mean: ArrayLike,
    se: ArrayLike,
    dispersion: ArrayLike,
    counts: ArrayLike,
    *,
    alpha: float,
    power: str = "2/3",
) -> Bound:
    """Bound by the normal distribution on a scale where the counts are symmetric ("delta").

    ``mean`` and its standard error ``se`` are on the scale of the counts; the variance of a new count is ``mean`` ·
    (``dispersion`` + ``se``² / ``mean``). One-sided ``alpha``. Farrington, Andrews, Beale, Catchpole 1996 (JRSS A 159:547), section 3.6.
    Raises ValueError naming the argument.
    """
    if power not in POWERS:
        raise ValueError(f"power: {power!r} is none of {', '.join(POWERS)}")
    z = float(norm.isf(share(alpha, "alpha")))
    mean, se, dispersion, counts = (np.asarray(v, dtype=np.float64) for v in (mean, se, dispersion, counts))
    if not (mean > 0).all():
        raise ValueError("mean: must be above 0")
    gamma = POWERS[power]
    tau = dispersion + se**2 / mean
    spread = gamma * mean ** (gamma - 0.5) * np.sqrt(tau)
    centre = mean**gamma
    lower = np.maximum(0.0, centre - z * spread) ** (1 / gamma)
    upper = (centre + z * spread) ** (1 / gamma)
    tail = norm.sf((counts**gamma - centre) / spread)
    return Bound(np.asarray(lower), np.asarray(upper), tail, np.asarray((counts - mean) / (upper - mean)))


def negative_binomial_bound(
    log_mean: ArrayLike,
    se: ArrayLike,
    dispersion: ArrayLike,
    counts: ArrayLike,
    *,
    alpha: float,
    method: str = "nbPlugin",
) -> Bound:
    """Bound by the quantile of a negative binomial with variance ``dispersion`` · mean (Poisson where that is 1).

    ``log_mean`` and its standard error ``se`` are on the log scale. *nbPlugin* takes the estimate as it stands, *muan* its upper
    (1 - ``alpha``) confidence limit. ``score`` is (count - log mean) / (upper - log mean): the reference program forms it on the log scale
    here and prints it so. Noufaily et al. 2013 (Stat Med 32:1206); Salmon, Schumacher, Höhle 2016 (J Stat Softw 70:10).
    Raises ValueError naming the argument.
    """
    if method not in PLUGINS:
        raise ValueError(f"method: {method!r} is none of {', '.join(PLUGINS)}")
    z = float(norm.isf(share(alpha, "alpha")))
    log_mean, se, dispersion, counts = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (log_mean, se, dispersion, counts))
    )
    mean = np.exp(np.minimum(log_mean + (z * se if method == "muan" else 0.0), 30.0))
    over = dispersion > 1.0
    lower, upper, tail = np.empty(mean.shape), np.empty(mean.shape), np.empty(mean.shape)
    m = mean[over]
    size, chance = m / (dispersion[over] - 1.0), 1.0 / dispersion[over]
    lower[over], upper[over] = nbinom.ppf(alpha, size, chance), nbinom.ppf(1 - alpha, size, chance)
    tail[over] = nbinom.sf(counts[over] - 1, size, chance)
    m = mean[~over]
    lower[~over], upper[~over] = poisson.ppf(alpha, m), poisson.ppf(1 - alpha, m)
    tail[~over] = poisson.sf(counts[~over] - 1, m)
    away = upper - log_mean
    score = np.divide(counts - log_mean, away, out=np.zeros(mean.shape), where=away != 0)
    return Bound(lower, upper, tail, score)
