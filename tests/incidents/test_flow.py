"""From the first report to the archive: who may do what, levels, plans, tasks, the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from gongbi.incidents import actions, exchange, queries, rules
from gongbi.incidents.models import Incident, LogEntry, Plan, Task
from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.flow import invariants
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.ledger.queries import chain_of
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import STAFF_ROLES, Viewer, system
from tests.incidents.conftest import Open

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
Post = Callable[..., Viewer]


def breaches() -> list[str]:
    return [f"{one.invariant} {one.where}: {one.what}" for one in invariants.run_all(rooms=["incidents"])]


def test_the_whole_way(open_one: Open, leader: Viewer, plans: None, now: datetime) -> None:
    one = open_one(respond=False)
    assert flow.allowed(one, leader, at=now) == ["respond", "void"]
    actions.respond(key=one.pk, level=2, viewer=leader, at=now)
    with pytest.raises(Refused, match="已经是这一级"):
        actions.set_level(key=one.pk, level=2, reason="不变", viewer=leader, at=now)
    up = actions.set_level(key=one.pk, level=1, reason="影响扩大到三个社区", viewer=leader, at=now + MINUTE)
    assert (up.level, up.state) == (1, "responding")
    down = actions.set_level(key=one.pk, level=4, reason="已控制", viewer=leader, at=now + 2 * MINUTE)
    assert down.level == 4  # levels may be skipped
    actions.end(key=one.pk, reason="抢修完成", viewer=leader, at=now + 3 * MINUTE)
    actions.resume(key=one.pk, level=3, reason="再次漏水", viewer=leader, at=now + 4 * MINUTE)
    actions.end(key=one.pk, reason="修复", viewer=leader, at=now + 5 * MINUTE)
    actions.review(key=one.pk, finding="阀门井要每月检查", viewer=leader, at=now + 6 * MINUTE)
    done = actions.archive(key=one.pk, viewer=leader, at=now + 7 * MINUTE)
    assert (done.state, done.closed_at) == ("archived", now + 7 * MINUTE)
    levels = [
        event.facts["level"] for event in queries.timeline(one, leader) if event.arrow.name == "set_level"
    ]
    assert levels == [1, 4]
    assert chain_of(done).whole
    assert breaches() == []


def test_a_level_is_one_to_four_and_an_old_page_is_told(
    open_one: Open, leader: Viewer, now: datetime
) -> None:
    one = open_one()
    for level in (0, 5, -1):
        with pytest.raises(Refused) as refused:
            actions.set_level(key=one.pk, level=level, reason="试一试", viewer=leader, at=now)
        assert "第七十一条" in refused.value.article
    with pytest.raises(Stale):
        actions.end(key=one.pk, reason="好了", viewer=leader, at=now, expected_version=1)


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_who_leads(role: str, open_one: Open, viewer: Callable[..., Viewer], now: datetime) -> None:
    one = open_one(respond=False)
    asker = viewer(role)
    if role in ("dispatcher", "manager"):
        assert actions.respond(key=one.pk, level=3, viewer=asker, at=now).state == "responding"
        return
    with pytest.raises(Refused) as refused:
        actions.respond(key=one.pk, level=3, viewer=asker, at=now)
    assert refused.value.status in (403, 404)
    one.refresh_from_db()
    assert one.state == "reported"


def test_outside_the_territory_there_is_none(
    open_one: Open, viewer: Callable[..., Viewer], now: datetime, community: str
) -> None:
    one = open_one()
    stranger = viewer("dispatcher", territories=("610103",))
    with pytest.raises(NotThere):
        queries.incident_by_number(one.number, stranger)
    with pytest.raises(NotThere):
        actions.end(key=one.pk, reason="好了", viewer=stranger, at=now)
    with pytest.raises(Forbidden):
        actions.open_incident(
            actions.Opened("k", "事件", "accident", "fire", 4, community, now), viewer=stranger, at=now
        )


def test_the_same_key_is_one_incident(open_one: Open, leader: Viewer, now: datetime, community: str) -> None:
    first = open_one(respond=False)
    again = actions.open_incident(
        actions.Opened(first.key, "别的名字", "natural", "rain", 1, community, now), viewer=leader, at=now
    )
    assert (again.pk, again.title, Incident.objects.count()) == (first.pk, first.title, 1)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"), ({"sort": "war"}, "sort"), ({"kind": "x"}, "kind"), ({"level": 9}, "level"),
        ({"territory": ""}, "territory"), ({"territory": "61010"}, "territory"), ({"key": ""}, "key"), ({"key": "k" * 65}, "key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(more: dict[str, Any], field: str, open_one: Open) -> None:
    with pytest.raises(Refused) as refused:
        open_one(respond=False, **more)
    assert refused.value.field == field


def test_nothing_happens_in_the_future(open_one: Open, now: datetime, leader: Viewer) -> None:
    with pytest.raises(Refused, match="晚于现在"):
        open_one(respond=False, happened_at=now + timedelta(hours=1))


# --- Plans and tasks ------------------------------------------------------------------------------------------------


def test_a_started_plan_is_a_checklist_with_clocks_units_and_resources(
    open_one: Open, leader: Viewer, plans: None, now: datetime, unit: Callable[[str], int], community: str
) -> None:
    from gongbi.parties import directory

    one = open_one()
    run = actions.start_plan(key=one.pk, code="water_main", viewer=leader, at=now)
    tasks = {task.key: task for task in run.tasks.all()}
    assert tasks["valve"].unit_id == unit("water")
    assert tasks["valve"].due_at == now + timedelta(minutes=30)
    assert tasks["report_up"].unit_id == one.unit_id  # names none: who leads
    assert tasks["basements"].unit_id == directory.current().division("street", community[:9], now).pk  # type: ignore[union-attr]
    assert tasks["care"].unit_id == directory.current().division("community", community, now).pk  # type: ignore[union-attr]
    assert tasks["basements"].needs == [{"item": "pump", "amount": 4}, {"item": "sandbag", "amount": 200}]
    assert actions.start_plan(key=one.pk, code="water_main", viewer=leader, at=now + MINUTE).pk == run.pk
    assert Task.objects.count() == len(tasks)


def test_a_run_keeps_the_version_that_it_was_started_from(
    open_one: Open, leader: Viewer, plans: None, now: datetime
) -> None:
    one = open_one()
    run = actions.start_plan(key=one.pk, code="gas", viewer=leader, at=now)
    (gas,) = [plan for plan in exchange.examples() if plan["code"] == "gas"]
    kept = {
        "names": (gas["zh"], gas["en"]),
        "sort": "accident",
        "kind": "gas",
        "source": "示例",
        "verified": False,
    }
    same = actions.save_plan(code="gas", steps=gas["steps"], viewer=system("test"), at=now, **kept)
    assert same.version == 1  # nothing differs
    fewer = actions.save_plan(code="gas", steps=gas["steps"][:2], viewer=system("test"), at=now, **kept)
    assert (fewer.version, len(fewer.steps)) == (2, 2)
    run.refresh_from_db()
    assert (run.plan.version, run.tasks.count()) == (1, len(gas["steps"]))
    assert [plan.version for plan in queries.plan_versions("gas", leader)] == [2, 1]
    with pytest.raises(Forbidden):
        actions.save_plan(code="gas", steps=gas["steps"], viewer=leader, at=now, **kept)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"minutes": -1}, "incidents.step_minutes"), ({"minutes": "10"}, "incidents.step_minutes"), ({"role": "boss"}, "incidents.step_role"),
        ({"key": "Ä"}, "incidents.step_step"), ({"zh": ""}, "incidents.step_zh"), ({"unit": "nobody"}, "incidents.step_unit"),
        ({"needs": [{"item": "gold", "amount": 1}]}, "incidents.step_needs"), ({"needs": [{"item": "pump", "amount": 0}]}, "incidents.step_needs"),
    ],
)  # fmt: skip
def test_a_plan_with_a_wrong_step_is_refused_and_named(
    change: dict[str, Any], code: str, now: datetime, db: None
) -> None:
    step = {"key": "a", "zh": "做", "en": "do", "role": "lead", "unit": "", "minutes": 5} | change
    with pytest.raises(Refused) as refused:
        actions.save_plan(
            code="p", names=("预案", ""), sort="accident", kind="fire", steps=[step], source="示例", verified=True,
            viewer=system("test"), at=now,
        )  # fmt: skip
    assert refused.value.code == code
    assert not Plan.objects.exists()


def test_a_unit_settles_its_own_tasks_and_sees_the_incident_because_of_them(
    open_one: Open, leader: Viewer, plans: None, post: Post, now: datetime
) -> None:
    one = open_one()
    water, heating = post("handler", unit="water"), post("handler", unit="heating_gas")
    with pytest.raises(NotThere):
        queries.incident_for(one.pk, water)
    run = actions.start_plan(key=one.pk, code="water_main", viewer=leader, at=now)
    tasks = {task.key: task.pk for task in run.tasks.all()}
    assert queries.incident_for(one.pk, water).pk == one.pk
    with pytest.raises(NotThere):
        queries.incident_for(one.pk, heating)
    with pytest.raises(Forbidden, match="别的单位"):
        actions.settle_task(key=one.pk, task_id=tasks["cordon"], viewer=water, at=now)
    done = actions.settle_task(key=one.pk, task_id=tasks["valve"], viewer=water, at=now + 30 * MINUTE)
    assert (
        rules.kept_in_time(done.due_at, done.settled_at, dropped=False, at=now) == "kept"
    )  # the last second counts
    with pytest.raises(Refused):  # not needed takes a reason
        actions.settle_task(key=one.pk, task_id=tasks["tanker"], viewer=water, at=now, dropped=True)
    later = now + timedelta(hours=3)
    actions.settle_task(
        key=one.pk, task_id=tasks["tanker"], viewer=water, at=later, note="居民区未停水", dropped=True
    )
    cut = actions.settle_task(key=one.pk, task_id=tasks["cordon"], viewer=leader, at=now + 21 * MINUTE)
    assert rules.kept_in_time(cut.due_at, cut.settled_at, dropped=False, at=now) == "late"
    with pytest.raises(Forbidden):
        actions.end(key=one.pk, reason="好了", viewer=water, at=later)


def test_a_task_beside_the_plan(
    open_one: Open, leader: Viewer, now: datetime, unit: Callable[[str], int]
) -> None:
    one = open_one()
    given = {
        "title": "联系公交改线",
        "role": "order",
        "minutes": 15,
        "request": "r1",
        "viewer": leader,
        "at": now,
    }
    task = actions.set_task(key=one.pk, unit_id=unit("transport_police"), **given)
    assert (task.due_at, task.unit_id) == (now + 15 * MINUTE, unit("transport_police"))
    assert actions.set_task(key=one.pk, **given).pk == task.pk
    with pytest.raises(Refused):
        actions.set_task(key=one.pk, **(given | {"minutes": 99999, "request": "r2"}))


# --- The log ----------------------------------------------------------------------------------------------------------


def test_a_correction_stands_beside_what_it_corrects(open_one: Open, leader: Viewer, now: datetime) -> None:
    one = open_one()

    def note(text: str, request: str, **more: Any) -> LogEntry:
        return actions.note(
            key=one.pk, text=text, sort="seen", request=request, viewer=leader, at=now, **more
        )

    first = note("积水二十厘米", "a")
    assert note("又点了一次", "a").pk == first.pk
    right = note("积水五十厘米", "b", corrects=1)
    assert (right.seq, right.sort, right.corrects_id) == (2, "correction", first.pk)
    lines = queries.log(one, leader)
    assert [line.text for line in lines] == ["积水二十厘米", "积水五十厘米"]
    assert [other.seq for other in lines[0].corrections.all()] == [2]
    with pytest.raises(NotThere):
        note("更正没有的行", "c", corrects=9)
    assert breaches() == []


def test_the_database_refuses_to_change_the_log(open_one: Open, leader: Viewer, now: datetime) -> None:
    one = open_one()
    line = actions.note(key=one.pk, text="原文", sort="seen", request="a", viewer=leader, at=now)
    for change in (
        lambda: LogEntry.objects.filter(pk=line.pk).update(text="改过"),
        lambda: LogEntry.objects.filter(pk=line.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert LogEntry.objects.get(pk=line.pk).text == "原文"


def test_numbers_of_people_do_not_enter_the_log(open_one: Open, leader: Viewer, now: datetime) -> None:
    one = open_one()
    phone = "139" + "1234" + "5678"
    line = actions.note(
        key=one.pk, text=f"联系人电话{phone}。", sort="seen", request="a", viewer=leader, at=now
    )
    assert phone not in line.text
    assert "[phone]" in line.text


def test_a_missing_or_changed_line_is_a_breach(open_one: Open, leader: Viewer, now: datetime) -> None:
    one = open_one()
    line = actions.note(key=one.pk, text="原文", sort="seen", request="a", viewer=leader, at=now)
    line.pk, line.seq, line.key, line.text = None, 2, "b", "塞进来的"
    line._state.adding = True
    line.save(force_insert=True)
    (told,) = breaches()
    assert "the line is not the one that was written" in told


def test_a_drill_is_handed_over_under_its_own_number(open_one: Open) -> None:
    from gongbi.parties.handover import listed

    drill = open_one(drill=True)
    assert [one.number for one in listed([("incidents", drill.pk)])] == [drill.number]
    assert drill.number.startswith("YL")


def test_every_event_says_whether_it_is_a_drill(open_one: Open, leader: Viewer, now: datetime) -> None:
    real, drill = open_one(), open_one(drill=True)
    for one in (real, drill):
        actions.note(key=one.pk, text="现场", sort="seen", request="x", viewer=leader, at=now)
    told = {
        (event.matter_id, event.payload["drill"], event.payload["number"][:2])
        for event in OutboxRow.objects.filter(matter_id__in=[real.pk, drill.pk])
    }
    assert told == {(real.pk, False, "TF"), (drill.pk, True, "YL")}
