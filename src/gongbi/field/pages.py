"""The grid worker's pages: the next task, found and solved in one tap, the duty list, who to call."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gongbi.cases import actions
from gongbi.cases.actions import Emergency
from gongbi.cases.actions.statement import Statement
from gongbi.cases.rules import MAX_PHOTOS
from gongbi.cases.triage import Said
from gongbi.duties import queries as duties
from gongbi.duties.rules import LIST_WORDS
from gongbi.field import nearby
from gongbi.field.forms import FieldForm
from gongbi.field.frame import address, frame, grids, viewer_of
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.files import actions as file_actions
from gongbi.kernel.files import queries as files
from gongbi.kernel.scope.viewer import GRID_WORKER, Viewer
from gongbi.look.templatetags.look import said
from gongbi.parties import directory
from gongbi.territory import queries as territory

BUTTONS = 12  # kinds offered as buttons; the others stand in a list


def _show(
    request: HttpRequest, template: str, context: dict[str, Any], here: str, *, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    answer = render(request, template, frame(request, here, now=now) | context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
@scope.endpoint("field.home", roles={GRID_WORKER})
def home(request: HttpRequest) -> HttpResponse:
    """My grids, my open tasks; with ``lon`` and ``lat`` of the phone the nearest first (they are used and forgotten)."""
    viewer, now = viewer_of(request), timezone.now()
    here = nearby.here_of(request.GET.get("lon", ""), request.GET.get("lat", ""))
    found = nearby.tasks(viewer, now=now, here=here)
    mine = [task for task in found if task.mine]
    context = {
        "first": mine[0] if mine else None,
        "mine": mine[1:],
        "others": [task for task in found if not task.mine],
        "here": here,
    }
    return _show(request, "field/home.html", context, "field:home")


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("field.report", roles={GRID_WORKER})
def report(request: HttpRequest) -> HttpResponse:
    """Found it: solved on the spot in one tap, or reported for others. Photos survive a refusal."""
    viewer, now = viewer_of(request), timezone.now()
    mine = grids(viewer, now)
    if request.method != "POST":
        return _form(request, FieldForm(grids=mine, initial={"key": secrets.token_urlsafe(18)}), [], now)
    form = FieldForm(request.POST, request.FILES, grids=mine)
    photos = _photos(request, form, now)
    danger: Emergency | None = None
    if form.is_valid():
        try:
            number, solved = _do(
                form.cleaned_data, [files.from_tickets([t], at=now)[0] for t in photos], viewer, now
            )
        except Emergency as alarm:
            danger = alarm
        except Refused as refusal:
            form.refuse(refusal)
        else:
            told = (
                _("Solved on the spot: %(number)s. Somebody else checks it.")
                if solved
                else _("Reported: %(number)s.")
            )
            messages.success(request, told % {"number": number})
            return HttpResponseRedirect(reverse("field:home"))
    return _form(request, form, photos, now, danger=danger, status=422)


def _do(good: dict[str, Any], photos: list[int], viewer: Viewer, now: datetime) -> tuple[str, bool]:
    """Send it; the receipt number, and whether it is solved. A kind alone says what it is."""
    kind = duties.kind(good["kind"], on=now) if good["kind"] else None
    if good["kind"] and kind is None:
        raise NotThere(
            "field.kind", (f"没有代码为 {good['kind']} 的类别。", f"There is no kind {good['kind']}.")
        )
    text = good["text"] or (said(kind.name) if kind else "")
    statement = Statement(
        said=Said(
            text=text, said_at=now, channel="field", place_words=good["place_words"], lon=good["lon"], lat=good["lat"],
            division="" if good["lon"] is not None else good["division"], kind=good["kind"],
        ),
        crs="WGS84",  # what a phone gives
        language=get_language() or "zh-hans",
        idempotency=f"{viewer.actor}|{good['key']}" if good["key"] else "",
        photos=() if good["did"] == "solved" else photos,
    )  # fmt: skip
    if good["did"] == "solved":
        return actions.solve_on_spot(
            statement=statement, photos=photos, viewer=viewer, at=now
        ).report.number, True
    return actions.receive(statement, viewer=viewer, at=now).report.number, False


def _photos(request: HttpRequest, form: FieldForm, now: datetime) -> list[str]:
    """Tickets of the photos kept from before and of the new ones; what is wrong with one stands beside the field."""
    kept: list[str] = []
    for ticket in dict.fromkeys(request.POST.getlist("kept")):
        try:
            files.from_tickets([ticket], at=now)
        except NotThere as gone:
            form.add_error("after", gone.message)
        else:
            kept.append(ticket)
    for upload in request.FILES.getlist("after")[: MAX_PHOTOS - len(kept)]:
        try:
            file = file_actions.store(upload, purpose="report", viewer=viewer_of(request), at=now)
        except Refused as refusal:
            form.add_error("after", refusal.message)
        else:
            kept.append(files.ticket(file, at=now))
    return kept


def _form(
    request: HttpRequest,
    form: FieldForm,
    photos: list[str],
    now: datetime,
    *,
    danger: Emergency | None = None,
    status: int = 200,
) -> HttpResponse:
    kinds = [kind for kind in duties.kinds(on=now) if kind.on_spot]
    context = {
        "form": form,
        "buttons": kinds[:BUTTONS],
        "more": kinds[BUTTONS:],
        "photos": photos,
        "danger": danger,
        "locate": address("resident:locate"),
    }
    return _show(request, "field/report.html", context, "field:report", status=status)


@require_safe
@scope.endpoint("field.duties", roles={GRID_WORKER})
def duty_list(request: HttpRequest) -> HttpResponse:
    """The three lists that hold in the grids of this post: what the community does, acts for, only assists in."""
    viewer, now = viewer_of(request), timezone.now()
    communities = {code[:12] for code in viewer.territories}
    groups = []
    for name, words in LIST_WORDS.items():
        items = [
            item
            for item in duties.duty_items(on=now, list_type=name)
            if not item.territory or any(code.startswith(item.territory) for code in communities)
        ]
        groups.append({"name": name, "words": words, "items": items})
    return _show(request, "field/duties.html", {"groups": groups}, "field:duties")


@require_safe
@scope.endpoint("field.contacts", roles={GRID_WORKER})
def contacts(request: HttpRequest) -> HttpResponse:
    """Who to call: the community, the street, the departments; emergencies first."""
    viewer, now = viewer_of(request), timezone.now()
    known = directory.current()
    chain = [unit for unit in (known.by_id.get(viewer.unit_id or 0),) if unit is not None]
    chain += known.above(chain[0].pk) if chain else []
    departments = sorted(
        (
            unit
            for unit in known.by_id.values()
            if unit.kind == "department" and unit.phone and unit.valid_to is None
        ),
        key=lambda unit: unit.code,
    )
    cards = [
        card
        for code, _name in grids(viewer, now)
        if (card := territory.public_card(code, on=now)) is not None
    ]
    return _show(
        request,
        "field/contacts.html",
        {"chain": chain, "departments": departments, "cards": cards},
        "field:contacts",
    )
