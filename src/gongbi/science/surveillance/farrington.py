"""Farrington's method and its flexible successor: the same weeks of earlier years as the baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy.stats import t as student

from gongbi.science.surveillance import glm
from gongbi.science.surveillance.series import (
    Bools,
    Floats,
    Ints,
    Monitored,
    checked,
    monitored,
    share,
    whole,
)
from gongbi.science.surveillance.thresholds import PLUGINS, POWERS, negative_binomial_bound, power_bound

THRESHOLDS = ("delta", *PLUGINS)
STANDARD_ERRORS = ("working", "pearson")
TREND_YEARS = 3  # fewer years of reference carry no trend
_AT_ONCE = 4096  # fits computed together: bounds the memory


@dataclass(frozen=True)
class _Rules:
    alpha: float  # one-sided
    reweight: float | None  # the residual above which a week counts less
    trend: float  # the p-value below which it stays; 0 for never
    threshold: str
    power: str
    standard_error: str
    limit: tuple[int, int]


@dataclass(frozen=True)
class Baseline:
    """What a time point is compared with: ``offsets`` (n,) back from it (negative) and the seasonal ``level`` (n,) of each, 0 its own."""

    offsets: Ints
    level: Ints


def baseline(
    *, years: int, half_window: int, frequency: int = 52, periods: int = 1, recent: int = 0
) -> Baseline:
    """The reference time points of the last ``years`` years of ``frequency`` time points.

    With one of ``periods`` only the windows of ± ``half_window`` around the same time of each year; with more, every time point
    between them too, divided among ``periods`` - 1 levels as equally as can be (the earlier ones take what is left over). The last
    ``recent`` time points before the present one are left out. Raises ValueError naming the argument.
    """
    whole(years, "years", 1)
    whole(half_window, "half_window", 0)
    whole(frequency, "frequency", 1)
    whole(periods, "periods", 1)
    whole(recent, "recent", 0)
    between = frequency - 2 * half_window - 1
    if between < periods - 1:
        raise ValueError(
            f"periods: {between} time points between two windows cannot be divided by {periods - 1}"
        )
    offsets = np.arange(-years * frequency - half_window, 0)
    place = (offsets + half_window) % frequency  # 0 … 2w: the window
    if periods == 1:
        kept = (place <= 2 * half_window) & (offsets <= -frequency + half_window)
        level = np.zeros_like(offsets)
    else:
        short, longer = divmod(between, periods - 1)
        sizes = np.full(periods - 1, short)
        sizes[:longer] += 1
        year = np.concatenate(
            [np.zeros(2 * half_window + 1, dtype=np.int64), np.repeat(np.arange(1, periods), sizes)]
        )
        kept, level = np.ones(offsets.shape, dtype=np.bool_), year[place]
    kept &= offsets < -recent
    return Baseline(offsets=offsets[kept], level=level[kept])


def weights(residuals: ArrayLike, threshold: float) -> Floats:
    """Weights (…, n) that sum to n and fall with the square of a standardised Anscombe residual above ``threshold``.

    So that past outbreaks do not lift the bound. Farrington et al. 1996, section 3.5; Noufaily et al. 2013 take 2.58.
    """
    values = np.asarray(residuals, dtype=np.float64)
    outlying = values > threshold + 1e-9  # rounding decides nothing
    falling = np.where(outlying, 1.0 / np.where(outlying, values, 1.0) ** 2, 1.0)
    return np.asarray(falling * (values.shape[-1] / falling.sum(axis=-1, keepdims=True)))


def farrington(
    counts: ArrayLike,
    *,
    years: int = 3,
    half_window: int = 3,
    frequency: int = 52,
    alpha: float = 0.01,
    reweight: bool = True,
    trend: bool = True,
    power: str = "2/3",
    limit: tuple[int, int] = (5, 4),
) -> Monitored:
    """Farrington, Andrews, Beale, Catchpole 1996 (JRSS A 159:547) on weekly counts (times,) or (series, times).

    A quasi-Poisson regression on the windows of earlier years, with a trend where there are ``TREND_YEARS`` years, it is significant at 5 %
    and does not foretell more than was ever seen; refitted with past outbreaks weighed down; a two-sided 1 - ``alpha`` interval after the
    ``power`` transformation. ``limit`` (cases, weeks): with fewer cases in that many weeks up to now the bound is not
    computed, shown as 0, and there is no alarm. Without a single case in the reference nothing is defined. Raises ValueError naming the argument.
    """
    rules = _Rules(
        alpha=share(alpha, "alpha") / 2,
        reweight=1.0 if reweight else None,
        trend=0.05 if trend and years >= TREND_YEARS else 0.0,
        threshold="delta",
        power=power,
        standard_error="pearson",
        limit=limit,
    )
    return _watch(counts, baseline(years=years, half_window=half_window, frequency=frequency), rules)


def farrington_flexible(
    counts: ArrayLike,
    *,
    years: int = 3,
    half_window: int = 3,
    frequency: int = 52,
    periods: int = 10,
    recent: int = 26,
    alpha: float = 0.01,
    reweight: bool = True,
    weights_threshold: float = 2.58,
    trend: bool = True,
    trend_p: float | None = None,
    threshold: str = "nbPlugin",
    power: str = "2/3",
    limit: tuple[int, int] = (0, 50),
    standard_error: str = "working",
) -> Monitored:
    """Noufaily et al. 2013 (Stat Med 32:1206) on weekly counts (times,) or (series, times).

    All weeks of the last ``years`` years but the ``recent`` ones, with a seasonal factor of ``periods`` levels. The trend stays where its
    p-value is below ``trend_p`` (by default 0.05 for *delta* and 1, that is always, for the others) and it does not foretell more
    than was ever seen. ``threshold``: *delta*, *nbPlugin* or *muan* (see :mod:`.thresholds`), one-sided ``alpha``.
    ``standard_error``: *working* scales the covariance by the working residuals, as the reference program's printed results
    do; *pearson* by Pearson's dispersion, the textbook's way, which gives wider bounds. ``limit`` as in :func:`farrington`.
    Raises ValueError naming the argument.
    """
    if threshold not in THRESHOLDS:
        raise ValueError(f"threshold: {threshold!r} is none of {', '.join(THRESHOLDS)}")
    if standard_error not in STANDARD_ERRORS:
        raise ValueError(f"standard_error: {standard_error!r} is none of {', '.join(STANDARD_ERRORS)}")
    if trend_p is None:
        trend_p = 0.05 if threshold == "delta" else 1.0
    if not 0 <= trend_p <= 1:
        raise ValueError(f"trend_p: {trend_p!r} is not between 0 and 1")
    if not (np.isfinite(weights_threshold) and weights_threshold > 0):
        raise ValueError(f"weights_threshold: {weights_threshold!r} is not above 0")
    rules = _Rules(
        alpha=share(alpha, "alpha"),
        reweight=weights_threshold if reweight else None,
        trend=trend_p if trend and years >= TREND_YEARS else 0.0,
        threshold=threshold,
        power=power,
        standard_error=standard_error,
        limit=limit,
    )
    base = baseline(years=years, half_window=half_window, frequency=frequency, periods=periods, recent=recent)
    return _watch(counts, base, rules)


def _watch(counts: ArrayLike, base: Baseline, rules: _Rules) -> Monitored:
    table, single = checked(counts)
    if rules.power not in POWERS:
        raise ValueError(f"power: {rules.power!r} is none of {', '.join(POWERS)}")
    cases, weeks = whole(rules.limit[0], "limit", 0), whole(rules.limit[1], "limit", 1)
    first = -int(base.offsets[0])
    if table.shape[1] <= first:
        raise ValueError(
            f"counts: {table.shape[1]} time points; with these years and window the first that can be judged is {first + 1}"
        )
    expected, upper = np.full_like(table, np.nan), np.full_like(table, np.nan)
    reference = sliding_window_view(table, first, axis=1)[:, : table.shape[1] - first]
    enough = _enough(table, cases, weeks)[:, first:]
    chosen = base.offsets + first
    expected[:, first:] = reference[:, :, chosen].mean(axis=-1)
    judged = enough & (expected[:, first:] > 0)
    todo = np.argwhere(judged)
    for at in range(0, len(todo), _AT_ONCE):
        row, column = todo[at : at + _AT_ONCE].T
        past, here = reference[row, column][:, chosen], table[row, column + first]
        expected[row, column + first], upper[row, column + first] = _bounds(base, past, here, rules)
    upper[:, first:][~enough] = 0.0
    with np.errstate(invalid="ignore"):
        alarm = table > upper
    alarm[:, first:] &= judged
    return monitored(table, expected, upper, alarm, single)


def _enough(table: Floats, cases: int, weeks: int) -> Bools:
    """Where the last ``weeks`` time points, the present one included, hold at least ``cases``."""
    total = np.cumsum(table, axis=1)
    before = np.zeros_like(total)
    before[:, weeks:] = total[:, :-weeks]
    return np.asarray(total - before >= cases)


def _bounds(base: Baseline, past: Floats, here: Floats, rules: _Rules) -> tuple[Floats, Floats]:
    """Expectation and bound of the counts ``here`` (B,) from their reference counts ``past`` (B, n), each with a case."""
    factor = (base.level[:, None] == np.unique(base.level)[None, 1:]).astype(np.float64)
    # an own season without a single case has no finite estimate: all seasons count as one, then
    bare = past[:, base.level == 0].sum(axis=1) == 0
    expected, upper = np.empty_like(here), np.empty_like(here)
    for which, seasons in ((~bare, factor), (bare, factor[:, :0])):
        if which.any():
            expected[which], upper[which] = _fitted(base, seasons, past[which], here[which], rules)
    return expected, upper


def _fitted(
    base: Baseline, factor: Floats, past: Floats, here: Floats, rules: _Rules
) -> tuple[Floats, Floats]:
    # Time is counted back from the present and the present's level is the base: the intercept is the prediction.
    time = base.offsets[:, None] / float(-base.offsets[0])
    one = np.ones((base.offsets.size, 1))
    log_mean, se, dispersion = (np.empty_like(here) for _part in range(3))
    plain = np.ones(here.shape, dtype=np.bool_)
    if rules.trend > 0:
        fit = _reweighted(np.hstack([one, time, factor]), past, rules.reweight)
        scale = fit.working if rules.standard_error == "working" else fit.dispersion
        error = np.sqrt(np.maximum(scale * fit.covariance[:, 1, 1], 1e-300))
        p = 2 * student.sf(np.abs(fit.coefficients[:, 1]) / error, fit.freedom)
        kept = fit.converged & ((p < rules.trend) | (rules.trend >= 1))
        kept &= np.exp(np.minimum(fit.coefficients[:, 0], 30.0)) <= past.max(axis=1) * (1 + 1e-9)
        for part, values in zip((log_mean, se, dispersion), _prediction(fit, rules), strict=True):
            part[kept] = values[kept]
        plain = ~kept
    if plain.any():
        fit = _reweighted(np.hstack([one, factor]), past[plain], rules.reweight)
        log_mean[plain], se[plain], dispersion[plain] = _prediction(fit, rules)
    mean = np.exp(np.minimum(log_mean, 30.0))
    if rules.threshold == "delta":
        bound = power_bound(mean, se * mean, dispersion, here, alpha=rules.alpha, power=rules.power)
    else:
        bound = negative_binomial_bound(
            log_mean, se, dispersion, here, alpha=rules.alpha, method=rules.threshold
        )
    return mean, bound.upper


def _prediction(fit: glm.Fit, rules: _Rules) -> tuple[Floats, Floats, Floats]:
    """Log of the expectation, its standard error, and the dispersion, never below Poisson's."""
    over = np.maximum(fit.dispersion, 1.0)
    scale = fit.working if rules.standard_error == "working" else over
    return fit.coefficients[:, 0], np.sqrt(scale * fit.covariance[:, 0, 0]), over


def _reweighted(design: Floats, past: Floats, threshold: float | None) -> glm.Fit:
    fit = glm.fit(design, past)
    if threshold is None:
        return fit
    return glm.fit(design, past, weights(anscombe(fit, past), threshold))


def anscombe(fit: glm.Fit, counts: Floats) -> Floats:
    """Standardised Anscombe residuals (B, n) of quasi-Poisson fits, 3/2 (y^⅔ μ^-⅙ - μ^½) / √(φ (1 - h)).

    McCullagh and Nelder 1989, section 2.4.2.
    """
    raw = 1.5 * (counts ** (2 / 3) * fit.mean ** (-1 / 6) - np.sqrt(fit.mean))
    over = np.maximum(fit.dispersion, 1.0)[:, None]
    return np.asarray(raw / np.sqrt(over * np.maximum(1.0 - fit.leverage, 1e-12)))
