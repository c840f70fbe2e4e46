"""Rosters: the list, one with its shifts, rotation, turns, gaps and handover; filling, adding, sheets in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.desk.forms.reference import FileForm
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.desk.roster import shown
from gongbi.desk.roster.forms import AddForm, FillForm
from gongbi.desk.roster.pages import ROLES
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.keeping import Result
from gongbi.kernel.tables import write_xlsx
from gongbi.roster import actions, exchange, queries, refusals, words
from gongbi.roster.models import Rota
from gongbi.roster.scope import LEADERS

HERE = "duty:rosters"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
T = words.TEXTS
FAULTS = 200


@require_safe
@scope.endpoint("duty.rosters", roles=ROLES)
def rosters(request: HttpRequest) -> HttpResponse:
    """Every roster in force."""
    viewer, now = viewer_of(request), timezone.now()
    found = list(queries.rotas(viewer, on=timezone.localdate(now)))
    table = shown.rotas(found, Names(viewer, now)) if found else None
    return show(request, "desk/roster/rosters.html", {"t": T, "table": table}, here=HERE)


@require_safe
@scope.endpoint("duty.roster", roles=ROLES)
def roster(request: HttpRequest, code: str) -> HttpResponse:
    """One roster: who is next, what lacks, who goes round."""
    return _page(request, queries.rota_by_code(code, viewer_of(request)))


def _page(
    request: HttpRequest,
    rota: Rota,
    *,
    fill: FillForm | None = None,
    add: AddForm | None = None,
    status: int = 200,
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    names, today = Names(viewer, now), timezone.localdate(now)
    ahead = queries.turns(viewer, first=now, last=now + timedelta(days=14), rota_id=rota.pk)
    lacking = queries.gaps(viewer, at=now, rota_id=rota.pk)
    odd = queries.strays(rota, viewer, at=now)
    may = queries.may_arrange(rota, viewer)
    share = queries.shares(rota, viewer, first=today - timedelta(days=90), last=today)
    stood = queries.notes(viewer, rota_id=rota.pk, most=5)
    context: dict[str, Any] = {
        "t": T,
        "rota": rota,
        "name": shown.name_of(rota),
        "kind": words.KINDS[rota.kind],
        "unit": names.unit(rota.unit_id),
        "place": names.place(rota.territory),
        "synthetic_rota": rota.synthetic,
        "may": may,
        "turns": shown.turns(ahead, caption=T["ahead"]) if ahead else None,
        "gaps": shown.gaps(lacking, names, viewer.units) if lacking else None,
        "strays": shown.turns(odd, caption=T["strays"]) if odd else None,
        "shifts": shown.shifts(list(rota.shifts.all())),
        "members": shown.members(queries.members(rota, viewer), share),
        "notes": shown.notes(stood, names, False),
        "fill": fill or (FillForm.begun(today) if may else None),
        "add": add or (AddForm(rota, queries.eligible(rota, viewer, at=now)) if may else None),
    }
    return show(request, "desk/roster/roster.html", context, here=HERE, status=status)


@require_POST
@scope.endpoint("duty.fill", roles=LEADERS)
def fill(request: HttpRequest, code: str) -> HttpResponse:
    """Fill what is open by rotation."""
    viewer = viewer_of(request)
    rota = queries.rota_by_code(code, viewer)
    form, status = FillForm(request.POST), 422
    if form.is_valid():
        try:
            made = actions.generate(rota_id=rota.pk, viewer=viewer, at=timezone.now(), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            told = {"made": len(made.turns), "open": len(made.unfilled)}
            messages.success(request, in_language(T["generated"]) % told)
            if made.provisional:
                days = f"{made.provisional[0]:%m-%d} … {made.provisional[-1]:%m-%d}"
                messages.warning(request, in_language(T["provisional"]) % {"days": days})
            return HttpResponseRedirect(reverse("duty:roster", args=[code]))
    return _page(request, rota, fill=form, status=status)


@require_POST
@scope.endpoint("duty.add", roles=LEADERS)
def add(request: HttpRequest, code: str) -> HttpResponse:
    """Put one turn in by hand. What stands against it is said beside its field."""
    viewer, now = viewer_of(request), timezone.now()
    rota = queries.rota_by_code(code, viewer)
    form, status = AddForm(rota, queries.eligible(rota, viewer, at=now), request.POST), 422
    if form.is_valid():
        try:
            made = actions.add_turn(rota_id=rota.pk, viewer=viewer, at=now, **form.given())
        except Refused as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            messages.success(request, in_language(T["saved"]))
            return HttpResponseRedirect(reverse("duty:turn", args=[made.pk]))
    return _page(request, rota, add=form, status=status)


@require_safe
@scope.endpoint("duty.download", roles=ROLES)
def download(request: HttpRequest, code: str) -> HttpResponse:
    """Four weeks of turns, in the columns that come in again."""
    viewer = viewer_of(request)
    rota = queries.rota_by_code(code, viewer)
    rows = exchange.turn_rows(viewer, on=timezone.localdate(), rota_id=rota.pk)
    language = "en" if (get_language() or "").startswith("en") else "zh"
    answer = HttpResponse(write_xlsx(exchange.TURNS, rows, lang=language), content_type=SHEET)
    answer["Content-Disposition"] = f'attachment; filename="duty-{rota.code}.xlsx"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("duty.upload", roles=LEADERS)
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Take a sheet of turns in, answered row by row."""
    viewer, now = viewer_of(request), timezone.now()
    rota = queries.rota_by_code(code, viewer)
    if not queries.may_arrange(rota, viewer):
        raise refusals.not_leader()
    form, result, status = FileForm(dated=False), None, 200
    if request.method == "POST":
        form, status = FileForm(request.POST, request.FILES, dated=False), 422
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                result = exchange.import_turns(
                    file, file.name, valid_from=timezone.localdate(now), viewer=viewer, at=now
                )
                status = 422 if result.faults else 200
            except Refused as refusal:
                form.refuse(refusal)
    context = {"t": T, "rota": rota, "name": shown.name_of(rota), "form": form, **_told(result)}
    return show(request, "desk/roster/upload.html", context, here=HERE, status=status)


def _told(result: Result | None) -> dict[str, Any]:
    faults = result.faults if result is not None else []
    return {"result": result, "faults": faults[:FAULTS], "left_out": max(0, len(faults) - FAULTS)}
