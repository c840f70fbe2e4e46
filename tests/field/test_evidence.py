"""Photos of the field app on the matter's page: when, how far away, the same bytes; and only for those who judge them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gongbi.kernel.files.models import StoredFile
from gongbi.rounds.models import FieldPhoto
from tests.desk.conftest import Clock, Desk, World, jpeg
from tests.field.test_api import TOKYO, App
from tests.field.test_field import _inside

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


@pytest.fixture
def app(at_desk: At) -> App:
    return App(at_desk("grid"))


def solved(app: App, **photo: Any) -> Any:
    from gongbi.cases.models import Case

    lon, lat = _inside(app.desk)
    taken = (app.clock.now - timedelta(minutes=13)).isoformat()
    facts = {"taken_at": taken, "lon": lon, "lat": lat + 40 / 111_320, "accuracy": 12} | photo
    name = app.photo(jpeg(77), **facts)
    body = app.entry(photos=[name], lon=lon, lat=lat, matter={"kind": "E0201", "did": "solved"})
    status, told = app.post("/entries", body)
    assert status == 200, told
    return Case.objects.get()


def test_time_distance_and_digest_stand_under_the_photo(app: App, at_desk: At) -> None:
    case = solved(app)
    page = at_desk("checker").get(f"/desk/case/{case.number}").content.decode()
    assert "2026-03-10 09:47" in page
    assert "约 40 米 ±12" in page
    assert hashlib.sha256(jpeg(77)).hexdigest() in page
    assert "与手机登记一致" in page
    assert "请核对" not in page


def test_bytes_that_are_not_those_announced_are_said(app: App, at_desk: At) -> None:
    case = solved(app)
    StoredFile.objects.update(original_digest="0" * 64)
    assert "与手机登记不一致" in at_desk("checker").get(f"/desk/case/{case.number}").content.decode()


def test_tokyo_stays_a_question_for_who_judges(app: App, at_desk: At) -> None:
    case = solved(app, sure=True, lon=None, lat=None, **TOKYO)
    page = at_desk("checker").get(f"/desk/case/{case.number}").content.decode()
    assert "这张照片自带的位置不在本区；网格员确认是这里拍的，请核对" in page
    assert "不详" in page  # the phone said no place


def test_a_photo_from_far_off_is_marked(app: App, at_desk: At) -> None:
    lon, lat = _inside(app.desk)
    case = solved(app, lon=lon, lat=lat + 900 / 111_320)
    page = at_desk("checker").get(f"/desk/case/{case.number}").content.decode()
    assert re.search(r"约 (89|90)\d 米", page)


def test_who_does_not_judge_sees_the_photo_and_nothing_about_the_worker(
    app: App, at_desk: At, world: World
) -> None:
    case = solved(app)
    page = at_desk("community").get(f"/desk/case/{case.number}").content.decode()
    assert "处置后" in page or "After" in page
    assert "离案件位置" not in page
    assert FieldPhoto.objects.get().digest not in page
    assert "离案件位置" in at_desk("grid").get(f"/desk/case/{case.number}").content.decode()  # the own photo


def test_photos_of_the_desk_say_nothing_of_a_phone(world: World, at_desk: At, clock: Clock) -> None:
    case = world.case("received", photos=[world.photo(90)])
    assert "离案件位置" not in at_desk("dispatcher").get(f"/desk/case/{case.number}").content.decode()
