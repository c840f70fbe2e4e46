"""How hot an issue is, as a sum whose parts can be shown.

``heat = 10·log2(1 + writers) + 3·log2(1 + max(likes − dislikes, 0)) + 3·log2(1 + weeks) + recency``

* *writers*: different people; who writes again counts once. Each doubling adds 10.
* *likes*: what others added to them; a like costs less than a message: each doubling adds 3, and dislikes are taken off first.
* *weeks*: different weeks (of 7 days from the first message on) in which somebody wrote: an issue that comes back persists, one loud day does not.
* *recency*: 10 for an issue whose last message is of the moment that is asked about, half of it every 30 days; 0 when no moment is given.

Logarithms because the counts are heavy-tailed: with plain sums one message with 2,000 likes outweighs every neighbourhood. Ranking topics by
sources, support and time follows topic detection and tracking (Allan et al. 1998, *DARPA Broadcast News Workshop*) and the "heat index" that
the 2020 Teddy Cup asks for; the weights are ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WRITERS, LIKES, WEEKS, RECENT = 10.0, 3.0, 3.0, 10.0
HALF = 30.0  # days in which recency halves
_WEEK = 7.0


@dataclass(frozen=True, slots=True)
class Heat:
    """The parts of a heat; ``total`` is their sum."""

    writers: float
    likes: float
    persistence: float
    recency: float

    @property
    def total(self) -> float:
        return self.writers + self.likes + self.persistence + self.recency


def heat(*, writers: int, likes: float, dislikes: float, weeks: int, age: float | None = None) -> Heat:
    """The heat of an issue. ``age``: days since its last message, or None. Raises ValueError for what cannot be counted."""
    if writers < 1:
        raise ValueError("writers: an issue has at least one")
    if weeks < 1:
        raise ValueError("weeks: an issue has at least one")
    for name, value in (("likes", likes), ("dislikes", dislikes)):
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name}: a finite number, not below 0")
    if age is not None and not (math.isfinite(age) and age >= 0):
        raise ValueError("age: days since the last message, not below 0")
    return Heat(
        WRITERS * math.log2(1 + writers),
        LIKES * math.log2(1 + max(likes - dislikes, 0.0)),
        WEEKS * math.log2(1 + weeks),
        0.0 if age is None else RECENT * 0.5 ** (age / HALF),
    )


def weeks(times: list[float]) -> int:
    """In how many weeks, counted from the first of these times (days), somebody wrote."""
    first = min(times)
    return len({math.floor((time - first) / _WEEK) for time in times})
