"""Who sees which matters when a room says nothing else: by role, territory and unit."""

from __future__ import annotations

from django.db.models import Q

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.registry import EVERYTHING, NOTHING, below, rows
from gongbi.kernel.scope.viewer import Viewer

BY_TERRITORY = frozenset(
    {
        roles.CLERK,
        roles.DISPATCHER,
        roles.CHECKER,
        roles.ADJUDICATOR,
        roles.MANAGER,
        roles.AUDITOR,
        roles.GRID_WORKER,
    }
)
BY_UNIT = frozenset({roles.HANDLER})
NO_MATTER = frozenset({roles.ADMIN, roles.SECURITY})
DISTRICT_DIGITS = 6  # what is not placed yet belongs to whoever answers for a whole district or more


@rows(Matter)
def matter_rows(viewer: Viewer, purpose: str) -> Q | None:
    """By role. A resident's own matters come from the room that holds reports (``scope.also``)."""
    if viewer.role == roles.SYSTEM:
        return EVERYTHING
    if viewer.role in BY_TERRITORY:
        return in_territory(viewer)
    if viewer.role in BY_UNIT:
        return of_units(viewer)
    if viewer.role == roles.INTEGRATOR:
        return in_territory(viewer) if viewer.territories else of_units(viewer)
    if viewer.role in NO_MATTER or viewer.role == roles.RESIDENT:
        return NOTHING
    return None


def in_territory(viewer: Viewer) -> Q:
    """Matters inside the viewer's territory; the unplaced ones too for a whole district or more."""
    where = below("territory", viewer.territories)
    if any(len(prefix) <= DISTRICT_DIGITS for prefix in viewer.territories):
        where |= Q(territory="")
    return where


def of_units(viewer: Viewer) -> Q:
    """Matters whose next step belongs to the viewer's unit or one below it."""
    return Q(unit_id__in=sorted(viewer.units)) if viewer.units else NOTHING
