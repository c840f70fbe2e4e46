"""The form of a source: what every source has, and the settings of its kind as its adapter declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from django import forms

from gongbi.channels import rules, words
from gongbi.channels.actions.sources import secrets_of
from gongbi.channels.adapters import adapter_of
from gongbi.channels.models import Source
from gongbi.kernel.errors import Refused
from gongbi.look.templatetags.look import said

BEFORE = "set_"  # names of the kind's settings in the form
SECRET = "secret_"  # noqa: S105 – and of its secrets
REMOVE = "remove_"  # takes a kept secret out
T = words.TEXTS


class SourceForm(forms.Form):
    """``source`` None: a new one, of the kind that the page was opened with."""

    code = forms.CharField(max_length=24)
    name = forms.CharField(max_length=80)
    name_en = forms.CharField(max_length=120, required=False)
    direction = forms.ChoiceField()
    unit = forms.ChoiceField(required=False)
    joins_at = forms.FloatField(required=False, min_value=0.01, max_value=1)
    enabled = forms.BooleanField(required=False)

    def __init__(
        self, kind: str, units: list[tuple[int, str]], data: Any = None, *, source: Source | None = None
    ) -> None:
        super().__init__(data, label_suffix="", initial=_initial(source, kind))
        self.kind, self.source = kind, source
        for name, field in self.fields.items():
            field.label = said(T[name])
        self.fields["code"].help_text = said(T["code_hint"])
        self.fields["joins_at"].help_text = said(T["joins_at_hint"])
        self._choices("direction", [(way, said(text)) for way, text in rules.DIRECTIONS.items()])
        self._choices("unit", [("", "—"), *((str(key), label) for key, label in units)])
        if source is not None:
            del self.fields["code"]
        if adapter_of(kind).direction == "out":  # nothing comes in that could join
            del self.fields["joins_at"]
        self._settings(source)

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _settings(self, source: Source | None) -> None:
        adapter = adapter_of(self.kind)
        kept = source.settings if source is not None else {}
        blank = adapter.settings()
        for one in fields(adapter.settings):
            value, otherwise = kept.get(one.name, getattr(blank, one.name)), getattr(blank, one.name)
            field = _field(value, otherwise, adapter.choices.get(one.name))
            field.label = said(words.SETTINGS.get(one.name, one.name))
            self.fields[f"{BEFORE}{one.name}"] = field
        there = secrets_of(source).keys() if source is not None else frozenset()
        for name in adapter.secrets:
            label = said(words.SETTINGS.get(name, name))
            hint = said(T["secret_kept" if name in there else "secrets_hint"])
            self.fields[f"{SECRET}{name}"] = forms.CharField(
                required=False, max_length=500, label=label, help_text=hint,
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            )  # fmt: skip
            if name in there:
                self.fields[f"{REMOVE}{name}"] = forms.BooleanField(
                    required=False, label=said(T["remove_secret"]) % {"name": label}
                )

    @property
    def settings(self) -> dict[str, Any]:
        """The kind's settings as they were typed; what was left empty is as shipped."""
        typed = {
            name[len(BEFORE) :]: value for name, value in self.cleaned_data.items() if name.startswith(BEFORE)
        }
        return {name: value for name, value in typed.items() if value != ""}

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that were typed, and "" for those to be taken out."""
        given = self.cleaned_data
        gone = {name[len(REMOVE) :]: "" for name in given if name.startswith(REMOVE) and given[name]}
        typed = {name[len(SECRET) :]: given[name] for name in given if name.startswith(SECRET)}
        return gone | {name: value for name, value in typed.items() if value}

    def refuse(self, refusal: Refused) -> None:
        """Put what a rule said beside its field, or above the form where it names none of ours."""
        for name in (refusal.field, BEFORE + refusal.field, SECRET + refusal.field):
            if name in self.fields:
                self.add_error(name, str(refusal))
                return
        self.add_error(None, str(refusal))


def _field(value: Any, otherwise: Any, choices: Mapping[str, rules.Words] | None) -> forms.Field:
    """How a setting is asked for; ``otherwise``: what it is as shipped, told where leaving it empty means that."""
    pairs = [(name, said(text)) for name, text in (choices or {}).items()]
    if pairs and isinstance(otherwise, tuple):
        return forms.MultipleChoiceField(
            choices=pairs, initial=list(value), required=False, widget=forms.CheckboxSelectMultiple
        )
    if pairs:
        return forms.ChoiceField(choices=pairs, initial=value, required=False)
    if isinstance(otherwise, bool):
        return forms.BooleanField(required=False, initial=value)
    if isinstance(otherwise, dict):
        lines = "\n".join(f"{name}: {given}" for name, given in value.items())
        widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
        return forms.CharField(required=False, initial=lines, max_length=2000, widget=widget)
    told = str(otherwise) if otherwise not in ("", (), value) else ""
    return forms.CharField(
        required=False, initial=value, max_length=500,
        help_text=said(words.TEXTS["shipped"]) % {"value": told} if told else "",
    )  # fmt: skip


def _initial(source: Source | None, kind: str) -> dict[str, Any]:
    if source is None:
        return {"enabled": True, "direction": adapter_of(kind).direction}
    return {
        "name": source.name, "name_en": source.name_en, "direction": source.direction, "enabled": source.enabled,
        "unit": str(source.unit_id or ""), "joins_at": source.joins_at,
    }  # fmt: skip
