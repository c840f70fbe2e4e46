"""The innermost loops: every leaf asked, the few that may hold a high ratio opened. Compiled by numba."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

_TIE = 1e-10


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
def _open(
    prefix: Any,
    pad: Any,
    start: Any,
    nbrs: Any,
    stop: Any,
    small: Any,
    big: Any,
    j: Any,
    length: Any,
    cases: Any,
    largest: Any,
    u: Any,
    v: Any,
    cells: Any,
    total_cases: Any,
    total: Any,
    bernoulli: Any,
    min_cases: Any,
    baseline: Any,
    best: Any,
    spot: Any,
) -> None:
    """Look at every circle of a leaf, the largest (``big`` places, ``cases`` in it) first, over the ``length`` intervals before boundary ``j``.

    ``best`` and ``spot`` (places, last interval, length, cases, and how many ``baseline`` is added up for) hold the centre's best.
    """
    end = j - pad
    top = len(largest) - 1
    if cells.shape[0] > 0:
        running = 0.0
        for k in range(big):
            place = nbrs[start + k]
            running += cells[place, end] - cells[place, end - length]
            baseline[k + 1] = running
        scale = 1.0
    else:
        while spot[4] < big:
            baseline[spot[4] + 1] = (baseline[spot[4]] if spot[4] else 0.0) + u[nbrs[start + spot[4]]]
            spot[4] += 1
        scale = v[end] - v[end - length]
    k = big
    c = cases
    while c >= min_cases and k >= small and baseline[small] * scale <= largest[min(c, top)]:
        if stop[start + k - 1]:
            b = baseline[k] * scale
            if b <= largest[min(c, top)]:
                f = _llr(float(c), b, total_cases, total, bernoulli)
                better = f > best[0] + _TIE
                if not better and f > 0.0 and f >= best[0] - _TIE:
                    better = k < spot[0]
                    if k == spot[0]:
                        better = length < spot[2] or (length == spot[2] and end - 1 > spot[1])
                if better:
                    best[0] = f
                    spot[0], spot[1], spot[2], spot[3] = k, end - 1, length, c
        place = nbrs[start + k - 1]
        c -= np.int64(prefix.dtype.type(prefix[place, j] - prefix[place, j - length]))
        k -= 1


@njit(inline="always")
def _join(acc: Any, prefix: Any, nbrs: Any, begin: Any, end: Any) -> None:
    """Add the series of the places ``begin`` … ``end - 1``, four at a time."""
    width = len(acc)
    while begin + 4 <= end:
        a, b = prefix[nbrs[begin]], prefix[nbrs[begin + 1]]
        c, d = prefix[nbrs[begin + 2]], prefix[nbrs[begin + 3]]
        for j in range(width):
            acc[j] += a[j] + b[j] + c[j] + d[j]
        begin += 4
    while begin < end:
        a = prefix[nbrs[begin]]
        for j in range(width):
            acc[j] += a[j]
        begin += 1


@njit(inline="always")
def _peak(late: Any, early: Any, zero: Any) -> Any:
    """The largest difference; written so that the processor takes many at a time."""
    peak = zero
    for i in range(len(late)):
        peak = late.dtype.type(max(peak, late.dtype.type(late[i] - early[i])))
    return peak


@njit(nogil=True, cache=True)
def _rises(acc: Any, first: Any, back: Any, span: Any, root: Any, base: Any, slope: Any, bend: Any) -> Any:
    """Whether any difference is as much as its own time needs. Counted, since the processor can count many at a time."""
    late, early = acc[first:], acc[first - back :]
    hits = np.int32(0)
    for i in range(len(span)):
        over = np.float32(acc.dtype.type(late[i] - early[i])) - slope * span[i] - bend * root[i]
        hits += np.int32(over >= base)
    return hits > 0


@njit(inline="always")
def _reached(acc: Any, whole: Any, needed: Any) -> Any:
    """Whether what was added since any boundary is as much as needed there."""
    hit = False
    for i in range(len(needed)):
        hit |= acc.dtype.type(whole - acc[i]) >= needed[i]
    return hit


@njit(nogil=True, cache=True)
def best_windows(
    prefix: Any,
    pad: Any,
    first_end: Any,
    begin: Any,
    nbrs: Any,
    stop: Any,
    leaf: Any,
    leaf_end: Any,
    k0: Any,
    k1: Any,
    l0: Any,
    l1: Any,
    least: Any,
    scale: Any,
    uneven: Any,
    threshold: Any,
    fit: Any,
    spans: Any,
    roots: Any,
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

    ``leaf``, ``leaf_end``: which leaves are the centre's, in the order of their circles. ``threshold``: a row for each leaf; of one
    column, or, when windows end at the last boundary alone, of one for each boundary. Where times are too ``uneven`` for one
    threshold a leaf's is ``fit`` (a constant, times the baseline, times its root) of ``scale`` × ``spans``, the share of each
    time by length and boundary, with their ``roots``.
    ``value`` (centres) gets the ratio or 0; ``where`` (centres × 4): places in the circle, last interval, length, cases.
    """
    width = prefix.shape[1]
    acc = np.zeros(width, prefix.dtype)
    zero = prefix.dtype.type(0)
    first = first_end + 1 + pad
    late = acc[first:]
    top = len(largest) - 1
    most = 1
    for n in range(len(k1)):
        most = max(most, k1[n])
    baseline = np.empty(most + 1)
    best = np.empty(1)
    spot = np.empty(5, np.int64)
    at_end = threshold.shape[1] > 1
    for i in range(len(begin)):
        best[0] = 0.0
        spot[:] = 0
        acc[:] = zero
        inside = 0
        for n in range(leaf[i], leaf_end[i]):
            _join(acc, prefix, nbrs, begin[i] + inside, begin[i] + k1[n])
            inside = k1[n]
            if at_end:
                needed = threshold[n]
                if not _reached(acc, acc[width - 1], needed):
                    continue
                for j in range(width - 1):
                    c = np.int64(acc.dtype.type(acc[width - 1] - acc[j]))
                    if c >= needed[j]:
                        _open(
                            prefix, pad, begin[i], nbrs, stop, k0[n], k1[n], width - 1, width - 1 - j, c, largest, u, v, cells,
                            total_cases, total, bernoulli, min_cases, baseline, best, spot,
                        )  # fmt: skip
                continue
            back = l1[n]
            needed_here = threshold[n, 0]
            own = uneven[n]
            base, slope, bend = np.float32(0.0), np.float32(0.0), np.float32(0.0)
            if own:
                slope, bend = np.float32(fit[1] * scale[n]), np.float32(fit[2] * math.sqrt(scale[n]))
                base = np.float32(fit[0])
                if not _rises(acc, first, back, spans[l0[n]], roots[l0[n]], base, slope, bend):
                    continue
            elif _peak(late, acc[first - back :], zero) < needed_here:
                continue
            for j in range(first, width):
                c = np.int64(acc.dtype.type(acc[j] - acc[j - back]))
                if c < needed_here:
                    continue
                if own and c < base + slope * spans[l0[n], j - first] + bend * roots[l0[n], j - first]:
                    continue
                for length in range(l0[n], min(l1[n], j - pad) + 1):
                    c = np.int64(acc.dtype.type(acc[j] - acc[j - length]))
                    low = max(least[n, 0], scale[n] * (v[j - pad] - v[j - pad - length]))
                    if c >= min_cases and low <= largest[min(c, top)]:
                        _open(
                            prefix, pad, begin[i], nbrs, stop, k0[n], k1[n], j, length, c, largest, u, v, cells,
                            total_cases, total, bernoulli, min_cases, baseline, best, spot,
                        )  # fmt: skip
        value[i] = best[0]
        where[i, 0], where[i, 1], where[i, 2], where[i, 3] = spot[0], spot[1], spot[2], spot[3]


@njit(nogil=True, cache=True)
def most_cases(prefix: Any, pad: Any, first_end: Any, begin: Any, end: Any, nbrs: Any, longest: Any) -> Any:
    """The largest count of any window."""
    acc = np.zeros(prefix.shape[1], prefix.dtype)
    zero = prefix.dtype.type(0)
    first = first_end + 1 + pad
    most = np.int64(0)
    for i in range(len(begin)):
        acc[:] = zero
        _join(acc, prefix, nbrs, begin[i], end[i])
        most = max(most, np.int64(_peak(acc[first:], acc[first - longest :], zero)))
    return most


@njit(nogil=True, cache=True)
def largest_baseline(floor: Any, most: Any, total_cases: Any, total: Any, bernoulli: Any) -> Any:
    """:func:`likelihood.largest_baseline`."""
    found = np.empty(most + 1)
    before = -1.0
    for n in range(most + 1):
        c = float(n)
        low = c if bernoulli else 0.0
        high = c * total / total_cases if bernoulli else c
        if n and _llr(c, low, total_cases, total, bernoulli) >= floor - 1e-9:
            low = max(low, min(before, high))  # it never falls with the count
            near = before + 1.0  # it seldom grows by more than the count
            if low < near < high and _llr(c, near, total_cases, total, bernoulli) < floor:
                high = near
            while high - low > 1e-8 * high and high > 1e-12:
                middle = 0.5 * (low + high)
                if _llr(c, middle, total_cases, total, bernoulli) >= floor:
                    low = middle
                else:
                    high = middle
            before = max(before, high)
        found[n] = before * (1 + 1e-9) + 1e-9 if before >= 0.0 else -1.0
    return found


@njit(nogil=True, cache=True)
def by_boundary(table: Any, index: Any, out: Any) -> None:
    """``table`` at the ``index`` of each leaf and length, into the column of the boundary at which windows of that length begin."""
    last = out.shape[1] - 2
    out[:] = np.iinfo(out.dtype).max
    for n in range(index.shape[0]):
        for length in range(index.shape[1]):
            out[n, last - length] = table[index[n, length]]
