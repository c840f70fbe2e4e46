"""Arrivals with a rhythm: streams of chance by name, rain that comes and goes, a non-homogeneous Poisson process by the hour.

Everything is drawn from streams that are named (:func:`stream`), not taken one after another from one generator: who adds a draw in one
place changes none elsewhere. That is what makes two runs comparable number by number (common random numbers; Law, *Simulation Modeling
and Analysis*, §11.2).
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
HOURS = 24


def stream(seed: int, *names: object) -> np.random.Generator:
    """The generator of this name: the same seed and names give the same numbers on every machine, whatever else was drawn.

    ``seed``: any whole number. ``names``: anything whose ``str`` is stable. Philox, keyed by BLAKE2b of the names.
    """
    told = "\x1f".join([str(seed), *(str(name) for name in names)])
    key = hashlib.blake2b(told.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "big")))


def shares(weights: Floats) -> Floats:
    """Weights of any length scaled to mean one, so that they bend a rate and leave its size alone. ValueError: negative, or all zero."""
    if weights.ndim != 1 or not len(weights) or (weights < 0).any() or not weights.sum() > 0:
        raise ValueError("a rhythm needs weights that are not negative and not all zero")
    return np.asarray(weights * (len(weights) / weights.sum()), dtype=np.float64)


def rates(
    per_day: float, hours: Floats, *, day: float = 1.0, wet: Flags | None = None, rain: float = 1.0
) -> Floats:
    """Expected arrivals in each of the 24 hours of one day.

    ``per_day``: on a mean, dry day. ``hours``: (24,) weights, scaled to mean one. ``day``: the factor of this day (weekday, season,
    holiday). ``wet``: (24,) which hours are wet; these are multiplied by ``rain``. ValueError for shapes that do not fit.
    """
    if hours.shape != (HOURS,) or (wet is not None and wet.shape != (HOURS,)):
        raise ValueError("a day has 24 hours")
    found = per_day / HOURS * day * shares(hours)
    if wet is not None:
        found = found * np.where(wet, rain, 1.0)
    return np.asarray(found, dtype=np.float64)


def arrivals(dice: np.random.Generator, expected: Floats) -> Floats:
    """Moments of a Poisson process whose rate is constant within each hour: hours since the first, ascending.

    ``expected``: (n,) arrivals expected in each hour. Given the count of an hour, moments within it are uniform: the exact process.
    """
    counts = dice.poisson(expected)
    begun = np.repeat(np.arange(len(expected), dtype=np.float64), counts)
    return np.sort(begun + dice.random(len(begun)))


def rain(dice: np.random.Generator, share: Floats, *, stays: float, wet: bool = False) -> Flags:
    """Which hours are wet: a two-state Markov chain whose long-run wet share follows ``share``.

    ``share``: (n,) in [0, 1), the share of wet hours that the season has. ``stays``: chance in (0, 1) that a wet hour is followed by a
    wet one; spells last 1 / (1 - stays) hours on average. ``wet``: the hour before the first. The chance that a dry hour turns wet is
    what balances the two (Gabriel & Neumann 1962, for days).
    """
    if not 0 < stays < 1 or ((share < 0) | (share >= 1)).any():
        raise ValueError("shares lie in [0, 1), the chance to stay wet in (0, 1)")
    begins = np.minimum(1.0, (1 - stays) * share / (1 - share))
    drawn = dice.random(len(share))
    found = np.empty(len(share), dtype=np.bool_)
    for place in range(len(share)):
        wet = bool(drawn[place] < (stays if wet and share[place] > 0 else begins[place]))
        found[place] = wet
    return found


def lasting(dice: np.random.Generator, median: float, spread: float) -> float:
    """One duration of a lognormal with this median; ``spread`` is the standard deviation of its logarithm."""
    return float(median * np.exp(spread * dice.standard_normal()))


def paired(differences: Floats, *, level: float = 0.95) -> tuple[float, float, float]:
    """Mean difference of paired runs with its two-sided t interval: (mean, low, high).

    ``differences``: (n,) variant minus base, one for each seed. With fewer than two, or where all are the same, the interval is a point;
    one pair alone says nothing of its spread, so its interval is unbounded.
    """
    from scipy.stats import t

    mean = float(differences.mean())
    if len(differences) < 2:
        return mean, -np.inf, np.inf
    half = float(
        t.ppf(0.5 + level / 2, len(differences) - 1) * differences.std(ddof=1) / np.sqrt(len(differences))
    )
    return mean, mean - half, mean + half
