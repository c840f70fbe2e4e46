"""The grid worker: the next task, found and solved in one tap, the duty list, who to call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from gongbi.cases import actions
from gongbi.cases.queries import report_by_number
from gongbi.duties import queries as duties
from gongbi.field.nearby import Task, here_of, in_order
from gongbi.kernel.flow import numbers
from gongbi.territory import queries as territory
from tests.desk.conftest import Desk, World, system_eye

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


def found(desk: Desk, photo: Any = None, **more: Any) -> Any:
    """Send the form; without ``did`` it is solved on the spot."""
    grid = desk.viewer.territories[0]
    data = {
        "kind": "E0201",
        "text": "",
        "place_words": "",
        "division": grid,
        "lon": "",
        "lat": "",
        "key": "k1",
        "did": "solved",
    }
    if photo is not None:
        data["after"] = photo
    return desk.post("/field/report", data | more)


def last_case(desk: Desk) -> Any:
    from gongbi.cases.models import Case

    return Case.objects.order_by("-pk").first()


def test_found_and_solved_in_one_tap(world: World, at_desk: At, photo: Any) -> None:
    desk = at_desk("grid")
    answer = found(desk, photo())
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    case = last_case(desk)
    assert (case.state, case.channel, case.kind) == ("handled", "field", "E0201")
    assert case.territory == desk.viewer.territories[0]
    assert case.handled_by_person == desk.viewer.person_id
    page = desk.get("/field/plain").content.decode()
    assert "当场解决" in page


def test_a_tap_sent_twice_is_one_report(world: World, at_desk: At, photo: Any) -> None:
    from gongbi.cases.models import Report

    desk = at_desk("grid")
    found(desk, photo())
    found(desk, photo())
    assert Report.objects.count() == 1


def test_who_solved_it_does_not_check_it(world: World, at_desk: At, photo: Any) -> None:
    desk = at_desk("grid")
    found(desk, photo())
    case = last_case(desk)
    assert desk.do(case, "confirm", finding="好").status_code == 403
    assert at_desk("checker").do(case, "confirm", finding="干净").status_code == 302


def test_what_others_must_do_is_reported(world: World, at_desk: At, photo: Any) -> None:
    desk = at_desk("grid")
    answer = found(desk, photo(), kind="", text="路灯不亮，晚上很黑", did="report")
    assert answer.status_code == 302
    case = last_case(desk)
    assert (case.state, case.kind) == ("received", "C0137")


def test_the_position_of_the_phone_goes_before_the_grid(world: World, at_desk: At, photo: Any) -> None:
    desk = at_desk("grid")
    inside = _inside(desk)
    found(desk, photo(), lon=str(inside[0]), lat=str(inside[1]))
    case = last_case(desk)
    assert case.lon == pytest.approx(inside[0], abs=1e-4)
    assert case.territory == desk.viewer.territories[0]
    half = found(desk, photo(50), lon=str(inside[0]), lat="", key="k2")
    assert half.status_code == 302  # half a position is none: the grid is enough


def _inside(desk: Desk) -> tuple[float, float]:
    code = desk.viewer.territories[0]
    shapes = territory.map_geojson("grid", code[:12], on=desk.clock.now)["features"]
    lon, lat = next(one for one in shapes if one["properties"]["code"] == code)["properties"]["label"]
    return lon, lat


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "", "text": "", "did": "report"}, "text"),
        ({"kind": "", "text": ""}, "kind"),
        ({"kind": "", "text": "有事", "did": "solved"}, "kind"),
        ({"division": "610104099099099"}, ""),
        ({"did": "nothing"}, ""),
        ({"kind": "C0137"}, ""),
        ({"kind": "ZZZZ9"}, ""),
    ],
)
def test_what_is_missing_or_impossible_is_said_and_the_photo_is_kept(
    more: dict[str, str], field: str, world: World, at_desk: At, photo: Any
) -> None:
    desk = at_desk("grid")
    answer = found(desk, photo(), **more)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'name="kept"' in page
    if field:
        assert f'id="id_{field}_wrong"' in page
    assert last_case(desk) is None


def test_solved_without_a_photo_is_said_beside_the_photos(world: World, at_desk: At) -> None:
    page = found(at_desk("grid")).content.decode()
    assert 'id="id_after_wrong"' in page
    assert "处置后照片" in page


def test_a_photo_that_is_none_is_said(world: World, at_desk: At) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    answer = found(at_desk("grid"), SimpleUploadedFile("a.jpg", b"PK\x03\x04 not a photo", "image/jpeg"))
    assert answer.status_code == 422


def test_danger_shows_the_number_to_call(world: World, at_desk: At) -> None:
    answer = found(at_desk("grid"), kind="", text="楼里着火了，有人被困", did="report")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="tel:119"' in page


def test_tasks_of_my_unit_stand_first(world: World, at_desk: At) -> None:
    desk = at_desk("grid")
    grid = desk.viewer.territories[0]
    other = world.say(lon=None, lat=None, division=grid)
    lists = [item for name in ("perform", "actfor") for item in duties.duty_items(list_type=name)]
    kind = next(k.code for k in duties.kinds() if any(item.covers(k.code, grid[:12]) for item in lists))
    mine = world.say(lon=None, lat=None, division=grid, kind=kind, text="楼道里的事，请社区看看")
    actions.accept(case_id=mine.pk, viewer=world.who("dispatcher"), at=world.clock.on(minutes=1), kind=kind)
    actions.dispatch(
        case_id=mine.pk,
        viewer=world.who("dispatcher"),
        at=world.clock.on(minutes=1),
        unit_id=desk.viewer.unit_id or 0,
    )
    page = desk.get("/field/plain").content.decode()
    assert page.index("先办这件") < page.index(mine.title) < page.index(other.title)
    assert f"/desk/case/{mine.number}" in page
    assert desk.get(f"/desk/case/{mine.number}").status_code == 200
    assert desk.do(mine, "sign").status_code == 302


@pytest.mark.parametrize(
    ("lon", "lat", "point"),
    [
        ("108.9", "34.2", (108.9, 34.2)),
        ("x", "1", None),
        ("", "", None),
        ("181", "0", None),
        ("180", "-90", (180.0, -90.0)),
        ("nan", "1", None),
    ],
)
def test_a_position_is_two_numbers_on_the_earth(lon: str, lat: str, point: Any) -> None:
    assert here_of(lon, lat) == point


def test_order_mine_then_near_then_soon() -> None:
    def task(name: str, mine: bool, metres: int | None, due: int) -> Task:
        at = datetime(2026, 3, 10, due, tzinfo=UTC)
        return Task(SimpleNamespace(title=name, due_at=at, opened_at=at), "", None, mine, metres, "", "")

    shown = [
        task("far", True, 900, 1),
        task("others", False, 1, 1),
        task("late", True, None, 2),
        task("near", True, 20, 9),
        task("soon", True, None, 1),
    ]
    assert [one.case.title for one in in_order(shown)] == ["near", "far", "soon", "late", "others"]


def test_the_pages_of_the_grid_worker_are_his_alone(at_desk: At) -> None:
    for path in ("/field/plain", "/field/report", "/field/duties", "/field/contacts"):
        assert at_desk("grid").get(path).status_code == 200
        assert at_desk("dispatcher").get(path).status_code == 403


def test_the_duty_list_and_the_numbers_to_call(at_desk: At) -> None:
    desk = at_desk("grid")
    page = desk.get("/field/duties").content.decode()
    assert "P001" in page
    assert "履职 · " in page
    page = desk.get("/field/contacts").content.decode()
    assert 'href="tel:110"' in page
    assert desk.viewer.territories[0] in page


def test_the_pages_are_light(at_desk: At) -> None:
    """What a phone with a weak signal loads: no map, and little text."""
    for path in ("/field/plain", "/field/report"):
        page = at_desk("grid").get(path).content
        assert len(page) < 30_000
        assert b"maplibre" not in page


def test_the_receipt_number_is_told(world: World, at_desk: At, photo: Any) -> None:
    desk = at_desk("grid")
    found(desk, photo())
    case = last_case(desk)
    number = case.reports.get().number
    assert number in desk.get("/field/plain").content.decode()
    assert numbers.read(number) is not None
    assert report_by_number(number, system_eye()).case_id == case.pk
