"""What runs by itself: the check that nothing open stays with nobody; the deletion of old sign-in records."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from gongbi.kernel.flow.invariants import Breach, register
from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.scope.viewer import system
from gongbi.parties import actions, queries

KEEP_SIGN_INS = timedelta(days=365)  # network logs: at least six months (网络安全法); a year is kept


@register("parties.posts_handed_over")
def posts_handed_over() -> Iterator[Breach]:
    """Every post whose period ran out has handed over what it held."""
    for post, count in queries.left_alone(system("check"), timezone.now()):
        yield Breach("parties.posts_handed_over", f"post:{post.pk}", f"{count} matters and nobody in office")


@periodic("parties.sign_ins", every_seconds=86_400)
def forget_old_sign_ins(now: datetime) -> None:
    """Once a day: delete attempts to sign in older than ``KEEP_SIGN_INS``, and expired sessions."""
    actions.forget_sign_ins(before=now - KEEP_SIGN_INS, now=now)
