"""Who sees which warnings: whoever covers a part of the area; a unit those about itself. Residents none."""

from __future__ import annotations

from django.db.models import Q

from gongbi.kernel.scope import EVERYTHING, NOTHING, also, below, rows
from gongbi.kernel.scope.viewer import RESIDENT, STAFF_ROLES, SYSTEM, Viewer, sees_by
from gongbi.warning.models import DayCount, Run, Warning, WarningArea


@also(Warning)
def _partly_inside(viewer: Viewer, purpose: str) -> Q:
    """A cluster does not stop at a street's border: who covers a part of it sees it too."""
    if viewer.role == RESIDENT or sees_by(viewer.role, viewer.territories) != "territory":
        return NOTHING
    inside = WarningArea.objects.filter(below("code", viewer.territories))
    return Q(pk__in=inside.values("warning_id"))


@rows(Run)
def _runs(viewer: Viewer, purpose: str) -> Q:
    """A run holds counts of the district, no rows of anybody."""
    return EVERYTHING if viewer.role == SYSTEM or viewer.role in STAFF_ROLES else NOTHING


@rows(DayCount)
def _counts(viewer: Viewer, purpose: str) -> Q:
    return EVERYTHING if viewer.role == SYSTEM else NOTHING
