"""The looks that were made, and the settings they follow."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from gongbi.desk.frame import KEEPERS, viewer_of
from gongbi.desk.pages.common import show
from gongbi.desk.warning import shown
from gongbi.desk.warning.pages import HERE, ROLES
from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, Refused, in_language
from gongbi.kernel.scope.viewer import ADMIN
from gongbi.warning import actions, queries, words
from gongbi.warning.settings import DEFAULTS


@require_safe
@scope.endpoint("warnings.runs", roles=ROLES | KEEPERS)
def runs(request: HttpRequest) -> HttpResponse:
    """Every look: when, at what, how long, what came of it."""
    viewer = viewer_of(request)
    found = queries.runs(viewer)
    nightly = next((one for one in found if not one.live), None)
    context = {
        "t": words.TEXTS,
        "table": shown.runs(found),
        "empty": not found,
        "hindsight": shown.hindsight(nightly),
        "tested": shown.tested(nightly),
        "back": reverse("warnings:list") if viewer.role in ROLES else "",
    }
    return show(request, "desk/warning/runs.html", context, here=HERE)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("warnings.settings", roles=KEEPERS | ROLES)
def settings(request: HttpRequest) -> HttpResponse:
    """What the district set, with the shipped values and their sources; an administrator changes them."""
    viewer = viewer_of(request)
    set_here = queries.settings_set(viewer)
    wrong, status, typed = {}, 200, {}
    if request.method == "POST":
        if viewer.role != ADMIN:
            raise Forbidden(
                "warning.settings",
                (
                    "只有系统管理员可以修改预警设置。",
                    "Only an administrator changes the settings of warnings.",
                ),
            )
        typed = {key: request.POST.get(key, "")[:80] for key in DEFAULTS}
        changed = {key: text for key, text in typed.items() if text.strip() != set_here.get(key, "")}
        try:
            actions.change_settings(changed, viewer=viewer, at=timezone.now())
        except Refused as refusal:
            wrong, status = {refusal.field: refusal.message}, 422
        else:
            messages.success(request, in_language(words.TEXTS["saved"]))
            return HttpResponseRedirect(reverse("warnings:settings"))
    rows = [
        {
            "key": key,
            "default": default,
            "value": typed.get(key, set_here.get(key, "")),
            "wrong": wrong.get(key, ""),
        }
        for key, default in DEFAULTS.items()
    ]
    context = {"t": words.TEXTS, "rows": rows, "keeps": viewer.role == ADMIN}
    return show(request, "desk/warning/settings.html", context, here="warnings:settings", status=status)
