"""Away, and who stands in meanwhile."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from gongbi.kernel.scope import one
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer
from gongbi.parties import directory, rules
from gongbi.parties.actions.common import iso, note
from gongbi.parties.models import Away, Post
from gongbi.parties.words import demand, refuse


def _may(post_id: int, viewer: Viewer) -> bool:
    """The holder of the post, or the administrator for somebody who cannot. Never a deputy: nobody passes on what was lent."""
    return viewer.role in (ADMIN, SYSTEM) or (viewer.post_id == post_id and viewer.acting is None)


@transaction.atomic
def mark_away(
    *,
    post_id: int,
    deputy_id: int,
    since: datetime,
    until: datetime,
    viewer: Viewer,
    at: datetime,
    reason: str = "",
) -> Away:
    """The holder of a post is away from ``since`` to ``until``; the holder of ``deputy_id`` (same role, same unit or above) stands in.

    Meanwhile the deputy sees and may do what the post may; the ledger names both. An absence that is to have begun begins now.
    Errors: Refused (not one's own post; period; another's deputy then; the colleague away then; role or unit). Locks: both posts by key.
    """
    if not _may(post_id, viewer):
        raise refuse("parties.away_own", "post")
    begin = max(since, at) if since.tzinfo is not None else since
    demand(rules.away(since=begin, until=until, at=at))
    rows = {
        row.pk: row
        for row in Post.objects.select_for_update().filter(pk__in=(post_id, deputy_id)).order_by("pk")
    }
    post, deputy = rows.get(post_id), rows.get(deputy_id)
    if post is None or not rules.in_force(post.valid_from, post.valid_to, begin):
        raise refuse("parties.post_not_in_office", "post")
    if deputy is None or deputy.person_id == post.person_id:
        raise refuse("parties.successor_self", "deputy")
    ancestors = frozenset(unit.pk for unit in directory.current().above(post.unit_id))
    in_office = rules.in_force(deputy.valid_from, deputy.valid_to, begin) and (
        deputy.valid_to is None or deputy.valid_to >= until
    )
    no = rules.successor(
        role=post.role, unit_id=post.unit_id, ancestors=ancestors, to_role=deputy.role, to_unit=deputy.unit_id, in_office=in_office,
        same=False,
    )  # fmt: skip
    demand(None if no is None else rules.No(no.code, no.facts, no.article, "deputy"))
    running = Away.objects.filter(since__lt=until, until__gt=begin)
    running = running.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=begin))
    if running.filter(post=post).exists():
        raise refuse("parties.away_twice", "since")
    if running.filter(post__person_id=deputy.person_id).exists():
        raise refuse("parties.away_deputy_away", "deputy")
    away = Away(
        post=post,
        deputy=deputy,
        since=begin,
        until=until,
        reason=" ".join(reason.split())[:200],
        made_at=at,
        actor=viewer.actor,
    )
    away.save(force_insert=True)
    note(viewer, "away", "post", post.pk, at, deputy=deputy.pk, since=iso(begin), until=iso(until))
    return away


@transaction.atomic
def end_away(*, away_id: int, viewer: Viewer, at: datetime) -> Away:
    """Back earlier: the deputy's rights end at this moment. Errors: NotThere, Refused (not one's own; over already)."""
    away = one(Away, viewer, pk=away_id)
    away = Away.objects.select_for_update().get(pk=away.pk)
    if not _may(away.post_id, viewer):
        raise refuse("parties.away_own", "post")
    if away.over_at <= at:
        raise refuse("parties.away_over")
    away.ended_at, away.ended_by = at, viewer.actor
    away.save(update_fields=["ended_at", "ended_by"])
    note(viewer, "back", "post", away.post_id, at, deputy=away.deputy_id)
    return away
