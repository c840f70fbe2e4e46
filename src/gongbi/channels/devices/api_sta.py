"""``/sensorthings/v1.1/``: the SensorThings service over HTTP, for reading. Who reads: a key (also as the password of basic
authentication, which is what SensorThings clients send), or a person who is signed in."""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.vary import vary_on_headers

from gongbi.channels.devices import sta
from gongbi.channels.devices.sta_query import Unreadable, address
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from gongbi.parties import queries as parties

READERS = frozenset(
    {roles.INTEGRATOR, roles.DISPATCHER, roles.MANAGER, roles.CHECKER, roles.AUDITOR, roles.ADMIN, roles.GRID_WORKER}
)  # fmt: skip


def _told(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """The view with whoever asks found first, and what is refused said as JSON, as the standard has it."""

    @functools.wraps(view)
    def told(request: HttpRequest, path: str | None = None) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return _refused(
                405, "只能读取：GET。", "This service is for reading: GET.", {"Allow": "GET, HEAD"}
            )
        _sign_in(request)
        try:
            return view(request, path or "")
        except Unreadable as error:
            return _refused(400, *error.words)
        except Refused as refusal:
            unknown = refusal.code == "scope.sign_in"
            status = 401 if unknown else refusal.status
            headers = {"WWW-Authenticate": 'Basic realm="SensorThings"'} if unknown else {}
            return _json({"code": status, "type": "error", "message": refusal.message}, status, headers)

    return told


@csrf_exempt  # nothing is changed here, and a program should hear so
@vary_on_headers("Authorization", "X-API-Key", "Cookie", "Accept-Language")
@_told
@scope.endpoint("devices.sensorthings", roles=READERS)
def service(request: HttpRequest, path: str) -> HttpResponse:
    """One address of the service."""
    root = request.build_absolute_uri("/sensorthings/v1.1")
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    found = sta.Service(viewer, root)
    if not path.strip("/"):
        return _json(found.home())
    return _json(found.answer(address(path), request.GET.dict()))


def _sign_in(request: HttpRequest) -> None:
    """The viewer of the key that was presented, if one was; without one whoever is signed in."""
    secret = request.headers.get("X-API-Key", "")
    how, _blank, given = request.headers.get("Authorization", "").partition(" ")
    if how.lower() == "bearer":
        secret = given.strip()
    elif how.lower() == "basic":
        try:
            secret = base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            secret = given  # no key either
    if secret:
        known = parties.viewer_of_key(secret, at=timezone.now())
        request.viewer = known[0] if known is not None else PUBLIC  # type: ignore[attr-defined]


def _refused(status: int, zh: str, en: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return _json({"code": status, "type": "error", "message": in_language((zh, en))}, status, headers)


def _json(body: object, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    answer = HttpResponse(orjson.dumps(body), status=status, content_type="application/json", headers=headers)
    answer["Cache-Control"] = "no-store"
    return answer
