"""Who is asked when several could go, when nobody can, and when whoever was asked goes home."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gongbi.kernel.errors import Refused, Stale
from gongbi.kernel.flow.invariants import run_all
from gongbi.parties.models import Account
from gongbi.rounds import actions, rules
from gongbi.rounds.models import FieldTask, Shift
from tests.desk.conftest import Clock, Desk, World
from tests.field.test_api import App, key
from tests.rounds.test_rounds import asked, on_duty, other_worker

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


@pytest.fixture
def app(at_desk: At) -> App:
    return App(at_desk("grid"))


def test_a_tie_goes_to_the_older_post(clock: Clock) -> None:
    grid, here = "610104001001001", (108.913, 34.265)
    pair = [rules.OnDuty(post, post, 1, (grid,), here) for post in (8, 3)]
    for order in (pair, pair[::-1]):
        chosen = rules.next_worker(order, territory=grid, place=here)
        assert chosen is not None
        assert chosen.post_id == 3
    unseen = [rules.OnDuty(post, post, 1, (grid,), None) for post in (8, 3)]
    assert rules.next_worker(unseen, territory=grid, place=None) == unseen[1]


def test_whoever_goes_home_leaves_the_task_to_the_next(app: App, world: World, clock: Clock) -> None:
    me = app.desk.viewer
    colleague = other_worker(me)
    shift = on_duty(me, clock)
    task = asked(world, app)
    app.post(f"/tasks/{task.pk}/accept", {})
    on_duty(colleague, clock)
    app.post(f"/shifts/{shift.key}/stop", {"at": app.at})
    task.refresh_from_db()
    assert (task.state, task.post_id) == ("offered", colleague.post_id)
    told = app.post(f"/tasks/{task.pk}/report", {"key": key(), "verdict": "true"})[1]
    assert told["code"] == "rounds.task_moved"
    clock.on(hours=17)
    actions.end_forgotten(at=clock.now)  # the colleague forgot to go off duty
    task.refresh_from_db()
    assert (task.state, task.post_id, task.unit_id) == ("waiting", None, None)
    on_duty(me, clock)
    assert actions.offer_waiting(at=clock.now) == 1  # who accepted it before may go after all
    task.refresh_from_db()
    assert task.post_id == me.post_id
    assert list(run_all(rooms=["rounds"])) == []


def test_handed_over_to_somebody_who_went_home_meanwhile_is_refused(
    app: App, world: World, clock: Clock
) -> None:
    me = app.desk.viewer
    colleague = other_worker(me)
    on_duty(me, clock)
    theirs = on_duty(colleague, clock)
    task = asked(world, app)
    actions.stop_shift(key=theirs.key, ended_at=clock.now, viewer=colleague, at=clock.now)
    with pytest.raises(Refused) as told:
        actions.hand_over(
            task_id=task.pk, to_post=colleague.post_id or 0, reason="请同事前往", viewer=me, at=clock.now
        )
    assert told.value.code == "rounds.not_on_duty"
    task.refresh_from_db()
    assert (task.state, task.post_id) == ("offered", me.post_id)


def test_what_nobody_takes_stands_first_on_the_dispatchers_page(
    app: App, world: World, clock: Clock, at_desk: At
) -> None:
    me = app.desk.viewer
    colleague = other_worker(me)
    on_duty(me, clock)
    on_duty(colleague, clock)
    task = asked(world, app)
    actions.decline(task_id=task.pk, reason="正在处理漏水", viewer=me, at=clock.now)
    actions.decline(task_id=task.pk, reason="离得太远了", viewer=colleague, at=clock.now)
    task.refresh_from_db()
    assert (task.state, task.post_id, task.declined) == ("waiting", None, [me.post_id, colleague.post_id])
    clock.on(minutes=1)
    assert actions.offer_waiting(at=clock.now) == 0  # nobody is asked twice
    other = asked(world, app)
    assert other.post_id == me.post_id
    clock.on(minutes=21)
    desk = at_desk("dispatcher")
    page = desk.get("/field/tasks").content.decode()
    assert page.index(task.number) < page.index(other.number)
    for words in ("附近在岗的都不能去", "正在处理漏水", "离得太远了", "还没有应答"):
        assert words in page, words
    assert desk.post(f"/field/tasks/{task.pk}/withdraw", {"reason": ""}).status_code == 302
    task.refresh_from_db()
    assert task.state == "waiting"  # a reason is needed
    desk.post(f"/field/tasks/{task.pk}/withdraw", {"reason": "改由执法队到场"})
    task.refresh_from_db()
    assert task.state == "withdrawn"
    assert task.number not in at_desk("checker").get("/field/tasks").content.decode()
    assert at_desk("grid").get("/field/tasks").status_code == 403


def test_what_is_not_answered_goes_to_the_next_and_stays_with_the_last(
    app: App, world: World, clock: Clock
) -> None:
    me = app.desk.viewer
    colleague = other_worker(me)
    on_duty(me, clock)
    task = asked(world, app)
    clock.on(minutes=21)
    assert actions.pass_on(at=clock.now) == 0  # nobody else is on duty
    on_duty(colleague, clock)
    other = asked(world, app)
    clock.on(minutes=20)
    assert other.post_id == me.post_id
    assert actions.pass_on(at=clock.now) == 1  # only the first has waited for more than twenty minutes
    task.refresh_from_db()
    other.refresh_from_db()
    assert (task.state, task.post_id, task.unit_id) == ("offered", colleague.post_id, colleague.unit_id)
    assert (other.post_id, actions.pass_on(at=clock.now)) == (me.post_id, 0)
    with pytest.raises(Stale) as told:
        actions.accept(task_id=task.pk, viewer=me, at=clock.now)
    assert told.value.code == "rounds.task_moved"
    actions.accept(task_id=other.pk, viewer=me, at=clock.now)
    clock.on(minutes=90)
    assert actions.pass_on(at=clock.now) == 0  # all were asked; what was accepted is not taken away
    assert list(run_all(rooms=["rounds"])) == []


def test_a_lost_phone_ends_the_shift_the_tasks_and_the_session(
    app: App, at_desk: At, world: World, clock: Clock
) -> None:
    me = app.desk.viewer
    shift = on_duty(me, clock)
    task = asked(world, app)
    leader = at_desk("street-manager")
    assert "手机丢了" in leader.get(f"/field/team/{shift.pk}").content.decode()
    assert app.desk.get("/field/plain").status_code == 200
    assert at_desk("manager").post(f"/field/team/{shift.pk}/sign-out").status_code == 404  # leads no shift
    assert leader.post(f"/field/team/{shift.pk}/sign-out").status_code == 302
    assert Shift.objects.get(pk=shift.pk).ended_at == clock.now
    assert FieldTask.objects.get(pk=task.pk).state == "waiting"
    assert app.desk.client.get("/api/field/bundle").status_code == 401
    assert at_desk("grid").get("/field/plain").status_code == 200  # the password stays
    account = Account.objects.get(username="grid")
    assert at_desk("security").post(f"/desk/accounts/{account.pk}/sign-out").status_code == 302
    assert at_desk("admin").post(f"/desk/accounts/{account.pk}/sign-out").status_code == 403


def test_a_need_found_becomes_a_matter_in_one_tap_with_its_visit(app: App, world: World) -> None:
    """One request: the visit, and the matter under the entry's own key; sent again it is the same."""
    from gongbi.cases.models import Case

    body: dict[str, Any] = app.entry(
        sort="visit",
        form="walk_in",
        answers={"met": "yes", "topic": "safety"},
        matter={"text": "楼道灯不亮", "did": "report"},
    )
    first, again = app.post("/entries", body)[1], app.post("/entries", body)[1]
    assert first["case"] == again["case"] == Case.objects.get().number
    assert again["again"]
