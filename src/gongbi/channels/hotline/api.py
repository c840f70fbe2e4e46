"""The interface that a hotline calls: messages in, and a list of what we believe. Signed; docs/hotline.md describes it.

An answer is always JSON. What is refused at the door (size, signature, replay, shape) is noted with the channel, with its reason.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt

from gongbi.channels import actions as channels
from gongbi.channels.hotline import actions, messages, queries, signature
from gongbi.channels.hotline.adapter import take_values
from gongbi.channels.hotline.calling import keys_of
from gongbi.channels.hotline.settings import HotlineSettings
from gongbi.channels.models import Source
from gongbi.kernel import scope, turnstile
from gongbi.kernel.errors import NotThere, Refused, TooMany
from gongbi.kernel.scope.viewer import system

MOST_BODY = 24_000_000  # bytes: a batch with a few photos
_CHUNK = 1 << 20
PAGE = 500


class TooLarge(Refused):
    """More than one request may carry."""

    status = 413


class NoMethod(Refused):
    """Another method than the address takes."""

    status = 405


@csrf_exempt  # signed by a program; no cookie opens anything here
@scope.endpoint("hotline.exchange", roles=scope.ANYONE)
def exchange(request: HttpRequest, code: str) -> JsonResponse:
    """POST: up to 500 messages, each answered; a wrong one holds up no other."""
    at = timezone.now()

    def answer(source: Source, body: bytes) -> dict[str, Any]:
        return {"results": take_values(source, messages.batch(body), at=at)}

    return _door(request, code, "POST", at, answer)


@csrf_exempt
@scope.endpoint("hotline.orders", roles=scope.ANYONE)
def orders(request: HttpRequest, code: str) -> JsonResponse:
    """GET: what we believe about their orders since a time, with our answers: for their own reconciliation."""
    at = timezone.now()

    def answer(source: Source, body: bytes) -> dict[str, Any]:
        given, after = request.GET.get("since", ""), request.GET.get("after", "")
        try:
            since = parse_datetime(given.replace(" ", "+")) if given else None
        except ValueError:
            since = None
        if given and (since is None or since.tzinfo is None):
            raise Refused(
                "hotline.since",
                (
                    "since 应为带时区的时间，例如 2026-11-01T00:00:00+08:00。",
                    "since is a time with its zone, like 2026-11-01T00:00:00+08:00.",
                ),
                field="since",
            )
        lines = queries.told(source, system("hotline"), since=since, after=after[:60], limit=PAGE)
        return {"orders": lines, "next": lines[-1]["number"] if len(lines) == PAGE else ""}

    return _door(request, code, "GET", at, answer)


def _door(request: HttpRequest, code: str, method: str, at: datetime, answer: Any) -> JsonResponse:
    source, body = None, b""
    try:
        source = _source(code)
        if request.method != method:
            raise NoMethod(
                "api.method",
                ("这个地址只接受 %(method)s。", "This address takes %(method)s only."),
                values={"method": method},
            )
        body = _body(request)
        _check(request, source, body, at)
        return _told(answer(source, body), 200)
    except Refused as refusal:
        refusal = _noted(request, refusal, source, body, at)
        told = {"code": refusal.code, "message": refusal.message, "field": refusal.field}
        refused = _told({"refused": told}, refusal.status)
        if isinstance(refusal, TooMany):
            refused["Retry-After"] = str(refusal.after)
        if isinstance(refusal, NoMethod):
            refused["Allow"] = method
        return refused


def _told(value: dict[str, Any], status: int) -> JsonResponse:
    answer = JsonResponse(value, status=status, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "no-store"
    return answer


def _source(code: str) -> Source:
    source = queries.source_of(code, system("hotline"))
    channels.arriving.check_open(source)
    return source


def _body(request: HttpRequest) -> bytes:
    """The body as it came; refused by its announced length before any of it is read."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not str(announced).isdecimal() or int(announced) > MOST_BODY:
        raise _large()
    pieces, size = list[bytes](), 0
    while piece := request.read(_CHUNK):
        size += len(piece)
        if size > MOST_BODY:
            raise _large()
        pieces.append(piece)
    return b"".join(pieces)


def _large() -> TooLarge:
    return TooLarge(
        "hotline.large",
        (
            "请求正文超过 %(most)s MB。请分批发送，大附件请用编号（id）由我方取回。",
            "The body is larger than %(most)s MB. Send several batches; announce large attachments by id, we fetch them.",
        ),
        values={"most": MOST_BODY // 1_000_000},
    )


def _check(request: HttpRequest, source: Source, body: bytes, at: datetime) -> None:
    """That it is theirs, whole, of now, and new."""
    given = HotlineSettings(**source.settings)
    signed = signature.read(request.headers)
    query = request.META.get("QUERY_STRING", "")
    signature.check(
        signed, request.method or "", request.path + (f"?{query}" if query else ""), body, keys=keys_of(source),
        algorithm=given.algorithm, now=at, window=given.window_seconds,
    )  # fmt: skip
    actions.remember(source, signed.nonce, at=at)


def _noted(
    request: HttpRequest, refusal: Refused, source: Source | None, body: bytes, at: datetime
) -> Refused:
    """Note a refusal with the channel; who knocks without end with what does not hold is told to wait, and fills no table."""
    if isinstance(refusal, signature.Unsigned | NotThere | NoMethod | TooLarge):
        try:
            turnstile.enter(request, "look", at=at)
        except TooMany as often:
            return often
    channels.reject(
        refusal, kind="hotline", at=at, source=source, content=body[:4000].decode(errors="replace")
    )
    return refusal
