"""Who sees rules, results and appeals: rules and rankings every post at work, appeals the unit that asked and who may review. Residents none."""

from __future__ import annotations

from django.db.models import Q

from gongbi.evaluation.models import Edition, Rule
from gongbi.kernel.scope import EVERYTHING, NOTHING, rows
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import SYSTEM, Viewer

READERS = frozenset(
    {
        roles.DISPATCHER, roles.MANAGER, roles.ADJUDICATOR, roles.CHECKER, roles.AUDITOR, roles.HANDLER, roles.CLERK, roles.ADMIN,
        roles.GRID_WORKER, roles.INTEGRATOR,
    }
)  # fmt: skip


@rows(Rule)
def _rules(viewer: Viewer, purpose: str) -> Q:
    """Whoever is measured may read by what."""
    return EVERYTHING if viewer.role == SYSTEM or viewer.role in READERS else NOTHING


@rows(Edition)
def _editions(viewer: Viewer, purpose: str) -> Q:
    """Results name units, never people. What stands behind a figure follows the rights on matters."""
    return EVERYTHING if viewer.role == SYSTEM or viewer.role in READERS else NOTHING
