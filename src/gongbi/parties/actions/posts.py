"""People and posts: appointed, changed, ended with a handover. Nothing open stays with nobody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from gongbi.kernel import statements
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory, handover, rules
from gongbi.parties.actions.common import allow, iso, note
from gongbi.parties.models import Handover, HandoverItem, Person, Post, PostTerritory, Unit, touch
from gongbi.parties.signature import sign_list
from gongbi.parties.words import demand, refuse, stale


@transaction.atomic
def add_person(
    *, number: str, name: str, at: datetime, viewer: Viewer, phone: str = "", synthetic: bool = False
) -> Person:
    """Somebody new. ``number``: the employer's staff number. Name and telephone are sealed."""
    allow("lists", viewer)
    if Person.objects.filter(number=number).exists():
        raise refuse("parties.person_twice", "number", number=number)
    person = Person(number=number, name=name, phone=phone, synthetic=synthetic, created_at=at)
    person.save(force_insert=True)
    note(viewer, "person_added", "person", number, at)
    return person


@transaction.atomic
def change_person(person_id: int, *, at: datetime, viewer: Viewer, name: str = "", phone: str = "") -> Person:
    """Correct a name or a telephone; an empty value leaves it as it is. The record says that, not what."""
    allow("lists", viewer)
    person = Person.objects.select_for_update().get(pk=person_id)
    changed = [key for key, value in (("name", name), ("phone", phone)) if value]
    if changed:
        if name:
            person.name = name
        if phone:
            person.phone = phone
        person.save(update_fields=changed)
        note(viewer, "person_changed", "person", person.number, at, fields=changed)
    return person


@transaction.atomic
def appoint(
    *,
    person_id: int,
    unit_id: int,
    role: str,
    valid_from: datetime,
    at: datetime,
    viewer: Viewer,
    territories: Iterable[str] | None = None,
    valid_to: datetime | None = None,
    work_name: str = "",
    work_phone: str = "",
) -> Post:
    """Give a person a post. ``territories`` None: the unit's own. Raises Refused (rules.post), Forbidden.

    Locks: the person (so that two appointments at once cannot break the separation of duties), then the unit.
    """
    allow("lists", viewer)
    if role not in rules.POST_ROLES:
        raise refuse("parties.role_unknown", "role", role=role, known="、".join(rules.POST_ROLES))
    person = Person.objects.select_for_update().get(pk=person_id)
    unit = Unit.objects.select_for_update().get(pk=unit_id)
    codes = ([unit.territory] if unit.territory else []) if territories is None else sorted(set(territories))
    held = [
        rules.Held(row.unit_id, row.role, row.valid_from, row.valid_to)
        for row in Post.objects.filter(person=person)
    ]
    demand(
        rules.post(
            role=role,
            unit_id=unit.pk,
            unit_kind=unit.kind,
            unit_from=unit.valid_from,
            unit_to=unit.valid_to,
            territories=codes,
            valid_from=valid_from,
            valid_to=valid_to,
            held=held,
        )
    )
    post = Post(
        person=person,
        unit=unit,
        role=role,
        work_name=work_name,
        work_phone=work_phone,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    post.save(force_insert=True)
    PostTerritory.objects.bulk_create(PostTerritory(post=post, code=code) for code in codes)
    touch()
    facts: dict[str, object] = {"unit": unit.code, "role": role, "territories": codes}
    note(
        viewer, "appointed", "post", post.pk, at, valid_from=iso(valid_from), valid_to=iso(valid_to), **facts
    )
    return post


@transaction.atomic
def change_post(
    post_id: int,
    *,
    at: datetime,
    viewer: Viewer,
    work_name: str | None = None,
    work_phone: str | None = None,
    territories: Iterable[str] | None = None,
) -> Post:
    """Change the public card (name, telephone) or the territories of a post in office.

    The change is on record.
    """
    allow("lists", viewer)
    post = hold_post(post_id, at=at)
    facts: dict[str, object] = {}
    if territories is not None:
        codes = sorted(set(territories))
        for code in codes:
            demand(rules.territory_code(code))
        if post.role == "grid_worker" and not codes:
            demand(rules.No("parties.grid_needed", {}, rules.GRID, "territories"))
        PostTerritory.objects.filter(post=post).delete()
        PostTerritory.objects.bulk_create(PostTerritory(post=post, code=code) for code in codes)
        facts["territories"] = codes
    if work_name is not None:
        post.work_name = work_name
        facts["card"] = True
    if work_phone is not None:
        post.work_phone = work_phone
        facts["card"] = True
    post.save()
    note(viewer, "post_changed", "post", post.pk, at, **facts)
    return post


def _held(post_id: int) -> QuerySet[Post]:
    return Post.objects.select_for_update().filter(pk=post_id)


def hold_post(post_id: int, *, at: datetime) -> Post:
    """Lock a post in office, so that it cannot end before the caller's transaction does. Raises Refused.

    To be called first, in the caller's transaction, by whoever gives a matter to a post. Locks: the post.
    """
    post = statements.fetch_one("parties.hold_post", _held, post_id)
    if post is None:
        raise refuse("parties.post_unknown", "post")
    if not rules.in_force(post.valid_from, post.valid_to, at):
        raise refuse("parties.post_not_in_office", "post")
    return post


@transaction.atomic
def end_post(
    post_id: int,
    *,
    at: datetime,
    viewer: Viewer,
    successor_id: int | None = None,
    reason: str = "",
    shown: int | None = None,
) -> Handover:
    """End a post at ``at`` and hand over what it holds, with a signed list. Once only.

    A post whose period ran out without a handover is handed over by the same call. Raises Refused (a
    successor is needed or unfit; something could not be moved: nothing is changed), Stale (ended
    already; it holds another number of matters than the ``shown`` that the keeper has seen), Forbidden.
    Locks: both posts in the order of their numbers, then what the rooms' transfers lock.
    """
    allow("lists", viewer)
    wanted = [number for number in (post_id, successor_id) if number is not None]
    locked = {post.pk: post for post in Post.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
    post = locked.get(post_id)
    if post is None:
        raise refuse("parties.post_unknown", "post")
    if Handover.objects.filter(post_from=post).exists():
        raise stale("parties.post_ended")
    if post.role in rules.KEEPERS and not _another_in_office(post, at):
        raise refuse("parties.last_administrator", role=post.role)
    heir = None
    if successor_id is not None:
        heir = locked.get(successor_id)
        if heir is None:
            raise refuse("parties.post_unknown", "successor")
        above = frozenset(unit.pk for unit in directory.current().above(post.unit_id))
        demand(
            rules.successor(
                role=post.role,
                unit_id=post.unit_id,
                ancestors=above,
                to_role=heir.role,
                to_unit=heir.unit_id,
                in_office=rules.in_force(heir.valid_from, heir.valid_to, at),
                same=heir.pk == post.pk,
            )
        )
    items = handover.held(post)
    if shown is not None and shown != len(items):
        raise stale("parties.post_holds_otherwise", count=len(items), shown=shown)
    if items:
        if heir is None:
            raise refuse("parties.successor_needed", "successor", count=len(items))
        for source in handover.sources():
            source.transfer(post, heir, at, viewer)
        left = handover.held(post)
        if left:
            raise refuse("parties.transfer_left", count=len(left))
    if post.valid_to is None or post.valid_to > at:
        demand(rules.period(post.valid_from, at))
        post.valid_to = at
        post.save(update_fields=["valid_to"])
    heir_id = heir.pk if heir is not None else None
    record = Handover(
        post_from=post,
        post_to=heir,
        at=at,
        actor=viewer.actor,
        reason=reason[:200],
        matters=len(items),
        signature=sign_list(post.pk, heir_id, at, viewer.actor, items),
    )
    record.save(force_insert=True)
    HandoverItem.objects.bulk_create(
        (HandoverItem(handover=record, source=source, matter_id=matter) for source, matter in items),
        batch_size=1000,
    )
    note(viewer, "post_ended", "post", post.pk, at, successor=heir_id, matters=len(items))
    return record


def _another_in_office(post: Post, at: datetime) -> bool:
    later = Q(valid_to__isnull=True) | Q(valid_to__gt=at)
    return Post.objects.filter(later, role=post.role, valid_from__lte=at).exclude(pk=post.pk).exists()
