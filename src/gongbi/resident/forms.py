"""What a resident fills in. Everything typed is kept; control characters are taken out instead of being refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.cases.rules import GRADES
from gongbi.cases.wording import clean_text
from gongbi.channels.notices import rules as notices
from gongbi.kernel.errors import Refused, TooMany, in_language

OPEN, ANONYMOUS, CONFIDENTIAL = "open", "anonymous", "confidential"
NO_PLACE = "none"  # said on purpose: not tied to a place, or not known
# Characters nobody sees. The joiner (200d) and the variation selector stay: emoji are made with them.
_UNSEEN = re.compile(r"[\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff]")
_PHONE = re.compile(r"\+?\d[\d ()-]{4,18}\d")
# Where a refusal of the actions belongs on this form.
_FIELDS = {
    "division": "community",
    "anonymous": "who",
    "file": "photos",
    "lat": "lon",
    "crs": "lon",
    "contact": "phone",
}

GRADE_WORDS = {
    5: _("Very satisfied"),
    4: _("Satisfied"),
    3: _("Fairly satisfied"),
    2: _("Dissatisfied"),
    1: _("Very dissatisfied"),
}


class Plain(forms.CharField):
    """Text as people send it, without control and direction characters; line breaks stay."""

    def to_python(self, value: Any) -> str:
        text = _UNSEEN.sub("", clean_text(value)) if isinstance(value, str) else ""
        return str(super().to_python(text)) if text.strip("\u200d\ufe0f \n") else ""


def _area(**attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 4, "autocomplete": "off", **attrs})


class Refusable(forms.Form):
    """A form that can show what a rule refused beside the field it concerns."""

    error_css_class = "wrong"

    often: TooMany | None = None

    def refuse(self, refusal: Refused, field: str = "") -> None:
        """Put the refusal beside its field, or above the form when it belongs to none. ``often`` keeps one that asks for patience."""
        if isinstance(refusal, TooMany):
            self.often = refusal
        name = field or _FIELDS.get(refusal.field, refusal.field)
        if name in self.fields:
            self.add_error(name, refusal.message)
        else:
            self.add_error(None, str(refusal))


class AskForm(Refusable):
    """What and where; the rest is optional."""

    text = Plain(
        label=_("What is it about?"),
        help_text=_(
            "As you would say it, without names and numbers of other people. Of things in public, everybody can read the first "
            "sentence and the place once we have read it and taken personal details out."
        ),
        widget=_area(rows=5),
        error_messages={"required": _("Write a sentence that says what happened.")},
    )
    place_words = Plain(
        label=_("Where is it?"),
        required=False,
        max_length=200,
        help_text=_("A road and number, a shop, a compound, a bus stop …"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "next"}),
        error_messages={
            "max_length": _("At most 200 characters for the place; the rest can go into the text above.")
        },
    )
    community = forms.CharField(label=_("Or choose the community"), required=False, widget=forms.Select)
    lon = forms.CharField(label=_("Where on the map"), required=False, widget=forms.HiddenInput)
    lat = forms.CharField(required=False, widget=forms.HiddenInput)
    photos = forms.Field(label=_("Photos"), required=False, widget=forms.FileInput)
    kind = forms.CharField(label=_("Which kind of matter?"), required=False, widget=forms.RadioSelect)
    who = forms.ChoiceField(
        label=_("May we know who you are?"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (OPEN, _("Yes, if you need to reach me")),
            (ANONYMOUS, _("No: anonymous. Nothing about me is kept")),
            (CONFIDENTIAL, _("Only you: hide me from those it is about and from the unit that handles it")),
        ],
    )
    name = Plain(
        label=_("What may we call you?"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"max_length": _("At most 60 characters for the name.")},
    )
    phone = Plain(
        label=_("Telephone"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        help_text=_("Without it your receipt's private link is the only way to hear from us."),
    )
    way = forms.ChoiceField(
        label=_("How shall we tell you when something changes?"), required=False, widget=forms.RadioSelect
    )
    email = Plain(
        label=_("E-mail address"),
        required=False,
        max_length=190,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email", "inputmode": "email"}),
        help_text=_("For e-mail only. Opened for nothing else than sending."),
    )
    key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    join = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, streets: Iterable[tuple[str, Sequence[tuple[str, str]]]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: list[Any] = [("", _("Not chosen")), (NO_PLACE, _("I do not know, or it has no place"))]
        choices += [(street, list(communities)) for street, communities in streets]
        self.fields["community"].widget.choices = choices
        self.known = {code for _street, communities in streets for code, _name in communities}
        for name, seen in (
            ("text", "partly"),
            ("place_words", "partly"),
            ("name", "sealed"),
            ("phone", "sealed"),
            ("email", "sealed"),
        ):
            self.fields[name].seen_by = seen  # type: ignore[attr-defined]
        _offer_ways(self)
        self.initial.setdefault("who", OPEN)
        self.initial.setdefault("way", notices.NONE)

    def clean_community(self) -> str:
        """A community of the list, ``none``, or nothing."""
        code: str = self.cleaned_data["community"]
        if code not in ("", NO_PLACE) and code not in self.known:
            raise forms.ValidationError(_("There is no such community here. Choose one from the list."))
        return code

    def clean_phone(self) -> str:
        """Digits as people type them: full-width ones, spaces and hyphens are fine."""
        phone = unicodedata.normalize("NFKC", self.cleaned_data["phone"]).strip()
        if phone and not _PHONE.fullmatch(phone):
            raise forms.ValidationError(
                _("This telephone number has letters or too few digits. Check it, or leave it empty.")
            )
        return phone

    def clean(self) -> dict[str, Any]:
        """The point as two numbers, or none."""
        data = super().clean() or {}
        point: list[float | None] = []
        for name in ("lon", "lat"):
            text = unicodedata.normalize("NFKC", str(data.get(name) or "")).strip()
            try:
                point.append(float(text) if text else None)
            except ValueError:
                self.add_error(
                    "lon",
                    _("The point on the map could not be read. Mark it again, or write the place in words."),
                )
                point = [None, None]
                break
        data["point"] = tuple(point)
        if data.get("who") == CONFIDENTIAL and not data.get("phone") and "phone" not in self.errors:
            self.add_error(
                "phone",
                _(
                    "To keep you out of sight and still answer you, we need a number. Or choose to be anonymous."
                ),
            )
        _check_way(self, data)
        if data.get("who") == ANONYMOUS and data.get("way") not in ("", notices.NONE):
            self.add_error(
                "way",
                _(
                    "Anonymous means that nothing about you is kept, so nothing can be sent. Your private link shows every change."
                ),
            )
        return data


def _offer_ways(form: forms.Form) -> None:
    form.fields["way"].choices = [(way, in_language(notices.WAYS[way])) for way in notices.RESIDENT_WAYS]  # type: ignore[attr-defined]


def _check_way(form: forms.Form, data: Mapping[str, Any]) -> None:
    """The way that was chosen has its address."""
    way = data.get("way")
    if way == notices.SMS and not data.get("phone") and "phone" not in form.errors:
        form.add_error("phone", _("To get text messages, enter the number here."))
    if (
        way == notices.EMAIL
        and not notices.is_email(str(data.get("email") or ""))
        and "email" not in form.errors
    ):
        form.add_error("email", _("To get e-mail, enter one complete address, for example name@example.com."))


class AnswerForm(Refusable):
    """The answer to one question that was asked back."""

    question = forms.IntegerField(widget=forms.HiddenInput)
    answer = Plain(
        label=_("Your answer"),
        widget=_area(rows=3),
        error_messages={"required": _("Write your answer, a few words are enough.")},
    )
    photos = forms.Field(label=_("Photos"), required=False, widget=forms.FileInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].seen_by = "handlers"  # type: ignore[attr-defined]


class JudgeForm(Refusable):
    """The verdict: solved or not, and one of five grades in the fixed order."""

    solved = forms.ChoiceField(
        label=_("Is it solved?"),
        widget=forms.RadioSelect,
        choices=[("yes", _("Yes, it is solved")), ("no", _("No, not solved"))],
        error_messages={"required": _("Say whether it is solved.")},
    )
    grade = forms.TypedChoiceField(
        label=_("Are you satisfied with how it was handled?"),
        coerce=int,
        widget=forms.RadioSelect,
        choices=[(grade, GRADE_WORDS[grade]) for grade in GRADES],
        error_messages={"required": _("Choose one of the five grades.")},
    )
    comment = Plain(label=_("Anything else?"), required=False, max_length=2000, widget=_area(rows=3))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["comment"].seen_by = "handlers"  # type: ignore[attr-defined]


class ReopenForm(Refusable):
    """Still there: what is left, with a photo of how it looks now."""

    reason = Plain(
        label=_("What is still wrong?"),
        widget=_area(rows=3),
        error_messages={"required": _("Write in a few words what is still wrong.")},
    )
    photos = forms.Field(label=_("A photo of how it looks now"), required=False, widget=forms.FileInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].seen_by = "handlers"  # type: ignore[attr-defined]


class WayForm(Refusable):
    """How and when to be told; an empty address keeps the one there is."""

    way = forms.ChoiceField(
        label=_("How shall we tell you when something changes?"), widget=forms.RadioSelect
    )
    phone = Plain(
        label=_("Telephone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        help_text=_("For text messages only. Empty: the one you gave for them before."),
    )
    email = Plain(
        label=_("E-mail address"),
        required=False,
        max_length=190,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email", "inputmode": "email"}),
        help_text=_("For e-mail only. Empty: the one you gave before."),
    )
    hours = forms.ChoiceField(label=_("At what hours?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_ways(self)
        self.fields["hours"].choices = [(name, in_language(words)) for name, words in notices.HOURS.items()]  # type: ignore[attr-defined]
        for name in ("phone", "email"):
            self.fields[name].seen_by = "sealed"  # type: ignore[attr-defined]

    @property
    def address(self) -> str:
        """The address for the way that was chosen, "" for none or to keep the one there is."""
        given: str = self.cleaned_data.get(
            {notices.SMS: "phone", notices.EMAIL: "email"}.get(self.cleaned_data["way"], ""), ""
        )
        return given


class FindForm(Refusable):
    """A grid by words, by the list, or by a point."""

    q = Plain(
        label=_("Where do you live?"),
        required=False,
        max_length=200,
        help_text=_("A road, a compound, or a community."),
    )


def asked_answers(data: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """What was answered to the questions of a kind: fields ``q_<name>``, at most 500 characters each."""
    found = {name: clean_text(str(data.get(f"q_{name}", "")))[:500] for name in names}
    return {name: answer for name, answer in found.items() if answer}
