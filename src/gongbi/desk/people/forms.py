"""What administrators fill in about people, posts, units, accounts and keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongbi.desk.forms.base import HouseForm, pair
from gongbi.parties import rules
from gongbi.parties.models import Post, Unit
from gongbi.parties.words import ROLES


def midnight(day: date | None) -> datetime | None:
    """The beginning of a local day; None stays None."""
    return None if day is None else timezone.make_aware(datetime.combine(day, time()))


def codes(text: str) -> list[str]:
    """Division codes as people type several of them: by blanks, commas or 、."""
    for sign in "，、,;；":
        text = text.replace(sign, " ")
    return text.split()


def units_by_kind(units: Iterable[Unit]) -> list[Any]:
    """The units as grouped choices, in the order of their kinds."""
    groups: dict[str, list[tuple[str, str]]] = {kind: [] for kind in rules.UNIT_KINDS}
    for unit in units:
        groups.setdefault(unit.kind, []).append((str(unit.pk), f"{unit.label} {unit.code}"))
    return [
        (pair(kind, rules.UNIT_KINDS[kind])[1] if kind in rules.UNIT_KINDS else kind, found)
        for kind, found in groups.items()
        if found
    ]


def _day(label: Any, *, required: bool = False, hint: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=hint, widget=widget)


def _line(label: Any, most: int, *, required: bool = False, hint: Any = "", **attrs: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(label=label, max_length=most, required=required, help_text=hint, widget=widget)


_TERRITORIES = _("Division or grid codes, several with blanks between. Empty: the whole field of the unit.")


class SearchForm(HouseForm):
    """What a list of people, posts, units or accounts is narrowed by."""

    q = forms.CharField(label=_("Search"), required=False, max_length=60)

    @property
    def words(self) -> str:
        """What is looked for; "" also where what was typed cannot be. Of a form that was sent."""
        self.is_valid()
        return str(self.cleaned_data.get("q", "")).strip()


class PostsForm(SearchForm):
    """Who has which role where."""

    role = forms.ChoiceField(label=_("Role"), required=False)
    unit = forms.ChoiceField(label=_("Unit"), required=False)
    territory = forms.CharField(label=_("Division or grid code"), required=False, max_length=15)

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", _("All"))]
        self.fields["role"].choices = everything + [(role, ROLES[role]) for role in rules.POST_ROLES]  # type: ignore[attr-defined]
        self.fields["unit"].choices = everything + units_by_kind(units)  # type: ignore[attr-defined]


class UnitsForm(SearchForm):
    """Which units there are."""

    kind = forms.ChoiceField(label=_("Kind of unit"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [pair(kind, words) for kind, words in rules.UNIT_KINDS.items()]
        self.fields["kind"].choices = [("", _("All")), *kinds]  # type: ignore[attr-defined]


class PersonForm(HouseForm):
    """Somebody new."""

    number = _line(
        _("Staff number"), 40, required=True, hint=_("The employer's own, never an identity number.")
    )
    name = _line(_("Full name"), 60, required=True)
    phone = _line(_("Mobile"), 40, inputmode="tel")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].seen_by = self.fields["phone"].seen_by = "sealed"  # type: ignore[attr-defined]


class CorrectForm(PersonForm):
    """Another name or telephone; what is left empty stays as it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["number"]
        self.fields["name"].required = False
        self.fields["name"].help_text = _("Empty: it stays as it is.")
        self.fields["phone"].help_text = _("Empty: it stays as it is.")


class OpenForm(HouseForm):
    """Why a sealed name or telephone is opened."""

    refused_else: ClassVar[str] = "reason"
    reason = _line(_("Why you open it"), 200, required=True, hint=_("The person can read it."))


class AppointForm(HouseForm):
    """A post for a person: unit, role, territory, from, until, and what the public card shows."""

    refused_at: ClassVar[Mapping[str, str]] = {"territory": "territories"}
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=int)
    role = forms.ChoiceField(label=_("Role"))
    territories = _line(_("Territory"), 400, hint=_TERRITORIES)
    valid_from = _day(_("In office from"), required=True)
    valid_to = _day(_("In office until"), hint=_("The first day out of office. Empty: until it is ended."))
    work_name = _line(_("Name on the card"), 60, hint=_("Public: what residents and colleagues see."))
    work_phone = _line(
        _("Telephone on the card"), 40, inputmode="tel", hint=_("An office telephone, never a private one.")
    )

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", _("Choose")), *units_by_kind(units)]  # type: ignore[attr-defined]
        roles = [(role, ROLES[role]) for role in rules.POST_ROLES]
        self.fields["role"].choices = [("", _("Choose")), *roles]  # type: ignore[attr-defined]


class PostForm(HouseForm):
    """What may change of a post in office: its card and its territory."""

    refused_at: ClassVar[Mapping[str, str]] = {"territory": "territories"}
    territories = _line(_("Territory"), 400, hint=_("Division or grid codes, several with blanks between."))
    work_name = _line(_("Name on the card"), 60, hint=_("Public: what residents and colleagues see."))
    work_phone = _line(
        _("Telephone on the card"), 40, inputmode="tel", hint=_("An office telephone, never a private one.")
    )


class EndForm(HouseForm):
    """Ending a post: who takes over, why. ``shown``: how many open matters the page listed."""

    successor = forms.TypedChoiceField(
        label=_("Who takes over"), coerce=int, empty_value=None, required=False
    )
    reason = _line(_("Reason"), 200, hint=_("Stands in the handover: moved, retired, unit dissolved."))
    shown = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**7)

    def __init__(self, *args: Any, heirs: Iterable[tuple[Post, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [(str(post.pk), words) for post, words in heirs]
        self.fields["successor"].choices = [("", _("Nobody: it holds nothing")), *chosen]  # type: ignore[attr-defined]


class UnitForm(HouseForm):
    """A new unit."""

    code = _line(
        _("Unit code"),
        32,
        required=True,
        hint=_("A street or community: its division code. Never used again."),
    )
    kind = forms.ChoiceField(label=_("Kind of unit"))
    name = _line(_("Name"), 120, required=True)
    name_en = _line(_("English name"), 160)
    parent = forms.ChoiceField(label=_("Stands under"), required=False)
    territory = _line(_("Territory"), 15, hint=_("One division code. Empty: the whole district."))
    ranking_class = _line(_("Ranking class"), 24, hint=_("The peers it is compared with on the board."))
    phone = _line(_("Office telephone"), 40, inputmode="tel")
    supervision_phone = _line(_("Supervision telephone"), 40, inputmode="tel")

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [pair(kind, words) for kind, words in rules.UNIT_KINDS.items()]
        self.fields["kind"].choices = [("", _("Choose")), *kinds]  # type: ignore[attr-defined]
        above = [
            (name, [(by_id[key].code, words) for key, words in found])
            for name, found, by_id in _parents(units)
        ]
        self.fields["parent"].choices = [("", _("Nothing: it stands alone")), *above]  # type: ignore[attr-defined]


def _parents(units: Iterable[Unit]) -> list[tuple[Any, list[tuple[str, str]], dict[str, Unit]]]:
    rows = list(units)
    by_id = {str(unit.pk): unit for unit in rows}
    return [(name, found, by_id) for name, found in units_by_kind(rows)]


class ChangeUnitForm(HouseForm):
    """What may change of a unit: names, class, telephones."""

    name = _line(_("Name"), 120, required=True)
    name_en = _line(_("English name"), 160)
    ranking_class = _line(_("Ranking class"), 24, hint=_("The peers it is compared with on the board."))
    phone = _line(_("Office telephone"), 40, inputmode="tel")
    supervision_phone = _line(_("Supervision telephone"), 40, inputmode="tel")


class LoginForm(HouseForm):
    """A login for a person; the password is made by the machine and shown once."""

    login = _line(_("Login name"), 60, required=True, hint=_("3 to 60 letters, digits or . _ - @ +"))
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser asks")), ("zh-hans", "中文"), ("en", "English")]
    )  # fmt: skip


class KeyForm(HouseForm):
    """A key for another system: what it may see follows from unit and territory, what it sends bears the channel."""

    refused_at: ClassVar[Mapping[str, str]] = {"territory": "territories"}
    name = _line(_("Name of the key"), 80, required=True, hint=_("Which system holds it."))
    unit = forms.TypedChoiceField(
        label=_("Unit"), coerce=int, help_text=_("The key acts for this unit and those below it.")
    )
    channel = _line(
        _("Channel"),
        24,
        required=True,
        hint=_(
            "Code of the channel it speaks for, as on the page Channels (net-city, devices); its reports are counted under it"
        ),
    )
    territories = _line(
        _("Territory"), 400, hint=_("It sees matters in these divisions. Empty: only those of the unit.")
    )
    valid_to = _day(
        _("Until"), hint=_("The first day on which it opens nothing. Empty: until it is withdrawn.")
    )
    once = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, units: Iterable[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", _("Choose")), *units_by_kind(units)]  # type: ignore[attr-defined]
