"""A deadline as a person reads it: words, how pressing it is, and what the browser needs to keep the words true."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from gongbi.kernel.clock import engine, limits, words
from gongbi.kernel.clock.limits import Words
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.clock.queries import current_calendar
from gongbi.kernel.errors import Refused

Tone = Literal["info", "ok", "soon", "late", "quiet"]
NO_CLOCK: Final[Words] = ("没有计时", "no clock runs")
SOON_SHARE: Final = 0.2  # the last fifth of a limit is "soon": a warning at 80 per cent
_LIVE_MINUTES: Final = 24 * 60  # only what ends within a day changes its words by the minute


@dataclass(frozen=True, slots=True)
class Deadline:
    """``stretches``: JSON of the ISO stretches that still count, for the countdown; empty when it has nothing to do."""

    words: Words
    tone: Tone
    shape: str
    due_at: datetime | None = None
    measure: str = ""
    days_shown: bool = False
    stretches: str = ""
    provisional: bool = False


def limit_words(text: str) -> Words:
    """A kept limit (``"5工作日"``) as each reader reads it; one that cannot be read stands as it was written."""
    try:
        return limits.write(limits.parse(text))
    except Refused:
        return text, text


def running(clocks: Iterable[Clock]) -> Clock | None:
    """The clock that ends first among those that run; a paused one only when no other does."""
    open_ones = [clock for clock in clocks if clock.stopped_at is None]
    return min(open_ones, key=lambda clock: (clock.paused_at is not None, clock.due_at), default=None)


def read(matter: Any, now: datetime, name: str = "") -> Deadline:
    """The deadline of a matter (of its clock ``name``, or the one that ends first) as seen at ``now``.

    Lists prefetch ``clocks``; otherwise this is one query. A ``Clock`` may be given instead of its matter.
    """
    if isinstance(matter, Clock):
        return read_clock(matter, now)
    clocks: Iterable[Clock] = matter.clocks.all()
    clock = running(c for c in clocks if not name or c.name == name)
    return read_clock(clock, now) if clock else Deadline(NO_CLOCK, "quiet", "quiet")


def read_clock(clock: Clock, now: datetime) -> Deadline:
    calendar, limit = current_calendar(), clock.parsed()
    pauses, extra = tuple(clock.spans()), tuple(clock.extra())
    left = engine.remaining(clock.started_at, limit, calendar, now, pauses, extra)
    paused = clock.paused_at is not None
    tone: Tone = "ok"
    shape = "ring"
    if paused:
        tone, shape = "quiet", "paused"
    elif left.late:
        tone, shape = "late", "late"
    elif left.left <= limits.total(limit, extra) * SOON_SHARE:
        tone, shape = "soon", "soon"
    stretches = ""
    if (
        not paused
        and not left.late
        and left.measure in ("office", "continuous")
        and left.left <= _LIVE_MINUTES
    ):
        lines = engine.explain(clock.started_at, limit, calendar, pauses=pauses, extensions=extra, now=now)
        ahead = [
            [line.since.isoformat(), line.until.isoformat()]
            for line in lines
            if line.counted and line.until > now
        ]
        stretches = json.dumps(ahead, separators=(",", ":"))
    return Deadline(
        words=left.words,
        tone=tone,
        shape=shape,
        due_at=left.due.at,
        measure=left.measure,
        days_shown=limit.kind in ("office_days", "days"),
        stretches=stretches,
        provisional=left.due.provisional,
    )


def late_words(deadline: Deadline, now: datetime) -> Words:
    """What the countdown says when the deadline passes while the page is open."""
    assert deadline.due_at is not None
    zh, en = words.when(deadline.due_at, now)
    return f"已到期（应于{zh} 前）", f"over (was due by {en})"
