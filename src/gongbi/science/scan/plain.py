"""What :mod:`gongbi.science.scan.kernels` does, with numpy alone: every window is looked at, no numba is needed.

The same numbers come out: the random numbers are the same, counts are whole, and baselines are added up in the same order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gongbi.science.scan.likelihood import llr
from gongbi.science.scan.random import uniforms

TIE = 1e-10


def alias_table(weights: Any, prob: Any, alias: Any) -> None:
    """Fill ``prob`` and ``alias`` (Walker's alias method, as set up by Vose, IEEE Trans. Software Eng. 1991; 17:972-975)."""
    n = len(weights)
    scale = n / weights.sum()
    small = np.empty(n, np.int64)
    large = np.empty(n, np.int64)
    few, many = 0, 0
    left = weights * scale
    for i in range(n):
        alias[i] = i
        prob[i] = 1.0
        if left[i] < 1.0:
            small[few] = i
            few += 1
        else:
            large[many] = i
            many += 1
    while few and many:
        few -= 1
        less, more = small[few], large[many - 1]
        prob[less], alias[less] = left[less], more
        left[more] -= 1.0 - left[less]
        if left[more] < 1.0:
            many -= 1
            small[few] = more
            few += 1
    # What remains of the small ones is 1 up to rounding, unless its weight is nothing: then it must never be drawn.
    for i in range(few):
        if weights[small[i]] == 0.0:
            prob[small[i]], alias[small[i]] = 0.0, large[0] if many else alias[small[i]]


def draw(
    key: int,
    cdf: Any,
    least: int,
    prob: Any,
    alias: Any,
    time_prob: Any,
    time_alias: Any,
    place_of: Any,
    time_of: Any,
    slot_time: Any,
    order: Any,
    pad: int,
    out: Any,
) -> None:
    """One replication's cases into ``out`` (places × boundaries between intervals), added up over time."""
    many = int(least + np.searchsorted(cdf, uniforms(key, 0, 1)[0], side="right"))
    counts = np.zeros(out.shape, dtype=np.int64)
    if len(time_prob):
        fractions = uniforms(key, 1, 2 * many + 1)
        place = _alias(fractions[::2], prob, alias)
        np.add.at(counts, (place, pad + 1 + _alias(fractions[1::2], time_prob, time_alias)), 1)
    elif len(prob):
        counts += np.bincount(_alias(uniforms(key, 1, many + 1), prob, alias), minlength=out.size).reshape(
            out.shape
        )
    else:
        n = len(order)
        items = list(range(n))
        jumps = (uniforms(key, 1, many + 1) * (n - np.arange(many))).astype(np.int64).tolist()
        for i, jump in enumerate(jumps):
            items[i], items[i + jump] = items[i + jump], items[i]
        chosen = np.array(items[:many], dtype=np.int64)
        place = place_of[chosen]
        time = slot_time[:many] if len(slot_time) else time_of[chosen]
        np.add.at(counts, (place, pad + 1 + np.asarray(time, dtype=np.int64)), 1)
    out[:] = np.cumsum(counts, axis=1)


def _alias(fractions: Any, prob: Any, alias: Any) -> Any:
    x = fractions * len(prob)
    cell = x.astype(np.int64)
    return np.where(x - cell < prob[cell], cell, alias[cell])


def best_windows(
    prefix: Any,
    pad: int,
    first_end: int,
    begin: Any,
    end: Any,
    nbrs: Any,
    stop: Any,
    longest: int,
    largest: Any,
    u: Any,
    v: Any,
    cells: Any,
    total_cases: float,
    total: float,
    bernoulli: bool,
    min_cases: int,
    value: Any,
    where: Any,
) -> None:
    """For each centre the window with the highest ratio, if it reaches the floor that ``largest`` was made for."""
    general = cells.shape[0] > 0
    steps = prefix.shape[1] - pad - 1
    value[:], where[:] = 0.0, 0
    for i in range(len(begin)):
        part = slice(begin[i], end[i])
        circle = nbrs[part]
        rings = np.flatnonzero(stop[part])
        if not len(rings):
            continue
        acc = np.cumsum(prefix[circle, pad:].astype(np.int64), axis=0)[rings]
        weight = np.cumsum(u[circle])[rings]
        best: tuple[float, int, int, int, int] | None = None
        for length in range(1, min(longest, steps) + 1):
            first = max(first_end, length - 1)
            late, early = acc[:, first + 1 :], acc[:, first + 1 - length : steps + 1 - length]
            c = late - early
            if not (c >= min_cases).any():
                continue
            if general:
                here = cells[circle]
                b = np.cumsum(
                    here[:, first + 1 :] - here[:, first + 1 - length : steps + 1 - length], axis=0
                )[rings]
            else:
                b = weight[:, None] * (v[first + 1 :] - v[first + 1 - length : steps + 1 - length])
            ring, late_by = np.nonzero((c >= min_cases) & (b <= largest[np.minimum(c, len(largest) - 1)]))
            if not len(ring):
                continue
            f = llr(c[ring, late_by], b[ring, late_by], total_cases, total, bernoulli=bernoulli)
            top = np.flatnonzero((f >= f.max() - TIE) & (f > 0))
            for n in top:
                k, e = int(rings[ring[n]]) + 1, first + int(late_by[n])
                found = (float(f[n]), k, e, length, int(c[ring[n], late_by[n]]))
                if best is None or _before(found, best):
                    best = found
        if best is not None:
            value[i] = best[0]
            where[i] = best[1:]


def _before(a: tuple[float, int, int, int, int], b: tuple[float, int, int, int, int]) -> bool:
    """Whether the first (ratio, places, last, length, cases) is better: likelier, else smaller, shorter, later."""
    if abs(a[0] - b[0]) > TIE:
        return a[0] > b[0]
    return (a[1], a[3], -a[2]) < (b[1], b[3], -b[2])
