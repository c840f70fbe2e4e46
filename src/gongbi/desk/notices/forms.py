"""A way to be told, and the words of a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from gongbi.channels.notices import rules, words
from gongbi.channels.notices.models import Contact
from gongbi.desk.forms.base import HouseForm, pair
from gongbi.look.templatetags.look import said

T = words.TEXTS


class WayForm(HouseForm):
    """How somebody of the staff, or a unit, is told."""

    refused_at: ClassVar[Mapping[str, str]] = {"email": "address", "phone": "address"}

    way = forms.ChoiceField(widget=forms.RadioSelect)
    address = forms.CharField(
        required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    hours = forms.ChoiceField(widget=forms.RadioSelect)
    language = forms.ChoiceField()

    def __init__(self, *args: Any, contact: Contact | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        ways = {**rules.WAYS, rules.NONE: T["no_way"]}
        for name, choices in (("way", ways), ("hours", rules.HOURS), ("language", words.LANGUAGES)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.label, field.choices = said(T[name]), [pair(key, told) for key, told in choices.items()]
        self.fields["address"].label, self.fields["address"].help_text = (
            said(T["address"]),
            said(T["address_hint"]),
        )
        self.initial.setdefault("way", contact.way if contact is not None else rules.NONE)
        self.initial.setdefault("hours", contact.hours if contact is not None else rules.DAY)
        self.initial.setdefault("language", contact.language if contact is not None else "zh-hans")


class UnitWayForm(WayForm):
    """How a unit is told."""

    unit = forms.TypedChoiceField(coerce=int)

    def __init__(self, *args: Any, units: Mapping[int, str], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["unit"]
        assert isinstance(field, forms.TypedChoiceField)
        field.label, field.choices = said(T["unit"]), list(units.items())
        self.order_fields(["unit"])


class TemplateForm(HouseForm):
    """The two texts of a template; ``version``: the one on the screen."""

    subject = forms.CharField(max_length=200)
    body = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 6}))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["subject"].label, self.fields["body"].label = said(T["subject"]), said(T["body"])
        self.fields["body"].help_text = said(T["body_hint"])
