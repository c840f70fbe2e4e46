"""GeoReport v2 at ``/open311/v2/``: discovery, services, requests, tokens, updates; the same at ``/open311/test/v2/``, keeping nothing.

Everybody may read what is published; who posts shows a key of parties whose channel is the code of an Open311 source.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings as house
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from gongbi.channels import actions
from gongbi.channels import queries as frame
from gongbi.channels.adapters import settings_of
from gongbi.channels.models import Arrival, Source
from gongbi.channels.open311 import actions as neighbour
from gongbi.channels.open311 import asked, queries, shown, taking, wire
from gongbi.channels.rules import DONE, REFUSED, Incoming
from gongbi.kernel import scope, turnstile
from gongbi.kernel.errors import Forbidden, NotThere, Refused, TooMany, in_language
from gongbi.kernel.files import actions as files
from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from gongbi.parties import queries as parties

View = Callable[..., HttpResponse]
MOST_FILES = 12
ENDED = frozenset({"closed", "fixed"})  # the standard's word, and FixMyStreet's


def door(*methods: str) -> Callable[[View], View]:
    """Around every view: the form of the answer, the jurisdiction, and refusals as the standard's errors, counted where they matter."""

    def around(view: View) -> View:
        @csrf_exempt
        @functools.wraps(view)
        def entered(request: HttpRequest, form: str, **more: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    refusal = Refused(
                        "open311.method",
                        ("这个地址不接收 %(method)s。", "This address does not take %(method)s."),
                        values={"method": request.method or ""},
                    )
                    refusal.status = 405
                    raise refusal
                _jurisdiction(request)
                return view(request, form, **more)
            except RequestDataTooBig:
                return _refused(request, form, wire.too_large())
            except (MultiPartParserError, BadRequest, SuspiciousOperation):
                return _refused(request, form, _unreadable())
            except Refused as refusal:
                return _refused(request, form, refusal)

        return entered

    return around


def _jurisdiction(request: HttpRequest) -> None:
    """One district, so the parameter may be left out; another's is not ours to answer for."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > wire.MOST_BYTES and "multipart" not in (
        request.content_type or ""
    ):
        raise wire.too_large()
    given = request.GET.get("jurisdiction_id", "")
    if not given and request.method == "POST" and "xml" not in (request.content_type or ""):
        given = request.POST.get("jurisdiction_id", "")
    if given and given != house.DISTRICT_CODE:
        raise NotThere(
            "open311.jurisdiction",
            (
                "没有辖区 %(code)s；本系统的 jurisdiction_id 是 %(ours)s。",
                "There is no jurisdiction %(code)s; ours is %(ours)s.",
            ),
            values={"code": given[:40], "ours": house.DISTRICT_CODE},
            field="jurisdiction_id",
        )


def _unreadable() -> Refused:
    return Refused(
        "open311.form",
        ("表单无法读取，请检查编码和边界。", "The form cannot be read; check its encoding and boundary."),
    )


def _refused(request: HttpRequest, form: str, refusal: Refused) -> HttpResponse:
    """As ``errors/error``. What somebody tried to bring in is counted with its reason; a question that finds nothing is not."""
    # The standard knows 400 for everything that is wrong with the question.
    status = 400 if refusal.status == 422 else refusal.status
    if request.method == "POST":
        refusal = _noted(request, refusal, timezone.now())
        status = refusal.status if isinstance(refusal, TooMany) else status
    answer = _answer(
        form,
        "errors",
        [{"code": status, "description": f"{refusal.message} ({refusal.code})"}],
        status=status,
    )
    if isinstance(refusal, TooMany):
        answer["Retry-After"] = str(refusal.after)
    return answer


def _noted(request: HttpRequest, refusal: Refused, at: datetime) -> Refused:
    """Note it with the channel of whoever shows a key; others, who knock without end, are told to wait and fill no table."""
    source: Source | None = getattr(request, "source", None) or _shown_by(request, at)
    if source is None:
        try:
            turnstile.enter(request, "look", at=at)
        except TooMany as often:
            return often
    external = str(getattr(request, "external", ""))
    actions.reject(refusal, kind="open311", at=at, source=source, external=external)
    return refusal


def _shown_by(request: HttpRequest, at: datetime) -> Source | None:
    """Whose key stands in the address or a header of a request whose body could not be read."""
    secret = _secret(request)
    found = parties.viewer_of_key(secret, at=at) if secret.isascii() and secret.isprintable() else None
    if found is None:
        return None
    return frame.source_of_channel(found[1].channel, found[0], kind=queries.KIND)


def _answer(form: str, name: str, value: Any, *, status: int = 200) -> HttpResponse:
    body = wire.to_xml(name, value) if form == "xml" else wire.to_json(value)
    return HttpResponse(body, content_type=wire.TYPES[form], status=status)


# ---- who posts ----------------------------------------------------------------------------------------------


def _secret(request: HttpRequest, given: str = "") -> str:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return given or request.GET.get("api_key", "") or request.headers.get("X-Api-Key", "") or bearer


def _sender(request: HttpRequest, secret: str, *, at: datetime) -> tuple[Viewer, Source]:
    """Whose key it is. Forbidden with what is missing: a key, a key that opens, or a source of the key's channel."""
    if not secret:
        raise Forbidden("open311.no_key", ("缺少 api_key。", "api_key is missing."), field="api_key")
    found = parties.viewer_of_key(secret, at=at) if secret.isascii() and secret.isprintable() else None
    if found is None:
        raise Forbidden(
            "open311.key",
            ("api_key 无效、已撤销或已到期。", "api_key is not valid, was withdrawn, or has expired."),
            field="api_key",
        )
    viewer, key = found
    source = frame.source_of_channel(key.channel, viewer, kind=queries.KIND)
    if source is None:
        raise Forbidden(
            "open311.no_source",
            (
                "这个 api_key 的渠道“%(channel)s”没有对应的 Open311 来源。请本平台管理员在“渠道”中建立。",
                "There is no Open311 source for the channel “%(channel)s” of this api_key. The administrator of this platform makes one.",
            ),
            values={"channel": key.channel},
            field="api_key",
        )
    request.source = source  # type: ignore[attr-defined]
    actions.check_open(source)
    return viewer, source


def _reader(request: HttpRequest, *, at: datetime) -> Source | None:
    """The source that asks, or None for anybody. A wrong key is refused rather than ignored."""
    secret = _secret(request)
    return _sender(request, secret, at=at)[1] if secret else None


# ---- what is there ------------------------------------------------------------------------------------------


@door("GET", "HEAD")
@scope.endpoint("open311.discovery", roles=scope.ANYONE)
def discovery(request: HttpRequest, form: str, test: bool = False) -> HttpResponse:
    """Where production and test stand, and in which forms."""
    return _answer(form, "discovery", shown.discovery(request.build_absolute_uri("/")))


@door("GET", "HEAD")
@scope.endpoint("open311.services", roles=scope.ANYONE)
def services(request: HttpRequest, form: str, test: bool = False) -> HttpResponse:
    """The kinds of our catalogue."""
    return _answer(form, "services", shown.services())


@door("GET", "HEAD")
@scope.endpoint("open311.service", roles=scope.ANYONE)
def service(request: HttpRequest, form: str, code: str, test: bool = False) -> HttpResponse:
    """What is asked about one kind."""
    return _answer(form, "service_definition", shown.definition(taking.kind_for(code)))


@door("GET", "HEAD", "POST")
@scope.endpoint("open311.requests", roles=scope.ANYONE)
def requests(request: HttpRequest, form: str, test: bool = False) -> HttpResponse:
    """The published requests, or a new one."""
    now = timezone.now()
    if request.method == "POST":
        return _post(request, form, now, test)
    turnstile.enter(request, "look", at=now)
    source = _reader(request, at=now)
    wanted = asked.wanted(request.GET, at=now)
    found, more = queries.listed(PUBLIC, wanted, of=source)
    answer = _answer(form, "service_requests", shown.requests(found, now))
    answer["X-Page-Size"] = str(wanted.limit)
    if more:
        page = request.GET.copy()
        page.pop("page", None)
        page["offset"], page["limit"] = str(wanted.offset + wanted.limit), str(wanted.limit)
        page.pop("api_key", None)
        answer["Link"] = f'<{request.build_absolute_uri(request.path)}?{page.urlencode()}>; rel="next"'
    return answer


@door("GET", "HEAD")
@scope.endpoint("open311.request", roles=scope.ANYONE)
def one(request: HttpRequest, form: str, number: str, test: bool = False) -> HttpResponse:
    """One request by its number."""
    now = timezone.now()
    turnstile.enter(request, "look", at=now)
    found, _more = queries.listed(PUBLIC, asked.by_numbers([number]), of=_reader(request, at=now))
    if not found:
        raise NotThere(
            "open311.request",
            (
                "没有编号为“%(number)s”的诉求（service_request_id），或它不公开。",
                "There is no request “%(number)s” (service_request_id), or it is not public.",
            ),
            values={"number": number[:40]},
            field="service_request_id",
        )
    return _answer(form, "service_requests", shown.requests(found, now))


@door("GET", "HEAD")
@scope.endpoint("open311.token", roles=scope.ANYONE)
def token(request: HttpRequest, form: str, given: str, test: bool = False) -> HttpResponse:
    """The number of what was answered with a token: empty while it waits, an error when it was refused."""
    arrival = queries.arrival_of_token(given, PUBLIC)
    if arrival is None:
        raise NotThere("open311.token", ("没有这个 token。", "There is no such token."), field="token_id")
    if arrival.standing == REFUSED:
        raise _why(arrival)
    number = arrival.report.number if arrival.report is not None else ""
    return _answer(form, "service_requests", [{"service_request_id": number, "token": arrival.receipt}])


def _why(arrival: Arrival) -> Refused:
    return Refused(arrival.code, tuple(arrival.reason) if len(arrival.reason) == 2 else ("已拒收", "Refused"))


@door("GET", "HEAD", "POST")
@scope.endpoint("open311.nowhere", roles=scope.ANYONE)
def nowhere(request: HttpRequest, form: str, rest: str) -> HttpResponse:
    """An address that the standard does not know, refused in the form that was asked for."""
    raise NotThere(
        "open311.address",
        (
            "没有这个地址：%(rest)s。可用的地址见 /open311/v2/discovery.%(form)s。",
            "There is no such address: %(rest)s. /open311/v2/discovery.%(form)s tells which there are.",
        ),
        values={"rest": rest[:60], "form": form},
    )


# ---- what comes in ------------------------------------------------------------------------------------------


def _post(request: HttpRequest, form: str, now: datetime, test: bool) -> HttpResponse:
    fields, repeated = asked.posted(request)
    viewer, source = _sender(request, _secret(request, fields.get("api_key", "")), at=now)
    turnstile.enter(request, "report", at=now)
    request.external = fields.get("external_id", "")  # type: ignore[attr-defined]
    photos = [] if test else _photos(request, viewer, now)
    incoming = taking.incoming(
        fields, repeated, key=request.headers.get("Idempotency-Key", "")[:100], photos=photos, at=now
    )
    actions.preview(source, incoming, at=now)
    if test:
        return _answer(
            form,
            "service_requests",
            [{"service_request_id": "TEST", "service_notice": in_language(shown.TEST), "account_id": ""}],
        )
    receipt = actions.accept(source, incoming, viewer=viewer, at=now)
    arrival = receipt.arrival
    if arrival.standing != DONE and not receipt.changed and _may_wait(source, settings_of(source).at_once):
        arrival = actions.drain_one(arrival, at=now)
        if arrival.standing == REFUSED:
            raise _why(arrival)
    return _answer(form, "service_requests", [shown.receipt(arrival)])


def _photos(request: HttpRequest, viewer: Viewer, now: datetime) -> list[int]:
    uploads = [file for name in ("media", "media[]", "photo") for file in request.FILES.getlist(name)][
        :MOST_FILES
    ]
    return [files.store(upload, purpose="report", viewer=viewer, at=now).pk for upload in uploads]


_lately: dict[int, list[float]] = {}
_mutex = threading.Lock()


def _may_wait(source: Source, a_second: int) -> bool:
    """Whether this sender may wait for triage now: so many a second in each process; in a burst the others get a token."""
    clock = time.monotonic()
    with _mutex:
        recent = [moment for moment in _lately.get(source.pk, []) if moment > clock - 1]
        if len(recent) >= a_second:
            return False
        _lately[source.pk] = [*recent, clock]
    return True


@door("GET", "HEAD", "POST")
@scope.endpoint("open311.updates", roles=scope.ANYONE)
def updates(request: HttpRequest, form: str, test: bool = False) -> HttpResponse:
    """What became of the sender's own requests since a time; or what the sender adds to one of them."""
    now = timezone.now()
    if request.method != "POST":
        _viewer, source = _sender(request, _secret(request), at=now)
        since, until = asked.window(request.GET, at=now, longest=timedelta(days=90))
        return _answer(
            form,
            "service_request_updates",
            shown.updates(queries.told(source, PUBLIC, since=since, until=until)),
        )
    fields, _repeated = asked.posted(request)
    viewer, source = _sender(request, _secret(request, fields.get("api_key", "")), at=now)
    turnstile.enter(request, "report", at=now)
    number = fields.get("service_request_id", "")
    arrival = queries.arrival_of_number(number, source, viewer)
    matter = queries.matter_for(number, source, PUBLIC) if arrival is None else None
    if arrival is None and matter is None:
        raise NotThere(
            "open311.request",
            ("您没有报送过编号为“%(number)s”的诉求。", "You sent no request “%(number)s”."),
            values={"number": number[:40]},
            field="service_request_id",
        )
    text, status = fields.get("description", "").strip(), fields.get("status", "").strip()[:40]
    if not text and not status:
        raise Refused(
            "open311.missing", ("缺少 description。", "description is missing."), field="description"
        )
    said = f"{text}（对方状态：{status}）" if status else text
    if test:
        return _answer(form, "service_request_updates", [{"update_id": "TEST"}])
    if arrival is None:  # they fetched it, and tell how it stands with them: the word of their unit
        neighbour.answered_by(
            matter or 0, source=source, closed=status.lower() in ENDED, text=text[:2000], at=now
        )
        return _answer(form, "service_request_updates", [{"update_id": fields.get("update_id", "")[:100]}])
    added, _new = actions.accept_change(
        arrival,
        Incoming(external=arrival.external, text=said, said_at=now),
        key=fields.get("update_id", "")[:100],
        at=now,
    )
    return _answer(form, "service_request_updates", [{"update_id": added.pk}])
