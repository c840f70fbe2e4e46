"""Away, and who stands in: said by the holder of the post, ended by the holder; the deputy sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from gongbi.desk.frame import viewer_of
from gongbi.desk.pages.common import show
from gongbi.desk.roster.forms import DutyForm, posts, when
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope import STAFF
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import actions, queries
from gongbi.parties.models import Away, Post
from gongbi.parties.words import role_name
from gongbi.roster import words

HERE = "duty:away"
ROLES = STAFF - {roles.INTEGRATOR}
T = words.TEXTS


class AwayForm(DutyForm):
    """From when to when, and who stands in."""

    labels: ClassVar[dict[str, str]] = {
        "since": "away_since",
        "until": "away_until",
        "deputy": "away_deputy",
        "reason": "away_reason",
    }
    since = when()
    until = when()
    deputy = forms.TypedChoiceField(coerce=int)
    reason = forms.CharField(max_length=200, required=False)


def _name(post: Post) -> str:
    return f"{post.work_name or role_name(post.role)} · {post.unit.label}"


def _row(one: Away, viewer: Viewer, now: Any) -> dict[str, Any]:
    mine = viewer.acting is None and one.post_id == viewer.post_id
    return {
        "away": one,
        "who": _name(one.post),
        "deputy": _name(one.deputy),
        "when": f"{timezone.localtime(one.since):%Y-%m-%d %H:%M} – {timezone.localtime(one.over_at):%Y-%m-%d %H:%M}",
        "words": T["away_now" if one.since <= now else "away_coming"],
        "tone": "soon" if one.since <= now else "info",
        "may_end": mine,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("duty.away", roles=ROLES)
def away(request: HttpRequest) -> HttpResponse:
    """My absences and those I stand in for; a new one."""
    viewer, now = viewer_of(request), timezone.now()
    form, status = None, 200
    if viewer.acting is None and viewer.post_id is not None:
        found = queries.deputies(viewer, queries.post(viewer, viewer.post_id), at=now)
        begin = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
        if found:
            form = AwayForm(
                request.POST if request.method == "POST" else None,
                initial={"since": begin, "until": begin + timedelta(days=1)},
            )
            form.offer("deputy", [("", "—"), *posts(found)])
    if request.method == "POST":
        status = 422
        if form is not None and form.is_valid():
            typed = dict(form.cleaned_data)
            assert viewer.post_id is not None
            try:
                actions.mark_away(
                    post_id=viewer.post_id, deputy_id=typed.pop("deputy"), viewer=viewer, at=now, **typed
                )
            except Refused as refusal:
                form.refuse(refusal)
                status = refusal.status
            else:
                messages.success(request, in_language(T["saved"]))
                return HttpResponseRedirect(reverse("duty:away"))
    context = {
        "t": T,
        "form": form,
        "acting": viewer.acting is not None,
        "rows": [_row(one, viewer, now) for one in queries.aways(viewer, at=now)],
    }
    return show(request, "desk/roster/away.html", context, here=HERE, status=status)


@require_POST
@scope.endpoint("duty.away_end", roles=ROLES)
def end(request: HttpRequest, absence: int) -> HttpResponse:
    """Back: the deputy's rights end now."""
    actions.end_away(away_id=absence, viewer=viewer_of(request), at=timezone.now())
    messages.success(request, in_language(T["saved"]))
    return HttpResponseRedirect(reverse("duty:away"))
