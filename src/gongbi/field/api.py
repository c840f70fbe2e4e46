"""What the field app talks to. Everything it sends carries a key made on the phone, so that sending again changes nothing."""

from __future__ import annotations

import contextlib
import gzip
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import get_language
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.params.functions import Query

from gongbi.field import bundle as bundles
from gongbi.field import doing
from gongbi.field import shapes as s
from gongbi.field.door import check_open, turned_away
from gongbi.kernel.errors import NotThere, Refused, Stale, in_language
from gongbi.kernel.scope import endpoint
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.kernel.scope.viewer import CHECKER, DISPATCHER, GRID_WORKER, HANDLER, MANAGER
from gongbi.kernel.vault import actions as vault
from gongbi.parties.auth import PostAuth
from gongbi.parties.middleware import off_duty
from gongbi.rounds import actions, queries
from gongbi.rounds.actions.shifts import Point
from gongbi.rounds.rules import PIECE, check_when

api = NinjaAPI(
    title="Gongbi field", urls_namespace="field-api", auth=PostAuth(), openapi_url=None, docs_url=None
)
WORKER = {GRID_WORKER}


@api.exception_handler(Refused)
def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """What refused it, in the reader's language; the phone shows it and keeps what was typed."""
    status = 401 if error.code in ("scope.sign_in", "scope.no_post") else error.status
    turned_away(request, error)
    body = {"code": error.code, "message": error.message, "article": error.article, "field": error.field}
    number = getattr(error, "number", "")
    return api.create_response(request, body | ({"number": number} if number else {}), status=status)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A body of another shape: an app older than the house, or none of ours."""
    where = ".".join(str(part) for part in (error.errors[0].get("loc", ())[2:] if error.errors else ()))
    words = (
        "应用与服务器不一致（%(where)s），请联网打开应用更新后再发。",
        "The app does not match the server (%(where)s). Open it online so that it updates, then send again.",
    )
    return refused(request, Refused("api.invalid", words, values={"where": where or "?"}, field=where))


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """The session is over: what waits on the phone stays there."""
    words = ("请先登录，手机里的内容都还在。", "Sign in first; everything on the phone is still there.")
    body = {"code": "scope.sign_in", "message": in_language(words), "article": "", "field": ""}
    return api.create_response(request, body, status=401)


@api.get("/me", summary="Who is signed in")
@endpoint("field.api.me", roles=WORKER)
def me(request: ViewerRequest) -> dict[str, Any]:
    """Asked before anything is sent: whose queue may go, and the token for it."""
    return bundles.me(request.viewer, get_language() or "zh-hans") | {"csrf": get_token(request)}


@api.get("/bundle", summary="Everything for the shift")
@endpoint("field.api.bundle", roles=WORKER)
def bundle(request: ViewerRequest, have: str = Query("", max_length=40)) -> HttpResponse:
    """``have``: the digest of the bundle on the phone; when it is still that one, only the times come. Compressed: signal is scarce."""
    told = bundles.whole(request.viewer, language=get_language() or "zh-hans", now=timezone.now())
    token = {"csrf": get_token(request)}  # masked anew each time, so that compressing tells nothing of it
    if have == told["digest"]:
        told = {name: told[name] for name in ("digest", "at", "until", "me")}
    answer = api.create_response(request, told | token, status=200)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        answer.content = gzip.compress(answer.content, 5)
        answer["Content-Encoding"] = "gzip"
    answer["Vary"] = "Accept-Encoding, Cookie"
    answer["Cache-Control"] = "no-store"
    return answer


@api.post("/photos", summary="Announce a photo")
@endpoint("field.api.photo", roles=WORKER)
def photo(request: ViewerRequest, body: s.PhotoIn) -> dict[str, Any]:
    """Answers how many bytes of it are here: from there the phone goes on."""
    now = timezone.now()
    facts = actions.PhotoFacts(
        digest=body.digest, size=body.size, taken_at=body.taken_at, place=doing.point(body.lon, body.lat),
        accuracy=body.accuracy, camera=doing.point(body.camera_lon, body.camera_lat), sure=body.sure,
    )  # fmt: skip
    there = actions.begin_photo(
        key=body.key, facts=facts, bounds=bundles.bounds(now), viewer=request.viewer, at=now
    )
    return {"received": there.received, "done": there.file_id is not None, "piece": PIECE}


@api.put("/photos/{key}", summary="One piece of a photo")
@endpoint("field.api.piece", roles=WORKER)
def piece(request: ViewerRequest, key: str, offset: int = Query(..., ge=0, le=2**31)) -> dict[str, Any]:
    """The body is the piece; one that does not follow changes nothing and is told where to go on."""
    content = request.body
    if len(content) > PIECE:
        raise Refused("rounds.piece", ("这一段太大。", "This piece is too large."), field="offset")
    there = actions.put_piece(
        key=key, offset=offset, content=content, viewer=request.viewer, at=timezone.now()
    )
    return {"received": there.received, "done": there.file_id is not None}


@api.post("/entries", summary="One entry, typed once")
@endpoint("field.api.entry", roles=WORKER)
def entry(request: ViewerRequest, body: s.EntryIn) -> dict[str, Any]:
    """A check-in, a visit or a report, alone or with the matter that it becomes."""
    now = timezone.now()
    check_open(now)
    return doing.enter(body, request.viewer, language=get_language() or "zh-hans", at=now)


@api.get("/entries", summary="What I entered today, and where it stands")
@endpoint("field.api.entries", roles=WORKER)
def entries(request: ViewerRequest) -> list[dict[str, Any]]:
    """Today's own entries with the ledgers that they fill."""
    today = timezone.localdate()
    return [
        {"key": one.key, "at": one.at, "ledgers": queries.ledgers_of(one, request.viewer)}
        for one in queries.entries(request.viewer, first=today, last=today)[:100]
    ]


@api.get("/minutes", summary="How many minutes of typing were asked")
@endpoint("field.api.minutes", roles=WORKER | {MANAGER, HANDLER})
def minutes(request: ViewerRequest, days: int = Query(30, ge=1, le=366)) -> list[dict[str, Any]]:
    """The own minutes by form; for a unit those that it and the units below it ask, for a manager those of the territory."""
    return doing.minutes(request.viewer, days=days, at=timezone.now())


@api.post("/shifts", summary="Go on duty")
@endpoint("field.api.shift", roles=WORKER)
def shift(request: ViewerRequest, body: s.ShiftIn) -> dict[str, Any] | None:
    """What waits near is offered at once."""
    now = timezone.now()
    begun = actions.start_shift(key=body.key, started_at=body.at, viewer=request.viewer, at=now)
    off_duty(request, over=begun.ended_at is not None)
    actions.offer_waiting(at=now)
    return bundles.shift_out(begun)


@api.post("/shifts/{key}/stop", summary="Go off duty")
@endpoint("field.api.stop", roles=WORKER)
def stop(request: ViewerRequest, key: str, body: s.StopIn) -> dict[str, Any] | None:
    """From then on no position is kept, and the session is as short as anybody's."""
    ended = actions.stop_shift(key=key, ended_at=body.at, viewer=request.viewer, at=timezone.now())
    if queries.running_shift(request.viewer) is None:
        off_duty(request, over=True)
    return bundles.shift_out(ended)


@api.post("/shifts/{key}/track", summary="Where the shift went")
@endpoint("field.api.track", roles=WORKER)
def track(request: ViewerRequest, key: str, body: s.TrackIn) -> dict[str, int]:
    """Positions inside the shift; others are thrown away."""
    points = [Point(one.at, one.lon, one.lat, one.accuracy) for one in body.points]
    now = timezone.now()
    for one in points[:1]:
        check_when(one.at, now)
    return {"kept": actions.follow(key=key, points=points, viewer=request.viewer, at=now)}


@api.get("/shifts/{key}/track", summary="The route of an own shift")
@endpoint("field.api.route", roles=WORKER)
def route(request: ViewerRequest, key: str) -> list[tuple[float, float]]:
    """Longitude and latitude in order, until the track is deleted."""
    found = queries.shift_by_key(key, request.viewer)
    return [(one.lon, one.lat) for one in queries.track(found.pk, request.viewer)]


def _task(request: ViewerRequest, pk: int) -> dict[str, Any]:
    """Which task, who, when. One that went out of this worker's sight is told as one that went on, not as one that never was."""
    try:
        found = queries.task_by_id(pk, request.viewer)
    except NotThere:
        raise Stale(
            "rounds.task_moved",
            (
                "这项任务已不在您手上。您写的内容还在手机里，可以改为上报。",
                "This task is no longer yours. What you wrote is still on the phone: you can send it as a report.",
            ),
        ) from None
    return {"task_id": found.pk, "viewer": request.viewer, "at": timezone.now()}


@api.post("/tasks", summary="Ask a grid worker to look at a matter")
@endpoint("field.api.ask", roles={DISPATCHER, CHECKER})
def ask(request: ViewerRequest, body: s.LookIn) -> dict[str, Any]:
    """Verify before accepting, check after handling: the duty grid's worker on duty first, else the nearest."""
    return bundles.task_out(doing.ask(body.case, body.question, request.viewer, at=timezone.now()))


@api.post("/tasks/{pk}/accept", summary="Accept a task")
@endpoint("field.api.accept", roles=WORKER)
def accept(request: ViewerRequest, pk: int, body: s.NothingIn) -> dict[str, Any]:
    """On the way."""
    return bundles.task_out(actions.accept(**_task(request, pk)))


@api.post("/tasks/{pk}/decline", summary="Decline a task, with a reason")
@endpoint("field.api.decline", roles=WORKER)
def decline(request: ViewerRequest, pk: int, body: s.DeclineIn) -> dict[str, Any]:
    """It goes to the next who is near."""
    with contextlib.suppress(Stale):  # somebody else's by now: what was wanted
        actions.decline(**_task(request, pk), reason=body.reason)
    return {"id": pk}


@api.post("/tasks/{pk}/hand-over", summary="Hand a task over to a colleague on duty")
@endpoint("field.api.hand_over", roles=WORKER)
def hand_over(request: ViewerRequest, pk: int, body: s.HandOverIn) -> dict[str, Any]:
    """The colleague finds it among the own tasks."""
    with contextlib.suppress(Stale):
        actions.hand_over(**_task(request, pk), to_post=body.post, reason=body.reason)
    return {"id": pk}


@api.post("/tasks/{pk}/report", summary="Say what was found")
@endpoint("field.api.back", roles=WORKER)
def back(request: ViewerRequest, pk: int, body: s.BackIn) -> dict[str, Any]:
    """The photos become evidence of the matter."""
    now = timezone.now()
    photos = actions.photos_ready(body.photos, viewer=request.viewer, at=now)
    done = actions.report_back(
        **_task(request, pk), key=body.key, verdict=body.verdict, finding=body.finding, photos=photos
    )
    return {"id": pk, "number": done.number}


@api.post("/cases/{number}/finish", summary="Sign for and finish a matter of the own unit")
@endpoint("field.api.finish", roles=WORKER)
def finish(request: ViewerRequest, number: str, body: s.FinishIn) -> dict[str, Any]:
    """One tap for both steps."""
    return doing.finish(number, body, request.viewer, at=timezone.now())


@api.post("/care/{pk}/name", summary="Open a sealed name, with a reason that is kept")
@endpoint("field.api.name", roles=WORKER)
def name(request: ViewerRequest, pk: int, body: s.WhyIn) -> dict[str, str]:
    """Only for the worker of that grid, only online: names are not kept on the phone."""
    care = queries.care_for(pk, request.viewer)
    now = timezone.now()
    return {
        field: vault.unseal(care, field, viewer=request.viewer, reason=body.reason, at=now)
        for field in ("name", "phone")
    }
