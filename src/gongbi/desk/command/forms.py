"""What is typed to give an order, to whistle, and for each step of the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django import forms

from gongbi.command import actions, rules, words
from gongbi.command.actions.common import LONGEST, PLACE, TITLE
from gongbi.command.models import Order, Whistle
from gongbi.desk.forms.base import HouseForm, pair
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said
from gongbi.parties.models import Unit
from gongbi.parties.words import kind_name

T = words.TEXTS


def _words(rows: int = 3, *, required: bool = True) -> forms.CharField:
    return forms.CharField(max_length=LONGEST, required=required, widget=forms.Textarea(attrs={"rows": rows}))


def _when() -> forms.DateTimeField:
    return forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )


def grouped(units: Sequence[Unit]) -> list[Any]:
    """Units as choices, by their kind."""
    by_kind: dict[str, list[tuple[str, str]]] = {}
    for unit in units:
        by_kind.setdefault(kind_name(unit.kind), []).append((str(unit.pk), unit.label))
    return list(by_kind.items())


def _named(form: forms.Form, **labels: str) -> None:
    for name, label in labels.items():
        form.fields[name].label = said(T[label])


class Pinned(HouseForm):
    """What may have a point on the map beside the place in words: CGCS2000 degrees."""

    lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)

    @property
    def shown_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name not in ("lon", "lat", "key")]

    def point(self) -> dict[str, Any]:
        """The point as the action takes it; none unless both halves are there."""
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        return {"lon": lon, "lat": lat} if lon is not None and lat is not None else {}


class GiveForm(Pinned):
    """An order, an urge or a supervision."""

    refused_at: ClassVar[Mapping[str, str]] = {"lon": "place_words"}

    unit = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    level = forms.TypedChoiceField(coerce=int, empty_value=None, required=False, widget=forms.RadioSelect)
    title = forms.CharField(max_length=TITLE)
    text = _words(4)
    come = forms.BooleanField(required=False)
    place_words = forms.CharField(max_length=PLACE, required=False)
    come_by = _when()
    drill = forms.BooleanField(required=False)
    key = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, sort: str, units: Sequence[Unit], **more: Any) -> None:
        super().__init__(*args, **more)
        _named(
            self, unit="unit", level="level", title="title", text="text", come="come", place_words="place", come_by="come_by",
            drill="drill_choice",
        )  # fmt: skip
        self.fields["drill"].help_text = said(T["drill_hint"])
        unit, level = self.fields["unit"], self.fields["level"]
        assert isinstance(unit, forms.ChoiceField)
        assert isinstance(level, forms.ChoiceField)
        unit.choices = [("", "—"), *grouped(units)]
        unit.required = sort == rules.ORDER  # else whoever has the matter
        if sort == rules.SUPERVISE:
            level.choices = [pair(str(number), words.LEVELS[number]) for number in rules.LEVELS]
            level.initial = "3"
        else:
            del self.fields["level"]
        if sort in rules.NOTICES:
            for name in ("come", "place_words", "come_by", "lon", "lat"):
                del self.fields[name]

    def given(self) -> dict[str, Any]:
        """What the action takes, beside the sort and the matter."""
        typed = {name: value for name, value in self.cleaned_data.items() if name not in ("lon", "lat")}
        return typed | {"unit_id": typed.pop("unit"), "level": typed.get("level") or 0}


class SoundForm(Pinned):
    """A whistle or a joint matter."""

    refused_at: ClassVar[Mapping[str, str]] = {"lon": "place_words", "about": ""}

    units = forms.TypedMultipleChoiceField(coerce=int, widget=forms.CheckboxSelectMultiple)
    lead = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    title = forms.CharField(max_length=TITLE)
    text = _words(4)
    duties = _words(3, required=False)
    place_words = forms.CharField(max_length=PLACE, required=False)
    come_by = _when()
    drill = forms.BooleanField(required=False)

    def __init__(self, *args: Any, units: Sequence[Unit], **more: Any) -> None:
        super().__init__(*args, **more)
        self.names = {unit.label: unit.pk for unit in units} | {unit.name: unit.pk for unit in units}
        _named(
            self, units="units", lead="lead_choice", title="title", text="text", duties="duties", place_words="place",
            come_by="come_by", drill="drill_choice",
        )  # fmt: skip
        for name, hint in (
            ("units", "units_hint"),
            ("lead", "lead_none"),
            ("duties", "duties_hint"),
            ("drill", "drill_hint"),
        ):
            self.fields[name].help_text = said(T[hint])
        chosen, lead = self.fields["units"], self.fields["lead"]
        assert isinstance(chosen, forms.MultipleChoiceField)
        assert isinstance(lead, forms.ChoiceField)
        chosen.choices = [(str(unit.pk), unit.label) for unit in units]
        lead.choices = [("", "—"), *grouped(units)]

    def wanted(self) -> list[actions.Wanted]:
        """The chosen units with their duties. Refused: a line of duties that names none of them."""
        typed = self.cleaned_data
        chosen = list(dict.fromkeys(typed["units"] + ([typed["lead"]] if typed.get("lead") else [])))
        duties = self._duties(chosen)
        return [actions.Wanted(key, duties.get(key, ""), key == typed.get("lead")) for key in chosen]

    def _duties(self, chosen: Sequence[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for line in filter(None, (one.strip() for one in self.cleaned_data.get("duties", "").splitlines())):
            name, _colon, duty = line.replace("：", ":", 1).partition(":")
            key = self.names.get(name.strip())
            if key not in chosen or not duty.strip():
                raise Refused(
                    "command.duty",
                    (
                        "“%(line)s”没有写明所选单位，请写成“单位：任务”。",
                        "“%(line)s” names none of the chosen units; write “unit: task”.",
                    ),
                    values={"line": line[:40]},
                    field="duties",
                )
            assert key is not None
            found[key] = duty.strip()
        return found


# ---- steps ---------------------------------------------------------------------------------------------------------


class StepForm(HouseForm):
    """``take``: the action whose step it is, called with what was typed; ``version``: of the page that was shown."""

    take: ClassVar[Callable[..., Any]]
    fixed: ClassVar[Mapping[str, Any]] = {}
    labels: ClassVar[Mapping[str, str]] = {}

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, matter: Order | Whistle, viewer: Viewer, now: datetime, *args: Any, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.matter, self.viewer, self.now = matter, viewer, now
        self.fields["version"].initial = matter.version
        for name, label in self.labels.items():
            self.fields[name].label = said(T[label])

    @property
    def shown_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if not self.fields[name].widget.is_hidden]

    def typed(self) -> dict[str, Any]:
        """What the action takes beside the usual."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def act(self) -> None:
        """Take the step."""
        usual = {"key": self.matter.pk, "viewer": self.viewer, "at": self.now}
        type(self).take(**usual, expected_version=self.cleaned_data["version"], **self.fixed, **self.typed())


class SignForm(StepForm):
    """Nothing to type."""

    take = staticmethod(actions.sign)


class AcceptForm(StepForm):
    """Nothing to type."""

    take = staticmethod(actions.accept)


class ArriveForm(StepForm):
    """Nothing to type; the phone may say where it is."""

    take = staticmethod(actions.arrive)
    lon = forms.FloatField(required=False, widget=forms.HiddenInput)
    lat = forms.FloatField(required=False, widget=forms.HiddenInput)


class ReportForm(StepForm):
    """What was done."""

    take = staticmethod(actions.report)
    labels: ClassVar[Mapping[str, str]] = {"result": "result"}
    result = _words()


class ReasonForm(StepForm):
    """Why."""

    labels: ClassVar[Mapping[str, str]] = {"reason": "reason"}
    reason = _words()


class ContestForm(ReasonForm):
    take = staticmethod(actions.contest)


class UpholdForm(ReasonForm):
    take = staticmethod(actions.rule)
    fixed: ClassVar[Mapping[str, Any]] = {"upheld": True}


class OverruleForm(ReasonForm):
    take = staticmethod(actions.rule)
    fixed: ClassVar[Mapping[str, Any]] = {"upheld": False}


class SendBackForm(ReasonForm):
    take = staticmethod(actions.send_back)


class WithdrawForm(ReasonForm):
    take = staticmethod(actions.withdraw)


class RedirectForm(ReasonForm):
    """To which unit, and why."""

    take = staticmethod(actions.redirect)
    refused_at: ClassVar[Mapping[str, str]] = {"unit": "unit_id"}
    labels: ClassVar[Mapping[str, str]] = {"unit_id": "unit", "reason": "reason"}
    unit_id = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    field_order = ("version", "unit_id", "reason")

    def offer(self, units: Sequence[Unit]) -> None:
        """The units that may be chosen."""
        choice = self.fields["unit_id"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", "—"), *grouped(units)]


class EndForm(StepForm):
    """What came of it."""

    take = staticmethod(actions.end)
    labels: ClassVar[Mapping[str, str]] = {"result": "result"}
    result = _words()


class CallOffForm(ReasonForm):
    take = staticmethod(actions.call_off)


class MoreForm(StepForm):
    """More units."""

    take = staticmethod(actions.call_more)
    labels: ClassVar[Mapping[str, str]] = {"units": "more"}
    units = forms.TypedMultipleChoiceField(coerce=int, widget=forms.CheckboxSelectMultiple)

    def offer(self, units: Sequence[Unit]) -> None:
        """The units that may be chosen."""
        choice = self.fields["units"]
        assert isinstance(choice, forms.MultipleChoiceField)
        choice.choices = [(str(unit.pk), unit.label) for unit in units]

    def typed(self) -> dict[str, Any]:
        return {"units": [actions.Wanted(key) for key in self.cleaned_data["units"]]}


class ReviewForm(ReasonForm):
    """Needed or not, and why."""

    take = staticmethod(actions.review)
    labels: ClassVar[Mapping[str, str]] = {"verdict": "judge", "reason": "reason"}
    verdict = forms.ChoiceField(
        widget=forms.RadioSelect, choices=[(name, name) for name in (rules.WARRANTED, rules.NEEDLESS)]
    )
    field_order = ("version", "verdict", "reason")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        verdict = self.fields["verdict"]
        assert isinstance(verdict, forms.ChoiceField)
        verdict.choices = [pair(name, words.VERDICTS[name]) for name in (rules.WARRANTED, rules.NEEDLESS)]


ONE_TAP: dict[str, type[StepForm]] = {"sign": SignForm, "arrive": ArriveForm, "accept": AcceptForm}
FORMS: dict[str, type[StepForm]] = ONE_TAP | {
    "report": ReportForm,
    "contest": ContestForm,
    "uphold": UpholdForm,
    "overrule": OverruleForm,
    "send_back": SendBackForm,
    "redirect": RedirectForm,
    "withdraw": WithdrawForm,
}
WHISTLE_FORMS: dict[str, type[StepForm]] = {
    "end": EndForm,
    "call_more": MoreForm,
    "call_off": CallOffForm,
    "review": ReviewForm,
}
