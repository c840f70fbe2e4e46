"""The shift leader's page: who is on duty and where they were, what typing is asked of them, what looks the same; and the ledgers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gongbi.field.doing import minutes
from gongbi.field.frame import viewer_of
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.scope.viewer import GRID_WORKER, HANDLER, MANAGER
from gongbi.parties import actions as people
from gongbi.parties import directory
from gongbi.parties import queries as parties
from gongbi.parties.rules import posts_of_actor
from gongbi.rounds import actions, exchange, queries, rules
from gongbi.rounds.catalogue import LEDGERS
from gongbi.rounds.scope import kept_by
from gongbi.territory import queries as territory

if TYPE_CHECKING:
    from gongbi.rounds.models import Shift, TrackPoint

DAYS = 30


def _who(shift: Shift) -> str:
    posts = directory.current().posts_of(shift.person_id) if shift.person_id else ()
    return next((post.name for post in posts if post.id == shift.post_id), shift.actor)


@require_safe
@scope.endpoint("field.team", roles={MANAGER})
def team(request: HttpRequest) -> HttpResponse:
    """Shifts of the units below this leader; nobody else's track."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.shifts(viewer, at=now)
    places = queries.checkin_counts([one.pk for one in found], viewer)
    rows = {one.pk: one for one in queries.entries(viewer, first=_day(-DAYS), last=_day(0))}
    groups = queries.alike(viewer, at=now)
    whose = {
        post.actor: post.work_name for post in parties.posts(viewer, at=now).filter(pk__in=_posts_of(groups))
    }
    alike = [
        {
            "group": group,
            "who": whose.get(group.actor, ""),
            "entries": [rows[key] for key in group.keys if key in rows],
        }
        for group in groups
    ]
    context = {
        "shifts": [{"shift": one, "who": _who(one), "places": places.get(one.pk, 0)} for one in found],
        "minutes": minutes(viewer, days=DAYS, at=now),
        "alike": alike,
        "care": [(rules.CARE_KINDS[kind], n) for kind, n in queries.care_counts(viewer).items()],
        "ledgers": [(name, one["words"]) for name, one in LEDGERS.items()],
        "keeps": bool(kept_by(viewer)),
        "days": DAYS,
        "now": now,
    }
    return _page(request, "field/team.html", context)


def _posts_of(groups: list[rules.Alike]) -> set[int]:
    return {named[0] for group in groups if (named := posts_of_actor(group.actor)) is not None}


def _day(offset: int) -> Any:
    return timezone.localdate() + timedelta(days=offset)


def _drawing(points: Sequence[TrackPoint], grids: Sequence[str], now: datetime) -> dict[str, Any]:
    """The route over its grids, north up and to scale: rings (``x,y x,y``), line, first and last position, in a box 500 wide."""
    rings = [
        ring
        for code in grids
        for feature in territory.map_geojson("grid", code[:12], on=now)["features"]
        if feature["properties"]["code"] == code
        for ring in _rings(feature["geometry"])
    ]
    track = [(p.lon, p.lat) for p in points]
    every = [(place[0], place[1]) for ring in rings for place in ring] + track
    if not track:
        return {}
    west, north = min(x for x, _y in every), max(y for _x, y in every)
    narrow = math.cos(math.radians(north))
    wide = max((max(x for x, _y in every) - west) * narrow, 1e-5)
    scale = 500 / wide

    def put(line: Sequence[Sequence[float]]) -> str:
        return " ".join(
            f"{(x - west) * narrow * scale:.1f},{(north - y) * scale:.1f}" for x, y in (p[:2] for p in line)
        )

    first, last = (put([place]).split(",") for place in (track[0], track[-1]))
    height = math.ceil((north - min(y for _x, y in every)) * scale)
    return {
        "rings": [put(ring) for ring in rings],
        "line": put(track),
        "first": first,
        "last": last,
        "height": height + 32,
    }


def _rings(geometry: dict[str, Any]) -> list[list[list[float]]]:
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [ring for part in parts for ring in part]


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    answer = render(request, template, context)
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
@scope.endpoint("field.minutes", roles={MANAGER, HANDLER})
def typing(request: HttpRequest) -> HttpResponse:
    """How many minutes of typing each unit asks of its grid workers, by form."""
    rows = minutes(viewer_of(request), days=DAYS, at=timezone.now())
    by_unit: dict[str, float] = {}
    for row in rows:
        by_unit[row["unit"]] = round(by_unit.get(row["unit"], 0) + row["minutes"], 1)
    return _page(request, "field/minutes.html", {"minutes": rows, "by_unit": by_unit, "days": DAYS})


@require_safe
@scope.endpoint("field.shift", roles={MANAGER})
def shift(request: HttpRequest, pk: int) -> HttpResponse:
    """The route of one shift, as places in order: a table says the same as a map."""
    viewer, now = viewer_of(request), timezone.now()
    one = next((found for found in queries.shifts(viewer, at=now, days=366) if found.pk == pk), None)
    if one is None:
        raise NotThere("rounds.shift", ("没有这个班次。", "There is no such shift."))
    points = queries.track(pk, viewer)
    entries = [
        entry
        for entry in queries.entries(viewer, first=timezone.localdate(one.started_at), last=_day(0))
        if entry.shift_id == pk
    ]
    context = {
        "shift": one, "who": _who(one), "points": points, "drawing": _drawing(points, one.grids, now),
        "entries": [(entry, rules.SORTS[entry.sort]) for entry in entries[::-1]],
    }  # fmt: skip
    return _page(request, "field/shift.html", context)


@require_POST
@scope.endpoint("field.sign_out", roles={MANAGER})
def sign_out(request: HttpRequest, pk: int) -> HttpResponse:
    """A telephone was lost: the shift ends, its tasks go to the next, and the worker is signed out on every device."""
    viewer, now = viewer_of(request), timezone.now()
    shift = actions.end_shift_of(shift_id=pk, viewer=viewer, at=now)
    try:
        if shift.person_id is not None:
            people.sign_out_person(shift.person_id, at=now, viewer=viewer)
    except (
        Refused
    ):  # somebody with a desk as well: their sessions are short, and the security administrator's
        messages.error(
            request,
            _(
                "The shift is ended. Ask the security administrator to sign this account out: it has other posts."
            ),
        )
    else:
        messages.success(request, _("The shift is ended, and the account is signed out on every device."))
    return HttpResponseRedirect(reverse("field:team"))


@require_safe
@scope.endpoint("field.ledger", roles={GRID_WORKER, MANAGER})
def ledger(request: HttpRequest, name: str) -> HttpResponse:
    """One ledger as an Excel file, made from the entries: from=, to= (local days, both included; the last month)."""
    last = parse_date(request.GET.get("to", "")) or _day(0)
    first = parse_date(request.GET.get("from", "")) or last - timedelta(days=DAYS)
    rows = queries.ledger(name, viewer_of(request), first=first, last=last)
    answer = HttpResponse(
        exchange.as_xlsx(name, rows),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    answer["Content-Disposition"] = f'attachment; filename="{name}-{first}-{last}.xlsx"'
    answer["Cache-Control"] = "no-store"
    return answer
