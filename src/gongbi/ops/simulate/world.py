"""What a rehearsal must know of a house: whose each kind is, by when, on which calendar. Read off the shipped lists; no database."""

from __future__ import annotations

import csv
import functools
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.resources import files

from gongbi.kernel.clock import engine, limits
from gongbi.kernel.clock.calendar import Calendar, from_chinesecalendar, known_years
from gongbi.kernel.errors import Refused
from gongbi.ops.simulate.habits import CLOSES, OPENS, Staffing
from gongbi.ops.simulate.plan import Grid, Settings, Shape, rhythms

LOAD = 0.8  # of their time, that crews are at work on an average day: how many there are follows from it


@dataclass(frozen=True)
class World:
    """``leads``: kind → ``department:code``, ``street`` or ``community``. ``filings``: kind → (words, limit) in the catalogue's order.

    ``limits``: kind → a limit that stands in for the catalogue's. ``names``: codes of divisions and kinds → their Chinese names.
    """

    shape: Shape
    leads: Mapping[str, str]
    filings: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    names: Mapping[str, str]
    staffing: Staffing = field(default_factory=Staffing)
    limits: Mapping[str, str] = field(default_factory=dict)

    def unit(self, kind: str, grid: str) -> str:
        """The code of the unit whose it is."""
        lead = self.leads.get(kind, "street")
        return {"street": grid[:9], "community": grid[:12]}.get(lead, lead.rpartition(":")[2])

    def limit(self, kind: str, text: str) -> str:
        """The limit of the first filing condition whose words the text has, else of one without words, else of the last."""
        if kind in self.limits:
            return self.limits[kind]
        rows = self.filings.get(kind, ())
        chosen = next((limit for words, limit in rows if any(word in text for word in words)), "")
        plain = next((limit for words, limit in rows if not words), rows[-1][1] if rows else "5工作日")
        return chosen or plain

    def due(self, begun: datetime, limit: str) -> datetime:
        """When the limit ends, by the working calendar."""
        return engine.due(begun, limits.parse(limit), calendar()).at


@functools.cache
def calendar() -> Calendar:
    """The working calendar as ``chinesecalendar`` knows it: where a new house begins."""
    return Calendar(from_chinesecalendar(known_years()), day_end="close")


def day_off(day: date) -> bool:
    """Whether nobody works on that day by the working calendar; beyond its years weekends are off."""
    try:
        return not calendar().is_working(day)
    except Refused:
        return day.weekday() >= 5


def shipped_world(*, grid_workers: int, settings: Settings) -> World:
    """The demonstration district: its grids, the shipped catalogue, as many crews as its average day needs."""
    from gongbi.territory.demo_cut import read_divisions
    from gongbi.territory.demo_data import demo_grids

    points = {code: one.polygon.representative_point() for code, one in demo_grids().items()}
    grids = tuple(
        Grid(code, round(points[code].x, 6), round(points[code].y, 6), one.population)
        for code, one in demo_grids().items()
    )
    kinds = list(_rows("kinds"))
    standards: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for row in _rows("standards"):
        words = tuple(filter(None, row["words"].split(";")))
        standards[row["kind"]].append((words, row["limit"]))
    shape = Shape(grids, patrolled(grids, grid_workers))
    leads = {row["code"]: row["handler"] for row in kinds}
    names = {row["code"]: row["name_zh"] for row in kinds} | read_divisions()
    filings = {kind: tuple(rows) for kind, rows in standards.items()}
    world = World(shape, leads, filings, names)
    return World(shape, leads, filings, names, staffing=sized(world, settings))


def _rows(name: str) -> Iterable[dict[str, str]]:
    data = (files("gongbi.duties") / "data" / f"{name}.csv").read_bytes()
    return csv.DictReader(io.StringIO(data.decode("utf-8-sig")))


def patrolled(
    grids: Iterable[Grid], count: int, *, inside: str = "", but: Iterable[str] = ()
) -> frozenset[str]:
    """Codes of the ``count`` grids with most people ``inside`` a division (a code's beginning), leaving some out."""
    left_out = set(but)
    found = [one for one in grids if one.code.startswith(inside) and one.code not in left_out]
    return frozenset(one.code for one in sorted(found, key=lambda one: (-one.people, one.code))[:count])


def sized(world: World, settings: Settings) -> Staffing:
    """Crews so that each unit is at work for :data:`LOAD` of its time on an average dry day, one at least."""
    table = rhythms()["kinds"]
    total = sum(one["per_day"] for one in table)
    people = sum(one.people for one in world.shape.grids)
    inside: dict[str, int] = defaultdict(int)
    for grid in world.shape.grids:
        inside[grid.code[:9]] += grid.people
        inside[grid.code[:12]] += grid.people
    hours: dict[str, float] = defaultdict(float)
    for kind in table:
        mean = kind["needs"] * math.exp(kind["spread"] ** 2 / 2)
        work = kind["per_day"] / total * settings.matters * mean
        lead = world.leads.get(kind["code"], "street")
        if lead in ("street", "community"):
            for code, number in inside.items():
                if len(code) == (9 if lead == "street" else 12):
                    hours[code] += work * number / people
        else:
            hours[lead.rpartition(":")[2]] += work
    return Staffing(
        {unit: max(1, math.ceil(work / ((CLOSES - OPENS) * LOAD))) for unit, work in sorted(hours.items())}
    )
