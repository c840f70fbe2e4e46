"""The HTTP interface at /api/. What it does not have is said in its own shape too, not as a page."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, re_path, reverse
from django.views.decorators.csrf import csrf_exempt

from gongbi.api.assembly import api
from gongbi.kernel import scope
from gongbi.kernel.errors import in_language

_NO_METHOD = (
    "这个地址不支持 %(method)s，可用：%(allowed)s，见 /api/docs。",
    "This address does not take %(method)s. It takes %(allowed)s, see /api/docs.",
)
_NOWHERE = (
    "接口中没有这个地址，请检查拼写，见 /api/docs。",
    "There is no such address in this interface. Check the spelling, see /api/docs.",
)
# Everybody gets the same of these.
_REFERENCE = tuple(f"/api/{name}" for name in ("kinds", "divisions", "locate", "docs", "openapi.json"))


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    body = {"code": code, "message": message, "article": "", "field": ""}
    return api.create_response(request, body, status=status)


def _in_words(pattern: URLPattern) -> URLPattern:
    """The same door; a method that it does not have is refused with a sentence."""
    view = pattern.callback

    @functools.wraps(view)
    def told(request: HttpRequest, *args: Any, **values: Any) -> Any:
        answer = view(request, *args, **values)
        if answer.status_code != 405:
            if not request.path.startswith(_REFERENCE):
                answer.headers.setdefault("Cache-Control", "no-store")  # it holds what residents said
            return answer
        allowed = answer.headers["Allow"]
        method = (request.method or "")[:20]
        words = in_language(_NO_METHOD) % {"method": method, "allowed": allowed}
        refused = _answer(request, 405, "api.method", words)
        refused.headers["Allow"] = allowed
        return refused

    pattern.callback = told
    return pattern


@scope.endpoint("api.home", roles=scope.ANYONE)
def home(request: HttpRequest) -> HttpResponse:
    """To the description that people read."""
    return HttpResponseRedirect(reverse("api:openapi-view"))


@csrf_exempt  # nothing is there to protect, and a program should hear that, not of a page's token
@scope.endpoint("api.nowhere", roles=scope.ANYONE)
def nowhere(request: HttpRequest) -> HttpResponse:
    """Every other address below /api/."""
    return _answer(request, 404, "api.nowhere", in_language(_NOWHERE))


_patterns, _app, _space = api.urls
urlpatterns = [
    path("", home),
    path("", ([_in_words(one) for one in _patterns if isinstance(one, URLPattern)], _app, _space)),
    re_path(r"^.*$", nowhere),
]
