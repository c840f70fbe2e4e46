"""Who: what pages, the API and the other rooms ask. What every request needs stands in :mod:`lookup`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from gongbi.kernel import scope
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import handover
from gongbi.parties.directory import HeldPost
from gongbi.parties.lookup import (
    GridWorker,
    PlaceCodes,
    grid_worker_of,
    locked_until,
    no_post,
    posts_of,
    unit_by_code,
    unit_by_id,
    unit_for,
    units_below,
    viewer_in,
    viewer_of,
    viewer_of_key,
)
from gongbi.parties.models import ApiKey, Change, Handover, Person, Post, SignIn, Unit
from gongbi.parties.signature import list_is_genuine

__all__ = [
    "GridWorker",
    "HeldPost",
    "PlaceCodes",
    "changes",
    "grid_worker_of",
    "handover_is_genuine",
    "handovers",
    "keys",
    "left_alone",
    "locked_until",
    "no_post",
    "people",
    "posts",
    "posts_of",
    "sign_ins",
    "unit_by_code",
    "unit_by_id",
    "unit_for",
    "units",
    "units_below",
    "viewer_in",
    "viewer_of",
    "viewer_of_key",
]


def _at(at: datetime) -> Q:
    return Q(valid_from__lte=at) & (Q(valid_to__isnull=True) | Q(valid_to__gt=at))


def units(viewer: Viewer, *, at: datetime, kinds: Iterable[str] = ()) -> QuerySet[Unit]:
    """Units that exist at ``at``, by code."""
    found = scope.visible(Unit, viewer, "list").filter(_at(at))
    wanted = list(kinds)
    return (found.filter(kind__in=wanted) if wanted else found).order_by("code")


def posts(
    viewer: Viewer, *, at: datetime, unit_id: int | None = None, role: str | None = None
) -> QuerySet[Post]:
    """Posts in office at ``at``, with their unit, by unit and role."""
    found = scope.visible(Post, viewer, "list").filter(_at(at)).select_related("unit")
    if unit_id is not None:
        found = found.filter(unit_id=unit_id)
    if role is not None:
        found = found.filter(role=role)
    return found.order_by("unit__code", "role", "pk")


def people(viewer: Viewer) -> QuerySet[Person]:
    """People by staff number; their names stay sealed (``scope.shown``)."""
    return scope.visible(Person, viewer, "list").order_by("number")


def keys(viewer: Viewer) -> QuerySet[ApiKey]:
    """Keys of other systems, newest first."""
    return scope.visible(ApiKey, viewer, "list").select_related("unit").order_by("-pk")


def handovers(viewer: Viewer) -> QuerySet[Handover]:
    """Handovers with both posts, newest first."""
    found = scope.visible(Handover, viewer, "list")
    return found.select_related("post_from__unit", "post_to__unit").order_by("-at", "-pk")


def changes(viewer: Viewer) -> QuerySet[Change]:
    """What was changed about who, newest first."""
    return scope.visible(Change, viewer, "list").order_by("-at", "-pk")


def sign_ins(viewer: Viewer) -> QuerySet[SignIn]:
    """Attempts to sign in, newest first."""
    return scope.visible(SignIn, viewer, "list").order_by("-at", "-pk")


def handover_is_genuine(record: Handover, viewer: Viewer) -> bool:
    """Whether the signature fits the list as it stands now. Raises NotThere for a record the viewer may not see."""
    scope.one(Handover, viewer, pk=record.pk)
    items = record.items.values_list("source", "matter_id")
    return len(items) == record.matters and list_is_genuine(
        record.signature, record.post_from_id, record.post_to_id, record.at, record.actor, items
    )


def left_alone(viewer: Viewer, at: datetime) -> Iterator[tuple[Post, int]]:
    """Posts whose period ran out while matters still hang on them: ``(post, how many)``.

    There should be none.
    """
    ended = (
        scope.visible(Post, viewer, "list")
        .filter(valid_to__lte=at, handed_over__isnull=True)
        .select_related("unit")
    )
    for post in ended.order_by("pk").iterator():
        count = len(handover.held(post))
        if count:
            yield post, count
