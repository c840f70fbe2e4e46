"""What kind of day each day is: the weekday, or one of two special kinds. The library knows no calendar: it is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gongbi.science.surveillance.series import Floats, Ints

HOLIDAY, MAKEUP = 7, 8
CLASSES = 9
_PRIOR_DAYS = 30.0  # cases that a group's special days borrow from ordinary ones
_PRIOR_OWN = 30.0  # cases that a series borrows from its group


def day_classes(
    weekday: ArrayLike, holiday: ArrayLike | None = None, makeup: ArrayLike | None = None
) -> Ints:
    """Class of each day (times,): 0 Monday … 6 Sunday, ``HOLIDAY``, ``MAKEUP`` (a weekend day that is worked instead).

    ``weekday``: 0 Monday … 6 Sunday; ``holiday``, ``makeup``: one truth a day. Raises ValueError naming the argument.
    """
    days = np.asarray(weekday)
    if days.ndim != 1 or days.size == 0 or not np.isin(days, range(7)).all():
        raise ValueError("weekday: one number a day from 0 (Monday) to 6 (Sunday) is needed")
    found = days.astype(np.int64)
    for values, name, kind in ((makeup, "makeup", MAKEUP), (holiday, "holiday", HOLIDAY)):
        if values is None:
            continue
        given = np.asarray(values)
        if given.shape != days.shape or not np.isin(given, (0, 1)).all():
            raise ValueError(f"{name}: one truth for each of the {days.size} days is needed")
        found = np.where(given.astype(np.bool_), kind, found)
    return found


@dataclass
class Pattern:
    """How much busier each class of day is than the average day: by group, and by series as far as it has cases of its own.

    Ratios of discounted sums of counts to discounted sums of levels, drawn to the group's as a gamma prior would.
    """

    group: Ints  # (S,)
    counted: Floats  # (S,) 1 where a series speaks for its group
    forget: float
    counts: Floats  # (S, CLASSES)
    levels: Floats
    group_counts: Floats  # (groups, CLASSES)
    group_levels: Floats

    @classmethod
    def start(cls, group: Ints, counted: Floats, forget: float) -> Pattern:
        """Nothing seen yet: all days alike."""
        groups = int(group.max()) + 1
        empty = [np.zeros((size, CLASSES)) for size in (group.size, group.size, groups, groups)]
        return cls(group, counted, forget, *empty)

    def shared(self) -> Floats:
        """(groups, CLASSES): a holiday is like a Sunday, a make-up day like a working day, until they have cases of their own."""
        week = self._ratio(slice(0, 7), 1.0)
        week /= week.mean(axis=1, keepdims=True)
        special = np.column_stack([week[:, 6], week[:, :5].mean(axis=1)])
        return np.hstack([week, self._ratio(slice(7, CLASSES), special)])

    def _ratio(self, which: slice, prior: float | Floats) -> Floats:
        counts, levels = self.group_counts[:, which], self.group_levels[:, which]
        return np.asarray((counts + _PRIOR_DAYS * prior) / (levels + _PRIOR_DAYS))

    def factors(self, kind: int) -> Floats:
        """(S,) for a day of class ``kind``."""
        shared = self.shared()[self.group, kind]
        return np.asarray((self.counts[:, kind] + _PRIOR_OWN * shared) / (self.levels[:, kind] + _PRIOR_OWN))

    def learn(self, kind: int, counts: Floats, levels: Floats) -> None:
        """A day of class ``kind`` is over."""
        for mine, theirs, values in (
            (self.counts, self.group_counts, counts),
            (self.levels, self.group_levels, levels),
        ):
            mine[:, kind] = self.forget * mine[:, kind] + values
            total = np.bincount(self.group, values * self.counted, theirs.shape[0])
            theirs[:, kind] = self.forget * theirs[:, kind] + total
