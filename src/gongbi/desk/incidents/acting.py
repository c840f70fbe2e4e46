"""The forms of the steps of an incident, and what all its forms share."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from gongbi.desk.forms.base import HouseForm, pair
from gongbi.desk.names import Names
from gongbi.incidents import actions, words
from gongbi.incidents.models import Incident
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said

T = words.TEXTS
HIDDEN = ("version", "request", "previous", "corrects")


class ActForm(HouseForm):
    """What is done in one incident. ``version``: of the page that was shown, for steps; ``request``: made by the page, so that a click
    that was sent twice is one thing.
    """

    versioned: ClassVar[bool] = False
    labels: ClassVar[dict[str, str]] = {}

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    request = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(
        self, incident: Incident, viewer: Viewer, now: datetime, asked: Any, data: Any = None
    ) -> None:
        super().__init__(data)
        self.incident, self.viewer, self.now, self.asked = incident, viewer, now, asked
        self.names = Names(viewer, now)
        self.fields["version"].initial = incident.version
        self.fields["request"].initial = uuid.uuid4().hex
        for name, text in self.labels.items():
            self.fields[name].label = said(T[text])
        self.prepare()

    def prepare(self) -> None:
        """Fill choices and first values."""

    @property
    def hidden_ones(self) -> list[Any]:
        return [self[name] for name in self.fields if name in HIDDEN]

    @property
    def shown_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name not in HIDDEN]

    def given(self) -> dict[str, Any]:
        """What every action takes."""
        common = {"key": self.incident.pk, "viewer": self.viewer, "at": self.now}
        if self.versioned:
            common["expected_version"] = self.cleaned_data.get("version")
        return common

    @property
    def asked_for(self) -> str:
        return self.cleaned_data.get("request") or uuid.uuid4().hex

    def act(self) -> Any:
        """Do it. Raises Refused."""
        raise NotImplementedError

    def choose(self, field: str, choices: Iterable[tuple[Any, Any]], initial: Any = None) -> None:
        """Put choices into a field."""
        chosen = self.fields[field]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = list(choices)
        if initial is not None:
            chosen.initial = initial

    def units(self, field: str, first: str) -> None:
        """Units at work, the leading one first."""
        known = sorted(self.names.units.values(), key=lambda unit: (unit.kind, unit.code))
        self.choose(
            field, [("", first), *((str(unit.pk), unit.label) for unit in known if unit.valid_to is None)]
        )


def words_of(rows: int = 3, most: int = 500, required: bool = True) -> forms.CharField:
    return forms.CharField(max_length=most, required=required, widget=forms.Textarea(attrs={"rows": rows}))


def line(most: int, required: bool = True) -> forms.CharField:
    return forms.CharField(max_length=most, required=required)


def levels() -> list[tuple[str, Any]]:
    return [pair(str(level), text) for level, text in words.LEVELS.items()]


def number_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


class RespondForm(ActForm):
    """At which level, led by whom."""

    versioned = True
    labels = {"level": "level", "unit": "lead"}
    level = forms.ChoiceField(widget=forms.RadioSelect)
    unit = forms.ChoiceField(required=False)

    def prepare(self) -> None:
        self.choose("level", levels(), str(self.incident.level))
        self.units("unit", self.names.unit(self.incident.unit_id) or "—")

    def act(self) -> Any:
        data = self.cleaned_data
        return actions.respond(level=int(data["level"]), unit_id=number_of(data["unit"]), **self.given())


class LevelForm(ActForm):
    """Up or down, and why."""

    versioned = True
    labels = {"level": "level", "reason": "reason"}
    level = forms.ChoiceField(widget=forms.RadioSelect)
    reason = words_of()

    def prepare(self) -> None:
        self.choose("level", levels(), str(self.incident.level))

    def act(self) -> Any:
        data = self.cleaned_data
        return actions.set_level(level=int(data["level"]), reason=data["reason"], **self.given())


class ResumeForm(LevelForm):
    """It was not over."""

    def act(self) -> Any:
        data = self.cleaned_data
        return actions.resume(level=int(data["level"]), reason=data["reason"], **self.given())


class EndForm(ActForm):
    """Why it is over."""

    versioned = True
    labels = {"reason": "reason"}
    reason = words_of()

    def act(self) -> Any:
        return actions.end(reason=self.cleaned_data["reason"], **self.given())


class VoidForm(EndForm):
    """Why it was none."""

    def act(self) -> Any:
        return actions.void(reason=self.cleaned_data["reason"], **self.given())


class ReviewForm(ActForm):
    """What is learnt."""

    versioned = True
    labels = {"finding": "finding"}
    finding = words_of(8, 4000)

    def act(self) -> Any:
        return actions.review(finding=self.cleaned_data["finding"], **self.given())


class ArchiveForm(ActForm):
    """Put it away."""

    versioned = True

    def act(self) -> Any:
        return actions.archive(**self.given())


class PlanForm(ActForm):
    """Which plan is started; a button, not a page."""

    plan = line(24)

    def act(self) -> Any:
        return actions.start_plan(code=self.cleaned_data["plan"], **self.given())
