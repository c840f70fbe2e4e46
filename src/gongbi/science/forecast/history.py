"""Where a series begins to be one: old stray cases before a system was in use are no history."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from gongbi.science.surveillance.series import checked

WINDOW = 28
SHARE = 0.2


def first_regular_day(daily: ArrayLike) -> int:
    """Index of the first day from which cases come regularly.

    ``daily``: (days,) cases of all series together. The day with a case whose four weeks hold at least a fifth of what the four weeks
    of the median case hold. Raises ValueError for an empty or a bad series.
    """
    table, _ = checked(daily, "daily")
    counts = table[0]
    if not counts.any():
        return 0
    sums = np.concatenate([[0.0], np.cumsum(counts)])
    last = np.minimum(np.arange(counts.size) + WINDOW, counts.size)
    ahead = sums[last] - sums[:-1]
    order = np.argsort(ahead)
    reached = np.searchsorted(np.cumsum(counts[order]), counts.sum() / 2)
    typical = ahead[order][min(int(reached), counts.size - 1)]
    return int(np.flatnonzero((ahead >= SHARE * typical) & (counts > 0))[0])
