"""Counts as a table: classes × places × days. Built from stored days; what detectors get is this table and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]  # a year of a district: half the memory of whole words
_COMMUNITY = 12
DayCounts = Mapping[str, Mapping[str, int]]  # class → division → cases


@dataclass(frozen=True, eq=False)
class Counts:
    """``table`` (classes, places, days); ``days[-1]`` is the day looked at. Places are divisions, never persons."""

    groups: tuple[str, ...]
    codes: tuple[str, ...]
    days: tuple[date, ...]
    table: Ints

    @property
    def total(self) -> int:
        """All cases."""
        return int(self.table.sum())

    def communities(self) -> Counts:
        """The same by community: grids added up, places without a community left out."""
        names = sorted({code[:_COMMUNITY] for code in self.codes if len(code) >= _COMMUNITY})
        index = {name: number for number, name in enumerate(names)}
        table = np.zeros((len(self.groups), len(names), len(self.days)), dtype=np.int32)
        for place, code in enumerate(self.codes):
            if len(code) >= _COMMUNITY:
                table[:, index[code[:_COMMUNITY]]] += self.table[:, place]
        return Counts(self.groups, tuple(names), self.days, table)


def table_of(days: Mapping[date, DayCounts], first: date, last: date, *, known: Iterable[str] = ()) -> Counts:
    """Stored days from ``first`` to ``last``, both included; a day without cases is a day of zeros. ``known``: places that belong
    to the map though nothing happened there.
    """
    span = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    wanted = [days.get(day, {}) for day in span]
    groups = tuple(sorted({group for day in wanted for group in day}))
    codes = tuple(
        sorted({code for day in wanted for by_code in day.values() for code in by_code} | set(known))
    )
    row, column = ({name: number for number, name in enumerate(names)} for names in (groups, codes))
    table = np.zeros((len(groups), len(codes), len(span)), dtype=np.int32)
    for number, day in enumerate(wanted):
        for group, by_code in day.items():
            at = row[group]
            for code, cases in by_code.items():
                table[at, column[code], number] += cases
    return Counts(groups, codes, span, table)


def placed(counts: Counts, where: Mapping[str, Sequence[float]]) -> tuple[Counts, NDArray[np.float64]]:
    """Only the places whose position is known, and their longitude and latitude (places, 2)."""
    keep = [number for number, code in enumerate(counts.codes) if code in where]
    codes = tuple(counts.codes[number] for number in keep)
    points = np.array([where[code] for code in codes], dtype=np.float64).reshape(-1, 2)
    return Counts(counts.groups, codes, counts.days, counts.table[:, keep]), points
