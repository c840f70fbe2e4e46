"""What a grid worker fills in: a kind by one button, a photo, a place that is known already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.cases.rules import MAX_TEXT
from gongbi.kernel.errors import Refused

OTHER = "other"
# Where a refusal of the actions belongs on this form.
_FIELDS = {
    "photos": "after",
    "file": "after",
    "evidence": "after",
    "lon": "place_words",
    "lat": "place_words",
}


class FieldForm(forms.Form):
    """``did``: ``solved`` on the spot (a kind that may be), or ``report`` for others to deal with."""

    kind = forms.CharField(label=_("May be solved on the spot"), required=False, max_length=8)
    text = forms.CharField(
        label=_("What it is"), required=False, max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A few words; for a kind above they may be left out."),
    )  # fmt: skip
    place_words = forms.CharField(label=_("Where exactly"), required=False, max_length=200)
    division = forms.ChoiceField(label=_("Grid"), widget=forms.RadioSelect)
    lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    after = forms.FileField(label=_("Photo"), required=False)
    key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    did = forms.ChoiceField(choices=[("solved", ""), ("report", "")], required=True, widget=forms.HiddenInput)

    def __init__(self, *args: Any, grids: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.fields["division"].choices = list(grids)  # type: ignore[attr-defined]
        if len(grids) == 1:
            self.initial.setdefault("division", grids[0][0])
            self.fields["division"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        good = super().clean() or {}
        if good.get("did") == "solved" and not good.get("kind"):
            self.add_error("kind", _("Choose a kind: only these may be closed on the spot."))
        elif not good.get("kind") and not good.get("text"):
            self.add_error("text", _("Choose a kind, or say in a few words what it is."))
        if (good.get("lon") is None) != (good.get("lat") is None):
            good["lon"] = good["lat"] = None  # half a position is none; the grid is enough
        return good

    def refuse(self, refusal: Refused) -> None:
        """Put what a rule said beside its field."""
        name = _FIELDS.get(refusal.field, refusal.field)
        known = name in self.fields and not self.fields[name].widget.is_hidden
        self.add_error(name if known else None, str(refusal))
