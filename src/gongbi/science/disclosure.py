"""Tables of counts that may be published: small cells are hidden, and others with them, so that no hidden one can be got back.

Cell suppression with linear audit (Fischetti and Salazar-González 2001, *Management Science* 47, 1008–1027: the attacker's interval of a
cell is the least and the largest value that the published numbers leave it; Hundepool and others 2012, *Statistical Disclosure Control*,
ch. 4). Cells are numbered; a *relation* says that a total is the sum of its parts. Counts are whole and never negative.

Choosing is greedy: it hides enough, not provably the fewest. Hiding one more cell never narrows an interval, so what is wide enough stays so.
The intervals are those of real numbers. Where the relations form a network (two-way tables with their margins, trees of places, and two-way
tables that share a margin) their ends are whole numbers, and no whole table is left out or added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

Relation = tuple[int, tuple[int, ...]]  # total, parts
Interval = tuple[float, float]
_EPS = 1e-6


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Cells that are not published: ``small`` in themselves, ``more`` so that those cannot be worked out. ``floor``: what anybody knows of
    a hidden cell at least (1 where noughts are published)."""

    small: frozenset[int]
    more: frozenset[int]
    floor: int

    @property
    def hidden(self) -> frozenset[int]:
        return self.small | self.more


def two_way(rows: int, columns: int) -> list[Relation]:
    """The relations of a table with its margins, cell ``(r, c)`` at ``r * (columns + 1) + c``: the last row and column are the totals."""
    wide = columns + 1
    found: list[Relation] = [
        (r * wide + columns, tuple(r * wide + c for c in range(columns))) for r in range(rows + 1)
    ]
    found += [(rows * wide + c, tuple(r * wide + c for r in range(rows))) for c in range(wide)]
    return found


def consistent(values: Sequence[int], relations: Iterable[Relation]) -> bool:
    """Whether every total is the sum of its parts and nothing is negative."""
    return min(values, default=0) >= 0 and all(
        values[total] == sum(values[part] for part in parts) for total, parts in relations
    )


def interval(
    cell: int, values: Sequence[int], relations: Sequence[Relation], hidden: frozenset[int], floor: int = 0
) -> Interval:
    """The least and the largest value of a hidden cell that an attacker cannot rule out; ``inf`` where nothing bounds it above.

    The attacker knows every published cell, the relations, and that hidden cells are at least ``floor``.
    """
    if cell not in hidden:
        return float(values[cell]), float(values[cell])
    names, near = _around(cell, relations, hidden)
    if not near:
        return float(floor), float("inf")
    place = {name: at for at, name in enumerate(names)}
    left, right = _equations(near, place, values)
    ends = []
    for sign in (1.0, -1.0):
        cost = np.zeros(len(names))
        cost[place[cell]] = sign
        done = linprog(cost, A_eq=left, b_eq=right, bounds=(floor, None), method="highs")
        if done.status == 3:  # without an end
            ends.append(float("inf"))
        elif done.status != 0:
            raise ValueError("the table does not add up: " + done.message)
        else:
            assert done.fun is not None
            ends.append(sign * float(done.fun))
    low, high = ends
    return float(np.ceil(low - _EPS)), high if np.isinf(high) else float(np.floor(high + _EPS))


def _around(
    cell: int, relations: Sequence[Relation], hidden: frozenset[int]
) -> tuple[list[int], list[Relation]]:
    """Hidden cells and relations that have to do with a cell, however far round."""
    left = [(one, hidden.intersection((one[0], *one[1]))) for one in relations]
    left = [pair for pair in left if pair[1]]
    names, near, grown = {cell}, [], True
    while grown:
        grown = False
        rest = []
        for one, there in left:
            if there & names:
                names |= there
                near.append(one)
                grown = True
            else:
                rest.append((one, there))
        left = rest
    return sorted(names), near


def _equations(
    near: Sequence[Relation], place: Mapping[int, int], values: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    left, right = np.zeros((len(near), len(place))), np.zeros(len(near))
    for at, (total, parts) in enumerate(near):
        for cell, sign in ((total, -1.0), *((part, 1.0) for part in parts)):
            if cell in place:
                left[at, place[cell]] = sign
            else:
                right[at] -= sign * values[cell]
    return left, right


def suppress(
    values: Sequence[int],
    relations: Sequence[Relation],
    *,
    threshold: int,
    noughts: bool = False,
    also: Iterable[int] = (),
) -> Suppressed:
    """What has to be hidden: cells below ``threshold`` (a nought only with ``noughts``) and whatever else would give them away.

    Afterwards an attacker's interval of each small cell is at least ``threshold`` wide, that of every other hidden cell at least 1, or all that
    could be hidden is. ``also``: cells to be treated as small whatever they hold, an earlier edition's for instance. ValueError for a
    table that does not add up or a threshold below 1.
    """
    if threshold < 1:
        raise ValueError("the threshold is at least 1")
    if not consistent(values, relations):
        raise ValueError("the table does not add up")
    least = 0 if noughts else 1
    small = {cell for cell, value in enumerate(values) if least <= value < threshold}
    given = {cell for cell in also if 0 <= cell < len(values)}
    # Whoever is told that a nought may be hidden cannot take a hidden cell for one at least.
    floor = 0 if noughts or any(values[cell] == 0 for cell in given) else 1
    small |= given
    hidden = set(small)
    height = _heights(len(values), relations)
    waiting = sorted(small, key=lambda cell: (height[cell], values[cell], cell))
    while waiting:
        cell = waiting.pop(0)
        need = threshold if cell in small else 1
        while True:
            low, high = interval(cell, values, relations, frozenset(hidden), floor)
            if high - low >= need:
                break
            more = _next(cell, values, relations, hidden, height, need, floor)
            if more is None:
                break
            hidden.add(more)
            waiting.append(more)
    return Suppressed(frozenset(small), frozenset(hidden - small), floor)


def _heights(count: int, relations: Sequence[Relation]) -> list[int]:
    """How far each cell stands above the cells that are nobody's total."""
    height = [0] * count
    for _round in range(len(relations)):
        changed = False
        for total, parts in relations:
            above = 1 + max((height[part] for part in parts), default=-1)
            if above > height[total]:
                height[total], changed = above, True
        if not changed:
            break
    return height


def _next(
    cell: int,
    values: Sequence[int],
    relations: Sequence[Relation],
    hidden: set[int],
    height: Sequence[int],
    need: int,
    floor: int,
) -> int | None:
    """The cell to hide next for the sake of ``cell``: first where a single hidden cell is what its relation leaves over, then in the cell's own
    relations, then farther round; of what is there the lowest, then one with room to move, then the least."""
    _names, near = _around(cell, relations, frozenset(hidden))
    held = [(one, len(hidden.intersection((one[0], *one[1])))) for one in near]
    single = [pair for pair in held if pair[1] == 1]
    own = [pair for pair in held if cell in (pair[0][0], *pair[0][1])]
    # Totals are what people look at: one is hidden only where nothing below it is left to hide.
    for top in sorted(set(height)):
        for group in (single, own, held):
            free = [
                (height[other], values[other] < need + floor, there, values[other], other)
                for (total, parts), there in group
                for other in (total, *parts)
                if other not in hidden and height[other] <= top and (values[other] > 0 or floor == 0)
            ]
            if free:
                return min(free)[-1]
    return None
