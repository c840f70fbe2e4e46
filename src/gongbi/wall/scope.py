"""Who sees the wall, and who hangs up screens."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from gongbi.kernel.scope import EVERYTHING, NOTHING, rows
from gongbi.kernel.scope.viewer import (
    ADJUDICATOR,
    AUDITOR,
    DISPATCHER,
    MANAGER,
    SECURITY,
    SYSTEM,
    Viewer,
)
from gongbi.wall.models import FoldedDay, Screen

ROLES = frozenset(
    {MANAGER, DISPATCHER, ADJUDICATOR, AUDITOR}
)  # those who lead and direct, each in the own territory
KEEPERS = frozenset({SECURITY, AUDITOR})  # ways in are the security administrator's; the auditor reads


def of_screen(screen: Screen) -> Viewer:
    """As whom a screen reads: figures of its place. It enters no page but the wall's own."""
    return Viewer(actor=f"screen:{screen.pk}", role=MANAGER, territories=(screen.territory,))


def scope_of(viewer: Viewer) -> tuple[str, ...]:
    """The divisions whose wall this viewer sees."""
    return tuple(sorted(viewer.territories)) if viewer.role in ROLES else ()


def as_leader(scope: Sequence[str]) -> Viewer:
    """Whose figures a wall of these divisions shows: those that a leader of them reads off the board."""
    return Viewer(actor="system:wall", role=MANAGER, territories=tuple(scope))


@rows(FoldedDay)
def _days(viewer: Viewer, purpose: str) -> Q:
    """Counts of the district; what of them a viewer is shown, the query cuts out by place."""
    return EVERYTHING if viewer.role == SYSTEM or scope_of(viewer) else NOTHING


@rows(Screen)
def _screens(viewer: Viewer, purpose: str) -> Q:
    return EVERYTHING if viewer.role in KEEPERS | {SYSTEM} else NOTHING
