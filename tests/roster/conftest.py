"""Duty in the demo district: a street's watch with its people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import pytest

from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties.models import Account, Person, Post
from gongbi.parties.queries import viewer_of
from gongbi.roster import actions, queries
from gongbi.roster.models import Rota, RotaShift, Turn
from tests.desk.conftest import (
    World,
    _compiled,
    _own_files,
    at_desk,
    clock,
    district,
    district_database,
    language,
    own_database,
    unit,
    world,
)

__all__ = [
    "_compiled", "_own_files", "at_desk", "clock", "district", "district_database", "language", "own_database", "unit", "world",
]  # fmt: skip


def at(text: str) -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(f"{text}+08:00")


@dataclass
class Duty:
    """A street's watch: day shift on workdays, a night shift daily, a leader; four people go round."""

    world: World
    leader: Viewer
    rota: Rota
    day: RotaShift
    night: RotaShift
    posts: list[Post]

    def viewer(self, number: int) -> Viewer:
        """Who holds the n-th post of the rotation."""
        post = self.posts[number]
        return Viewer(
            actor=post.actor, role=post.role, post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id,
            units=frozenset({post.unit_id}), territories=(self.rota.territory,),
        )  # fmt: skip

    def turn(self, number: int, starts: str, ends: str, **more: Any) -> Turn:
        return actions.add_turn(
            rota_id=self.rota.pk, post_id=self.posts[number].pk, starts=at(starts), ends=at(ends), viewer=self.leader,
            at=self.world.clock.now, **more,
        )  # fmt: skip

    def generate(self, first: date, last: date) -> actions.Generated:
        return actions.generate(
            rota_id=self.rota.pk, first=first, last=last, viewer=self.leader, at=self.world.clock.now
        )

    def on_duty(self, moment: datetime) -> list[int]:
        return [one.post_id for one in queries.on_duty(self.leader, at=moment, unit_id=self.rota.unit_id)]


@pytest.fixture
def duty(world: World) -> Duty:
    now = world.clock.now
    leader = viewer_of(Account.objects.get(username="street-manager"), at=now)
    unit_id = leader.unit_id or 0
    posts = []
    for number in range(4):
        person = Person.objects.create(
            number=f"duty-{number}",
            name=f"值班{number}",
            phone=f"1390000000{number}",
            created_at=now,
            synthetic=True,
        )
        post = Post(
            person=person, unit_id=unit_id, role="clerk", work_name=f"值班员{number}", work_phone="029-80000000", valid_from=at("2025-01-01T00:00")
        )  # fmt: skip
        post.save()
        posts.append(post)
    rota, _became = actions.save_rota(
        code="street-watch", name="街道值班", name_en="Street watch", kind="street", unit_id=unit_id, viewer=leader, at=now,
        valid_from=date(2026, 1, 1),
    )  # fmt: skip
    day, _became = actions.save_shift(
        rota_id=rota.pk, name="白班", starts=time(8), ends=time(20), days="workdays", viewer=leader
    )
    night, _became = actions.save_shift(
        rota_id=rota.pk, name="夜班", starts=time(20), ends=time(8), viewer=leader
    )
    for number, post in enumerate(posts):
        actions.save_member(
            rota_id=rota.pk, post_id=post.pk, place=number, since=date(2026, 1, 1), viewer=leader
        )
    return Duty(world, leader, rota, day, night, posts)


@pytest.fixture
def signed_in(at_desk: Callable[[str], Any]) -> Callable[[Post], Any]:
    """``signed_in(post)``: who holds it, at their browser."""

    def one(post: Post) -> Any:
        account = Account.objects.create_user(f"duty-{post.pk}", "x" * 24, person_id=post.person_id)
        return at_desk(account.username)

    return one
