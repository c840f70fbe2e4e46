"""The pages of reconciliations and of the exchange by file."""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.channels.hotline import mending, queries, shown
from gongbi.channels.hotline.adapter import reconcile_now
from gongbi.channels.hotline.calling import Failed
from gongbi.channels.hotline.columns import BELIEFS
from gongbi.channels.hotline.exchange import belief_rows
from gongbi.channels.hotline.pages import READERS, show, viewer_of
from gongbi.channels.hotline.reconciling import MENDS, OURS_TO_DO
from gongbi.channels.hotline.settings import tells
from gongbi.channels.hotline.words import TEXTS as T
from gongbi.kernel import keeping, scope
from gongbi.kernel.errors import NotThere, Refused, in_language
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.tables import Column, save_xlsx
from gongbi.kernel.vault.actions import note_export
from gongbi.look.templatetags.look import said

MENDERS = frozenset({roles.CLERK, roles.DISPATCHER, roles.ADMIN})
_FILES = ("hotline", "hotline-answers")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@scope.endpoint("hotline.reports", roles=READERS)
def reports(request: HttpRequest) -> HttpResponse:
    """The history, newest first; a clean report says so."""
    viewer = viewer_of(request)
    found = queries.reports(viewer)
    context = {
        "table": shown.reports(found) if found else None,
        "sources": [one for one in queries.sources(viewer) if tells(one)] if viewer.role in MENDERS else [],
        "may": viewer.role in MENDERS,
    }
    return show(request, "reports", context)


@require_POST
@scope.endpoint("hotline.now", roles=MENDERS)
def now(request: HttpRequest, code: str) -> HttpResponse:
    """Reconcile with one hotline at once."""
    source = queries.source_of(code, viewer_of(request))
    try:
        made = reconcile_now(source, at=timezone.now())
    except Failed as failure:
        messages.error(request, in_language(T["failed_call"]) % {"why": str(failure)[:120]})
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        return HttpResponseRedirect(reverse("hotline:report", args=[made.pk]))
    return HttpResponseRedirect(reverse("hotline:reports"))


@require_safe
@scope.endpoint("hotline.report", roles=READERS)
def report(request: HttpRequest, key: int) -> HttpResponse:
    """One report: difference by difference, each with its mend."""
    viewer = viewer_of(request)
    found = queries.report(key, viewer)
    differences = queries.differences(found, viewer)
    ours = queries.orders_of(found.source, (one.number for one in differences), viewer)
    lines = [
        {
            "one": one,
            "order": ours.get(one.number),
            "sort": shown.sort_of(one),
            "ours": shown.line(one.ours, one.sort),
            "theirs": shown.line(one.theirs, one.sort),
            "mend": MENDS[one.mend],
            "may": one.mend in OURS_TO_DO and viewer.role in MENDERS and one.mended_at is None,
            "outcome": tuple(one.outcome) if one.outcome else "",
        }
        for one in differences
    ]
    context = {"report": found, "lines": lines, "summary": shown.summary(found, len(lines))}
    return show(request, "report", context)


@require_POST
@scope.endpoint("hotline.mend", roles=MENDERS)
def mend(request: HttpRequest, key: int) -> HttpResponse:
    """Mend one difference."""
    viewer = viewer_of(request)
    found = queries.difference(key, viewer)
    try:
        done = mending.mend(key, viewer=viewer, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{found.number}：{said(done)}")
    return HttpResponseRedirect(reverse("hotline:report", args=[found.reconciliation_id]))


@require_safe
@scope.endpoint("hotline.export", roles=READERS)
def export(request: HttpRequest, key: int) -> HttpResponse:
    """One report as a spreadsheet."""
    viewer, at = viewer_of(request), timezone.now()
    found = queries.report(key, viewer)
    columns = [Column(name, *T[name]) for name in ("number", "sort", "ours", "theirs", "mend", "mended")]
    rows = (
        {
            "number": one.number,
            "sort": said(shown.sort_of(one)),
            "ours": shown.line(one.ours, one.sort),
            "theirs": shown.line(one.theirs, one.sort),
            "mend": said(MENDS[one.mend]),
            "mended": said(tuple(one.outcome)) if one.outcome else "",
        }
        for one in queries.differences(found, viewer)
    )
    note_export("hotline-reconciliation", f"{found}", viewer=viewer, at=at)
    return _sheet(columns, rows, f"reconciliation-{found.source.code}-{timezone.localtime(found.at):%Y%m%d}")


@require_safe
@scope.endpoint("hotline.answers", roles=READERS)
def answers(request: HttpRequest) -> HttpResponse:
    """What we believe and answer, as a spreadsheet for a hotline without an interface."""
    viewer, at = viewer_of(request), timezone.now()
    note_export("hotline-answers", "xlsx", viewer=viewer, at=at)
    return _sheet(BELIEFS, belief_rows(viewer, on=timezone.localdate(at)), "hotline-answers")


def _sheet(columns: Any, rows: Any, name: str) -> HttpResponse:
    out, english = io.BytesIO(), (get_language() or "").startswith("en")
    save_xlsx(out, columns, rows, sheet=name[:31], lang="en" if english else "zh")
    answer = HttpResponse(out.getvalue(), content_type=_XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("hotline.files", roles=MENDERS)
def files(request: HttpRequest) -> HttpResponse:
    """Orders and their list as files in; our answers out."""
    viewer, at = viewer_of(request), timezone.now()
    context: dict[str, Any] = {"uploads": [(name, keeping.known(name)) for name in _FILES]}
    status = 200
    if request.method == "POST":
        name, upload = request.POST.get("list", ""), request.FILES.get("file")
        if name not in _FILES or upload is None:
            context["problem"], status = T["choose_file"], 422
        else:
            try:
                context["result"] = keeping.read(
                    name, upload, upload.name or "", valid_from=timezone.localdate(at), viewer=viewer, at=at
                )  # type: ignore[arg-type,unused-ignore]
            except Refused as refusal:
                context["problem"], status = str(refusal), 422
    return show(request, "files", context, status)


@require_safe
@scope.endpoint("hotline.template", roles=MENDERS)
def template(request: HttpRequest, name: str) -> HttpResponse:
    """The empty form of one of the two files."""
    if name not in _FILES:
        raise NotThere("import.unknown_list", ("没有这个模板。", "There is no such form."))
    english = (get_language() or "").startswith("en")
    answer = HttpResponse(keeping.template(name, lang="en" if english else "zh"), content_type=_XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer
