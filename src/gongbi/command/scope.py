"""Who sees which orders: the unit they are for, the unit that gave them, and whoever covers the place. Residents none."""

from __future__ import annotations

from django.db.models import Q

from gongbi.command.models import (
    CommandSetting,
    Escalation,
    Notice,
    NoticeCounter,
    Order,
    Rung,
    ScoreRule,
    Whistle,
)
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.flow.who import relation
from gongbi.kernel.scope import EVERYTHING, NOTHING, also, rows, visible
from gongbi.kernel.scope.matters import by_post
from gongbi.kernel.scope.viewer import (
    ADMIN,
    DISPATCHER,
    HANDLER,
    MANAGER,
    SECURITY,
    STAFF_ROLES,
    SYSTEM,
    Viewer,
)

WORKERS = frozenset({HANDLER, MANAGER, DISPATCHER})  # who acts for a unit


@relation("issuer")
def _issuer(matter: Matter, viewer: Viewer) -> bool:
    return isinstance(matter, Order) and _ours(matter.issuer_unit_id, viewer)


@relation("caller")
def _caller(matter: Matter, viewer: Viewer) -> bool:
    return isinstance(matter, Whistle) and _ours(matter.caller_unit_id, viewer)


def _ours(unit_id: int | None, viewer: Viewer) -> bool:
    return unit_id is not None and unit_id in viewer.units


@also(Order)
def _of_our_unit(viewer: Viewer, purpose: str) -> Q:
    """A department has no territory: it sees what it is ordered, what it ordered, and what was taken over from it."""
    if viewer.role not in WORKERS or not viewer.units:
        return NOTHING
    ours = sorted(viewer.units)
    return Q(unit_id__in=ours) | Q(issuer_unit_id__in=ours) | Q(first_unit_id__in=ours)


@also(Whistle)
def _called_or_calling(viewer: Viewer, purpose: str) -> Q:
    if viewer.role not in WORKERS or not viewer.units:
        return NOTHING
    ours = sorted(viewer.units)
    called = Order.objects.filter(call_of__isnull=False).filter(
        Q(unit_id__in=ours) | Q(first_unit_id__in=ours)
    )
    return Q(caller_unit_id__in=ours) | Q(pk__in=called.values("call_of_id"))


@rows(Notice)
def _notices(viewer: Viewer, purpose: str) -> Q:
    return (
        EVERYTHING if viewer.role == SYSTEM else Q(order_id__in=visible(Order, viewer, purpose).values("pk"))
    )


@rows(Escalation)
def _climbs(viewer: Viewer, purpose: str) -> Q:
    """Whom it reached, and whoever covers the matter's place."""
    if viewer.role == SYSTEM:
        return EVERYTHING
    if viewer.role not in STAFF_ROLES or viewer.role in (ADMIN, SECURITY):
        return NOTHING
    reached = Q(to_unit_id__in=sorted(viewer.units)) if viewer.role in WORKERS and viewer.units else NOTHING
    covered = by_post(viewer)
    if covered is None or covered in (EVERYTHING, NOTHING):
        return reached if covered != EVERYTHING else EVERYTHING
    return reached | Q(matter_id__in=Matter.objects.filter(covered).values("pk"))


def _staff(viewer: Viewer, purpose: str) -> Q:
    """Rules and settings are no secret of anybody who holds a post."""
    return EVERYTHING if viewer.role == SYSTEM or viewer.role in STAFF_ROLES else NOTHING


for _model in (Rung, ScoreRule, CommandSetting, NoticeCounter):
    rows(_model)(_staff)
