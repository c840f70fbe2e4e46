"""The lane: one process that works the journal through. Rules in memory, alarms at once, readings and states now and then.

A reading is durable in the journal before its sender hears so, and leaves it only in the transaction after which its effect stands
in the tables. Whatever dies in between is worked through again, which doubles nothing: alarms are known by device and beginning,
readings by device and time.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q

from gongbi.channels.devices import memory, packing, rules
from gongbi.channels.devices.actions import alarms, taking
from gongbi.channels.devices.kinds import SILENT
from gongbi.channels.devices.memory import Entry
from gongbi.channels.devices.models import Block, DeviceState, Journal
from gongbi.channels.devices.models import Lane as LaneRow
from gongbi.channels.devices.packing import Line
from gongbi.channels.devices.rules import State

LEASE = timedelta(seconds=10)  # short: after a crash nobody works the journal for so long
SAVE_EVERY = 60.0  # seconds between two writings of what the lane remembers
SWEEP_EVERY = 30.0
_ROWS = 200  # journal rows worked through at once
_CHUNK = 100  # devices written in one transaction: short, so that nobody waits long for the lock


class LaneLost(Exception):
    """Another process has taken the lane."""


@dataclass(slots=True)
class Live:
    """One device as the lane remembers it."""

    judged: State = field(default_factory=State)
    heard: float = 0.0
    silent: bool = False
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=rules.REMEMBERED))
    tail: bytearray = field(default_factory=bytearray)
    skewed: int = 0
    skew: float | None = None
    repeated: int = 0


class Lane:
    """Works the journal through. ``holder`` names this process; two lanes at once are impossible while the lease is kept."""

    def __init__(self, holder: str, now: Callable[[], datetime]) -> None:
        self.holder, self.now = holder, now
        self.live: dict[int, Live] = {}
        self.dirty: set[int] = set()
        self.done: set[int] = set()  # journal rows worked through and not yet deleted
        self.begun: float | None = None
        self.saved = self.swept = self.renewed = float("-inf")
        self.counts: Counter[str] = Counter()

    def tick(self) -> int:
        """Work a part of the journal through, then what is due. Returns how many readings; LaneLost when the lane is another's."""
        self._keep()
        at = self.now()
        now = at.timestamp()
        if self.begun is None:
            self._remember()
            self.begun = self.saved = now
        worked = self._work(at)
        if now - self.swept >= SWEEP_EVERY:
            self.sweep(at)
        if now - self.saved >= SAVE_EVERY:
            self.save()
        return worked

    def close(self) -> None:
        """Write everything down and give the lane away."""
        if self.begun is not None:
            self._keep()
            self._work(self.now())  # what came last; more than that waits for the next process
            self.save()
        let_go(self.holder)

    def _keep(self) -> None:
        """Take the lane, or renew the lease before it ends."""
        at = self.now()
        if at.timestamp() - self.renewed > LEASE.total_seconds() / 4:
            if not hold(self.holder, at=at):
                raise LaneLost(self.holder)
            self.renewed = at.timestamp()

    # --- Readings -----------------------------------------------------------------------------------------------------

    def _work(self, at: datetime) -> int:
        # Rows become visible in the order of their transactions' ends, not of their keys: what is done is remembered by key.
        new = [
            key for key in Journal.objects.order_by("pk").values_list("pk", flat=True) if key not in self.done
        ]
        worked = 0
        for row in Journal.objects.filter(pk__in=list(islice(new, _ROWS))).order_by("pk"):
            worked += self._lines(packing.lines(bytes(row.body)), row.received, at)
            self.done.add(row.pk)
        return worked

    def _lines(self, lines: Iterable[Line], received: float, at: datetime) -> int:
        known = memory.current().by_pk
        number = 0
        for line in lines:
            entry = known.get(line.device)
            if entry is None:
                continue  # taken out of use in the meantime
            number += 1
            self._line(entry, line, received, at)
        self.counts["taken"] += number
        return number

    def _line(self, entry: Entry, line: Line, received: float, at: datetime) -> None:
        live = self.live.get(entry.pk)
        if live is None:
            live = self.live[entry.pk] = Live()
        self.dirty.add(entry.pk)
        live.heard = max(live.heard, received)
        if live.silent:
            live.silent = False
            alarms.end(entry, SILENT, over=_when(received), at=at)
        if line.identity:
            if line.identity in live.recent:
                live.repeated += 1
                self.counts["repeated"] += 1
                return
            live.recent.append(line.identity)
        if line.skewed:
            live.skewed, live.skew = live.skewed + 1, line.skew
        live.tail += packing.pack_reading(round(line.at * 1000), line.value)
        live.judged, move = rules.step(entry.limits, live.judged, line.at, line.value)
        if move == "begin":
            alarms.begin(entry, entry.kind.code, since=_when(line.at), value=line.value, at=at)
        elif move == "end":
            alarms.end(entry, entry.kind.code, over=_when(line.at), at=at)
        elif move == "late":
            self.counts["late"] += 1

    # --- Silence ------------------------------------------------------------------------------------------------------

    def sweep(self, at: datetime) -> int:
        """Devices that say nothing any more, and alarms whose reason to be held back has ended. Returns how many fell silent.

        When most are silent at once, the line to us is cut, not the devices: nothing is raised then.
        """
        now = at.timestamp()
        self.swept = now
        known = memory.current().by_pk
        begun = self.begun if self.begun is not None else now
        for pk in [pk for pk in self.live if pk not in known]:
            del self.live[pk]  # out of use; should it come back, it begins anew
        fallen = [
            pk
            for pk, live in self.live.items()
            if pk in known
            and not live.silent
            and rules.is_silent(heard=max(live.heard, begun), period=known[pk].limits.period, now=now)
        ]
        speaking = sum(not live.silent for live in self.live.values())
        if rules.line_is_cut(len(fallen), speaking):
            self.counts["line"] += 1
            fallen = []
        for pk in fallen:
            live, entry = self.live[pk], known[pk]
            live.silent = True
            self.dirty.add(pk)
            since = live.heard + rules.silent_after(entry.limits.period)
            alarms.begin(entry, SILENT, since=_when(since), value=None, at=at)
        alarms.tell_what_was_held(known.get, at=at)
        alarms.note_ends(at=at)
        return len(fallen)

    # --- What is remembered -------------------------------------------------------------------------------------------

    def _remember(self) -> None:
        for row in DeviceState.objects.all().iterator(chunk_size=2_000):
            state = State(row.reading_ms / 1000, row.value, row.alarm, **row.rule)
            live = Live(state, row.heard_at.timestamp(), row.silent, skewed=row.skewed, skew=row.skew)
            live.recent.extend(row.recent)
            live.tail += bytes(row.tail)
            live.repeated = row.repeated
            self.live[row.pk] = live

    def save(self) -> None:
        """Write down what changed, a part at a time; then take what is written out of the journal."""
        known = memory.current().by_pk
        keys = sorted(pk for pk in self.dirty if pk in known and pk in self.live)
        for part in _parts(keys, _CHUNK):
            self._keep()
            self._save_some(part, known)
        at = self.now()
        with transaction.atomic():
            if not hold(self.holder, at=at):
                raise LaneLost(self.holder)
            for part in _parts(sorted(self.done), 500):
                Journal.objects.filter(pk__in=part).delete()
            taking.count(self.counts, at=at)
        self.dirty.clear()
        self.done.clear()
        self.counts.clear()
        self.saved = self.renewed = at.timestamp()

    def _save_some(self, keys: list[int], known: Mapping[int, Entry]) -> None:
        states, blocks = [], []
        for pk in keys:  # all made before the transaction, which holds the lock for as short as it can
            live = self.live[pk]
            oldest = round((live.heard - known[pk].keep_days * 86_400) * 1000)
            tail = packing.since(bytes(live.tail), oldest)
            if packing.length(tail) >= packing.FULL:
                blocks.append(_block(pk, packing.in_order(tail)))
                tail = b""
            live.tail = bytearray(tail)
            states.append(_state(pk, live))
        with transaction.atomic():
            Block.objects.bulk_create(blocks)
            DeviceState.objects.bulk_create(
                states, update_conflicts=True, unique_fields=["device"], update_fields=_KEPT, batch_size=50
            )


_KEPT = [
    "heard_at",
    "reading_ms",
    "value",
    "alarm",
    "silent",
    "rule",
    "recent",
    "tail",
    "skewed",
    "skew",
    "repeated",
]


def _state(pk: int, live: Live) -> DeviceState:
    state = live.judged
    rule: Mapping[str, Any] = {
        "window": state.window, "over_since": state.over_since, "clears": state.clears, "clear_since": state.clear_since
    }  # fmt: skip
    heard = max(state.at, 0.0)
    return DeviceState(
        device_id=pk, heard_at=_when(live.heard), reading_ms=round(heard * 1000), value=state.value, alarm=state.alarm,
        silent=live.silent, rule=rule, recent=list(live.recent), tail=bytes(live.tail), skewed=live.skewed, skew=live.skew,
        repeated=live.repeated,
    )  # fmt: skip


def _block(pk: int, data: bytes) -> Block:
    pairs = packing.readings(data)
    return Block(device_id=pk, first_ms=pairs[0][0], last_ms=pairs[-1][0], count=len(pairs), data=data)


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _parts(keys: list[int], size: int) -> Iterable[list[int]]:
    return (keys[first : first + size] for first in range(0, len(keys), size))


@transaction.atomic
def hold(holder: str, *, at: datetime) -> bool:
    """Take the lane, or keep it; False while another process has it."""
    LaneRow.objects.get_or_create(pk=1)
    free = Q(holder=holder) | Q(holder="") | Q(until__isnull=True) | Q(until__lt=at)
    return LaneRow.objects.filter(free, pk=1).update(holder=holder, until=at + LEASE) == 1


@transaction.atomic
def let_go(holder: str) -> None:
    LaneRow.objects.filter(pk=1, holder=holder).update(holder="", until=None)
