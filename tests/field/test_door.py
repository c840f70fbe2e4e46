"""What the app's door refuses stands beside the other channels, and how long a worker stays signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gongbi.channels.models import Rejection, Source
from gongbi.field.door import source
from gongbi.kernel.scope.viewer import system
from gongbi.parties.models import Account, Post, touch
from tests.desk.conftest import Clock, Desk
from tests.field.phone import picture
from tests.field.test_api import TOKYO, App, key

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


@pytest.fixture
def app(at_desk: At) -> App:
    return App(at_desk("grid"))


def test_refusals_are_counted_and_shown_with_code_and_sentence(app: App, at_desk: At) -> None:
    assert app.announce(key(), picture(4), **TOKYO)[0] == 422
    assert app.post("/entries", app.entry(division="610104009001001"))[0] == 422
    assert app.post("/entries", app.entry(sort="checkin", form="checkin", quota=20))[0] == 422
    late = app.entry(sort="checkin", form="checkin", at=(app.clock.now - timedelta(days=40)).isoformat())
    assert app.post("/entries", late)[0] == 422
    assert app.post("/entries", app.entry(sort="checkin", form="checkin"))[0] == 200  # the rest goes through
    app.desk.client.logout()
    assert app.post("/entries", app.entry())[0] == 401  # nobody at the door: nothing to count
    assert at_desk("dispatcher").client.get("/api/field/bundle").status_code == 403
    codes = [one.code for one in Rejection.objects.order_by("pk")]
    assert codes == ["rounds.photo_far", "rounds.grid_changed", "api.invalid", "rounds.clock"]
    assert {one.source.code for one in Rejection.objects.select_related("source") if one.source} == {"field"}
    page = at_desk("dispatcher").get("/desk/channels/").content.decode()
    for words in ("外勤应用", "rounds.photo_far × 1", "这张照片自带的位置不在本区", "已不由您负责"):
        assert words in page, words
    english = at_desk("dispatcher").get("/desk/channels/", **{"Accept-Language": "en"}).content.decode()
    assert "taken outside the district" in english


def test_the_app_has_its_day_among_the_channels(app: App, at_desk: At, clock: Clock) -> None:
    from gongbi.channels import queries

    app.post("/entries", app.entry(sort="checkin", form="checkin"))
    clock.on(days=1)
    app.desk.client.force_login(app.desk.account)
    app.post("/entries", app.entry(sort="checkin", form="checkin"))
    app.post("/entries", app.entry(matter={"text": "果皮箱倒了"}))
    mine = next(
        one
        for one in queries.health(system("test"), now=clock.now)
        if one.source and one.source.code == "field"
    )
    assert (mine.arrived, mine.taken, mine.last_at) == (2, 1, clock.now)
    page = at_desk("admin").get("/desk/channels/").content.decode()
    assert '<option value="field"' not in page  # the house's own: nobody makes another
    assert at_desk("admin").get("/desk/channels/field").status_code == 200


def test_a_source_that_a_flush_took_away_is_made_again(app: App) -> None:
    Source.objects.filter(code="field").delete()
    app.post("/entries", app.entry(division="610104009001001"))
    assert Source.objects.get(code="field").kind == "field"


def test_a_channel_that_is_switched_off_takes_nothing_in(app: App, clock: Clock) -> None:
    source(clock.now)  # made when it is first needed
    Source.objects.filter(code="field").update(enabled=False)
    body = app.entry(sort="checkin", form="checkin")
    status, told = app.post("/entries", body)
    assert (status, told["code"]) == (422, "channels.switched_off")
    Source.objects.filter(code="field").update(enabled=True)
    assert app.post("/entries", body)[0] == 200  # the phone still had it


def test_a_worker_stays_signed_in_for_a_shift(app: App, clock: Clock) -> None:
    assert app.get("/me")["name"]
    clock.on(minutes=599)
    assert app.desk.client.get("/api/field/me").status_code == 200
    clock.on(minutes=601)
    assert app.desk.client.get("/api/field/me").status_code == 401


def test_the_end_of_the_shift_ends_the_long_session(app: App, clock: Clock) -> None:
    name = key()
    app.post("/shifts", {"key": name, "at": app.at})
    clock.on(hours=5)
    app.post(f"/shifts/{name}/stop", {"at": app.at})
    assert app.desk.client.session.get_expire_at_browser_close()
    clock.on(minutes=29)
    assert app.desk.client.get("/api/field/me").status_code == 200
    clock.on(minutes=31)
    assert app.desk.client.get("/api/field/me").status_code == 401
    app.desk.client.force_login(app.desk.account)
    app.post("/shifts", {"key": key(), "at": app.at})  # the next one
    app.get("/me")
    clock.on(hours=5)
    assert app.desk.client.get("/api/field/me").status_code == 200


def test_who_also_sits_at_a_desk_is_signed_out_as_at_a_desk(app: App, clock: Clock) -> None:
    me = Post.objects.get(pk=app.desk.viewer.post_id)
    Post.objects.create(
        person=me.person,
        unit=me.unit,
        role="clerk",
        work_name="x",
        valid_from=clock.now + timedelta(seconds=1),
    )
    touch()
    clock.on(minutes=1)
    assert app.get("/me")["name"]  # acting as the worker all the same
    clock.on(minutes=31)
    assert app.desk.client.get("/api/field/me").status_code == 401
    assert Account.objects.get(username="grid").signed_out_at is None


def test_a_desk_is_signed_out_after_half_an_hour(at_desk: At, clock: Clock) -> None:
    desk = at_desk("dispatcher")
    assert desk.get("/desk/queue/accept").status_code == 200
    clock.on(minutes=31)
    assert desk.get("/desk/queue/accept", Accept="text/html").status_code == 302
