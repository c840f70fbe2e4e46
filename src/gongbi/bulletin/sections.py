"""Who fills a bulletin: parts in their order, each made by a function of the question. Rooms on higher floors add theirs here.

A bulletin stands above the rooms that count, so its own parts ask their front doors. A room above it (devices, say) cannot be imported from
here; it registers a part when it is loaded, which is an import that goes down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from gongbi.bulletin.shape import Plain
from gongbi.insight.period import Period
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Asked:
    """What a part is asked: the period and what it is compared with. ``viewer`` sees the place whose bulletin it is, and nothing else.

    ``before`` and ``year``: None where the record does not reach back that far.
    """

    viewer: Viewer
    sort: str
    period: Period
    before: Period | None
    year: Period | None
    at: datetime
    begun: date | None

    @property
    def periods(self) -> tuple[Period, Period | None, Period | None]:
        return self.period, self.before, self.year


Make = Callable[[Asked], Plain | None]
_parts: dict[str, tuple[int, Make]] = {}


def section(name: str, order: int) -> Callable[[Make], Make]:
    """Register a part under a name that stays for good; ``order`` is its place. None from it: nothing to tell, no part."""

    def keep(make: Make) -> Make:
        known = _parts.get(name)
        if known is not None and known[1].__qualname__ != make.__qualname__:
            raise ValueError(f"a part called {name} exists: {known[1].__qualname__}")
        _parts[name] = (order, make)
        return make

    return keep


def makers() -> list[tuple[str, Make]]:
    """Every part in its order."""
    return [
        (name, make) for name, (_order, make) in sorted(_parts.items(), key=lambda one: (one[1][0], one[0]))
    ]
