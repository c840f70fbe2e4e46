"""What is read about incidents: plans, shelters and stock, alerts and their files, the review on a page, as Word and as PDF."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from gongbi.command import queries as command
from gongbi.command.words import TEXTS as COMMAND_TEXTS
from gongbi.desk.frame import KEEPERS, viewer_of
from gongbi.desk.incidents import shown
from gongbi.desk.incidents.pages import HERE, ROLES
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show, unkept
from gongbi.incidents import cap, papers, queries, words
from gongbi.incidents.models import Incident
from gongbi.incidents.review import Part, draft, moment, unit_name
from gongbi.kernel import scope
from gongbi.kernel.errors import in_language
from gongbi.kernel.scope.viewer import Viewer

T, C = words.TEXTS, COMMAND_TEXTS
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
@scope.endpoint("incidents.plans", roles=ROLES | KEEPERS)
def plans(request: HttpRequest) -> HttpResponse:
    """The plans in force."""
    found = queries.plans(viewer_of(request))
    context = {"t": T, "table": shown.plans(found), "empty": not found}
    return show(request, "desk/incidents/plans.html", context, here="incidents:plans")


@require_safe
@scope.endpoint("incidents.plan", roles=ROLES | KEEPERS)
def plan(request: HttpRequest, code: str) -> HttpResponse:
    """One plan, every version; ``?version=`` shows an older one."""
    viewer, now = viewer_of(request), timezone.now()
    versions = queries.plan_versions(code, viewer)
    wanted = request.GET.get("version", "")
    one = next((known for known in versions if str(known.version) == wanted), versions[0])
    context = {
        "t": T, "plan": one, "versions": versions, "table": shown.steps(one, Names(viewer, now)), "verified": shown.verified(one),
    }  # fmt: skip
    return show(request, "desk/incidents/plan.html", context, here="incidents:plans")


@require_safe
@scope.endpoint("incidents.stores", roles=ROLES | KEEPERS)
def stores(request: HttpRequest) -> HttpResponse:
    """What there is, and how much of it is free."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.stores(viewer)
    names = Names(viewer, now)
    tables = [shown.stores(found, sort, names) for sort in ("shelter", "depot")]
    context = {"t": T, "tables": [table for table in tables if table.rows], "empty": not found}
    return show(request, "desk/incidents/stores.html", context, here="incidents:stores")


@require_safe
@scope.endpoint("incidents.alerts", roles=ROLES)
def alerts(request: HttpRequest) -> HttpResponse:
    """Every alert that was sent, newest first."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.all_alerts(viewer)
    context = {"t": T, "table": shown.alerts(found, now), "empty": not found}
    return show(request, "desk/incidents/alerts.html", context, here="incidents:alerts")


@require_safe
@scope.endpoint("incidents.alert_file", roles=ROLES)
def alert_file(request: HttpRequest, identifier: str) -> HttpResponse:
    """One message as it was sent."""
    found = queries.alert_file(identifier, viewer_of(request))
    return _file(found.body.encode(), f"{cap.MIME}; charset=utf-8", f"{identifier}.xml")


def _draft(request: HttpRequest, number: str) -> tuple[Any, Any]:
    viewer = viewer_of(request)
    found = queries.incident_by_number(number, viewer)
    told = draft(found, viewer, at=timezone.now())
    called = _called(found, viewer)
    return found, replace(told, parts=[*told.parts[:2], called, *told.parts[2:]]) if called.rows else told


def _called(found: Incident, viewer: Viewer) -> Part:
    """Who was called or ordered because of it, and when each signed, came and reported: what the room of command knows."""
    known = command.about(found.pk, viewer)
    orders = [call for whistle in reversed(known.whistles) for call in command.calls_of(whistle, viewer)]
    rows = [
        (
            one.call_of.number if one.call_of is not None else one.number, unit_name(one.unit_id), one.text, moment(one.signed_at),
            moment(one.arrived_at), moment(one.reported_at), one.result or "—",
        )
        for one in (*orders, *reversed(known.orders))
    ]  # fmt: skip
    heads = (T["number"], C["unit"], C["text"], C["signed"], C["arrived"], C["reported"], C["result"])
    return Part(in_language(T["command"]), "", tuple(in_language(head) for head in heads), rows)


@require_safe
@scope.endpoint("incidents.review", roles=ROLES)
def review(request: HttpRequest, number: str) -> HttpResponse:
    """The review as it can be drafted now."""
    found, told = _draft(request, number)
    context = {"t": T, "incident": found, "draft": told, "parts": shown.part_tables(told.parts)}
    return show(request, "desk/incidents/review.html", context, here=HERE)


@require_safe
@scope.endpoint("incidents.word", roles=ROLES)
def word(request: HttpRequest, number: str) -> HttpResponse:
    """The same as Word, for editing."""
    found, told = _draft(request, number)
    return _file(papers.word(told), WORD, f"{found.number}.docx")


@require_safe
@scope.endpoint("incidents.pdf", roles=ROLES)
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The same as PDF, for the file."""
    found, told = _draft(request, number)
    return _file(papers.pdf(told), "application/pdf", f"{found.number}.pdf")


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return unkept(answer)
