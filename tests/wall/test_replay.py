"""A past day is played from its ledger: it ends as the wall stood then, the next begins as it ended, twice the same bytes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gongbi.cases import actions as cases
from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.flow.invariants import run_all
from gongbi.kernel.scope.viewer import system
from gongbi.wall import actions, counting, queries, replay
from gongbi.wall.models import FoldedDay
from gongbi.wall.rules import LATE, OPEN, TODAY, total

pytestmark = pytest.mark.django_db
EYE = system("test")
FIRST = date(2026, 3, 10)


def stands(at: datetime) -> dict[str, list[int]]:
    """Open and late, as the tables say now."""
    today = at.replace(hour=0, minute=0, second=0)
    cells = counting.cells(EYE, at=at, today=today)
    return {code: cell[: LATE + 1] for code, cell in cells.items() if any(cell[: LATE + 1])}


def ended(day: date) -> dict[str, list[int]]:
    body = bytes(FoldedDay.objects.get(day=day).body)
    return {
        c: v[: LATE + 1] for c, v in replay.end_of(replay.plain(body, ("",))).items() if any(v[: LATE + 1])
    }


def to_midnight(clock: Any) -> datetime:
    clock.now = (clock.now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    return clock.now  # type: ignore[no-any-return]


def fold(clock: Any) -> int:
    return actions.fold_days(viewer=EYE, at=clock.now + timedelta(minutes=30))


def test_every_day_ends_as_the_wall_stood_and_begins_as_the_day_before_ended(world: Any, clock: Any) -> None:
    for state in ("received", "clarifying", "accepted", "dispatched", "handling", "handled"):
        world.case(state)
    done = world.case("handled")
    cases.confirm(case_id=done.pk, viewer=world.who("checker"), at=clock.on(minutes=5), finding="路灯已亮")
    closed_on = clock.now
    truth = {FIRST: stands(to_midnight(clock))}
    clock.on(hours=9)
    cases.reopen(
        report_id=done.reports.first().pk,
        viewer=world.holder(done),
        at=clock.now,
        reason="晚上又灭了",
        photos=[world.photo(90)],
    )
    world.case("handling")
    for day in range(1, 12):
        truth[FIRST + timedelta(days=day)] = stands(to_midnight(clock))
    assert fold(clock) == 12
    for day, there in truth.items():
        assert ended(day) == there, day
    assert list(run_all(rooms=["wall"])) == []
    late = [total(told.values())[LATE] for told in truth.values()]
    assert late[0] < late[-1]  # deadlines passed with nobody writing anything
    told = queries.day(world.who("manager"), FIRST)
    opened = [i for i in range(0, len(told["steps"]), 4) if told["steps"][i + 2] == TODAY]
    assert len(opened) == 7
    assert told["steps"][-4] <= 86_400
    second = (closed_on - closed_on.replace(hour=0, minute=0, second=0)).total_seconds()
    closing = [told["steps"][i : i + 4] for i in range(0, len(told["steps"]), 4) if told["steps"][i + 3] < 0]
    assert any(step[0] == int(second) and step[2] == OPEN for step in closing)


def test_the_same_ledger_gives_the_same_bytes_and_a_late_entry_is_noticed(world: Any, clock: Any) -> None:
    world.case("handling")
    clock.on(days=1)
    world.case("dispatched")
    clock.on(days=1)
    assert fold(clock) == 2
    before = list(FoldedDay.objects.order_by("day").values_list("day", "body", "standing"))
    assert fold(clock) == 0
    FoldedDay.objects.all().delete()
    fold(clock)
    assert list(FoldedDay.objects.order_by("day").values_list("day", "body", "standing")) == before
    clock.now -= timedelta(days=1)  # written now, dated yesterday
    world.say("垃圾没人清")
    clock.now += timedelta(days=1)
    assert fold(clock) == 1
    assert ended(FIRST + timedelta(days=1)) == stands(clock.now.replace(hour=0, minute=0))


def test_a_street_is_played_its_own_day(world: Any, clock: Any) -> None:
    world.case("handling")
    clock.on(days=1)
    fold(clock)
    district = queries.day(world.who("manager"), FIRST)
    (code,) = {c[:9] for c in district["codes"]}
    body = bytes(FoldedDay.objects.get(day=FIRST).body)
    assert replay.plain(body, (code,))["steps"] == district["steps"]
    assert replay.plain(body, ("610104099",)) | {"layers": 0} == {
        "codes": [],
        "start": [],
        "steps": [],
        "layers": 0,
    }


def test_today_and_days_without_a_record_are_not_played_and_only_the_machine_folds(
    world: Any, clock: Any
) -> None:
    viewer = world.who("manager")
    world.say()
    fold(clock)
    for day in (FIRST, FIRST - timedelta(days=400)):
        with pytest.raises(NotThere):
            queries.day(viewer, day)
    with pytest.raises(Forbidden):
        actions.fold_days(viewer=viewer, at=clock.now)
    assert queries.days(viewer) is None
