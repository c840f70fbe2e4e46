"""Around every request: an id, one log line, metrics, and the headers that keep a page from being misused."""

import re
import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from gongbi.kernel.errors import Refused
from gongbi.ops import metrics
from gongbi.ops.context import live_url

Next = Callable[[HttpRequest], HttpResponseBase]
_log = structlog.stdlib.get_logger("gongbi.http")
_GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
UNROUTED = "(none)"
PROBES = ("healthz", "metrics")
INTERFACES = (
    "/api/",
    "/open311/",
    "/sensorthings/",
    "/exchange/",
)  # for programs: each answers in its own form
_ANSWERED = (Refused, Http404, PermissionDenied, SuspiciousOperation, BadRequest)  # no mistake of ours


def route_of(request: HttpRequest) -> str:
    """The pattern that matched (``r/<str:token>/``), never the path: private links carry their secret there."""
    match = request.resolver_match
    return (match.route or "/") if match is not None else UNROUTED


class RequestRecord:
    """Gives each request an id (kept from ``X-Request-ID`` when well-formed), returns it, logs and counts the request."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - started
        response["X-Request-ID"] = request_id
        method, route = request.method or "", route_of(request)
        metrics.count_request(method, route, response.status_code, seconds)
        # A probe that is content, every few seconds for ever, would bury everything else.
        quiet = "debug" if route in PROBES and response.status_code == 200 else "info"
        level = "error" if response.status_code >= 500 else quiet
        getattr(_log, level)(
            "request", method=method, route=route, status=response.status_code, ms=round(seconds * 1000, 1)
        )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Our own mistakes with their traceback, once, under the request's id; the visitor sees the page of status 500."""
        if not isinstance(exception, _ANSWERED):
            _log.error(
                "exception", route=route_of(request), kind=type(exception).__name__, exc_info=exception
            )


_INTERFACES = (
    "/api/",
    "/open311/",
    "/exchange/",
    "/sensorthings/",
)  # programs read refusals in a form of their own


class PlainAddresses:
    """A page's address with the letter NUL in it is a bad request: no row can hold it. The interfaces answer for themselves."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        if request.path.startswith(_INTERFACES):
            return
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("NUL in an address")


class SecurityHeaders:
    """Content security policy without inline scripts; a page may talk to this site and its live process only.

    ``style-src-attr`` allows style attributes (bars, chart tooltips); ``blob:`` workers are the map's.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Security-Policy", policy(live_url(request)))
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), browsing-topics=()",
        )
        return response


def policy(live: str) -> str:
    """The policy for pages whose live process is at the address ``live`` (a path in it would be matched to the letter)."""
    parts = urlsplit(live)
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {parts.scheme}://{parts.netloc}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
