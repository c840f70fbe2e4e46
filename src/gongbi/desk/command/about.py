"""The matter that an order or a whistle is about, as its form begins: a case, a warning or an incident, by its number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse

from gongbi.cases import queries as cases
from gongbi.command import queries as command
from gongbi.command.actions.common import LONGEST, PLACE
from gongbi.command.models import Order, Whistle
from gongbi.desk.names import Names
from gongbi.incidents import queries as incidents
from gongbi.incidents.catalogue import EVENTS
from gongbi.incidents.models import DRILL_PREFIX, Incident
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said
from gongbi.warning import queries as warnings
from gongbi.warning import words as warning_words
from gongbi.warning.models import Warning

ASKED = ("请立即到场，按分工处置。", "Come at once and do your part. ")


@dataclass(frozen=True, slots=True)
class Named:
    """One matter: its key and number, its page, and what a form takes over from it. ``units``: key → what it is to do there."""

    key: int
    number: str
    title: str
    href: str
    territory: str
    unit_id: int | None = None
    place: str = ""
    lon: float | None = None
    lat: float | None = None
    text: str = ""
    units: Mapping[int, str] = field(default_factory=dict)
    drill: bool = False
    comes: bool = False  # whoever is ordered about it comes to a place


def named(number: str, viewer: Viewer, now: datetime) -> Named:
    """The case, warning or incident of that number, or NotThere."""
    given = numbers.read(number)
    prefix = given[0] if given is not None else ""
    if prefix == Warning.prefix:
        return _warning(warnings.warning_by_number(number, viewer), viewer, now)
    if prefix in (Incident.prefix, DRILL_PREFIX):
        return _incident(incidents.incident_by_number(number, viewer), viewer, now)
    case = cases.case_by_number(number, viewer)
    return Named(
        case.pk, case.number, case.title, reverse("desk:case", args=[case.number]), case.territory, case.unit_id,
        case.place_words, case.lon, case.lat,
    )  # fmt: skip


def _warning(found: Warning, viewer: Viewer, now: datetime) -> Named:
    title = f"{said(warning_words.LEVELS[found.level])} {said(warning_words.SORTS[found.sort])}"
    return Named(
        found.pk, found.number, title, reverse("warnings:warning", args=[found.number]), found.territory, found.unit_id,
        Names(viewer, now).place(found.territory), found.lon, found.lat, text="；".join(pair[0] for pair in found.reasons)[:LONGEST],
    )  # fmt: skip


def _incident(found: Incident, viewer: Viewer, now: datetime) -> Named:
    """Its place, its situation, and the units that its plan's open tasks name, each with its share."""
    place = " ".join(part for part in (Names(viewer, now).place(found.territory), found.place_words) if part)
    told = f"{said(EVENTS[found.kind].words)}：{said(ASKED)}{found.summary}"
    shares: dict[int, list[str]] = {}
    for task in incidents.tasks(found, viewer):
        if task.settled_at is None and task.unit_id is not None:
            shares.setdefault(task.unit_id, []).append(task.title_zh)
    units = {unit: "；".join(titles)[:LONGEST] for unit, titles in shares.items()}
    first = next((unit for unit in units if unit != found.unit_id), None)
    page = reverse("incidents:incident", args=[found.number])
    return Named(
        found.pk, found.number, found.title, page, found.territory, first, place[:PLACE], found.lon, found.lat, text=told[:LONGEST],
        units=units, drill=found.drill, comes=True,
    )  # fmt: skip


_PAGES = {
    "cases": "desk:case",
    "warning": "warnings:warning",
    Incident.flow_name: "incidents:incident",
    Order.flow_name: "command:order",
    Whistle.flow_name: "command:whistle",
}


def of(key: int | None, viewer: Viewer) -> tuple[str, str]:
    """``(number, address)`` of the matter of that key; the address is "" where this viewer has no page of it, both where it is unknown."""
    return of_many([key], viewer).get(key, ("", "")) if key is not None else ("", "")


def of_many(keys: Iterable[int], viewer: Viewer) -> dict[int, tuple[str, str]]:
    """The same for many: two questions, and one for each sort of matter among them."""
    wanted = set(keys)
    known = command.matters_of(wanted, viewer)
    matters = list(Matter.objects.filter(pk__in=wanted))
    told = Matter.numbers_of(matters)
    found = {}
    for matter in matters:
        if matter.pk in told:
            page = _PAGES.get(matter.flow) if matter.pk in known else None
            found[matter.pk] = (told[matter.pk], reverse(page, args=[told[matter.pk]]) if page else "")
    return found
