"""What every method takes and gives: counts by series and time, checked at the door, and what was made of each time point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Monitored:
    """One row a series, one column a time point (1-dimensional when one series was given).

    ``expected`` and ``upper`` are NaN exactly where ``defined`` is False: there the history is too short, or nothing can be
    said from it. ``alarm`` is never True there.
    """

    observed: Floats
    expected: Floats
    upper: Floats
    alarm: Bools
    defined: Bools


def checked(counts: ArrayLike, name: str = "counts") -> tuple[Floats, bool]:
    """Counts as (series, times) and whether a single series was given.

    Raises ValueError naming ``name`` for nothing, NaN or infinity, negative values, fractions and more than two dimensions.
    """
    try:
        values = np.asarray(counts, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: not an array of numbers") from None
    if values.ndim not in (1, 2):
        raise ValueError(f"{name}: one series or one row a series is needed, not {values.ndim} dimensions")
    single = values.ndim == 1
    table = np.atleast_2d(values)
    if table.size == 0:
        raise ValueError(f"{name}: the series is empty")
    for wrong, words in (
        (~np.isfinite(table), "is not a number: a time point is missing"),
        (table < 0, "is negative"),
        (table != np.floor(table), "is not a whole number"),
    ):
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            where = f"time point {column + 1}" + ("" if single else f" of series {row + 1}")
            raise ValueError(f"{name}: {where} ({table[row, column]:g}) {words}")
    return table, single


def share(value: float, name: str) -> float:
    """A probability strictly between 0 and 1. Raises ValueError naming it."""
    if not 0 < value < 1:
        raise ValueError(f"{name}: {value!r} is not between 0 and 1")
    return float(value)


def whole(value: int, name: str, least: int) -> int:
    """A whole number not below ``least``. Raises ValueError naming it."""
    if isinstance(value, bool) or int(value) != value or value < least:
        raise ValueError(f"{name}: {value!r} is not a whole number of at least {least}")
    return int(value)


def monitored(observed: Floats, expected: Floats, upper: Floats, alarm: Bools, single: bool) -> Monitored:
    """The result, with alarm only where the bound is defined, and one dimension less for a single series."""
    defined = ~np.isnan(upper)
    expected = np.where(defined, expected, np.nan)
    parts = (observed, expected, upper, alarm & defined, defined)
    return Monitored(*(part[0] for part in parts)) if single else Monitored(*parts)
