"""Care lists as a sheet: taken in row by row, taken out with names masked; both leave a line in the access log."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from gongbi.desk.care.pages import HERE, T, keeper_of
from gongbi.desk.forms.reference import FileForm
from gongbi.desk.pages.common import show
from gongbi.kernel import keeping, scope
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import MANAGER
from gongbi.kernel.tables import write_xlsx
from gongbi.kernel.vault import actions as vault
from gongbi.rounds import lists, rules
from gongbi.rounds.scope import kept_by

SHOWN = 200
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("care.sheet", roles={MANAGER})
def sheet(request: HttpRequest) -> HttpResponse:
    """Take a sheet in; good rows are kept whatever their neighbours are."""
    viewer, now = keeper_of(request), timezone.now()
    result: keeping.Result | None = None
    form, status = FileForm(dated=False), 200
    if request.method == "POST":
        form, status = FileForm(request.POST, request.FILES, dated=False), 422
        if form.is_valid():
            file = form.cleaned_data["file"]
            today = timezone.localdate(now)
            try:
                result = keeping.read(lists.NAME, file, file.name, valid_from=today, viewer=viewer, at=now)
                status = 422 if result.faults else 200
            except Refused as refusal:
                form.refuse(refusal)
    faults = result.faults[:SHOWN] if result else []
    context: dict[str, Any] = {"t": T, "form": form, "result": result, "faults": faults}
    context["left_out"] = len(result.faults) - len(faults) if result else 0
    return show(request, "desk/care/sheet.html", context, here=HERE, status=status)


def _language() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh"


def _file(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=SHEET)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
@scope.endpoint("care.template", roles={MANAGER})
def template(request: HttpRequest) -> HttpResponse:
    """The empty sheet."""
    keeper_of(request)
    return _file(keeping.template(lists.NAME, lang=_language()), "gongbi-care.xlsx")


@require_safe
@scope.endpoint("care.export", roles={MANAGER})
def export(request: HttpRequest) -> HttpResponse:
    """The lists in force, names masked; back to the page where it was not said what for."""
    viewer, now = keeper_of(request), timezone.now()
    purpose = rules.CARE_PURPOSES.get(request.GET.get("for", ""))
    if purpose is None:
        return HttpResponseRedirect(reverse(HERE))
    rows = list(lists.care_rows(viewer, on=timezone.localdate(now)))
    vault.note_export(
        lists.NAME, f"{purpose[0]}：{len(rows)} / {'、'.join(kept_by(viewer))}", viewer=viewer, at=now
    )
    content = write_xlsx(
        lists.COLUMNS, rows, sheet=T["care"][0 if _language() == "zh" else 1], lang=_language()
    )
    return _file(content, f"care-{timezone.localdate(now)}.xlsx")
