"""The likelihood ratios of the scan statistics and what they need of a count to reach a value.

Kulldorff M. A spatial scan statistic. Communications in Statistics: Theory and Methods 1997; 26:1481-1496 (Poisson, Bernoulli).
Kulldorff M, Heffernan R, Hartman J, Assunção R, Mostashari F. A space-time permutation scan statistic for disease outbreak
detection. PLoS Medicine 2005; 2:e59 (the Poisson form over the margins).

Both grow with the count and fall with the baseline as long as there are more cases than expected; the search leans on that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

Floats = NDArray[np.float64]


def poisson_llr(cases: ArrayLike, expected: ArrayLike, total: float) -> Floats:
    """Log likelihood ratio of ``cases`` where ``expected`` were to be expected, of ``total`` in all; 0 where there are not more.

    ``expected`` adds up to ``total`` over the whole study, so does ``cases``. An expectation of zero with cases gives infinity.
    """
    c, b = np.broadcast_arrays(np.asarray(cases, dtype=np.float64), np.asarray(expected, dtype=np.float64))
    high = (c > b) & (b < total)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(c > 0, c * (np.log(np.where(c > 0, c, 1.0)) - np.log(b)), 0.0)
        rest = np.maximum(total - c, 0.0)
        outside = np.where(
            rest > 0, rest * (np.log(np.where(rest > 0, rest, 1.0)) - np.log(np.maximum(total - b, 0.0))), 0.0
        )
        return np.where(high, inside + outside, 0.0)


def bernoulli_llr(cases: ArrayLike, people: ArrayLike, total_cases: float, total: float) -> Floats:
    """Log likelihood ratio of ``cases`` among ``people`` (cases and controls) when ``total_cases`` of ``total`` are cases; 0
    where the share inside is not higher than outside, and where there are more cases than people."""
    c, n = np.broadcast_arrays(np.asarray(cases, dtype=np.float64), np.asarray(people, dtype=np.float64))
    rest, others = total_cases - c, total - n
    high = (c * others > rest * n) & (c <= n) & (rest <= others)
    c, n, rest, others = (np.where(high, values, 0.0) for values in (c, n, rest, others))
    value = xlogy(c, c) + xlogy(n - c, n - c) - xlogy(n, n)
    value += xlogy(rest, rest) + xlogy(others - rest, others - rest) - xlogy(others, others)
    null = (
        xlogy(total_cases, total_cases)
        + xlogy(total - total_cases, total - total_cases)
        - xlogy(total, total)
    )
    return np.where(high, value - null, 0.0)


def llr(
    cases: ArrayLike, baseline: ArrayLike, total_cases: float, total: float, *, bernoulli: bool
) -> Floats:
    """Either of them: ``total`` is what the baseline adds up to (for the Poisson forms the number of cases)."""
    if bernoulli:
        return bernoulli_llr(cases, baseline, total_cases, total)
    return poisson_llr(cases, baseline, total_cases)


def largest_baseline(floor: float, most: int, total_cases: float, total: float, *, bernoulli: bool) -> Floats:
    """For every count 0 … ``most`` the largest baseline at which its likelihood ratio still reaches ``floor``; -1 where none does.

    The answer is a hair too large (a billionth), so that who prunes by it loses nothing to rounding. It never falls with the count.
    """
    counts = np.arange(most + 1, dtype=np.float64)
    # At the lower end of the baselines the ratio is largest: nothing for Poisson, the cases themselves for Bernoulli.
    low = counts.copy() if bernoulli else np.zeros(most + 1)
    high = counts * total / total_cases if bernoulli else counts.copy()
    with np.errstate(divide="ignore"):
        best = llr(counts, low, total_cases, total, bernoulli=bernoulli)
    never = ~(best >= floor - 1e-9) | (counts < 1)
    for _ in range(50):
        middle = (low + high) / 2
        reached = llr(counts, middle, total_cases, total, bernoulli=bernoulli) >= floor
        low, high = np.where(reached, middle, low), np.where(reached, high, middle)
    found = high * (1 + 1e-9) + 1e-9
    found[never] = -1.0
    return np.maximum.accumulate(found)
