"""A form that says what refused it: beside the field it names, with the article."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from gongbi.kernel.errors import Refused


class HouseForm(forms.Form):
    """``refused_at``: which of our fields a refusal means, where the rule calls it something else; ``refused_else``: the one
    it stands beside when it names none of ours ("" is above the form).
    """

    refused_at: ClassVar[Mapping[str, str]] = {}
    refused_else: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def refuse(self, refusal: Refused) -> None:
        """Put what a rule said beside its field, or above the form where it names none."""
        name = self.refused_at.get(refusal.field, refusal.field)
        field = (
            name
            if name in self.fields and not self.fields[name].widget.is_hidden
            else self.refused_else or None
        )
        self.add_error(field, str(refusal))


def pair(value: str, words: Any) -> tuple[str, Any]:
    """A choice whose label is a (zh, en) pair."""
    from gongbi.look.templatetags.look import said

    return value, said(words)
