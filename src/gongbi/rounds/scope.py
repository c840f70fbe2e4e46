"""Who sees whose rounds: the worker the own ones; the shift leader those of the units below; care lists who goes there."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.flow.who import relation
from gongbi.kernel.scope import EVERYTHING, NOTHING, also, below, rows
from gongbi.kernel.scope.viewer import (
    ADJUDICATOR,
    AUDITOR,
    CHECKER,
    DISPATCHER,
    GRID_WORKER,
    HANDLER,
    MANAGER,
    SYSTEM,
    Viewer,
)
from gongbi.kernel.vault import policy, retention
from gongbi.rounds.models import (
    Care,
    CareChange,
    Entry,
    FieldPhoto,
    FieldTask,
    Shift,
    TrackPoint,
    forget_care,
    forget_place,
    forget_track,
)

ANSWER = (
    "answer"  # purposes of reading: what was found, for the answer to a matter that the viewer deals with
)
EVIDENCE = "evidence"
JUDGES = frozenset({DISPATCHER, CHECKER, ADJUDICATOR, MANAGER, AUDITOR})
MINUTES = "minutes"  # sums by unit and form: what units ask of their workers, nobody's own lines
KEEP = "keep"  # a purpose of reading: care lists by who keeps them


@relation("assignee")
def _assignee(matter: Matter, viewer: Viewer) -> bool:
    return isinstance(matter, FieldTask) and matter.post_id is not None and matter.post_id == viewer.post_id


def leads(viewer: Viewer) -> bool:
    """Whether this viewer is a shift leader: the manager of a unit that has workers of its own or below it."""
    return viewer.role == MANAGER


def answers(viewer: Viewer, purpose: str) -> bool:
    """Whether somebody who deals with a matter reads what was found about it, for the answer: what, never who."""
    return purpose == ANSWER and viewer.role in (HANDLER, GRID_WORKER)


def _of_the_shift(viewer: Viewer, own: Q, unit: str) -> Q:
    if viewer.role == SYSTEM:
        return EVERYTHING
    if viewer.role == GRID_WORKER:
        return own
    # By unit, not by territory: a manager of the district's centre leads no shift and sees no track.
    return Q(**{f"{unit}__in": sorted(viewer.units)}) if leads(viewer) and viewer.units else NOTHING


@rows(Shift)
def _shifts(viewer: Viewer, purpose: str) -> Q:
    return _of_the_shift(viewer, Q(actor__in=viewer.own_actors), "unit_id")


@rows(TrackPoint)
def _track(viewer: Viewer, purpose: str) -> Q:
    return _of_the_shift(viewer, Q(shift__actor__in=viewer.own_actors), "shift__unit_id")


@rows(Entry)
def _entries(viewer: Viewer, purpose: str) -> Q:
    if answers(viewer, purpose):
        return EVERYTHING
    if purpose == MINUTES and viewer.role in (MANAGER, HANDLER) and viewer.units:
        wider = below("territory", viewer.territories) if viewer.role == MANAGER else NOTHING
        return Q(unit_id__in=sorted(viewer.units)) | wider
    return _of_the_shift(viewer, Q(actor__in=viewer.own_actors), "unit_id")


@rows(FieldPhoto)
def _photos(viewer: Viewer, purpose: str) -> Q:
    """The own ones; as evidence those who judge a result, of files that they see: what it says of its time and place."""
    judges = purpose == EVIDENCE and viewer.role in JUDGES
    return EVERYTHING if viewer.role == SYSTEM or judges else Q(actor__in=viewer.own_actors)


@rows(Care)
def _care(viewer: Viewer, purpose: str) -> Q:
    """Who goes there: the worker of the grid; and, to keep the list, the manager of the community or street. A leader above sees
    how many, nobody else sees that there is a list.
    """
    if viewer.role == SYSTEM:
        return EVERYTHING
    if viewer.role == GRID_WORKER:
        return below("territory", viewer.territories)
    return below("territory", kept_by(viewer)) if purpose == KEEP else NOTHING


@rows(CareChange)
def _care_changes(viewer: Viewer, purpose: str) -> Q:
    if viewer.role == SYSTEM:
        return EVERYTHING
    return below("care__territory", kept_by(viewer)) if purpose == KEEP else NOTHING


def kept_by(viewer: Viewer) -> list[str]:
    """The codes below which this viewer keeps care lists: a manager's own community or street, never a whole district."""
    return [code for code in viewer.territories if len(code) >= 9] if viewer.role == MANAGER else []


@also(FieldTask)
def _mine(viewer: Viewer, purpose: str) -> Q:
    """A task may lie in a neighbour's grid."""
    if answers(viewer, purpose):
        return EVERYTHING
    mine = viewer.role == GRID_WORKER and viewer.post_id is not None
    return Q(post_id=viewer.post_id) if mine else NOTHING


def _needs_it(viewer: Viewer, care: Care) -> bool:
    if viewer.role == GRID_WORKER:
        return viewer.covers(care.territory)
    return any(care.territory.startswith(code) for code in kept_by(viewer))


for _field in ("name", "phone"):
    policy.allow(Care, _field, _needs_it)
retention.register(
    "staff_track",
    Shift,
    due=lambda before: Shift.objects.filter(ended_at__lt=before, seen_at__isnull=False).order_by("pk"),
    erase=forget_track,
)
retention.register(
    "staff_track",
    Entry,
    due=lambda before: Entry.objects.filter(received_at__lt=before, lon__isnull=False).order_by("pk"),
    erase=forget_place,
)
retention.register(
    "staff_track",
    FieldPhoto,
    due=lambda before: FieldPhoto.objects.filter(begun_at__lt=before, lon__isnull=False).order_by("pk"),
    erase=forget_place,
)
retention.register(
    "care_list",
    Care,
    due=lambda before: (
        Care.objects.filter(until__lt=timezone.localdate(before)).exclude(door="").order_by("pk")
    ),
    erase=forget_care,
)
