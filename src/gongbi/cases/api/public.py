"""The door for everybody: report, see what is known nearby, follow, answer, judge, reopen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from ninja import Router, Status, UploadedFile
from ninja.errors import HttpError
from ninja.params.functions import File, Header
from ninja.utils import check_csrf

from gongbi.cases import actions, queries
from gongbi.cases.actions.statement import Statement
from gongbi.cases.api.schemas import (
    AnswerIn,
    EventOut,
    FileOut,
    FollowOut,
    JudgeIn,
    ReceiptOut,
    ReopenIn,
    ReportIn,
    TwinOut,
)
from gongbi.cases.models import Report
from gongbi.cases.triage import Said
from gongbi.kernel import turnstile
from gongbi.kernel.errors import NotThere, Refused, in_language
from gongbi.kernel.files import actions as file_actions
from gongbi.kernel.files import queries as files
from gongbi.kernel.flow.queries import allowed
from gongbi.kernel.scope import ANYONE, endpoint
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.kernel.scope.viewer import CLERK, GRID_WORKER, INTEGRATOR, Viewer
from gongbi.parties.auth import BearerKeyAuth, KeyAuth


def visitor(request: ViewerRequest) -> Viewer | None:
    """Nobody needs a key here; whoever sends one is known by it, so a wrong one is refused rather than ignored.

    A signed-in session speaks with its post's authority: another site's page must not borrow it (CSRF).
    """
    if {"Authorization", "X-Api-Key"} & set(request.headers):
        return None
    if (
        request.viewer.account_id is not None
        and request.method not in ("GET", "HEAD")
        and check_csrf(request)
    ):
        raise HttpError(403, "csrf")
    return request.viewer


def photos_of(tickets: Sequence[str], *, at: datetime, field: str = "photos") -> list[int]:
    """The uploads behind tickets; Refused with the place in the list of one that is forged, run out or swept away."""
    found = []
    for place, ticket in enumerate(tickets):
        try:
            found += files.from_tickets([ticket], at=at)
        except NotThere as gone:
            raise Refused(
                gone.code,
                (
                    "%(field)s 中第 %(place)s 个凭据无效或已过期。请重新上传照片（POST /api/files），用新的凭据再发送。",
                    "Ticket number %(place)s in %(field)s is not valid or has run out. Upload the photo again (POST /api/files) and "
                    "send the new ticket.",
                ),
                values={"field": field, "place": place + 1},
                field=f"{field}.{place}",
            ) from None
    return found


router = Router(tags=["reports"], auth=[KeyAuth(), BearerKeyAuth(), visitor])
_CHANNEL = {CLERK: "hotline", GRID_WORKER: "field", INTEGRATOR: "api"}


def statement_of(body: ReportIn, viewer: Viewer, *, idempotency: str) -> Statement:
    """The body as a statement; the channel follows from who sends it, and joins the key so that two senders never clash."""
    now = timezone.now()
    channel = _CHANNEL.get(viewer.role, "web")
    said = Said(
        text=body.text, said_at=body.said_at or now, channel=channel, place_words=body.place_words, lon=body.lon, lat=body.lat,
        division=body.division, kind=body.kind, net=body.net,
    )  # fmt: skip
    sender = viewer.actor if viewer.is_staff else ""
    return Statement(
        said=said, crs=body.crs, name=body.name, phone=body.phone, anonymous=body.anonymous, confidential=body.confidential,
        answers=body.answers, photos=photos_of(body.photos, at=now), language=body.language, external=body.external, join=body.join,
        idempotency=f"{sender}|{idempotency}" if idempotency else "",
    )  # fmt: skip


@router.post("/reports", response={201: ReceiptOut}, summary="Report something")
@endpoint("api.report", roles=ANYONE)
def report(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    body: ReportIn,
    idempotency_key: str = Header("", alias="Idempotency-Key", max_length=128),
):
    """Say what happened where. Send an ``Idempotency-Key``: the same key gives the same receipt, however often it is sent."""
    viewer, now = request.viewer, timezone.now()
    turnstile.enter(request, "report", at=now)
    statement = statement_of(body, viewer, idempotency=idempotency_key)
    if body.join is not None and not viewer.is_staff:
        # A number guessed is no permission: only what is shown for this text may be joined.
        said = actions.check_said(statement, at=now)
        if body.join not in {twin.case_id for twin in queries.near(said, at=now, viewer=viewer)}:
            raise NotThere(
                "cases.join",
                (
                    "这件事不在您附近的在办事项里，不能加入。请去掉 join 重新提交。",
                    "That matter is not among those near what you say, so it cannot be joined. Send it again without join.",
                ),
                field="join",
            )
    got = actions.receive(statement, viewer=viewer, at=now)
    return Status(201, ReceiptOut.of(got.report, again=got.again, joined=got.joined))


@router.post("/reports/near", response=list[TwinOut], summary="What is already known nearby")
@endpoint("api.near", roles=ANYONE)
def near(request: ViewerRequest, body: ReportIn):  # type: ignore[no-untyped-def]
    """Open cases like what is being written, to join instead of reporting again."""
    now = timezone.now()
    turnstile.enter(request, "look", at=now)
    said = actions.check_said(statement_of(body, request.viewer, idempotency=""), at=now)
    found = queries.near(said, at=now, viewer=request.viewer)
    # What others wrote is for staff; everybody else is told the kind of matter.
    kinds = {} if request.viewer.is_staff else queries.kinds_of([t.case_id for t in found], request.viewer)
    return [
        TwinOut(
            id=t.case_id,
            title=t.title if request.viewer.is_staff else in_language(kinds.get(t.case_id, ("", ""))),
            state=t.state,
            score=t.likeness.score,
            metres=None if t.likeness.metres is None else round(t.likeness.metres),
        )
        for t in found
    ]


@router.post("/files", response={201: FileOut}, summary="Upload a photo")
@endpoint("api.file", roles=ANYONE)
def upload(request: ViewerRequest, file: UploadedFile = File(...)):  # type: ignore[no-untyped-def]
    """Checked by its content, cleaned of where and when it was taken, scaled; the ticket goes into ``photos``."""
    now = timezone.now()
    turnstile.enter(request, "photo", at=now)
    stored = file_actions.store(file, purpose="report", viewer=request.viewer, at=now)
    told = FileOut(
        ticket=files.ticket(stored, at=now),
        mime=stored.mime,
        size=stored.size,
        width=stored.width,
        height=stored.height,
    )
    return Status(201, told)


@router.get("/reports/{link}", response=FollowOut, summary="Follow a report")
@endpoint("api.follow", roles=ANYONE)
@turnstile.guessing
def follow(request: ViewerRequest, link: str):  # type: ignore[no-untyped-def]
    """By the private link of the receipt."""
    found, viewer = queries.report_by_link(link)
    return _follow(found, viewer)


def _follow(found: Report, viewer: Viewer) -> FollowOut:
    case = queries.case_for(found.case_id, viewer)
    may = allowed(case, viewer, at=timezone.now())
    state = case.declared_state
    return FollowOut(
        number=found.number,
        state=case.state,
        state_words=state.words,
        hint=state.hint,
        due_at=case.due_at,
        timeline=[EventOut.of(event) for event in queries.timeline(case, viewer)],
        questions=[
            {"id": q.pk, "text": q.text, "asked_at": q.asked_at}
            for q in queries.questions_open(found, viewer)
        ],
        reply=found.reply,
        may_judge="judge" in may and found.judged_at is None,
        may_reopen="reopen" in may,
    )


@router.post("/reports/{link}/answer", response=FollowOut, summary="Answer a question that was asked back")
@endpoint("api.answer", roles=ANYONE)
@turnstile.guessing
def answer(request: ViewerRequest, link: str, body: AnswerIn):  # type: ignore[no-untyped-def]
    found, viewer = queries.report_by_link(link)
    now = timezone.now()
    turnstile.enter(request, "act", at=now, link=link)
    actions.answer(
        question_id=body.question,
        report_id=found.pk,
        viewer=viewer,
        at=now,
        text=body.text,
        photos=photos_of(body.photos, at=now),
    )
    return _follow(*queries.report_by_link(link))


@router.post("/reports/{link}/judge", response=FollowOut, summary="Judge the result")
@endpoint("api.judge", roles=ANYONE)
@turnstile.guessing
def judge(request: ViewerRequest, link: str, body: JudgeIn):  # type: ignore[no-untyped-def]
    found, viewer = queries.report_by_link(link)
    now = timezone.now()
    turnstile.enter(request, "act", at=now, link=link)
    actions.judge(
        report_id=found.pk,
        viewer=viewer,
        at=now,
        solved=body.solved,
        grade=body.grade,
        comment=body.comment,
    )
    return _follow(*queries.report_by_link(link))


@router.post("/reports/{link}/reopen", response=FollowOut, summary="It is still there")
@endpoint("api.reopen", roles=ANYONE)
@turnstile.guessing
def reopen(request: ViewerRequest, link: str, body: ReopenIn):  # type: ignore[no-untyped-def]
    found, viewer = queries.report_by_link(link)
    now = timezone.now()
    turnstile.enter(request, "act", at=now, link=link)
    actions.reopen(
        report_id=found.pk,
        viewer=viewer,
        at=now,
        reason=body.reason,
        photos=photos_of(body.photos, at=now),
    )
    return _follow(*queries.report_by_link(link))
