"""The forms of bulletins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from gongbi.bulletin import actions, words
from gongbi.bulletin.actions.steps import LONGEST, LONGEST_REASON
from gongbi.bulletin.models import Bulletin
from gongbi.desk.forms.base import HouseForm
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said

T = words.TEXTS


class MakeForm(HouseForm):
    """Which period of which place is drafted."""

    period = forms.CharField(max_length=12)
    territory = forms.ChoiceField()

    def __init__(self, places: Sequence[tuple[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["period"].label, self.fields["territory"].label = said(T["period"]), said(T["place"])
        self.fields["period"].help_text = said(T["period_hint"])
        field = self.fields["territory"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(places)


class StepForm(HouseForm):
    """A step that needs nothing but the version that was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    action: Any = None

    def __init__(self, found: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = found
        self.fields["version"].initial = found.version
        self.prepare()

    def prepare(self) -> None:
        """Labels and first values."""

    @property
    def shown_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name != "version"]

    def act(self, viewer: Viewer, at: datetime) -> None:
        """Do it. Raises Refused."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        type(self).action(
            key=self.found.pk,
            viewer=viewer,
            at=at,
            expected_version=self.cleaned_data.get("version"),
            **given,
        )


class EditForm(StepForm):
    """The editor's words."""

    text = forms.CharField(
        max_length=LONGEST + 100, required=False, strip=False, widget=forms.Textarea(attrs={"rows": 10})
    )
    action = staticmethod(actions.edit)

    def prepare(self) -> None:
        self.fields["text"].label, self.fields["text"].help_text = said(T["words"]), said(T["words_hint"])
        self.fields["text"].initial = self.found.text


class ReasonForm(StepForm):
    """Why."""

    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self) -> None:
        self.fields["reason"].label = said(T["reason"])


class RefreshForm(StepForm):
    action = staticmethod(actions.refresh)


class CheckForm(StepForm):
    action = staticmethod(actions.check)


class IssueForm(StepForm):
    action = staticmethod(actions.issue)


class SendBackForm(ReasonForm):
    action = staticmethod(actions.send_back)


class DropForm(ReasonForm):
    action = staticmethod(actions.drop)


class CorrectForm(HouseForm):
    """Why another edition."""

    reason = forms.CharField(max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, found: Bulletin, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = said(T["why"])


FORMS: dict[str, type[StepForm]] = {
    "edit": EditForm,
    "refresh": RefreshForm,
    "check": CheckForm,
    "send_back": SendBackForm,
    "issue": IssueForm,
    "drop": DropForm,
}
