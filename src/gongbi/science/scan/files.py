"""The reference program's own text files (.cas, .ctl, .pop, .geo) as plain values.

Lines of fields parted by blanks or commas, no heading: case and control file ``id number [date] [covariate …]``, population file
``id date people [covariate …]``, coordinates file ``id latitude longitude`` or ``id x y``. Dates are Y, Y/M or Y/M/D, also with hyphens.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

_FIELD = re.compile(r'"([^"]*)"|([^\s,;]+)')
_DATE = re.compile(r"(\d{1,4})(?:[/-](\d{1,2})(?:[/-](\d{1,2}))?)?$")
YEAR, MONTH, DAY = 1, 2, 3
UNITS = {YEAR: "year", MONTH: "month", DAY: "day"}


@dataclass(frozen=True, slots=True)
class When:
    """A date as precise as it was written."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def precision(self) -> int:
        """YEAR, MONTH or DAY."""
        return YEAR if self.month is None else MONTH if self.day is None else DAY

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """Its last day."""
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    @property
    def census(self) -> date:
        """The day a census figure counts for: 1 July of a year, the 15th of a month."""
        return date(self.year, self.month or 7, self.day or (1 if self.month is None else 15))


@dataclass(frozen=True, slots=True)
class Count:
    """A line of a case, control or population file."""

    place: str
    amount: float
    when: When | None
    kind: tuple[str, ...]


def when(text: str, near: int = 1990) -> When:
    """A date as the files write it; a year of two digits is the one nearest to ``near``. Raises ValueError."""
    found = _DATE.match(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a date (Y, Y/M or Y/M/D)")
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    if year < 100:
        year = min((1900 + year, 2000 + year), key=lambda full: abs(full - near))
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        raise ValueError(f"{text!r} is not a date (Y, Y/M or Y/M/D)") from None
    return When(year, month, day)


def _lines(text: str) -> list[tuple[int, list[str]]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if '"' in line:
            fields = [quoted or plain for quoted, plain in _FIELD.findall(line)]
        else:
            fields = line.replace(",", " ").replace(";", " ").split()
        if fields:
            found.append((number, fields))
    return found


def _number(text: str, option: str, line: int, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{option}: line {line}: {what} is {text!r}, not a number from 0 on")
    return value


def read_counts(
    text: str, option: str, *, dated: bool | None, near: int = 1990, short_years: bool = False
) -> list[Count]:
    """The lines of a case or control file. ``dated``: whether the third field is a date; None: when every line has one that reads as
    a year of four digits (or two, with ``short_years``) or a longer date. Raises ValueError naming ``option`` and the line."""
    lines = _lines(text)
    if dated is None:
        thirds = [fields[2] if len(fields) > 2 else "" for _, fields in lines]
        dated = all(_DATE.match(third) and len(third) >= (2 if short_years else 4) for third in thirds)
    found = []
    known: dict[str, When] = {}  # most dates come again and again
    for line, fields in lines:
        if len(fields) < (3 if dated else 2):
            raise ValueError(
                f"{option}: line {line}: a place, a number{' and a date' if dated else ''} are needed"
            )
        amount = _number(fields[1], option, line, "the number")
        if amount != int(amount):
            raise ValueError(f"{option}: line {line}: {fields[1]} is no whole number")
        if dated and fields[2] not in known:
            known[fields[2]] = _dated(fields[2], option, line, near)
        found.append(
            Count(
                fields[0],
                amount,
                known[fields[2]] if dated else None,
                tuple(fields[3 if dated else 2 :]),
            )
        )
    if not found:
        raise ValueError(f"{option}: the file has no line")
    return found


def read_population(text: str, option: str, *, near: int = 1990) -> list[Count]:
    """The lines of a population file; a line of two fields has no date. Raises ValueError naming ``option`` and the line."""
    found = []
    for line, fields in _lines(text):
        if len(fields) < 2:
            raise ValueError(f"{option}: line {line}: a place, a date and a number of people are needed")
        dated = len(fields) > 2
        people = _number(fields[2 if dated else 1], option, line, "the number of people")
        dated = dated and fields[1].lower() != "unspecified"
        moment = _dated(fields[1], option, line, near) if dated else None
        found.append(Count(fields[0], people, moment, tuple(fields[3:])))
    if not found:
        raise ValueError(f"{option}: the file has no line")
    return found


def _dated(text: str, option: str, line: int, near: int) -> When:
    try:
        return when(text, near)
    except ValueError as error:
        raise ValueError(f"{option}: line {line}: {error}") from None


def read_places(text: str, option: str) -> tuple[list[str], list[float], list[float]]:
    """Identifiers, first and second coordinates. Raises ValueError naming ``option`` and the line; a place given twice is refused."""
    ids: dict[str, int] = {}
    first: list[float] = []
    second: list[float] = []
    for line, fields in _lines(text):
        if len(fields) < 3:
            raise ValueError(f"{option}: line {line}: a place and two coordinates are needed")
        if fields[0] in ids:
            raise ValueError(f"{option}: line {line}: {fields[0]} was given in line {ids[fields[0]]} already")
        ids[fields[0]] = line
        try:
            pair = float(fields[1]), float(fields[2])
        except ValueError:
            pair = math.nan, math.nan
        if not all(map(math.isfinite, pair)):
            raise ValueError(f"{option}: line {line}: {fields[1]!r}, {fields[2]!r} are no coordinates")
        first.append(pair[0])
        second.append(pair[1])
    if not ids:
        raise ValueError(f"{option}: the file has no line")
    return list(ids), first, second


def boundaries(start: date, end: date, precision: int) -> list[date]:
    """The first day of every year, month or day from ``start`` to ``end``, both within, and the day after the last one."""
    edges = [start]
    while True:
        last = edges[-1]
        if precision == YEAR:
            following = date(last.year + 1, 1, 1)
        elif precision == MONTH:
            following = date(last.year + last.month // 12, last.month % 12 + 1, 1)
        else:
            following = last + timedelta(days=1)
        if following > end:
            return [*edges, end + timedelta(days=1)]
        edges.append(following)


def longest_run(max_days: int, precision: int) -> int:
    """How many intervals fit into so many days, one at least; leap years and long months are no reason for one less."""
    return max(max_days // {YEAR: 365, MONTH: 30, DAY: 1}[precision], 1)


def days_each(edges: list[date]) -> float:
    """The mean length of the intervals in days."""
    spans = [(b - a).days for a, b in pairwise(edges)]
    return sum(spans) / len(spans)
