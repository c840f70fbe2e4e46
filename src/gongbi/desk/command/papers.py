"""Whistles in a list, numbered notices and their files, the rules of command, the scores of whistles."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from gongbi.command import actions, documents, queries, refusals, words
from gongbi.command.settings import DEFAULTS
from gongbi.desk.command import shown
from gongbi.desk.command.pages import ROLES
from gongbi.desk.frame import KEEPERS, viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show, unkept
from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, Refused, in_language
from gongbi.kernel.scope.viewer import ADMIN
from gongbi.look.furniture import Tab

T = words.TEXTS
_DAYS = 30


@require_safe
@scope.endpoint("command.whistles", roles=ROLES)
def whistles(request: HttpRequest) -> HttpResponse:
    """Whistles and joint matters: open ones and those to be judged; or what is over."""
    viewer, now = viewer_of(request), timezone.now()
    ended = request.GET.get("tab") == "ended"
    found = queries.whistles(viewer, ended=ended)
    context = {
        "t": T,
        "tabs": [Tab(words.TABS["open"], "?", not ended), Tab(words.TABS["ended"], "?tab=ended", ended)],
        "table": shown.whistle_table(found, Names(viewer, now)),
        "empty": not found,
        "may": {what: queries.may(viewer, what) for what in ("order", "whistle", "join")},
    }
    return show(request, "desk/command/whistles.html", context, here="command:whistles")


@require_safe
@scope.endpoint("command.notices", roles=ROLES)
def notices(request: HttpRequest) -> HttpResponse:
    """Every numbered notice, newest first, with its files."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.notices(viewer)
    context = {"t": T, "table": shown.notices(found, Names(viewer, now)), "empty": not found}
    return show(request, "desk/command/notices.html", context, here="command:notices")


@require_safe
@scope.endpoint("command.notice", roles=ROLES)
def notice(request: HttpRequest, number: str, ending: str) -> HttpResponse:
    """One notice as a file: docx or pdf."""
    viewer = viewer_of(request)
    found = queries.notice_of(queries.order_by_number(number, viewer), viewer)
    if found is None or ending not in ("docx", "pdf"):
        raise refusals.not_there()
    made = documents.as_word(found) if ending == "docx" else documents.as_pdf(found)
    answer = HttpResponse(made, content_type=documents.WORD if ending == "docx" else documents.PDF)
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(documents.name_of(found, ending))}"
    return unkept(answer)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("command.rules", roles=ROLES | KEEPERS)
def rules_page(request: HttpRequest) -> HttpResponse:
    """Limits, ladder and scores in force, each with its source; an administrator changes the limits here, the others as lists."""
    viewer, now = viewer_of(request), timezone.now()
    set_here = queries.settings_set(viewer)
    wrong, typed, status = {}, {}, 200
    if request.method == "POST":
        typed = {key: request.POST.get(key, "")[:40] for key in DEFAULTS}
        changed = {key: text for key, text in typed.items() if text.strip() != set_here.get(key, "")}
        try:
            actions.change_settings(changed, viewer=viewer, at=now)
        except Forbidden:
            raise
        except Refused as refusal:
            wrong, status = {refusal.field: refusal.message}, 422
        else:
            messages.success(request, in_language(T["saved"]))
            return HttpResponseRedirect(reverse("command:rules"))
    rungs, rules = queries.rungs(viewer), queries.score_rules(viewer)
    context = {
        "t": T,
        "rows": [
            {
                "key": key,
                "default": default,
                "value": typed.get(key, set_here.get(key, "")),
                "wrong": wrong.get(key, ""),
            }
            for key, default in DEFAULTS.items()
        ],
        "ladder": shown.ladder(rungs, Names(viewer, now)) if rungs else None,
        "scores": shown.score_rules(rules) if rules else None,
        "changes": viewer.role == ADMIN,
        "keeps": viewer.role in KEEPERS,
    }
    return show(request, "desk/command/rules.html", context, here="command:rules", status=status)


@require_safe
@scope.endpoint("command.scores", roles=ROLES)
def scores(request: HttpRequest) -> HttpResponse:
    """Both sides of the whistles of a period; the last thirty days when none is asked for."""
    viewer, now = viewer_of(request), timezone.now()
    today = timezone.localdate(now)
    wrong = ""
    try:
        first = date.fromisoformat(
            request.GET.get("first") or (today - timedelta(days=_DAYS - 1)).isoformat()
        )
        last = date.fromisoformat(request.GET.get("last") or today.isoformat())
        found = queries.scores(viewer, *queries.window(viewer, first, last))
    except (ValueError, OverflowError, Refused):
        first, last, wrong = today - timedelta(days=_DAYS - 1), today, refusals.period().message
        found = queries.scores(viewer, *queries.window(viewer, first, last))
    context = {
        "t": T,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "wrong": wrong,
        "table": shown.scores(found, Names(viewer, now)),
        "empty": not found,
    }
    return show(
        request, "desk/command/scores.html", context, here="command:scores", status=422 if wrong else 200
    )
