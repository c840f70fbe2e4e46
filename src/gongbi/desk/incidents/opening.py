"""In one click from a case or a warning: what is known there becomes an incident."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from gongbi.cases import queries as cases
from gongbi.desk.names import Names
from gongbi.incidents import actions, catalogue
from gongbi.incidents import queries as incidents
from gongbi.incidents.actions.opening import MOST_SUMMARY, MOST_TITLE
from gongbi.incidents.models import Incident
from gongbi.kernel.flow import numbers
from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning import actions as warning_actions
from gongbi.warning import queries as warnings
from gongbi.warning.flow import GROWING
from gongbi.warning.models import Warning

MOST_CASES = 5  # of a warning that its incident is tied to


def open_from(number: str, viewer: Viewer, *, at: datetime, drill: bool = False) -> Incident:
    """The incident about that case or warning: the one that is open, else a new one with what is known there.

    A warning is acted on by it; the open cases of its kind inside are tied to it too. A drill is always another. Errors: NotThere,
    Forbidden, Refused (the place is not settled).
    """
    given = numbers.read(number)
    source: Any
    if given is not None and given[0] == Warning.prefix:
        source = warnings.warning_by_number(number, viewer)
        made = _open_warning(source, viewer, at, drill=drill)
        if not drill and source.state in GROWING:
            warning_actions.responded(key=source.pk, incident=made.pk, viewer=viewer, at=at)
        return made
    source = cases.case_by_number(number, viewer)
    return _open(source, _of_case(source, viewer, at), [source.matter_ptr], viewer, at, drill=drill)


def _open_warning(source: Any, viewer: Viewer, at: datetime, *, drill: bool) -> Incident:
    inside = warnings.cases_inside(source, viewer)
    counted = Counter(case.kind for case in inside if case.kind)
    likely = source.kind or min(counted, key=lambda kind: (-counted[kind], kind), default="")
    same = [case for case in inside if case.closed_at is None and case.kind == likely][:MOST_CASES]
    for case in same:
        for one in incidents.opened_for(case.pk, viewer):
            if one.closed_at is None and one.drill == drill:
                return actions.tie(key=one.pk, matter=source.matter_ptr, viewer=viewer, at=at)
    about = [source.matter_ptr, *(case.matter_ptr for case in same)]
    return _open(source, _of_warning(source, likely, same, viewer, at), about, viewer, at, drill=drill)


def _open(
    source: Any, opened: dict[str, Any], about: list[Any], viewer: Viewer, at: datetime, *, drill: bool
) -> Incident:
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
    if Names(viewer, at).place(opened["territory"]) in opened["place_words"]:
        opened = opened | {"place_words": ""}  # it says what the division says
    return actions.open_incident(actions.Opened(**(opened | more)), viewer=viewer, at=at, about=about)


def _of_case(case: Any, viewer: Viewer, at: datetime) -> dict[str, Any]:
    kind = catalogue.guess(case.kind)
    place = (case.lon, case.lat) if case.lon is not None and case.lat is not None else None
    said = min(case.reports.all(), key=lambda one: one.pk, default=None)
    return {
        "title": case.title[:MOST_TITLE], "kind": kind, "sort": catalogue.EVENTS[kind].sort, "level": catalogue.LOWEST,
        "territory": case.territory, "happened_at": min(case.opened_at, at), "place": place, "place_words": case.place_words,
        "summary": (said.text if said is not None else "")[:MOST_SUMMARY],
    }  # fmt: skip


def _of_warning(
    warning: Warning, likely: str, same: list[Any], viewer: Viewer, at: datetime
) -> dict[str, Any]:
    """Place, event and level as the warning has them; the spot is that of its newest open case where there is one."""
    kind = catalogue.guess(likely)
    reasons = "；".join(pair[0] for pair in warning.reasons)
    spot = next((case for case in same if case.lon is not None), warning)
    place = (spot.lon, spot.lat) if spot.lon is not None and spot.lat is not None else None
    where = Names(viewer, at).place(warning.territory)
    name = catalogue.EVENTS[kind].words[0] if kind != "other" else f"预警 {warning.number}"
    return {
        "title": f"{where} {name}".strip()[:MOST_TITLE], "kind": kind, "sort": catalogue.EVENTS[kind].sort, "level": warning.level,
        "territory": warning.territory, "happened_at": min(warning.opened_at, at), "place": place,
        "place_words": next((case.place_words for case in same if case.place_words), ""), "summary": reasons[:MOST_SUMMARY],
    }  # fmt: skip
