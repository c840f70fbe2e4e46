"""Which of the open matters is a report about: place, time, kind and words, weighed as evidence and told as a probability.

Fellegi and Sunter (1969, "A Theory for Record Linkage", *JASA* 64:1183) add up, for a pair of records, the logarithms of how much
likelier each comparison is between records of one thing than between records of two. Here every comparison is a broken line
over a number (metres, days, likeness of words), so that two reports of 10 m and 12 m differ by as little as they should; the lines are
fitted by :mod:`gongbi.science.matching_fit` to reports that people have marked.

A report that is found to be of an open matter joins it, and the next one is compared with the newest report of that matter: a
matter that people go on writing about does not grow old.

Times are days (float) since any one day, places degrees, words any text: a description or an address. How alike two texts are is told
by :mod:`gongbi.science.twins`.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gongbi.science.twins import Texts, grams

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6,371 km
_RARE = 50  # a pair of characters of so many matters finds candidates where the place is unknown
MOST = 400  # matters compared with one report: the newest
SAME, OTHER, UNKNOWN = 0, 1, 2  # how two kinds stand to each other


@dataclass(frozen=True, slots=True)
class Line:
    """A broken line through ``knots`` (rising) and ``values``; level outside."""

    knots: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if (
            len(self.knots) != len(self.values)
            or not self.knots
            or list(self.knots) != sorted(set(self.knots))
        ):
            raise ValueError("knots: they must rise, and each must have its value")

    def __call__(self, x: Floats) -> Floats:
        return np.interp(x, self.knots, self.values)


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds. ``base``: before anything is compared; ``near`` by metres, ``recent`` by days, ``words`` by likeness 0..1, ``kind``: (same,
    another, not known of one of them); ``placeless``: instead of ``near`` where a place is not known.

    ``radius`` metres and ``days`` beyond which nothing is compared.
    """

    base: float
    near: Line
    recent: Line
    words: Line
    kind: tuple[float, float, float]
    placeless: float = 0.0
    radius: float = 150.0
    days: float = 60.0

    def log_odds(self, metres: Floats, days: Floats, kinds: npt.NDArray[np.int8], likeness: Floats) -> Floats:
        """Of pairs; ``metres`` NaN where a place is not known."""
        return self.ageless(metres, kinds, likeness) + self.recent(days)

    def ageless(self, metres: Floats, kinds: npt.NDArray[np.int8], likeness: Floats) -> Floats:
        """The same without what the time between them tells."""
        nowhere = np.isnan(metres)
        near = np.where(nowhere, self.placeless, self.near(np.where(nowhere, 0.0, metres)))
        odds: Floats = self.base + near + self.words(likeness) + np.asarray(self.kind)[kinds]
        return odds


def probability(log_odds: Floats) -> Floats:
    """What the odds amount to. Each matter by itself: that two open matters may be one is no reason against either."""
    told: Floats = 0.5 + 0.5 * np.tanh(0.5 * log_odds)
    return told


@dataclass(frozen=True, slots=True)
class Report:
    """One report: ``key``, ``time`` in days, place in degrees (NaN: not known), ``kind`` ("": not known), ``words``."""

    key: str
    time: float
    lat: float = math.nan
    lon: float = math.nan
    kind: str = ""
    words: str = ""

    def __post_init__(self) -> None:
        if not math.isfinite(self.time):
            raise ValueError(f"time: report {self.key} has none")
        if math.isnan(self.lat) != math.isnan(self.lon):
            raise ValueError(f"lat, lon: report {self.key} has only one of them")
        if not math.isnan(self.lat) and not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError(f"lat, lon: report {self.key} lies at {self.lat}, {self.lon}, which is nowhere")


@dataclass(frozen=True, slots=True)
class Match:
    """A matter that the report may be about; ``score``: the probability that it is; the parts beside it for people to read."""

    key: str
    score: float
    metres: float | None
    days: float
    likeness: float
    same_kind: bool


class OpenMatters:
    """Open matters, each by its newest report, so that one look-up among 100,000 takes a few milliseconds at most."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.step = weights.radius / METRES_PER_DEGREE  # degrees of latitude in a cell
        self.first: list[str] = []  # key of the report that began the matter
        self._row: dict[str, int] = {}
        self._words: list[frozenset[str]] = []
        self._texts = Texts()
        self._time: Floats = np.zeros(1024)
        self._lat: Floats = np.zeros(1024)
        self._lon: Floats = np.zeros(1024)
        self._kind = np.zeros(1024, dtype=np.int32)
        self._kinds: dict[str, int] = {"": 0}
        self._cells: dict[tuple[int, int], array[int]] = defaultdict(lambda: array("q"))
        self._holders: dict[str, array[int]] = defaultdict(lambda: array("q"))

    def __len__(self) -> int:
        return len(self.first)

    def add(self, report: Report) -> None:
        """A new matter. Raises ValueError for a key that is there."""
        if report.key in self._row:
            raise ValueError(f"key: {report.key} is there already")
        row = len(self.first)
        if row == self._time.size:
            for column in ("_time", "_lat", "_lon", "_kind"):
                held = getattr(self, column)
                setattr(self, column, np.concatenate((held, np.zeros_like(held))))
        self.first.append(report.key)
        self._row[report.key] = row
        self._words.append(frozenset())
        self._put(row, report)

    def join(self, key: str, report: Report) -> None:
        """The report is of the matter ``key``, and is now its newest. Raises KeyError."""
        self._put(self._row[key], report)

    def _put(self, row: int, report: Report) -> None:
        self._time[row], self._lat[row], self._lon[row] = report.time, report.lat, report.lon
        self._kind[row] = self._kinds.setdefault(report.kind, len(self._kinds))
        fresh = grams(report.words)
        for pair in fresh - self._words[row]:
            self._holders[pair].append(row)
        self._words[row] = fresh
        self._texts.put(row, fresh)
        if not math.isnan(report.lat):
            shelf = self._cells[self._cell(report.lat, report.lon)]
            if not shelf or shelf[-1] != row:
                shelf.append(row)

    def _cell(self, lat: float, lon: float) -> tuple[int, int]:
        down = math.floor(lat / self.step)
        return down, math.floor(lon * self._narrow(down) / self.step)

    def _narrow(self, down: int) -> float:
        # One factor for a whole row of cells, so that neighbours stay neighbours.
        return max(math.cos(math.radians(down * self.step)), 0.01)

    def _candidates(self, report: Report, words: frozenset[str]) -> Rows:
        shelves: list[array[int]] = []
        if math.isnan(report.lat):
            shelves = [self._holders[pair] for pair in words if 0 < len(self._holders.get(pair, ())) <= _RARE]
        else:
            down = math.floor(report.lat / self.step)
            for row in (down - 1, down, down + 1):
                across = math.floor(report.lon * self._narrow(row) / self.step)
                for column in (across - 1, across, across + 1):
                    if (row, column) in self._cells:
                        shelves.append(self._cells[row, column])
        if not shelves:
            return np.zeros(0, dtype=np.int64)
        rows: Rows = np.unique(np.concatenate([np.frombuffer(shelf, dtype=np.int64) for shelf in shelves]))
        passed = report.time - self._time[rows]
        rows = rows[(passed >= 0) & (passed <= self.weights.days)]
        if rows.size > MOST:
            rows = rows[np.argsort(self._time[rows], kind="stable")[-MOST:]]
        return rows

    def compare(self, report: Report) -> tuple[Rows, Floats, Floats, npt.NDArray[np.int8], Floats]:
        """What can be compared with the report: rows, metres, days, kinds (:data:`SAME` …), likeness of the words."""
        words = grams(report.words)
        rows = self._candidates(report, words)
        lat, lon = self._lat[rows], self._lon[rows]
        across = (lon - report.lon) * np.cos(np.radians((lat + report.lat) / 2))
        metres = np.hypot(across, lat - report.lat) * METRES_PER_DEGREE
        inside = ~(metres > self.weights.radius)
        rows, metres = rows[inside], metres[inside]
        own = self._kinds.get(report.kind, -1)
        kinds = np.where(self._kind[rows] == own, SAME, OTHER).astype(np.int8)
        kinds[(self._kind[rows] == 0) | (not report.kind)] = UNKNOWN
        return rows, metres, report.time - self._time[rows], kinds, self._texts.likeness(words, rows)

    def rank(self, report: Report, *, least: float = 0.0, most: int = 5) -> list[Match]:
        """The matters that the report may be about with a probability of at least ``least``, likest first, ``most`` of them."""
        rows, metres, days, kinds, likeness = self.compare(report)
        if not rows.size:
            return []
        score = probability(self.weights.log_odds(metres, days, kinds, likeness))
        order = np.lexsort((rows, -score))[:most]
        return [
            Match(
                self.first[int(rows[i])],
                float(score[i]),
                None if math.isnan(metres[i]) else float(metres[i]),
                float(days[i]),
                float(likeness[i]),
                bool(kinds[i] == SAME),
            )
            for i in order
            if score[i] >= least
        ]


def follow(
    reports: Iterable[Report], weights: Weights, *, least: float
) -> Iterable[tuple[Report, list[Match]]]:
    """Go through reports in the order of their times: each with the matters that it may be about. One that is of a matter with a
    probability of at least ``least`` joins it; another begins one of its own. Raises ValueError when times go back."""
    matters, before = OpenMatters(weights), -math.inf
    for report in reports:
        if report.time < before:
            raise ValueError(f"time: report {report.key} comes after a later one")
        before = report.time
        found = matters.rank(report)
        if found and found[0].score >= least:
            matters.join(found[0].key, report)
        else:
            matters.add(report)
        yield report, found
