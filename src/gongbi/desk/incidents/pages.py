"""The pages of incidents. Thin: read the question, ask the room, show."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.desk.chain import chain
from gongbi.desk.command.giving import commanded
from gongbi.desk.frame import COMMANDERS, viewer_of
from gongbi.desk.incidents import shown
from gongbi.desk.incidents.acting import ActForm
from gongbi.desk.incidents.forms import HEADINGS, INSIDE, STEPS
from gongbi.desk.incidents.opening import open_from
from gongbi.desk.incidents.opening_form import NewForm
from gongbi.desk.names import Names
from gongbi.desk.pages.common import is_piece, piece, place_bounds, point_json, show
from gongbi.incidents import catalogue, queries, words
from gongbi.incidents.flow import INCIDENT
from gongbi.incidents.models import Incident
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, Stale, in_language
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.flow.who import may
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import actions as vault
from gongbi.look.furniture import Tab, Turn

ROLES = frozenset({roles.DISPATCHER, roles.MANAGER, roles.HANDLER, roles.CHECKER, roles.AUDITOR})
LEADERS = frozenset({roles.DISPATCHER, roles.MANAGER})
HERE = "incidents:list"
T = words.TEXTS
SEALED = ("name", "phone", "door", "note")
PARTS = {"tasks": "desk/incidents/parts/tasks.html", "log": "desk/incidents/parts/log.html"}
EVENTS = " ".join(f"{INCIDENT.name}.{arrow.name}" for arrow in INCIDENT.transitions)


@require_safe
@scope.endpoint("incidents.list", roles=ROLES)
def incidents(request: HttpRequest) -> HttpResponse:
    """What is at work, the highest first; drills stand in a tab of their own."""
    viewer, now = viewer_of(request), timezone.now()
    tab, given = request.GET.get("tab", "open"), request.GET.get("page", "1")
    tab = tab if tab in words.TABS else "open"
    number = min(int(given), 10_000) if given.isascii() and given.isdigit() else 1
    page, counts = queries.incidents(viewer, tab, page=number), queries.counts(viewer)
    link = f"?tab={tab}&page="
    context = {
        "t": T,
        "tabs": [Tab(text, f"?tab={name}", name == tab, counts[name]) for name, text in words.TABS.items()],
        "table": shown.table(page.incidents, Names(viewer, now)),
        "empty": not page.incidents,
        "turn": Turn(
            previous=f"{link}{number - 1}" if number > 1 else "", next=f"{link}{number + 1}" if page.more else "",
            shown=len(page.incidents),
        ),
        "leads": viewer.role in LEADERS,
    }  # fmt: skip
    return show(request, "desk/incidents/list.html", context, here=HERE)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("incidents.new", roles=LEADERS)
def new(request: HttpRequest) -> HttpResponse:
    """Open one from nothing; ``?drill=1`` a drill."""
    viewer, now = viewer_of(request), timezone.now()
    drill = request.GET.get("drill") == "1"
    form = NewForm(viewer, now, drill=drill, data=request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = form.act()
            except Refused as refusal:
                form.refuse(refusal)
                status = refusal.status
            else:
                return _opened(request, made)
    context = {"t": T, "form": form, "heading": T["new_drill" if drill else "new"]}
    return show(request, "desk/incidents/new.html", context, here=HERE, status=status)


@require_POST
@scope.endpoint("incidents.about", roles=LEADERS)
def open_about(request: HttpRequest, number: str) -> HttpResponse:
    """In one click from a case's or a warning's page; the second click finds what the first opened."""
    viewer, now = viewer_of(request), timezone.now()
    try:
        made = open_from(number, viewer, at=now)
    except Refused as refusal:
        if refusal.status != 422:
            raise
        messages.error(request, refusal.message)
        return HttpResponseRedirect(reverse("incidents:new"))
    return _opened(request, made)


def _opened(request: HttpRequest, made: Incident) -> HttpResponse:
    messages.success(request, in_language(T["opened_note"]) % {"number": made.number})
    return HttpResponseRedirect(reverse("incidents:incident", args=[made.number]))


@require_safe
@scope.endpoint("incidents.incident", roles=ROLES)
@sensitive_variables()
def incident(request: HttpRequest, number: str) -> HttpResponse:
    """One incident, all of it; ``?step=`` opens a form."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.incident_by_number(number, viewer)
    step = request.GET.get("step", "")
    kind = _form_of(step, found, viewer, now)
    form = kind(found, viewer, now, request.GET) if kind is not None else None
    return _page(request, found, step, form)


def _form_of(step: str, found: Incident, viewer: Viewer, now: Any) -> type[ActForm] | None:
    if step in STEPS:
        return STEPS[step] if step in flow.allowed(found, viewer, at=now) else None
    if step in INSIDE:
        return INSIDE[step][1] if step in _inside(found, viewer) else None
    return None


def _inside(found: Incident, viewer: Viewer) -> set[str]:
    """What this viewer may do inside the incident as it stands."""
    arrows = found.declared.by_name
    allowed = {
        name
        for name, (arrow, _form) in INSIDE.items()
        if found.state in arrows[arrow].from_ and may(arrows[arrow].who, found, viewer)
    }
    return allowed - ({"register", "keep"} if found.drill else set())


@require_POST
@scope.endpoint("incidents.step", roles=ROLES)
@sensitive_post_parameters()
@sensitive_variables()
def take(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Do one thing. What is wrong stands beside its field (422), an old version is told so (409)."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.incident_by_number(number, viewer)
    kind = STEPS.get(step) or INSIDE.get(step, ("", None))[1]
    if kind is None:
        raise NotThere("incidents.step", ("没有这个步骤。", "There is no such step."))
    form = kind(found, viewer, now, request.GET, request.POST)
    status = 422
    if form.is_valid():
        try:
            form.act()
        except Refused as refusal:
            form.refuse(refusal)
            status = refusal.status if isinstance(refusal, Stale) or refusal.status in (403, 404) else 422
        else:
            return _done(request, found, step, viewer)
    return _page(request, found, step, form, status=status)


def _done(request: HttpRequest, found: Incident, step: str, viewer: Viewer) -> HttpResponse:
    after = queries.incident_for(found.pk, viewer)
    if step in STEPS:
        told = {
            "step": in_language(after.declared.by_name[step].words),
            "number": after.number,
            "state": in_language(after.declared_state.words),
        }
        messages.success(request, in_language(T["done"]) % told)
    else:
        messages.success(request, in_language(T["saved"]))
    anchor = {"note": "#log", "settle": "#tasks", "task": "#tasks", "plan": "#tasks", "move": "#stock", "register": "#people",
              "keep": "#people", "alert": "#alerts", "cancel_alert": "#alerts"}.get(step, "")  # fmt: skip
    return HttpResponseRedirect(reverse("incidents:incident", args=[after.number]) + anchor)


def _working(found: Incident, viewer: Viewer, names: Names, now: Any) -> dict[str, Any]:
    """Checklist and log: what changes while one looks."""
    inside = _inside(found, viewer)
    tasks = queries.tasks(found, viewer)
    lines = shown.checklist(
        tasks,
        names,
        now=now,
        ended=found.closed_at is not None,
        may="settle" in inside,
        units=viewer.units,
        all_=viewer.role in LEADERS,
    )
    return {
        "t": T, "incident": found, "inside": inside, "now": now,
        "open_tasks": [line for line in lines if not line.settled], "settled_tasks": [line for line in lines if line.settled],
        "settled_words": in_language(T["tasks_settled"]) % {"n": sum(line.settled for line in lines)},
        "log": shown.log(queries.log(found, viewer), names), "tasks": tasks, "here": reverse("incidents:incident", args=[found.number]),
    }  # fmt: skip


@require_safe
@scope.endpoint("incidents.live", roles=ROLES)
def live(request: HttpRequest, number: str, part: str) -> HttpResponse:
    """The checklist or the log alone, as it stands, for a page that is open."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.incident_by_number(number, viewer)
    if part not in PARTS:
        raise NotThere("incidents.part", ("没有这一部分。", "There is no such part."))
    return piece(request, PARTS[part], _working(found, viewer, Names(viewer, now), now))


@require_safe
@scope.endpoint("incidents.place", roles=ROLES)
def place(request: HttpRequest, number: str) -> JsonResponse:
    """The one point of an incident, for the small map."""
    found = queries.incident_by_number(number, viewer_of(request))
    return point_json(found.title, in_language(found.declared_state.words), found.lon, found.lat)


def _page(
    request: HttpRequest, found: Incident, step: str, form: ActForm | None, *, status: int = 200
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    names = Names(viewer, now)
    working = _working(found, viewer, names, now)
    alerts, holds, runs = (
        queries.alerts(found, viewer),
        queries.holds(found, viewer),
        queries.runs(found, viewer),
    )
    plans = queries.fitting(found, viewer) if "plan" in working["inside"] else []
    heading: Any = ""
    if form is not None:
        heading = INCIDENT.by_name[step].words if step in STEPS else T[HEADINGS[step]]
        if step == "note" and getattr(form, "line", None) is not None:
            heading = in_language(T["correcting"]) % {"seq": form.line}  # type: ignore[attr-defined]
    note = (
        INSIDE["note"][1](found, viewer, now, {}) if "note" in working["inside"] and step != "note" else None
    )
    context = working | {
        "level": shown.level(found.level),
        "drill_mark": shown.drill_mark() if found.drill else "",
        "place": " · ".join(part for part in (names.place(found.territory), found.place_words) if part),
        "event": catalogue.EVENTS[found.kind].words,
        "lasting": shown.lasting((found.over_at or now) - found.happened_at),
        "steps": flow.steps(found, viewer, at=now),
        "step_href": f"{working['here']}?step=",
        "step": step,
        "form": form,
        "heading": heading,
        "note_form": note,
        "matching": [plan for plan in plans if plan.kind == found.kind],
        "other_plans": [plan for plan in plans if plan.kind != found.kind],
        "runs": runs,
        "facts": shown.facts(found, names),
        "alerts": shown.sent(alerts, now),
        "holds": shown.holds(holds, drill=found.drill) if holds else None,
        "sealed": [("name", T["name"]), ("phone", T["phone"]), ("door", T["door"]), ("note", T["person_note"])],
        "people": [(one, catalogue.NEEDS[one.need]) for one in queries.people(found, viewer)],
        "destructions": queries.destructions(found, viewer),
        "keepings": queries.keepings(found, viewer),
        "chain": chain(found.pk, viewer),
        "command": _commanded(found, viewer, now),
        "bounds": place_bounds(found.lon, found.lat),
        "events": shown.history(queries.timeline(found, viewer), working["tasks"], runs, names),
        "incident_events": EVENTS,
    }  # fmt: skip
    return show(request, "desk/incidents/incident.html", context, here=HERE, status=status)


def _commanded(found: Incident, viewer: Viewer, now: Any) -> dict[str, Any] | None:
    """Orders and whistles about it; nothing more is offered once it is put away, nor where nothing was and nobody may."""
    if viewer.role not in COMMANDERS:
        return None
    told = commanded(
        found.pk, (found.number, reverse("incidents:incident", args=[found.number])), viewer, now
    )
    if found.closed_at is not None:
        told["may"] = {}
    return None if told["none"] and not any(told["may"].values()) else told


@require_POST
@scope.endpoint("incidents.open", roles=LEADERS | {roles.HANDLER})
@sensitive_post_parameters()
@sensitive_variables()
def unseal(request: HttpRequest, number: str, person: int, field: str) -> HttpResponse:
    """One sealed field of somebody registered, with the reason; kept in the access log."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.person(queries.incident_by_number(number, viewer), person, viewer)
    if field not in SEALED:
        raise NotThere("incidents.field", ("没有这个字段。", "There is no such field."))
    plain = vault.unseal(found, field, viewer=viewer, reason=request.POST.get("reason", ""), at=now)
    context = {"t": T, "plain": plain or "—", "number": number}
    if is_piece(request):
        return piece(request, "desk/incidents/parts/opened.html", context)
    return show(request, "desk/incidents/opened.html", context, here=HERE)
