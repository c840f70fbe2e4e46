"""Who sees incidents: whoever covers the place; a unit those in which it has a task. Residents none; what is public is an alert."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from gongbi.incidents.models import Affected, AlertMessage, Hold, Incident, Plan, Stock, Store, Task
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.flow.who import relation
from gongbi.kernel.scope import EVERYTHING, NOTHING, also, rows
from gongbi.kernel.scope.viewer import ADMIN, DISPATCHER, HANDLER, MANAGER, STAFF_ROLES, SYSTEM, Viewer
from gongbi.kernel.vault import policy, retention


@relation("tasked")
def _tasked(matter: Matter, viewer: Viewer) -> bool:
    return (
        bool(viewer.units) and Task.objects.filter(incident_id=matter.pk, unit_id__in=viewer.units).exists()
    )


@also(Incident)
def _with_a_task(viewer: Viewer, purpose: str) -> Q:
    """Whoever is asked to do something in an incident sees it, wherever it is."""
    if viewer.role != HANDLER or not viewer.units:
        return NOTHING
    return Q(pk__in=Task.objects.filter(unit_id__in=sorted(viewer.units)).values("incident_id"))


def _staff(viewer: Viewer) -> Q:
    return EVERYTHING if viewer.role == SYSTEM or viewer.role in STAFF_ROLES else NOTHING


@rows(Plan)
def _plans(viewer: Viewer, purpose: str) -> Q:
    """Plans hold no row of anybody; a district works by the same ones."""
    return _staff(viewer)


@rows(Store)
def _stores(viewer: Viewer, purpose: str) -> Q:
    return _staff(viewer)


@rows(Stock)
def _stock(viewer: Viewer, purpose: str) -> Q:
    """What a neighbouring street has is what one asks for in need."""
    return _staff(viewer)


@rows(Hold)
def _holds(viewer: Viewer, purpose: str) -> Q:
    return _staff(viewer)


@rows(AlertMessage)
def _alerts(viewer: Viewer, purpose: str) -> Q:
    """An alert is meant for everybody; a drill's stays inside."""
    if viewer.role == SYSTEM or viewer.role in STAFF_ROLES:
        return EVERYTHING
    return Q(drill=False)


def _leads(viewer: Viewer, incident: Incident) -> bool:
    return viewer.role in (DISPATCHER, MANAGER) and (
        viewer.covers(incident.territory) if incident.territory else bool(viewer.territories)
    )


@rows(Affected)
def _affected(viewer: Viewer, purpose: str) -> Q:
    """Asked for through its incident only (queries.people)."""
    if viewer.role == ADMIN:
        return NOTHING
    return EVERYTHING if viewer.role in (SYSTEM, DISPATCHER, MANAGER, HANDLER) else NOTHING


def may_open(viewer: Viewer, person: Affected) -> bool:
    """Who leads the response, and units with a task in it while it lasts."""
    if _leads(viewer, person.incident):
        return True
    return viewer.role == HANDLER and person.incident.closed_at is None and _tasked(person.incident, viewer)


for _field in ("name", "phone", "door", "note"):
    policy.allow(Affected, _field, may_open)
retention.register(
    "emergency_only",
    Affected,
    due=lambda before: (
        Affected.objects.filter(incident__state__in=("over", "reviewed", "archived"))
        .filter(Q(kept__isnull=True) | Q(kept__until__lt=timezone.localdate(before)))
        .order_by("pk")
    ),
)
