"""Series of counts from the tables that surveillance programs exchange: a column of time, and one column a series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

from gongbi.science.commands import reading
from gongbi.science.surveillance.series import Floats

TIMES = ("epoch", "epoch_date", "date", "time", "week", "index", "day", "month")
COUNTS = ("observed", "observed1", "count", "counts", "cases")
SIDE = ("state", "population", "row")  # columns that come with a series and are none
YEAR = {"day": 365, "week": 52, "month": 12}


@dataclass(frozen=True)
class Series:
    """``counts``: (series, times). ``labels``: what the file says of each time point; ``index``: its number, from 1 unless the file says."""

    names: list[str]
    counts: Floats
    labels: list[str]
    index: list[int]
    step: str  # a key of YEAR


def read(
    path: str | Path, option: str, *, columns: Sequence[str] = (), total: bool = False, gaps: str = "refuse"
) -> Series:
    """The series of a table. ``columns``: which, by default *observed*, or every column that is neither time nor state; ``total``: their
    sum as one. ``gaps``: *refuse* time points that are missing, or count them as *zero*. Raises ValueError naming ``option``."""
    rows = _rows(path, option)
    headings = list(rows[0])
    names = list(columns) or _counts(headings)
    missing = [name for name in names if name not in headings]
    if missing or not names:
        raise ValueError(
            f"{option}: {path} has no column {', '.join(map(repr, missing or COUNTS))}; it has {', '.join(headings)}"
        )
    found = np.array([reading.numbers(rows, name, option) for name in names])
    time = next((name for name in TIMES if name in headings), None)
    labels = [row[time].strip() for row in rows] if time else [str(i + 1) for i in range(len(rows))]
    step, places, labels = _placed(labels, f"{option}: {path}", gaps)
    counts = np.zeros((len(names), len(labels)))
    counts[:, places] = found
    if total:
        names, counts = [" + ".join(names) if len(names) < 4 else "total"], counts.sum(axis=0, keepdims=True)
    index = list(range(1, len(labels) + 1))
    if "index" in headings and len(rows) == len(labels) and _whole(rows[0]["index"]) is not None:
        first = int(float(rows[0]["index"]))
        index = list(range(first, first + len(labels)))
    return Series(names=names, counts=counts, labels=labels, index=index, step=step)


def _rows(path: str | Path, option: str) -> list[dict[str, str]]:
    """A CSV, or a table parted by blanks, whose heading may lack a name for its first column."""
    text = reading.text_of(path, option)
    head = text.split("\n", maxsplit=1)[0]
    if "," in head or not re.search(r"\S[ \t]+\S", head.strip()):
        return reading.table(path, option)
    lines = [
        [cell.strip('"') for cell in re.findall(r'"[^"]*"|\S+', line)]
        for line in text.splitlines()
        if line.strip()
    ]
    headings, body = lines[0], lines[1:]
    if not body:
        raise ValueError(f"{option}: {path} has a heading and no row")
    if len(body[0]) == len(headings) + 1:
        headings = ["row", *headings]
    for number, line in enumerate(body, 2):
        if len(line) != len(headings):
            raise ValueError(
                f"{option}: {path}, line {number} has {len(line)} cells, the heading {len(headings)}"
            )
    return [dict(zip(headings, line, strict=True)) for line in body]


def _counts(headings: Sequence[str]) -> list[str]:
    for name in COUNTS:
        if name in headings:
            return [name]
    return [name for name in headings if name not in TIMES and name not in SIDE]


def _whole(text: str) -> int | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value == int(value) else None


def _placed(labels: list[str], where: str, gaps: str) -> tuple[str, list[int], list[str]]:
    """The step between time points, where each row belongs, and the labels with what was missing between."""
    dated = "-" in labels[0] or "/" in labels[0]
    points: list[date] | list[int]
    if dated:
        points = [_day(text, where, line) for line, text in enumerate(labels, 2)]
        step, numbers = _steps(points)
    else:
        given = [_whole(text) for text in labels]
        if None in given:
            bad = given.index(None)
            raise ValueError(
                f"{where}, line {bad + 2}: {labels[bad]!r} is neither a date nor a number of a week"
            )
        step, numbers = "week", _weeks([value for value in given if value is not None])
    for before, after, text in zip(numbers, numbers[1:], labels[1:], strict=False):
        if after <= before:
            raise ValueError(f"{where}: {text} does not come after the time point before it")
        if after != before + 1 and gaps == "refuse":
            raise ValueError(
                f"{where}: {after - before - 1} {step}(s) before {text} are missing (--gaps zero counts them as 0)"
            )
    places = [number - numbers[0] for number in numbers]
    full = ["" for _place in range(places[-1] + 1)]
    for place, text in zip(places, labels, strict=True):
        full[place] = text
    return step, places, full


def _day(text: str, where: str, line: int) -> date:
    try:
        return reading.moment(text).date()
    except ValueError as error:
        raise ValueError(f"{where}, line {line}: {error}") from None


def _steps(days: Sequence[date]) -> tuple[str, list[int]]:
    """Months where every time point is the same day of a month, else weeks where all are the same weekday, else days."""
    if len({day.day for day in days}) == 1 and len(days) > 1 and (days[1] - days[0]) > timedelta(days=27):
        return "month", [12 * day.year + day.month for day in days]
    if len({day.weekday() for day in days}) == 1 and len(days) > 1:
        return "week", [day.toordinal() // 7 for day in (d - timedelta(days=days[0].weekday()) for d in days)]
    return "day", [day.toordinal() for day in days]


def _weeks(values: Sequence[int]) -> list[int]:
    """Numbers of weeks that run on; 199052 is followed by 199101 (a 53rd week stays a week)."""
    if values[0] < 100_000 or not all(1 <= value % 100 <= 53 for value in values):
        return list(values)
    found = [0]
    for before, after in pairwise(values):
        turned = before % 100 >= 52 and after == (before // 100 + 1) * 100 + 1
        found.append(found[-1] + (1 if turned else after - before))
    return found
