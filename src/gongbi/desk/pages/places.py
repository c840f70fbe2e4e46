"""The map of open matters with the same as a table, and the search."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from gongbi.cases import queries
from gongbi.cases.flow import CASE
from gongbi.cases.queries import lists
from gongbi.desk.frame import READERS, viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.desk.pages.queue import rows_of
from gongbi.kernel import scope
from gongbi.kernel.clock.queries import provisional_among
from gongbi.kernel.clock.words import when
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.flow import numbers
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import Cell, Column, Table

ROWS = 100
_EVERYWHERE = {"west": -180.0, "south": -90.0, "east": 180.0, "north": 90.0}


def _due(due: datetime | None, now: datetime) -> tuple[str, tuple[str, str]]:
    """How pressing a deadline is, for the map: tone and words."""
    if due is None:
        return "quiet", ("没有计时", "No clock")
    if due < now:
        return "late", ("已超期", "Overdue")
    if due < now + timedelta(days=1):
        return "soon", ("一天内到期", "Due within a day")
    return "ok", ("在期限内", "Within time")


def _until(due: datetime | None, now: datetime, *, provisional: bool) -> str:
    """When, as people say it, with the mark of a year whose holiday notice is not out."""
    if due is None:
        return "—"
    return " ".join([in_language(when(due, now)), _("(provisional calendar)")][: 1 + provisional])


def _window(request: HttpRequest) -> dict[str, Any]:
    """``?bounds=west,south,east,north`` in CGCS2000 degrees; everything when it is not four numbers."""
    try:
        west, south, east, north = (float(part) for part in request.GET.get("bounds", "").split(","))
    except ValueError:
        return _EVERYWHERE
    good = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    return {"west": west, "south": south, "east": east, "north": north} if good else _EVERYWHERE


@require_safe
@scope.endpoint("desk.map", roles=READERS)
def district(request: HttpRequest) -> HttpResponse:
    """Where it is burning: every open matter that has a point, on the map and in the table below, the most pressing first."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.map_window(viewer, **_window(request))
    found.sort(key=lambda one: (one["due_at"] is None, one["due_at"] or now, one["pk"]))
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "table": _table(page.object_list, viewer, now),
        "most": lists.MAP_MOST,
        "cut": len(found) >= lists.MAP_MOST,
    }
    return show(request, "desk/map.html", context, here="desk:map")


def _table(rows: Any, viewer: Viewer, now: datetime) -> Table:
    names = Names(viewer, now)
    soft = provisional_among([row["pk"] for row in rows])
    columns = (
        Column(gettext_lazy("Matter")),
        Column(gettext_lazy("Kind"), tight=True),
        Column(gettext_lazy("State"), tight=True),
        Column(gettext_lazy("Deadline"), tight=True),
        Column(gettext_lazy("Due"), tight=True),
    )
    lines = [
        (
            Cell(row["title"], reverse("desk:case_key", args=[row["pk"]])),
            Cell(names.kind(row["kind"]) or "—"),
            Cell(CASE.by_state[row["state"]].words),
            Cell(_due(row["due_at"], now)[1]),
            Cell(_until(row["due_at"], now, provisional=row["pk"] in soft)),
        )
        for row in rows
    ]
    return Table(gettext_lazy("Open matters, the most pressing first"), columns, lines)


@require_safe
@scope.endpoint("desk.points", roles=READERS)
def points(request: HttpRequest) -> JsonResponse:
    """The same as GeoJSON points."""
    viewer, now = viewer_of(request), timezone.now()
    features = []
    for row in queries.map_window(viewer, **_window(request)):
        tone, words = _due(row["due_at"], now)
        said = {
            "title": row["title"],
            "words": in_language(words),
            "tone": tone,
            "href": reverse("desk:case_key", args=[row["pk"]]),
        }
        features.append(
            {
                "type": "Feature",
                "properties": said,
                "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            }
        )
    answer = JsonResponse({"type": "FeatureCollection", "features": features})
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
@scope.endpoint("desk.search", roles=READERS)
def search(request: HttpRequest) -> HttpResponse:
    """By number straight to the matter; by words the open, the closed and those that ended otherwise, newest first."""
    viewer, now = viewer_of(request), timezone.now()
    words = " ".join(request.GET.get("q", "").split())[:80]
    wrong = ""
    if words and numbers.read(words):
        try:
            found = queries.case_by_number(words, viewer)
        except Refused as refusal:
            wrong = refusal.message
        else:
            return HttpResponseRedirect(reverse("desk:case", args=[found.number]))
    sections = []
    if words and not wrong:
        for tab in ("open", *lists.ENDED):
            page = queries.queue(viewer, queries.QueueFilter(tab=tab, words=words), now=now)
            sections.append(
                {"tab": lists.TAB[tab], "rows": rows_of(page.cases, viewer, now), "more": page.more}
            )
    context = {
        "words": words,
        "wrong": wrong,
        "sections": sections,
        "nothing": bool(words) and not any(section["rows"] for section in sections),
        "title": _("Search") if not words else _("Search: %(words)s") % {"words": words},
    }
    return show(request, "desk/search.html", context, here="desk:search")
