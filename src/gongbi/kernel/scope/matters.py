"""Who sees which matters when a room says nothing else: by role, territory and unit."""

from __future__ import annotations

from django.db.models import Q

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.registry import EVERYTHING, NOTHING, below, rows
from gongbi.kernel.scope.viewer import Viewer

NO_MATTER = frozenset({roles.ADMIN, roles.SECURITY})


@rows(Matter)
def matter_rows(viewer: Viewer, purpose: str) -> Q | None:
    """By role. A resident's own matters come from the room that holds reports (``scope.also``)."""
    if viewer.role in NO_MATTER or viewer.role == roles.RESIDENT:
        return NOTHING
    return by_post(viewer)


def by_post(viewer: Viewer) -> Q | None:
    """What a role sees of rows that hold a matter's ``territory`` and ``unit_id``; None where it sees by neither."""
    if viewer.role == roles.SYSTEM:
        return EVERYTHING
    by = roles.sees_by(viewer.role, viewer.territories)
    if by == "territory":
        return in_territory(viewer)
    return of_units(viewer) if by == "unit" else None


def in_territory(viewer: Viewer) -> Q:
    """Matters inside the viewer's territory; the unplaced ones too for a whole district or more."""
    where = below("territory", viewer.territories)
    if roles.sees_unplaced(viewer.territories):
        where |= Q(territory="")
    return where


def of_units(viewer: Viewer) -> Q:
    """Matters whose next step belongs to the viewer's unit or one below it."""
    return Q(unit_id__in=sorted(viewer.units)) if viewer.units else NOTHING
