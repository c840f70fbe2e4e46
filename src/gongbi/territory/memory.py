"""What each process keeps in memory of the territory: locators for a day's boundaries, names, the gazetteer.

A row in the database holds a token for each list; it is compared at most once a second, and at every question while a
transaction of this process has changed the list and is not over. What is kept is read-only and shared between threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import Any, Generic, TypeVar

import shapely
from django.db import connection
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from gongbi.science.addresses.places import Finder
from gongbi.science.gazetteer import Entry, Gazetteer
from gongbi.science.geometry import Locator
from gongbi.territory import rules
from gongbi.territory.models import Division, Place, Revision, on_day
from gongbi.territory.rules import Level

T = TypeVar("T")
_CHECK_EVERY = 1.0  # seconds


class _Kept(Generic[T]):
    """One value that is good as long as the token in the database is the one it was made under."""

    def __init__(self, name: str, make: Callable[[], T]) -> None:
        self._name, self._make = name, make
        self._lock = threading.Lock()
        self._value: tuple[int, T] | None = None
        self._asked = -1e9
        self._suspect = True

    def suspect(self) -> None:
        self._suspect = True

    def get(self) -> T:
        now = time.monotonic()
        kept = self._value
        if kept is not None and not self._suspect and now - self._asked < _CHECK_EVERY:
            return kept[1]
        token = Revision.objects.filter(name=self._name).values_list("token", flat=True).first() or 0
        if kept is None or kept[0] != token:
            with self._lock:
                kept = self._value
                if kept is None or kept[0] != token:
                    kept = (token, self._make())
                    self._value = kept
        self._asked = now
        # Inside a transaction what was read may still be rolled back: keep asking until it is over.
        self._suspect = connection.in_atomic_block
        return kept[1]


class Boundaries:
    """The divisions of one revision. :meth:`on` gives those of a day."""

    def __init__(self) -> None:
        self._rows = list(
            Division.objects.order_by("code", "valid_from").values_list(
                "code", "name", "valid_from", "valid_to", "synthetic"
            )
        )
        turns = {row[2] for row in self._rows} | {row[3] for row in self._rows if row[3]}
        self._turns = sorted(turns)
        self._days: dict[date, Epoch] = {}
        self._lock = threading.Lock()
        self.maps: dict[tuple[object, ...], Any] = {}

    def on(self, day: date) -> Epoch | None:
        """The state between two changes that holds ``day``; None before the first."""
        start = None
        for turn in self._turns:
            if turn > day:
                break
            start = turn
        if start is None:
            return None
        found = self._days.get(start)
        if found is None:
            with self._lock:
                found = self._days.get(start)
                if found is None:
                    if len(self._days) >= 4:  # past days are asked for rarely; memory is bounded
                        self._days.pop(min(self._days))
                    valid = [row for row in self._rows if rules.valid_on(row[2], row[3], start)]
                    found = Epoch(start, {row[0]: row[1] for row in valid}, {r[0] for r in valid if r[4]})
                    self._days[start] = found
        return found


class Epoch:
    """Names and locators of the divisions valid from ``start`` until the next change."""

    def __init__(self, start: date, names: dict[str, str], synthetic: set[str]) -> None:
        self.start, self.names, self.synthetic = start, names, synthetic

    def _locator(self, level: Level) -> Locator[str]:
        shapes = self.shapes(level)
        return Locator(list(shapes.values()), list(shapes))

    @cached_property
    def grids(self) -> Locator[str]:
        return self._locator("grid")

    @cached_property
    def communities(self) -> Locator[str]:
        return self._locator("community")

    @cached_property
    def streets(self) -> Locator[str]:
        return self._locator("street")

    @cached_property
    def districts(self) -> Locator[str]:
        return self._locator("district")

    def shapes(self, level: Level, parent: str = "") -> dict[str, Any]:
        """Code → polygon, in the order of the codes, so that the smallest code wins a border."""
        rows = Division.objects.filter(on_day(self.start), level=level, geometry__isnull=False)
        if parent:
            rows = rows.filter(code__startswith=parent)
        pairs = rows.order_by("code").values_list("code", "geometry")
        return {code: shapely.from_wkb(bytes(raw)) for code, raw in pairs if raw is not None}


class Places:
    """The gazetteer of one revision."""

    def __init__(self) -> None:
        rows = Place.objects.order_by("id").values_list(
            "id", "name", "kind", "aliases", "lon", "lat", "division", "valid_from", "valid_to", "synthetic"
        )
        self.rows = {row[0]: row for row in rows}
        self.finder = Finder(
            Gazetteer(Entry(row[0], row[1], tuple(row[3]), row[2], row[6]) for row in self.rows.values())
        )


_boundaries: _Kept[Boundaries] = _Kept("boundaries", Boundaries)
_places: _Kept[Places] = _Kept("places", Places)


def boundaries() -> Boundaries:
    return _boundaries.get()


def places() -> Places:
    return _places.get()


def suspect(name: str) -> None:
    """This process is about to change a list: ask the database again at the next question."""
    (_boundaries if name == "boundaries" else _places).suspect()


@receiver(post_migrate)
def _after_migrate(**_: Any) -> None:
    suspect("boundaries")
    suspect("places")
