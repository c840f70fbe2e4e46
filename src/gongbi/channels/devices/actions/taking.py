"""The door for readings, from HTTP and MQTT alike: checked, timed, written to the journal; durable before the receipt.

The register is asked in memory and nothing is locked, so that a flood of readings costs the house one INSERT a message. When more
waits than can be kept, plain readings are left out and counted; one that may be part of an alarm never is.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from gongbi.channels.devices import memory, packing, reading, rules
from gongbi.channels.devices.memory import Entry
from gongbi.channels.devices.models import Journal, Tally
from gongbi.channels.devices.packing import Line
from gongbi.channels.devices.reading import Fault
from gongbi.kernel.scope.viewer import Viewer

MOST_WAITING = 1_500_000  # readings in the journal, 40 bytes each
_LOOK_EVERY = 1.0  # seconds between counts of what waits
_waiting = {"at": -math.inf, "number": 0}


@dataclass(slots=True)
class Taken:
    """What became of one message: how many readings are kept, what is wrong with others, how many were left out."""

    kept: int = 0
    shed: int = 0
    skewed: int = 0
    faults: list[Fault] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def counts(self) -> Counter[str]:
        """By fate, as the page of the channel's health shows them."""
        found = Counter(fault.reason for fault in self.faults)
        found.update({"taken": self.kept, "shed": self.shed, "clock": self.skewed})
        return +found


Speaks = Callable[[Entry], bool]


def take(body: bytes, *, viewer: Viewer, key: str, at: datetime) -> Taken:
    """One message of a key over HTTP. Kept readings are durable when this returns; the others are told with their reason."""
    covered: dict[str, bool] = {}  # asked once for each division: a message holds up to a thousand readings

    def speaks(entry: Entry) -> bool:
        if entry.division not in covered:
            covered[entry.division] = viewer.covers(entry.division)
        return covered[entry.division] and entry.key in ("", key)

    taken = sort_out(body, speaks=speaks, received=at.timestamp(), known=memory.current().by_number)
    write([taken], at=at)
    return taken


def sort_out(
    body: bytes, *, speaks: Speaks, received: float, known: Mapping[str, Entry], device: str = ""
) -> Taken:
    """Read one message: what is good becomes lines of the journal, what is not a fault. ``known``: the register. Writes nothing."""
    message = reading.read(body, device=device)
    full = waiting() >= MOST_WAITING
    taken = Taken(faults=list(message.faults))
    last = message.readings[-1][0] if message.readings else 0
    for index, raw in message.readings:
        entry = known.get(raw.device)
        if entry is None or not speaks(entry):
            # A key without the right to a device is not told apart from a number that does not exist, but counted apart.
            taken.faults.append(Fault(index, "device" if entry is None else "key", "device", raw.device))
            continue
        number = reading.number_of(raw, entry.kind)
        if number is None:
            form = isinstance(raw.value, bool) != entry.kind.flag
            taken.faults.append(Fault(index, "value" if form else "range", "value", raw.device))
            continue
        if full and not rules.pressing(entry.limits, number):
            taken.shed += 1
            continue
        # Readings without a time of their own keep the order in which they stand in the message.
        here = received if raw.given is not None else received - (last - index) / 1000
        timed = rules.timed(raw.given, received=here, sent=message.sent)
        taken.skewed += timed.skew is not None
        skew = math.nan if timed.skew is None else timed.skew
        taken.lines.append(Line(entry.pk, number, timed.at, skew, packing.identity(raw.seq, raw.given)))
    taken.kept = len(taken.lines)
    return taken


def refused(reason: str, device: str = "") -> Taken:
    """A message that is not even read."""
    return Taken(faults=[Fault(-1, reason, reason, device)])


@transaction.atomic
def write(taken: Sequence[Taken], *, at: datetime) -> None:
    """Make messages durable: one row of the journal for all, and the day's counts. Nothing for nothing."""
    lines = [line for one in taken for line in one.lines]
    if lines:
        Journal(received=at.timestamp(), count=len(lines), body=packing.pack_lines(lines)).save(
            force_insert=True
        )
    counts: Counter[str] = Counter()
    for one in taken:
        counts += one.counts()
    counts.pop("taken", None)  # the lane counts what it works through
    count(counts, at=at)


def count(counts: Counter[str], *, at: datetime) -> None:
    """Add to the day's counts. In the caller's transaction."""
    for reason, number in sorted(counts.items()):
        _add(timezone.localdate(at), reason, number, at)


def _add(day: date, reason: str, number: int, at: datetime) -> None:
    if number and not Tally.objects.filter(day=day, reason=reason).update(
        count=F("count") + number, last_at=at
    ):
        tally, made = Tally.objects.get_or_create(
            day=day, reason=reason, defaults={"count": number, "last_at": at}
        )
        if not made:
            Tally.objects.filter(pk=tally.pk).update(count=F("count") + number, last_at=at)


def waiting() -> int:
    """How many readings wait in the journal, counted at most once a second by each process."""
    now = time.monotonic()
    if now - _waiting["at"] >= _LOOK_EVERY:
        _waiting.update({"at": now, "number": Journal.objects.aggregate(n=Sum("count"))["n"] or 0})
    return int(_waiting["number"])


def forget_waiting() -> None:
    """Count again at the next question."""
    _waiting["at"] = -math.inf
