"""Data as they would be if nothing were going on: the null distributions from which replications are drawn.

Poisson: each case falls independently into a place and interval, by the baseline. Bernoulli: which of the people are cases is
shuffled. Permutation: which case happened when is shuffled (Kulldorff et al. 2005). A prospective scan looks at the last intervals
alone; then only what falls into them is drawn, how many first (binomial, or hypergeometric), which ones after that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from gongbi.science.scan import plain
from gongbi.science.scan.engine import kernels


@dataclass(frozen=True, eq=False)
class Null:
    """How to draw. The number of cases is ``least`` + the place of a fraction in ``cdf``. With ``prob``/``alias`` and ``time_prob``/
    ``time_alias`` each falls into a place and into an interval; with the former alone into a cell of the padded table; with
    neither, items are taken in random order: ``place_of`` and ``time_of`` them, or the times of the ``slot_time`` one after another."""

    cdf: NDArray[np.float64]
    least: int
    prob: NDArray[np.float64]
    alias: NDArray[np.int32]
    time_prob: NDArray[np.float64]
    time_alias: NDArray[np.int32]
    place_of: NDArray[np.int32]
    time_of: NDArray[np.int32]
    slot_time: NDArray[np.int32]

    @property
    def items(self) -> int:
        """How many there are to be taken from."""
        return len(self.place_of)

    @property
    def most(self) -> int:
        """The largest number of cases that can be drawn."""
        return self.least + len(self.cdf)


_INTS: NDArray[np.int32] = np.empty(0, np.int32)
_FLOATS: NDArray[np.float64] = np.empty(0)


def poisson(baseline: NDArray[np.float64], skipped: int, cases: int, pad: int, *, product: bool) -> Null:
    """``baseline``: places × intervals, of which the first ``skipped`` are not looked at; ``cases`` in all. ``product``: whether it is a
    product of places and intervals; if not, cells are counted in a table with ``pad`` + 1 more columns in front."""
    late = baseline[:, skipped:]
    cdf, least = _fixed(cases) if not skipped else _binomial(cases, float(late.sum() / baseline.sum()))
    if product:
        return Null(cdf, least, *_alias(late.sum(axis=1)), *_alias(late.sum(axis=0)), _INTS, _INTS, _INTS)
    padded = np.pad(late, ((0, 0), (pad + 1, 0)))
    return Null(cdf, least, *_alias(padded.ravel()), _FLOATS, _INTS, _INTS, _INTS, _INTS)


def _alias(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    prob, alias = np.empty(len(weights)), np.empty(len(weights), np.int32)
    (plain.alias_table if kernels is None else kernels.alias_table)(weights, prob, alias)
    return prob, alias


def bernoulli(people: NDArray[np.int64], skipped: int, cases: int) -> Null:
    """``people``: cases and controls, places × intervals; ``cases`` of them are cases."""
    late = people[:, skipped:]
    many, all_ = int(late.sum()), int(people.sum())
    cdf, least = _fixed(cases) if not skipped else _hypergeometric(all_, cases, many)
    place, time = _items(late)
    return Null(cdf, least, _FLOATS, _INTS, _FLOATS, _INTS, place, time, _INTS)


def permutation(cases: NDArray[np.int64], skipped: int) -> Null:
    """``cases``: places × intervals; their places and their times are put together anew."""
    place, _ = _items(cases)
    slots = np.repeat(np.arange(cases.shape[1] - skipped), cases[:, skipped:].sum(axis=0)).astype(np.int32)
    cdf, least = _fixed(len(slots))
    return Null(cdf, least, _FLOATS, _INTS, _FLOATS, _INTS, place, _INTS, slots)


def _fixed(number: int) -> tuple[NDArray[np.float64], int]:
    return np.empty(0), number


def _binomial(number: int, share: float) -> tuple[NDArray[np.float64], int]:
    n = np.arange(number + 1)
    share = min(max(share, 1e-300), 1 - 1e-16)
    return _cumulated(_log_choose(number, n) + n * np.log(share) + (number - n) * np.log1p(-share), 0)


def _hypergeometric(people: int, cases: int, many: int) -> tuple[NDArray[np.float64], int]:
    least = max(0, many - (people - cases))
    n = np.arange(least, min(cases, many) + 1)
    return _cumulated(_log_choose(cases, n) + _log_choose(people - cases, many - n), least)


def _log_choose(n: Any, k: Any) -> Any:
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)


def _cumulated(logs: NDArray[np.float64], least: int) -> tuple[NDArray[np.float64], int]:
    """Cumulated probabilities without the last, which is 1, and without what is rarer than one in 10^18 at either end."""
    odds = np.exp(logs - logs.max())
    kept = np.flatnonzero(odds > odds.sum() * 1e-18)
    odds = odds[kept[0] : kept[-1] + 1]
    return np.cumsum(odds)[:-1] / odds.sum(), least + int(kept[0])


def _items(counts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    flat = np.repeat(np.arange(counts.size), counts.ravel())
    place, time = np.divmod(flat, counts.shape[1])
    return place.astype(np.int32), time.astype(np.int32)
