"""Jobs that come round: ``@periodic("clock.remind", every_seconds=60)`` on a function of the time, in a room's ``tasks.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

Job = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Periodic:
    """One job: it is called with the time of its run and must be idempotent."""

    name: str
    every: timedelta
    run: Job


_jobs: dict[str, Periodic] = {}


def periodic(name: str, every_seconds: float) -> Callable[[Job], Job]:
    """Register a job. ``name`` is unique and stays for good; ValueError when another function has it or it is too quick."""
    if every_seconds < 1:
        raise ValueError(f"{name}: a periodic job runs at most once a second")

    def keep(job: Job) -> Job:
        known = _jobs.get(name)
        if known is not None and known.run.__qualname__ != job.__qualname__:
            raise ValueError(f"a periodic job called {name} exists: {known.run.__qualname__}")
        _jobs[name] = Periodic(name, timedelta(seconds=every_seconds), job)
        return job

    return keep


def forget(name: str) -> None:
    """Take a job out of the registry."""
    _jobs.pop(name, None)


def all_jobs() -> list[Periodic]:
    """Every registered job, by name."""
    return [_jobs[name] for name in sorted(_jobs)]
