"""A study read from the reference program's files: places, intervals, cases, what was to be expected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from gongbi.science.scan import files
from gongbi.science.scan.expected import indirect_expectation, population_over
from gongbi.science.scan.files import Count, When

Kind = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Study:
    """``edges``: first day of each interval, then the day after the last. ``cases``, ``controls``, ``expected``: places × intervals;
    ``people``: mean number during the study. ``left_out``: cases and controls outside the study's days."""

    places: list[str]
    edges: list[date]
    precision: int
    cases: NDArray[np.int64]
    controls: NDArray[np.int64] | None
    expected: NDArray[np.float64] | None
    people: NDArray[np.float64] | None
    left_out: int


def study_of(
    places: list[str],
    cases: Sequence[Count],
    *,
    controls: Sequence[Count] | None = None,
    population: Sequence[Count] | None = None,
    start: date | None = None,
    end: date | None = None,
    spatial: bool = False,
) -> Study:
    """Put the files' lines together. Intervals are as long as the least precise date of a case; one for all when ``spatial``.

    ``start``, ``end``: both within the study; by default the first and last case. Raises ValueError for places without coordinates,
    cases of a kind that nobody belongs to, and a period that ends before it begins.
    """
    index = {name: i for i, name in enumerate(places)}
    lines = [*cases, *(controls or ())]
    for name, given in (
        ("--cases", cases),
        ("--controls", controls or ()),
        ("--population", population or ()),
    ):
        unknown = next((c.place for c in given if c.place not in index), None)
        if unknown is not None:
            raise ValueError(f"{name}: {unknown} has no coordinates in --geo")
    dated = [c.when for c in lines if c.when is not None]
    begin = start or (min(w.first for w in dated) if dated else date(2000, 1, 1))
    finish = end or (max(w.last for w in dated) if dated else begin)
    if finish < begin:
        raise ValueError(f"--end: {finish} is before the start, {begin}")
    precision = min((w.precision for w in dated), default=files.DAY)
    whole = [begin, date.fromordinal(finish.toordinal() + 1)]
    edges = whole if spatial else files.boundaries(begin, finish, precision)
    days = np.array([edge.toordinal() for edge in edges])
    shape = (len(places), len(edges) - 1)
    counted, outside = _counted(cases, index, days, shape)
    others, outside_too = _counted(controls or (), index, days, shape)
    expected = people = None
    if population is not None:
        expected, people = _expected(counted, population, index, days, shape)
    return Study(
        places,
        edges,
        precision,
        sum(counted.values(), np.zeros(shape, np.int64)),
        None if controls is None else sum(others.values(), np.zeros(shape, np.int64)),
        expected,
        people,
        outside + outside_too,
    )


def _counted(
    lines: Iterable[Count], index: dict[str, int], days: NDArray[np.int64], shape: tuple[int, int]
) -> tuple[dict[Kind, NDArray[np.int64]], int]:
    """Counts of each kind, and how many fell outside the days. A date less precise than an interval counts on its first day."""
    found: dict[Kind, NDArray[np.int64]] = defaultdict(lambda: np.zeros(shape, np.int64))
    outside = 0
    intervals: dict[When | None, int] = {}
    for line in lines:
        interval = intervals.get(line.when)
        if interval is None:
            interval = intervals[line.when] = _interval(line.when, days)
        if interval < 0:
            outside += int(line.amount)
        else:
            found[line.kind][index[line.place], interval] += int(line.amount)
    return found, outside


def _interval(moment: When | None, days: NDArray[np.int64]) -> int:
    """Which one a date falls into, -1 for none. A year or a month that only partly belongs to the study counts where it does."""
    if moment is None:
        return 0
    first, last = moment.first.toordinal(), moment.last.toordinal()
    if last < days[0] or first >= days[-1]:
        return -1
    return int(np.searchsorted(days, max(first, int(days[0])), side="right")) - 1


def _expected(
    counted: dict[Kind, NDArray[np.int64]],
    population: Sequence[Count],
    index: dict[str, int],
    days: NDArray[np.int64],
    shape: tuple[int, int],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cases by indirect standardisation over the kinds of people, and the mean number of people of each place."""
    people = _people(population, index, days, shape)
    missing = next((kind for kind in counted if kind not in people), None)
    if missing is not None:
        raise ValueError(
            f"--population: nobody is of the kind {' '.join(missing) or '(none)'}, yet there are cases"
        )
    kinds = sorted(people)
    nothing = np.zeros(shape, np.int64)
    living = [people[kind] for kind in kinds]
    if not sum(float(p.sum()) for p in living) > 0:
        raise ValueError("--population: there is nobody")
    expected = indirect_expectation([counted.get(kind, nothing) for kind in kinds], living)
    mean = np.sum([p.sum(axis=1) for p in living], axis=0) / (days[-1] - days[0])
    return expected, mean


def _people(
    population: Sequence[Count], index: dict[str, int], days: NDArray[np.int64], shape: tuple[int, int]
) -> dict[Kind, NDArray[np.float64]]:
    """Person-days of each kind, places × intervals. Lines of the same place, day and kind are added up."""
    figures: dict[Kind, dict[int, dict[int, float]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(float))
    )
    for line in population:
        day = int(days[0]) if line.when is None else line.when.census.toordinal()
        figures[line.kind][index[line.place]][day] += line.amount
    found = {}
    for kind, places in figures.items():
        # Places with the same census days are done at once.
        alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for place, by_day in places.items():
            alike[tuple(sorted(by_day))].append(place)
        total = np.zeros(shape)
        for census, members in alike.items():
            rows = np.array([[places[place][day] for day in census] for place in members])
            total[members] = population_over(census, rows, days)
        found[kind] = total
    return found
