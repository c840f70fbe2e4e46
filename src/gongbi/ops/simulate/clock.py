"""The house's clock, when its time is simulated: every edge asks ``django.utils.timezone.now``, so that is the one thing replaced.

``GONGBI_CLOCK=2026-07-01T00:00:00+08:00@1751300000.0x600``: it was that moment when the system clock showed 1751300000.0, and from then on
time runs 600 times as fast; before, it stands. All processes of one house are given the same words and so show the same time. A stepped
run sets its :class:`Stepped` clock by hand. What has to do with this machine and not with the district (waiting, time-outs of sockets,
the age of a sign-in's cookie) goes by the system clock as ever.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

VARIABLE = "GONGBI_CLOCK"
BY_HAND = "stepped"  # instead of a clock: this process sets its own
FASTEST = 3600.0
_FORM = re.compile(r"(?P<begins>[^@]+)@(?P<origin>\d+(?:\.\d+)?)x(?P<speed>\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Running:
    """It was ``begins`` (aware) when the system clock showed ``origin`` (seconds since 1970); ``speed`` simulated seconds a second."""

    begins: datetime
    origin: float
    speed: float

    def now(self) -> datetime:
        """The simulated moment of now."""
        return self.at(time.time())

    def at(self, system: float) -> datetime:
        """The simulated moment when the system clock shows ``system``."""
        passed = max(0.0, system - self.origin) * self.speed
        return (self.begins + timedelta(seconds=passed)).astimezone(UTC)

    def until(self, moment: datetime) -> float:
        """Seconds of the system clock from now until the simulated ``moment``; negative when it is over."""
        return self.origin + (moment - self.begins).total_seconds() / self.speed - time.time()

    def as_numbers(self) -> str:
        """``begins origin speed``, in seconds since 1970: what a page's own script goes by."""
        return f"{self.begins.timestamp()} {self.origin} {self.speed:g}"

    def __str__(self) -> str:
        return f"{self.begins.isoformat()}@{self.origin}x{self.speed:g}"


class Stepped:
    """A clock that is set by hand and never goes back."""

    def __init__(self, begins: datetime) -> None:
        self.moment = begins.astimezone(UTC)

    def now(self) -> datetime:
        return self.moment

    def set(self, moment: datetime) -> None:
        """Go on to ``moment``; one that is over is left alone."""
        self.moment = max(self.moment, moment.astimezone(UTC))


def read(text: str) -> Running:
    """The clock of these words. Raises ImproperlyConfigured."""
    found = _FORM.fullmatch(text.strip())
    try:
        begins = datetime.fromisoformat(found["begins"]) if found else None
    except ValueError:
        begins = None
    speed = float(found["speed"]) if found else 0.0
    if found is None or begins is None or begins.tzinfo is None or not 0 < speed <= FASTEST:
        raise ImproperlyConfigured(
            f"{VARIABLE}={text} is no clock: write MOMENT+08:00@SECONDSxSPEED with a speed of at most {FASTEST:g}."
        )
    return Running(begins, float(found["origin"]), speed)


def from_environment() -> Running | None:
    """The clock that runs in this process, None where time is real or :data:`BY_HAND`. Raises ImproperlyConfigured."""
    text = os.environ.get(VARIABLE, "")
    return read(text) if text and text != BY_HAND else None


def install(now: Callable[[], datetime]) -> Callable[[], datetime]:
    """From now on all edges of this process get their time here; returns what they had before."""
    before = timezone.now
    timezone.now = now
    return before


@contextmanager
def going_by(now: Callable[[], datetime]) -> Iterator[None]:
    """Inside, the house of this process goes by this clock."""
    before = install(now)
    try:
        yield
    finally:
        install(before)
