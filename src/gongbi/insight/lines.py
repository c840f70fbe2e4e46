"""What a rate counts: a *line*, one thing that was owed or happened once, with the times that decide about it. Pure.

A case that went smoothly has eleven: it was reported, was to be filed and was, was dispatched, was to be handled, to be checked and
was, to be closed and was, its reporter was to be contacted, and judged. Each line knows from when to when it stood (``since`` to ``until``), so that any
past moment can be counted again exactly as it was: a period is always counted as of its own end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

OWN_CHANNELS = frozenset({"field", "device"})  # our own people and instruments; everybody else is the public
SATISFIED = 4  # grades from here up are satisfied
FAIRLY = 3  # 基本满意: counts where the city says so
_MINUTE = timedelta(minutes=1)


class What(IntEnum):
    """What a line is about. ``at`` of the line, which decides the period, is the time in brackets."""

    REPORTED = 1  # one report came in (when it came)
    FILING = 2  # a case was to be filed (deadline of filing)
    DISPATCH = 3  # a unit was given a case (when)
    HANDLING = 4  # a unit was to handle it, once for each round (deadline of handling)
    CHECK = 5  # a result was to be checked (deadline of the check)
    CLOSING = 6  # a handled case was to be closed (deadline of the check or, where owed, of the call-back)
    RESPONSE = 7  # a reporter was to be contacted (deadline of the contact)
    VERDICT = 8  # a reporter judged (when)
    # What was done, by the time it was done, in time or not: rates of what was filed, checked or closed count these.
    FILED = 9  # a case was filed (when)
    CHECKED = 10  # a result was checked (when)
    CLOSED = 11  # a case was closed (when)


class Result(IntEnum):
    """What kind of line it is, where one ``What`` has several."""

    NONE = 0
    NEW = 1  # REPORTED: made a case of its own
    JOINED = 2  # REPORTED: was recognised as a known matter and joined it
    MERGED = 3  # REPORTED: its case was merged into another
    ANSWERED = 4  # REPORTED: answered at once on a special route
    ANSWERED_REPEAT = 5  # REPORTED: answered at once because nothing new was said (route 3)
    PUBLIC = 11  # FILED: the public raised it
    OWN = 12  # FILED: own people or instruments raised it
    CHOSEN = 21  # DISPATCH: by a dispatcher
    RULED = 22  # DISPATCH: by an adjudicator's ruling
    CLEAN = 41  # CLOSED: handled once, by one unit
    TAINTED = 42  # CLOSED: sent to another unit, reworked or reopened before


VERDICTS = 100  # a VERDICT's result is 100 + 10 if solved + the grade 1–5


def verdict(solved: bool, grade: int) -> int:
    """The ``result`` of a verdict."""
    return VERDICTS + 10 * solved + grade


@dataclass(slots=True)
class Line:
    """One version of one line. ``nth`` tells lines of one kind apart within a case.

    ``done_at``: when what was owed was done. ``late``: it was done after the deadline's minute. ``spoiled_at``: when it came to
    nothing (rejected, returned, sent back, judged unsolved). ``exempt_at``: an appeal against "late" was upheld.
    ``excluded_at``: left the rating, for ``ground``. Dimensions are those of the time; a line still open follows its case.
    """

    what: What
    nth: int
    at: datetime
    since: datetime
    until: datetime | None = None
    result: int = Result.NONE
    done_at: datetime | None = None
    late: bool = False
    spoiled_at: datetime | None = None
    exempt_at: datetime | None = None
    excluded_at: datetime | None = None
    ground: str = ""
    report_id: int | None = None
    unit_id: int | None = None
    territory: str = ""
    kind: str = ""
    channel: str = ""
    net: str = ""


STAMPS = ("done_at", "spoiled_at", "exempt_at", "excluded_at")


def minute(at: datetime) -> datetime:
    """The minute that ``at`` lies in."""
    return at.replace(second=0, microsecond=0)


def is_late(done_at: datetime, due: datetime) -> bool:
    """Whether it was done after the deadline's minute: the very minute is on time."""
    return minute(done_at) > minute(due)


def late_from(due: datetime) -> datetime:
    """The first moment that is late."""
    return minute(due) + _MINUTE


def stands(line: Line, end: datetime) -> bool:
    """Whether this version is the one that held just before ``end``."""
    return line.since < end and (line.until is None or line.until >= end)


def as_of(line: Line, end: datetime) -> Line:
    """The line as it was known just before ``end``: what came later is not there yet."""
    kept = {name: stamp for name in STAMPS if (stamp := getattr(line, name)) is not None and stamp < end}
    return Line(
        line.what,
        line.nth,
        line.at,
        line.since,
        None,
        line.result,
        kept.get("done_at"),
        line.late and "done_at" in kept,
        kept.get("spoiled_at"),
        kept.get("exempt_at"),
        kept.get("excluded_at"),
        line.ground if "excluded_at" in kept else "",
        line.report_id,
        line.unit_id,
        line.territory,
        line.kind,
        line.channel,
        line.net,
    )


_BITS = 16  # four flags beside the result


def pack(result: int, done: bool, late: bool, spoiled: bool, exempt: bool) -> int:
    """A line's kind and flags in one small number."""
    return result * _BITS + done + 2 * late + 4 * spoiled + 8 * exempt


def unpack(code: int) -> tuple[int, bool, bool, bool, bool]:
    """``(result, done, late, spoiled, exempt)`` of a packed number."""
    result, flags = divmod(code, _BITS)
    return result, bool(flags & 1), bool(flags & 2), bool(flags & 4), bool(flags & 8)


def ever_counts(line: Line, day_end: datetime) -> bool:
    """Whether any period can count this version; ``day_end`` is the end of the day of its ``at``.

    Every period that covers ``at`` ends then or later, so a version that gave way before that is seen by none.
    """
    return line.until is None or line.until >= day_end


def settled(line: Line, day_end: datetime) -> int | None:
    """The packed flags of a line that nothing has touched after ``day_end``, the end of the day of its ``at``; else None.

    Periods end with whole days, so such a line looks the same to every period that counts it, and can be counted from an
    index alone. An excluded line is never settled: its ground is needed.
    """
    stamps = [stamp for name in STAMPS if (stamp := getattr(line, name)) is not None]
    if (
        line.until is not None
        or line.excluded_at is not None
        or any(m >= day_end for m in (line.since, *stamps))
    ):
        return None
    return pack(
        line.result,
        line.done_at is not None,
        line.late,
        line.spoiled_at is not None,
        line.exempt_at is not None,
    )
