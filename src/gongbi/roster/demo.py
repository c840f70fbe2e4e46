"""Duty in the demo district: the centre's, a street's and a community's watch, a month of turns, a swap, handover. All synthetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

from gongbi.kernel.scope.viewer import system
from gongbi.roster import actions, rules
from gongbi.roster.models import Rota, Turn

KEEPER = system("demo")
BEFORE, AFTER = 3, 27  # days of duty behind and ahead
_SHIFTS = (
    ("白班", "Day", time(8), time(20), rules.DAILY, rules.WATCH),
    ("夜班", "Night", time(20), time(8), rules.DAILY, rules.WATCH),
    ("带班", "Leading", time(8), time(8), rules.DAILY, rules.LEAD),
)


@dataclass(frozen=True, slots=True)
class Watch:
    """A unit's watch and the posts that go round in it, the last of them leads."""

    code: str
    name: str
    name_en: str
    kind: str
    unit_id: int
    posts: Sequence[int]


def build_demo(watches: Sequence[Watch], *, at: datetime) -> str:
    """A month of turns for these watches, arranged three days before ``at``; nothing when there are rotas already."""
    if Rota.objects.exists():
        return "duty: there already"
    today, since = timezone.localdate(at), at - timedelta(days=BEFORE)
    made = 0
    for watch in watches:
        rota, _became = actions.save_rota(
            code=watch.code, name=f"{watch.name}（合成）", name_en=f"{watch.name_en} (synthetic)", kind=watch.kind, unit_id=watch.unit_id,
            viewer=KEEPER, at=at, valid_from=today - timedelta(days=90), synthetic=True,
        )  # fmt: skip
        for name, name_en, starts, ends, days, sort in _SHIFTS[: 3 if len(watch.posts) > 6 else 2]:
            actions.save_shift(
                rota_id=rota.pk,
                name=name,
                name_en=name_en,
                starts=starts,
                ends=ends,
                days=days,
                sort=sort,
                viewer=KEEPER,
            )
        for place, post in enumerate(watch.posts):
            actions.save_member(
                rota_id=rota.pk, post_id=post, place=place, since=today - timedelta(days=90), viewer=KEEPER,
            )  # fmt: skip
        made += len(
            actions.generate(
                rota_id=rota.pk,
                first=today - timedelta(days=BEFORE),
                last=today + timedelta(days=AFTER),
                viewer=KEEPER,
                at=since,
            ).turns
        )
    running = (
        Turn.objects.filter(starts_at__lte=at, ends_at__gt=at, cancelled_at__isnull=True)
        .order_by("pk")
        .first()
    )
    if running is not None:
        actions.write_note(
            turn_id=running.pk, text="上一班巡查正常；劳动路低洼处积水已退，请继续留意雨情。（合成）", viewer=KEEPER, at=at,
        )  # fmt: skip
    return f"{len(watches)} rosters, {made} turns of duty (all synthetic)"
