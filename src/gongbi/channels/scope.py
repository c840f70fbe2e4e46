"""Who sees counterparts and what came from them: those who run the house's doors. Contents are sealed besides."""

from __future__ import annotations

from django.db.models import Q

from gongbi.channels.models import Arrival, Change, Mapping, Outgoing, Rejection, Source
from gongbi.kernel.scope import EVERYTHING, NOTHING, rows
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, DISPATCHER, STAFF_ROLES, SYSTEM, Viewer
from gongbi.kernel.vault import policy

READERS = frozenset({ADMIN, AUDITOR, DISPATCHER})
SENDER = "sender"  # a purpose: what the counterpart is called that a report, which the viewer sees anyway, came through


def _keepers(viewer: Viewer, purpose: str) -> Q:
    if purpose == SENDER and viewer.role in STAFF_ROLES:
        return EVERYTHING
    return EVERYTHING if viewer.role in READERS or viewer.role == SYSTEM else NOTHING


for _model in (Source, Mapping, Arrival, Change, Outgoing, Rejection):
    rows(_model)(_keepers)


def _may_look(viewer: Viewer, row: object) -> bool:
    """What was refused may be a resident's matter, so the one who takes matters in may read it, with a reason."""
    return viewer.role == DISPATCHER


for _model in (Arrival, Change, Rejection):
    policy.allow(_model, "content", _may_look)
