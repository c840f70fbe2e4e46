"""When readings are an alarm, when it is over, whether it may be told now, and which time a reading has. Pure; times are seconds
since 1970 (UTC) unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from gongbi.channels.devices.kinds import KINDS, Kind

AHEAD = 120.0  # seconds that a device's clock may be ahead before it is called wrong
BEHIND = 86_400.0  # a reading this old may have waited for a line; an older one has a wrong clock
SKEW = 120.0  # between a sender's own "now" and ours
MISSED = 4  # periods without a word after which a device counts as silent
LEAST_SILENCE = 600.0  # but never before this many seconds
SILENT_AGAIN = (
    6 * 3600.0
)  # a device that falls silent again within so many seconds is the same maintenance matter
OVER_FOR = 600.0  # seconds after which an event that is over is noted as such: one that flaps is noted once
TOGETHER = 600.0  # seconds within which alarms of one kind at one place are one event
QUIET_FROM, QUIET_TO = 22, 6  # local hours
REMEMBERED = 32  # last identities of a device that are told apart from repetitions
LONGEST_SILENCE_DANGER, LONGEST_SILENCE = 8 * 3600.0, 30 * 86_400.0

Move = Literal["", "begin", "end", "late", "again"]


@dataclass(frozen=True, slots=True)
class Limits:
    """When one device's readings are an alarm: its kind's numbers, or its own."""

    limit: float
    clear: float
    n: int
    m: int
    seconds: float
    calm: float
    period: float


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of one device. ``window``: the last ``m`` readings, newest in the lowest bit, 1 for over the limit."""

    at: float = float("-inf")
    value: float | None = None
    alarm: bool = False
    window: int = 0
    over_since: float | None = None
    clears: int = 0
    clear_since: float | None = None


def limits_of(
    kind: Kind, *, limit: float | None = None, clear: float | None = None, period: int | None = None
) -> Limits:
    """The kind's numbers with a device's own in their place. ValueError, naming the number, for what makes no sense.

    A limit without its own clearing value keeps the kind's distance between the two.
    """
    high = kind.limit if limit is None else limit
    low = clear if clear is not None else high - (kind.limit - kind.clear)
    if not kind.low <= low < high <= kind.high:
        raise ValueError("limit" if clear is None else "clear")
    every = kind.period if period is None else period
    if not 1 <= every <= 7 * 86_400:
        raise ValueError("period")
    return Limits(high, low, kind.n, kind.m, kind.seconds, kind.calm, every)


def step(limits: Limits, state: State, at: float, value: float) -> tuple[State, Move]:
    """One reading. A reading no newer than the last one changes nothing (``late``): it is history.

    ``begin``: n of the last m readings are over the limit, and the first of them is ``seconds`` old. ``end``: n readings in a row are
    at the clearing value or below, the first of them ``calm`` seconds old. Between the two values nothing begins and nothing ends.
    """
    if at <= state.at:
        return state, "late"
    over = value >= limits.limit
    window = ((state.window << 1) | over) & ((1 << limits.m) - 1)
    if not state.alarm:
        since = (state.over_since if state.over_since is not None else at) if window else None
        if over and window.bit_count() >= limits.n and since is not None and at - since >= limits.seconds:
            return State(at, value, True, window, since), "begin"
        return State(at, value, False, window, since), ""
    if value > limits.clear:
        return State(at, value, True, window, state.over_since), ""
    clears, clear_since = state.clears + 1, state.clear_since if state.clear_since is not None else at
    if clears >= limits.n and at - clear_since >= limits.calm:
        return State(at, value), "end"
    return State(at, value, True, window, state.over_since, clears, clear_since), ""


def pressing(limits: Limits, value: float) -> bool:
    """Whether a single reading may be part of an alarm: such a one is never left out when there is too much to keep."""
    return value >= limits.limit


# --- Time -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Timed:
    """The time that holds for a reading, and by how many seconds the device's clock was wrong (None: it was right or gave none)."""

    at: float
    skew: float | None = None


def timed(given: float | None, *, received: float, sent: float | None = None) -> Timed:
    """Which time holds. ``sent``: what the sender's own clock showed when it sent; it tells a wrong clock from a line that was cut.

    With a wrong clock the time of receipt is used; where ``sent`` tells how wrong it is, readings of one message keep their distance.
    """
    if sent is not None and abs(received - sent) > SKEW:
        skew = sent - received
        if given is None:
            return Timed(received, skew)
        return Timed(given - skew if -BEHIND <= given - sent <= 0 else received, skew)
    if given is None:
        return Timed(received)
    if given > received + AHEAD or given < received - BEHIND:
        return Timed(received, given - received)
    return Timed(given)


def silent_after(period: float) -> float:
    """Seconds without a word after which a device counts as silent."""
    return max(MISSED * period, LEAST_SILENCE)


def is_silent(*, heard: float, period: float, now: float) -> bool:
    """Whether a device heard last at ``heard`` (by our clock) counts as silent."""
    return now - heard > silent_after(period)


def line_is_cut(fallen: int, speaking: int) -> bool:
    """Whether so many devices fell silent at once that it must be our line: more than half of all, and more than twenty."""
    return fallen > 20 and fallen * 2 > speaking


# --- Whether it is told now ---------------------------------------------------------------------------------------------


def held_back(code: str, *, hour: int, silenced: bool) -> Literal["", "silence", "quiet"]:
    """Why an alarm is not told now; "" when it is. ``hour``: local. What is dangerous knows no quiet hours, only a silence that a
    person has set. What is still on when the reason ends is told then.
    """
    if silenced:
        return "silence"
    kind = KINDS.get(code)
    if kind is not None and kind.danger:
        return ""
    return "quiet" if hour >= QUIET_FROM or hour < QUIET_TO else ""


def longest_silence(codes: Iterable[str]) -> float:
    """Seconds for which devices of these kinds may be silenced at most."""
    dangerous = any(code in KINDS and KINDS[code].danger for code in codes)
    return LONGEST_SILENCE_DANGER if dangerous else LONGEST_SILENCE


def same_event(*, last: float, at: float, open_still: bool, again: float) -> bool:
    """Whether an alarm at ``at`` belongs to the event whose last alarm was at ``last``: it goes on, or ended only just now."""
    apart = abs(at - last)
    return apart <= TOGETHER or (open_still and apart <= max(again, TOGETHER))
