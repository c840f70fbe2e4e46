"""Thousands of cases put into the tables at once: what warnings read of a case (place, kind, times, clocks), and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from gongbi.cases.models import Case
from gongbi.kernel import rows
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.flow.models import Matter
from gongbi.science.twins import cell
from gongbi.territory import queries as territory

TODAY = date(2026, 3, 10)


@dataclass
class Happened:
    """One case as it will stand in the tables. ``due`` and ``stopped``: of its handling, where a unit has it."""

    code: str
    kind: str
    opened: datetime
    closed: datetime | None = None
    unit_id: int | None = None
    due: datetime | None = None
    stopped: datetime | None = None
    lon: float | None = None
    lat: float | None = None


def store(happened: Sequence[Happened]) -> list[int]:
    """Insert them; gives their keys."""
    made: list[Case] = []
    clocks = []
    for one in happened:
        state = "judged" if one.closed else "handling" if one.unit_id else "received"
        made.append(rows.new(
            Case,
            flow="cases", state=state, state_kind="closed" if one.closed else "open", version=1, unit_id=one.unit_id,
            territory=one.code, opened_at=one.opened, closed_at=one.closed, due_at=one.due, seed=secrets.token_bytes(32),
            last_seq=0, last_hash=b"\0" * 32, title=f"第{len(made) + 1}件", kind=one.kind, lon=one.lon, lat=one.lat,
            cell=None if one.lon is None or one.lat is None else cell(one.lon, one.lat), is_open=one.closed is None, channel="web",
        ))  # fmt: skip
    for case, key in zip(made, rows.reserve(Matter, len(made)), strict=True):
        case.pk = case.id = key
    rows.load(made, Matter)
    rows.load(made, Case)
    for case, one in zip(made, happened, strict=True):
        if one.due is not None:
            clocks.append(Clock(
                matter_id=case.pk, name="handle", limit="5工作日", started_at=one.opened, due_at=one.due, stopped_at=one.stopped
            ))  # fmt: skip
    Clock.objects.bulk_create(clocks)
    return [case.pk for case in made]


def noon(day: date) -> datetime:
    """Noon of a local day."""
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)


def quiet_past(
    dice: np.random.Generator,
    *,
    days: int = 120,
    a_day: float = 6.0,
    kinds: Iterable[str] = ("E0301",),
    grids: int = 60,
) -> list[Happened]:
    """An ordinary past: cases of each kind, Poisson a day, anywhere among the first grids, up to :data:`TODAY`."""
    codes = [one.code for one in territory.divisions(level="grid", on=noon(TODAY))][:grids]
    busy = dice.gamma(2.0, size=len(codes))
    found = []
    for back in range(days):
        day = TODAY - timedelta(days=back)
        for kind in kinds:
            where = dice.choice(len(codes), size=dice.poisson(a_day), p=busy / busy.sum())
            found += [Happened(codes[at], kind, noon(day), noon(day) + timedelta(hours=5)) for at in where]
    return found


def outbreak(code: str, *, kind: str = "E0301", days: int = 3, cases: int = 14) -> list[Happened]:
    """So many cases in one grid in the last days."""
    return [Happened(code, kind, noon(TODAY - timedelta(days=number % days))) for number in range(cases)]


def shuffled(happened: list[Happened], dice: np.random.Generator) -> list[Happened]:
    """The same places and the same times, put together by chance."""
    order: Any = dice.permutation(len(happened))
    return [
        Happened(one.code, one.kind, happened[other].opened, happened[other].closed)
        for one, other in zip(happened, order, strict=True)
    ]
