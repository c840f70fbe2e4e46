"""Who sees contacts, notices and templates. An address opens for the sender alone; its owner sees when it was."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from gongbi.channels.notices import rules
from gongbi.channels.notices.models import Contact, Notice, Template, forget_contact
from gongbi.kernel.scope import EVERYTHING, NOTHING, rows
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, DISPATCHER, RESIDENT, STAFF_ROLES, SYSTEM, Viewer
from gongbi.kernel.vault import policy, retention


@rows(Contact)
def _contacts(viewer: Viewer, purpose: str) -> Q:
    """The own one; units' for those who keep the house."""
    if viewer.role == SYSTEM:
        return EVERYTHING
    if viewer.role == RESIDENT:
        return Q(report_id__in=viewer.reports)
    if viewer.role not in STAFF_ROLES:
        return NOTHING
    own = Q(person_id=viewer.person_id) if viewer.person_id is not None else NOTHING
    return own | Q(unit__isnull=False) if viewer.role in (ADMIN, AUDITOR) else own


@rows(Notice)
def _notices(viewer: Viewer, purpose: str) -> Q:
    if viewer.role == RESIDENT:
        return Q(contact__report_id__in=viewer.reports)
    return EVERYTHING if viewer.role in (ADMIN, AUDITOR, DISPATCHER, SYSTEM) else NOTHING


@rows(Template)
def _templates(viewer: Viewer, purpose: str) -> Q:
    return EVERYTHING if viewer.role in (ADMIN, AUDITOR, DISPATCHER, SYSTEM) else NOTHING


def _over(before: datetime) -> QuerySet[Contact]:
    """Contacts of whom nothing is left to tell since then: the matter is closed, the person has no post, the unit is closed."""
    closed = Q(report__case__closed_at__lt=before)
    people = Contact.objects.filter(person__isnull=False, changed_at__lt=before)
    left = people.exclude(person__posts__valid_to__isnull=True).exclude(person__posts__valid_to__gte=before)
    gone = Q(unit__valid_to__lt=before)
    return (
        Contact.objects.filter(closed | Q(pk__in=left.values("pk")) | gone)
        .exclude(way=rules.NONE)
        .order_by("pk")
    )


retention.register("contact", Contact, due=_over, erase=forget_contact)
policy.allow(Contact, "address", lambda viewer, contact: viewer.role == SYSTEM)
policy.subject(
    Contact,
    lambda viewer, contact: (
        contact.report_id in viewer.reports
        or (viewer.person_id is not None and contact.person_id == viewer.person_id)
    ),
)
