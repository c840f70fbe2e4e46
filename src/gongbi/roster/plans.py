"""What a rota asks for on given days, by the working calendar of now; and its week. Reads nobody's rows: it is given the rota."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from gongbi.kernel.clock.queries import current_calendar
from gongbi.roster import rules
from gongbi.roster.models import Rota


def plan_of(rota: Rota, *, first: date, last: date) -> list[rules.Planned]:
    """What the rota's shifts ask for on these local days (both included), by the working calendar of now."""
    zone = rules.zone_of(rota.zone)
    assert zone is not None  # checked when it was written
    begin = max(first, rota.valid_from)
    end = min(last, rota.valid_to - timedelta(days=1)) if rota.valid_to is not None else last
    if end < begin:
        return []
    calendar = current_calendar()
    found = []
    for shift in rota.shifts.all():
        until = min(end, shift.valid_to - timedelta(days=1)) if shift.valid_to is not None else end
        if begin <= until:
            found += rules.planned([shift.plain()], begin, until, zone, calendar)
    return sorted(found, key=lambda one: (one.starts, one.ends, one.shift.key))


def week_of(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """The instants (UTC) at which the local week of ``day`` begins and ends."""
    zone = rules.zone_of(zone_name)
    assert zone is not None
    monday = day - timedelta(days=day.weekday())
    midnight = datetime.min.time()
    return rules.instant(monday, midnight, zone), rules.instant(monday + timedelta(days=7), midnight, zone)
