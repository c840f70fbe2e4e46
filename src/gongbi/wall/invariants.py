"""What must always hold for folded days; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from gongbi.kernel.flow.invariants import Breach, register
from gongbi.wall import replay
from gongbi.wall.models import FoldedDay
from gongbi.wall.rules import LATE, OPEN, TODAY

NEWEST = 14


@register("wall.days")
def days_follow() -> Iterator[Breach]:
    """Each of the newest folded days begins as the one before it ended: open and late cases, division by division."""
    rows = list(FoldedDay.objects.order_by("-day").defer("standing")[:NEWEST])
    for later, earlier in pairwise(rows):
        if later.day - earlier.day != timedelta(days=1):
            yield Breach("wall.days", str(later.day), "the day before it is not folded")
            continue
        begun = replay.plain(bytes(later.body), ("",))
        start = {code: cell[:TODAY] for code, cell in zip(begun["codes"], begun["start"], strict=True)}
        ended = replay.end_of(replay.plain(bytes(earlier.body), ("",)))
        end = {code: cell[OPEN : LATE + 1] for code, cell in ended.items()}
        if {c: v for c, v in start.items() if any(v)} != {c: v for c, v in end.items() if any(v)}:
            yield Breach(
                "wall.days", str(later.day), "it does not begin as the day before it ended; fold it anew"
            )
