"""What the app sends: once is once, half a photo goes on, what changed meanwhile is told and nothing is lost."""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gongbi.kernel.files import actions as files
from gongbi.kernel.files.models import StoredFile
from gongbi.parties.models import PostTerritory
from gongbi.territory import queries as territory
from tests.desk.conftest import Clock, Desk, World, jpeg
from tests.field.phone import picture

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
_shades = itertools.cycle(range(10, 250))
TOKYO = {"camera_lon": 139.76, "camera_lat": 35.68}


def key() -> str:
    return uuid.uuid4().hex


class App:
    """The app's side of the interface, signed in as one of the demo's accounts."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.clock = desk, desk.clock

    @property
    def grid(self) -> str:
        return self.desk.viewer.territories[0]

    @property
    def at(self) -> str:
        return self.clock.now.isoformat()

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        answer = self.desk.client.post(f"/api/field{path}", body, content_type="application/json")
        return answer.status_code, answer.json()

    def get(self, path: str) -> Any:
        answer = self.desk.client.get(f"/api/field{path}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def announce(self, name: str, content: bytes, **more: Any) -> tuple[int, Any]:
        facts = {
            "key": name,
            "digest": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "taken_at": self.at,
        }
        return self.post("/photos", facts | more)

    def piece(self, name: str, content: bytes, offset: int) -> tuple[int, Any]:
        answer = self.desk.client.put(
            f"/api/field/photos/{name}?offset={offset}", content, content_type="application/octet-stream"
        )
        return answer.status_code, answer.json()

    def photo(self, content: bytes | None = None, **more: Any) -> str:
        """A photo that has arrived; its key."""
        name, content = key(), content or jpeg(next(_shades))
        status, told = self.announce(name, content, **more)
        assert status == 200, told
        status, told = self.piece(name, content, 0)
        assert (status, told["done"]) == (200, True), told
        return name

    def entry(self, **more: Any) -> dict[str, Any]:
        body = {"key": key(), "sort": "report", "at": self.at, "division": self.grid, "seconds": 12}
        return body | more


@pytest.fixture
def app(at_desk: At) -> App:
    return App(at_desk("grid"))


def test_the_bundle_holds_the_shift_and_comes_once(app: App, world: World) -> None:
    world.say(lon=None, lat=None, division=app.grid)
    told = app.get("/bundle")
    assert told["grids"][0]["code"] == app.grid
    assert any(one["properties"]["code"] == app.grid for one in told["grids"][0]["shapes"]["features"])
    assert {form["code"] for form in told["forms"]} == {"checkin", "walk_in", "firefly"}
    assert told["cases"]
    assert told["contacts"]
    assert told["duties"][0]["items"]
    assert any(alarm["number"] == "119" for alarm in told["alarms"])
    again = app.get(f"/bundle?have={told['digest']}")
    assert set(again) == {"digest", "at", "until", "me", "csrf"}
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 400_000


def test_half_a_photo_goes_on_where_it_broke(app: App) -> None:
    content, name = picture(7), key()
    half = len(content) // 2
    assert app.announce(name, content)[1]["received"] == 0
    assert app.piece(name, content[:half], 0)[1] == {"received": half, "done": False}
    assert (
        app.piece(name, content[:half], 0)[1]["received"] == half
    )  # the same piece again: the answer was lost
    assert app.piece(name, content[half + 9 :], half + 9)[1]["received"] == half  # one that does not follow
    assert app.announce(name, content)[1] == {"received": half, "done": False, "piece": 262144}
    assert app.piece(name, content[half:], half)[1] == {"received": len(content), "done": True}
    assert app.piece(name, content[half:], half)[1]["done"]
    assert StoredFile.objects.get().original_digest == hashlib.sha256(content).hexdigest()


def test_a_damaged_photo_is_sent_again_and_a_key_is_one_photos(app: App) -> None:
    content, name = picture(8), key()
    app.announce(name, content)
    status, told = app.piece(name, b"x" * len(content), 0)
    assert (status, told["code"]) == (422, "rounds.damaged")
    assert app.announce(name, content)[1]["received"] == 0
    assert app.piece(name, content, 0)[1]["done"]
    status, told = app.announce(name, picture(9))
    assert (status, told["code"]) == (422, "rounds.key_used")
    assert app.piece(key(), content, 0)[0] == 404


@pytest.mark.parametrize("wrong", [{"digest": "x" * 64}, {"size": 13 * 1024 * 1024}, {"size": 0}])
def test_a_photo_is_announced_properly(app: App, wrong: dict[str, Any]) -> None:
    status, told = app.announce(key(), picture(1), **wrong)
    assert status == 422
    assert told["message"]


def test_one_report_however_often_it_is_sent(app: App, world: World) -> None:
    from gongbi.cases.models import Case, Report
    from gongbi.rounds.models import Entry

    photos = [app.photo(), app.photo()]
    body = app.entry(photos=photos, matter={"text": "果皮箱倒了", "did": "report"})
    first, second = app.post("/entries", body), app.post("/entries", body)
    assert first[0] == second[0] == 200, (first, second)
    assert first[1]["number"] == second[1]["number"]
    assert (first[1]["again"], second[1]["again"]) == (False, True)
    assert Report.objects.filter(case__in=Case.objects.all()).count() == 1
    assert Entry.objects.count() == 1
    report = Report.objects.get()
    assert StoredFile.objects.filter(owner=f"report:{report.pk}").count() == 2
    assert first[1]["ledgers"] == ["patrol", "urban"]


def test_solved_on_the_spot_fills_the_ledgers_and_waits_for_the_check(app: App, world: World) -> None:
    from gongbi.cases.models import Case

    body = app.entry(photos=[app.photo()], matter={"kind": "E0201", "did": "solved"})
    status, told = app.post("/entries", body)
    assert status == 200, told
    assert Case.objects.get().state == "handled"
    assert told["ledgers"] == ["patrol", "urban", "hotline"]
    assert app.post("/entries", body)[1]["number"] == told["number"]


def test_solved_somewhere_else_is_theirs_and_sent_as_a_report_it_goes_there(app: App, world: World) -> None:
    from gongbi.cases.models import Case

    shapes = {
        one["properties"]["code"]: one["properties"]["label"]
        for one in territory.map_geojson("grid", None, on=app.clock.now)["features"]
    }
    next_door = next(code for code in shapes if code[:12] == app.grid[:12] and code != app.grid)
    foreign = next(code for code in shapes if code[:9] != app.grid[:9])
    for code, status in ((app.grid, 200), (next_door, 200), (foreign, 422)):
        lon, lat = shapes[code]
        body = app.entry(photos=[app.photo()], lon=lon, lat=lat, matter={"kind": "E0201", "did": "solved"})
        got, told = app.post("/entries", body)
        assert got == status, told
        if status == 200:
            assert (
                Case.objects.order_by("-pk")[0].territory == app.grid
            )  # a few metres over the border are no other place
    assert told["code"] == "field.elsewhere"
    assert app.post("/entries", body | {"matter": {"kind": "E0201", "did": "report"}})[0] == 200
    assert Case.objects.order_by("-pk")[0].territory == foreign


def test_a_photo_swept_meanwhile_is_asked_for_again(app: App, clock: Clock, world: World) -> None:
    content, name = picture(3), key()
    app.announce(name, content)
    app.piece(name, content, 0)
    clock.on(hours=25)
    assert files.sweep(at=clock.now) == 1
    app.desk.client.force_login(app.desk.account)  # the session is long over
    body = app.entry(photos=[name], matter={"text": "果皮箱倒了"})
    status, told = app.post("/entries", body)
    assert (status, told["code"]) == (422, "rounds.photo_missing")
    assert app.announce(name, content)[1] == {"received": 0, "done": False, "piece": 262144}
    app.piece(name, content, 0)
    assert app.post("/entries", body)[0] == 200


def test_a_photo_from_tokyo_is_a_question(app: App) -> None:
    from gongbi.rounds.models import FieldPhoto

    status, told = app.announce(key(), picture(4), **TOKYO)
    assert (status, told["code"]) == (422, "rounds.photo_far")
    status, told = app.announce(key(), picture(4), sure=True, **TOKYO)
    assert status == 200
    assert FieldPhoto.objects.get().far
    near = {"camera_lon": 108.95, "camera_lat": 34.27}
    assert app.announce(key(), picture(5), **near)[0] == 200


def test_a_grid_that_is_no_longer_mine_is_told(app: App, world: World) -> None:
    from gongbi.parties.models import touch

    body = app.entry(matter={"text": "果皮箱倒了"})
    old, new = app.grid, app.grid[:12] + "099"
    PostTerritory.objects.filter(code=old).update(code=new)
    touch()
    status, told = app.post("/entries", body)
    assert (status, told["code"], told["field"]) == (422, "rounds.grid_changed", "division")
    assert old in told["message"]


def test_an_emergency_is_not_queued(app: App, world: World) -> None:
    from gongbi.rounds.models import Entry

    status, told = app.post("/entries", app.entry(matter={"text": "三楼着火了，有人被困"}))
    assert (status, told["code"], told["number"]) == (422, "cases.emergency", "119")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("offset", [timedelta(minutes=6), timedelta(days=-31)])
def test_a_wrong_clock_is_told(app: App, offset: timedelta) -> None:
    status, told = app.post(
        "/entries", app.entry(sort="checkin", form="checkin", at=(app.clock.now + offset).isoformat())
    )
    assert (status, told["code"]) == (422, "rounds.clock")


def test_signed_out_says_so_and_another_role_has_no_app(app: App, at_desk: At) -> None:
    body = app.entry()
    app.desk.client.logout()
    assert app.post("/entries", body)[0] == 401
    answer = app.desk.client.get("/api/field/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "scope.sign_in")
    assert at_desk("dispatcher").client.get("/api/field/bundle").status_code == 403


def test_without_the_pages_token_nothing_is_changed(app: App) -> None:
    app.desk.client.handler.enforce_csrf_checks = True
    answer = app.desk.client.post("/api/field/entries", app.entry(), content_type="application/json")
    assert answer.status_code == 403
    token = app.get("/me")["csrf"]
    answer = app.desk.client.post(
        "/api/field/entries", app.entry(sort="checkin", form="checkin"), content_type="application/json",
        headers={"X-CSRFToken": token},
    )  # fmt: skip
    assert answer.status_code == 200


def test_the_frame_is_nobodys_and_names_what_the_phone_keeps(at_desk: At, client: Any) -> None:
    page = client.get("/field/")
    assert page.status_code == 200
    assert b"/field/plain" in page.content  # the way for browsers without scripts
    worker = client.get("/field/sw.js").content.decode()
    kept = json.loads(worker.split("self.__KEPT__ = ", 1)[1].split(";\n", 1)[0])
    assert kept["files"][0] == "/field/"
    assert client.get("/field/app.webmanifest").json()["start_url"] == "/field/"
