"""The pages of the account itself: which posts it has, and in which one it acts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden
from gongbi.parties import queries
from gongbi.parties.middleware import act_as
from gongbi.parties.models import Account
from gongbi.parties.words import refuse, role_name

scope.module("allauth", roles=scope.ANYONE, why="signing in, second factors and passwords guard themselves")


def signed_in(request: HttpRequest) -> Account:
    """The account of this request. Raises Forbidden (``scope.sign_in``), which the middleware turns into the way there."""
    if not isinstance(request.user, Account):
        raise Forbidden("scope.sign_in", refuse("parties.sign_in").words)
    return request.user


@require_safe
@never_cache
@scope.endpoint("account.posts", roles=scope.ANYONE)
def posts(request: HttpRequest) -> HttpResponse:
    """The posts of the account, and what is due before one can act in them (password, second factor)."""
    account = signed_in(request)
    viewer = request.viewer  # type: ignore[attr-defined]
    held = queries.posts_of(account, timezone.now())
    rows = [
        {"post": post, "role": role_name(post.role), "current": post.id == viewer.post_id} for post in held
    ]
    values = {"rows": rows, "withheld": getattr(request, "withheld", ""), "next": request.GET.get("next", "")}
    return render(request, "parties/posts.html", values)


@require_POST
@scope.endpoint("account.post", roles=scope.ANYONE)
def switch(request: HttpRequest) -> HttpResponse:
    """Act in the post ``post`` from now on and go on to ``next`` (an address of this house). Raises Forbidden, Refused."""
    account = signed_in(request)
    wanted = request.POST.get("post", "")
    if not wanted.isascii() or not wanted.isdigit():
        raise refuse("parties.post_unknown", "post")
    queries.viewer_of(account, post_id=int(wanted), at=timezone.now())
    act_as(request, int(wanted))
    onward = request.POST.get("next", "") or "/"
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        onward = "/"
    return HttpResponseRedirect(onward)
