"""The desk's and the units' door: lists, one case, and every step of the flow."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Router, Status
from ninja.params.functions import Header, Query

from gongbi.cases import actions, queries
from gongbi.cases.api import schemas as s
from gongbi.cases.api.public import photos_of, statement_of
from gongbi.cases.models import Case
from gongbi.kernel.flow.queries import steps
from gongbi.kernel.scope import STAFF, endpoint
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.parties.auth import WAYS_IN

router = Router(tags=["cases"], auth=WAYS_IN)
READERS = STAFF - {roles.ADMIN, roles.SECURITY}


def _detail(request: ViewerRequest, case: Case) -> s.CaseDetail:
    viewer, now = request.viewer, timezone.now()
    case = queries.case_for(case.pk, viewer)
    reports = list(case.reports.order_by("id"))
    return s.CaseDetail(
        **s.CaseOut.of(case).model_dump(),
        proposal=case.proposal,
        steps=[s.StepOut.of(step) for step in steps(case, viewer, at=now)],
        timeline=[s.EventOut.of(event) for event in queries.timeline(case, viewer)],
        report_numbers=[report.number for report in reports],
        report_keys=[report.pk for report in reports],
    )


def _done(case: Case) -> s.CaseOut:
    return s.CaseOut.of(case)


def _on(request: ViewerRequest, number: str, body: Any = None) -> dict[str, Any]:
    """What every step needs: which case, who, when, and the version that was seen."""
    case = queries.case_by_number(number, request.viewer)
    given: dict[str, Any] = {"case_id": case.pk, "viewer": request.viewer, "at": timezone.now()}
    if body is not None:
        given["expected_version"] = body.version
    return given


@router.get("/cases", response=s.CasePage, summary="A list of cases")
@endpoint("api.cases", roles=READERS)
def cases(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    tab: str = Query("open", max_length=12),
    words: str = Query("", max_length=80),
    kind: str = Query("", max_length=8, pattern=r"^[A-Z0-9]*$"),
    territory: str = Query("", max_length=15, pattern=r"^[0-9]*$"),
    channel: str = Query("", max_length=12, pattern=r"^[a-z]*$"),
    overdue: bool = False,
    size: int = Query(50, ge=1, le=200),
    after: str = Query("", max_length=40),
):
    """A queue of the asker's role, the nearest deadline first; what is over newest first. ``after`` of one page asks for the next;
    a search by ``words`` has one page: narrow it."""
    last = queries.case_by_number(after, request.viewer) if after else None
    wanted = queries.QueueFilter(
        tab=tab, words=words, kind=kind, territory=territory, channel=channel, overdue=overdue,
        after=(last.due_at, last.pk) if last is not None else None,
    )  # fmt: skip
    page = queries.queue(request.viewer, wanted, now=timezone.now(), size=size)
    onward = page.more and not words
    return s.CasePage(
        cases=[s.CaseOut.of(case) for case in page.cases],
        more=page.more,
        after=page.cases[-1].number if onward else "",
    )


@router.get("/cases/map", summary="Open cases inside a window of the map")
@endpoint("api.map", roles=READERS)
def map_window(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    west: float = Query(..., ge=-180, le=180),
    south: float = Query(..., ge=-90, le=90),
    east: float = Query(..., ge=-180, le=180),
    north: float = Query(..., ge=-90, le=90),
):
    rows = queries.map_window(request.viewer, west=west, south=south, east=east, north=north)
    zone = timezone.get_current_timezone()
    for row in rows:  # as the renderer writes a time, which asks for the zone at each of two thousand
        if row["due_at"] is not None:
            row["due_at"] = row["due_at"].astimezone(zone).isoformat()
    return rows


@router.get("/cases/{number}", response=s.CaseDetail, summary="One case")
@endpoint("api.case", roles=READERS)
def case(request: ViewerRequest, number: str):  # type: ignore[no-untyped-def]
    """By its number, or by the receipt number of one of its reports."""
    return _detail(request, queries.case_by_number(number, request.viewer))


@router.post(
    "/cases/{number}/accept", response=s.CaseOut, summary="Accept: it is filed under a kind and a place"
)
@endpoint("api.case.accept", roles={roles.DISPATCHER})
def accept(request: ViewerRequest, number: str, body: s.AcceptIn):  # type: ignore[no-untyped-def]
    given = body.model_dump(exclude={"version"})
    return _done(actions.accept(**_on(request, number, body), **given))


@router.post("/cases/{number}/reject", response=s.CaseOut, summary="Reject, for a lawful reason")
@endpoint("api.case.reject", roles={roles.DISPATCHER})
def reject(request: ViewerRequest, number: str, body: s.RejectIn):  # type: ignore[no-untyped-def]
    return _done(actions.reject(**_on(request, number, body), ground=body.ground, reason=body.reason))


@router.post("/cases/{number}/clarify", response=s.CaseOut, summary="Ask the reporter before accepting")
@endpoint("api.case.clarify", roles={roles.DISPATCHER, roles.CLERK})
def clarify(request: ViewerRequest, number: str, body: s.QuestionIn):  # type: ignore[no-untyped-def]
    return _done(actions.clarify(**_on(request, number, body), question=body.question, report_id=body.report))


@router.post(
    "/cases/{number}/send-back", response=s.CaseOut, summary="Give an accepted case back to the desk"
)
@endpoint("api.case.send_back", roles={roles.DISPATCHER})
def send_back(request: ViewerRequest, number: str, body: s.ReasonIn):  # type: ignore[no-untyped-def]
    return _done(actions.send_back(**_on(request, number, body), reason=body.reason))


@router.post("/cases/{number}/dispatch", response=s.CaseOut, summary="Dispatch to one lead and co-handlers")
@endpoint("api.case.dispatch", roles={roles.DISPATCHER})
def dispatch(request: ViewerRequest, number: str, body: s.DispatchIn):  # type: ignore[no-untyped-def]
    return _done(
        actions.dispatch(
            **_on(request, number, body),
            unit_id=body.unit,
            co_units=body.co_units,
            duty_item=body.duty_item,
            limit=body.limit,
        )
    )


@router.post(
    "/cases/{number}/rule", response=s.CaseOut, summary="Decide a contested dispatch; the ruling binds"
)
@endpoint("api.case.rule", roles={roles.ADJUDICATOR})
def rule(request: ViewerRequest, number: str, body: s.RuleIn):  # type: ignore[no-untyped-def]
    return _done(
        actions.rule(
            **_on(request, number, body),
            unit_id=body.unit,
            reason=body.reason,
            article=body.article,
            precedent=body.precedent,
        )
    )


@router.post("/cases/{number}/merge", response=s.CaseOut, summary="Merge into another case")
@endpoint("api.case.merge", roles={roles.DISPATCHER})
def merge(request: ViewerRequest, number: str, body: s.MergeIn):  # type: ignore[no-untyped-def]
    into = queries.case_by_number(body.into, request.viewer)
    return _done(actions.merge(**_on(request, number, body), into_id=into.pk))


@router.post("/cases/{number}/unmerge", response=s.CaseOut, summary="Take a merged case out again")
@endpoint("api.case.unmerge", roles={roles.DISPATCHER})
def unmerge(request: ViewerRequest, number: str, body: s.ReasonIn):  # type: ignore[no-untyped-def]
    return _done(actions.unmerge(**_on(request, number, body), reason=body.reason))


@router.post("/cases/{number}/split", response=s.CaseOut, summary="Make a second case of some reports")
@endpoint("api.case.split", roles={roles.DISPATCHER})
def split(request: ViewerRequest, number: str, body: s.SplitIn):  # type: ignore[no-untyped-def]
    return _done(actions.split(**_on(request, number, body), reports=body.reports, text=body.text))


@router.post("/cases/{number}/sign", response=s.CaseOut, summary="Sign for a dispatched case")
@endpoint("api.case.sign", roles={roles.HANDLER, roles.GRID_WORKER})
def sign(request: ViewerRequest, number: str, body: s.Versioned):  # type: ignore[no-untyped-def]
    return _done(actions.sign(**_on(request, number, body)))


@router.post("/cases/{number}/contest", response=s.CaseOut, summary="Contest a dispatch, once")
@endpoint("api.case.contest", roles={roles.HANDLER})
def contest(request: ViewerRequest, number: str, body: s.ContestIn):  # type: ignore[no-untyped-def]
    return _done(
        actions.contest(**_on(request, number, body), reason=body.reason, proposed_unit=body.proposed_unit)
    )


@router.post("/cases/{number}/ask", response=s.CaseOut, summary="Ask the reporter while handling")
@endpoint("api.case.ask", roles={roles.HANDLER, roles.GRID_WORKER})
def ask(request: ViewerRequest, number: str, body: s.QuestionIn):  # type: ignore[no-untyped-def]
    return _done(actions.ask(**_on(request, number, body), question=body.question, report_id=body.report))


@router.post("/cases/{number}/contacted", response=s.CaseOut, summary="Note that the reporter was spoken to")
@endpoint("api.case.contacted", roles={roles.HANDLER, roles.GRID_WORKER, roles.CLERK})
def contacted(request: ViewerRequest, number: str, body: s.ContactIn):  # type: ignore[no-untyped-def]
    return _done(actions.contacted(**_on(request, number), report_id=body.report))


@router.post("/cases/{number}/part-done", response=s.CaseOut, summary="A co-handler has done its part")
@endpoint("api.case.part_done", roles={roles.HANDLER})
def part_done(request: ViewerRequest, number: str, body: s.ResultIn):  # type: ignore[no-untyped-def]
    photos = photos_of(body.photos, at=timezone.now())
    return _done(actions.co_done(**_on(request, number, body), result=body.result, photos=photos))


@router.post("/cases/{number}/finish", response=s.CaseOut, summary="Handled: the result with its evidence")
@endpoint("api.case.finish", roles={roles.HANDLER, roles.GRID_WORKER})
def finish(request: ViewerRequest, number: str, body: s.ResultIn):  # type: ignore[no-untyped-def]
    photos = photos_of(body.photos, at=timezone.now())
    return _done(actions.finish(**_on(request, number, body), result=body.result, photos=photos))


@router.post("/cases/{number}/ask-for", response=s.CaseOut, summary="Ask for an extension or a suspension")
@endpoint("api.case.ask_for", roles={roles.HANDLER})
def ask_for(request: ViewerRequest, number: str, body: s.AskForIn):  # type: ignore[no-untyped-def]
    return _done(
        actions.ask_for(**_on(request, number, body), kind=body.kind, reason=body.reason, until=body.until)
    )


@router.post("/cases/{number}/decide", response=s.CaseOut, summary="Grant or refuse what was asked for")
@endpoint("api.case.decide", roles={roles.DISPATCHER})
def decide(request: ViewerRequest, number: str, body: s.DecideIn):  # type: ignore[no-untyped-def]
    return _done(actions.decide(**_on(request, number, body), granted=body.granted, reason=body.reason))


@router.post("/cases/{number}/resume", response=s.CaseOut, summary="End a suspension before its day")
@endpoint("api.case.resume", roles={roles.DISPATCHER, roles.HANDLER})
def resume(request: ViewerRequest, number: str, body: s.Versioned):  # type: ignore[no-untyped-def]
    return _done(actions.resume(**_on(request, number, body)))


@router.post("/cases/{number}/confirm", response=s.CaseOut, summary="Confirm the result; the case closes")
@endpoint("api.case.confirm", roles={roles.CHECKER})
def confirm(request: ViewerRequest, number: str, body: s.FindingIn):  # type: ignore[no-untyped-def]
    return _done(actions.confirm(**_on(request, number, body), finding=body.finding))


@router.post("/cases/{number}/rework", response=s.CaseOut, summary="Send back for rework")
@endpoint("api.case.rework", roles={roles.CHECKER})
def rework(request: ViewerRequest, number: str, body: s.ReasonIn):  # type: ignore[no-untyped-def]
    return _done(actions.rework(**_on(request, number, body), reason=body.reason))


@router.post("/cases/{number}/call-back", response=s.CaseOut, summary="Note the call-back to a reporter")
@endpoint("api.case.call_back", roles={roles.CLERK})
def call_back(request: ViewerRequest, number: str, body: s.CallBackIn):  # type: ignore[no-untyped-def]
    on = _on(request, number, body)
    if body.outcome == "unsolved":
        return _done(actions.call_back_unsolved(**on, report_id=body.report, reason=body.reason))
    return _done(
        actions.call_back(
            **on,
            report_id=body.report,
            outcome=body.outcome,
            solved=body.solved,
            grade=body.grade,
            comment=body.comment,
        )
    )


@router.post("/cases/{number}/exempt", response=s.CaseOut, summary="Take a late case out of the count")
@endpoint("api.case.exempt", roles={roles.ADJUDICATOR})
def exempt(request: ViewerRequest, number: str, body: s.ReasonIn):  # type: ignore[no-untyped-def]
    return _done(actions.exempt(**_on(request, number, body), reason=body.reason))


@router.post("/cases/{number}/exclude", response=s.CaseOut, summary="Take a report out of the rates")
@endpoint("api.case.exclude", roles={roles.ADJUDICATOR})
def exclude(request: ViewerRequest, number: str, body: s.ExcludeIn):  # type: ignore[no-untyped-def]
    return _done(actions.exclude(**_on(request, number, body), ground=body.ground, reason=body.reason))


@router.post("/on-spot", response={201: s.ReceiptOut}, summary="Found and solved on the spot")
@endpoint("api.on_spot", roles={roles.GRID_WORKER})
def on_spot(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    body: s.OnSpotIn,
    idempotency_key: str = Header("", alias="Idempotency-Key", max_length=128),
):
    viewer = request.viewer
    statement = statement_of(body, viewer, idempotency=idempotency_key)
    got = actions.solve_on_spot(
        statement=statement,
        photos=photos_of(body.after, at=timezone.now(), field="after"),
        viewer=viewer,
        at=timezone.now(),
    )
    return Status(201, s.ReceiptOut.of(got.report, again=got.again))
