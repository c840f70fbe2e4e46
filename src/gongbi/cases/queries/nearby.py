"""Open cases held in memory, so that an import finds for each row the twins that ``queries.twins_of`` would, without asking.

What is compared of a case stands in columns of numbers: a few hundred neighbours are weighed at once, and only those that can be
among the first are told in full. Titles are kept as numbered character pairs, read when a title is first compared.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from gongbi.cases.likeness import weigh
from gongbi.cases.models import Case
from gongbi.cases.queries.settings import number
from gongbi.cases.queries.twins import CANDIDATES
from gongbi.cases.triage import TWINS_SHOWN, Said, Twin, Where
from gongbi.science import twins as science

_KEPT = 4 * CANDIDATES  # of one cell or shelf, the newest: a look reads no more than a quarter of them
_COLUMNS = (
    ("lon", np.float64),
    ("lat", np.float64),
    ("kind", np.int32),
    ("group", np.int32),
)
Rows = npt.NDArray[np.int64]


class Nearby:
    """Open cases by cell and by (community, kind). A case is a row here, in the order in which they began."""

    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    kind: npt.NDArray[np.int32]
    group: npt.NDArray[np.int32]

    def __init__(self) -> None:
        self.keys: list[int] = []  # of the case; below zero as long as it is not written
        self.titles: list[str] = []
        self.began: list[datetime] = []
        self.states: list[str] = []
        self._cells: dict[int, array[int]] = defaultdict(lambda: array("q"))
        self._shelves: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("q"))
        self._numbers: dict[str, int] = {}  # of kinds and classes
        self._words = science.Texts()
        self._room(1024)

    def _room(self, rows: int) -> None:
        have = len(self.keys)
        for name, kind in _COLUMNS:
            fresh = np.zeros(rows, dtype=kind)
            if have:
                fresh[:have] = getattr(self, name)[:have]
            setattr(self, name, fresh)

    @classmethod
    def of_open_cases(cls, most: int = 200_000) -> Nearby:
        """The newest open cases, as they are now."""
        index = cls()
        found = Case.objects.filter(is_open=True).order_by("-matter_ptr_id")
        columns = ("pk", "title", "kind", "lon", "lat", "cell", "territory", "opened_at", "state")
        for row in reversed(list(found.values_list(*columns)[:most])):
            index._keep(*row)
        return index

    def add(self, case: Case, *, at: datetime, state: str) -> int:
        """A case that begins at ``at`` and is not written yet: its row. Twins name it by a key below zero until :meth:`written`."""
        row = len(self.keys)
        return self._keep(
            -row - 1,
            case.title,
            case.kind,
            case.lon,
            case.lat,
            case.cell,
            case.territory,
            at,
            state,
        )

    def written(self, row: int, key: int) -> None:
        """The case of a row has its key."""
        self.keys[row] = key

    def resolved(self, key: int) -> int:
        """A case's key; of one that was not written when it was found, the key it has now."""
        return key if key > 0 else self.keys[-key - 1]

    def _keep(
        self,
        key: int,
        title: str,
        kind: str,
        lon: float | None,
        lat: float | None,
        cell: int | None,
        territory: str,
        opened: datetime,
        state: str,
    ) -> int:
        row = len(self.keys)
        if row == len(self.lon):
            self._room(2 * row)
        self.keys.append(key)
        self.titles.append(title)
        self.began.append(opened)
        self.states.append(state)
        self.lon[row] = math.nan if lon is None else lon
        self.lat[row] = math.nan if lat is None else lat
        self.kind[row], self.group[row] = self._number(kind), self._number(kind[:3])
        shelves = [self._shelves[territory[:12], kind]] if len(territory) >= 12 else []
        if cell is not None:
            shelves.append(self._cells[cell])
        for shelf in shelves:
            shelf.append(row)
            if len(shelf) > 2 * _KEPT:
                del shelf[:-_KEPT]
        return row

    def _number(self, word: str) -> int:
        return self._numbers.setdefault(word, len(self._numbers))

    def find(self, said: Said, where: Where | None, kinds: Sequence[Any], *, at: datetime) -> list[Twin]:
        """As :func:`queries.triage.twins_of`, from memory."""
        lon = said.lon if said.lon is not None else (where.lon if where else None)
        lat = said.lat if said.lat is not None else (where.lat if where else None)
        codes = [kind.code for kind in kinds]
        if lon is not None and lat is not None:
            rows = self._around(lon, lat)
        elif where is not None and where.community:
            rows = self._together(
                [self._shelves.get((where.community, code)) for code in dict.fromkeys(codes)]
            )
        else:
            return []
        if rows.size > CANDIDATES:
            rows = np.sort(rows)[-CANDIDATES:]
        if not rows.size:
            return []
        group = self.group[rows]
        same_class = (self.kind[rows] == self._numbers.get("", -2)) | (not codes)
        for asked in {self._numbers.get(code[:3], -1) for code in codes}:
            same_class |= group == asked
        metres = None
        if lon is not None and lat is not None:
            metres = science.distances(lon, lat, self.lon[rows], self.lat[rows])
        found = weigh(
            metres,
            number("twin_radius"),
            self._likenesses(science.grams(said.text), rows),
            self.kind[rows] == (self._numbers.get(codes[0], -1) if codes else -1),
            same_class,
        )
        kept = rows[found.rows]
        days = [(at - self.began[row]).total_seconds() / 86400 for row in kept.tolist()]
        told = [
            (-likeness.score, int(rows[place]), likeness) for place, likeness in found.told(np.array(days))
        ]
        told.sort(key=lambda one: one[:2])
        return [
            Twin(self.keys[row], self.titles[row], self.states[row], likeness)
            for _score, row, likeness in told[:TWINS_SHOWN]
        ]

    @staticmethod
    def _together(shelves: Sequence[array[int] | None]) -> Rows:
        filled = [np.frombuffer(shelf, dtype=np.int64) for shelf in shelves if shelf]
        return np.concatenate(filled) if filled else np.zeros(0, dtype=np.int64)

    def _around(self, lon: float, lat: float) -> Rows:
        reach = number("twin_radius") * 1.01 / science.METRES_PER_DEGREE
        wide = reach / math.cos(math.radians(lat))
        rows = self._together([self._cells.get(cell) for cell in science.cells_around(lon, lat)])
        if not rows.size:
            return rows
        east, north = self.lon[rows], self.lat[rows]
        near = (north >= lat - reach) & (north <= lat + reach) & (east >= lon - wide) & (east <= lon + wide)
        found: Rows = rows[near]
        return found

    def _likenesses(self, words: frozenset[str], rows: Rows) -> npt.NDArray[np.float64]:
        """Of the titles of ``rows``; they are read when they are first compared."""
        for row in self._words.unread(rows):
            self._words.put(row, science.grams(self.titles[row]))
        return self._words.likeness(words, rows)
