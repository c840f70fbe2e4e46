"""An outbreak for a newcomer to see: weeks of everyday cases and, in one grid, more of them in three days than place and date explain.

Everything is invented and says so (合成), goes through the same actions as real cases, and only a demonstration district takes it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from gongbi.cases import actions
from gongbi.cases.actions.statement import Statement
from gongbi.cases.demo import Maker
from gongbi.cases.triage import Said
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import CHECKER, GRID_WORKER, PUBLIC
from gongbi.territory import queries as territory

KIND = "E0201"
DAYS, A_DAY = 42, 5  # of the ordinary past
PLANTED, LAST = 12, 3  # cases, and the days up to yesterday in which they come
_EVERYDAY = "（合成）巡查时发现非法小广告，已当场清理"
_BURST = (
    "（合成）单元门口一夜之间贴满了小广告",
    "（合成）楼道里又被贴了好多开锁小广告",
    "（合成）小区门口的墙上全是小广告",
)


@dataclass(frozen=True, slots=True)
class Planted:
    """What was made. ``code``: the grid of the outbreak; ``cases``: in all; ``shuffled``: whether places and days were mixed up."""

    code: str
    cases: int
    shuffled: bool


@dataclass(frozen=True, slots=True)
class _Event:
    grid: Any  # territory.models.Division
    at: datetime
    planted: bool


def plant(*, at: datetime, seed: int = 1, shuffled: bool = False) -> Planted:
    """Make the cases: six weeks of them solved on the spot by grid workers, and the residents' reports of the last three days, up to
    yesterday. ``shuffled``: the same places and the same times, put together by chance. Refused outside a demonstration district.
    """
    if not any(one.synthetic for one in territory.divisions(level="street", on=at)):
        words = (
            "只有演示区可以生成合成的聚集。",
            "Only a demonstration district takes a made-up outbreak.",
        )
        raise Refused("cases.no_demo", words)
    dice = random.Random(seed)
    events = _events(at, dice)
    code = next(one.grid.code for one in events if one.planted)
    if shuffled:
        moments = [one.at for one in events]
        dice.shuffle(moments)
        events = [_Event(one.grid, moment, one.planted) for one, moment in zip(events, moments, strict=True)]
    maker = Maker(at)
    for number, one in enumerate(sorted(events, key=lambda event: event.at)):
        if one.planted:
            _reported(one, _BURST[number % len(_BURST)])
        else:
            _solved(maker, one, number)
    return Planted(code, len(events), shuffled)


def _events(at: datetime, dice: random.Random) -> list[_Event]:
    midday = timezone.localtime(at).replace(hour=10, minute=0, second=0, microsecond=0)
    grids = [one for one in territory.divisions(level="grid", on=at) if one.lon is not None]
    found = [
        _Event(dice.choice(grids), midday - timedelta(days=back, minutes=-7 * number), planted=False)
        for back in range(1, DAYS + 1)
        for number in range(A_DAY)
    ]
    here = dice.choice(grids)
    found += [
        _Event(here, midday - timedelta(days=1 + number % LAST, minutes=-13 * number), planted=True)
        for number in range(PLANTED)
    ]
    return found


def _said(one: _Event, text: str, channel: str) -> Said:
    return Said(text, one.at, channel, lon=one.grid.lon, lat=one.grid.lat, kind=KIND, net="合成")


def _reported(one: _Event, text: str) -> None:
    actions.receive(Statement(_said(one, text, "web")), viewer=PUBLIC, at=one.at)


def _solved(maker: Maker, one: _Event, number: int) -> None:
    worker = maker.post(GRID_WORKER, grid=one.grid.code)
    got = actions.solve_on_spot(
        statement=Statement(_said(one, _EVERYDAY, "field")),
        photos=[maker.photo(number, "后", one.at)],
        viewer=worker,
        at=one.at,
    )
    actions.confirm(
        case_id=got.report.case_id,
        viewer=maker.post(CHECKER),
        at=one.at + timedelta(minutes=30),
        finding="（合成）现场已清理干净。",
    )
