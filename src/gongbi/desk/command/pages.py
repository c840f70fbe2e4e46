"""Orders and whistles at the desk: the lists, one of each, and their steps. Thin: read the question, ask the room, show."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from gongbi.command import queries, words
from gongbi.command.models import Order, Whistle
from gongbi.desk.chain import chain
from gongbi.desk.command import about, shown
from gongbi.desk.command.forms import FORMS, ONE_TAP, WHISTLE_FORMS, MoreForm, RedirectForm, StepForm
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, Stale, in_language
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import Tab, Turn
from gongbi.parties import directory

ROLES = frozenset(
    {roles.DISPATCHER, roles.MANAGER, roles.HANDLER, roles.ADJUDICATOR, roles.CHECKER, roles.AUDITOR}
)
ACTORS = frozenset({roles.DISPATCHER, roles.MANAGER, roles.HANDLER, roles.ADJUDICATOR})
HERE = "command:list"
CLIMBS = "climbs"  # a tab of the page beside the lists of orders
T = words.TEXTS


def _number(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@require_safe
@scope.endpoint("command.list", roles=ROLES)
def orders(request: HttpRequest) -> HttpResponse:
    """What waits for my unit, in one tap each; what my unit gave; all that is open, by unit; what came up the ladder."""
    viewer, now = viewer_of(request), timezone.now()
    tab = request.GET.get("tab", "")
    tab = (
        tab
        if tab in (*queries.TABS, CLIMBS)
        else (queries.MINE if viewer.role == roles.HANDLER else queries.OPEN)
    )
    number, unit = (
        max(_number(request.GET.get("page", "1"), 10_000), 1),
        _number(request.GET.get("unit", ""), 2**62) or None,
    )
    names, counts = Names(viewer, now), queries.counts(viewer)
    page = (
        queries.orders(viewer, tab, unit_id=unit, page=number) if tab != CLIMBS else queries.Page([], False)
    )

    def link(**more: Any) -> str:
        return "?" + urlencode(
            {key: value for key, value in ({"tab": tab, "unit": unit} | more).items() if value}
        )

    climbs = queries.escalations(viewer) if tab == CLIMBS else []
    loads = queries.board(viewer, at=now) if tab == queries.OPEN and unit is None else []
    context = {
        "t": T,
        "now": now,
        "tabs": [Tab(words.TABS[one], link(tab=one, unit=None), one == tab, counts.get(one)) for one in (*queries.TABS, CLIMBS)],
        "cards": [_card(one, viewer, now, names) for one in page.orders] if tab == queries.MINE else [],
        "table": shown.table(page.orders, names, now, caption=words.TABS[tab]),
        "empty": not page.orders and not climbs,
        "of_unit": names.unit(unit),
        "turn": Turn(previous=link(page=number - 1) if number > 1 else "", next=link(page=number + 1) if page.more else "", shown=len(page.orders)),
        "board": shown.board(loads, names) if loads else None,
        "climbs": shown.climbs(climbs, about.of_many({one.matter_id for one in climbs}, viewer), names) if climbs else None,
        "may": {what: queries.may(viewer, what) for what in ("order", "whistle", "join")},
    }  # fmt: skip
    return show(request, "desk/command/list.html", context, here=HERE)


def _card(one: Order, viewer: Viewer, now: datetime, names: Names) -> dict[str, Any]:
    """One order as a card: what, where, until when, and the next step in one tap."""
    offered = [step for step in flow.steps(one, viewer, at=now) if step.enabled]
    first = {
        "issued": "sign",
        "signed": "arrive" if one.comes and one.arrived_at is None else "report",
        "arrived": "report",
    }.get(one.state)
    return {
        "order": one,
        "sort": shown.sort_of(one),
        "marks": shown.marks_of(one, lead=one.lead and one.call_of_id is not None),
        "issuer": names.unit(one.issuer_unit_id),
        "tap": next((step.arrow for step in offered if step.arrow.name == first), None),
        "is_tap": first in ONE_TAP,
    }  # fmt: skip


@require_safe
@scope.endpoint("command.order", roles=ROLES)
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order; ``?step=`` opens the form of a step."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.order_by_number(number, viewer)
    step = request.GET.get("step", "")
    form = _form(FORMS, step, found, viewer, now) if step in flow.allowed(found, viewer, at=now) else None
    return _order_page(request, found, step, form)


@require_safe
@scope.endpoint("command.whistle", roles=ROLES)
def whistle(request: HttpRequest, number: str) -> HttpResponse:
    """One whistle or joint matter with its calls; ``?step=`` opens the form of a step."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.whistle_by_number(number, viewer)
    step = request.GET.get("step", "")
    form = (
        _form(WHISTLE_FORMS, step, found, viewer, now)
        if step in flow.allowed(found, viewer, at=now)
        else None
    )
    return _whistle_page(request, found, step, form)


def _form(
    forms: dict[str, type[StepForm]],
    step: str,
    found: Order | Whistle,
    viewer: Viewer,
    now: datetime,
    data: Any = None,
) -> StepForm:
    if step not in forms:
        raise NotThere("command.step", ("没有这个步骤。", "There is no such step."))
    form = forms[step](found, viewer, now, data)
    if isinstance(form, RedirectForm | MoreForm):
        called = isinstance(found, Whistle) or found.call_of_id is not None
        form.offer(queries.addressable(viewer, at=now, calls=called))
    return form


@require_POST
@scope.endpoint("command.step", roles=ACTORS)
def take(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Do one step of an order. What is wrong stands beside its field (422), an old version is told so (409)."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.order_by_number(number, viewer)
    form = _form(FORMS, step, found, viewer, now, request.POST)
    status = _taken(form)
    return (
        _onward(request, found, step)
        if status == 200
        else _order_page(request, found, step, form, status=status)
    )


@require_POST
@scope.endpoint("command.whistle_step", roles=ACTORS)
def take_whistle(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Do one step of a whistle."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.whistle_by_number(number, viewer)
    form = _form(WHISTLE_FORMS, step, found, viewer, now, request.POST)
    status = _taken(form)
    return (
        _onward(request, found, step)
        if status == 200
        else _whistle_page(request, found, step, form, status=status)
    )


def _taken(form: StepForm) -> int:
    """Take the step; the status that the page answers with."""
    if not form.is_valid():
        return 422
    try:
        form.act()
    except Refused as refusal:
        form.refuse(refusal)
        return refusal.status if isinstance(refusal, Stale) or refusal.status == 403 else 422
    return 200


def _onward(request: HttpRequest, found: Order | Whistle, step: str) -> HttpResponse:
    """Say what was done; back to the list where the tap came from, or to the matter, or where this viewer sees it no more, to the list."""
    viewer = viewer_of(request)
    by_number: Any = queries.order_by_number if isinstance(found, Order) else queries.whistle_by_number
    page = "command:order" if isinstance(found, Order) else "command:whistle"
    try:
        after = by_number(found.number, viewer)
    except NotThere:
        return HttpResponseRedirect(reverse("command:list"))
    told = {
        "step": in_language(after.declared.by_name[step].words),
        "number": after.number,
        "state": in_language(after.declared_state.words),
    }
    messages.success(request, in_language(T["done"]) % told)
    if request.POST.get("from") == "list":
        return HttpResponseRedirect(f"{reverse('command:list')}?tab=mine")
    return HttpResponseRedirect(reverse(page, args=[after.number]))


def _steps(found: Order | Whistle, viewer: Viewer, now: datetime) -> dict[str, Any]:
    """The steps offered: those of one tap apart, the others as links to their forms."""
    offered = flow.steps(found, viewer, at=now)
    taps = [step.arrow for step in offered if step.enabled and step.arrow.name in ONE_TAP]
    return {"taps": taps, "steps": [step for step in offered if step.arrow not in taps]}


def _order_page(
    request: HttpRequest, found: Order, step: str, form: StepForm | None, *, status: int = 200
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    names = Names(viewer, now)
    unit = directory.current().by_id.get(found.unit_id or 0)
    gone = unit is not None and unit.valid_to is not None and unit.valid_to <= now and found.closed_at is None
    context = _steps(found, viewer, now) | {
        "t": T,
        "order": found,
        "now": now,
        "sort": shown.sort_of(found),
        "marks": shown.marks_of(found, lead=found.lead and found.call_of_id is not None),
        "gone": gone,
        "notice": queries.notice_of(found, viewer),
        "chain": chain(found.call_of_id or found.pk, viewer),
        "facts": shown.facts(found, names, about.of(found.about_id, viewer), found.call_of),
        "clocks": list(found.clocks.filter(stopped_at__isnull=True).order_by("due_at")),
        "events": shown.timeline(queries.timeline(found, viewer), names),
        "step": step,
        "form": form,
        "arrow": found.declared.by_name.get(step) if form is not None else None,
        "base_href": f"{reverse('command:order', args=[found.number])}?step=",
        "action": reverse("command:step", args=[found.number, step]) if form is not None else "",
        "here": reverse("command:order", args=[found.number]),
    }
    return show(request, "desk/command/order.html", context, here=HERE, status=status)


def _whistle_page(
    request: HttpRequest, found: Whistle, step: str, form: StepForm | None, *, status: int = 200
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    names = Names(viewer, now)
    context = _steps(found, viewer, now) | {
        "t": T,
        "whistle": found,
        "now": now,
        "sort": words.WHISTLES[found.sort],
        "marks": shown.marks_of(found),
        "chain": chain(found.pk, viewer),
        "facts": shown.whistle_facts(found, names, about.of(found.about_id, viewer)),
        "table": shown.calls(queries.calls_of(found, viewer), names, now),
        "events": shown.timeline(queries.timeline(found, viewer), names),
        "step": step,
        "form": form,
        "arrow": found.declared.by_name.get(step) if form is not None else None,
        "base_href": f"{reverse('command:whistle', args=[found.number])}?step=",
        "action": reverse("command:whistle_step", args=[found.number, step]) if form is not None else "",
        "here": reverse("command:whistle", args=[found.number]),
    }
    return show(request, "desk/command/whistle.html", context, here="command:whistles", status=status)
