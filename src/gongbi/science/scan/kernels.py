"""The loops of the scan, compiled by numba. The algorithm is told in :mod:`gongbi.science.scan.search`.

Importing this module fails where numba is missing; :mod:`gongbi.science.scan.plain` then does the same with arrays alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from gongbi.science.scan import plain
from gongbi.science.scan.kernels_search import best_windows, by_boundary, largest_baseline, most_cases
from gongbi.science.scan.random import MIX_A, MIX_B, STEP

__all__ = ["alias_table", "best_windows", "by_boundary", "draw", "largest_baseline", "leaves", "most_cases"]

_STEP, _A, _B = np.uint64(STEP), np.uint64(MIX_A), np.uint64(MIX_B)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
alias_table = njit(nogil=True, cache=True)(plain.alias_table)


@njit(inline="always")
def _uniform(key: Any, n: Any) -> Any:
    z = key + (np.uint64(n) + np.uint64(1)) * _STEP
    z = (z ^ (z >> _30)) * _A
    z = (z ^ (z >> _27)) * _B
    return np.float64((z ^ (z >> _31)) >> _11) * 2.0**-53


@njit(nogil=True, cache=True)
def draw(
    key: Any,
    cdf: Any,
    least: Any,
    prob: Any,
    alias: Any,
    time_prob: Any,
    time_alias: Any,
    place_of: Any,
    time_of: Any,
    slot_time: Any,
    order: Any,
    pad: Any,
    out: Any,
) -> None:
    """One replication's cases into ``out`` (places × boundaries between intervals), added up over time. See :class:`replicas.Null`."""
    out[:] = 0
    many = least + np.searchsorted(cdf, _uniform(key, 0), side="right")
    width = out.shape[1]
    if len(time_prob):
        for i in range(many):
            place = _alias(_uniform(key, 2 * i + 1), prob, alias)
            out[place, pad + 1 + _alias(_uniform(key, 2 * i + 2), time_prob, time_alias)] += 1
    elif len(prob):
        flat = out.reshape(out.size)
        for i in range(many):
            flat[_alias(_uniform(key, i + 1), prob, alias)] += 1
    else:  # without replacement: the first steps of a shuffle
        n = len(order)
        for i in range(n):
            order[i] = i
        for i in range(many):
            j = i + int(_uniform(key, i + 1) * (n - i))
            item = order[j]
            order[j] = order[i]
            order[i] = item
            time = slot_time[i] if len(slot_time) else time_of[item]
            out[place_of[item], pad + 1 + time] += 1
    for place in range(out.shape[0]):
        running: Any = np.int64(0)
        for j in range(pad + 1, width):
            running += np.int64(out[place, j])
            out[place, j] = running


@njit(inline="always")
def _alias(fraction: Any, prob: Any, alias: Any) -> Any:
    x = fraction * len(prob)
    cell = np.int64(x)
    return cell if x - cell < prob[cell] else np.int64(alias[cell])


@njit(nogil=True, cache=True)
def leaves(
    begin: Any,
    end: Any,
    nbrs: Any,
    stop: Any,
    u: Any,
    v_mean: Any,
    v_least: Any,
    share_of: Any,
    cells: Any,
    grain: Any,
    first_end: Any,
    longest: Any,
    shortest: Any,
    fill: Any,
    at: Any,
    k0: Any,
    k1: Any,
    l0: Any,
    l1: Any,
    least: Any,
    scale: Any,
) -> Any:
    """Divide every centre's circles × lengths into rectangles whose largest window is little larger than their smallest.

    First called with ``fill`` False: counts the rectangles of each centre into ``at[1:]``. Then fills ``k0`` … ``least`` in the order of
    their largest circle. ``share_of``: the time's cumulative share; ``cells``: cumulative baseline of each place, or with no rows when the baseline is ``u`` × time.
    ``shortest``: the least length that is divided; when it is ``longest``, only circles are, and ``least`` (a row a rectangle) has a
    column for every length; otherwise one for the rectangle's own least. ``scale``: what the circle of ``k0`` expects on any day is at
    least this times that day's share.
    """
    general = cells.shape[0] > 0
    boundaries = cells.shape[1]
    most = 1
    for i in range(len(begin)):
        most = max(most, end[i] - begin[i])
    weight = np.empty(most + 1)
    ring = np.empty(most, np.int64)
    room = 4 * (most + longest) + 64
    stack = np.empty((room, 4), np.int64)
    found = np.empty((most * longest + 1, 4), np.int64)
    sums = np.empty((most if general and fill else 0, boundaries))
    total = 0
    for i in range(len(begin)):
        count = end[i] - begin[i]
        rings = 0
        weight[0] = 0.0
        for k in range(count):
            weight[k + 1] = weight[k] + u[nbrs[begin[i] + k]]
            if stop[begin[i] + k] and weight[k + 1] > 0.0:
                ring[rings] = k + 1
                rings += 1
            if general and fill:
                place = nbrs[begin[i] + k]
                for j in range(boundaries):
                    sums[k, j] = (sums[k - 1, j] if k else 0.0) + cells[place, j]
        many = 0
        if rings:
            top = 1
            stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = 0, rings - 1, shortest, longest
            while top:
                top -= 1
                ra, rb, la, lb = stack[top]
                inner, outer = weight[ring[ra]], weight[ring[rb]]
                wide, long = outer / inner, v_mean[lb] / v_mean[la]
                small = inner * v_mean[la]
                if (ra == rb and la == lb) or wide * long <= 1.0 + grain / math.sqrt(small):
                    found[many, 0], found[many, 1], found[many, 2], found[many, 3] = (
                        ring[ra],
                        ring[rb],
                        la,
                        lb,
                    )
                    many += 1
                    continue
                if la == lb or (ra < rb and wide >= long):
                    target = math.sqrt(inner * outer)
                    cut = ra
                    while cut + 1 < rb and weight[ring[cut + 1]] <= target:
                        cut += 1
                    stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3] = ra, cut, la, lb
                    stack[top + 1, 0], stack[top + 1, 1], stack[top + 1, 2], stack[top + 1, 3] = (
                        cut + 1,
                        rb,
                        la,
                        lb,
                    )
                else:
                    target = math.sqrt(v_mean[la] * v_mean[lb])
                    cut = la
                    while cut + 1 < lb and v_mean[cut + 1] <= target:
                        cut += 1
                    stack[top, 0], stack[top, 1], stack[top, 2], stack[top, 3] = ra, rb, la, cut
                    stack[top + 1, 0], stack[top + 1, 1], stack[top + 1, 2], stack[top + 1, 3] = (
                        ra,
                        rb,
                        cut + 1,
                        lb,
                    )
                top += 2
        if not fill:
            total += many
            at[i + 1] = total
            continue
        order = np.argsort(found[:many, 1])
        for n in range(many):
            a, b, la, lb = found[order[n]]
            to = at[i] + n
            k0[to], k1[to], l0[to], l1[to] = a, b, la, lb
            part = 1.0
            if general:
                for j in range(1, boundaries):
                    share = share_of[j] - share_of[j - 1]
                    if share > 0.0:
                        part = min(part, (sums[a - 1, j] - sums[a - 1, j - 1]) / (weight[a] * share))
            scale[to] = weight[a] * part * (1.0 - 1e-6)
            for column in range(least.shape[1]):
                length = column + 1 if least.shape[1] > 1 else la
                if general:
                    low = math.inf
                    for j in range(max(first_end + 1, length), boundaries):
                        low = min(low, sums[a - 1, j] - sums[a - 1, j - length])
                else:
                    low = weight[a] * v_least[length]
                least[to, column] = max(low * (1.0 - 1e-9) - 1e-12, 0.0)
    return total
