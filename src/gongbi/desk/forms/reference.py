"""What administrators fill in: a file of a list, and the day from which it counts."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.desk.forms.base import HouseForm


class FileForm(HouseForm):
    """One file; what is wrong with it as a whole stands beside it, what is wrong in rows in a table below."""

    refused_else: ClassVar[str] = "file"
    file = forms.FileField(label=_("File"), help_text=_("Excel or CSV (UTF-8 or GB18030)."), max_length=200)
    valid_from = forms.DateField(
        label=_("Valid from"),
        required=False,
        help_text=_("Rows without a day of their own count from here. Empty: today."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, dated: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not dated:  # a list whose rows carry their own days, or none
            self.fields["valid_from"].widget = forms.HiddenInput()


class DraftForm(HouseForm):
    """A whole table of routing rules that is not in force yet."""

    refused_else: ClassVar[str] = "file"
    title = forms.CharField(label=_("Name of the draft"), max_length=120)
    file = forms.FileField(
        label=_("Routing rules"), help_text=_("Excel or CSV, by the template of the list."), max_length=200
    )


class ActivateForm(HouseForm):
    """From when a draft counts."""

    valid_from = forms.DateField(
        label=_("In force from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
