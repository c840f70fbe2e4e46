"""Who sees which duty. That somebody stands, and for which unit, is known to all colleagues, as their posts are; what they ask of one
another and what they hand on stays with them, their unit's leaders and whoever covers the place.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.flow.who import relation
from gongbi.kernel.scope import EVERYTHING, NOTHING, Level, also, below, fields, rows
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.matters import by_post
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import policy
from gongbi.parties.models import Person
from gongbi.roster.models import Feed, HandoverNote, RosterSetting, Rota, RotaMember, RotaShift, Swap, Turn

LEADERS = frozenset({roles.MANAGER, roles.DISPATCHER})  # who leads a shift and arranges duty
KEEPERS = LEADERS | {roles.ADMIN}  # who keeps the lists of it
OPENERS = LEADERS  # who may open the telephone of somebody on duty


def leads(viewer: Viewer, unit_id: int | None) -> bool:
    """Whether the viewer arranges the duty of that unit."""
    return viewer.role == roles.SYSTEM or (viewer.role in LEADERS and unit_id in viewer.units)


def keeps(viewer: Viewer, unit_id: int | None) -> bool:
    """Whether the viewer keeps that unit's lists: its leaders, and the administrator for every unit."""
    return viewer.role == roles.ADMIN or leads(viewer, unit_id)


@relation("asker")
def _asker(matter: Matter, viewer: Viewer) -> bool:
    return isinstance(matter, Swap) and viewer.post_id is not None and viewer.post_id == matter.asker_post


@relation("colleague")
def _colleague(matter: Matter, viewer: Viewer) -> bool:
    return isinstance(matter, Swap) and viewer.post_id is not None and viewer.post_id == matter.to_post


@relation("duty_leader")
def _leader(matter: Matter, viewer: Viewer) -> bool:
    return isinstance(matter, Swap) and leads(viewer, matter.unit_id)


def _colleagues(viewer: Viewer, purpose: str, where: str) -> Q:
    if viewer.role == roles.INTEGRATOR:
        return below(where, viewer.territories)
    return EVERYTHING if viewer.role == roles.SYSTEM or viewer.role in roles.STAFF_ROLES else NOTHING


@rows(Rota)
def _rotas(viewer: Viewer, purpose: str) -> Q:
    return _colleagues(viewer, purpose, "territory")


@rows(Turn)
@rows(RotaShift)
def _of_rota(viewer: Viewer, purpose: str) -> Q:
    return _colleagues(viewer, purpose, "rota__territory")


@rows(RotaMember)
def _members(viewer: Viewer, purpose: str) -> Q:
    return NOTHING if viewer.role == roles.INTEGRATOR else _colleagues(viewer, purpose, "rota__territory")


@rows(HandoverNote)
def _notes(viewer: Viewer, purpose: str) -> Q:
    """The unit's own, and whoever covers the place of the duty; not administrators, not other systems."""
    if viewer.role == roles.SYSTEM:
        return EVERYTHING
    if viewer.role not in roles.STAFF_ROLES or viewer.role in (roles.ADMIN, roles.SECURITY, roles.INTEGRATOR):
        return NOTHING
    ours = Q(rota__unit_id__in=sorted(viewer.units))
    if viewer.post_id is not None:
        ours |= Q(turn__post_id=viewer.post_id)
    if viewer.role in (*LEADERS, roles.AUDITOR):
        ours |= below("rota__territory", viewer.territories)
    return ours


@also(Swap)
def _mine(viewer: Viewer, purpose: str) -> Q:
    """Asker and colleague see it whatever their role; so do the leaders of the unit, who need not cover its territory."""
    mine = NOTHING
    if viewer.post_id is not None:
        mine = Q(asker_post=viewer.post_id) | Q(to_post=viewer.post_id)
    if viewer.role in LEADERS and viewer.units:
        ours = Q(unit_id__in=sorted(viewer.units))
        mine = ours if mine == NOTHING else mine | ours
    return mine


@rows(Swap)
def _swaps(viewer: Viewer, purpose: str) -> Q | None:
    """What two colleagues ask of each other is nobody else's: leaders and auditors of the place see it, no one by role alone."""
    if viewer.role == roles.SYSTEM:
        return EVERYTHING
    return by_post(viewer) if viewer.role in (roles.MANAGER, roles.AUDITOR) else NOTHING


@rows(Feed)
def _feeds(viewer: Viewer, purpose: str) -> Q:
    if viewer.role == roles.SYSTEM:
        return EVERYTHING
    if viewer.role == roles.SECURITY:
        return EVERYTHING  # who guards the access may withdraw any address
    return NOTHING if viewer.post_id is None else Q(post_id=viewer.post_id)


@rows(RosterSetting)
def _settings(viewer: Viewer, purpose: str) -> Q:
    return EVERYTHING if viewer.role == roles.SYSTEM or viewer.role in roles.STAFF_ROLES else NOTHING


def _on_duty(viewer: Viewer, person: Any) -> bool:
    """The telephone of somebody who is on duty now, for who leads: ``queries.reach`` found the turn and noted for whom."""
    return viewer.role in OPENERS and getattr(person, "on_duty_for", None) == viewer.actor


policy.allow(Person, "phone", _on_duty)
fields(Rota, name=Level.STAFF, kind=Level.STAFF, territory=Level.STAFF)
fields(HandoverNote, text=Level.WORKING)
