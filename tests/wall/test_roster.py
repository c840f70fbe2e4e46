"""The duty roster on the wall: of this moment, of a past day, at once when it changes; no name."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest

from gongbi.kernel.scope.viewer import system
from gongbi.roster import actions as duty_actions
from gongbi.wall import actions, queries
from gongbi.wall.hub import Hub
from tests.roster.conftest import Duty, at, duty

__all__ = ["duty"]
pytestmark = pytest.mark.django_db


def told(roster: list[dict[str, Any]]) -> list[tuple[int, int, bool]]:
    return [(one["since"], one["people"], one["lead"]) for one in roster]


def test_who_is_on_the_roster_now_without_a_name(duty: Duty) -> None:
    now = duty.world.clock.now
    for number in (0, 1):
        duty.turn(number, "2026-03-10T08:00", "2026-03-10T20:00")
    lead = duty.turn(2, "2026-03-10T08:00", "2026-03-10T20:00", sort="lead")
    wall = queries.snapshot(duty.leader, at=now)["roster"]
    since = int(lead.starts_at.timestamp())
    assert sorted(told(wall)) == [(since, 1, True), (since, 2, False)]
    plain = orjson.dumps(wall).decode()
    assert not any(post.work_name in plain for post in duty.posts)
    assert all(one["code"] == duty.rota.territory for one in wall)
    far = queries.watched(wall, ("999999999",))
    assert far == []


def test_a_past_day_has_the_roster_that_stood_then(duty: Duty) -> None:
    turn = duty.turn(0, "2026-03-10T20:00", "2026-03-11T08:00")
    middle = at("2026-03-11T01:00")
    duty_actions.stand_in(
        turn_id=turn.pk, post_id=duty.posts[1].pk, reason="突发疾病", viewer=duty.leader, at=middle
    )
    taken = duty.turn(2, "2026-03-12T08:00", "2026-03-12T20:00")
    duty_actions.cancel_turn(turn_id=taken.pk, reason="活动取消", viewer=duty.leader, at=middle)
    duty.turn(3, "2026-03-20T08:00", "2026-03-20T20:00")  # another day's
    duty.world.say()  # a day is played from its ledger
    duty.world.clock.now = at("2026-03-14T00:30")
    actions.fold_days(viewer=system("wall"), at=duty.world.clock.now)
    past = queries.day(duty.leader, date(2026, 3, 11))["roster"]
    assert [(one["since"], one["until"]) for one in past] == [
        (int(turn.starts_at.timestamp()), int(middle.timestamp())), (int(middle.timestamp()), int(turn.ends_at.timestamp())),
    ]  # fmt: skip
    assert queries.day(duty.leader, date(2026, 3, 12))["roster"] == []


def test_a_change_reaches_a_screen_with_the_next_turn(duty: Duty) -> None:
    duty.turn(0, "2026-03-10T08:00", "2026-03-10T20:00")
    scope = (duty.rota.territory,)
    hub = Hub(lambda: duty.world.clock.now)
    hub.wanted(scope, 1)
    hub.step()
    first = orjson.loads(hub.frame(scope, -1).split(b"data: ")[1])
    assert len(first["roster"]) == 1
    turn = hub.turn
    assert "roster" not in orjson.loads(hub.frame(scope, turn).split(b"data: ")[1])
    duty.turn(1, "2026-03-10T12:00", "2026-03-10T18:00")
    from gongbi.kernel.outbox.actions import give_positions

    give_positions(at=duty.world.clock.now)
    duty.world.clock.on(seconds=1)
    assert hub.step()
    later = orjson.loads(hub.frame(scope, turn).split(b"data: ")[1])
    assert len(later["roster"]) == 2
