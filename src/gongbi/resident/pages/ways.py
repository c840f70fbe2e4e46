"""How somebody is told of changes: what was chosen, and the form to choose anew."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from gongbi.channels.notices import actions, queries, rules
from gongbi.kernel.scope.viewer import Viewer
from gongbi.resident.forms import Refusable, WayForm

if TYPE_CHECKING:
    from gongbi.cases.models import Report


def shown(report: Report, viewer: Viewer, given: Refusable | None) -> dict[str, Any]:
    """``way_form``, ``way_now`` and ``way_hint`` for the page of a private link; nothing for an anonymous report."""
    if report.anonymous:
        return {}
    contact = queries.contact_of(viewer, report_id=report.pk)
    way = contact.way if contact is not None else rules.NONE
    hours = contact.hours if contact is not None else rules.DAY
    return {
        "way_form": given or WayForm(initial={"way": way, "hours": hours}),
        "way_now": rules.WAYS[way] if way != rules.NONE else "",
        "way_hint": contact.hint if contact is not None else "",
    }


def choose(report: Report, form: Refusable, now: datetime) -> None:
    """Keep what was chosen; Refused beside its field."""
    assert isinstance(form, WayForm)
    data = form.cleaned_data
    actions.choose(report=report, way=data["way"], address=form.address, hours=data["hours"], at=now)
