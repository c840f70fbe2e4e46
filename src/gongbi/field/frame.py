"""What stands around every page of a grid worker: four big ways, whose grid this is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import NavItem
from gongbi.parties import directory
from gongbi.territory import queries as territory

WAYS = (
    (_("Next tasks"), "field:home", "list-checks"),
    (_("Report"), "field:report", "camera"),
    (_("Duty list"), "field:duties", "clipboard-list"),
    (_("Contacts"), "field:contacts", "phone"),
)


def viewer_of(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def address(name: str, *args: Any) -> str:
    """The address of a page of another face, "" where this installation has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def frame(request: HttpRequest, here: str, *, now: datetime) -> dict[str, Any]:
    """The context of every page; one query for the names of the grids."""
    viewer = viewer_of(request)
    unit = directory.current().by_id.get(viewer.unit_id) if viewer.unit_id is not None else None
    return {
        "ways": [NavItem(words, reverse(name), icon, current=name == here) for words, name, icon in WAYS],
        "grids": grids(viewer, now),
        "unit": unit,
        "now": now,
        "synthetic_data": bool(unit and unit.synthetic),
    }


def grids(viewer: Viewer, now: datetime) -> list[tuple[str, str]]:
    """(code, name) of the grids or communities this post covers."""
    codes = list(viewer.territories)
    names = territory.names([part for code in codes for part in (code, code[:12])], on=now)
    shown = []
    for code in codes:
        parts = dict.fromkeys(part for part in (names.get(code[:12], ""), names.get(code, "")) if part)
        shown.append((code, " ".join(parts) or code))
    return shown
