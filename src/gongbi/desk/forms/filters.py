"""The filters of a list, as they stand in its address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.cases.queries import QueueFilter
from gongbi.desk.forms import choices
from gongbi.desk.forms.base import HouseForm, pair
from gongbi.desk.names import CHANNELS, Names
from gongbi.duties import queries as duties
from gongbi.kernel.scope.viewer import Viewer
from gongbi.territory import queries as territory

NAMES = ("q", "territory", "kind", "unit", "channel", "overdue")


class FilterForm(HouseForm):
    """What a list is narrowed by. A value that cannot be meant is said beside its field, and does not narrow."""

    q = forms.CharField(label=_("Words or number"), required=False, max_length=80)
    territory = forms.ChoiceField(label=_("Place"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    unit = forms.TypedChoiceField(label=_("Responsible"), coerce=int, required=False, empty_value=None)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    overdue = forms.BooleanField(label=_("Overdue only"), required=False)

    def __init__(self, *args: Any, viewer: Viewer, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", _("All"))]
        places: list[Any] = list(everything)
        below: dict[str, list[tuple[str, str]]] = {}
        names: dict[str, str] = {}
        for one in territory.divisions(on=now, level="community"):
            if viewer.covers(one.code) or any(own.startswith(one.code) for own in viewer.territories):
                below.setdefault(one.code[:9], []).append((one.code, one.name))
        names = territory.names(list(below), on=now)
        for street, communities in below.items():
            name = names.get(street, street)
            places.append((name, [(street, name), *communities]))
        majors: dict[str, Any] = {}
        for kind in duties.kinds():
            majors.setdefault(kind.code[:3], kind.major)
        self.fields["territory"].choices = places  # type: ignore[attr-defined]
        self.fields["kind"].choices = everything + [pair(code, words) for code, words in majors.items()]  # type: ignore[attr-defined]
        self.fields["unit"].choices = everything + choices.units(Names(viewer, now))  # type: ignore[attr-defined]
        self.fields["channel"].choices = everything + [pair(code, words) for code, words in CHANNELS.items()]  # type: ignore[attr-defined]

    def wanted(self, tab: str, after: tuple[datetime | None, int] | None = None) -> QueueFilter:
        """The good values as the query takes them."""
        self.is_valid()
        good = self.cleaned_data
        return QueueFilter(
            tab=tab,
            words=good.get("q", ""),
            territory=good.get("territory", ""),
            kind=good.get("kind", ""),
            unit=good.get("unit"),
            channel=good.get("channel", ""),
            overdue=bool(good.get("overdue")),
            after=after,
        )
