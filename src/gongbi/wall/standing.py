"""What is open and what is late, kept as things happen. The live wall feeds it from the matters, the replay from the ledger. Pure.

Moments are POSIX seconds. A case is late from its deadline on while it is open and its clock runs; at the deadline's second it is
still in time.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import NamedTuple

from gongbi.wall.rules import LATE, OPEN, TODAY, Cell, empty


class Step(NamedTuple):
    """One change of one figure: when, where, which layer, by how many."""

    at: float
    code: str
    layer: int
    by: int


class Standing:
    """The open cases by place and deadline, and their counts. ``touched``: divisions whose figures changed since it was emptied."""

    def __init__(self, *, record: bool = False) -> None:
        self.open: dict[int, tuple[str, float | None]] = {}
        self.late: set[int] = set()
        self.cells: dict[str, Cell] = {}
        self.touched: set[str] = set()
        self.steps: list[Step] | None = [] if record else None
        self._dues: list[tuple[float, int]] = []

    def put(self, key: int, code: str, due: float | None, at: float) -> None:
        """A case is open, there, until then. Said again it changes only what differs."""
        before = self.open.get(key)
        if before == (code, due):
            return
        was_late = key in self.late
        is_late = due is not None and due < at
        if before is None or before[0] != code:
            if before is not None:
                self.count(before[0], OPEN, -1, at)
                if was_late:
                    self.count(before[0], LATE, -1, at)
            self.count(code, OPEN, 1, at)
            if is_late:
                self.count(code, LATE, 1, at)
        elif was_late != is_late:
            self.count(code, LATE, 1 if is_late else -1, at)
        (self.late.add if is_late else self.late.discard)(key)
        self.open[key] = (code, due)
        if due is not None and not is_late:
            heapq.heappush(self._dues, (due, key))
            if (
                len(self._dues) > 4 * len(self.open) + 1000
            ):  # deadlines that were moved lie about until they pass
                self._dues = [
                    (d, k) for k, (_c, d) in self.open.items() if d is not None and k not in self.late
                ]
                heapq.heapify(self._dues)

    def drop(self, key: int, at: float) -> None:
        """It is open no longer."""
        before = self.open.pop(key, None)
        if before is None:
            return
        self.count(before[0], OPEN, -1, at)
        if key in self.late:
            self.late.discard(key)
            self.count(before[0], LATE, -1, at)

    def new(self, code: str, at: float) -> None:
        """One more was opened today."""
        self.count(code, TODAY, 1, at)

    def until(self, at: float) -> list[int]:
        """Let time pass; returns the cases that became late, in order of their deadlines."""
        found: list[int] = []
        while self._dues and self._dues[0][0] < at:
            due, key = heapq.heappop(self._dues)
            now = self.open.get(key)
            if now is None or now[1] != due or key in self.late:
                continue
            self.late.add(key)
            self.count(now[0], LATE, 1, due)
            found.append(key)
        return found

    def count(self, code: str, layer: int, by: int, at: float) -> None:
        """One figure of one division changes."""
        cell = self.cells.get(code)
        if cell is None:
            cell = self.cells[code] = empty()
        cell[layer] += by
        self.touched.add(code)
        if self.steps is not None:
            self.steps.append(Step(at, code, layer, by))

    def replace(self, first: int, width: int, counts: Mapping[str, list[int]]) -> None:
        """Replace ``width`` layers from ``first`` on: division → numbers. A division that is not named has none."""
        for code in self.cells.keys() | counts.keys():
            row = counts.get(code, [0] * width)
            cell = self.cells.get(code)
            if cell is None:
                cell = self.cells[code] = empty()
            if cell[first : first + width] != row:
                cell[first : first + width] = row
                self.touched.add(code)

    def taken(self) -> dict[str, Cell]:
        """The divisions touched since the last time, as they are now."""
        found = {code: list(self.cells[code]) for code in self.touched}
        self.touched.clear()
        return found
