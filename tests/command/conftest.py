"""Command in the demo district."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gongbi.command import actions
from gongbi.command.models import Order, Whistle
from gongbi.kernel.scope.viewer import Viewer
from tests.desk.conftest import (
    World,
    _compiled,
    _own_files,
    at_desk,
    clock,
    district,
    district_database,
    fresh,
    language,
    own_database,
    unit,
    world,
)

__all__ = [
    "_compiled", "_own_files", "at_desk", "clock", "district", "district_database", "fresh", "language", "own_database", "unit", "world",
]  # fmt: skip


@pytest.fixture
def give(world: World) -> Callable[..., Order]:
    """``give("manager", "urban_management")``: an order of the district to that unit, now."""

    def one(login: str = "manager", to: str = "urban_management", **more: Any) -> Order:
        plain: dict[str, Any] = {"title": "劳动路路灯熄灭", "text": "请立即查明原因"}
        given = actions.Given(unit_id=world.unit(to), **(plain | more))
        return actions.give(given, viewer=world.who(login), at=world.clock.now)

    return one


@pytest.fixture
def sound(world: World) -> Callable[..., Whistle]:
    """``sound(["urban_management", …])``: the street whistles for these; the first leads."""

    def one(to: list[str], login: str = "street-manager", **more: Any) -> Whistle:
        units = [actions.Wanted(world.unit(code), lead=number == 0) for number, code in enumerate(to)]
        plain: dict[str, Any] = {
            "title": "路面塌陷",
            "text": "请到场会商",
            "place_words": "劳动路口",
            "come_by": world.clock.now + timedelta(hours=1),
        }
        return actions.sound(
            actions.Blown(units=units, **(plain | more)), viewer=world.who(login), at=world.clock.now
        )

    return one


@pytest.fixture
def nearby(world: World) -> Callable[..., Any]:
    """``nearby()``: a case that is being handled, in the street that whistles."""

    def one(state: str = "handling") -> Any:
        from gongbi.territory import queries as territory

        (street,) = world.who("street-manager").territories
        community = next(
            one.code
            for one in territory.divisions(level="community", on=world.clock.now)
            if one.code.startswith(street)
        )
        return world.case(state, division=community, lon=None, lat=None)

    return one


@pytest.fixture
def handler(world: World, unit: Callable[[str], int]) -> Callable[[str], Viewer]:
    """``handler("traffic_police")``: who acts for that unit."""
    from gongbi.parties.models import Post

    def find(code: str) -> Viewer:
        post = Post.objects.get(unit_id=unit(code), role="handler")
        return Viewer(
            actor=post.actor, role="handler", post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id,
            units=frozenset({post.unit_id}),
        )  # fmt: skip

    return find


def at(text: str) -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(f"{text}+08:00")
