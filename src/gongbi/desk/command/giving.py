"""Giving an order, urging, supervising, whistling; and what was commanded about a case, as a piece of its page."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from gongbi.command import actions, queries, refusals, rules, words
from gongbi.command.actions.common import LONGEST, PLACE, TITLE
from gongbi.desk.command import shown
from gongbi.desk.command.about import Named, named
from gongbi.desk.command.forms import GiveForm, SoundForm
from gongbi.desk.command.pages import HERE, ROLES
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import is_piece, piece, place_bounds, show
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties.models import Unit

T = words.TEXTS
GIVERS = frozenset({roles.DISPATCHER, roles.MANAGER})
WHISTLERS = frozenset({roles.DISPATCHER, roles.MANAGER, roles.HANDLER})
_HEADINGS = {rules.ORDER: "order_new", rules.URGE: "urge_new", rules.SUPERVISE: "supervise_new"}


def _about(request: HttpRequest) -> Named | None:
    number = request.POST.get("about") or request.GET.get("about") or ""
    return named(number, viewer_of(request), timezone.now()) if number else None


def point_of(matter: Named) -> tuple[float | None, float | None]:
    """Where it is, as a pair."""
    return matter.lon, matter.lat


def _hour(now: datetime) -> datetime:
    """When one is usually asked to be there: in an hour, at a whole minute."""
    return (timezone.localtime(now) + timedelta(hours=1)).replace(second=0, microsecond=0)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("command.give", roles=GIVERS)
def give(request: HttpRequest, sort: str) -> HttpResponse:
    """An order; with ``?about=`` a case or warning also an urge or a supervision of whoever has it."""
    viewer, now = viewer_of(request), timezone.now()
    if sort not in _HEADINGS:
        raise refusals.not_there()
    matter = _about(request)
    units = queries.addressable(viewer, at=now)
    initial: dict[str, Any] = {"key": secrets.token_hex(8)}
    if matter is not None:
        initial |= {
            "title": matter.title[:TITLE],
            "place_words": matter.place[:PLACE],
            "unit": matter.unit_id,
        }
        initial |= {
            "text": matter.text,
            "drill": matter.drill,
            "come": matter.comes,
            "lon": matter.lon,
            "lat": matter.lat,
        }
        if matter.comes:
            initial["come_by"] = _hour(now)
    form = GiveForm(
        request.POST if request.method == "POST" else None, sort=sort, units=units, initial=initial
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            point = form.point() if form.cleaned_data.get("come") else {}
            told = form.given() | point | {"about": matter.key if matter is not None else None}
            told["drill"] = told["drill"] or (matter is not None and matter.drill)
            try:
                made = actions.give(actions.Given(sort=sort, **told), viewer=viewer, at=now)
            except Refused as refusal:
                form.refuse(refusal)
                status = 403 if refusal.status == 403 else 422
            else:
                messages.success(request, in_language(T["sent"]) % {"number": made.number})
                return HttpResponseRedirect(reverse("command:order", args=[made.number]))
    context = {
        "t": T,
        "form": form,
        "about": matter,
        "heading": T[_HEADINGS[sort]],
        "button": T["send"],
        "fields": form.shown_fields,
        "pin": place_bounds(*point_of(matter)) if matter is not None else "",
        "pinned": "lon" in form.fields,
    }
    return show(request, "desk/command/give.html", context, here=HERE, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("command.sound", roles=WHISTLERS)
def sound(request: HttpRequest, sort: str) -> HttpResponse:
    """A whistle, or a joint matter; from a case's page with what the case knows."""
    viewer, now = viewer_of(request), timezone.now()
    if sort not in (rules.WHISTLE, rules.JOINT):
        raise refusals.not_there()
    matter = _about(request)
    units = queries.addressable(viewer, at=now, calls=True)
    initial: dict[str, Any] = {}
    if sort == rules.WHISTLE:
        initial["come_by"] = _hour(now)
    if matter is not None:
        initial |= {"title": matter.title[:TITLE], "place_words": matter.place[:PLACE], "text": matter.text}
        initial |= {"drill": matter.drill, "lon": matter.lon, "lat": matter.lat} | _called(matter, units)
    form = SoundForm(request.POST if request.method == "POST" else None, units=units, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            typed = form.cleaned_data
            told = {
                name: typed[name] for name in ("title", "text", "place_words", "come_by", "drill")
            } | form.point()
            told["drill"] = told["drill"] or (matter is not None and matter.drill)
            try:
                blown = actions.Blown(
                    units=form.wanted(), sort=sort, about=matter.key if matter else None, **told
                )
                made = actions.sound(blown, viewer=viewer, at=now)
            except Refused as refusal:
                form.refuse(refusal)
                status = 403 if refusal.status == 403 else 422
            else:
                messages.success(request, in_language(T["sent"]) % {"number": made.number})
                return HttpResponseRedirect(reverse("command:whistle", args=[made.number]))
    heading = T["whistle_new" if sort == rules.WHISTLE else "joint_new"]
    button = T["blow" if sort == rules.WHISTLE else "send"]
    context = {
        "t": T,
        "form": form,
        "about": matter,
        "heading": heading,
        "button": button,
        "fields": form.shown_fields,
        "pin": place_bounds(*point_of(matter)) if matter is not None else "",
        "pinned": True,
    }
    return show(request, "desk/command/give.html", context, here="command:whistles", status=status)


def _called(matter: Named, units: Sequence[Unit]) -> dict[str, Any]:
    """What the plan of an incident says who is needed for what; the first of them leads."""
    wanted = [unit for unit in units if unit.pk in matter.units]
    wanted.sort(key=lambda unit: list(matter.units).index(unit.pk))
    if not wanted:
        return {}
    duties = "\n".join(f"{unit.label}：{matter.units[unit.pk]}" for unit in wanted)
    return {"units": [str(unit.pk) for unit in wanted], "lead": str(wanted[0].pk), "duties": duties[:LONGEST]}


@require_safe
@scope.endpoint("command.about", roles=ROLES)
def about(request: HttpRequest, number: str) -> HttpResponse:
    """What was ordered, whistled, urged and escalated about one case, warning or incident, and the buttons for more."""
    viewer, now = viewer_of(request), timezone.now()
    matter = named(number, viewer, now)
    context = {"matter": matter} | commanded(matter.key, (matter.number, matter.href), viewer, now)
    template = "desk/command/about.html"
    if is_piece(request):
        return piece(request, template, context)
    return show(request, "desk/command/about_page.html", context, here=HERE)


def commanded(key: int, of: tuple[str, str], viewer: Viewer, now: datetime) -> dict[str, Any]:
    """What was commanded about a matter, as ``desk/command/about.html`` shows it. ``of``: its number and address."""
    found, names = queries.about(key, viewer), Names(viewer, now)
    may = {what: queries.may(viewer, what) for what in ("order", "whistle", "join")}
    return {
        "t": T,
        "may": may | {"whistle": may["whistle"] and not any(one.open_about for one in found.whistles)},
        "whistles": shown.whistle_table(found.whistles, names) if found.whistles else None,
        "orders": shown.table(found.orders, names, now, caption=T["orders"]) if found.orders else None,
        "climbs": shown.climbs(found.climbs, {key: of}, names) if found.climbs else None,
        "none": not (found.whistles or found.orders or found.climbs),
    }
