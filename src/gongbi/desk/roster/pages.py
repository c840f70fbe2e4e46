"""Who is on duty now, and the week: mine, my unit's, or one roster's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.desk.roster import shown
from gongbi.kernel import scope
from gongbi.kernel.clock.queries import current_calendar
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope import STAFF
from gongbi.kernel.scope import viewer as roles
from gongbi.look.furniture import Tab
from gongbi.parties import directory
from gongbi.roster import plans, queries, rules, words
from gongbi.roster.scope import LEADERS

ROLES = STAFF - {roles.INTEGRATOR, roles.SECURITY}
NOW, WEEK = "duty:now", "duty:week"
T = words.TEXTS
FARTHEST = 400  # days from today that the week may be turned to


def day_of(text: str, today: date) -> date:
    """The day that an address names, near enough to be one that anybody means; else today."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return today
    return found if abs((found - today).days) <= FARTHEST else today


@require_safe
@scope.endpoint("duty.now", roles=ROLES)
def now(request: HttpRequest) -> HttpResponse:
    """Who stands at this moment and how to reach them; gaps that come, as a question to who leads."""
    viewer, at = viewer_of(request), timezone.now()
    names = Names(viewer, at)
    text = request.GET.get("unit", "")
    unit = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    found = queries.on_duty(viewer, at=at)
    ours = directory.current().below(unit) if unit is not None and unit in names.units else None
    units = sorted({one.rota.unit_id for one in found})
    listed = [one for one in found if ours is None or one.rota.unit_id in ours]
    lacking = (
        queries.gaps(viewer, at=at, unit_id=viewer.unit_id)
        if viewer.role in LEADERS and viewer.unit_id
        else []
    )
    context: dict[str, Any] = {
        "t": T,
        "table": shown.standing(listed, names) if listed else None,
        "gaps": shown.gaps(lacking, names, viewer.units) if lacking else None,
        "leads": viewer.role in LEADERS,
        "units": [(key, names.unit(key)) for key in units],
        "unit": unit,
        "stands": next((one for one in found if one.post_id == viewer.post_id), None),
    }
    return show(request, "desk/roster/now.html", context, here=NOW)


@require_safe
@scope.endpoint("duty.week", roles=ROLES)
def week(request: HttpRequest) -> HttpResponse:
    """Seven days: my own turns, my unit's, or one roster's. ``?day=`` any day of the week meant."""
    viewer, at = viewer_of(request), timezone.now()
    today = timezone.localdate(at)
    day = day_of(request.GET.get("day", ""), today)
    what = request.GET.get("what", "mine" if viewer.post_id is not None else "unit")
    monday = day - timedelta(days=day.weekday())
    rota = None
    if what.startswith("roster:"):
        try:
            rota = queries.rota_by_code(what.removeprefix("roster:"), viewer)
        except Refused:
            what = "unit"
    elif what not in ("mine", "unit"):
        what = "unit"
    first, last = plans.week_of(monday, rota.zone if rota is not None else settings.TIME_ZONE)
    if rota is not None:
        found = queries.turns(viewer, first=first, last=last, rota_id=rota.pk)
    elif what == "mine":
        found = queries.turns(viewer, first=first, last=last, person_id=viewer.person_id or -1)
    else:
        found = queries.turns(viewer, first=first, last=last, unit_id=viewer.unit_id)

    def link(**more: Any) -> str:
        return "?" + urlencode({"what": what, "day": monday.isoformat()} | more)

    calendar = current_calendar()
    kinds = [rules.day_kind(monday + timedelta(days=number), calendar) for number in range(7)]
    tabs = [Tab(T["mine"], link(what="mine"), what == "mine")] if viewer.post_id is not None else []
    tabs.append(Tab(T["unit_duty"], link(what="unit"), what == "unit"))
    if rota is not None:
        tabs.append(Tab(shown.name_of(rota), link(), True))
    context = {
        "t": T,
        "tabs": tabs,
        "days": shown.week(found, monday, today, kinds, viewer.person_id),
        "any": bool(found),
        "own": what == "mine",
        "first": monday,
        "last": monday + timedelta(days=6),
        "previous": link(day=(monday - timedelta(days=7)).isoformat()),
        "next": link(day=(monday + timedelta(days=7)).isoformat()),
        "this": link(day=today.isoformat()) if not monday <= today <= monday + timedelta(days=6) else "",
    }
    return show(request, "desk/roster/week.html", context, here=WEEK)
