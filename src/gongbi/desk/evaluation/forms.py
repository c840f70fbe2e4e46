"""Small forms: an appeal, each step of it, a change of rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from gongbi.cases.rules import EXCLUSION_GROUNDS
from gongbi.desk.forms.base import HouseForm, pair
from gongbi.evaluation import actions, words
from gongbi.evaluation.actions.appealing import LONGEST, LONGEST_EVIDENCE
from gongbi.evaluation.models import Appeal
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
    """A rule as JSON, and why it is changed."""

    refused_else: ClassVar[str] = "text"

    text = forms.CharField(
        max_length=20_000, widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "mono"})
    )
    note = _words()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["text"].label, self.fields["note"].label = said(T["text"]), said(T["note"])
        self.fields["text"].help_text = said(T["text_hint"])


class EnactForm(HouseForm):
    """From which day it holds."""

    valid_from = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["valid_from"].label = said(T["valid_from"])
