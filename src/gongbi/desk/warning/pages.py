"""The pages of warnings. Thin: read the question, ask the room, show."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from gongbi.desk.chain import chain
from gongbi.desk.frame import COMMANDERS, viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show, unkept
from gongbi.desk.warning import shown
from gongbi.desk.warning.forms import FORMS, ActForm, StepForm
from gongbi.incidents.words import TEXTS as INCIDENT_TEXTS
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, Stale, in_language
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import Tab, Turn
from gongbi.look.templatetags.look import said
from gongbi.territory import queries as territory
from gongbi.territory.rules import Level
from gongbi.warning import actions, queries, rules, words
from gongbi.warning.models import Warning

ROLES = frozenset(
    {roles.DISPATCHER, roles.MANAGER, roles.ADJUDICATOR, roles.CHECKER, roles.AUDITOR, roles.HANDLER, roles.CLERK}
)  # fmt: skip
DECIDERS = frozenset({roles.DISPATCHER, roles.MANAGER})
HERE = "warnings:list"
T = words.TEXTS


def _asked(request: HttpRequest) -> tuple[queries.Filter, int]:
    given = request.GET
    tab = given.get("tab", "open")
    sort, level, page = given.get("sort", ""), given.get("level", ""), given.get("page", "1")
    wanted = queries.Filter(
        tab=tab if tab in queries.TABS else "open",
        sort=sort if sort in rules.SORTS else "",
        level=int(level) if level in ("1", "2", "3", "4") else None,
    )
    return wanted, min(int(page), 10_000) if page.isascii() and page.isdigit() else 1


@require_safe
@scope.endpoint("warnings.list", roles=ROLES)
def warnings(request: HttpRequest) -> HttpResponse:
    """What waits, the most severe first; how often warnings were right stands below."""
    viewer, now = viewer_of(request), timezone.now()
    wanted, number = _asked(request)
    names, groups = Names(viewer, now), queries.groups(viewer)
    page = queries.warnings(viewer, wanted, page=number)
    counts, reviewed = queries.counts(viewer), queries.precision(viewer)

    def link(**more: Any) -> str:
        values = {"tab": wanted.tab, "sort": wanted.sort, "level": wanted.level, **more}
        return "?" + urlencode({key: value for key, value in values.items() if value})

    context = {
        "t": T,
        "tabs": [Tab(words.TABS[tab], link(tab=tab), tab == wanted.tab, counts[tab]) for tab in queries.TABS],
        "wanted": wanted,
        "sorts": words.SORTS.items(),
        "levels": words.LEVELS.items(),
        "table": shown.table(page.warnings, groups, names),
        "empty": not page.warnings,
        "turn": Turn(
            previous=link(page=number - 1) if number > 1 else "",
            next=link(page=number + 1) if page.more else "",
            shown=len(page.warnings),
        ),
        "precision": shown.precision(reviewed),
        "reviewed": bool(reviewed),
        "weekly": shown.weekly(queries.weekly(viewer, at=now)),
        "last": queries.last_run(viewer),
        "may_look": viewer.role in DECIDERS,
        "none_hint": T["none_hint" if viewer.role in DECIDERS else "nightly_hint"],
    }
    return show(request, "desk/warning/list.html", context, here=HERE)


@require_POST
@scope.endpoint("warnings.now", roles=DECIDERS)
def look_now(request: HttpRequest) -> HttpResponse:
    """Look at today, now."""
    now = timezone.now()
    run = actions.look(day=timezone.localdate(now), viewer=roles.system("warning"), at=now, live=True)
    told = {"new": run.new, "grown": run.grown, "seconds": f"{run.seconds:.1f}"}
    messages.success(request, in_language(T["looked"]) % told)
    return HttpResponseRedirect(reverse("warnings:list"))


@require_safe
@scope.endpoint("warnings.warning", roles=ROLES)
def warning(request: HttpRequest, number: str) -> HttpResponse:
    """One warning; ``?step=`` opens the form of a step."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.warning_by_number(number, viewer)
    step = request.GET.get("step", "")
    allowed = flow.allowed(found, viewer, at=now)
    form = _form(step, found, viewer, now) if step in FORMS and step in allowed else None
    return _page(request, found, step, form)


@require_POST
@scope.endpoint("warnings.step", roles=ROLES)
def take(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Do one step. What is wrong stands beside its field (422), an old version is told so (409)."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.warning_by_number(number, viewer)
    if step not in FORMS:
        raise NotThere("warning.step", ("没有这个步骤。", "There is no such step."))
    form = _form(step, found, viewer, now, request.POST)
    status = 422
    if form.is_valid():
        try:
            form.act()
        except Refused as refusal:
            form.refuse(refusal)
            status = refusal.status if isinstance(refusal, Stale) or refusal.status == 403 else 422
        else:
            after = queries.warning_by_number(number, viewer)
            told = {
                "step": in_language(after.declared.by_name[step].words),
                "number": after.number,
                "state": in_language(after.declared_state.words),
            }
            messages.success(request, in_language(T["done"]) % told)
            return HttpResponseRedirect(reverse("warnings:warning", args=[number]))
    return _page(request, found, step, form, status=status)


def _form(step: str, found: Warning, viewer: Viewer, now: datetime, data: Any = None) -> StepForm:
    kind = FORMS[step]
    if kind is not ActForm:
        return kind(found, viewer, now, data)
    names = Names(viewer, now)
    codes = [code for code in queries.codes_of(found, viewer) if len(code) >= 12 and viewer.covers(code)]
    places = names.places(codes)
    where = shown.place_words(found, names.places([found.territory]), names)
    what = in_zh(shown.group_words(found, queries.groups(viewer), names))
    span = (found.last_day - found.first_day).days + 1
    text = words.act_text(where, what, span, found.observed)
    ordered = dict(sorted(places.items()))
    kinds = Counter(case.kind for case in queries.cases_inside(found, viewer))
    usual = min(kinds, key=lambda kind: (-kinds[kind], kind), default="")
    return ActForm(found, viewer, now, data, places=ordered or {"": "—"}, text=text, usual=usual)


def in_zh(pair: Any) -> str:
    """The Chinese of a pair: reports are kept in Chinese."""
    return str(pair[0]) if isinstance(pair, tuple) else str(pair)


def _page(
    request: HttpRequest, found: Warning, step: str, form: StepForm | None, *, status: int = 200
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    names, groups = Names(viewer, now), queries.groups(viewer)
    codes = queries.codes_of(found, viewer)
    inside, made = queries.cases_inside(found, viewer), queries.cases_made(found, viewer)
    same = queries.same_problem(found, viewer)
    places = names.places([*codes, found.territory])
    tested = ""
    if found.sort == rules.LATE:
        tested = shown.tested(next((run for run in queries.runs(viewer) if not run.live), None))
    context = {
        "t": T,
        "warning": found,
        "level": shown.level(found.level),
        "sort": words.SORTS[found.sort],
        "group": shown.group_words(found, groups, names),
        "place": shown.place_words(found, places, names),
        "reasons": [tuple(pair) for pair in found.reasons],
        "steps": flow.steps(found, viewer, at=now),
        "step_href": f"{reverse('warnings:warning', args=[found.number])}?step=",
        "step": step,
        "arrow": found.declared.by_name[step] if form is not None else None,
        "form": form,
        "facts": shown.facts(found, groups, names),
        "areas": sorted({places[code] for code in codes}),
        "inside": shown.cases(inside, T["inside"], names) if inside else None,
        "same": shown.related(same, names) if same else None,
        "tested": tested,
        "made": shown.cases(made, T["made"], names) if made else None,
        "events": shown.timeline(queries.timeline(found, viewer), names),
        "now": now,
        "bounds": _bounds(found, codes),
        "chain": chain(found.pk, viewer),
        "opens_incident": viewer.role in DECIDERS and found.closed_at is None,
        "may_command": viewer.role in COMMANDERS,
        "open_words": INCIDENT_TEXTS["open_from"],
    }
    return show(request, "desk/warning/warning.html", context, here=HERE, status=status)


def _shapes(found: Warning, codes: list[str]) -> list[dict[str, Any]]:
    """The divisions it is about, with the tone of its level; streets and communities to see where one is."""
    day, tone = found.last_day, shown.tone_of(found.level)
    features: list[dict[str, Any]] = []
    wanted = set(codes)
    levels: tuple[Level, ...] = ("street", "community", "grid")
    for level in levels:
        for shape in territory.map_geojson(level, on=day)["features"]:
            inside = shape["properties"]["code"] in wanted
            if inside or level != "grid":
                more = {"level": level} | ({"tone": tone} if inside else {})
                features.append({**shape, "properties": {**shape["properties"], **more}})
    return features


def _bounds(found: Warning, codes: list[str]) -> str:
    """West, south, east, north of the area with a margin, for the map; "" for none."""
    corners = [
        point
        for shape in _shapes(found, codes)
        if "tone" in shape["properties"]
        for point in _points(shape["geometry"]["coordinates"])
    ]
    if not corners:
        return ""
    margin = 0.004  # degrees, about 400 m
    west, east = min(x for x, _y in corners) - margin, max(x for x, _y in corners) + margin
    south, north = min(y for _x, y in corners) - margin, max(y for _x, y in corners) + margin
    return f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}"


def _points(nested: Any) -> list[tuple[float, float]]:
    if nested and isinstance(nested[0], (int, float)):
        return [(nested[0], nested[1])]
    return [point for part in nested for point in _points(part)]


@require_safe
@scope.endpoint("warnings.outlines", roles=ROLES)
def outlines(request: HttpRequest, number: str) -> JsonResponse:
    """The area on the map."""
    viewer = viewer_of(request)
    found = queries.warning_by_number(number, viewer)
    features = _shapes(found, queries.codes_of(found, viewer))
    return _json(features)


@require_safe
@scope.endpoint("warnings.points", roles=ROLES)
def points(request: HttpRequest, number: str) -> JsonResponse:
    """The cases inside that this viewer may see."""
    viewer = viewer_of(request)
    found = queries.warning_by_number(number, viewer)
    features = [
        {
            "type": "Feature",
            "properties": {"title": case.title, "words": said(case.declared_state.words), "tone": "info",
                           "href": reverse("desk:case", args=[case.number])},
            "geometry": {"type": "Point", "coordinates": [case.lon, case.lat]},
        }
        for case in queries.cases_inside(found, viewer)
        if case.lon is not None
    ]  # fmt: skip
    return _json(features)


def _json(features: list[dict[str, Any]]) -> JsonResponse:
    answer = JsonResponse({"type": "FeatureCollection", "features": features})
    unkept(answer)
    return answer
