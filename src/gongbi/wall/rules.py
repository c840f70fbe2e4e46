"""What the wall counts, for whom, and where a thing that spans several places is counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

Words = tuple[str, str]
Cell = list[int]  # one number a layer, in the order of LAYERS

# What is counted in each division. Four levels of warnings, as the law has them: 1 is the highest.
LAYERS = ("open", "late", "today", "w1", "w2", "w3", "w4", "alarm", "duty", "incident", "drill")
OPEN, LATE, TODAY, WARN, ALARM, DUTY, INCIDENT = 0, 1, 2, 3, 7, 8, 9
WIDTH = {
    WARN: 4,
    ALARM: 1,
    DUTY: 1,
    INCIDENT: 2,
}  # layers that are counted as a whole, together; a drill is in no other number
RATES = ("responded", "solved", "satisfied", "handled_on_time", "closed_on_time")  # of insight's catalogue
DAYS = 14  # of the rates' course
SHOWN = 12  # lines of a stream
PASS = timedelta(minutes=10)  # of a screen, shown again this often: what was taken back ends with it
SESSION = timedelta(hours=12)  # of somebody's page, as of every page of the house
WHOLE = 6  # digits of a district: whoever covers one sees what is not placed, too
_LEVELS = (15, 12, 9, 6)


def empty() -> Cell:
    """A division in which nothing is."""
    return [0] * len(LAYERS)


def inside(code: str, scope: Sequence[str]) -> bool:
    """Whether a division lies in these; what has no place belongs to whoever covers a whole district."""
    if not code:
        return any(len(prefix) <= WHOLE for prefix in scope)
    return code.startswith(tuple(scope))


def common(codes: Iterable[str]) -> str:
    """The smallest division that holds all of these: somebody on duty in three grids is counted once, in their community."""
    found = sorted(set(codes))
    if not found:
        return ""
    first, last = found[0], found[-1]
    for size in _LEVELS:
        if len(first) >= size and len(last) >= size and first[:size] == last[:size]:
            return first[:size]
    return ""


def level(cell: Sequence[int]) -> int:
    """The highest level among the warnings of a division; 0 where there is none."""
    return next((step + 1 for step in range(4) if cell[WARN + step]), 0)


def warnings(cell: Sequence[int]) -> int:
    """How many warnings stand in a division."""
    return sum(cell[WARN : WARN + 4])


def rolled(cells: Mapping[str, Sequence[int]], codes: Iterable[str]) -> dict[str, Cell]:
    """The sums over everything inside each of ``codes`` (of one level)."""
    wanted = {code: empty() for code in codes}
    sizes = {len(code) for code in wanted}
    for code, cell in cells.items():
        for size in sizes:
            into = wanted.get(code[:size]) if len(code) >= size else None
            if into is not None:
                for place, number in enumerate(cell):
                    into[place] += number
    return wanted


def total(cells: Iterable[Sequence[int]]) -> Cell:
    """The sum of all."""
    whole = empty()
    for cell in cells:
        for place, number in enumerate(cell):
            whole[place] += number
    return whole
