"""The matter that an order or a whistle is about, as its form begins: a case or a warning, by its number."""

from __future__ import annotations

from collections.abc import Iterable
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


_PAGES = {
    "cases": "desk:case",
    "warning": "warnings:warning",
    Order.flow_name: "command:order",
    Whistle.flow_name: "command:whistle",
}


def of(key: int | None, viewer: Viewer) -> tuple[str, str]:
    """``(number, address)`` of the matter of that key; the address is "" where this viewer has no page of it, both where it is unknown."""
    return of_many([key], viewer).get(key, ("", "")) if key is not None else ("", "")


def of_many(keys: Iterable[int], viewer: Viewer) -> dict[int, tuple[str, str]]:
    """The same for many, in two queries."""
    wanted = set(keys)
    known = command.matters_of(wanted, viewer)
    kinds = {one.flow_name: one for one in Matter.__subclasses__()}
    found = {}
    for matter in Matter.objects.filter(pk__in=wanted):
        kind = kinds.get(matter.flow)
        if kind is not None:
            number = kind(pk=matter.pk, opened_at=matter.opened_at).number
            page = _PAGES.get(matter.flow) if matter.pk in known else None
            found[matter.pk] = (number, reverse(page, args=[number]) if page else "")
    return found
