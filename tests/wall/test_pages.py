"""Who sees which wall, what stands on it, and screens that are hung up and taken back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.test import Client

from gongbi.kernel.errors import Forbidden, Refused, Stale
from gongbi.kernel.scope.viewer import system
from gongbi.territory import actions as boundaries
from gongbi.territory import queries as territory
from gongbi.wall import actions, links, queries
from gongbi.wall.models import Screen
from gongbi.wall.rules import OPEN, PASS

pytestmark = pytest.mark.django_db


def data_of(answer: Any) -> dict[str, Any]:
    found = re.search(
        r'<script id="wall-data" type="application/json">(.*?)</script>', answer.content.decode()
    )
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_a_leader_opens_the_wall_and_the_table_stands_without_a_script(
    world: Any, clock: Any, at_desk: Callable[[str], Any], django_assert_max_num_queries: Any
) -> None:
    made = world.case("handling", text="张三家门口的路灯坏了")
    desk = at_desk("manager")
    desk.get("/wall/")
    queries.forget(viewer=desk.viewer)
    with django_assert_max_num_queries(22):
        page = desk.get("/wall/")
    text = page.content.decode()
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    told = data_of(page)
    assert told["snapshot"]["cells"][made.territory][OPEN] == 1
    assert [one["key"] for one in told["snapshot"]["new"]] == [made.pk]
    assert links.read(told["pass"], at=clock.now)[0] == ("610104",)
    (street,) = [name for code, name in told["names"].items() if code == made.territory[:9]]
    row = re.search(rf"<tr><th scope=\"row\">{street}</th>(.*?)</tr>", text)
    assert row is not None
    assert re.findall(r">(\d+)<", row[1]) == ["1", "0", "1", "0", "0", "0", "0"]
    assert "张三" not in text
    assert made.number not in text


def test_many_who_look_within_a_second_are_counted_for_once(
    world: Any, at_desk: Callable[[str], Any], django_assert_max_num_queries: Any
) -> None:
    world.case("handling")
    viewer = at_desk("manager").viewer
    first = queries.snapshot(viewer, at=world.clock.now)
    with django_assert_max_num_queries(2):
        assert queries.snapshot(viewer, at=world.clock.now) == first


@pytest.mark.parametrize("login", ["urban", "grid", "clerk", "checker", "admin"])
def test_the_others_have_no_wall(at_desk: Callable[[str], Any], login: str) -> None:
    assert at_desk(login).get("/wall/").status_code == 403
    assert at_desk(login).get("/wall/now.json").status_code == 403


def test_shapes_are_of_the_own_places_and_of_that_day(at_desk: Callable[[str], Any]) -> None:
    desk = at_desk("manager")
    streets = desk.get("/wall/shapes/2026-03-10.json").json()["features"]
    assert {len(one["properties"]["code"]) for one in streets} == {9}
    inner = desk.get("/wall/shapes/2026-03-10.json", {"in": streets[0]["properties"]["code"]}).json()[
        "features"
    ]
    assert {len(one["properties"]["code"]) for one in inner} == {12}
    assert desk.get("/wall/shapes/1900-01-01.json").json()["features"] == []
    assert desk.get("/wall/shapes/2026-03-10.json", {"in": "990101"}).status_code == 404
    assert desk.get("/wall/shapes/2026-13-10.json").status_code == 404
    assert desk.get("/wall/day/2026-03-09.json").json()["code"] == "wall.day"


# --- Screens ---------------------------------------------------------------------------------------------------------------


def test_a_screen_is_hung_up_reads_its_street_and_nothing_else_and_is_taken_back(
    world: Any, clock: Any, at_desk: Callable[[str], Any]
) -> None:
    made = world.case("handling")
    street = made.territory[:9]
    guard = at_desk("security")
    page = guard.post("/wall/screens/new", {"name": "街道大厅", "code": street}).content.decode()
    link = re.search(r"http://testserver(/wall/screen/link/[\w-]+)", page)
    assert link is not None
    assert link[1] not in guard.get("/wall/screens/").content.decode()  # shown once

    glass = Client()
    first = glass.get(link[1])
    assert first.status_code == 302
    assert first["Location"] == "/wall/screen/"
    cookie = first.cookies["gongbi_wall"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/wall/screen/", True, "Lax")
    wall = glass.get("/wall/screen/")
    told = data_of(wall)
    assert told["scope"] == [street]
    assert set(told["snapshot"]["cells"]) == {made.territory}
    assert told["urls"]["list"] == told["urls"]["case"] == told["urls"]["board"] == ""
    assert "/desk/" not in wall.content.decode()
    assert glass.get("/wall/screen/now.json").json()["cells"] == told["snapshot"]["cells"]
    scope, until = links.read(glass.get("/wall/screen/pass.json").json(), at=clock.now)
    assert scope == (street,)
    assert until == (clock.now + PASS).timestamp()
    other = next(code for code in ("610104001", "610104002") if code != street)
    assert glass.get("/wall/screen/shapes/2026-03-10.json", {"in": other}).status_code == 404
    for elsewhere in ("/wall/", "/desk/", "/desk/map", "/api/cases", f"/desk/key/{made.pk}"):
        assert glass.get(elsewhere).status_code in (302, 401, 403), elsewhere
    screen = Screen.objects.get()
    assert screen.seen_at == clock.now
    assert "街道大厅" in at_desk("auditor").get("/wall/screens/").content.decode()

    assert guard.post(f"/wall/screens/{screen.pk}/end").status_code == 302
    for path in ("/wall/screen/", "/wall/screen/pass.json", "/wall/screen/now.json", link[1]):
        assert glass.get(path).status_code == 404, path
    with pytest.raises(links.BadPass):
        links.read(links.write(scope, at=clock.now, lasts=PASS), at=clock.now + PASS)
    assert guard.post(f"/wall/screens/{screen.pk}/end").status_code == 409


def test_screens_are_the_security_administrators(
    world: Any, clock: Any, at_desk: Callable[[str], Any]
) -> None:
    for login in ("manager", "admin", "auditor"):
        assert at_desk(login).post("/wall/screens/new", {"name": "墙", "code": "610104"}).status_code == 403
        with pytest.raises(Forbidden):
            actions.make_screen(name="墙", code="610104", viewer=world.who(login), at=clock.now)
    guard = at_desk("security")
    wrong = guard.post("/wall/screens/new", {"name": " ", "code": "610104"})
    assert wrong.status_code == 422
    assert "请写明这块屏挂在哪里" in wrong.content.decode()
    with pytest.raises(Refused, match="没有这个地方"):
        actions.make_screen(name="墙", code="619999", viewer=guard.viewer, at=clock.now)
    assert not Screen.objects.exists()
    screen, secret = actions.make_screen(name="墙", code="610104", viewer=guard.viewer, at=clock.now)
    assert secret.encode() not in bytes(screen.digest)
    actions.end_screen(screen.pk, viewer=guard.viewer, at=clock.now)
    with pytest.raises(Stale):
        actions.end_screen(screen.pk, viewer=guard.viewer, at=clock.now)
    assert Client().get("/wall/screen/").status_code == 404
    assert Client().get("/wall/screen/link/" + "x" * 5000).status_code == 404


def test_a_pass_is_neither_forged_nor_used_after_its_time(clock: Any) -> None:
    told = links.write(["610104001"], at=clock.now, lasts=PASS)
    assert links.read(told, at=clock.now)[0] == ("610104001",)
    for bad in ("", "x", told[:-2], told + "a"):
        with pytest.raises(links.BadPass):
            links.read(bad, at=clock.now)
    with pytest.raises(links.BadPass, match="run out"):
        links.read(told, at=clock.now + PASS + timedelta(seconds=1))
    from gongbi.kernel.outbox import audience

    with pytest.raises(audience.BadToken):  # it opens the wall's line, not the house's
        audience.read(told, at=clock.now)
    with pytest.raises(links.BadPass):
        links.read(audience.token(system("x"), at=clock.now), at=clock.now)


def test_a_past_day_is_drawn_with_its_own_boundaries(
    world: Any, clock: Any, at_desk: Callable[[str], Any]
) -> None:
    day = clock.now.date() + timedelta(days=1)
    community = territory.divisions(level="community", on=clock.now)[0].code
    grids = [one.code for one in territory.children(community, on=clock.now)]
    merged = None
    for pair in combinations(grids, 2):
        try:
            merged = boundaries.merge_grids(
                list(pair), effective=day, viewer=world.who("admin"), at=clock.now
            )
            break
        except Refused:  # they do not touch
            continue
    assert merged is not None

    def drawn(on: Any) -> set[str]:
        found = at_desk("manager").get(f"/wall/shapes/{on.isoformat()}.json", {"in": community}).json()
        return {one["properties"]["code"] for one in found["features"]}

    assert drawn(clock.now.date()) == set(grids)
    assert drawn(day) == {*grids, merged.code} - set(pair)
