"""The desk asks a grid worker to look, and reads what came back on the matter's page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gongbi.rounds.models import FieldTask
from tests.desk.conftest import Desk, World
from tests.field.test_api import App, key

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


def test_asked_from_the_matters_page_and_answered_there(world: World, at_desk: At) -> None:
    desk, app = at_desk("dispatcher"), App(at_desk("grid"))
    case = world.say(lon=None, lat=None, division=app.grid)
    assert f"/field/about/{case.number}" in desk.get(f"/desk/case/{case.number}").content.decode()
    assert "还没有请人到场" in desk.get(f"/field/about/{case.number}").content.decode()
    answer = desk.post(f"/field/look/{case.number}", {"question": "灯杆几号"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/desk/case/{case.number}")
    task = FieldTask.objects.get()
    assert (task.about, task.question, task.state) == (case.pk, "灯杆几号", "waiting")
    assert "附近没有人在岗" in desk.get(f"/desk/case/{case.number}").content.decode()
    app.post("/shifts", {"key": key(), "at": app.at})
    app.post(
        f"/tasks/{task.pk}/report",
        {"key": key(), "verdict": "true", "finding": "三号灯杆", "photos": [app.photo()]},
    )
    page = desk.get(f"/field/about/{case.number}").content.decode()
    assert "属实" in page
    assert "三号灯杆" in page


def test_it_is_the_desks_to_ask(world: World, at_desk: At) -> None:
    case = world.case("received")
    for login in ("grid", "urban", "manager", "clerk"):
        assert at_desk(login).get(f"/field/about/{case.number}").status_code == 403
        assert at_desk(login).post(f"/field/look/{case.number}").status_code == 403
        assert "/field/about/" not in at_desk(login).get(f"/desk/case/{case.number}").content.decode()
    assert not FieldTask.objects.exists()


def test_what_cannot_be_looked_at_now_is_refused_in_words(world: World, at_desk: At) -> None:
    desk, case = at_desk("dispatcher"), world.case("handling")
    desk.post(f"/field/look/{case.number}", {"question": "看看"})
    assert "只有受理前可以请人核实" in desk.get(f"/desk/case/{case.number}").content.decode()
    assert 'name="question"' not in desk.get(f"/field/about/{case.number}").content.decode()
