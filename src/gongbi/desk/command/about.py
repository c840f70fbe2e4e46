"""The matter that an order or a whistle is about, as its form begins: a case or a warning, by its number."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from gongbi.cases import queries as cases
from gongbi.command import queries as command
from gongbi.command.models import Order, Whistle
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said
from gongbi.warning import queries as warnings
from gongbi.warning import words as warning_words
from gongbi.warning.models import Warning


@dataclass(frozen=True, slots=True)
class Named:
    """One matter: its key and number, its page, and what a form takes over from it."""

    key: int
    number: str
    title: str
    href: str
    territory: str
    unit_id: int | None = None
    place: str = ""
    lon: float | None = None
    lat: float | None = None


def named(number: str, viewer: Viewer) -> Named:
    """The case or warning of that number, or NotThere."""
    given = numbers.read(number)
    if given is not None and given[0] == Warning.prefix:
        found = warnings.warning_by_number(number, viewer)
        title = f"{said(warning_words.LEVELS[found.level])} {said(warning_words.SORTS[found.sort])}"
        href = reverse("warnings:warning", args=[found.number])
        return Named(
            found.pk, found.number, title, href, found.territory, found.unit_id, "", found.lon, found.lat
        )
    case = cases.case_by_number(number, viewer)
    return Named(
        case.pk, case.number, case.title, reverse("desk:case", args=[case.number]), case.territory, case.unit_id,
        case.place_words, case.lon, case.lat,
    )  # fmt: skip


def of(key: int | None, viewer: Viewer) -> tuple[str, str]:
    """``(number, address)`` of the matter of that key; the address is "" where this viewer has no page of it, both where it is unknown."""
    if key is None:
        return "", ""
    matter = Matter.objects.filter(pk=key).first()
    kinds = {one.flow_name: one for one in Matter.__subclasses__()}
    kind = kinds.get(matter.flow) if matter is not None else None
    if kind is None or matter is None:
        return "", ""
    number = kind(pk=matter.pk, opened_at=matter.opened_at).number
    if command.matter_of(key, viewer) is None:
        return number, ""
    pages = {
        "cases": "desk:case",
        "warning": "warnings:warning",
        Order.flow_name: "command:order",
        Whistle.flow_name: "command:whistle",
    }
    page = pages.get(matter.flow)
    return number, reverse(page, args=[number]) if page else ""
