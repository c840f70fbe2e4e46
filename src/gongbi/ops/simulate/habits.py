"""How people of the simulated district work: hours, reaction times, judgement. Pure; the same for the acted and the rehearsed district.

All figures are invented in plausible orders of magnitude: a rehearsal compares two ways of working under the same habits, it does not
foretell this district's rates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from gongbi.ops.simulate.plan import ZONE
from gongbi.science.rhythm import lasting, stream

OPENS, CLOSES = 8, 20  # a unit's crews work between these hours, every day; on days off with half of them
SHIFT = (time(8, 30), time(17, 30))  # of a grid worker
ON_SPOT_MINUTES = 12.0  # looking, dealing with it, two pictures
LOOK_MINUTES = 10.0  # looking at a matter for the desk, without the way
WALK = 55.0  # metres a minute, with stops
MESSY = 0.07  # of finished work is not good enough for the checker
UNTRUE = 0.02  # of what is said is not so


@dataclass(frozen=True, slots=True)
class Staffing:
    """``crews``: unit's code → crews that work at once; others have ``crew``. ``desk``/``checkers``: minutes one matter takes them."""

    crews: dict[str, int] = field(default_factory=dict)
    crew: int = 1
    desk: float = 1.5
    checkers: float = 3.0

    def of(self, unit: str) -> int:
        return self.crews.get(unit, self.crew)


def reaction(seed: int, who: str, what: str, minutes: float) -> timedelta:
    """How long somebody takes to turn to something: lognormal around ``minutes``, at least one, in whole minutes."""
    return timedelta(minutes=max(1, round(lasting(stream(seed, "reaction", who, what), minutes, 0.5))))


def opening(at: datetime) -> datetime:
    """The first moment from ``at`` on at which crews work."""
    local = at.astimezone(ZONE)
    if local.hour < OPENS:
        return local.replace(hour=OPENS, minute=0, second=0, microsecond=0)
    if local.hour >= CLOSES:
        return (local + timedelta(days=1)).replace(hour=OPENS, minute=0, second=0, microsecond=0)
    return local


def work_end(start: datetime, hours: float, *, urgent: bool) -> datetime:
    """When work that takes ``hours`` of a crew, begun at ``start``, is done: nights lie between, but for what cannot wait."""
    if urgent:
        return start + timedelta(minutes=max(5, round(hours * 60)))
    at, left = opening(start), timedelta(minutes=max(5, round(hours * 60)))
    while True:
        closes = at.replace(hour=CLOSES, minute=0, second=0, microsecond=0)
        if at + left <= closes:
            return at + left
        left -= closes - at
        at = opening(closes)


def grade(mood: float, *, late: bool, messy: bool, hours: float) -> int:
    """What a resident gives, 1 to 5. ``mood``: in [0, 1). Late, untidy and slow work costs; most give 4 or 5 else."""
    score = 5.3 - 1.9 * mood - 1.1 * late - 0.9 * messy - min(1.0, hours / 240)
    return max(1, min(5, round(score)))


def urgent_limit(limit: str) -> bool:
    """Whether a limit runs at night too, so that somebody goes at once."""
    return "紧急" in limit or limit.endswith(("小时", "分钟"))
