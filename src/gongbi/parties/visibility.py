"""Who sees which rows and fields of this room; loaded when the app is ready."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from gongbi.kernel.scope import EVERYTHING, NOTHING, Level, fields, rows
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import policy
from gongbi.parties.models import Account, ApiKey, Away, Change, Handover, Person, Post, SignIn, Unit

_ALL = {roles.ADMIN, roles.SECURITY, roles.AUDITOR, roles.SYSTEM}


@rows(Unit)
def _units(viewer: Viewer, purpose: str) -> Q | None:
    return EVERYTHING  # which unit does what is public


@rows(Post)
def _posts(viewer: Viewer, purpose: str) -> Q | None:
    if viewer.role in _ALL or (viewer.is_staff and viewer.role != roles.INTEGRATOR):
        return EVERYTHING  # colleagues find each other; the post shows the office, not the person
    return NOTHING


@rows(Person)
def _people(viewer: Viewer, purpose: str) -> Q | None:
    if viewer.role in _ALL:
        return EVERYTHING
    if viewer.role == roles.MANAGER:
        return Q(pk__in=Post.objects.filter(unit_id__in=sorted(viewer.units)).values("person_id"))
    if viewer.person_id is not None:
        return Q(pk=viewer.person_id)
    return NOTHING


@rows(Account)
def _accounts(viewer: Viewer, purpose: str) -> Q | None:
    if viewer.role in {roles.SECURITY, roles.AUDITOR, roles.SYSTEM}:
        return EVERYTHING
    return NOTHING if viewer.account_id is None else Q(pk=viewer.account_id)


@rows(ApiKey)
@rows(SignIn)
def _access(viewer: Viewer, purpose: str) -> Q | None:
    return EVERYTHING if viewer.role in {roles.SECURITY, roles.AUDITOR, roles.SYSTEM} else NOTHING


@rows(Change)
def _changes(viewer: Viewer, purpose: str) -> Q | None:
    return EVERYTHING if viewer.role in _ALL else NOTHING


@rows(Handover)
def _handovers(viewer: Viewer, purpose: str) -> Q | None:
    if viewer.role in _ALL:
        return EVERYTHING
    if viewer.post_id is None:
        return NOTHING
    own = Q(post_from_id=viewer.post_id) | Q(post_to_id=viewer.post_id)
    if viewer.role == roles.MANAGER:
        own |= Q(post_from__unit_id__in=sorted(viewer.units))
    return own


@rows(Away)
def _aways(viewer: Viewer, purpose: str) -> Q | None:
    """Who is away and who stands in: the two, their unit's leader, and those who keep, guard or audit the lists."""
    if viewer.role in _ALL:
        return EVERYTHING
    if viewer.post_id is None:
        return NOTHING
    mine = {viewer.post_id} if viewer.acting is None else {viewer.post_id, viewer.acting.post_id}
    own = Q(post_id__in=sorted(mine)) | Q(deputy_id__in=sorted(mine))
    if viewer.role == roles.MANAGER:
        own |= Q(post__unit_id__in=sorted(viewer.units))
    return own


fields(Unit, code=Level.OPEN, name=Level.OPEN, name_en=Level.OPEN, kind=Level.OPEN, territory=Level.OPEN)
fields(Unit, phone=Level.OPEN, supervision_phone=Level.OPEN, ranking_class=Level.STAFF)
fields(Person, number=Level.STAFF, name=Level.SEALED, phone=Level.SEALED, synthetic=Level.OPEN)
fields(Post, role=Level.OPEN, work_name=Level.OPEN, work_phone=Level.OPEN)
fields(Account, username=Level.STAFF, language=Level.STAFF)


def _own_or_admin(viewer: Viewer, person: Any) -> bool:
    """A person reads their own name; the administrator who keeps the list reads others', with a reason."""
    return viewer.role == roles.ADMIN or (viewer.person_id is not None and viewer.person_id == person.pk)


for _field in ("name", "phone"):
    policy.allow(Person, _field, _own_or_admin)
policy.subject(Person, lambda viewer, person: viewer.person_id is not None and viewer.person_id == person.pk)
