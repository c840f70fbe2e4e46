"""In one click from a case or a warning: what is known there becomes an incident."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gongbi.cases import queries as cases
from gongbi.incidents import actions, catalogue
from gongbi.incidents import queries as incidents
from gongbi.incidents.actions.opening import MOST_SUMMARY, MOST_TITLE
from gongbi.incidents.models import Incident
from gongbi.kernel.flow import numbers
from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning import queries as warnings
from gongbi.warning.models import Warning


def open_from(number: str, viewer: Viewer, *, at: datetime, drill: bool = False) -> Incident:
    """The incident about that case or warning: the one that is open, else a new one with what is known there.

    A drill is always another. Errors: NotThere, Forbidden, Refused (the place is not settled).
    """
    given = numbers.read(number)
    source: Any
    if given is not None and given[0] == Warning.prefix:
        source = warnings.warning_by_number(number, viewer)
        opened = _of_warning(source, viewer, at)
    else:
        source = cases.case_by_number(number, viewer)
        opened = _of_case(source, viewer, at)
    known = [
        one for one in incidents.opened_for(source.pk, viewer) if one.closed_at is None and one.drill == drill
    ]
    if known:
        return known[0]
    turn = incidents.open_number(source.pk, viewer)
    more = {
        "key": f"about:{source.pk}:{turn}:{int(drill)}",
        "drill": drill,
        "unit_id": source.unit_id or viewer.unit_id,
    }
    return actions.open_incident(
        actions.Opened(**(opened | more)), viewer=viewer, at=at, about=[source.matter_ptr]
    )


def _of_case(case: Any, viewer: Viewer, at: datetime) -> dict[str, Any]:
    kind = catalogue.guess(case.kind)
    place = (case.lon, case.lat) if case.lon is not None and case.lat is not None else None
    said = min(case.reports.all(), key=lambda one: one.pk, default=None)
    return {
        "title": case.title[:MOST_TITLE], "kind": kind, "sort": catalogue.EVENTS[kind].sort, "level": catalogue.LOWEST,
        "territory": case.territory, "happened_at": min(case.opened_at, at), "place": place, "place_words": case.place_words,
        "summary": (said.text if said is not None else "")[:MOST_SUMMARY],
    }  # fmt: skip


def _of_warning(warning: Warning, viewer: Viewer, at: datetime) -> dict[str, Any]:
    kind = catalogue.guess(warning.kind)
    reasons = "；".join(pair[0] for pair in warning.reasons)
    place = (warning.lon, warning.lat) if warning.lon is not None and warning.lat is not None else None
    name = catalogue.EVENTS[kind].words[0]
    return {
        "title": f"预警 {warning.number}：{name}"[:MOST_TITLE], "kind": kind, "sort": catalogue.EVENTS[kind].sort,
        "level": warning.level, "territory": warning.territory, "happened_at": min(warning.opened_at, at), "place": place,
        "summary": reasons[:MOST_SUMMARY],
    }  # fmt: skip
