"""Who asks: every request carries ``request.viewer``, built once, from the session's account and its chosen post."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation

from gongbi.kernel.errors import Forbidden
from gongbi.kernel.scope.viewer import GRID_WORKER, PUBLIC, Viewer
from gongbi.parties import queries, rules
from gongbi.parties.signin import setting

POST = "post"  # session key: the post chosen in the switcher
SEEN = "seen"  # session key: when the account was last active, seconds since the epoch
SEEN_EVERY = 60  # the session is written at most once a minute
OUTSIDE = "outside"  # session key: somebody who works outside alone, where the phone has no signal for hours
OFF_DUTY = "off_duty"  # session key: the shift is over, so the long session is too


class ViewerMiddleware:
    """Sets ``request.viewer``; somebody without a session costs nothing and is PUBLIC.

    With one: the session, the account, one read of the directory's token. A session idle for ``GONGBI_IDLE_MINUTES`` ends
    (of somebody who is a grid worker and nothing else, whose phone may have no signal, after ``GONGBI_IDLE_MINUTES_OUTSIDE``, until
    the shift is over).
    A page that needs a role sends a visitor to sign in, and somebody without a post to the choice of posts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.viewer = self._viewer(request)  # type: ignore[attr-defined]
        return self.get_response(request)

    def _viewer(self, request: HttpRequest) -> Viewer:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return PUBLIC
        now = timezone.now()
        if _idle(request, now):
            logout(request)
            request.signed_out_idle = True  # type: ignore[attr-defined]
            return PUBLIC
        _speak(request, request.user)
        viewer = viewer_for(request, request.user, now)
        outside = viewer.role == GRID_WORKER and not request.inside and not request.session.get(OFF_DUTY)  # type: ignore[attr-defined]
        if outside != request.session.get(OUTSIDE, False):
            request.session[OUTSIDE] = outside
            # Closing the app on the phone is no signing out: what waits there is to be sent on its next start.
            request.session.set_expiry(settings.SESSION_COOKIE_AGE if outside else 0)
        return viewer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Forbidden) or "text/html" not in request.headers.get("Accept", ""):
            return None
        if exception.code == "scope.sign_in":
            query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
            return HttpResponseRedirect(reverse("account_login") + (f"?{query}" if query else ""))
        if exception.code == "scope.no_post":
            return HttpResponseRedirect(reverse("account_posts"))
        return None


def viewer_for(request: HttpRequest, account: Any, now: datetime) -> Viewer:
    """The viewer of a signed-in request: the chosen post, else the oldest. Without a role while something is due.

    ``request.withheld`` says what: ``password`` (to be changed) or ``second_factor`` (to be given); else it is empty.
    ``request.inside``: some post of the account is worked at a desk, whichever is chosen.
    """
    request.withheld = ""  # type: ignore[attr-defined]
    posts = queries.posts_of(account, now)
    request.inside = any(one.role != GRID_WORKER for one in posts)  # type: ignore[attr-defined]
    chosen = request.session.get(POST)
    post = next((one for one in posts if one.id == chosen), posts[0] if posts else None)
    if post is None:
        return queries.no_post(account)
    if rules.second_factor_needed(post.role, post.synthetic) and not _second_factor(request, account):
        request.withheld = "second_factor"  # type: ignore[attr-defined]
    elif rules.password_due(  # the demo's printed passwords do not grow old, but a one-time password is one everywhere
        None if post.synthetic else account.password_set_at, account.must_change_password, now
    ):
        request.withheld = "password"  # type: ignore[attr-defined]
    if request.withheld:  # type: ignore[attr-defined]
        return queries.no_post(account)
    return queries.viewer_in(account, post)


def off_duty(request: HttpRequest, over: bool) -> None:
    """A shift ended (``over``) or began in this session: a telephone that is lost afterwards is signed out soon."""
    if not over:
        request.session.pop(OFF_DUTY, None)
        return
    request.session[OFF_DUTY], request.session[OUTSIDE] = True, False
    request.session.set_expiry(0)


def act_as(request: HttpRequest, post_id: int | None) -> None:
    """Remember the chosen post in the session; None forgets it. Whether it may be is checked at every request."""
    if post_id is None:
        request.session.pop(POST, None)
    else:
        request.session[POST] = post_id


def _second_factor(request: HttpRequest, account: Any) -> bool:
    from allauth.account.authentication import get_authentication_records

    return any(record.get("method") == "mfa" for record in get_authentication_records(request, account))


def _idle(request: HttpRequest, now: datetime) -> bool:
    seconds = int(now.timestamp())
    seen = request.session.get(SEEN)
    outside = request.session.get(OUTSIDE, False)
    minutes = setting("GONGBI_IDLE_MINUTES_OUTSIDE" if outside else "GONGBI_IDLE_MINUTES")
    if seen is not None and seconds - seen > minutes * 60:
        return True
    if seen is None or seconds - seen >= SEEN_EVERY:
        request.session[SEEN] = seconds
    return False


def _speak(request: HttpRequest, account: Any) -> None:
    """The account's own language, unless this browser has chosen another one."""
    if account.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(account.language)
        request.LANGUAGE_CODE = translation.get_language()
