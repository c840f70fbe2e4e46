"""The front door, what happens nearby, whose grid it is, and who sees what."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gongbi.cases import queries as cases
from gongbi.kernel import scope, turnstile
from gongbi.kernel.errors import NotThere, Refused, TooMany
from gongbi.kernel.flow.declare import State
from gongbi.kernel.vault import queries as vault
from gongbi.look.furniture import Cell, Column, Fact, Table, Turn
from gongbi.resident import queries, sentences
from gongbi.resident.pages import alerts
from gongbi.resident.pages.common import district_name, invented, places, told
from gongbi.resident.rules import Words
from gongbi.territory import queries as territory

EMERGENCY: tuple[tuple[str, Words], ...] = (
    ("110", ("报警", "Police")),
    ("119", ("火警、救援", "Fire and rescue")),
    ("120", ("急救", "Ambulance")),
    ("122", ("交通事故", "Road accident")),
)
_KEPT: dict[str, Words] = {
    "case_file": ("您说的话、地点、照片和办理经过", "What you said, the place, photos and what was done"),
    "access_log": ("谁看过您的姓名和电话", "Who opened your name and number"),
    "consent": ("您的同意和撤回", "Your consents and withdrawals"),
    "staff_track": ("网格员工作时的轨迹", "Where a grid worker went during a shift"),
    "import_file": ("导入用的文件", "Files that were imported"),
}


@require_safe
@scope.endpoint("resident.home", roles=scope.ANYONE)
def home(request: HttpRequest) -> HttpResponse:
    """What do you want to do?"""
    typed, now = request.GET.get("number", "").strip()[:60], timezone.now()
    context: dict[str, Any] = {
        "alerts": alerts.standing(now),
        "t": alerts.T,
        "now": now,
        "emergency": EMERGENCY,
        "district": district_name(),
        "typed": typed,
        "synthetic_data": invented(now),
    }
    status, often = 200, None
    if typed:
        try:
            context["number"], context["state"] = _state(request, typed)
        except (NotThere, TooMany) as none:
            context["none"], status = none.message, none.status
            often = none if isinstance(none, TooMany) else None
    return told(render(request, "resident/home.html", context, status=status), often)


@turnstile.guessing
def _state(request: HttpRequest, typed: str) -> tuple[str, State]:
    """What anybody may know by a receipt number; who tries out many waits."""
    return queries.state_of(typed)


@require_safe
@scope.endpoint("resident.near", roles=scope.ANYONE)
def near(request: HttpRequest) -> HttpResponse:
    """Open matters as a list and, beside it, on a map."""
    now = timezone.now()
    listed = places(now)
    known = {code: name for _street, communities in listed.streets for code, name in communities}
    chosen = request.GET.get("community", "")
    chosen = chosen if chosen in known else ""
    found = queries.nearby(now=now, place=chosen, after=request.GET.get("after", ""))
    following = request.GET.copy()
    following["after"] = found.after
    first = request.GET.copy()
    first.pop("after", None)
    turn = Turn(
        f"?{first.urlencode()}" if request.GET.get("after") else "",
        f"?{following.urlencode()}" if found.after else "",
        len(found.rows),
    )
    context = {
        "streets": listed.streets,
        "chosen": chosen,
        "chosen_name": known.get(chosen, ""),
        "rows": found.rows,
        "ask_href": reverse("resident:ask"),
        "turn": turn,
        "district": district_name(),
        "synthetic_data": listed.synthetic,
        "now": now,
    }
    return render(request, "resident/near.html", context)


@require_safe
@scope.endpoint("resident.points", roles=scope.ANYONE)
def points(request: HttpRequest) -> JsonResponse:
    """The open matters on public ground as GeoJSON."""
    answer = JsonResponse(queries.points(now=timezone.now(), href=reverse("resident:near")))
    answer["Cache-Control"] = "public, max-age=60"
    return answer


@require_safe
@scope.endpoint("resident.grids", roles=scope.ANYONE)
def grids(request: HttpRequest) -> HttpResponse:
    """Find a grid: by a mark on the map, by words, or down the list street → community → grid."""
    now = timezone.now()
    listed = places(now)
    context: dict[str, Any] = {
        "streets": listed.streets,
        "synthetic_data": listed.synthetic,
        "now": now,
        "district": district_name(),
    }
    words = request.GET.get("q", "").strip()[:200]
    context["q"] = words
    lon, lat = request.GET.get("lon", ""), request.GET.get("lat", "")
    if lon and lat:
        try:
            placed = territory.locate(float(lon), float(lat), on=now)
        except (ValueError, Refused):
            placed = None
        if placed is not None and placed.grid:
            return HttpResponseRedirect(reverse("resident:grid", args=[placed.grid]))
        context["point_wrong"] = _("This point lies in no grid of %(district)s.") % {
            "district": district_name()
        }
    if words:
        context["guesses"] = _guesses(words, now)
    community = request.GET.get("community", "")
    if re.fullmatch(r"\d{12}", community):
        context["community"] = territory.division(community, on=now)
        context["grids"] = territory.children(community, on=now)
    return render(request, "resident/grids.html", context)


def _guesses(words: str, now: Any) -> list[dict[str, str]]:
    """Places that the words name, each with the page that shows its grid or its grids."""
    found = []
    seen = set()
    for guess in territory.find_places(words, limit=8, on=now):
        code = guess.code
        if len(code) == 15:
            href = reverse("resident:grid", args=[code])
        elif len(code) == 12:
            href = f"{reverse('resident:grids')}?community={code}"
        else:
            continue
        if (guess.name, code) in seen:
            continue
        seen.add((guess.name, code))
        names = territory.names([code[:9], code[:12]], on=now)
        found.append({"name": guess.name, "where": " ".join(names.values()), "href": href})
    return found


@require_safe
@scope.endpoint("resident.grid", roles=scope.ANYONE)
def grid(request: HttpRequest, code: str) -> HttpResponse:
    """The card of one grid, as it is posted at the entrance."""
    card = territory.public_card(code, on=timezone.now())
    if card is None:
        raise NotThere("resident.no_grid", _("There is no grid with this code. Look it up in the list."))
    facts = [Fact(_("Belongs to"), " · ".join(card["path"][:-1]))]
    if card["area_m2"]:
        facts.append(Fact(_("Area"), _("%(area)s m²") % {"area": f"{card['area_m2']:,}"}))
    facts.append(Fact(_("Code"), card["code"]))
    return render(
        request,
        "resident/grid.html",
        {
            "ask_href": reverse("resident:ask"),
            "card": card,
            "facts": facts,
            "synthetic_data": card["synthetic"],
            "district": district_name(),
        },
    )


@require_safe
@scope.endpoint("resident.about", roles=scope.ANYONE)
def about(request: HttpRequest) -> HttpResponse:
    """Who sees what, how long it is kept, how to complain, and how the pages can be used by everybody."""
    rows = [
        [Cell(_KEPT[keep.code]), Cell(sentences.kept(keep.keep)), Cell(keep.basis)]
        for keep in vault.retention_table()
        if keep.code in _KEPT
    ]
    table = Table(
        _("How long it is kept"),
        [Column(_("What")), Column(_("How long"), tight=True), Column(_("On the ground of"))],
        rows,
    )
    context = {
        "table": table,
        "district": district_name(),
        "judging_days": int(cases.number("judging_days")),
        "reopening_days": int(cases.number("reopening_days")),
        "emergency": EMERGENCY,
        "synthetic_data": invented(timezone.now()),
    }
    return render(request, "resident/about.html", context)
