"""The loops of the scan, compiled by numba. The algorithm is told in :mod:`gongbi.science.scan.search`.

Importing this module fails where numba is missing; :mod:`gongbi.science.scan.plain` then does the same with arrays alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from gongbi.science.scan import plain
from gongbi.science.scan.random import MIX_A, MIX_B, STEP

_STEP, _A, _B = np.uint64(STEP), np.uint64(MIX_A), np.uint64(MIX_B)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_TIE = 1e-10

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


@njit(inline="always")
def _xlogx(x: Any) -> Any:
    return x * math.log(x) if x > 0.0 else 0.0


@njit(nogil=True, cache=True)
def _llr(c: Any, b: Any, total_cases: Any, total: Any, bernoulli: Any) -> Any:
    if bernoulli:
        rest, others = total_cases - c, total - b
        if c > b or rest > others or c * others <= rest * b:
            return 0.0
        null = _xlogx(total_cases) + _xlogx(total - total_cases) - _xlogx(total)
        inside = _xlogx(c) + _xlogx(b - c) - _xlogx(b)
        return inside + _xlogx(rest) + _xlogx(others - rest) - _xlogx(others) - null
    if c <= b or b >= total_cases:
        return 0.0
    if b <= 0.0:
        return math.inf
    rest = total_cases - c
    value = c * math.log(c / b)
    return value + rest * math.log(rest / (total_cases - b)) if rest > 0.0 else value


@njit(nogil=True, cache=True)
def leaves(
    begin: Any,
    end: Any,
    nbrs: Any,
    stop: Any,
    u: Any,
    v_mean: Any,
    v_least: Any,
    cells: Any,
    grain: Any,
    first_end: Any,
    longest: Any,
    fill: Any,
    at: Any,
    k0: Any,
    k1: Any,
    l0: Any,
    l1: Any,
    least: Any,
) -> Any:
    """Divide every centre's circles × lengths into rectangles whose largest window is little larger than their smallest.

    First called with ``fill`` False: counts the rectangles of each centre into ``at[1:]``. Then fills ``k0`` … ``least`` in the order of
    their largest circle. ``cells``: cumulative baseline of each place, or with no rows when the baseline is ``u`` × time.
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
            stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = 0, rings - 1, 1, longest
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
            if general:
                low = math.inf
                for j in range(max(first_end + 1, la), boundaries):
                    low = min(low, sums[a - 1, j] - sums[a - 1, j - la])
            else:
                low = weight[a] * v_least[la]
            least[to] = max(low * (1.0 - 1e-9) - 1e-12, 0.0)
    return total


@njit(inline="always")
def _peak(late: Any, early: Any, zero: Any) -> Any:
    """The largest difference; written so that the processor takes many at a time."""
    peak = zero
    for i in range(len(late)):
        peak = late.dtype.type(max(peak, late.dtype.type(late[i] - early[i])))
    return peak


@njit(nogil=True, cache=True)
def best_windows(
    prefix: Any,
    pad: Any,
    first_end: Any,
    begin: Any,
    nbrs: Any,
    stop: Any,
    at: Any,
    k0: Any,
    k1: Any,
    l0: Any,
    l1: Any,
    least: Any,
    threshold: Any,
    largest: Any,
    u: Any,
    v: Any,
    cells: Any,
    total_cases: Any,
    total: Any,
    bernoulli: Any,
    min_cases: Any,
    value: Any,
    where: Any,
) -> None:
    """For each centre the window with the highest ratio, if it reaches the floor that ``threshold`` and ``largest`` were made for.

    ``value`` (centres) gets the ratio or 0; ``where`` (centres × 4): places in the circle, last interval, length, cases.
    """
    width = prefix.shape[1]
    acc = np.zeros(width, prefix.dtype)
    zero = prefix.dtype.type(0)
    first = first_end + 1 + pad
    most = 1
    for n in range(len(k1)):
        most = max(most, k1[n])
    baseline = np.empty(most + 1)
    general = cells.shape[0] > 0
    for i in range(len(begin)):
        value[i] = 0.0
        best, bk, be, bl, bc = 0.0, 0, 0, 0, np.int64(0)
        acc[:] = zero
        inside = 0
        summed = 0
        for n in range(at[i], at[i + 1]):
            while inside < k1[n]:
                place = nbrs[begin[i] + inside]
                row = prefix[place]
                for j in range(width):
                    acc[j] += row[j]
                inside += 1
            back = l1[n]
            if first == width - 1:
                if acc.dtype.type(acc[first] - acc[first - back]) < threshold[n]:
                    continue
            elif _peak(acc[max(first, back) :], acc[max(first, back) - back :], zero) < threshold[n]:
                continue
            for j in range(max(first, back), width):
                if acc.dtype.type(acc[j] - acc[j - back]) < threshold[n]:
                    continue
                e = j - pad - 1
                for length in range(l0[n], min(l1[n], e + 1) + 1):
                    c = np.int64(acc.dtype.type(acc[j] - acc[j - length]))
                    if c < min_cases or least[n] > largest[min(c, len(largest) - 1)]:
                        continue
                    if general:
                        for k in range(inside):
                            place = nbrs[begin[i] + k]
                            baseline[k + 1] = (baseline[k] if k else 0.0) + (
                                cells[place, e + 1] - cells[place, e + 1 - length]
                            )
                        scale = 1.0
                    else:
                        while summed < inside:
                            baseline[summed + 1] = (baseline[summed] if summed else 0.0) + u[
                                nbrs[begin[i] + summed]
                            ]
                            summed += 1
                        scale = v[e + 1] - v[e + 1 - length]
                    k = k1[n]
                    while c >= min_cases and k >= k0[n]:
                        if baseline[k0[n]] * scale > largest[min(c, len(largest) - 1)]:
                            break
                        if stop[begin[i] + k - 1]:
                            b = baseline[k] * scale
                            if b <= largest[min(c, len(largest) - 1)]:
                                f = _llr(float(c), b, total_cases, total, bernoulli)
                                better = f > best + _TIE
                                if not better and f > 0.0 and f >= best - _TIE:
                                    better = k < bk or (
                                        k == bk and (length < bl or (length == bl and e > be))
                                    )
                                if better:
                                    best, bk, be, bl, bc = f, k, e, length, c
                        place = nbrs[begin[i] + k - 1]
                        c -= np.int64(prefix.dtype.type(prefix[place, j] - prefix[place, j - length]))
                        k -= 1
        value[i] = best
        where[i, 0], where[i, 1], where[i, 2], where[i, 3] = bk, be, bl, bc
