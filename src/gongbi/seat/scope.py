"""Who reads knowledge and calls: everybody of the staff who deals with people; drafts are for those who write and review."""

from __future__ import annotations

from django.db.models import Q

from gongbi.kernel.scope import EVERYTHING, NOTHING, rows
from gongbi.kernel.scope.viewer import INTEGRATOR, SECURITY, STAFF_ROLES, SYSTEM, Viewer
from gongbi.seat.models import Article, CallDay, Threshold, Use, Version

READERS = frozenset(STAFF_ROLES) - {INTEGRATOR, SECURITY}


def _staff(viewer: Viewer, purpose: str) -> Q:
    return EVERYTHING if viewer.role in READERS or viewer.role == SYSTEM else NOTHING


for _model in (Article, Version, Use, CallDay, Threshold):
    rows(_model)(_staff)
