"""Who sees whose rounds: the worker the own ones; the shift leader those of the units below; care lists who goes there."""

from __future__ import annotations

from django.db.models import Q

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.flow.who import relation
from gongbi.kernel.scope import EVERYTHING, NOTHING, also, below, rows
from gongbi.kernel.scope.viewer import GRID_WORKER, MANAGER, SYSTEM, Viewer
from gongbi.kernel.vault import policy, retention
from gongbi.rounds.models import Care, Entry, FieldPhoto, FieldTask, Shift, TrackPoint, forget_track


@relation("assignee")
def _assignee(matter: Matter, viewer: Viewer) -> bool:
    return isinstance(matter, FieldTask) and matter.post_id is not None and matter.post_id == viewer.post_id


def leads(viewer: Viewer) -> bool:
    """Whether this viewer is a shift leader: the manager of a unit that has workers of its own or below it."""
    return viewer.role == MANAGER


def _of_the_shift(viewer: Viewer, own: Q, unit: str) -> Q:
    if viewer.role == SYSTEM:
        return EVERYTHING
    if viewer.role == GRID_WORKER:
        return own
    # By unit, not by territory: a manager of the district's centre leads no shift and sees no track.
    return Q(**{f"{unit}__in": sorted(viewer.units)}) if leads(viewer) and viewer.units else NOTHING


@rows(Shift)
def _shifts(viewer: Viewer, purpose: str) -> Q:
    return _of_the_shift(viewer, Q(actor=viewer.actor), "unit_id")


@rows(TrackPoint)
def _track(viewer: Viewer, purpose: str) -> Q:
    return _of_the_shift(viewer, Q(shift__actor=viewer.actor), "shift__unit_id")


@rows(Entry)
def _entries(viewer: Viewer, purpose: str) -> Q:
    return _of_the_shift(viewer, Q(actor=viewer.actor), "unit_id")


@rows(FieldPhoto)
def _photos(viewer: Viewer, purpose: str) -> Q:
    return EVERYTHING if viewer.role == SYSTEM else Q(actor=viewer.actor)


@rows(Care)
def _care(viewer: Viewer, purpose: str) -> Q:
    """Only who goes there: the worker of the grid. A leader sees how many, nobody else sees that there is a list."""
    if viewer.role == SYSTEM:
        return EVERYTHING
    return below("territory", viewer.territories) if viewer.role == GRID_WORKER else NOTHING


@also(FieldTask)
def _mine(viewer: Viewer, purpose: str) -> Q:
    """A task may lie in a neighbour's grid."""
    mine = viewer.role == GRID_WORKER and viewer.post_id is not None
    return Q(post_id=viewer.post_id) if mine else NOTHING


def _goes_there(viewer: Viewer, care: Care) -> bool:
    return viewer.role == GRID_WORKER and viewer.covers(care.territory)


for _field in ("name", "phone"):
    policy.allow(Care, _field, _goes_there)
retention.register(
    "staff_track",
    Shift,
    due=lambda before: Shift.objects.filter(ended_at__lt=before, seen_at__isnull=False).order_by("pk"),
    erase=forget_track,
)
