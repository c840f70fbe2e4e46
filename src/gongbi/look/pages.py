"""Pages of the look itself: keeping a person's wishes, saying what was refused, and the error pages."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from gongbi.kernel.errors import Refused, TooMany
from gongbi.look import wishes
from gongbi.look.methods import TooLarge, WrongMethod

_PAGES = (400, 403, 404, 409, 429)


@require_POST
def wish(request: HttpRequest) -> HttpResponse:
    """Keeps ``theme`` and ``size`` for a year and goes back to ``next`` (an address of this house only)."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    for name, known in (("theme", wishes.THEMES), ("size", wishes.SIZES)):
        value = request.POST.get(name, "")
        if value in known:
            answer.set_cookie(f"gongbi_{name}", value, max_age=wishes.KEPT_SECONDS, samesite="Lax", path="/")
    return answer


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page for a rule that said no: its sentence, its article, and the way back. For htmx only the notice."""
    piece = request.headers.get("HX-Request") == "true"
    page = f"{refusal.status}.html" if refusal.status in _PAGES else "400.html"
    page = "look/components/refusal.html" if piece else page
    answer = render(request, page, {"refusal": refusal}, status=refusal.status)
    if isinstance(refusal, TooMany):
        answer["Retry-After"] = str(refusal.after)
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return refused(request, TooLarge())
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_there(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Something broke here. Drawn without asking the database or the session, which may be what broke."""
    return render(None, "500.html", status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long or came from elsewhere (``CSRF_FAILURE_VIEW``); no form sends anything but POST."""
    if request.method != "POST":
        return refused(request, WrongMethod(request.method or ""))
    return render(request, "403.html", {"expired": True}, status=403)
