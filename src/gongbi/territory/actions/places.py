"""Take in the gazetteer: roads, compounds, landmarks, communities, with their aliases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Fault
from gongbi.territory import queries, rules
from gongbi.territory.actions.common import fault, may_change, touch
from gongbi.territory.models import Division, Place, Revision, on_day
from gongbi.territory.words import refused

MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One place. Without a division the point decides it; without a point the place is as exact as its division."""

    name: str
    kind: str
    division: str = ""
    aliases: tuple[str, ...] = ()
    lon: float | None = None
    lat: float | None = None
    crs: str = "CGCS2000"
    number: int = 0


@transaction.atomic
def import_places(
    rows: Iterable[PlaceRow], *, valid_from: date, synthetic: bool = False, viewer: Viewer, at: datetime
) -> Result:
    """Add places, or change aliases and position of those that are there; wrong rows are reported, the others taken.

    A place is known by name, kind and division.
    """
    may_change(viewer)
    report = Result()
    codes = set(Division.objects.filter(on_day(valid_from)).values_list("code", flat=True))
    known = {(p.name, p.kind, p.division): p for p in Place.objects.filter(valid_to__isnull=True)}
    fresh: dict[tuple[str, str, str], Place] = {}
    changed: list[Place] = []
    for index, row in enumerate(rows, start=1):
        number = row.number or index
        try:
            place = _place(row, codes, valid_from, synthetic)
        except Refused as no:
            code = no.code.removeprefix("territory.")
            report.faults.append(Fault(number, no.field, no.words, code, no.values))
            continue
        key = (place.name, place.kind, place.division)
        old = known.get(key)
        if key in fresh:
            report.faults.append(fault(number, "name", "place_twice"))
        elif old is None:
            fresh[key] = place
        elif (old.aliases, old.lon, old.lat) == (place.aliases, place.lon, place.lat):
            report.same += 1
        else:
            old.aliases, old.lon, old.lat, old.synthetic = place.aliases, place.lon, place.lat, synthetic
            changed.append(old)
    Place.objects.bulk_create(fresh.values(), batch_size=500)
    Place.objects.bulk_update(changed, ["aliases", "lon", "lat", "synthetic"], batch_size=200)
    report.new, report.changed = len(fresh), len(changed)
    if fresh or changed:
        touch(Revision.PLACES)
    return report


def _place(row: PlaceRow, codes: set[str], day: date, synthetic: bool) -> Place:
    name = row.name.strip()
    if not name:
        raise refused("name_missing", field="name")
    if len(name) > MAX_NAME:
        raise refused("name_long", field="name", most=MAX_NAME)
    if row.kind not in Place.KINDS:
        raise refused("place_kind", field="kind", kind=row.kind[:20], allowed="、".join(Place.KINDS))
    if (row.lon is None) != (row.lat is None):
        raise refused("half_point", field="lon")
    lon, lat, code = row.lon, row.lat, rules.normalise(row.division)
    if lon is not None and lat is not None:
        lon, lat = queries.to_storage(lon, lat, crs=row.crs)
        placed = queries.locate(lon, lat, on=day)
        if placed is None and not code:
            raise refused("outside_district", field="lon", lon=row.lon, lat=row.lat)
        code = code or (placed.code if placed else "")
    if not code:
        raise refused("place_nowhere", field="division")
    if code not in codes:
        raise refused("no_division", field="division", code=code[:30], day=day)
    aliases = list(dict.fromkeys(a.strip()[:MAX_NAME] for a in row.aliases if a.strip()))
    return Place(
        name=name, kind=row.kind, aliases=aliases, lon=lon, lat=lat, division=code, valid_from=day, synthetic=synthetic
    )  # fmt: skip


@transaction.atomic
def end_place(place_id: int, *, effective: date, viewer: Viewer, at: datetime) -> Place:
    """End a place on a day: a road renamed, a compound pulled down. It is still found for earlier days."""
    may_change(viewer)
    place = Place.objects.select_for_update().filter(pk=place_id, valid_to__isnull=True).first()
    if place is None:
        raise refused("no_place")
    if effective <= place.valid_from:
        raise refused(
            "not_before_start", field="effective", day=effective, name=place.name, start=place.valid_from
        )
    place.valid_to = effective
    place.save(update_fields=["valid_to"])
    touch(Revision.PLACES)
    return place
