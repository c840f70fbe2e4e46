"""Small forms: an appeal, each step of it, a change of rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from gongbi.cases.rules import EXCLUSION_GROUNDS
from gongbi.desk.forms.base import HouseForm, pair
from gongbi.evaluation import actions, words
from gongbi.evaluation.actions.appealing import LONGEST, LONGEST_EVIDENCE
from gongbi.evaluation.language import LONGEST as LONGEST_DEFINITION
from gongbi.evaluation.models import Appeal
from gongbi.evaluation.rules import LONGEST_SOURCE, LONGEST_WORDS, Indicator, Scheme
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said

T = words.TEXTS


def _words(most: int = LONGEST, rows: int = 3) -> forms.CharField:
    return forms.CharField(max_length=most, widget=forms.Textarea(attrs={"rows": rows}))


class AskForm(HouseForm):
    """What a unit asks about one case."""

    sort = forms.ChoiceField(widget=forms.RadioSelect)
    ground = forms.ChoiceField(required=False)
    reason = _words()
    evidence = _words(LONGEST_EVIDENCE, 5)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        sort, ground = self.fields["sort"], self.fields["ground"]
        assert isinstance(sort, forms.ChoiceField)
        assert isinstance(ground, forms.ChoiceField)
        sort.choices = [pair(name, told) for name, told in words.SORTS.items()]
        ground.choices = [("", "—"), *(pair(name, told) for name, told in EXCLUSION_GROUNDS.items())]
        for name in ("sort", "ground", "reason", "evidence"):
            self.fields[name].label = said(T[name])
        ground.help_text = said(T["ground_hint"])
        self.fields["evidence"].help_text = said(T["evidence_hint"])


class StepForm(HouseForm):
    """``take``: the action whose step it is; ``version``: of the page that was shown."""

    take: ClassVar[Callable[..., Any]]
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, appeal: Appeal, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.appeal = appeal
        self.fields["version"].initial = appeal.version
        for name in ("reason", "evidence"):
            if name in self.fields:
                self.fields[name].label = said(T[name])

    @property
    def shown_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name != "version"]

    def act(self, viewer: Viewer, at: datetime) -> None:
        """Take the step with what was typed."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        type(self).take(
            key=self.appeal.pk, viewer=viewer, at=at, expected_version=self.cleaned_data["version"], **typed
        )


class SupplementForm(StepForm):
    """More evidence."""

    take = staticmethod(actions.supplement)
    evidence = _words(LONGEST_EVIDENCE, 5)


class UpholdForm(StepForm):
    """The unit is right."""

    take = staticmethod(actions.uphold)
    reason = _words()


class RefuseForm(StepForm):
    """The results stand."""

    take = staticmethod(actions.refuse)
    reason = _words()


class WithdrawForm(StepForm):
    """The unit takes it back."""

    take = staticmethod(actions.withdraw)
    reason = _words()


FORMS: dict[str, type[StepForm]] = {
    "supplement": SupplementForm,
    "uphold": UpholdForm,
    "refuse": RefuseForm,
    "withdraw": WithdrawForm,
}


class ChangeForm(HouseForm):
    """A rule as people fill it in, and why it is changed. ``plain()`` is what the action takes."""

    refused_at: ClassVar[Mapping[str, str]] = {"words": "zh"}

    code = forms.CharField(max_length=32)
    zh = forms.CharField(max_length=LONGEST_WORDS)
    en = forms.CharField(max_length=LONGEST_WORDS)
    source = forms.CharField(max_length=LONGEST_SOURCE)
    note = _words()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.order_fields(
            [*(name for name in self.fields if name not in ("source", "note")), "source", "note"]
        )
        for name, field in self.fields.items():
            field.label = said(T.get(f"field_{name}") or T[name])
            if f"hint_{name}" in T:
                field.help_text = said(T[f"hint_{name}"])

    def plain(self) -> dict[str, Any]:
        """The rule in its plain form."""
        given = dict(self.cleaned_data)
        given["words"] = [given.pop("zh"), given.pop("en")]
        given.pop("note")
        if "classes" in given:
            given["classes"] = [
                one.strip() for one in re.split(r"[,，、\s]+", given["classes"]) if one.strip()
            ]
        return given


def _definition() -> forms.CharField:
    return forms.CharField(
        max_length=LONGEST_DEFINITION,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "off"}),
    )


class IndicatorForm(ChangeForm):
    """A numerator, a denominator, what is left out."""

    numerator = _definition()
    denominator = _definition()
    exclusions = forms.CharField(
        max_length=LONGEST_DEFINITION, required=False, widget=forms.TextInput(attrs={"spellcheck": "false"})
    )
    basis = forms.ChoiceField()
    better = forms.ChoiceField()
    periods = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    classes = forms.CharField(max_length=200, required=False)
    verified = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        _choose(self, basis=words.BASES, better=words.BETTER, periods=words.PERIODS)

    @staticmethod
    def initial_of(one: Indicator) -> dict[str, Any]:
        """What stands in the form at first."""
        return {**one.plain(), "zh": one.words[0], "en": one.words[1], "classes": ", ".join(one.classes)}


class SchemeForm(ChangeForm):
    """Indicators with their weights, one a line, and what is taken off."""

    items = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}))
    minus = forms.CharField(
        max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    )
    classes = forms.CharField(max_length=200)
    period = forms.ChoiceField()
    missing = forms.ChoiceField()
    fewest = forms.IntegerField(min_value=1, max_value=100_000)
    appeal_within = forms.CharField(max_length=40)
    review_within = forms.CharField(max_length=40)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        _choose(
            self, period=words.PERIODS, missing={"none": T["missing_none"], "spread": T["missing_spread"]}
        )

    def plain(self) -> dict[str, Any]:
        """The rule in its plain form; lines that cannot be taken apart are left for the rule to refuse."""
        given = super().plain()
        lines = [line.split() for line in given["items"].splitlines() if line.strip()]
        given["items"] = [
            {
                "indicator": parts[0],
                "weight": parts[1] if len(parts) > 1 else "",
                "bands": [list(band.partition(":")[::2]) for band in parts[2:]],
            }
            for parts in lines
        ]
        rows = [
            [part.strip() for part in line.split("|")] for line in given["minus"].splitlines() if line.strip()
        ]
        given["minus"] = [
            {
                "words": row[0:2],
                "count": row[2] if len(row) > 2 else "",
                "each": "".join(row[3:4]),
                "most": "".join(row[4:5]),
            }
            for row in rows
        ]
        return given

    @staticmethod
    def initial_of(one: Scheme) -> dict[str, Any]:
        """What stands in the form at first."""
        items = [
            " ".join([i.indicator, i.weight, *(f"{start}:{got}" for start, got in i.bands)])
            for i in one.items
        ]
        minus = [" | ".join([*m.words, m.count, m.each, m.most]) for m in one.minus]
        return {
            **one.plain(), "zh": one.words[0], "en": one.words[1], "classes": ", ".join(one.classes), "items": "\n".join(items),
            "minus": "\n".join(minus),
        }  # fmt: skip


def _choose(form: ChangeForm, **choices: Mapping[str, Any]) -> None:
    for name, told in choices.items():
        field = form.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [pair(value, text) for value, text in told.items()]


class EnactForm(HouseForm):
    """From which day it holds."""

    valid_from = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["valid_from"].label = said(T["valid_from"])
