"""What a day is like before any single series is looked at: weekday, holiday, make-up workday and season, as a factor.

A Poisson regression with a log link on each kind's daily total (penalised quasi-likelihood: McCullagh and Nelder 1989, *Generalized
Linear Models*, chapters 2 and 9; the penalty is a normal prior, Breslow and Clayton 1993, JASA 88:9-25). A kind's effects are drawn to those of all kinds
together, so that a rare kind takes the week of the others; a holiday is a Sunday and a make-up day a working day until their cases say otherwise.
"""

from __future__ import annotations

import numpy as np

from gongbi.science.surveillance.calendar import HOLIDAY, MAKEUP
from gongbi.science.surveillance.series import Floats, Ints

YEAR = 365.2425
HARMONICS = 2
SEASON_FROM = 400  # days of history before a season can be told from a drift at all
HALF_LIFE = 730.0  # days until a day counts half
STEPS = 12
_WEEK, _SPECIAL, _SEASON, _TREND = 1.0, 0.5, 0.5, 1.0  # standard deviations of the priors, all kinds together
_KIND = 0.3  # of a kind's departures from them, as a share


def design(classes: Ints, history: int, *, seasonal: bool) -> Floats:
    """(days, columns) without the constant: 7 weekdays, holiday, make-up day, linear trend, then the harmonics of the year.

    ``classes``: (days,) as :func:`gongbi.science.surveillance.calendar.day_classes` gives them, history and future together.
    """
    days = np.arange(classes.size)
    week = np.zeros((classes.size, 9))
    plain = classes < 7
    week[days[plain], classes[plain]] = 1.0
    week[classes == HOLIDAY, 6] = 1.0
    week[classes == MAKEUP, :5] = 0.2
    week[:, 7] = classes == HOLIDAY
    week[:, 8] = classes == MAKEUP
    trend = (days[:, None] - history) / YEAR
    if not seasonal:
        return np.hstack([week, trend])
    angle = 2 * np.pi * days[:, None] * np.arange(1, HARMONICS + 1) / YEAR
    return np.hstack([week, trend, np.sin(angle), np.cos(angle)])


def _spread(columns: int) -> Floats:
    spread = np.full(columns, _SEASON)
    spread[:7], spread[7:9], spread[9] = _WEEK, _SPECIAL, _TREND
    return spread


def profiles(totals: Floats, classes: Ints, observed: Floats, *, seasonal: bool) -> Floats:
    """(1 + kinds, days of history and future): the factor of each day, for all kinds together (row 0) and for each kind.

    ``totals``: (1 + kinds, history); ``observed``: (history,) 1 for a day that was counted, 0 for one that is missing.
    """
    history = totals.shape[1]
    columns = design(classes, history, seasonal=seasonal)
    past, spread = columns[:history], _spread(columns.shape[1])
    weights = observed * 0.5 ** ((history - 1 - np.arange(history)) / HALF_LIFE)
    everything = _fit(totals[:1], past, weights, spread, np.zeros((1, history)))
    effects = np.vstack([everything, np.zeros((totals.shape[0] - 1, spread.size))])
    if totals.shape[0] > 1:
        offset = past @ everything[0]
        effects[1:] = everything + _fit(totals[1:], past, weights, _KIND * spread, offset[None, :])
    effects[:, 9] = 0.0  # the trend only keeps a drift out of the season; the level follows the drift
    found = np.exp(np.clip(effects @ columns.T, -6.0, 6.0))
    return np.asarray(found / (found[:, :history] @ weights / weights.sum())[:, None])


def _fit(counts: Floats, columns: Floats, weights: Floats, spread: Floats, offset: Floats) -> Floats:
    """Effects (rows, columns) without the constant, by penalised iteratively reweighted least squares."""
    rows, n = counts.shape
    full = np.hstack([np.ones((n, 1)), columns])
    p = full.shape[1]
    products = (full[:, :, None] * full[:, None, :]).reshape(n, p * p)
    mean_rate = (counts @ weights + 0.5) / np.maximum(np.exp(offset) @ weights, 1e-9)
    beta = np.zeros((rows, p))
    beta[:, 0] = np.log(mean_rate)
    prior = np.concatenate([[1e-6], spread**-2.0])
    dispersion = np.ones(rows)
    for step in range(STEPS):
        eta = np.clip(offset + beta @ full.T, -20.0, 20.0)
        mu = np.exp(eta)
        if step in (3, 6):  # a restless kind says less
            dispersion = np.maximum(((counts - mu) ** 2 / mu) @ weights / max(weights.sum(), 1e-9), 1.0)
        w = weights * mu
        normal = (w @ products).reshape(rows, p, p)
        response = w * (eta - offset) + weights * (counts - mu)
        normal += dispersion[:, None, None] * np.diag(prior)
        found = np.linalg.solve(normal, (response @ full)[:, :, None])[:, :, 0]
        change = np.clip(found - beta, -3.0, 3.0)
        beta += change
        if step > 6 and np.abs(change).max() < 1e-6:
            break
    return np.asarray(beta[:, 1:])
