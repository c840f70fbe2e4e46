"""Who adds up to whom: every level is a partition of the same bottom series (a place × kind, counted each day).

The levels may be nested (community → street → district) or crossed (kind, street × kind): what is usually called a grouped hierarchy,
Hyndman and Athanasopoulos 2021, *Forecasting: principles and practice*, 3rd edition, chapter 11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from gongbi.science.surveillance.series import Floats, Ints

TOTAL = "total"


@dataclass(frozen=True)
class Level:
    """One partition: ``of[i]`` is the node that bottom series ``i`` belongs to; ``kind[j]`` the kind of node ``j``, -1 for all kinds."""

    name: str
    of: Ints
    kind: Ints

    @property
    def size(self) -> int:
        """How many nodes."""
        return int(self.kind.size)


@dataclass(frozen=True)
class Hierarchy:
    """Levels from the top down; the last one is the bottom itself. Nodes are numbered level by level in this order."""

    levels: tuple[Level, ...]
    kinds: int

    @property
    def bottom(self) -> int:
        """How many bottom series."""
        return self.levels[-1].size

    @cached_property
    def starts(self) -> Ints:
        """Where each level begins among the nodes; one number more than levels."""
        return np.cumsum([0, *(level.size for level in self.levels)])

    @property
    def nodes(self) -> int:
        """How many nodes on all levels."""
        return int(self.starts[-1])

    @cached_property
    def level_of(self) -> Ints:
        """(nodes,) number of the level of each node."""
        return np.repeat(np.arange(len(self.levels)), np.diff(self.starts))

    @cached_property
    def kind_of(self) -> Ints:
        """(nodes,) kind of each node, -1 for all kinds together."""
        return np.concatenate([level.kind for level in self.levels])

    @cached_property
    def sums(self) -> sparse.csr_array:
        """(aggregates, bottom): which bottom series each node above the bottom is the sum of."""
        rows = np.concatenate(
            [level.of + self.starts[i] for i, level in enumerate(self.levels[:-1])] or [np.zeros(0, int)]
        )
        columns = np.tile(np.arange(self.bottom), len(self.levels) - 1)
        return sparse.csr_array(
            (np.ones(rows.size), (rows, columns)), shape=(self.nodes - self.bottom, self.bottom)
        )

    def add_up(self, bottom: Floats) -> Floats:
        """(bottom, …) → (nodes, …)."""
        return np.concatenate([self.sums @ bottom, bottom])

    def slice_of(self, name: str) -> slice:
        """The nodes of a level. Raises ValueError for an unknown name."""
        names = [level.name for level in self.levels]
        if name not in names:
            raise ValueError(f"level: {name!r} is none of {', '.join(names)}")
        at = names.index(name)
        return slice(int(self.starts[at]), int(self.starts[at + 1]))


def crossed(
    units: ArrayLike,
    kinds: ArrayLike,
    above: Mapping[str, ArrayLike] | None = None,
    *,
    unit: str = "unit",
    kind: str = "kind",
) -> Hierarchy:
    """Every level of places, each for all kinds together and by kind.

    ``units``, ``kinds``: (series,) the place and the kind of each bottom series, numbered from 0 (a pair occurs once; not every pair need
    occur). ``above``: name → the larger place each place lies in (units,), numbered from 0, the largest first: ``{"street": …}``.
    ``unit``, ``kind``: names of the levels. Raises ValueError naming the argument.
    """
    places, sorts = _codes(units, "units"), _codes(kinds, "kinds")
    if places.size == 0 or places.size != sorts.size:
        raise ValueError("kinds: as many as units are needed, and at least one")
    count, sort_count = int(places.max()) + 1, int(sorts.max()) + 1
    if np.unique(places * sort_count + sorts).size != places.size:
        raise ValueError("units: the same place and kind stands there twice")
    levels = [Level(TOTAL, np.zeros(places.size, np.int64), np.array([-1]))]
    if sort_count > 1:
        levels.append(Level(kind, sorts, np.arange(sort_count)))
    for name, parents in (above or {}).items():
        parent = _codes(parents, f"above[{name!r}]")
        if parent.size != count:
            raise ValueError(f"above[{name!r}]: one number for each of the {count} places is needed")
        levels += _places(name, parent[places], sorts, kind, sort_count)
    last = _places(unit, places, sorts, kind, sort_count)
    bottom = Level(
        last[-1].name, np.arange(places.size), sorts if sort_count > 1 else np.full(places.size, -1)
    )
    levels += [*last[:-1], bottom]
    names = [level.name for level in levels]
    if len(set(names)) < len(names):
        raise ValueError(f"above: two levels have the same name ({', '.join(names)})")
    return Hierarchy(tuple(levels), sort_count)


def _places(name: str, place: Ints, sorts: Ints, kind: str, sort_count: int) -> list[Level]:
    plain = Level(name, place, np.full(int(place.max()) + 1, -1))
    if sort_count == 1:
        return [plain]
    pairs, of = np.unique(place * sort_count + sorts, return_inverse=True)
    return [plain, Level(f"{name} × {kind}", of.astype(np.int64), pairs % sort_count)]


def _codes(values: ArrayLike, name: str) -> Ints:
    codes = np.asarray(values)
    if codes.ndim != 1 or (codes.size and (codes.dtype.kind not in "iu" or codes.min() < 0)):
        raise ValueError(f"{name}: whole numbers from 0 in one row are needed")
    return codes.astype(np.int64)
