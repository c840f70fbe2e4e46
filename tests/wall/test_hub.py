"""What changes reaches every wall: frames folded onto an old picture are a fresh one; nothing of persons, nothing of other places."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongbi.cases import actions as cases
from gongbi.incidents import actions as incidents
from gongbi.kernel.outbox import actions as outbox
from gongbi.rounds import actions as rounds
from gongbi.wall import counting, queries
from gongbi.wall.hub import Hub
from gongbi.wall.rules import ALARM, DUTY, INCIDENT, LATE, OPEN, TODAY, total

pytestmark = pytest.mark.django_db
DISTRICT = ("610104",)


class Glass:
    """A screen: what it shows, and the turn it has."""

    def __init__(self, hub: Hub, scope: tuple[str, ...] = DISTRICT) -> None:
        self.hub, self.scope, self.last = hub, scope, ""
        self.cells: dict[str, list[int]] = {}
        self.told: list[dict[str, Any]] = []
        hub.wanted(scope, 1)

    def hear(self) -> dict[str, Any]:
        frame = self.hub.frame(self.scope, self.hub.since(self.last)).decode()
        self.last = frame.split("id: ")[1].split("\n")[0]
        told: dict[str, Any] = json.loads(frame.split("data: ")[1])
        if told.get("whole"):
            self.cells.clear()
        self.cells.update(told["cells"])
        self.told.append(told)
        return told

    @property
    def shown(self) -> dict[str, list[int]]:
        return {code: cell for code, cell in self.cells.items() if any(cell)}


@pytest.fixture
def hub(clock: Any, db: None) -> Hub:
    return Hub(lambda: clock.now)


def happened(hub: Hub, clock: Any) -> bool:
    """The relay gives positions, the hub looks."""
    outbox.give_positions(at=clock.now)
    return hub.step()


def fresh(world: Any, clock: Any) -> dict[str, list[int]]:
    queries.forget(viewer=world.who("manager"))
    told = queries.snapshot(world.who("manager"), at=clock.now)["cells"]
    return {code: cell for code, cell in told.items() if any(cell)}


def test_frames_folded_are_a_fresh_picture_after_every_step(world: Any, clock: Any, hub: Hub) -> None:
    glass, away = Glass(hub), Glass(hub)
    world.case("handling")
    happened(hub, clock)
    assert glass.hear()["whole"]
    away.hear()
    for state in ("received", "clarifying", "dispatched", "disputed", "handled"):
        world.case(state)
        clock.on(minutes=1)
        assert happened(hub, clock)
        told = glass.hear()
        assert "whole" not in told
        assert glass.shown == fresh(world, clock)
    clock.on(days=9)  # a screen without its line; deadlines pass
    while happened(hub, clock):
        pass
    glass.hear()
    assert glass.shown == fresh(world, clock)
    assert total(glass.shown.values())[LATE] > 0
    missed = away.hear()
    assert "whole" not in missed
    assert away.shown == glass.shown


def test_a_turn_without_a_change_says_nothing_and_an_idle_look_asks_a_constant_number(
    world: Any, clock: Any, hub: Hub
) -> None:
    Glass(hub)
    world.case("received")
    happened(hub, clock)
    while happened(hub, clock):  # the fourteen days of the rates
        pass
    turn = hub.turn
    clock.on(seconds=1)
    counts = []
    for cases_at_once in (1, 4):
        for _ in range(cases_at_once):
            world.case("received")
        outbox.give_positions(at=clock.now)
        clock.on(seconds=1)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            hub.step()
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 6
    assert hub.turn == turn + 2
    clock.on(seconds=0.1)
    with CaptureQueriesContext(connection) as asked:
        assert hub.step() is False
    assert len(asked) == 1


def test_a_street_hears_its_own_places_only_and_nobody_hears_a_person(
    world: Any, clock: Any, hub: Hub
) -> None:
    made = world.case("handling", text="张三家门口的路灯坏了，电话 029-55551234")
    own, other, whole = (Glass(hub, (made.territory[:9],)), Glass(hub, ("610104099",)), Glass(hub))
    happened(hub, clock)
    for glass in (own, other, whole):
        glass.hear()
    assert own.shown == whole.shown
    assert other.shown == {}
    assert other.told[-1]["new"] == []
    sent = json.dumps(whole.told, ensure_ascii=False)
    assert "张三" not in sent
    assert "55551234" not in sent
    assert made.number not in sent
    (line,) = [one for one in whole.told[-1]["new"] if one["key"] == made.pk]
    assert set(line) == {"key", "kind", "code", "at", "due"}


def test_shifts_are_counted_while_they_run_and_never_by_whom(world: Any, clock: Any, hub: Hub) -> None:
    glass, worker = Glass(hub), world.who("grid")
    happened(hub, clock)
    glass.hear()
    rounds.start_shift(key="shift-001", started_at=clock.now, viewer=worker, at=clock.now)
    clock.on(seconds=1)
    assert happened(hub, clock)
    told = glass.hear()
    assert total(told["cells"].values())[DUTY] == 1
    assert worker.actor not in json.dumps(told)
    rounds.stop_shift(key="shift-001", ended_at=clock.now, viewer=worker, at=clock.now)
    clock.on(seconds=1)
    happened(hub, clock)
    assert total(glass.hear()["cells"].values())[DUTY] == 0
    rounds.start_shift(key="shift-002", started_at=clock.now, viewer=worker, at=clock.now)
    clock.on(hours=17)  # nobody ended it
    happened(hub, clock)
    glass.hear()
    assert total(glass.shown.values())[DUTY] == 0


def test_a_case_that_is_written_but_not_yet_announced_when_all_is_counted_is_counted_once(
    world: Any, clock: Any, hub: Hub
) -> None:
    glass = Glass(hub)
    world.case("received")
    assert hub.step()  # the relay has not yet given the event its position
    assert happened(hub, clock)  # now it has
    world.case("received")
    happened(hub, clock)
    glass.hear()
    assert glass.shown == fresh(world, clock)
    assert total(glass.shown.values())[TODAY] == 2


def test_what_stopped_and_came_back_is_neither_lost_nor_doubled(world: Any, clock: Any, hub: Hub) -> None:
    """The last screen goes, things happen, one comes back; and a turn of another process means nothing."""
    glass = Glass(hub)
    world.case("received")
    happened(hub, clock)
    glass.hear()
    hub.ready = False  # as the thread does when no screen is left
    done = world.case("received")
    cases.reject(
        case_id=done.pk, viewer=world.who("dispatcher"), at=clock.now, ground="untrue", reason="不属实"
    )
    happened(hub, clock)
    glass.hear()
    assert glass.shown == fresh(world, clock)
    assert total(glass.shown.values())[: TODAY + 1] == [1, 0, 2]
    assert hub.since("00000000-3") == -1
    assert hub.since("nonsense") == -1
    glass.last = "00000000-3"
    assert glass.hear()["whole"]
    assert glass.shown == fresh(world, clock)


def test_the_day_turns_over_and_the_count_of_today_begins_anew(world: Any, clock: Any, hub: Hub) -> None:
    glass = Glass(hub)
    world.case("received")
    happened(hub, clock)
    glass.hear()
    assert total(glass.shown.values())[TODAY] == 1
    clock.now = (clock.now + timedelta(days=1)).replace(hour=0, minute=0, second=1)
    assert happened(hub, clock)
    glass.hear()
    assert total(glass.shown.values())[TODAY] == 0
    assert total(glass.shown.values())[OPEN] == 1
    assert total(glass.shown.values())[ALARM] == 0


def test_rates_of_a_place_come_a_day_a_look_and_are_the_boards(world: Any, clock: Any, hub: Hub) -> None:
    from gongbi.insight import actions as insight
    from gongbi.insight import queries as board
    from gongbi.insight.period import Period

    glass, viewer = Glass(hub), world.who("manager")
    made = world.case("handled")
    cases.confirm(case_id=made.pk, viewer=world.who("checker"), at=clock.now, finding="好了")
    clock.on(days=8)
    insight.catch_up()
    happened(hub, clock)
    while happened(hub, clock):
        pass
    told = glass.hear()["rates"]
    assert len(told["days"]) == 14
    for code, row in told["of"].items():
        for day, figure in zip(told["days"], row, strict=True):
            one = board.figure(viewer, code, Period(*[_date(day)] * 2))
            assert figure == [one.above, one.below], (code, day)
    assert any(below for row in told["of"].values() for _above, below in row)


def _date(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)


def test_an_incident_is_on_the_wall_and_a_drill_is_called_one(world: Any, clock: Any, hub: Hub) -> None:
    glass, leader = Glass(hub), world.who("manager")
    happened(hub, clock)
    glass.hear()
    begun = clock.now
    for drill, key in ((False, "incident-1"), (True, "incident-2")):
        opened = incidents.Opened(
            key=key,
            title="自来水主管爆裂",
            sort="accident",
            kind="water_main",
            level=3,
            drill=drill,
            happened_at=clock.now,
            territory="610104001",
        )
        incidents.open_incident(opened, viewer=leader, at=clock.now)
    clock.on(seconds=1)
    assert happened(hub, clock)
    told = glass.hear()
    assert told["cells"]["610104001"][INCIDENT:] == [1, 1]
    assert "自来水" not in json.dumps(told, ensure_ascii=False)
    assert glass.shown == fresh(world, clock)
    spans = list(counting.spans(leader, begun, begun + timedelta(hours=1)))
    assert [span[:2] for span in spans] == [("610104001", INCIDENT), ("610104001", INCIDENT + 1)]
