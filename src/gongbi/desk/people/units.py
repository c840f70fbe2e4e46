"""Units: found, made, changed, closed. A code is never used again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.desk.people import shown
from gongbi.desk.people.forms import ChangeUnitForm, UnitForm, UnitsForm
from gongbi.desk.people.people import READERS, only_administrators
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import ADMIN
from gongbi.parties import actions
from gongbi.parties import queries as parties
from gongbi.parties.words import kind_name

FIELDS = ("name", "name_en", "ranking_class", "phone", "supervision_phone")


@require_safe
@scope.endpoint("desk.units", roles=READERS)
def units(request: HttpRequest) -> HttpResponse:
    """The units that there are now, by code."""
    viewer, now = viewer_of(request), timezone.now()
    form = UnitsForm(request.GET)
    words, kind = form.words, form.cleaned_data.get("kind", "")
    found = parties.units(viewer, at=now, kinds=[kind] if kind else ())
    if words:
        found = found.filter(
            Q(code__icontains=words) | Q(name__icontains=words) | Q(name_en__icontains=words)
        )
    page = shown.page_of(request, found.select_related("parent"))
    names = Names(viewer, now)
    places = names.places(unit.territory for unit in page.object_list)
    context = {
        "form": form,
        "page": page,
        "rows": [(unit, kind_name(unit.kind), places.get(unit.territory, "")) for unit in page.object_list],
        "keeps": viewer.role == ADMIN,
    }
    return show(request, "desk/people/units.html", context, here="desk:units")


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.unit_new", roles={ADMIN})
def new(request: HttpRequest) -> HttpResponse:
    """A new unit from now on."""
    viewer, now = viewer_of(request), timezone.now()
    above = list(parties.units(viewer, at=now))
    form, status = UnitForm(units=above), 200
    if request.method == "POST":
        form, status = UnitForm(request.POST, units=above), 422
        if form.is_valid():
            try:
                made = actions.create_unit(at=now, viewer=viewer, **form.cleaned_data)
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("The unit %(name)s is made.") % {"name": made.label})
                return HttpResponseRedirect(reverse("desk:unit", args=[made.pk]))
    return show(request, "desk/people/unit_new.html", {"form": form}, here="desk:units", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.unit", roles=READERS)
def unit(request: HttpRequest, unit: int) -> HttpResponse:
    """One unit: its posts; the administrator changes names and telephones, or closes it (``do=close``)."""
    viewer, now = viewer_of(request), timezone.now()
    found = parties.unit(viewer, unit)
    initial = {name: getattr(found, name) for name in FIELDS}
    form, status, refused = ChangeUnitForm(initial=initial), 200, None
    if request.method == "POST":
        only_administrators(viewer)
        status = 422
        try:
            if request.POST.get("do") == "close":
                actions.close_unit(unit, at=now, viewer=viewer)
                messages.success(request, _("The unit %(name)s is closed.") % {"name": found.label})
                return HttpResponseRedirect(reverse("desk:units"))
            form = ChangeUnitForm(request.POST)
            if form.is_valid():
                actions.change_unit(unit, at=now, viewer=viewer, **form.cleaned_data)
                messages.success(request, _("The unit is changed."))
                return HttpResponseRedirect(reverse("desk:unit", args=[unit]))
        except Refused as refusal:
            refused = refusal
    names = Names(viewer, now)
    held = parties.posts(viewer, at=now, unit_id=unit).select_related("person")
    page = shown.page_of(request, held.prefetch_related("areas", "handed_over"))
    context: dict[str, Any] = {
        "unit": found,
        "kind": kind_name(found.kind),
        "place": names.place(found.territory),
        "form": form,
        "refused": refused,
        "page": page,
        "offices": shown.posts(page.object_list, names),
        "closed": found.valid_to is not None and found.valid_to <= now,
        "keeps": viewer.role == ADMIN,
        "happened": shown.history(parties.changes_of(viewer, [("unit", found.code)])[: shown.HISTORY], names),
    }
    return show(request, "desk/people/unit.html", context, here="desk:units", status=status)
