"""EARS C1, C2 and C3: the counts of the last few time points as the only baseline."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy.stats import norm

from gongbi.science.surveillance.series import Floats, Monitored, checked, monitored, share, whole

METHODS = ("C1", "C2", "C3")
LAG = 2  # the time points that C2 and C3 leave out between the baseline and the one they judge
DEFINITIONS = ("surveillance", "cdc")


def ears(
    counts: ArrayLike,
    *,
    method: str = "C1",
    baseline: int = 7,
    alpha: float = 0.001,
    min_sigma: float = 0.0,
    definition: str = "surveillance",
) -> Monitored:
    """Alarm where a count is above the mean of the baseline by more than its standard deviations allow.

    ``counts``: (times,) or (series, times). C1 takes the ``baseline`` time points just before, C2 leaves out the ``LAG`` before
    today, both bound by mean + z(1 - ``alpha``) · max(sd, ``min_sigma``). C3 adds what C2 exceeded one standard deviation by on
    the two time points before: in the ``definition`` of the R package *surveillance* (whose printed bound is today's count plus
    what was left of z, so that today does not enter) or in that of the *cdc* (today enters: Σ over three time points of
    max(0, C2 - 1) > z). A bound below zero is shown as zero.

    Hutwagner, Thompson, Seeman, Treadwell 2003 (J Urban Health 80:i89); Fricker, Hegler, Dunfee 2008 (Stat Med 27:3407).
    Raises ValueError naming the argument.
    """
    table, single = checked(counts)
    lag, first = _door(table, method, baseline, min_sigma, definition)
    z = float(norm.isf(share(alpha, "alpha")))
    mean, sd = _baselines(table, baseline, lag)
    sd = np.maximum(sd, min_sigma)
    if method != "C3":
        upper = mean + z * sd
        return monitored(table, mean, upper, _above(table, upper), single)
    excess = np.maximum(0.0, _standard(table, mean, sd) - 1.0)
    before = np.full_like(table, np.nan)
    before[:, first:] = excess[:, first - 1 : -1] + excess[:, first - 2 : -2]
    with np.errstate(invalid="ignore"):  # infinity times a standard deviation of nought
        if definition == "surveillance":
            upper = table + sd * (z - before)
        else:
            upper = np.where(before > z, 0.0, mean + sd * (z + 1.0 - before))
    upper = np.where(np.isinf(before), 0.0, np.maximum(upper, 0.0))
    if definition == "surveillance":
        return monitored(table, mean, upper, _above(table, upper), single)
    return monitored(table, mean, upper, (before > z) | _above(table, upper), single)


def ears_statistic(
    counts: ArrayLike,
    *,
    method: str = "C1",
    baseline: int = 7,
    min_sigma: float = 0.0,
    definition: str = "surveillance",
) -> Floats:
    """(series, times): how many standard deviations above the baseline (C1, C2), or the sum of the excesses (C3), to set any limit on.

    NaN where there is no baseline yet, infinity where a count is above a baseline without spread. Arguments as for :func:`ears`.
    """
    table, _single = checked(counts)
    lag, _first = _door(table, method, baseline, min_sigma, definition)
    mean, sd = _baselines(table, baseline, lag)
    standard = _standard(table, mean, np.maximum(sd, min_sigma))
    if method != "C3":
        return standard
    excess = np.maximum(0.0, standard - 1.0)
    total = np.full_like(table, np.nan)
    total[:, 2:] = excess[:, 1:-1] + excess[:, :-2]
    return total + excess if definition == "cdc" else total


def _door(table: Floats, method: str, baseline: int, min_sigma: float, definition: str) -> tuple[int, int]:
    """The lag of a method and the first time point it can judge. Raises ValueError naming the argument."""
    if method not in METHODS:
        raise ValueError(f"method: {method!r} is none of {', '.join(METHODS)}")
    if definition not in DEFINITIONS:
        raise ValueError(f"definition: {definition!r} is none of {', '.join(DEFINITIONS)}")
    whole(baseline, "baseline", 2)
    if not (np.isfinite(min_sigma) and min_sigma >= 0):
        raise ValueError(f"min_sigma: {min_sigma!r} is not a number of at least 0")
    lag = 0 if method == "C1" else LAG
    first = baseline + lag + (2 if method == "C3" else 0)
    if table.shape[1] <= first:
        raise ValueError(
            f"counts: {table.shape[1]} time points; {method} with a baseline of {baseline} needs {first + 1}"
        )
    return lag, first


def _above(table: Floats, upper: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    with np.errstate(invalid="ignore"):
        return np.asarray(table > upper)


def _baselines(table: Floats, baseline: int, lag: int) -> tuple[Floats, Floats]:
    """Mean and standard deviation (n - 1) of the window that ends ``lag`` + 1 before each time point; NaN where there is none."""
    mean, sd = np.full_like(table, np.nan), np.full_like(table, np.nan)
    first = baseline + lag
    windows = sliding_window_view(table, baseline, axis=1)[:, : table.shape[1] - first]
    mean[:, first:] = windows.mean(axis=-1)
    sd[:, first:] = windows.std(axis=-1, ddof=1)
    return mean, sd


def _standard(table: Floats, mean: Floats, sd: Floats) -> Floats:
    """(count - mean) / sd; with no spread at all, 0 at the mean and ±infinity beside it."""
    off = table - mean
    flat = sd == 0
    divided = off / np.where(flat, 1.0, sd)
    return np.where(flat & (off != 0), np.copysign(np.inf, off), divided)
