"""What a clerk types in for a caller: one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.cases.rules import MAX_TEXT
from gongbi.desk.forms import choices
from gongbi.desk.forms.base import HouseForm, pair
from gongbi.desk.names import CHANNELS
from gongbi.duties.rules import SPECIAL_ROUTES
from gongbi.kernel.scope.viewer import Viewer


class CallerForm(HouseForm):
    """Number first: the caller's earlier matters appear at once. ``route`` 1–6 answers at once and dispatches nothing."""

    refused_at: ClassVar[Mapping[str, str]] = {"lon": "place_words", "said_at": "text", "crs": "place_words"}
    phone = forms.CharField(
        label=_("The caller's number"), required=False, max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    name = forms.CharField(
        label=_("The caller's name"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    anonymous = forms.BooleanField(label=_("The caller gives no number"), required=False)
    confidential = forms.BooleanField(
        label=_("An informer: hidden from the units that handle it"), required=False
    )
    channel = forms.ChoiceField(label=_("Through"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What the caller says"), max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("In the caller's own words. No names and numbers here: they have fields of their own."),
    )  # fmt: skip
    place_words = forms.CharField(
        label=_("Where"), required=False, max_length=200, help_text=_("Road, compound, house number.")
    )
    division = forms.ChoiceField(label=_("Community"), required=False)
    kind = forms.CharField(required=False, max_length=8)
    join = forms.IntegerField(required=False, min_value=1, max_value=2**53)
    route = forms.TypedChoiceField(
        label=_("Answer at once, dispatch nothing"),
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    language = forms.ChoiceField(label=_("Language of the caller"), required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, viewer: Viewer, now: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].seen_by = self.fields["phone"].seen_by = "sealed"  # type: ignore[attr-defined]
        self.fields["text"].seen_by = "handlers"  # type: ignore[attr-defined]
        self.fields["channel"].choices = [pair(code, CHANNELS[code]) for code in ("hotline", "hall")]  # type: ignore[attr-defined]
        self.fields["division"].choices = [("", _("Not known")), *choices.communities(viewer, now)]  # type: ignore[attr-defined]
        self.fields["language"].choices = [("zh-hans", "中文"), ("en", "English")]  # type: ignore[attr-defined]
        self.fields["route"].choices = [  # type: ignore[attr-defined]
            ("", _("No: it becomes a case")),
            *(pair(str(number), words) for number, words in enumerate(SPECIAL_ROUTES.values(), start=1)),
        ]
