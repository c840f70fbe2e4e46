"""What is typed to arrange duty, to ask for a swap, to hand on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms

from gongbi.desk.forms.base import HouseForm, pair
from gongbi.desk.roster import shown
from gongbi.look.templatetags.look import said
from gongbi.parties.models import Post
from gongbi.parties.words import role_name
from gongbi.roster import rules, words
from gongbi.roster.actions.common import LONGEST, REASON
from gongbi.roster.models import Rota, Turn

T = words.TEXTS


class DutyForm(HouseForm):
    """A form whose labels and hints are the room's words."""

    labels: ClassVar[dict[str, str]] = {}
    hints: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, text in self.labels.items():
            self.fields[name].label = said(T[text])
        for name, text in self.hints.items():
            self.fields[name].help_text = said(T[text])

    def offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        """Put choices into a field."""
        chosen = self.fields[name]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = list(choices)

    @property
    def shown_fields(self) -> list[Any]:
        return [self[name] for name, field in self.fields.items() if not field.widget.is_hidden]


def posts(found: Iterable[Post], *, without: int | None = None) -> list[tuple[str, str]]:
    """Posts as choices: who, of which office."""
    return [
        (str(one.pk), f"{one.work_name or role_name(one.role)} · {one.unit.label}")
        for one in found
        if one.person_id != without
    ]


def _date() -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def when() -> forms.DateTimeField:
    """A moment, as the browser asks for it."""
    return forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )


def _reason(*, required: bool = True) -> forms.CharField:
    return forms.CharField(max_length=REASON, required=required)


class FillForm(DutyForm):
    """From which day to which."""

    labels = {"first": "first", "last": "last"}
    first = _date()
    last = _date()

    @classmethod
    def begun(cls, today: date) -> FillForm:
        return cls(initial={"first": today, "last": today + timedelta(days=27)})


class AddForm(DutyForm):
    """One turn. What is typed is the time of the roster's own clock."""

    labels = {"post": "who", "starts": "starts", "ends": "ends", "sort": "sort", "despite": "despite"}
    hints = {"despite": "despite_hint"}
    post = forms.TypedChoiceField(coerce=int)
    starts = when()
    ends = when()
    sort = forms.ChoiceField()
    despite = _reason(required=False)

    def __init__(self, rota: Rota, found: Iterable[Post], data: Any = None) -> None:
        super().__init__(data)
        self.rota = rota
        self.offer("post", [("", "—"), *posts(found)])
        self.offer("sort", [pair(code, text) for code, text in words.SORTS.items()])

    def given(self) -> dict[str, Any]:
        """What the action takes: the typed wall times as instants."""
        typed = self.cleaned_data
        zone = rules.zone_of(self.rota.zone)
        assert zone is not None
        moments = {}
        for name in ("starts", "ends"):
            wall = typed[name].replace(tzinfo=None)
            moments[name] = rules.instant(wall.date(), wall.time(), zone)
        return {"post_id": typed["post"], "sort": typed["sort"], "despite": typed["despite"], **moments}


class CancelForm(DutyForm):
    """Why a turn is taken back."""

    labels = {"reason": "reason"}
    reason = _reason()


class StandInForm(DutyForm):
    """Who takes a turn over, and why."""

    labels = {"post": "who", "reason": "reason", "despite": "despite"}
    hints = {"despite": "despite_hint"}
    post = forms.TypedChoiceField(coerce=int)
    reason = _reason()
    despite = _reason(required=False)


class SwapForm(DutyForm):
    """Whom to ask, for which of theirs, why."""

    labels = {"to_post": "swap_to", "other": "swap_other", "why": "reason"}
    to_post = forms.TypedChoiceField(coerce=int)
    other = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)
    why = _reason()

    def offer_turns(self, found: Iterable[Turn]) -> None:
        """The colleagues' turns that may be exchanged."""
        told = (
            (str(one.pk), f"{shown.who(one)} {shown.span(one.starts_at, one.ends_at, one.rota)}")
            for one in found
        )
        self.offer("other", [("", said(T["swap_other_none"])), *told])


class NoteForm(DutyForm):
    """What is handed on."""

    labels = {"text": "note", "matters": "note_matters"}
    hints = {"text": "note_hint", "matters": "note_matters_hint"}
    text = forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}))
    matters = forms.CharField(max_length=600, required=False)


class AnswerForm(DutyForm):
    """What a step of a swap asks for."""

    labels = {"reason": "reason", "despite": "despite"}
    hints = {"despite": "despite_hint"}
    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = _reason()
    despite = _reason(required=False)

    def __init__(self, step: str, version: int, data: Any = None) -> None:
        super().__init__(data, initial={"version": version})
        if step not in ("decline", "refuse"):
            del self.fields["reason"]
        if step != "approve":
            del self.fields["despite"]


class FeedForm(DutyForm):
    """What a new address holds."""

    labels = {"rota": "feed_what"}
    rota = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)

    def __init__(self, found: Iterable[Rota], data: Any = None) -> None:
        super().__init__(data)
        self.offer(
            "rota", [("", said(T["feed_mine"])), *((str(one.pk), shown.name_of(one)) for one in found)]
        )


class PhoneForm(DutyForm):
    """Why a telephone is opened."""

    labels = {"reason": "open_reason"}
    hints = {"reason": "open_hint"}
    reason = forms.CharField(max_length=REASON)
