"""Shifts and their tracks, tasks for whoever is near, care lists, ledgers, and what nobody may configure."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from python_calamine import CalamineWorkbook

from gongbi.field.doing import ask
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.flow.invariants import run_all
from gongbi.kernel.flow.models import Link
from gongbi.kernel.scope.viewer import MANAGER, STAFF_ROLES, Viewer, system
from gongbi.kernel.vault import actions as vault
from gongbi.parties.models import Post
from gongbi.rounds import actions, queries, rules
from gongbi.rounds.actions.shifts import Point
from gongbi.rounds.models import Care, Entry, FieldPhoto, FieldTask, Shift, TrackPoint
from tests.desk.conftest import Clock, Desk, World
from tests.field.test_api import App, key

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
SRC = Path(__file__).resolve().parents[2] / "src" / "gongbi"


@pytest.fixture
def app(at_desk: At) -> App:
    return App(at_desk("grid"))


def on_duty(viewer: Viewer, clock: Clock) -> Shift:
    return actions.start_shift(key=key(), started_at=clock.now, viewer=viewer, at=clock.now)


def other_worker(viewer: Viewer, *, same_unit: bool = True) -> Viewer:
    """Another grid worker of the demo: of the same community, or of any other."""
    found = Post.objects.filter(role="grid_worker").exclude(pk=viewer.post_id).order_by("pk")
    post = (found.filter(unit_id=viewer.unit_id) if same_unit else found.exclude(unit_id=viewer.unit_id))[0]
    return Viewer(
        actor=post.actor, role="grid_worker", post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id,
        units=frozenset({post.unit_id}), territories=tuple(post.areas.values_list("code", flat=True)),
    )  # fmt: skip


# --- Shift and track ---------------------------------------------------------------------------------------------------


def test_a_shift_is_one_however_often_it_is_tapped(app: App, clock: Clock) -> None:
    body = {"key": key(), "at": app.at}
    assert app.post("/shifts", body)[1]["key"] == app.post("/shifts", body)[1]["key"] == body["key"]
    assert (
        app.post("/shifts", {"key": key(), "at": app.at})[1]["key"] == body["key"]
    )  # another tap while it runs
    clock.on(minutes=20)
    assert app.post(f"/shifts/{body['key']}/stop", {"at": app.at})[1]["ended_at"]
    assert Shift.objects.count() == 1


def test_a_track_exists_only_during_a_shift(app: App, clock: Clock) -> None:
    name = key()
    app.post("/shifts", {"key": name, "at": app.at})
    start = clock.now
    clock.on(minutes=25)
    points = [
        {"at": (start + timedelta(minutes=m)).isoformat(), "lon": 108.91, "lat": 34.26}
        for m in (-30, 0, 20, 90)
    ]
    assert app.post(f"/shifts/{name}/track", {"points": points})[1] == {"kept": 2}
    assert app.post(f"/shifts/{name}/track", {"points": points})[1] == {"kept": 2}  # sent again
    assert TrackPoint.objects.count() == 2
    app.post(f"/shifts/{name}/stop", {"at": (start + timedelta(minutes=10)).isoformat()})
    assert TrackPoint.objects.count() == 1  # what came after the end is thrown away
    assert list(run_all(rooms=["rounds"])) == []


def test_the_track_is_seen_by_the_worker_and_the_shift_leader_alone(
    app: App, at_desk: At, clock: Clock
) -> None:
    me = app.desk.viewer
    shift = on_duty(me, clock)
    actions.follow(key=shift.key, points=[Point(clock.now, 108.91, 34.26)], viewer=me, at=clock.now)
    leader = at_desk("street-manager").viewer
    assert len(queries.track(shift.pk, me)) == len(queries.track(shift.pk, leader)) == 1
    logins = ("manager", "dispatcher", "street-dispatcher", "auditor", "checker", "community", "admin")
    for viewer in [*(at_desk(login).viewer for login in logins), other_worker(me)]:
        with pytest.raises((NotThere, Forbidden)):
            queries.track(shift.pk, viewer)
    page = at_desk("street-manager").get(f"/field/team/{shift.pk}").content.decode()
    assert page.count("<polygon") == len(shift.grids) == 1  # the route lies over the worker's grid
    assert '<polyline points="' in page
    assert at_desk("manager").get(f"/field/team/{shift.pk}").status_code == 404


def test_the_track_is_deleted_on_schedule_and_the_work_stays(app: App, clock: Clock) -> None:
    me = app.desk.viewer
    shift = on_duty(me, clock)
    actions.follow(key=shift.key, points=[Point(clock.now, 108.91, 34.26)], viewer=me, at=clock.now)
    app.post("/entries", app.entry(sort="checkin", form="checkin", lon=108.91, lat=34.26))
    FieldPhoto.objects.create(
        key="k", actor=me.actor, digest="0" * 64, size=1, file_id=1, taken_at=clock.now, begun_at=clock.now, lon=108.91, lat=34.26,
        accuracy=5.0, camera_lon=108.91, camera_lat=34.26,
    )  # fmt: skip
    actions.stop_shift(key=shift.key, ended_at=clock.on(hours=1), viewer=me, at=clock.now)
    vault.purge(viewer=system("purge"), at=clock.now + timedelta(days=89))
    assert TrackPoint.objects.count() == 1
    assert (Entry.objects.get().lon, FieldPhoto.objects.get().camera_lon) == (108.91, 108.91)
    vault.purge(viewer=system("purge"), at=clock.now + timedelta(days=91))
    assert TrackPoint.objects.count() == 0
    for kept in (Entry.objects.get(), FieldPhoto.objects.get()):
        assert (kept.lon, kept.lat) == (None, None)
    photo = FieldPhoto.objects.get()
    assert (photo.accuracy, photo.camera_lon, photo.camera_lat, photo.digest) == (None, None, None, "0" * 64)
    left = Shift.objects.get()
    assert (left.lon, left.lat, left.seen_at) == (None, None, None)
    assert Entry.objects.get().shift_id == left.pk


def test_a_forgotten_shift_ends_by_itself(app: App, clock: Clock) -> None:
    on_duty(app.desk.viewer, clock)
    assert actions.end_forgotten(at=clock.now + rules.LONGEST_SHIFT - timedelta(minutes=1)) == 0
    assert actions.end_forgotten(at=clock.now + rules.LONGEST_SHIFT) == 1
    assert Shift.objects.get().ended_at == clock.now + rules.LONGEST_SHIFT


# --- Tasks -------------------------------------------------------------------------------------------------------------


def asked(world: World, app: App, login: str = "dispatcher") -> FieldTask:
    case = world.say(lon=None, lat=None, division=app.grid)
    return ask(case.number, "现场看看", world.who(login), at=world.clock.now)


def test_a_task_goes_to_the_duty_grid_and_its_photos_to_the_matter(
    app: App, world: World, clock: Clock
) -> None:
    from gongbi.kernel.files.models import StoredFile

    task = asked(world, app)
    assert (task.state, task.post_id) == ("waiting", None)  # nobody is on duty
    assert (
        ask(task.about_number, "", world.who("dispatcher"), at=clock.now).pk == task.pk
    )  # asked again: the same
    app.post("/shifts", {"key": key(), "at": app.at})
    shown = app.get("/bundle")["tasks"]
    assert [(one["id"], one["state"]) for one in shown] == [(task.pk, "offered")]
    assert app.post(f"/tasks/{task.pk}/accept", {})[1]["state"] == "accepted"
    body = {"key": key(), "verdict": "true", "finding": "确实缺了一角", "photos": [app.photo()]}
    first, second = app.post(f"/tasks/{task.pk}/report", body), app.post(f"/tasks/{task.pk}/report", body)
    assert first == second == (200, {"id": task.pk, "number": task.number})
    done = FieldTask.objects.get()
    assert (done.state, done.verdict, done.finding) == ("done", "true", "确实缺了一角")
    assert StoredFile.objects.get().matter_id == task.about
    assert Link.objects.get(source_id=task.pk).target_id == task.about


def test_declined_with_a_reason_it_goes_to_the_next_and_the_first_is_told(
    app: App, world: World, clock: Clock
) -> None:
    me = app.desk.viewer
    next_one = other_worker(me)
    on_duty(me, clock)
    on_duty(next_one, clock)
    task = asked(world, app)
    assert task.post_id == me.post_id
    assert app.post(f"/tasks/{task.pk}/decline", {"reason": ""})[0] == 422
    for _again in range(2):  # the answer was lost, so it is said again
        assert app.post(f"/tasks/{task.pk}/decline", {"reason": "正在处理别的事"})[0] == 200
    task.refresh_from_db()
    assert (task.state, task.post_id) == ("offered", next_one.post_id)
    status, told = app.post(f"/tasks/{task.pk}/report", {"key": key(), "verdict": "true"})
    assert status == 409
    assert told["code"] == "rounds.task_moved"
    assert task.number in told["message"]


def test_handed_over_to_a_colleague_on_duty_only(app: App, world: World, clock: Clock) -> None:
    me = app.desk.viewer
    colleague = other_worker(me)
    on_duty(me, clock)
    task = asked(world, app)
    body = {"post": colleague.post_id, "reason": "请同事前往"}
    assert app.post(f"/tasks/{task.pk}/hand-over", body)[1]["code"] == "rounds.not_on_duty"
    on_duty(colleague, clock)
    assert [one["post"] for one in app.get("/bundle")["colleagues"]] == [colleague.post_id]
    for _again in range(2):
        assert app.post(f"/tasks/{task.pk}/hand-over", body)[0] == 200
    task.refresh_from_db()
    assert (task.state, task.post_id) == ("offered", colleague.post_id)
    assert app.get("/bundle")["tasks"] == []


def test_who_handled_it_does_not_check_it(app: App, world: World, clock: Clock) -> None:
    me = app.desk.viewer
    on_duty(me, clock)
    app.post("/entries", app.entry(photos=[app.photo()], matter={"kind": "E0201", "did": "solved"}))
    from gongbi.cases.models import Case

    case = Case.objects.get()
    task = ask(case.number, "", world.who("checker"), at=clock.now)
    assert task.purpose == "check"
    assert (task.state, task.post_id) == ("waiting", None)  # of the own unit nobody may
    with pytest.raises(Refused):
        ask(world.case("handling").number, "", world.who("checker"), at=clock.now)


def test_tasks_are_asked_for_by_the_desk_alone(app: App, at_desk: At, world: World) -> None:
    case = world.say(lon=None, lat=None, division=app.grid)
    assert app.post("/tasks", {"case": case.number})[0] == 403
    assert App(at_desk("dispatcher")).post("/tasks", {"case": case.number})[1]["purpose"] == "verify"


# --- Care lists --------------------------------------------------------------------------------------------------------


def cared(app: App, clock: Clock) -> Care:
    line = actions.Line(
        kind="alone", name="赵静安", phone="029-55512345", door="1号楼301", grid=app.grid, every_days=7, ground="consent",
        ground_note="同意书 2026-03-01",
    )  # fmt: skip
    since = clock.now.date() - timedelta(days=9)
    return actions.add_care(line=line, since=since, viewer=system("test"), at=clock.now)[0]


def test_a_care_list_is_seen_by_who_goes_there_and_names_are_opened_with_a_reason(
    app: App, at_desk: At, clock: Clock
) -> None:
    care = cared(app, clock)
    plan = app.get("/bundle")["plan"]
    assert [(one["id"], one["door"], one["late"]) for one in plan] == [(care.pk, "1号楼301", True)]
    assert "静安" not in str(plan)
    for role in (*STAFF_ROLES, "resident"):
        viewer = Viewer(actor="post:99999", role=role, post_id=99999, territories=("610104",))
        seen = queries.visit_plan(viewer, at=clock.now) if role == "grid_worker" else None
        if role != "grid_worker":
            with pytest.raises((NotThere, Forbidden)):
                queries.care_for(care.pk, viewer)
        assert seen is None or len(seen) == 1
    with pytest.raises(NotThere):
        queries.care_for(care.pk, other_worker(app.desk.viewer))
    leader = at_desk("street-manager")
    page = leader.get("/field/team").content.decode()
    assert "独居老人 1" in page
    assert "1号楼301" not in page
    line = actions.Line(kind="alone", name="x", door="y", grid=app.grid, ground="duty", ground_note="条例 §1")
    with pytest.raises(Forbidden):
        actions.add_care(line=line, since=clock.now.date(), viewer=app.desk.viewer, at=clock.now)


def test_a_visit_moves_the_plan_and_a_line_that_went_elsewhere_is_told(app: App, clock: Clock) -> None:
    care = cared(app, clock)
    body = app.entry(sort="visit", form="firefly", answers={"doors": "fine"}, care=care.pk)
    assert app.post("/entries", body)[1]["ledgers"] == ["visits", "patrol"]
    assert app.get("/bundle")["plan"][0]["due"] == (clock.now + timedelta(days=7)).date().isoformat()
    Care.objects.update(territory="610104009001001")
    status, told = app.post("/entries", body | {"key": key()})
    assert (status, told["code"]) == (404, "rounds.care")


# --- Typed once --------------------------------------------------------------------------------------------------------


def test_one_visit_with_a_finding_fills_three_ledgers(app: App, at_desk: At, world: World) -> None:
    body = app.entry(
        sort="visit", form="walk_in", answers={"met": "yes", "topic": "safety"}, place_words="2号楼201", floor=2,
        matter={"text": "二楼楼道灯不亮", "did": "report"},
    )  # fmt: skip
    status, told = app.post("/entries", body)
    assert status == 200, told
    assert told["ledgers"] == ["visits", "patrol", "urban"]
    for name in told["ledgers"]:
        answer = app.desk.get(f"/field/ledger/{name}")
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        rows = book.get_sheet_by_index(0).to_python()
        assert len(rows) == 2, name
        assert told["number"] in rows[1]
    leader = at_desk("street-manager").get("/field/ledger/visits")
    assert leader.status_code == 200
    assert app.desk.get("/field/ledger/none").status_code == 404


def test_each_unit_sees_the_minutes_it_asks(app: App, at_desk: At) -> None:
    for seconds in (30, 90, 10_000):
        app.post("/entries", app.entry(sort="checkin", form="checkin", seconds=seconds, key=key()))
    told = app.get("/minutes")
    assert [(one["entries"], one["minutes"]) for one in told] == [
        (3, 32.0)
    ]  # a form left open counts half an hour
    assert "32.0" in at_desk("street-manager").get("/field/team").content.decode()


def test_alike_entries_are_a_question_on_the_leaders_page(app: App, at_desk: At) -> None:
    for number in range(3):
        note = f"{number}号家里一切正常没有需要上报的问题"
        app.post(
            "/entries",
            app.entry(
                sort="visit", form="walk_in", answers={"met": "yes"}, note=note, place_words=f"{number}号"
            ),
        )
    page = at_desk("street-manager").get("/field/team").content.decode()
    assert "这几条写得几乎一样" in page
    assert f"{app.desk.viewer.name}</p>" in page  # whom to ask
    with pytest.raises(Forbidden):
        queries.alike(app.desk.viewer, at=app.clock.now)


# --- Nobody can ask for a number ---------------------------------------------------------------------------------------

GOAL = re.compile(r"quota|target|goal|minimum|at_least|per_month|指标数|任务数|不少于")


def test_no_quota_can_be_configured(app: App) -> None:
    """No column, no setting, no field of a form or a request of rounds could hold how many there should be."""
    columns = [
        f"{m.__name__}.{f.name}"
        for m in apps.get_app_config("rounds").get_models()
        for f in m._meta.get_fields()
    ]
    forms = (SRC / "rounds" / "data" / "forms.json").read_text("utf-8")
    shapes = (SRC / "field" / "shapes.py").read_text("utf-8").split('"""', 2)[2]
    assert [one for one in columns if GOAL.search(one)] == []
    assert GOAL.search(forms) is None
    assert GOAL.search(shapes) is None
    settings = [m for m in apps.get_app_config("rounds").get_models() if "etting" in m.__name__]
    assert settings == []
    status, told = app.post("/entries", app.entry(sort="checkin", form="checkin", quota=20))
    assert (status, told["code"]) == (422, "api.invalid")


def test_a_leader_is_a_manager_of_the_unit_or_above_it(at_desk: At) -> None:
    assert at_desk("street-manager").viewer.role == MANAGER
    assert at_desk("grid").get("/field/team").status_code == 403
