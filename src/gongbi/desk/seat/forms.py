"""An article as it is written, and the limits of calls."""

from __future__ import annotations

from typing import Any

from django import forms

from gongbi.desk.forms.base import HouseForm
from gongbi.look.templatetags.look import said
from gongbi.seat import rules, words

T = words.TEXTS


class ArticleForm(HouseForm):
    """One version. ``expected``: the newest version's number on the screen."""

    title = forms.CharField(max_length=rules.MOST_TITLE)
    answer = forms.CharField(max_length=rules.MOST_ANSWER, widget=forms.Textarea(attrs={"rows": 4}))
    body = forms.CharField(
        required=False, max_length=rules.MOST_BODY, widget=forms.Textarea(attrs={"rows": 5})
    )
    words = forms.CharField(required=False, max_length=200)
    kind = forms.CharField(required=False, max_length=8)
    basis = forms.CharField(required=False, max_length=160)
    valid_until = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    expected = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("title", "answer", "body", "words", "kind", "basis", "valid_until"):
            self.fields[name].label = said(T[name])
        self.fields["answer"].help_text, self.fields["words"].help_text = (
            said(T["answer_hint"]),
            said(T["words_hint"]),
        )


class LimitsForm(HouseForm):
    """The limits, in per cent."""

    connected = forms.FloatField(min_value=0.1, max_value=100)
    answered_15 = forms.FloatField(min_value=0.1, max_value=100)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, (_shipped, told, source) in rules.THRESHOLDS.items():
            self.fields[name].label, self.fields[name].help_text = f"{said(told)} (%)", source
