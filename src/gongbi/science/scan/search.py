"""The search for the likeliest window, in the data and in every replication.

A window is a circle and a run of intervals; there are billions. What makes the search quick and leaves the answer exact:

* counts are added up over time once, so that a window's count is a difference; a circle's series is the smaller circle's
  plus those of the places that join;
* circles × lengths are divided beforehand into rectangles (*leaves*). All windows of a leaf that end on the same day lie inside its
  largest and around its smallest, and the ratio grows with the count and falls with the baseline. So one comparison
  (the largest window's count against the count that the smallest window's baseline would need) settles the whole leaf;
* "would need" refers to a floor that nearly every replication's maximum exceeds. When a replication finds nothing above the floor, it
  is searched again with a lower one. The maximum found is therefore the true one, whatever the floors were.

The idea of bounding whole regions is from Neill DB, Moore AW. Rapid detection of significant spatial clusters. KDD 2004; 256-265.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gongbi.science.scan import plain
from gongbi.science.scan.circles import Circles
from gongbi.science.scan.engine import kernels
from gongbi.science.scan.likelihood import largest_baseline, llr
from gongbi.science.scan.replicas import Null

# How much larger than its smallest window a leaf's largest may be is 1 + grain / √baseline. Many small leaves are looked at
# longer, few large ones are opened more often; measured.
GRAIN, GRAIN_AT_END = 1.5, 1.5
EVEN = 0.25  # times may have one threshold where the least baseline is not further below the mean than this × its root
# Replications begin at 20; the data, where there may be something, far above.
FLOORS = [20.0 * 2.0**i for i in range(16, 0, -1)] + [20.0 * 0.93**i for i in range(74)] + [1e-9]
_TWENTY = 16
_ROOTS = 64
_FEW_WINDOWS = 5_000_000
_PILOT = 12


@dataclass(frozen=True, eq=False)
class Frame:
    """What all replications share. ``end``: where each centre's circles stop by their share. ``u``, ``v``: baseline of a place, and of
    time up to each boundary (places; intervals + 1); ``cells``: the baseline of each place up to each boundary when it is no product
    of the two, else no rows. ``first_end``: the first interval in which a window may end."""

    circles: Circles
    end: NDArray[np.int64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    cells: NDArray[np.float64]
    total_cases: float
    total: float
    bernoulli: bool
    first_end: int
    longest: int
    min_cases: int

    @property
    def steps(self) -> int:
        """Intervals that windows may cover."""
        return len(self.v) - 1

    @property
    def pad(self) -> int:
        """Empty columns before the first boundary: a window that begins earlier can be asked for, and rows fill whole vectors."""
        needed = self.longest if self.first_end == 0 and self.steps > 1 else 0
        return needed if self.steps == 1 else needed + -(needed + self.steps + 1) % 16


@dataclass(frozen=True, eq=False)
class Windows:
    """The best window of each centre: ratio (0 for none), places in the circle, last interval, length, cases, baseline."""

    llr: NDArray[np.float64]
    places: NDArray[np.int64]
    last: NDArray[np.int64]
    length: NDArray[np.int64]
    cases: NDArray[np.int64]
    baseline: NDArray[np.float64]


class Search:
    """A frame made ready to be searched many times. Safe to share between threads."""

    def __init__(self, frame: Frame, *, most_cases: int, compiled: bool | None = None) -> None:
        if compiled and kernels is None:
            raise ValueError("compiled: numba is not installed")
        self.frame = frame
        self.compiled = kernels is not None if compiled is None else compiled
        self.pad = frame.pad
        self._dtype = np.uint16 if most_cases < (1 << 16) - 1 else np.uint32
        self._tables: dict[int, tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]] = {}
        self._lock = threading.Lock()
        length = np.arange(1, frame.longest + 1)
        spans = [_spans(frame.v, int(n), frame.first_end) for n in length]
        self._mean = np.array([0.0, *(s.mean() for s in spans)])
        self._least = np.array([0.0, *(s[s > 0].min(initial=np.inf) for s in spans)])
        self._least[~np.isfinite(self._least)] = 0.0
        sizes = frame.end - frame.circles.begin[:-1]
        weight = max(
            (
                frame.u[frame.circles.near[b : b + n]].sum()
                for b, n in zip(frame.circles.begin, sizes, strict=False)
            ),
            default=0.0,
        )
        top = weight * max(s.max(initial=0.0) for s in spans)
        self._most = int(min(most_cases, top + 20 * np.sqrt(top) + 200)) + 1
        if self.compiled:
            self._divide()

    def _divide(self) -> None:
        frame, circles = self.frame, self.frame.circles
        mean = np.maximum(self._mean, self._mean[self._mean > 0].min(initial=1.0) * 1e-9)
        at = np.zeros(circles.places + 1, np.int64)
        none = np.empty(0, np.int32)
        empty = np.empty((0, 1))
        at_end = self._at_end
        given = (
            circles.begin[:-1], frame.end, circles.near, circles.stop, frame.u, mean, self._least, frame.v, frame.cells,
            GRAIN_AT_END if at_end else GRAIN, frame.first_end, frame.longest, frame.longest if at_end else 1,
        )  # fmt: skip
        many = kernels.leaves(*given, False, at, none, none, none, none, empty, np.empty(0))
        spots = [np.empty(many, np.int32) for _ in range(4)]
        least = np.empty((many, frame.longest if at_end else 1))
        scale = np.empty(many)
        kernels.leaves(*given, True, at, *spots, least, scale)
        usual = scale * self._mean[spots[2]]
        uneven = usual - least[:, 0] > EVEN * np.sqrt(usual)
        if at_end:
            uneven[:] = False
        self._leaves = (at[:-1], at[1:], *spots, least, scale, uneven)
        self._index = np.floor(np.sqrt(least) * _ROOTS).astype(np.int32)
        self._spans = np.zeros((frame.longest + 1, frame.steps - frame.first_end), np.float32)
        if uneven.any():
            for n in range(1, frame.longest + 1):
                last = np.arange(frame.first_end + 1, frame.steps + 1)
                self._spans[n] = frame.v[last] - frame.v[np.maximum(last - n, 0)]
        self._roots = np.sqrt(self._spans)

    @property
    def _at_end(self) -> bool:
        """Whether all windows end with the last interval: then all lengths are asked about at once."""
        return self.frame.steps - self.frame.first_end == 1

    @property
    def windows_to_try(self) -> int:
        """About how many there are."""
        circles = int((self.frame.end - self.frame.circles.begin[:-1]).sum())
        return circles * (self.frame.steps - self.frame.first_end) * self.frame.longest

    def empty(self) -> NDArray[Any]:
        """Room for the added-up cases: places × (padding + boundaries)."""
        return np.zeros((self.frame.circles.places, self.pad + self.frame.steps + 1), dtype=self._dtype)

    def added_up(self, counts: NDArray[np.int64]) -> NDArray[Any]:
        """Cases (places × intervals) as the search wants them."""
        room = self.empty()
        room[:, self.pad + 1 :] = np.cumsum(counts, axis=1)
        return room

    def _at_floor(self, level: int) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.float64]]:
        with self._lock:
            if level not in self._tables:
                frame = self.frame
                largest = (kernels.largest_baseline if self.compiled else largest_baseline)(
                    FLOORS[level], self._most, frame.total_cases, frame.total, bernoulli=frame.bernoulli
                )
                fit = _fit(largest)
                largest[-1] = np.inf  # counts from there on are always looked at
                threshold = np.empty((0, 1), self._dtype)
                if self.compiled:
                    threshold = self._thresholds(largest)
                self._tables[level] = (threshold, fit, largest)
            return self._tables[level]

    def _thresholds(self, largest: NDArray[np.float64]) -> NDArray[Any]:
        # Looked up by the baseline's root, rounded down: a threshold may be a hair too low, never too high.
        edges = (np.arange(int(self._index.max(initial=0)) + 1) / _ROOTS) ** 2
        table = np.maximum(np.searchsorted(largest, edges), self.frame.min_cases).astype(self._dtype)
        if not self._at_end:
            found: NDArray[Any] = table[self._index]
            return found
        # A column for each boundary, the last one's (length 0) and those in front out of reach.
        whole = np.empty((len(self._index), self.pad + self.frame.steps + 1), self._dtype)
        kernels.by_boundary(table, self._index, whole)
        return whole

    def windows(self, counts: NDArray[np.int64], lowest: int) -> Windows:
        """The best window of every centre that reaches ``FLOORS[lowest]`` in these counts (places × intervals).

        From high floors to low ones: a centre that has been found is not looked at again, however much it holds. (Where there
        are few windows, or all end with the last interval, it is quicker to do without.)
        """
        frame, circles = self.frame, self.frame.circles
        prefix = self.added_up(counts)
        if self.compiled:
            most = kernels.most_cases(
                prefix, self.pad, frame.first_end, circles.begin[:-1], frame.end, circles.near, frame.longest
            )
            with self._lock:
                if most >= self._most:
                    self._most = int(most) + 1
                    self._tables.clear()
        value, where = np.zeros(circles.places), np.zeros((circles.places, 4), np.int64)
        few = not self.compiled or self._at_end or self.windows_to_try < _FEW_WINDOWS
        for level in [
            *([] if few else range(0, lowest, 1 if lowest <= _TWENTY else 2)),
            lowest,
        ]:
            now, spot = self._best(prefix, level, value > 0)
            found = (value == 0) & (now > 0)
            value[found], where[found] = now[found], spot[found]
            if value.all():
                break
        places, last, length, cases = where.T
        baseline = self._baseline(value > 0, places, last, length)
        exact = llr(cases, baseline, frame.total_cases, frame.total, bernoulli=frame.bernoulli)
        return Windows(np.where(value > 0, np.round(exact, 9), 0.0), places, last, length, cases, baseline)

    def _baseline(self, wanted: Any, places: Any, last: Any, length: Any) -> NDArray[np.float64]:
        frame = self.frame
        found = np.zeros(len(places))
        for i in np.flatnonzero(wanted):
            begin = frame.circles.begin[i]
            circle = frame.circles.near[begin : begin + places[i]]
            stop, start = last[i] + 1, last[i] + 1 - length[i]
            if len(frame.cells):
                found[i] = (frame.cells[circle, stop] - frame.cells[circle, start]).sum()
            else:
                found[i] = frame.u[circle].sum() * (frame.v[stop] - frame.v[start])
        return found

    def maximum(self, prefix: NDArray[Any], level: int) -> float:
        """The highest ratio of all windows, 0 when none has more cases than expected. ``level``: the floor to begin with."""
        return self._search(prefix, level)[0]

    def _search(self, prefix: NDArray[Any], level: int) -> tuple[float, int]:
        """The maximum, and the floor at which it was found."""
        while level < len(FLOORS):
            found = round(float(self._best(prefix, level)[0].max(initial=0.0)), 9)
            if found > 0:
                return found, level
            level = max(level + 1, min(level + 2, len(FLOORS) - 1))
        return 0.0, len(FLOORS) - 1

    def _best(
        self, prefix: NDArray[Any], level: int, done: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Ratio and window of each centre that is not ``done``."""
        frame, circles = self.frame, self.frame.circles
        threshold, fit, largest = self._at_floor(level)
        value, where = np.empty(circles.places), np.empty((circles.places, 4), np.int64)
        given = (prefix, self.pad, frame.first_end, circles.begin[:-1])
        rest = (
            largest, frame.u, frame.v, frame.cells, frame.total_cases, frame.total, frame.bernoulli, frame.min_cases,
            value, where,
        )  # fmt: skip
        if self.compiled:
            begin, end, *leaves = self._leaves
            if done is not None:
                end = np.where(done, begin, end)
            bounds = (threshold, fit, self._spans, self._roots)
            kernels.best_windows(*given, circles.near, circles.stop, begin, end, *leaves, *bounds, *rest)
        else:
            every: Any = plain.best_windows
            every(*given, frame.end, circles.near, circles.stop, frame.longest, *rest)
        return value, where

    def maxima(self, null: Null, keys: Sequence[int], *, threads: int | None = None) -> NDArray[np.float64]:
        """The highest ratio in each replication, in the order of ``keys``; the same for any number of ``threads`` (default: one a core)."""
        pilot = keys[:_PILOT]
        found = self._run(null, pilot, _TWENTY, feel=True)
        if len(keys) > len(pilot):
            usual = float(found.mean() - 1.5 * found.std())
            level = self.level(usual)
            rest = keys[len(pilot) :]
            workers = min(threads or os.cpu_count() or 1, len(rest))
            parts = [rest[i::workers] for i in range(workers)]
            later = np.empty(len(rest))
            with ThreadPoolExecutor(workers) as pool:
                for i, values in enumerate(pool.map(lambda part: self._run(null, part, level), parts)):
                    later[i::workers] = values
            found = np.concatenate((found, later))
        return found

    @staticmethod
    def level(value: float) -> int:
        """The highest floor that ``value`` reaches."""
        return next((i for i, floor in enumerate(FLOORS) if floor <= value), len(FLOORS) - 1)

    def _run(self, null: Null, keys: Sequence[int], level: int, *, feel: bool = False) -> NDArray[np.float64]:
        """The maxima of these replications. ``feel``: begin each one a little above where the last one was found."""
        room, order = self.empty(), np.empty(null.items, np.int32)
        engine: Any = kernels if self.compiled else plain
        found = np.empty(len(keys))
        for i, key in enumerate(keys):
            engine.draw(
                np.uint64(key), null.cdf, null.least, null.prob, null.alias, null.time_prob, null.time_alias,
                null.place_of, null.time_of, null.slot_time, order, self.pad, room,
            )  # fmt: skip
            found[i], at = self._search(room, level)
            if feel:
                level = max(at - 2, _TWENTY)
        return found


def _spans(v: NDArray[np.float64], length: int, first_end: int) -> NDArray[np.float64]:
    """The baseline of every run of ``length`` intervals that may be a window."""
    last = np.arange(max(first_end + 1, length), len(v))
    return v[last] - v[last - length]


def _fit(largest: NDArray[np.float64]) -> NDArray[np.float64]:
    """``a``, ``b``, ``c`` such that no count below a + b · baseline + c · √baseline reaches the floor.

    A count n does as long as the baseline is at most ``largest[n]``; so the curve has to stay below n there. A count beyond the table
    always has to be looked at, so it ends with the last one.
    """
    count = np.flatnonzero(largest > 0)
    if len(count) < 4:
        return np.array([-np.inf, 0.0, 0.0])
    baseline = largest[count]
    terms = np.column_stack((np.ones(len(count)), baseline, np.sqrt(baseline)))
    # Relative to the width of the band that matters, the root of the count.
    weight = 1 / np.sqrt(count)
    found, *_ = np.linalg.lstsq(terms * weight[:, None], count * weight, rcond=None)
    found[1:] = np.maximum(found[1:], 0.0)
    found[0] = (count - terms[:, 1:] @ found[1:]).min() - 0.02 - 1e-6 * count[-1]  # single precision
    return np.asarray(found, dtype=np.float64)
