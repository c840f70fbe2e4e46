"""Quasi-Poisson regression with a log link for many series that share a design: iteratively reweighted least squares.

McCullagh and Nelder 1989, *Generalized Linear Models*, chapter 2.5. Starts from the counts plus a tenth and stops, each series by
itself, when the deviance changes by less than 1e-8 of itself: the same steps as R's ``glm``, so that its printed results are met to
the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gongbi.science.surveillance.series import Bools, Floats

STEPS = 25
TOLERANCE = 1e-8
_ETA = 30.0  # a level without a single case would go to minus infinity


@dataclass(frozen=True)
class Fit:
    """B series, n observations, p columns."""

    coefficients: Floats  # (B, p)
    mean: Floats  # (B, n)
    covariance: Floats  # (B, p, p), to be multiplied by a dispersion
    leverage: Floats  # (B, n)
    dispersion: Floats  # (B,) Pearson's
    working: Floats  # (B,) the prior weights times the squared working residuals, over the degrees of freedom
    freedom: Floats  # (B,) residual degrees of freedom
    converged: Bools  # (B,)


def fit(design: Floats, counts: Floats, weights: Floats | None = None) -> Fit:
    """Fit every row of ``counts`` (B, n) on the columns of ``design`` (n, p), with prior ``weights`` (B, n).

    Raises ValueError when there are not more observations than columns.
    """
    rows, n = counts.shape
    p = design.shape[1]
    if n <= p:
        raise ValueError(f"counts: {n} observations cannot carry {p} coefficients")
    prior = np.ones_like(counts) if weights is None else weights
    products = (design[:, :, None] * design[:, None, :]).reshape(n, p * p)
    mean = counts + 0.1
    eta = np.log(mean)
    beta = np.zeros((rows, p))
    working_weights = np.zeros_like(counts)
    information = np.zeros((rows, p, p))
    converged = np.zeros(rows, dtype=np.bool_)
    before = _deviance(counts, mean, prior)
    going = np.arange(rows)
    for _step in range(STEPS):
        y, mu = counts[going], mean[going]
        w = prior[going] * mu
        response = eta[going] + (y - mu) / mu
        normal = (w @ products).reshape(-1, p, p)
        found = _solve(normal, (w * response) @ design)
        new_eta = np.clip(found @ design.T, -_ETA, _ETA)
        new_mean = np.exp(new_eta)
        beta[going], eta[going], mean[going] = found, new_eta, new_mean
        working_weights[going], information[going] = w, normal
        deviance = _deviance(y, new_mean, prior[going])
        done = np.abs(deviance - before) / (np.abs(deviance) + 0.1) < TOLERANCE
        converged[going[done]] = True
        going, before = going[~done], deviance[~done]
        if going.size == 0:
            break
    covariance = _inverse(information)
    leverage = working_weights * np.einsum("bnp,np->bn", design @ covariance, design)
    freedom = (prior > 0).sum(axis=1).astype(np.float64) - p
    residual = ((counts - mean) / mean) ** 2
    return Fit(
        coefficients=beta,
        mean=mean,
        covariance=covariance,
        leverage=np.clip(leverage, 0.0, 1.0),
        dispersion=(working_weights * residual).sum(axis=1) / freedom,
        working=(prior * residual).sum(axis=1) / freedom,
        freedom=freedom,
        converged=converged,
    )


def _deviance(y: Floats, mean: Floats, prior: Floats) -> Floats:
    logs = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / mean), 0.0)
    return np.asarray(2 * (prior * (logs - (y - mean))).sum(axis=1))


def _scale(normal: Floats) -> Floats:
    return np.asarray(1.0 / np.sqrt(np.einsum("bpp->bp", normal)))


def _solve(normal: Floats, right: Floats) -> Floats:
    scale = _scale(normal)
    scaled = normal * scale[:, :, None] * scale[:, None, :]
    return np.asarray(_steady(scaled, (right * scale)[:, :, None])[:, :, 0] * scale)


def _inverse(normal: Floats) -> Floats:
    scale = _scale(normal)
    scaled = normal * scale[:, :, None] * scale[:, None, :]
    unit = np.broadcast_to(np.eye(normal.shape[1]), normal.shape)
    return _steady(scaled, unit) * scale[:, :, None] * scale[:, None, :]


def _steady(scaled: Floats, right: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(scaled, right))
    except np.linalg.LinAlgError:  # levels without a case: two columns became the same
        return np.asarray(np.linalg.solve(scaled + 1e-10 * np.eye(scaled.shape[1]), right))
