"""Who: what pages, the API and the other rooms ask. What every request needs stands in :mod:`lookup`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from gongbi.kernel import scope
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory, handover, rules
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
from gongbi.parties.models import (
    Account,
    ApiKey,
    Away,
    Change,
    Handover,
    Person,
    Post,
    PostTerritory,
    SignIn,
    Unit,
)
from gongbi.parties.signature import list_is_genuine

__all__ = [
    "GridWorker",
    "HeldPost",
    "PlaceCodes",
    "accounts",
    "aways",
    "changes",
    "changes_of",
    "deputies",
    "grid_worker_of",
    "handover_is_genuine",
    "handovers",
    "keys",
    "left_alone",
    "locked_until",
    "masked",
    "no_post",
    "people",
    "person",
    "post",
    "posts",
    "posts_held",
    "posts_of",
    "sign_ins",
    "successors",
    "unit_by_code",
    "unit_by_id",
    "unit_for",
    "units",
    "units_below",
    "viewer_in",
    "viewer_of",
    "viewer_of_key",
]


# The lists of people are kept, guarded and audited by these: they see whom a line means, not the whole name.
SEES_MASKED = frozenset({roles.ADMIN, roles.SECURITY, roles.AUDITOR, roles.MANAGER, roles.SYSTEM})


def _at(at: datetime) -> Q:
    return Q(valid_from__lte=at) & (Q(valid_to__isnull=True) | Q(valid_to__gt=at))


def units(viewer: Viewer, *, at: datetime, kinds: Iterable[str] = ()) -> QuerySet[Unit]:
    """Units that exist at ``at``, by code."""
    found = scope.visible(Unit, viewer, "list").filter(_at(at))
    wanted = list(kinds)
    return (found.filter(kind__in=wanted) if wanted else found).order_by("code")


def unit(viewer: Viewer, unit_id: int) -> Unit:
    """One unit with the one above it, past ones too. NotThere when the viewer may not see it."""
    return scope.one(Unit.objects.select_related("parent"), viewer, pk=unit_id)


def posts(
    viewer: Viewer,
    *,
    at: datetime,
    unit_id: int | None = None,
    role: str | None = None,
    territory: str = "",
    words: str = "",
) -> QuerySet[Post]:
    """Posts in office at ``at``, with their unit, by unit and role.

    ``territory``: those that cover this division or grid, by its own code, one above it or one below it; a post without any of
    its own covers its unit's. ``words``: in the
    staff number, the name on the card or the unit's name.
    """
    found = scope.visible(Post, viewer, "list").filter(_at(at)).select_related("unit")
    if unit_id is not None:
        found = found.filter(unit_id=unit_id)
    if role is not None:
        found = found.filter(role=role)
    code, text = territory.strip(), words.strip()
    if code:
        areas = PostTerritory.objects.filter(_around("code", code)).values("post_id")
        whole = Q(areas__isnull=True) & _around(
            "unit__territory", code
        )  # no territory of its own: the unit's
        found = found.filter(Q(pk__in=areas) | whole)
    if text:
        found = found.filter(
            Q(person__number__icontains=text)
            | Q(work_name__icontains=text)
            | Q(unit__name__icontains=text)
            | Q(unit__name_en__icontains=text)
        )
    return found.order_by("unit__code", "role", "pk")


def _around(field: str, code: str) -> Q:
    """``field`` is this division or grid, one above it or one below it."""
    if not (code.isascii() and code.isdigit()):
        return Q(**{field: code}) if code else Q()
    above = [code[:digits] for digits in rules.TERRITORY_DIGITS if digits < len(code)]
    return scope.below(field, [code]) | Q(**{f"{field}__in": above})


def people(viewer: Viewer, *, words: str = "") -> QuerySet[Person]:
    """People by staff number; their names stay sealed (:func:`masked`).

    ``words``: in the staff number, or in the name or unit that one of their posts shows; for who sees accounts, in the login.
    A sealed name is not searched: whoever needs it opens it, with a reason.
    """
    found = scope.visible(Person, viewer, "list").order_by("number", "pk")
    text = words.strip()
    if not text:
        return found
    posts = scope.visible(Post, viewer, "list").filter(
        Q(work_name__icontains=text) | Q(unit__name__icontains=text) | Q(unit__name_en__icontains=text)
    )
    logins = scope.visible(Account, viewer, "list").filter(username__icontains=text)
    return found.filter(
        Q(number__icontains=text) | Q(pk__in=posts.values("person_id")) | Q(pk__in=logins.values("person_id"))
    )


def person(viewer: Viewer, person_id: int) -> Person:
    """One person. NotThere when the viewer may not see them."""
    return scope.one(Person, viewer, pk=person_id)


def masked(person: Person, field: str, viewer: Viewer) -> str:
    """Name or telephone of a person, masked, for those who keep or audit the lists and for the person; "" for anybody else."""
    if viewer.role not in SEES_MASKED and viewer.person_id != person.pk:
        return ""
    value: Any = getattr(person, field)
    return str(value.masked) if value else ""


def posts_held(viewer: Viewer, person_ids: Iterable[int]) -> dict[int, list[Post]]:
    """Every post, past and future too, of these people: by person, the newest beginning first. Two queries."""
    found = scope.visible(Post, viewer, "list").filter(person_id__in=list(person_ids))
    held: dict[int, list[Post]] = {}
    for post in (
        found.select_related("unit").prefetch_related("areas", "handed_over").order_by("-valid_from", "-pk")
    ):
        held.setdefault(post.person_id, []).append(post)
    return held


def post(viewer: Viewer, post_id: int) -> Post:
    """One post with unit and person, past ones too. NotThere when the viewer may not see it."""
    return scope.one(Post.objects.select_related("unit", "person"), viewer, pk=post_id)


def successors(viewer: Viewer, leaving: Post, *, at: datetime) -> list[Post]:
    """Who may take over: posts in office of the same role, in the same unit first, then in those above it."""
    above = [unit.pk for unit in directory.current().above(leaving.unit_id)]
    near = {key: place for place, key in enumerate([leaving.unit_id, *above])}
    found = posts(viewer, at=at, role=leaving.role).filter(unit_id__in=near).exclude(pk=leaving.pk)
    return sorted(found.select_related("person"), key=lambda one: (near[one.unit_id], one.pk))


def deputies(viewer: Viewer, leaving: Post, *, at: datetime) -> list[Post]:
    """Who may stand in: those who may take over, but for the person's own other posts."""
    return [one for one in successors(viewer, leaving, at=at) if one.person_id != leaving.person_id]


def aways(viewer: Viewer, *, at: datetime) -> list[Away]:
    """Absences that are not over at ``at``, the next first, with both posts. One query."""
    found = (
        scope.visible(Away, viewer, "list")
        .filter(until__gt=at)
        .filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))
    )
    return list(found.select_related("post__unit", "deputy__unit").order_by("since", "pk"))


def accounts(viewer: Viewer, *, words: str = "") -> QuerySet[Account]:
    """Accounts by login, with their person; ``words`` in the login or the staff number."""
    found = scope.visible(Account, viewer, "list").select_related("person").order_by("username")
    text = words.strip()
    return found.filter(Q(username__icontains=text) | Q(person__number__icontains=text)) if text else found


def changes_of(viewer: Viewer, subjects: Iterable[tuple[str, object]]) -> QuerySet[Change]:
    """What was changed about these rows (kind, key), newest first."""
    where = Q(pk__in=[])
    for kind, key in subjects:
        where |= Q(kind=kind, key=str(key))
    return changes(viewer).filter(where)


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
