"""What happens in the district on one day: pure, from a seed, a shape, a calendar and the table of rhythms. Knows no Django.

``plan_day(seed, day, shape)`` gives the day's troubles as intentions of residents and grid workers and as readings of devices. What the
house makes of them is not decided here. The same arguments give the same day, whatever days were planned before.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from gongbi.science.rhythm import Flags, Floats, arrivals, lasting, rain, rates, shares, stream

ZONE = ZoneInfo("Asia/Shanghai")
RESIDENT, GRID_WORKER = "resident", "grid_worker"
METRES = 111_320.0  # of one degree of latitude
AGAIN = 0.10  # of what residents say is said by somebody else too, within hours


@dataclass(frozen=True, slots=True)
class Grid:
    """One grid: its code (15 digits), a point inside it (degrees, CGCS2000) and how many people live there."""

    code: str
    lon: float
    lat: float
    people: int


@dataclass(frozen=True, slots=True)
class Shape:
    """The district as the generator knows it. ``patrolled``: grids whose worker is at work, who finds things there before residents do."""

    grids: tuple[Grid, ...]
    patrolled: frozenset[str] = frozenset()

    def grid(self, code: str) -> Grid:
        """Raises KeyError for a grid that is none."""
        for one in self.grids:
            if one.code == code:
                return one
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Burst:
    """A water main bursts in ``grid`` at ``at`` (aware). ``device``: the water-level device that stands there, "" for none.

    ``reports``: how many residents say so, on average; None as the table of rhythms has it.
    """

    at: datetime
    grid: str
    device: str = ""
    reports: float | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that somebody has to say: who (``finder``), when, what, where.

    ``needs``: hours of one crew's work that it takes. ``patience``: hours between two looks of the resident at how it stands. ``mood``:
    in [0, 1), how hard to please. ``judges``: gives a verdict when asked. ``on_spot``: the grid worker can solve it there and then.
    ``planted``: part of a burst. ``photo``: a number that its pictures are drawn from.
    """

    key: str
    at: datetime
    kind: str
    text: str
    lon: float
    lat: float
    grid: str
    finder: str
    channel: str
    needs: float
    patience: float
    mood: float
    judges: bool
    on_spot: bool = False
    planted: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one device (in its kind's unit)."""

    at: datetime
    device: str
    value: float


@dataclass(frozen=True, slots=True)
class Day:
    """A planned day: sayings and readings in the order of their time; which hours are wet."""

    day: date
    sayings: tuple[Saying, ...]
    readings: tuple[Reading, ...]
    wet: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """``matters``: sayings on an average dry day. ``found``: what a grid worker finds in a shift that nobody else would have said.

    ``factors``: kind → how many times as many of it is said (2.0: an outbreak of that kind).
    """

    matters: float = 250.0
    found: float = 2.0
    factors: dict[str, float] = field(default_factory=dict)


@functools.cache
def rhythms() -> dict[str, Any]:
    """The table of rhythms as shipped: kinds, hours, weekdays, months, rain, words."""
    found: dict[str, Any] = json.loads(
        (files("gongbi.ops.simulate") / "data" / "rhythms.json").read_text("utf-8")
    )
    return found


def weather(seed: int, day: date) -> Flags:
    """Which of the 24 hours of this day are wet. The month is drawn as one chain, so a day does not depend on the day a run begins."""
    table = rhythms()["rain"]
    hours = 24 * 31
    month = rain(
        stream(seed, "rain", day.year, day.month),
        np.full(hours, table["share"][day.month - 1]),
        stays=table["stays"],
    )
    return month[(day.day - 1) * 24 : day.day * 24]


def day_factor(kind: dict[str, Any], day: date, *, off: bool) -> float:
    """Weekday × month × holiday. ``off``: nobody works (weekend or public holiday)."""
    weekdays = rhythms()["weekdays"][kind["weekdays"]]
    weekday = day.weekday()
    factor = float(weekdays[0 if weekday >= 5 and not off else weekday])  # a make-up workday is like a Monday
    months = shares(np.array(kind["months"], dtype=np.float64))
    if off and weekday < 5:
        factor *= float(rhythms()["holiday"])
    return factor * float(months[day.month - 1])


def expected(kind: dict[str, Any], day: date, wet: Flags, *, off: bool, settings: Settings) -> Floats:
    """(24,) sayings of this kind expected in each hour of the day."""
    total = sum(one["per_day"] for one in rhythms()["kinds"])
    per_day = kind["per_day"] / total * settings.matters * settings.factors.get(kind["code"], 1.0)
    hours = np.array(rhythms()["hours"][kind["hours"]], dtype=np.float64)
    return rates(per_day, hours, day=day_factor(kind, day, off=off), wet=wet, rain=kind["rain"])


def plan_day(
    seed: int, day: date, shape: Shape, *, off: bool | None = None, settings: Settings | None = None, burst: Burst | None = None
) -> Day:  # fmt: skip
    """Everything that happens on ``day`` (Asia/Shanghai).

    ``off``: whether it is a day off; None takes weekends for days off. ``burst``: planted when it lies on this day. Each kind, each
    hour's count and each saying's own chances come from streams of their own, so a change of one leaves the others as they were.
    """
    settings = settings or Settings()
    off = day.weekday() >= 5 if off is None else off
    wet = weather(seed, day)
    begins = datetime.combine(day, time(), ZONE)
    weights = _weights(seed, shape)
    said: list[Saying] = []
    for kind in rhythms()["kinds"]:
        dice = stream(seed, "arrivals", day, kind["code"])
        hours = arrivals(dice, expected(kind, day, wet, off=off, settings=settings))
        for number, hour in enumerate(hours):
            at = begins + timedelta(minutes=int(hour * 60))
            said += _said(seed, f"{day:%m%d}-{kind['code']}-{number}", at, kind, shape, weights)
    if not off:
        said += _patrol(seed, day, shape, settings)
    readings: tuple[Reading, ...] = ()
    if burst is not None and burst.at.astimezone(ZONE).date() == day:
        said += _flood(seed, burst, shape)
        readings = rising(burst)
    said.sort(key=lambda one: (one.at, one.key))
    return Day(day, tuple(said), readings, tuple(bool(hour) for hour in wet))


@functools.lru_cache(maxsize=8)
def _weights(seed: int, shape: Shape) -> Floats:
    """Cumulative shares of the grids: people, and that some places are worse than others."""
    worse = np.exp(0.6 * stream(seed, "places").standard_normal(len(shape.grids)))
    weighed = np.array([one.people for one in shape.grids], dtype=np.float64) * worse
    return np.asarray(np.cumsum(weighed) / weighed.sum(), dtype=np.float64)


def _said(
    seed: int, key: str, at: datetime, kind: dict[str, Any], shape: Shape, weights: Floats
) -> list[Saying]:
    """One trouble, once or twice said."""
    dice = stream(seed, "saying", at.year, key)
    place, finds, spot, way, words, where, again, later = dice.random(8)
    grid = shape.grids[min(int(np.searchsorted(weights, place, side="right")), len(shape.grids) - 1)]
    found = grid.code in shape.patrolled and finds < kind["grid_workers"] and 8 <= at.hour < 18
    east, north = (0.0, 0.0) if found else dice.normal(0, 40, 2)
    lon, lat = _beside(grid.lon, grid.lat, float(east), float(north))
    one = Saying(
        key=key, at=at, kind=kind["code"], text=_words(kind["texts"], words, where), lon=lon, lat=lat, grid=grid.code,
        finder=GRID_WORKER if found else RESIDENT, channel="field" if found else _channel(way),
        needs=lasting(dice, kind["needs"], kind["spread"]), patience=lasting(dice, 20.0, 0.6), mood=float(dice.random()),
        judges=bool(dice.random() < 0.6), on_spot=bool(found and spot < kind["on_spot"]),
    )  # fmt: skip
    if found or again >= AGAIN:
        return [one]
    shift = timedelta(minutes=10 + int(later * 300))
    text = _words(kind["texts"], (words + 0.5) % 1, where)
    second = replace(one, key=f"{key}b", at=at + shift, text=text, channel="web", mood=float(dice.random()))
    return [one, second]


def _patrol(seed: int, day: date, shape: Shape, settings: Settings) -> list[Saying]:
    """What workers find on their rounds that nobody would have said: each grid by chances of its own, so one more worker moves no other."""
    kinds = [kind for kind in rhythms()["kinds"] if kind["grid_workers"]]
    weights = np.array(
        [kind["per_day"] * kind["grid_workers"] * day_factor(kind, day, off=False) for kind in kinds]
    )
    running = np.cumsum(weights) / weights.sum()
    begins = datetime.combine(day, time(8, 40), ZONE)
    said = []
    for grid in shape.grids:
        if grid.code not in shape.patrolled:
            continue
        dice = stream(seed, "patrol", day, grid.code)
        for number in range(int(dice.poisson(settings.found))):
            which, minutes, words, where, spot = dice.random(5)
            kind = kinds[int(np.searchsorted(running, which, side="right"))]
            said.append(
                Saying(
                    key=f"{day:%m%d}-{grid.code}-{number}",
                    at=begins + timedelta(minutes=int(minutes * 500)),
                    kind=kind["code"],
                    text=_words(kind["texts"], words, where),
                    lon=grid.lon,
                    lat=grid.lat,
                    grid=grid.code,
                    finder=GRID_WORKER,
                    channel="field",
                    needs=lasting(dice, kind["needs"], kind["spread"]),
                    patience=24.0,
                    mood=0.0,
                    judges=False,
                    on_spot=bool(spot < kind["on_spot"]),
                )
            )
    return said


def _words(texts: Sequence[str], words: float, where: float) -> str:
    places = rhythms()["where"]
    return texts[int(words * len(texts))].format(where=places[int(where * len(places))])


def _channel(way: float) -> str:
    for name, share in rhythms()["channels"].items():
        if way < share:
            return str(name)
        way -= share
    return "web"


def _beside(lon: float, lat: float, east: float, north: float) -> tuple[float, float]:
    """A point so many metres away, to a decimetre."""
    return round(lon + east / (METRES * math.cos(math.radians(lat))), 6), round(lat + north / METRES, 6)


def _flood(seed: int, burst: Burst, shape: Shape) -> list[Saying]:
    """Residents who see the street under water: many at first, fewer every hour."""
    table = rhythms()["burst"]
    grid = shape.grid(burst.grid)
    dice = stream(seed, "burst", burst.at.isoformat(), burst.grid)
    count = int(dice.poisson(table["reports"] if burst.reports is None else burst.reports))
    said = []
    for number in range(max(2, count)):
        minutes = 6 + int(dice.exponential(table["fades_hours"]) * 60)
        east, north = dice.normal(0, table["metres"] / 2.5, 2)
        lon, lat = _beside(grid.lon, grid.lat, float(east), float(north))
        said.append(
            Saying(
                key=f"{burst.at:%m%d}-burst-{number}",
                at=burst.at + timedelta(minutes=minutes),
                kind=table["kind"],
                text=table["texts"][int(dice.random() * len(table["texts"]))],
                lon=lon,
                lat=lat,
                grid=grid.code,
                finder=RESIDENT,
                channel="web" if dice.random() < 0.6 else "hotline",
                needs=5.0,
                patience=lasting(dice, 12.0, 0.4),
                mood=float(dice.random()),
                judges=bool(dice.random() < 0.7),
                planted=True,
            )
        )
    return said


def rising(burst: Burst) -> tuple[Reading, ...]:
    """What the device at the place measures, every five minutes: metres of water, rising, standing, and falling after four hours."""
    if not burst.device:
        return ()
    said = []
    for step in range(72):
        minutes = step * 5
        depth = min(0.32, 0.02 + 0.025 * step) if minutes < 240 else max(0.0, 0.32 - 0.02 * (step - 48))
        said.append(Reading(burst.at + timedelta(minutes=minutes + 2), burst.device, round(depth, 3)))
    return tuple(said)
