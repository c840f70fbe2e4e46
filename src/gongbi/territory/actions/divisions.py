"""Take in the tree of divisions: codes and names, without boundaries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.territory import rules
from gongbi.territory.actions.common import fault, may_change, touch
from gongbi.territory.models import Division, Revision, new_division, on_day

MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """One row of the list. ``number``: where it stood in the file."""

    code: str
    name: str
    number: int = 0
    households: int | None = None
    population: int | None = None


@transaction.atomic
def import_divisions(
    rows: Iterable[DivisionRow], *, valid_from: date, synthetic: bool = False, viewer: Viewer, at: datetime
) -> Result:
    """Add divisions valid from a day, or rename those that are there; rows that are wrong are reported, the others taken.

    A new name on a later day begins a new version; on the version's own first day it is a correction. Rows may come in any order.
    """
    may_change(viewer)
    report = Result()
    good: dict[str, DivisionRow] = {}
    for index, row in enumerate(rows, start=1):
        number = row.number or index
        code = rules.normalise(row.code)
        name = row.name.strip()
        if bad := rules.code_fault(code):
            report.faults.append(fault(number, "code", bad.code, code=row.code[:30], part=bad.part[:30]))
        elif code in good:
            report.faults.append(fault(number, "code", "twice", code=code))
        elif not name:
            report.faults.append(fault(number, "name", "name_missing"))
        elif len(name) > MAX_NAME:
            report.faults.append(fault(number, "name", "name_long", most=MAX_NAME))
        else:
            good[code] = DivisionRow(code, name, number, row.households, row.population)
    known = {d.code: d for d in Division.objects.filter(on_day(valid_from)).defer("geometry")}
    ever = set(Division.objects.filter(code__in=list(good)).values_list("code", flat=True))
    fresh: list[Division] = []
    there = set(known)
    for code, row in sorted(good.items()):  # parents sort before their children
        parent = rules.parent_of(code)
        if code in known:
            _take_over(known[code], row, valid_from, report)
        elif parent and parent not in there:
            report.faults.append(fault(row.number, "code", "no_parent", parent=parent))
        elif code in ever:
            # Once used and ended (or planned for later): a code never means two places.
            report.faults.append(fault(row.number, "code", "twice", code=code))
        else:
            there.add(code)
            fresh.append(
                new_division(
                    code, row.name, valid_from,
                    synthetic=synthetic, households=row.households, population=row.population,
                )
            )  # fmt: skip
    Division.objects.bulk_create(fresh, batch_size=500)
    report.new = len(fresh)
    if report.new or report.changed:
        touch(Revision.BOUNDARIES)
    return report


def _take_over(old: Division, row: DivisionRow, day: date, report: Result) -> None:
    figures = {
        key: value
        for key, value in (("households", row.households), ("population", row.population))
        if value is not None and value != getattr(old, key)
    }
    if old.name == row.name and not figures:
        report.same += 1
        return
    report.changed += 1
    if old.name == row.name or old.valid_from == day:
        old.name = row.name
        for key, value in figures.items():
            setattr(old, key, value)
        old.save(update_fields=["name", *figures])
        return
    ends, old.valid_to = old.valid_to, day
    renamed = new_division(
        old.code, row.name, day,
        valid_to=ends, synthetic=old.synthetic, geometry=old.geometry, lon=old.lon, lat=old.lat,
        area_m2=old.area_m2, households=old.households, population=old.population,
    )  # fmt: skip
    for key, value in figures.items():
        setattr(renamed, key, value)
    old.save(update_fields=["valid_to"])
    renamed.save()
