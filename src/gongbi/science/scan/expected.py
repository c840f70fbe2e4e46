"""How many cases were to be expected: people between censuses, and indirect standardisation.

Population: a census figure is linear between two censuses and constant outside them, added up day by day. Expectation: each
class (age group × sex, say) has the whole study's rate; a place expects the sum of its classes' rates times its people.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def population_over(census_days: ArrayLike, people: ArrayLike, boundaries: ArrayLike) -> Floats:
    """Person-days in each interval: rows × (boundaries − 1).

    ``census_days``: day numbers, rising; ``people``: rows × censuses; ``boundaries``: first day of each interval and the day after the
    last one. Raises ValueError for days that do not rise, shapes that differ and people that are negative or no finite number.
    """
    days = np.asarray(census_days, dtype=np.int64)
    edges = np.asarray(boundaries, dtype=np.int64)
    figures = np.atleast_2d(np.asarray(people, dtype=np.float64))
    if days.ndim != 1 or not len(days) or (np.diff(days) <= 0).any():
        raise ValueError("census_days: at least one day, each later than the one before, is needed")
    if edges.ndim != 1 or len(edges) < 2 or (np.diff(edges) <= 0).any():
        raise ValueError("boundaries: at least two days, each later than the one before, are needed")
    if figures.shape[1] != len(days):
        raise ValueError(f"people: {figures.shape[1]} figures a row for {len(days)} censuses")
    if not np.isfinite(figures).all() or (figures < 0).any():
        raise ValueError("people: a figure is negative or not a finite number")
    each = np.arange(edges[0], edges[-1]) + 0.5  # noon: a figure counts from the beginning of its day
    # How much each census counts on each day, added up over the intervals.
    share = np.stack([np.interp(each, days, row) for row in np.eye(len(days))])
    return figures @ np.add.reduceat(share, edges[:-1] - edges[0], axis=1)


def indirect_expectation(cases: Sequence[ArrayLike], people: Sequence[ArrayLike]) -> Floats:
    """Expected cases, the shape of one class's ``people`` (places × intervals): its sum is the number of cases.

    ``cases``, ``people``: one array a class, in the same order; of the cases only each class's sum counts. Raises ValueError for
    classes that have cases and no people, and for none.
    """
    if not cases or len(cases) != len(people):
        raise ValueError(f"people: {len(people)} classes for {len(cases)} of the cases")
    total: Floats | None = None
    for number, (ill, living) in enumerate(zip(cases, people, strict=True)):
        amount, figures = float(np.sum(ill)), np.asarray(living, dtype=np.float64)
        everybody = float(figures.sum())
        if amount and not everybody > 0:
            raise ValueError(f"people: class {number} has cases but no people")
        part = figures * (amount / everybody if everybody > 0 else 0.0)
        total = part if total is None else total + part
    assert total is not None
    return total
