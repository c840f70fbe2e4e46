"""Incidents over HTTP: the list, one with its checklist, log and alerts; opening, noting, starting a plan, settling a task."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.utils import timezone
from ninja import Field, Router, Schema
from ninja.params.functions import Query

from gongbi.incidents import actions, queries, rules
from gongbi.incidents.models import Incident
from gongbi.kernel.flow import queries as steps
from gongbi.kernel.scope import endpoint
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.parties.auth import WAYS_IN

router = Router(tags=["incidents"], auth=WAYS_IN)
READERS = {roles.DISPATCHER, roles.MANAGER, roles.HANDLER, roles.CHECKER, roles.AUDITOR, roles.INTEGRATOR}
LEADERS = {roles.DISPATCHER, roles.MANAGER}
HANDS = {*LEADERS, roles.HANDLER}


class IncidentOut(Schema):
    """One incident. ``level``: 1 is the highest; ``drill``: a drill, in no figure."""

    number: str
    state: str
    version: int
    title: str
    sort: str
    kind: str
    level: int
    drill: bool
    territory: str
    unit_id: int | None
    happened_at: datetime
    opened_at: datetime
    responded_at: datetime | None
    over_at: datetime | None


class IncidentsOut(Schema):
    """``more``: whether another page follows."""

    incidents: list[IncidentOut]
    more: bool


class TaskOut(Schema):
    """One line of the checklist. ``clock``: kept, late, dropped, running or overdue."""

    id: int
    title_zh: str
    title_en: str
    role: str
    unit_id: int | None
    due_at: datetime
    settled_at: datetime | None
    clock: str


class LineOut(Schema):
    """One line of the log; ``corrects``: the line that it puts right."""

    seq: int
    sort: str
    happened_at: datetime
    at: datetime
    text: str
    corrects: int | None


class AlertOut(Schema):
    """One CAP message; the file is at ``/alerts/{identifier}.xml`` unless it is a drill's."""

    identifier: str
    msg_type: str
    level: int
    sent_at: datetime
    expires_at: datetime
    headline: str
    headline_en: str
    areas: list[str]
    drill: bool


class OneIncidentOut(IncidentOut):
    """An incident with what is being done."""

    summary: str
    tasks: list[TaskOut]
    log: list[LineOut]
    alerts: list[AlertOut]
    allowed: list[str]


class OpenIn(Schema):
    """``key``: your own, the same twice is one incident. ``territory``: the division where it is. ``level``: 1 is the highest."""

    key: str = Field(min_length=1, max_length=64)
    title: str
    sort: Literal["natural", "accident", "health", "security"]
    kind: str
    level: int = Field(ge=1, le=4)
    territory: str
    happened_at: datetime | None = None
    summary: str = ""
    place_words: str = ""
    drill: bool = False


class NoteIn(Schema):
    """``key``: your own, the same twice is one line. ``corrects``: the number of a line that this one puts right."""

    key: str = Field(min_length=1, max_length=64)
    text: str
    sort: Literal["seen", "decided", "asked", "told"] = "seen"
    corrects: int | None = Field(None, ge=1, le=2**31 - 1)


class StartIn(Schema):
    """Which plan."""

    plan: str = Field(max_length=24)


class SettleIn(Schema):
    """Done; ``dropped``: not needed this time, with the reason as ``note``."""

    note: str = ""
    dropped: bool = False


@router.get("/incidents", response=IncidentsOut, summary="Incidents, the highest level first")
@endpoint("api.incidents", roles=READERS)
def incidents(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    tab: Literal["open", "over", "closed", "all", "drills"] = "open",
    page: int = Query(1, ge=1, le=10_000),
):
    """Fifty a page. Drills stand in a list of their own."""
    found = queries.incidents(request.viewer, tab, page=page)
    return {"incidents": list(found.incidents), "more": found.more}


@router.get("/incidents/{number}", response=OneIncidentOut, summary="One incident")
@endpoint("api.incident", roles=READERS)
def incident(request: ViewerRequest, number: str):  # type: ignore[no-untyped-def]
    """With its checklist, its log and its alerts. Nobody's personal data."""
    return _one(queries.incident_by_number(number, request.viewer), request)


def _one(found: Incident, request: ViewerRequest) -> dict[str, Any]:
    viewer, now = request.viewer, timezone.now()
    plain = {name: getattr(found, name) for name in IncidentOut.model_fields}
    tasks = [
        {name: getattr(task, name) for name in TaskOut.model_fields if name != "clock"}
        | {"clock": rules.kept_in_time(task.due_at, task.settled_at, dropped=task.dropped, at=now)}
        for task in queries.tasks(found, viewer)
    ]
    log = [
        {name: getattr(line, name) for name in LineOut.model_fields if name != "corrects"}
        | {"corrects": line.corrects.seq if line.corrects is not None else None}
        for line in queries.log(found, viewer)
    ]
    return plain | {
        "summary": found.summary,
        "tasks": tasks,
        "log": log,
        "alerts": queries.alerts(found, viewer),
        "allowed": steps.allowed(found, viewer, at=now),
    }


@router.post("/incidents", response=OneIncidentOut, summary="Open an incident or a drill")
@endpoint("api.incident.open", roles=LEADERS)
def open_incident(request: ViewerRequest, body: OpenIn):  # type: ignore[no-untyped-def]
    """In the own area."""
    now = timezone.now()
    given = body.dict()
    happened = given.pop("happened_at") or now
    if timezone.is_naive(happened):
        happened = timezone.make_aware(happened)
    opened = actions.Opened(**given, happened_at=happened, unit_id=request.viewer.unit_id)
    return _one(actions.open_incident(opened, viewer=request.viewer, at=now), request)


def _key(number: str, request: ViewerRequest) -> dict[str, Any]:
    found = queries.incident_by_number(number, request.viewer)
    return {"key": found.pk, "viewer": request.viewer, "at": timezone.now()}


def _again(number: str, request: ViewerRequest) -> dict[str, Any]:
    return _one(queries.incident_by_number(number, request.viewer), request)


@router.post("/incidents/{number}/log", response=OneIncidentOut, summary="Add a line to the log")
@endpoint("api.incident.note", roles=HANDS)
def note(request: ViewerRequest, number: str, body: NoteIn):  # type: ignore[no-untyped-def]
    """Nothing is ever changed there: a correction is another line."""
    actions.note(
        text=body.text, sort=body.sort, corrects=body.corrects, request=body.key, **_key(number, request)
    )
    return _again(number, request)


@router.post("/incidents/{number}/plans", response=OneIncidentOut, summary="Start a plan")
@endpoint("api.incident.plan", roles=LEADERS)
def start_plan(request: ViewerRequest, number: str, body: StartIn):  # type: ignore[no-untyped-def]
    """Its steps become tasks, their clocks run from now. Started already, it stays as it is."""
    actions.start_plan(code=body.plan, **_key(number, request))
    return _again(number, request)


@router.post("/incidents/{number}/tasks/{task}", response=OneIncidentOut, summary="Settle a task")
@endpoint("api.incident.task", roles=HANDS)
def settle(request: ViewerRequest, number: str, task: int, body: SettleIn):  # type: ignore[no-untyped-def]
    """Done, or not needed."""
    wanted = task if 0 < task < 2**63 else 0
    actions.settle_task(task_id=wanted, note=body.note, dropped=body.dropped, **_key(number, request))
    return _again(number, request)
