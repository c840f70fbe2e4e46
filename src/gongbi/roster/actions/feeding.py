"""Calendar addresses: made, shown once, withdrawn."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import transaction

from gongbi.kernel.errors import Refused
from gongbi.kernel.scope import one
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import rules as party_rules
from gongbi.parties.models import Post
from gongbi.roster import refusals
from gongbi.roster.models import Feed, Rota

MOST = 10


@transaction.atomic
def make_feed(
    *, viewer: Viewer, at: datetime, rota_id: int | None = None, language: str = "zh-hans"
) -> tuple[Feed, str]:
    """A new secret address for my own duty, or for a rota's; the address is told once, only its digest is kept.

    Errors: Forbidden (no post, or standing in for another), NotThere (no such rota), Refused (ten addresses at most).
    """
    if viewer.post_id is None or viewer.acting is not None:  # an address would outlive the time of a deputy
        raise refusals.not_yours()
    post = Post.objects.select_for_update().get(pk=viewer.post_id)
    rota = one(Rota, viewer, pk=rota_id) if rota_id is not None else None
    if Feed.objects.filter(post=post, withdrawn_at__isnull=True).count() >= MOST:
        raise Refused(
            "roster.feeds",
            (
                f"最多 {MOST} 个订阅地址。请先停用不再使用的地址。",
                f"There are {MOST} addresses already. Withdraw one that you no longer use.",
            ),
        )
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    feed = Feed(
        prefix=prefix, digest=party_rules.digest_of(secret), post=post, rota=rota, created_at=at,
        language="en" if language.startswith("en") else "zh-hans",
    )  # fmt: skip
    feed.save(force_insert=True)
    return feed, f"{prefix}.{secret}"


@transaction.atomic
def withdraw_feed(*, feed_id: int, viewer: Viewer, at: datetime) -> Feed:
    """An address stops answering at once; withdrawn already stays withdrawn. NotThere for somebody else's."""
    feed = one(Feed, viewer, pk=feed_id)
    if feed.withdrawn_at is None:
        feed.withdrawn_at = at
        feed.save(update_fields=["withdrawn_at"])
    return feed
