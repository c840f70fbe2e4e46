"""CUSUM of standardised counts: small excesses that stay add up."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from gongbi.science.surveillance.series import Floats, Monitored, checked, monitored, whole

TRANSFORMS = ("standard", "rossi", "anscombe", "none")


def cusum(
    counts: ArrayLike,
    *,
    start: int,
    k: float = 1.04,
    h: float = 2.26,
    reference: float | ArrayLike | None = None,
    transform: str = "standard",
) -> Monitored:
    """S(t) = max(0, S(t-1) + z(t) - ``k``) from time point ``start`` (0-based) on; alarm where S(t) ≥ ``h``.

    ``counts``: (times,) or (series, times). z is the count standardised by the in-control mean: ``reference`` (a number, or one
    a series), by default the mean of the time points before ``start``. ``transform``: *standard* (x - m) / √m, *rossi*
    (x - 3m + 2√(xm)) / 2√m, *anscombe* 3/2 (x^⅔ - m^⅔) / m^⅙, *none* x - m. ``upper`` is the smallest count that gives the
    alarm (so the alarm is at ``observed`` ≥ ``upper``). S is not set back after an alarm. A series whose in-control mean is nought
    is not defined.

    Page 1954 (Biometrika 41:100); Rossi, Lampugnani, Marchi 1999 (Stat Med 18:2111). Raises ValueError naming the argument.
    """
    table, single = checked(counts)
    whole(start, "start", 0)
    if start >= table.shape[1]:
        raise ValueError(f"start: {start} leaves no time point of {table.shape[1]}")
    if transform not in TRANSFORMS:
        raise ValueError(f"transform: {transform!r} is none of {', '.join(TRANSFORMS)}")
    for value, name in ((k, "k"), (h, "h")):
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"{name}: {value!r} is not a number of at least 0")
    mean = _reference(reference, table, start)
    usable = mean > 0
    m = np.where(usable, mean, 1.0)
    upper = np.full_like(table, np.nan)
    alarm = np.zeros(table.shape, dtype=np.bool_)
    total = np.zeros(table.shape[0])
    for at in range(start, table.shape[1]):
        upper[:, at] = np.where(usable, _least(h + k - total, m, transform), np.nan)
        total = np.maximum(0.0, total + _score(table[:, at], m, transform) - k)
        alarm[:, at] = total >= h
    expected = np.broadcast_to(m[:, None], table.shape)
    return monitored(table, expected, upper, alarm, single)


def cusum_statistic(
    counts: ArrayLike, *, start: int, k: float = 1.04, reference: float | ArrayLike | None = None
) -> Floats:
    """(series, times): S(t) of :func:`cusum` with the standard transformation, to set any limit on; NaN before ``start``
    and where the in-control mean is nought."""
    table, _single = checked(counts)
    whole(start, "start", 0)
    mean = _reference(reference, table, start)
    usable = mean > 0
    m = np.where(usable, mean, 1.0)
    path = np.full_like(table, np.nan)
    total = np.zeros(table.shape[0])
    for at in range(start, table.shape[1]):
        total = np.maximum(0.0, total + _score(table[:, at], m, "standard") - k)
        path[:, at] = np.where(usable, total, np.nan)
    return path


def _reference(reference: float | ArrayLike | None, table: Floats, start: int) -> Floats:
    if reference is None:
        if start < 1:
            raise ValueError(
                "start: the reference is the mean of the time points before it, and there are none"
            )
        return np.asarray(table[:, :start].mean(axis=1))
    given = np.asarray(reference, dtype=np.float64)
    if given.ndim > 1 or given.size not in (1, table.shape[0]):
        raise ValueError("reference: one number, or one for each series, is needed")
    if not (np.isfinite(given).all() and (given > 0).all()):
        raise ValueError("reference: the in-control mean must be above 0")
    return np.broadcast_to(given.reshape(-1), (table.shape[0],))


def _score(x: Floats, m: Floats, transform: str) -> Floats:
    if transform == "standard":
        return np.asarray((x - m) / np.sqrt(m))
    if transform == "rossi":
        return np.asarray((x - 3 * m + 2 * np.sqrt(x * m)) / (2 * np.sqrt(m)))
    if transform == "anscombe":
        return np.asarray(1.5 * (x ** (2 / 3) - m ** (2 / 3)) / m ** (1 / 6))
    return x - m


def _least(score: Floats, m: Floats, transform: str) -> Floats:
    """The smallest whole count, not below 0, whose score is at least ``score``."""
    if transform == "standard":
        x = m + np.sqrt(m) * score
    elif transform == "rossi":
        inner = 4 * m + 2 * np.sqrt(m) * score
        x = np.maximum(0.0, np.sqrt(np.maximum(inner, 0.0)) - np.sqrt(m)) ** 2
    elif transform == "anscombe":
        x = np.maximum(0.0, m ** (2 / 3) + score * m ** (1 / 6) / 1.5) ** 1.5
    else:
        x = m + score
    low = np.asarray(np.maximum(0.0, np.ceil(x) - 1))  # rounding may have put the bound one off
    for _step in range(2):
        low = np.where(_score(low, m, transform) >= score, low, low + 1)
    return low


def poisson_reference(normal: float, raised: float) -> float:
    """The ``k`` of a Poisson CUSUM that is best at telling mean ``raised`` from mean ``normal``, in standardised units.

    (raised - normal) / (ln raised - ln normal), less ``normal``, over its root. Lucas 1985 (Technometrics 27:129).
    """
    if not 0 < normal < raised < np.inf:
        raise ValueError(f"raised: {raised!r} is not above the normal mean {normal!r}, which must be above 0")
    k = (raised - normal) / float(xlogy(1.0, raised) - xlogy(1.0, normal))
    return float((k - normal) / np.sqrt(normal))
