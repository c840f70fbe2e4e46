"""The form that opens an incident from nothing."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django import forms

from gongbi.desk.forms.base import HouseForm, pair
from gongbi.desk.incidents.acting import levels, line, words_of
from gongbi.incidents import actions, catalogue, words
from gongbi.incidents.models import Incident
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.templatetags.look import said
from gongbi.territory import queries as territory

T = words.TEXTS


class NewForm(HouseForm):
    """An incident from nothing."""

    request = forms.CharField(widget=forms.HiddenInput, max_length=64)
    drill = forms.BooleanField(required=False)
    title = line(80)
    kind = forms.ChoiceField()
    sort = forms.ChoiceField(required=False)
    level = forms.ChoiceField(widget=forms.RadioSelect)
    territory = forms.ChoiceField()
    place_words = line(200, required=False)
    summary = words_of(3, 2000, required=False)

    def __init__(self, viewer: Viewer, now: datetime, *, drill: bool, data: Any = None) -> None:
        super().__init__(data)
        self.viewer, self.now = viewer, now
        texts = {"title": "title", "kind": "kind", "sort": "sort", "level": "level", "territory": "place",
                 "place_words": "place_words", "summary": "summary", "drill": "drill"}  # fmt: skip
        for name, text in texts.items():
            self.fields[name].label = said(T[text])
        self.fields["title"].help_text = said(T["title_hint"])
        self.fields["drill"].help_text = said(T["drill_hint"])
        self.fields["drill"].initial, self.fields["request"].initial = drill, uuid.uuid4().hex
        for name, choices in (
            ("kind", [pair(code, event.words) for code, event in catalogue.EVENTS.items()]),
            ("sort", [("", "—"), *(pair(code, text) for code, text in catalogue.CLASSES.items())]),
            ("level", levels()),
            ("territory", self._places()),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        self.fields["level"].initial = str(catalogue.LOWEST)

    def _places(self) -> list[tuple[str, str]]:
        """Streets and communities of the viewer's area, each community below its street."""
        rows = [
            one
            for one in territory.divisions(on=self.now)
            if one.level in ("street", "community") and self.viewer.covers(one.code)
        ]
        return [(one.code, one.name if one.level == "street" else f"　{one.name}") for one in rows]

    def act(self) -> Incident:
        """Open it. Raises Refused."""
        data = self.cleaned_data
        opened = actions.Opened(
            key=data["request"], title=data["title"], sort=data["sort"] or catalogue.EVENTS[data["kind"]].sort, kind=data["kind"],
            level=int(data["level"]), territory=data["territory"], happened_at=self.now, summary=data["summary"],
            place_words=data["place_words"], unit_id=self.viewer.unit_id, drill=data["drill"],
        )  # fmt: skip
        return actions.open_incident(opened, viewer=self.viewer, at=self.now)
