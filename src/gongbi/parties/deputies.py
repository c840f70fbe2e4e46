"""Whom a post means at a moment: its holder, and whoever stands in while the holder is away."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q, QuerySet

from gongbi.parties.models import Away, Post


def standing_in(posts: QuerySet[Post], at: datetime) -> QuerySet[Away]:
    """The absences of these posts that run at ``at``, while the deputy's own post is in office."""
    running = Away.objects.filter(post__in=posts.order_by(), since__lte=at, until__gt=at)
    running = running.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=at))
    office = Q(deputy__valid_from__lte=at) & (Q(deputy__valid_to__isnull=True) | Q(deputy__valid_to__gt=at))
    return running.filter(office).exclude(deputy=F("post"))


def people_of(posts: QuerySet[Post], at: datetime, field: str = "person_id") -> Q:
    """Rows whose ``field`` is a person who holds one of these posts, or stands in for one at ``at``. The deputy's own deputy is not meant."""
    holders = Q(**{f"{field}__in": posts.order_by().values("person_id")})
    return holders | Q(**{f"{field}__in": standing_in(posts, at).values("deputy__person_id")})
