"""Addresses for the tests of this room: its own, the look's, and two doors to try."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from gongbi.kernel import scope
from gongbi.kernel.scope.viewer import ADMIN, HANDLER


@scope.endpoint("test.handlers", roles={HANDLER, ADMIN})
def handlers(request: HttpRequest) -> HttpResponse:
    """A page for handlers."""
    return HttpResponse(request.viewer.actor)  # type: ignore[attr-defined]


def whoever(request: HttpRequest) -> HttpResponse:
    """Who am I?"""
    viewer = request.viewer  # type: ignore[attr-defined]
    return HttpResponse(f"{viewer.actor} {viewer.role}")


urlpatterns = [
    path("handlers", handlers),
    path("who", whoever),
    path("i18n/", include("django.conf.urls.i18n")),
    path("look/", include("gongbi.look.urls")),
    path("", include("gongbi.parties.urls")),
]
