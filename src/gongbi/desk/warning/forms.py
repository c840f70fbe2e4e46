"""One small form for each step of a warning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from gongbi.desk.forms.base import HouseForm, pair
from gongbi.duties import queries as duties
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said
from gongbi.warning import actions, rules, words
from gongbi.warning.actions.deciding import LONGEST
from gongbi.warning.models import Warning

T = words.TEXTS


class StepForm(HouseForm):
    """``take``: the action whose step it is, called with what was typed; ``version``: of the page that was shown."""

    take: ClassVar[Callable[..., Any]]

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, warning: Warning, viewer: Viewer, now: datetime, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.warning, self.viewer, self.now = warning, viewer, now
        self.fields["version"].initial = warning.version

    def given(self) -> dict[str, Any]:
        """What every action takes."""
        return {
            "key": self.warning.pk,
            "viewer": self.viewer,
            "at": self.now,
            "expected_version": self.cleaned_data["version"],
        }

    @property
    def shown_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name != "version"]

    def act(self) -> None:
        """Take the step with what was typed, each field under its own name."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        type(self).take(**self.given(), **typed)


def _words(rows: int = 3) -> forms.CharField:
    return forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}))


class AssessForm(StepForm):
    """What it is about."""

    take = staticmethod(actions.assess)
    finding = _words()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["finding"].label = said(T["finding"])


class DismissForm(StepForm):
    """Why nothing is to be done."""

    take = staticmethod(actions.dismiss)
    reason = _words()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["reason"].label = said(T["reason"])


class ActForm(StepForm):
    """What is to be done, where, of which kind: a report like any other. ``usual``: the kind that most of its cases have."""

    refused_at: ClassVar[Mapping[str, str]] = {"lon": "division", "place": "division"}

    take = staticmethod(actions.act)
    text = _words(4)
    division = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(required=False)

    def __init__(
        self, *args: Any, places: Mapping[str, str], text: str = "", usual: str = "", **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.fields["text"].label, self.fields["text"].initial = said(T["what"]), text
        self.fields["text"].help_text = said(T["what_hint"])
        division, kind = self.fields["division"], self.fields["kind"]
        division.label, kind.label = said(T["where"]), said(T["kind_choice"])
        assert isinstance(division, forms.ChoiceField)
        assert isinstance(kind, forms.ChoiceField)
        division.choices = [*places.items()]
        known = duties.kinds(prefix=self.warning.group)
        kind.choices = [("", "—"), *(pair(one.code, one.name) for one in known)]
        kind.initial = self.warning.kind or usual


class ReviewForm(StepForm):
    """Right or wrong, and why."""

    take = staticmethod(actions.review)
    verdict = forms.ChoiceField(widget=forms.RadioSelect)
    reason = _words()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        verdict = self.fields["verdict"]
        assert isinstance(verdict, forms.ChoiceField)
        verdict.label, self.fields["reason"].label = said(T["verdict"]), said(T["reason"])
        verdict.choices = [pair(name, words.VERDICTS[name]) for name in (rules.RIGHT, rules.WRONG)]


FORMS: dict[str, type[StepForm]] = {
    "assess": AssessForm,
    "act": ActForm,
    "dismiss": DismissForm,
    "review": ReviewForm,
}
