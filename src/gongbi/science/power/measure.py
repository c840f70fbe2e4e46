"""How many planted outbreaks a detector finds, how soon, and how many false alarms a week that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gongbi.science.power.planting import Background, Planted
from gongbi.science.surveillance.series import Bools, Floats, Ints, whole

QUIET = 7  # days without an alarm at a place after which the next one is another
GRACE = 7  # days after its end in which an outbreak may still be found
_LIMITS = 400


class Detector(Protocol):
    """What is measured: a score of at least ``limit``, which is the one that its authors give, is an alarm."""

    @property
    def name(self) -> str:
        """As people call it."""

    @property
    def limit(self) -> float:
        """Its own."""

    def scores(self, background: Background, planted: Planted | None) -> Floats:
        """(places, days) of the background, or (rows, days) of ``planted``: from the days up to each alone. NaN: not judged."""


@dataclass(frozen=True)
class Power:
    """At one limit.

    ``false_alarms`` a week in the whole background, and ``alarm_days``: the days and places on alarm a week; of ``planted`` outbreaks
    ``detected``; ``days`` from the first day of each of these to its alarm (0: the same day).
    """

    detector: str
    limit: float
    false_alarms: float
    alarm_days: float
    planted: int
    detected: int
    days: Ints

    @property
    def rate(self) -> float:
        """Share of the planted outbreaks that was found."""
        return self.detected / self.planted

    @property
    def median_days(self) -> float | None:
        """Days to detection, of those found; None when none was."""
        return float(np.median(self.days)) if self.days.size else None


def _alarms(scores: Floats, limit: float) -> Bools:
    with np.errstate(invalid="ignore"):
        return np.asarray(scores >= limit)


def false_alarms(background: Background, scores: Floats, limit: float) -> float:
    """Alarms a week in the whole background as it was; within ``QUIET`` days of another at the same place none is counted again."""
    alarm = _alarms(scores, limit)
    fresh = alarm.copy()
    for back in range(1, QUIET + 1):
        fresh[:, back:] &= ~alarm[:, :-back]
    return float(fresh[:, background.first :].sum() / background.weeks)


def limit_for(background: Background, scores: Floats, wanted: float) -> float:
    """The lowest limit with at most ``wanted`` false alarms a week. Raises ValueError naming the argument."""
    if not (np.isfinite(wanted) and wanted > 0):
        raise ValueError(f"wanted: {wanted!r} is not a number of false alarms a week above 0")
    judged = scores[:, background.first :]
    judged = judged[np.isfinite(judged)]
    if judged.size == 0:
        raise ValueError("scores: the detector judged no day on which alarms count")
    most = min(judged.size, int(wanted * background.weeks * 40) + 100)  # an alarm lasts some days, not forty
    ranked = np.unique(np.sort(judged)[-most:])[::-1]
    steps = ranked[np.unique(np.linspace(0, ranked.size - 1, _LIMITS).astype(np.int64))]
    found = float(np.nextafter(steps[0], np.inf))
    for limit in steps:
        if false_alarms(background, scores, float(limit)) > wanted:
            break
        found = float(limit)
    return found


def own_limit(detector: Detector) -> float:
    """The limit that the detector comes with."""
    return float(detector.limit)


def measure(
    detector: Detector,
    background: Background,
    planted: Planted,
    *,
    limit: float,
    scores: tuple[Floats, Floats] | None = None,
    grace: int = GRACE,
) -> Power:
    """Set ``limit`` on the scores and count.

    An outbreak is found when a place it touches has an alarm, between its first day and ``grace`` days after its last, on a day on which
    that place has none without it. ``scores``: of the background and of the planted rows, where the caller has them already.
    """
    whole(grace, "grace", 0)
    calm, raised = scores or (detector.scores(background, None), detector.scores(background, planted))
    if raised.shape != planted.counts.shape or calm.shape != background.counts.shape:
        raise ValueError("scores: one a row and day is needed")
    days = np.arange(calm.shape[1])
    begin = planted.start[planted.outbreak][:, None]
    end = begin + planted.length[planted.outbreak][:, None] + grace
    hit = _alarms(raised, limit) & ~_alarms(calm, limit)[planted.place] & (days >= begin) & (days < end)
    never = calm.shape[1]
    first = np.where(hit.any(axis=1), hit.argmax(axis=1), never)
    earliest = np.full(len(planted), never)
    np.minimum.at(earliest, planted.outbreak, first)
    found = earliest < never
    return Power(
        detector=detector.name,
        limit=float(limit),
        false_alarms=false_alarms(background, calm, limit),
        alarm_days=float(_alarms(calm, limit)[:, background.first :].sum() / background.weeks),
        planted=len(planted),
        detected=int(found.sum()),
        days=(earliest - planted.start)[found],
    )
