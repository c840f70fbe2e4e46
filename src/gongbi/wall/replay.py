"""A past day from its ledger: what stood at its beginning, and every change of a figure in order. Pure; no Django, no clock.

Deadlines are what the ledger says they were: a step that starts, extends or resumes a clock names its end (``due``), and the flow's
declaration says which steps stop or pause one. So a day folded twice gives the same bytes, whatever became of its cases since.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from gongbi.cases.flow import CASE
from gongbi.wall.rules import LAYERS, Cell, empty, inside
from gongbi.wall.standing import Standing, Step

Entry = tuple[int, datetime, str, str, Mapping[str, Any]]
Span = tuple[str, int, datetime, datetime | None]  # division, layer, from, until
OPENING = "open"
_CLOSED = frozenset(state.name for state in CASE.states if state.kind == "closed")
# Other terms that the ledger names (of the first contact) are promises, no clocks: nothing runs late by them.
_CLOCKS = frozenset(effect.clock for arrow in CASE.transitions for effect in arrow.clocks)
_ENDS = frozenset({"stop", "pause", "cancel"})
# Steps that open again what was closed: where such a case lies is asked of the ledger before that day.
REOPENING = tuple(
    arrow.name
    for arrow in CASE.transitions
    if arrow.to not in ("=", *_CLOSED) and any(state in _CLOSED for state in arrow.from_)
)


@dataclass(frozen=True, slots=True)
class Day:
    """``start``: division → figures at midnight. ``steps``: (seconds since midnight, division, layer, by), in order."""

    start: Mapping[str, Cell]
    steps: Sequence[tuple[int, str, int, int]]


@dataclass(frozen=True, slots=True)
class Kept:
    """One open case between two days: its place, and the deadlines of its running clocks in POSIX seconds."""

    key: int
    code: str
    dues: Mapping[str, float]


class _Ledgered(Standing):
    """:class:`Standing` fed by ledger entries."""

    def __init__(self, kept: Iterable[Kept], places: Mapping[int, str], at: float) -> None:
        super().__init__()
        self.dues: dict[int, dict[str, float]] = {}
        self.places = dict(places)
        for one in kept:
            self.dues[one.key] = dict(one.dues)
            self.put(one.key, one.code, min(one.dues.values(), default=None), at)
        self.steps = []

    def take(self, entry: Entry) -> None:
        key, moment, transition, state, facts = entry
        at = moment.timestamp()
        self.until(at)
        before = self.open.get(key)
        code = str(facts.get("territory") or (before[0] if before else self.places.get(key, "")))
        arrow = CASE.by_name.get(transition)
        dues = self.dues.setdefault(key, {})
        for effect in arrow.clocks if arrow else ():
            if effect.do in _ENDS:
                dues.pop(effect.clock, None)
        for clock, due in (facts.get("due") or {}).items():
            if clock in _CLOCKS:
                dues[clock] = _moment(due)
        if state in _CLOSED:
            self.drop(key, at)
            self.dues.pop(key, None)
            self.places[key] = code
            return
        if transition == OPENING:
            self.new(code, at)
        self.put(key, code, min(dues.values(), default=None), at)


def fold(
    kept: Iterable[Kept], entries: Iterable[Entry], spans: Iterable[Span], places: Mapping[int, str],
    start: datetime, end: datetime,
) -> tuple[Day, list[Kept], int]:  # fmt: skip
    """One day from what stood at its ``start``: the day, what stands at its ``end``, and how many entries it had.

    ``entries``: of the half-open window, in order. ``places``: where the cases lay that this day opened again. ``spans``: warnings,
    alarms and shifts, each with the layer that it counts in.
    """
    begin, close = start.timestamp(), end.timestamp()
    standing = _Ledgered(kept, places, begin)
    first = {code: list(cell) for code, cell in standing.cells.items()}
    count = 0
    for entry in entries:
        standing.take(entry)
        count += 1
    standing.until(close)
    assert standing.steps is not None
    steps = list(standing.steps)
    for code, layer, since, until in spans:
        if since <= start:
            first.setdefault(code, empty())[layer] += 1
        elif since < end:
            steps.append(Step(since.timestamp(), code, layer, 1))
        if until is not None and start < until < end:
            steps.append(Step(until.timestamp(), code, layer, -1))
    steps.sort(key=lambda step: step.at)  # stable: what happened to one figure stays in its order
    told = [(int(step.at - begin), step.code, step.layer, step.by) for step in steps]
    left = [
        Kept(key, code, standing.dues.get(key, {})) for key, (code, _due) in sorted(standing.open.items())
    ]
    return Day({code: cell for code, cell in sorted(first.items()) if any(cell)}, told), left, count


def _moment(value: Any) -> float:
    return (value if isinstance(value, datetime) else datetime.fromisoformat(str(value))).timestamp()


# --- On the disk and on the wire ----------------------------------------------------------------------------------------


def pack(day: Day) -> bytes:
    """The day as it is kept: the same day gives the same bytes."""
    codes = sorted({*day.start, *(code for _at, code, _layer, _by in day.steps)})
    place = {code: index for index, code in enumerate(codes)}
    flat = [number for at, code, layer, by in day.steps for number in (at, place[code], layer, by)]
    start = [day.start.get(code, empty()) for code in codes]
    return gzip.compress(orjson.dumps({"codes": codes, "start": start, "steps": flat}), 6, mtime=0)


def plain(body: bytes, scope: Sequence[str]) -> dict[str, Any]:
    """What is kept of a day, cut down to these divisions: ``codes``, ``start`` and ``steps`` (four numbers a step)."""
    found: dict[str, Any] = orjson.loads(gzip.decompress(body))
    seen = [inside(code, scope) for code in found["codes"]]
    if not all(seen):
        steps = found["steps"]
        kept = [i for i in range(0, len(steps), 4) if seen[steps[i + 1]]]
        new = {old: index for index, old in enumerate(i for i, shown in enumerate(seen) if shown)}
        found["codes"] = [code for code, shown in zip(found["codes"], seen, strict=True) if shown]
        found["start"] = [cell for cell, shown in zip(found["start"], seen, strict=True) if shown]
        found["steps"] = [n for i in kept for n in (steps[i], new[steps[i + 1]], steps[i + 2], steps[i + 3])]
    found["layers"] = list(LAYERS)
    return found


def end_of(told: Mapping[str, Any]) -> dict[str, Cell]:
    """The figures at the end of a day that :func:`plain` gave."""
    cells = [list(cell) for cell in told["start"]]
    steps = told["steps"]
    for i in range(0, len(steps), 4):
        cells[steps[i + 1]][steps[i + 2]] += steps[i + 3]
    return dict(zip(told["codes"], cells, strict=True))


def pack_kept(kept: Iterable[Kept]) -> bytes:
    """The open cases between two days, as they are kept."""
    return gzip.compress(orjson.dumps([[one.key, one.code, dict(one.dues)] for one in kept]), 6, mtime=0)


def read_kept(body: bytes) -> list[Kept]:
    """The same, read."""
    return [Kept(key, code, dues) for key, code, dues in orjson.loads(gzip.decompress(body))] if body else []
