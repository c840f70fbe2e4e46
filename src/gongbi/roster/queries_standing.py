"""Who stood when, for a wall: rosters, units and times. No name, no post, no person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory
from gongbi.roster import rules
from gongbi.roster.models import Turn

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Watch:
    """How many stood for a roster from ``since`` to ``until`` (half-open); ``lead``: they led the shift."""

    code: str  # of the place it answers for
    rota: Words
    unit: Words
    since: datetime
    until: datetime
    lead: bool
    people: int


def watches(viewer: Viewer, since: datetime, until: datetime) -> Iterator[Watch]:
    """Turns that share a moment with the half-open window, those of a roster that are alike told as one, by unit and time. One query.

    As it was in the end: who was relieved stood until then, and what was taken back before it began was never stood.
    """
    found = (
        visible(Turn, viewer, "board")
        .filter(cancelled_at__isnull=True, starts_at__lt=until, ends_at__gt=since)
        .order_by("rota__unit_id", "rota_id", "starts_at", "ends_at", "sort")
        .values_list(
            "rota__territory",
            "rota__name",
            "rota__name_en",
            "rota__unit_id",
            "starts_at",
            "ends_at",
            "sort",
            "rota_id",
        )
    )
    units = directory.current().by_id
    alike: dict[tuple[int, datetime, datetime, str], Watch] = {}
    for code, name, name_en, unit_id, starts, ends, sort, rota in found:
        unit = units.get(unit_id)
        key = (rota, starts, ends, sort)
        known = alike.get(key)
        alike[key] = Watch(
            code, (name, name_en or name), (unit.name, unit.name_en or unit.name) if unit is not None else ("", ""), starts, ends,
            sort == rules.LEAD, known.people + 1 if known is not None else 1,
        )  # fmt: skip
    yield from alike.values()
