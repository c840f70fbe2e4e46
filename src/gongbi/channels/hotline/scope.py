"""Who sees orders and reconciliations: the hotline desk (clerks and dispatchers), the administrator and the auditor."""

from __future__ import annotations

from django.db.models import Q

from gongbi.channels.hotline.models import Difference, Order, OrderFile, Reconciliation, Term, Version
from gongbi.kernel.scope import EVERYTHING, NOTHING, rows
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, CLERK, DISPATCHER, SYSTEM, Viewer

READERS = frozenset({ADMIN, AUDITOR, CLERK, DISPATCHER})


def _desk(viewer: Viewer, purpose: str) -> Q:
    return EVERYTHING if viewer.role in READERS or viewer.role == SYSTEM else NOTHING


for _model in (Order, Version, OrderFile, Term, Reconciliation, Difference):
    rows(_model)(_desk)
