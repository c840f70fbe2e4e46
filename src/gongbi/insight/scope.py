"""Whose figures a viewer counts: lines of the own territory, a handler those of the own units; nobody a matter outside."""

from __future__ import annotations

from django.db.models import Q

from gongbi.insight.models import CaseFacts, FactLine
from gongbi.kernel.scope import EVERYTHING, NOTHING, rows
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.matters import BY_TERRITORY, BY_UNIT, in_territory, of_units
from gongbi.kernel.scope.viewer import Viewer


@rows(FactLine)
def _lines(viewer: Viewer, purpose: str) -> Q | None:
    """A line is where its case was, and whose it was, at its time: who lost a case to another unit still counts its own part."""
    if viewer.role == roles.SYSTEM:
        return EVERYTHING
    if viewer.role in BY_TERRITORY:
        return in_territory(viewer)
    if viewer.role in BY_UNIT:
        return of_units(viewer)
    if viewer.role == roles.INTEGRATOR:
        return in_territory(viewer) if viewer.territories else of_units(viewer)
    return NOTHING if viewer.role in roles.STAFF_ROLES else None


@rows(CaseFacts)
def _cases(viewer: Viewer, purpose: str) -> Q | None:
    return _lines(viewer, purpose)
