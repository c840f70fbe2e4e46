"""How programs say who they are to the HTTP interface: ``NinjaAPI(auth=WAYS_IN)``.

Each sets ``request.viewer`` and returns it; a key also sets ``request.channel``, the code of the channel it speaks for.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, APIKeyHeader, HttpBearer

from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import queries


def _with_key(request: HttpRequest, secret: str | None) -> Viewer | None:
    found = queries.viewer_of_key(secret, at=timezone.now()) if secret else None
    if found is None:
        return None
    viewer, key = found
    request.viewer = viewer  # type: ignore[attr-defined]
    request.channel = key.channel  # type: ignore[attr-defined]
    return viewer


def _nothing() -> None:
    """A door that does not count."""


class KeyAuth(APIKeyHeader):
    """A key in the header ``X-API-Key``. ``refused`` is called for one that does not hold."""

    param_name = "X-API-Key"

    def __init__(self, refused: Callable[[], None] = _nothing) -> None:
        super().__init__()
        self.refused = refused

    def authenticate(self, request: HttpRequest, key: str | None) -> Viewer | None:
        found = _with_key(request, key)
        if key and found is None:
            self.refused()
        return found


class BearerKeyAuth(HttpBearer):
    """The same key as ``Authorization: Bearer …``."""

    def __init__(self, refused: Callable[[], None] = _nothing) -> None:
        super().__init__()
        self.refused = refused

    def authenticate(self, request: HttpRequest, token: str) -> Viewer | None:
        found = _with_key(request, token)
        if found is None:
            self.refused()
        return found


class PostAuth(APIKeyCookie):
    """The session of a page: whoever acts in a post. Changes need the page's CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def authenticate(self, request: HttpRequest, key: str | None) -> Viewer | None:
        viewer: Viewer | None = getattr(request, "viewer", None)
        return viewer if viewer is not None and viewer.is_staff else None


WAYS_IN = [KeyAuth(), BearerKeyAuth(), PostAuth()]
