"""A line of a care list, how it ends, and what the list is narrowed by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from gongbi.desk.forms.base import HouseForm, pair
from gongbi.look.templatetags.look import said
from gongbi.rounds import actions, rules, words

T = words.TEXTS


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _told(form: forms.Form, name: str, label: str, hint: str = "") -> None:
    form.fields[name].label = said(T[label])
    if hint:
        form.fields[name].help_text = said(T[hint])


class LineForm(HouseForm):
    """One person. With ``known`` name and telephone may stay empty: what is sealed stays."""

    kind = forms.ChoiceField()
    name = forms.CharField(max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    phone = forms.CharField(
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    door = forms.CharField(max_length=120)
    grid = forms.ChoiceField()
    every_days = forms.IntegerField(min_value=1, max_value=366, initial=30)
    ground = forms.ChoiceField(widget=forms.RadioSelect)
    ground_note = forms.CharField(max_length=120)
    since = forms.DateField(widget=_day())
    expected = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, grids: Sequence[tuple[str, str]], known: bool = False, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        for name in ("kind", "name", "phone", "door", "grid", "every_days", "ground", "ground_note", "since"):
            hint = {"door": "door_hint", "ground": "ground_hint", "ground_note": "ground_note_hint"}.get(
                name, ""
            )
            _told(self, name, name, hint)
        for name, choices in (("kind", rules.CARE_KINDS), ("ground", rules.GROUNDS)):
            self._choose(name, [pair(code, told) for code, told in choices.items()])
        self._choose("grid", list(grids))
        if known:
            del self.fields["since"]
            self.fields["name"].required = False
            for name in ("name", "phone"):
                self.fields[name].help_text = said(T["keep_name"])

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def line(self) -> actions.Line:
        good = self.cleaned_data
        names = ("kind", "name", "door", "grid", "ground", "ground_note", "phone", "every_days")
        return actions.Line(**{name: good[name] for name in names})


class EndForm(HouseForm):
    """From when, and why."""

    until = forms.DateField(widget=_day())
    reason = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        _told(self, "until", "until")
        _told(self, "reason", "reason")
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [pair(code, told) for code, told in rules.CARE_ENDS.items()]
