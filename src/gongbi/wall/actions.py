"""The writers of the wall: screens are hung up and taken back, days are folded."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from gongbi.insight.period import midnight
from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.scope import one
from gongbi.kernel.scope.viewer import SECURITY, SYSTEM, Viewer
from gongbi.territory import queries as territory
from gongbi.wall import counting, replay
from gongbi.wall.links import digest_of
from gongbi.wall.models import FoldedDay, Screen

KEEP_STANDING = 8  # days from which a fold can go on
LOOK_BACK = 3  # days that are looked at for entries written late
SETTLE = timedelta(minutes=5)  # after midnight: what was under way then is written
_SEEN_EVERY = timedelta(minutes=5)


def _keeper(viewer: Viewer) -> None:
    if viewer.role != SECURITY:
        raise Forbidden(
            "wall.keeper",
            (
                "大屏链接由安全管理员发放和收回。",
                "Links of wall screens are made and taken back by the security administrator.",
            ),
        )


@transaction.atomic
def make_screen(*, name: str, code: str, viewer: Viewer, at: datetime) -> tuple[Screen, str]:
    """A screen for one place and the secret of its link, shown this once: only a digest is kept. Errors: Forbidden, Refused."""
    _keeper(viewer)
    name = name.strip()[:60]
    if not name:
        raise Refused(
            "wall.screen_name",
            ("请写明这块屏挂在哪里。", "Say where this screen hangs."),
            field="name",
        )
    if territory.division(code, on=at) is None:
        raise Refused(
            "wall.screen_place",
            ("没有这个地方，请从列表中选择。", "There is no such place. Choose one from the list."),
            field="code",
        )
    secret = secrets.token_urlsafe(32)
    screen = Screen.objects.create(
        name=name, territory=code, digest=digest_of(secret), made_at=at, made_by=viewer.actor
    )
    return screen, secret


@transaction.atomic
def end_screen(screen_id: int, *, viewer: Viewer, at: datetime) -> Screen:
    """From now on its link opens nothing; what it shows stops within ten minutes. Once only (Stale). Errors: Forbidden, NotThere."""
    _keeper(viewer)
    one(Screen, viewer, pk=screen_id)
    screen = Screen.objects.select_for_update().get(pk=screen_id)
    if screen.ended_at is not None:
        raise Stale(
            "wall.screen_ended",
            ("这块屏的链接已经收回。", "The link of this screen was taken back already."),
        )
    screen.ended_at, screen.ended_by = at, viewer.actor
    screen.save(update_fields=["ended_at", "ended_by"])
    return screen


@transaction.atomic
def seen(screen: Screen, *, at: datetime) -> None:
    """A screen is on. Written at most every five minutes."""
    if screen.seen_at is None or at - screen.seen_at >= _SEEN_EVERY:
        Screen.objects.filter(pk=screen.pk).update(seen_at=at)


# --- Days -----------------------------------------------------------------------------------------------------------------


def fold_days(
    *, viewer: Viewer, at: datetime, most: int = 31, tell: Callable[[date], None] | None = None
) -> int:
    """Fold the past days that are not folded, oldest first, at most ``most``; returns how many. Idempotent.

    A day among the last three to which an entry was written late is folded anew, with the days after it. Errors: Forbidden.
    """
    if viewer.role != SYSTEM:
        raise Forbidden("wall.fold", ("由系统自动完成。", "The machine does this by itself."))
    last_day = timezone.localdate(at - SETTLE) - timedelta(days=1)
    done, day = 0, _next_day(viewer)
    while day is not None and day <= last_day and done < most:
        _fold_day(day, viewer, at)
        done += 1
        if tell is not None:
            tell(day)
        day += timedelta(days=1)
    return done


def _next_day(viewer: Viewer) -> date | None:
    """The first day to fold; None where the ledger is empty."""
    newest = list(FoldedDay.objects.order_by("-day")[:LOOK_BACK])
    for row in reversed(newest):
        before = FoldedDay.objects.filter(day=row.day - timedelta(days=1)).exclude(standing=b"").exists()
        if (before or row.day == _first_day(viewer)) and counting.entries_of(viewer, row.day) != row.entries:
            return row.day
    return newest[0].day + timedelta(days=1) if newest else _first_day(viewer)


def _first_day(viewer: Viewer) -> date | None:
    first = counting.first_entry(viewer)
    return None if first is None else timezone.localdate(first)


def _fold_day(day: date, viewer: Viewer, at: datetime) -> None:
    """Read and fold without a lock; then write the one row."""
    eve = FoldedDay.objects.filter(day=day - timedelta(days=1)).first()
    kept = replay.read_kept(bytes(eve.standing)) if eve is not None else []
    start, end = midnight(day), midnight(day + timedelta(days=1))
    told, left, count = replay.fold(
        kept, counting.entries(viewer, start, end), counting.spans(viewer, start, end),
        counting.reopened_places(viewer, start, end), start, end,
    )  # fmt: skip
    _store(day, replay.pack(told), replay.pack_kept(left), count, at)


@transaction.atomic
def _store(day: date, body: bytes, standing: bytes, entries: int, at: datetime) -> None:
    FoldedDay.objects.update_or_create(
        day=day, defaults={"body": body, "standing": standing, "entries": entries, "made_at": at}
    )
    FoldedDay.objects.filter(day__lt=day - timedelta(days=KEEP_STANDING)).exclude(standing=b"").update(
        standing=b""
    )
