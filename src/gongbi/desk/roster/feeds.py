"""Calendar addresses: made and withdrawn by who holds them, read by whoever has one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.desk.frame import viewer_of
from gongbi.desk.pages.common import show
from gongbi.desk.roster import shown
from gongbi.desk.roster.forms import FeedForm
from gongbi.desk.roster.turning import STANDERS
from gongbi.kernel import scope, turnstile
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope.viewer import system
from gongbi.roster import actions, ical, queries, words

HERE = "duty:feeds"
T = words.TEXTS
READER = system("calendar")


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("duty.feeds", roles=STANDERS)
def feeds(request: HttpRequest) -> HttpResponse:
    """My addresses; a new one is shown once."""
    viewer, now = viewer_of(request), timezone.now()
    rotas = list(queries.rotas(viewer, on=timezone.localdate(now)))
    form, status, address = FeedForm(rotas), 200, ""
    if request.method == "POST":
        form, status = FeedForm(rotas, request.POST), 422
        if form.is_valid():
            try:
                _feed, key = actions.make_feed(
                    viewer=viewer,
                    at=now,
                    rota_id=form.cleaned_data["rota"],
                    language=get_language() or "zh-hans",
                )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                address, status = request.build_absolute_uri(reverse("duty:feed", args=[key])), 200
                form = FeedForm(rotas)
    context: dict[str, Any] = {
        "t": T,
        "form": form,
        "address": address,
        "rows": shown.feed_rows(queries.feeds(viewer)),
    }
    return show(request, "desk/roster/feeds.html", context, here=HERE, status=status)


@require_POST
@scope.endpoint("duty.feed_withdraw", roles=STANDERS)
def withdraw(request: HttpRequest, feed: int) -> HttpResponse:
    """It stops answering at once."""
    actions.withdraw_feed(feed_id=feed, viewer=viewer_of(request), at=timezone.now())
    messages.success(request, in_language(T["saved"]))
    return HttpResponseRedirect(reverse("duty:feeds"))


@require_safe
@scope.endpoint("duty.feed", roles=scope.ANYONE)
@turnstile.guessing
def calendar(request: HttpRequest, key: str) -> HttpResponse:
    """The turns of a secret address as iCalendar; whoever tries many keys waits. 404 for one that is wrong or withdrawn."""
    now = timezone.now()
    feed = queries.feed_by_secret(key, READER, at=now)
    body = ical.calendar(
        feed, queries.turns_of_feed(feed, READER, at=now), host=request.get_host().partition(":")[0], at=now
    )
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="duty.ics"'
    answer["Cache-Control"] = "private, max-age=300"
    answer["X-Robots-Tag"] = "noindex"
    return answer
