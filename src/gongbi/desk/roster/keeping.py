"""The rules of duty that the district sets: read by everybody, kept by the administrator, each with its source."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gongbi.desk.frame import viewer_of
from gongbi.desk.pages.common import show
from gongbi.desk.roster.forms import DutyForm
from gongbi.desk.roster.pages import ROLES
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope.viewer import ADMIN
from gongbi.look.furniture import Cell, Column, Table
from gongbi.look.templatetags.look import said
from gongbi.roster import actions, queries, words
from gongbi.roster.settings import DEFAULTS

HERE = "duty:settings"
T = words.TEXTS


class SettingsForm(DutyForm):
    """A value and its source for each rule."""

    def __init__(self, found: list[Any], data: Any = None) -> None:
        super().__init__(data)
        for key, default, row in found:
            number = forms.IntegerField(
                min_value=default.least, max_value=default.most, label=said(default.words)
            )
            number.initial = row.value if row is not None else default.value
            number.help_text = said(T["own_default"]) % {"value": default.value}
            source = forms.CharField(max_length=160, required=False, label=said(T["origin"]))
            source.initial = row.source if row is not None else ""
            self.fields[key], self.fields[f"{key}_source"] = number, source

    def given(self) -> dict[str, tuple[str, str]]:
        """What the action takes."""
        typed = self.cleaned_data
        return {key: (str(typed[key]), typed[f"{key}_source"]) for key in DEFAULTS}


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("duty.settings", roles=ROLES)
def settings_page(request: HttpRequest) -> HttpResponse:
    """Each rule with its value and where it comes from; the administrator changes them. Others who send anything are refused (403)."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.settings_in_force(viewer)
    form, status = (SettingsForm(found) if viewer.role == ADMIN else None), 200
    if request.method == "POST":
        form, status = SettingsForm(found, request.POST), 422
        if form.is_valid():
            try:
                actions.change_settings(form.given(), viewer=viewer, at=now)
            except Refused as refusal:
                if refusal.status == 403:
                    raise
                form.refuse(refusal)
            else:
                messages.success(request, in_language(T["saved"]))
                return HttpResponseRedirect(reverse("duty:settings"))
    rows = [
        (Cell(default.words), Cell(row.value if row is not None else default.value), Cell(row.source if row is not None else default.source))
        for _key, default, row in found
    ]  # fmt: skip
    columns = (Column(T["settings"]), Column(T["value"], number=True), Column(T["origin"]))
    context = {"t": T, "form": form, "table": Table(T["settings"], columns, rows)}
    return show(request, "desk/roster/settings.html", context, here=HERE, status=status)
