"""One matter: its page, its place beside the queue, its step panels, its print, and opening a sealed name."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlencode

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from gongbi.cases import queries
from gongbi.desk.doing import DOING, Doing, main_of
from gongbi.desk.forms import choices
from gongbi.desk.forms.step import StepForm
from gongbi.desk.frame import COMMANDERS, READERS, landing, synthetic, viewer_of
from gongbi.desk.pages.common import (
    KeptPhoto,
    is_piece,
    piece,
    point_json,
    show,
    take_photos,
    unkept,
    way_back,
)
from gongbi.desk.sheet import Sheet
from gongbi.incidents.words import TEXTS as INCIDENT_TEXTS
from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale, in_language
from gongbi.kernel.vault import actions as vault

OPENERS = frozenset({"dispatcher", "manager"})  # who opens incidents
PICKERS = frozenset({"clerk", "dispatcher"})


@require_safe
@scope.endpoint("desk.case", roles=READERS)
def case(request: HttpRequest, number: str) -> HttpResponse:
    """The whole matter. For htmx: beside the queue (target ``queue-detail``), or one step's panel (target ``step``)."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.case_by_number(number, viewer)
    if not is_piece(request) and number != found.number:
        return HttpResponseRedirect(
            reverse("desk:case", args=[found.number])
        )  # a receipt number leads to its case
    sheet = Sheet(found, viewer, now=now)
    doing = DOING.get(request.GET.get("step", ""))
    panels = _panels(request, sheet, doing) if doing else []
    target = request.headers.get("HX-Target", "") if is_piece(request) else ""
    if target == "step":
        return piece(request, "desk/parts/step.html", _around(request, sheet) | {"panels": panels})
    context = context_of(request, sheet, panels)
    if target == "queue-detail":
        return piece(request, "desk/parts/matter.html", context | {"heading": "h2", "beside": True})
    return show(request, "desk/case.html", context)


@require_POST
@scope.endpoint("desk.step", roles=READERS)
def take(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Do one step. What is wrong stands beside its field (422); a page that showed an old version gets 409, what has changed
    since, and what was typed.
    """
    viewer, now = viewer_of(request), timezone.now()
    doing = DOING.get(step)
    if doing is None:
        raise NotThere("desk.step", _("There is no such step. Go back and choose one of the buttons."))
    found = queries.case_by_number(number, viewer)
    form = _form(doing, found, viewer, now, request.POST)
    photos = take_photos(request, form, at=now) if doing.form.takes_photos else []
    form.stored = [photo.id for photo in photos]
    stale: Stale | None = None
    status = 422
    if form.is_valid():
        try:
            done = form.act()
        except Stale as old:
            stale, status = old, old.status
        except Forbidden as refusal:
            if not is_piece(request):
                raise
            return piece(request, "look/components/refusal.html", {"refusal": refusal}, status=refusal.status)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _onward(request, doing, found, done)
    return _again(request, doing, form, photos, stale, status)


def _onward(request: HttpRequest, doing: Doing, found: Any, done: Any) -> HttpResponse:
    """Say what was done and go back to the queue, where the next one has taken the place; else to the matter itself."""
    viewer = viewer_of(request)
    state = in_language(done.declared_state.words)
    said = {"step": in_language(doing.label), "number": found.number, "state": state}
    if done.pk != found.pk:
        said |= {"other": done.number}
        messages.success(request, _("%(step)s: %(number)s → %(other)s") % said)
    else:
        messages.success(request, _("%(step)s: %(number)s is now “%(state)s”.") % said)
    back = way_back(request)
    if back:
        index = request.POST.get("i", "")
        to = f"{back}{'&' if '?' in back else '?'}i={index}" if index.isascii() and index.isdigit() else back
    else:
        fresh = next(iter(queries.case_list(viewer, [done.pk])), None)
        to = reverse("desk:case", args=[fresh.number]) if fresh else landing(viewer)
    if is_piece(request):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = to
        return answer
    return HttpResponseRedirect(to)


def _again(
    request: HttpRequest,
    doing: Doing,
    form: StepForm,
    photos: list[KeptPhoto],
    stale: Stale | None,
    status: int,
) -> HttpResponse:
    """The panel once more, with what was typed; after somebody else's change with what that was."""
    viewer, now = viewer_of(request), timezone.now()
    fresh = queries.case_for(form.case.pk, viewer)
    sheet = Sheet(fresh, viewer, now=now)
    changes: list[Any] = []
    if stale is not None:
        changes = sheet.history(since=form.cleaned_data.get("version") or 0)
        data = request.POST.copy()
        data["version"] = str(fresh.version)  # having read what changed, the person may send it again
        form = _form(doing, fresh, viewer, now, data)
        form.is_valid()
    offered = {one.arrow.name: one for one in sheet.steps()}
    gone = stale is not None and not (doing.name in offered and offered[doing.name].enabled)
    panel = {"doing": doing, "form": form, "kept": photos, "stale": stale, "changes": changes, "gone": gone}
    panels = [panel]
    if doing.beside and not gone and doing.beside in offered:
        panels.append(_panel(DOING[doing.beside], sheet))
    if is_piece(request):
        return piece(
            request, "desk/parts/step.html", _around(request, sheet) | {"panels": panels}, status=status
        )
    return show(request, "desk/case.html", context_of(request, sheet, panels), status=status)


def _form(doing: Doing, found: Any, viewer: Any, now: Any, data: Any = None, names: Any = None) -> StepForm:
    return doing.form(data, case=found, viewer=viewer, now=now, names=names, auto_id=f"{doing.name}-%s")


def _panel(doing: Doing, sheet: Sheet) -> dict[str, Any]:
    return {"doing": doing, "form": _form(doing, sheet.case, sheet.viewer, sheet.now, names=sheet.names)}


def _panels(request: HttpRequest, sheet: Sheet, doing: Doing) -> list[dict[str, Any]]:
    """The panel of a step, and its other half beside it; a step that is not possible now says why instead."""
    offered = {one.arrow.name: one for one in sheet.steps()}
    here = offered.get(doing.name)
    if here is None or not here.enabled:
        return [{"doing": doing, "refused": here}]
    panels = [_panel(doing, sheet)]
    other = offered.get(doing.beside)
    if other is not None and other.enabled:
        panels.append(_panel(DOING[doing.beside], sheet))
    return panels


def _around(request: HttpRequest, sheet: Sheet) -> dict[str, Any]:
    """What every piece of a matter needs."""
    back, index = way_back(request), request.POST.get("i") or request.GET.get("i") or ""
    sheet.read_files()
    kept = {"from": back, "i": index} if back else {}
    return {
        "sheet": sheet,
        "case": sheet.case,
        "now": sheet.now,
        "back": back,
        "index": index,
        "address": sheet.address(),
        "step_href": f"{sheet.address()}?{urlencode({**kept, 'step': ''})}",
        "case_href": sheet.address() + (f"?{urlencode(kept)}" if kept else ""),
        "synthetic_data": synthetic(viewer_of(request)),
        "may_command": sheet.viewer.role in COMMANDERS,
    }


def context_of(request: HttpRequest, sheet: Sheet, panels: list[dict[str, Any]]) -> dict[str, Any]:
    """Everything that the sheet of a matter shows."""
    around = _around(request, sheet)
    steps = sheet.steps()
    return around | {
        "panels": panels,
        "steps": steps,
        "main_step": main_of(steps),
        "reports": sheet.reports(),
        "proposal": sheet.proposal(),
        "twins": sheet.twins(),
        "facts": sheet.facts(),
        "pending": sheet.pending(),
        "pending_by": sheet.names.unit(sheet.pending().unit_id) if sheet.pending() else "",
        "before": sheet.before(),
        "after": sheet.after(),
        "documents": sheet.documents,
        "events": sheet.history()[::-1],
        "links": sheet.links(),
        "may_merge": any(one.arrow.name == "merge" and one.enabled for one in steps),
        "compare": sheet.case.state in ("handled", "checked", "closed", "judged"),
        "chain": sheet.chain(),
        "opens_incident": sheet.viewer.role in OPENERS and sheet.case.closed_at is None,
        "open_words": INCIDENT_TEXTS["open_from"],
    }


@require_safe
@scope.endpoint("desk.case_clocks", roles=READERS)
def clocks(request: HttpRequest, number: str) -> HttpResponse:
    """Why each deadline is what it is, minute by minute."""
    viewer, now = viewer_of(request), timezone.now()
    sheet = Sheet(queries.case_by_number(number, viewer), viewer, now=now)
    context = {
        "sheet": sheet,
        "case": sheet.case,
        "clocks": sheet.clocks(),
        "now": now,
        "back_href": sheet.address(),
    }
    if is_piece(request):
        return piece(request, "desk/parts/clocks.html", context)
    return show(request, "desk/clocks.html", context)


@require_safe
@scope.endpoint("desk.case_news", roles=READERS)
def news(request: HttpRequest, number: str) -> HttpResponse:
    """Nothing (204) while the matter is as it was shown (``version``); else a line that says so, with the way to see it."""
    found = queries.case_by_number(number, viewer_of(request))
    if str(found.version) == request.GET.get("version"):
        return unkept(HttpResponse(status=204))
    return piece(
        request, "desk/parts/news.html", {"case": found, "address": reverse("desk:case", args=[found.number])}
    )


@require_safe
@scope.endpoint("desk.case_key", roles=READERS)
def by_key(request: HttpRequest, key: int) -> HttpResponse:
    """From a point on the map to its matter."""
    found = queries.case_for(key, viewer_of(request))
    return HttpResponseRedirect(reverse("desk:case", args=[found.number]))


@require_safe
@scope.endpoint("desk.case_place", roles=READERS)
def place(request: HttpRequest, number: str) -> JsonResponse:
    """The one point of a matter, for the small map."""
    found = queries.case_by_number(number, viewer_of(request))
    return point_json(found.title, in_language(found.declared_state.words), found.lon, found.lat)


@require_POST
@scope.endpoint("desk.unseal", roles=READERS)
@sensitive_variables("plain")
def unseal(request: HttpRequest, number: str, report: int, field: str) -> HttpResponse:
    """Show a name or number, for a reason that the person concerned can read. Nothing keeps the answer."""
    viewer = viewer_of(request)
    found = queries.case_by_number(number, viewer)
    row = next((one for one in found.reports.all() if one.pk == report), None)
    if row is None or field not in ("name", "phone"):
        raise NotThere("desk.sealed", _("There is no such report here."))
    context: dict[str, Any] = {
        "case": found,
        "report": row,
        "field": field,
        "address": reverse("desk:case", args=[found.number]),
    }
    status = 200
    try:
        context["plain"] = vault.unseal(
            row, field, viewer=viewer, reason=request.POST.get("reason", ""), at=timezone.now()
        )
    except Forbidden:
        raise
    except Refused as refusal:
        context["refusal"], status = refusal, refusal.status
    if is_piece(request):
        return piece(request, "desk/parts/unsealed.html", context, status=status)
    return show(request, "desk/unsealed.html", context, status=status)


@require_safe
@scope.endpoint("desk.case_print", roles=READERS)
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """The matter on A4: number, code, page count. Names and numbers of reporters stay off the paper."""
    viewer, now = viewer_of(request), timezone.now()
    sheet = Sheet(queries.case_by_number(number, viewer), viewer, now=now)
    sheet.read_files()
    address = request.build_absolute_uri(sheet.address())
    context = {
        "sheet": sheet,
        "case": sheet.case,
        "number": sheet.case.number,
        "printed_at": now,
        "now": now,
        "facts": sheet.facts(),
        "reports": sheet.reports(),
        "events": sheet.history(),
        "before": sheet.before(),
        "after": sheet.after(),
        "qr": code_of(address),
        "qr_words": _("Scan to open this matter"),
        "back_href": sheet.address(),
    }
    return show(request, "desk/print.html", context)


def code_of(address: str) -> SafeString:
    """A QR code as inline SVG, dark on light whatever the theme."""
    out = io.BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, border=2, omitsize=True, dark="#000", light="#fff"
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308 - made here from an address of ours


@require_safe
@scope.endpoint("desk.kinds", roles=PICKERS)
def kinds(request: HttpRequest) -> HttpResponse:
    """Kinds for what is being typed, as choices; the first is chosen, and its filing conditions come along."""
    now = timezone.now()
    typed = request.GET.get("kind_words", "")[:40]
    found = choices.find_kinds(typed, now=now)
    standards = choices.standard_choices(found[0].code, now) if found else []
    return piece(
        request,
        "desk/parts/kinds.html",
        {"found": found, "typed": typed, "standards": standards, "fresh": True},
    )


@require_safe
@scope.endpoint("desk.standards", roles=PICKERS)
def standards(request: HttpRequest) -> HttpResponse:
    """The filing conditions of the chosen kind."""
    found = choices.standard_choices(request.GET.get("kind", "")[:8], timezone.now())
    return piece(request, "desk/parts/standards.html", {"standards": found})


@require_safe
@scope.endpoint("desk.pin", roles=PICKERS)
def pin(request: HttpRequest, number: str) -> HttpResponse:
    """The map to set the point on: loaded when it is asked for."""
    found = queries.case_by_number(number, viewer_of(request))
    return piece(request, "desk/parts/pin.html", {"case": found})
