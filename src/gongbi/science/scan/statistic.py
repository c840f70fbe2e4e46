"""The scan itself: data checked at the door, searched, replicated; clusters that do not overlap, with their probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gongbi.science.scan import random, replicas
from gongbi.science.scan.circles import Circles
from gongbi.science.scan.inference import gumbel_p, monte_carlo_p, recurrence
from gongbi.science.scan.search import FLOORS, Frame, Search, Windows

Model = Literal["poisson", "bernoulli", "permutation"]
Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
# With ten replications beyond a cluster its rank is a good estimate; with fewer the Gumbel tail is better, if there are
# enough replications to know it and their maxima are not the same few values again and again.
_FEW, _ENOUGH = 10, 99
_PRODUCT = 1e-9
_TRY_ALL = 50_000_000


@dataclass(frozen=True, eq=False)
class Cluster:
    """More cases than expected in a circle, from interval ``first`` to ``last`` (both within; 0 is the study's first).

    ``places``: indices, nearest to the ``centre`` first; ``radius``: km or the plane's unit. ``expected`` and ``relative_risk`` (inside over
    outside) are against the whole study. ``p_monte_carlo`` is the exact rank, ``p_gumbel`` the approximation; ``p`` is the former
    where ten replications or more lie beyond (or there are fewer than 99), else the latter, which can tell one in ten thousand
    from one in a thousand.
    ``recurrence``: intervals between two such clusters by chance, prospective scans only. Probabilities are None without replications.
    """

    centre: int
    places: NDArray[np.int32]
    radius: float
    first: int
    last: int
    cases: int
    expected: float
    baseline: float
    relative_risk: float
    llr: float
    p: float | None
    p_monte_carlo: float | None
    p_gumbel: float | None
    recurrence: float | None


@dataclass(frozen=True, eq=False)
class ScanResult:
    """``clusters``: the most likely first, none sharing a place with one before it; those less likely than every replication are left
    out, except the first (without replications, in large data: those with less than half of the first one's ratio).
    ``maxima``: the highest ratio of each replication, in order. ``cases``: all of the study."""

    clusters: tuple[Cluster, ...]
    maxima: Floats
    cases: int


def scan(
    cases: ArrayLike,
    around: Circles,
    *,
    model: Model = "poisson",
    baseline: ArrayLike | None = None,
    controls: ArrayLike | None = None,
    prospective: bool = False,
    max_share: float = 0.5,
    max_length: int | None = None,
    replications: int = 999,
    seed: int = 1,
    threads: int | None = None,
    min_cases: int = 2,
    compiled: bool | None = None,
) -> ScanResult:
    """Scan for clusters of more cases than expected.

    ``cases``: counts, places × intervals (or one number a place: purely spatial). ``around``: :func:`circles` of the same places.
    ``baseline`` (Poisson): what is expected, same shape, in any unit; None: the same everywhere and always. ``controls`` (Bernoulli): same
    shape. ``prospective``: only windows that reach the last interval. ``max_share``: of the baseline (Bernoulli: of the people,
    permutation: of the cases) a circle may hold. ``max_length``: intervals a window may last (default: half of them).
    ``replications``: 0 for none. ``seed``: the same one gives the same probabilities with any number of ``threads``, with numba or
    without (``compiled``). ``min_cases``: fewer make no cluster.

    Raises ValueError that names the argument: shapes that differ, counts that are negative or no whole numbers, NaN, no case, one
    place or (permutation) one interval with all cases, cases where nothing is expected, shares and lengths out of range.
    """
    if model not in get_args(Model):
        raise ValueError(f"model: {model!r} is none of {', '.join(get_args(Model))}")
    counts = _counts(cases, "cases", around.places)
    if replications < 0:
        raise ValueError(f"replications: {replications} is negative")
    if not 0 < max_share <= 1:
        raise ValueError(f"max_share: {max_share} is not above 0 and at most 1")
    if min_cases < 1:
        raise ValueError(f"min_cases: {min_cases} is below 1")
    if around.places < 2:
        raise ValueError("around: one place is no map; a scan compares places")
    total = int(counts.sum())
    if not total:
        raise ValueError("cases: there is none")
    steps = counts.shape[1]
    if prospective and steps < 2:
        raise ValueError("cases: a prospective scan needs more than one interval")
    longest = max(steps // 2, 1) if max_length is None else int(max_length)
    if not 1 <= longest <= steps:
        raise ValueError(f"max_length: {longest} is not within 1 and the {steps} intervals of the data")
    base = _baseline(model, counts, baseline, controls)
    skipped = steps - longest if prospective else 0
    frame = _frame(model, base, counts, around, max_share, skipped, longest, min_cases, prospective)
    null = _null(frame, model, base, counts, skipped)
    late = counts[:, skipped:]
    search = Search(frame, most_cases=max(null.most, int(late.sum())), compiled=compiled)
    keys = [int(key) for key in random.keys(seed, replications)]
    maxima = search.maxima(null, keys, threads=threads) if keys else np.empty(0)
    windows = _observed(search, late, maxima)
    clusters = tuple(_clusters(frame, windows, maxima, skipped, prospective))
    return ScanResult(clusters, maxima, total)


def _counts(values: ArrayLike, name: str, places: int) -> Counts:
    given = np.asarray(values)
    if given.ndim == 1:
        given = given[:, None]
    if given.ndim != 2 or given.shape[0] != places or not given.shape[1]:
        raise ValueError(f"{name}: {places} places × intervals are needed, not the shape {np.shape(values)}")
    if given.dtype.kind not in "iub":
        whole = given.dtype.kind == "f" and np.isfinite(given).all() and (given == np.floor(given)).all()
        if not whole:
            raise ValueError(f"{name}: counts are whole numbers; there is one that is not")
    if (given < 0).any():
        raise ValueError(f"{name}: a count is negative")
    return given.astype(np.int64)


def _baseline(model: Model, counts: Counts, baseline: ArrayLike | None, controls: ArrayLike | None) -> Floats:
    """Places × intervals; adds up to the cases (Poisson, permutation) or to the people (Bernoulli)."""
    total = counts.sum()
    if baseline is not None and model != "poisson":
        raise ValueError(f"baseline: only the Poisson model takes one, not {model}")
    if (controls is None) == (model == "bernoulli"):
        raise ValueError(f"controls: needed by the Bernoulli model and by no other; the model is {model}")
    if controls is not None:
        others = _counts(controls, "controls", len(counts))
        if others.shape != counts.shape:
            raise ValueError(f"controls: the shape {others.shape} is not that of the cases, {counts.shape}")
        if not others.sum():
            raise ValueError("controls: there is none")
        return (counts + others).astype(np.float64)
    if model == "permutation":
        if np.count_nonzero(counts.sum(axis=0)) < 2 or np.count_nonzero(counts.sum(axis=1)) < 2:
            raise ValueError("cases: all in one place or one interval; there is nothing to permute")
        both: Floats = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
        return both
    given = np.ones(counts.shape) if baseline is None else np.asarray(baseline, dtype=np.float64)
    given = given[:, None] if given.ndim == 1 else given
    if given.shape != counts.shape:
        raise ValueError(f"baseline: the shape {given.shape} is not that of the cases, {counts.shape}")
    if not np.isfinite(given).all() or (given < 0).any():
        raise ValueError("baseline: a value is negative or not a finite number")
    bare = np.argwhere((counts > 0) & (given == 0))
    if len(bare):
        place, interval = bare[0]
        raise ValueError(
            f"baseline: nothing is expected at place {place} in interval {interval}, yet there is a case"
        )
    return np.asarray(given * (total / given.sum()), dtype=np.float64)


def _frame(
    model: Model,
    base: Floats,
    counts: Counts,
    around: Circles,
    max_share: float,
    skipped: int,
    longest: int,
    min_cases: int,
    prospective: bool,
) -> Frame:
    late = base[:, skipped:]
    u, column, whole = late.sum(axis=1), late.sum(axis=0), late.sum()
    if not whole > 0:
        raise ValueError("baseline: nothing is expected in the intervals that are looked at")
    product = np.outer(u, column / whole)
    cells: Floats = np.empty((0, late.shape[1] + 1))
    if np.abs(late - product).max() > _PRODUCT * late.max():
        cells = np.concatenate((np.zeros((len(late), 1)), np.cumsum(late, axis=1)), axis=1)
    return Frame(
        around,
        _end(around, base.sum(axis=1), max_share),
        u,
        np.concatenate(([0.0], np.cumsum(column / whole))),
        cells,
        float(counts.sum()),
        float(base.sum()),
        model == "bernoulli",
        late.shape[1] - 1 if prospective else 0,
        longest,
        min_cases,
    )


def _end(around: Circles, weight: Floats, max_share: float) -> NDArray[np.int64]:
    """Where the circles of each centre must end so as to hold no more than their share."""
    running = np.cumsum(weight[around.near])
    before = running[around.begin[:-1]] - weight[around.near[around.begin[:-1]]]
    held = running - np.repeat(before, np.diff(around.begin))
    allowed = around.stop & (held <= max_share * weight.sum() * (1 + 1e-9))
    spot = np.where(allowed, np.arange(1, len(held) + 1), 0)
    return np.maximum(np.maximum.reduceat(spot, around.begin[:-1]), around.begin[:-1])


def _null(frame: Frame, model: Model, base: Floats, counts: Counts, skipped: int) -> replicas.Null:
    total = int(counts.sum())
    if model == "permutation":
        return replicas.permutation(counts, skipped)
    if model == "bernoulli":
        return replicas.bernoulli(base.astype(np.int64), skipped, total)
    return replicas.poisson(base, skipped, total, frame.pad, product=not len(frame.cells))


def _observed(search: Search, late: Counts, maxima: Floats) -> Windows:
    """The best window of each centre. Those below every replication are not looked for, unless there would be no cluster at all;
    nor, where trying everything would take minutes, those with less than half of the first one's ratio."""
    lowest = len(FLOORS) - 1
    level = search.level(float(maxima.min())) if len(maxima) else lowest
    if level < lowest or search.windows_to_try < _TRY_ALL:
        for lower in [level, *range(level + 8, lowest, 8), lowest]:
            windows = search.windows(late, lower)
            if windows.llr.any():
                return windows
        return windows
    for lower in [*range(0, lowest, 4), lowest]:
        windows = search.windows(late, lower)
        if windows.llr.any():
            return search.windows(late, search.level(float(windows.llr.max()) / 2))
    return windows


def _clusters(
    frame: Frame, windows: Windows, maxima: Floats, skipped: int, prospective: bool
) -> Iterator[Cluster]:
    circles = frame.circles
    begin = circles.begin[:-1]
    radius = circles.distance[np.maximum(begin + windows.places - 1, begin)]
    taken = np.zeros(circles.places, dtype=bool)
    smooth = len(maxima) >= _ENOUGH and 2 * len(np.unique(maxima)) > len(maxima)
    for i in np.lexsort((np.arange(len(radius)), -windows.llr)):
        value = float(windows.llr[i])
        if value <= 0:
            return
        places = circles.near[begin[i] : begin[i] + windows.places[i]]
        if taken[places].any():
            continue
        exact = monte_carlo_p(value, maxima) if len(maxima) else None
        if taken.any() and exact == 1.0:
            return
        taken[places] = True
        tail = gumbel_p(value, maxima) if len(maxima) > 1 else None
        p = exact
        if exact is not None and tail is not None and smooth and exact * (len(maxima) + 1) <= _FEW:
            p = min(max(tail, 1e-17), 1.0)
        cases, baseline = int(windows.cases[i]), float(windows.baseline[i])
        rest = (frame.total_cases - cases) / max(frame.total - baseline, 1e-300)
        last = int(windows.last[i]) + skipped
        yield Cluster(
            centre=int(i),
            places=places.copy(),
            radius=float(radius[i]),
            first=last + 1 - int(windows.length[i]),
            last=last,
            cases=cases,
            expected=baseline * frame.total_cases / frame.total,
            baseline=baseline,
            relative_risk=cases / baseline / rest if rest > 0 and baseline > 0 else float("inf"),
            llr=value,
            p=p,
            p_monte_carlo=exact,
            p_gumbel=tail,
            recurrence=recurrence(p) if prospective and p is not None else None,
        )
