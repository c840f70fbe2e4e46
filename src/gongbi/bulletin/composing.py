"""A bulletin's figures as plain values, from the registered parts. Reads only; the time is an argument."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from gongbi.bulletin import rules, sections, shape
from gongbi.bulletin.names import both
from gongbi.bulletin.sections import Asked
from gongbi.bulletin.shape import Plain, Words
from gongbi.insight import queries_tally
from gongbi.insight.period import Period
from gongbi.kernel.scope.viewer import MANAGER, Viewer
from gongbi.parties import directory

DISTRICT_DIGITS = 6


def reader(territory: str) -> Viewer:
    """Whoever sees one place and no more: a bulletin counts what its place's leader may count, whoever has it made."""
    return Viewer(actor="system:bulletin", role=MANAGER, territories=(territory,))


def place_words(territory: str, period: Period) -> Words:
    """What the place of a bulletin is called."""
    if len(territory) <= DISTRICT_DIGITS:
        zh, en = settings.DISTRICT_NAME
        return zh, en
    return both("street", [territory], period.last)[territory]


def invented() -> bool:
    """Whether this district was made up for the demonstration."""
    return any(unit.synthetic for unit in directory.current().by_id.values())


def compose(sort: str, period: Period, territory: str, *, at: datetime) -> Plain:
    """Every part of the bulletin of a place and period. What the record does not reach back to is compared with nothing."""
    viewer = reader(territory)
    first = queries_tally.begun(viewer)
    begun = None if first is None else timezone.localdate(first)
    before, year = period.before(), rules.year_before(sort, period)
    asked = Asked(
        viewer,
        sort,
        period,
        before if rules.on_record(before, begun) else None,
        year if year is not None and rules.on_record(year, begun) else None,
        at,
        begun,
    )
    made = [make(asked) for _name, make in sections.makers()]
    return {
        "format": shape.FORMAT,
        "sort": sort,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "territory": territory,
        "place": list(place_words(territory, period)),
        "synthetic": invented(),
        "begun": None if begun is None else begun.isoformat(),
        "parts": [one for one in made if one is not None],
    }
