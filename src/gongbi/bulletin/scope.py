"""Who sees which bulletins: staff whose post covers the place of it; open data that was published everybody, what waits for it its keepers."""

from __future__ import annotations

from django.db.models import Q

from gongbi.bulletin.models import Bulletin, BulletinSetting, Release
from gongbi.kernel.scope import EVERYTHING, NOTHING, rows
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import STAFF_ROLES, SYSTEM, Viewer, sees_unplaced

READERS = frozenset(
    {roles.DISPATCHER, roles.MANAGER, roles.ADJUDICATOR, roles.CHECKER, roles.AUDITOR, roles.INTEGRATOR}
)
WRITERS = frozenset({roles.DISPATCHER, roles.MANAGER})
LONGEST = 9  # digits of a place that has bulletins: a district or a street


@rows(Bulletin)
def _bulletins(viewer: Viewer, purpose: str) -> Q:
    """A bulletin counts a whole place, so it is for those whose post covers that place. Other systems get what was issued."""
    if viewer.role == SYSTEM:
        return EVERYTHING
    if viewer.role not in READERS or not viewer.territories:
        return NOTHING
    covered = Q()
    for prefix in viewer.territories:
        covered |= Q(place__startswith=prefix)
    return covered & Q(state="issued") if viewer.role == roles.INTEGRATOR else covered


@rows(Release)
def _releases(viewer: Viewer, purpose: str) -> Q:
    """What was published is everybody's. What waits is for those who answer for the whole district, and the auditor."""
    if viewer.role == SYSTEM:
        return EVERYTHING
    if viewer.role in (roles.MANAGER, roles.AUDITOR) and sees_unplaced(viewer.territories):
        return EVERYTHING
    return Q(state="published")


@rows(BulletinSetting)
def _settings(viewer: Viewer, purpose: str) -> Q:
    return EVERYTHING if viewer.role == SYSTEM or viewer.role in STAFF_ROLES else NOTHING
