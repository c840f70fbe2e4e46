"""Background counts by place and day, and outbreaks planted into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gongbi.science.surveillance.calendar import day_classes
from gongbi.science.surveillance.series import Bools, Floats, Ints, checked, whole


@dataclass(frozen=True)
class Background:
    """Counts (places, days) as they were; ``x`` and ``y`` (places,) in kilometres; ``first``: the first day on which alarms count."""

    counts: Floats
    weekday: Ints
    x: Floats
    y: Floats
    first: int
    holiday: Bools
    makeup: Bools

    @classmethod
    def of(
        cls,
        counts: ArrayLike,
        weekday: ArrayLike,
        x: ArrayLike,
        y: ArrayLike,
        *,
        first: int,
        holiday: ArrayLike | None = None,
        makeup: ArrayLike | None = None,
    ) -> Background:
        """Checked. Raises ValueError naming the argument."""
        table, _single = checked(counts)
        places, days = table.shape
        if day_classes(weekday, holiday, makeup).size != days:
            raise ValueError(f"weekday: one for each of the {days} days is needed")
        where = [np.asarray(values, dtype=np.float64) for values in (x, y)]
        for values, name in zip(where, ("x", "y"), strict=True):
            if values.shape != (places,) or not np.isfinite(values).all():
                raise ValueError(f"{name}: one number for each of the {places} places is needed")
        if not 0 < first < days:
            raise ValueError(f"first: day {first} is not within the {days} days")
        none = np.zeros(days, dtype=np.bool_)
        return cls(
            counts=table,
            weekday=np.asarray(weekday, dtype=np.int64),
            x=where[0],
            y=where[1],
            first=int(first),
            holiday=none if holiday is None else np.asarray(holiday, dtype=np.bool_),
            makeup=none if makeup is None else np.asarray(makeup, dtype=np.bool_),
        )

    @property
    def weeks(self) -> float:
        """How long alarms count."""
        return float(self.counts.shape[1] - self.first) / 7.0


@dataclass(frozen=True)
class Planted:
    """Outbreaks, each in a world of its own. A row is a place that one of them touches, with its counts then (rows, days)."""

    counts: Floats
    place: Ints  # (rows,)
    outbreak: Ints  # (rows,) 0 … n - 1
    start: Ints  # (n,) day
    length: Ints  # (n,) days
    size: Ints  # (n,) cases
    spread: Ints  # (n,) places

    def __len__(self) -> int:
        return int(self.start.size)


def plant(
    background: Background, *, size: int, spread: int = 1, length: int = 1, number: int = 100, seed: int = 1
) -> Planted:
    """``number`` outbreaks of ``size`` additional cases, over the ``spread`` places nearest to one drawn at random and ``length`` days.

    Every case falls on one of these places and days with equal chance; the first day is drawn from those on which alarms count, so that
    a week is left after the end. Raises ValueError naming the argument.
    """
    places, days = background.counts.shape
    for value, name in ((size, "size"), (spread, "spread"), (length, "length"), (number, "number")):
        whole(value, name, 1)
    if spread > places:
        raise ValueError(f"spread: {spread} places of {places}")
    last = days - length - 7
    if last < background.first:
        raise ValueError(f"length: {length} days and a week do not fit into the days on which alarms count")
    random = np.random.default_rng(seed)
    centre = random.integers(0, places, number)
    start = random.integers(background.first, last + 1, number)
    away = np.hypot(
        background.x[centre][:, None] - background.x, background.y[centre][:, None] - background.y
    )
    away[np.arange(number), centre] = -1.0
    place = np.argsort(away, axis=1, kind="stable")[:, :spread].ravel()
    outbreak = np.repeat(np.arange(number), spread)
    counts = background.counts[place].copy()
    cells = random.multinomial(size, np.full(spread * length, 1.0 / (spread * length)), number)
    extra = cells.reshape(number * spread, length)
    for day in range(length):
        counts[np.arange(place.size), start[outbreak] + day] += extra[:, day]
    whole_of = [np.full(number, value, dtype=np.int64) for value in (length, size, spread)]
    return Planted(counts, place, outbreak, start, *whole_of)


def together(parts: Sequence[Planted]) -> Planted:
    """Several plantings as one, in their order: a detector then scores them in one pass."""
    if not parts:
        raise ValueError("parts: nothing is planted")
    before = np.cumsum([0, *(len(part) for part in parts)])
    return Planted(
        counts=np.concatenate([part.counts for part in parts]),
        place=np.concatenate([part.place for part in parts]),
        outbreak=np.concatenate([part.outbreak + n for part, n in zip(parts, before, strict=False)]),
        start=np.concatenate([part.start for part in parts]),
        length=np.concatenate([part.length for part in parts]),
        size=np.concatenate([part.size for part in parts]),
        spread=np.concatenate([part.spread for part in parts]),
    )
