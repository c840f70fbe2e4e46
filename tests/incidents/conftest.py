"""Incidents in the demo district."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from gongbi.incidents import actions, exchange
from gongbi.incidents.actions.stock import Listed
from gongbi.incidents.models import Incident, Stock
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.territory import queries as territory
from tests.cases.conftest import post, say, unit
from tests.desk.conftest import _compiled, at_desk, clock, language, world
from tests.support.district import district, district_database, own_database

__all__ = [
    "_compiled", "at_desk", "clock", "district", "district_database", "language", "own_database", "post", "say", "unit", "world",
]  # fmt: skip
Open = Callable[..., Incident]


@pytest.fixture
def community(now: datetime) -> str:
    """The code of a community of the district."""
    return territory.divisions(level="community", on=now)[0].code


@pytest.fixture
def leader(post: Callable[..., Viewer]) -> Viewer:
    return post("dispatcher")


@pytest.fixture
def open_one(leader: Viewer, community: str, now: datetime) -> Open:
    """``open_one(drill=True, at=…)``: an incident that is responded to, at level 3, unless ``respond=False``."""
    made = 0

    def one(*, respond: bool = True, at: datetime | None = None, **more: Any) -> Incident:
        nonlocal made
        made += 1
        when = at or now
        plain = {
            "key": f"test-{made}", "title": "劳动路供水主管爆裂", "sort": "accident", "kind": "water_main", "level": 3,
            "territory": community, "happened_at": when, "summary": "路面冒水", "place_words": "劳动路路口", "unit_id": leader.unit_id,
        }  # fmt: skip
        opened = actions.open_incident(actions.Opened(**(plain | more)), viewer=leader, at=when)
        if respond:
            return actions.respond(key=opened.pk, level=3, viewer=leader, at=when)
        return opened

    return one


def save_examples(at: datetime) -> None:
    """The shipped example plans, in force."""
    for plan in exchange.examples():
        actions.save_plan(
            code=plan["code"], names=(plan["zh"], plan["en"]), sort=plan["sort"], kind=plan["kind"], steps=plan["steps"],
            source="示例", verified=False, viewer=system("test"), at=at,
        )  # fmt: skip


@pytest.fixture
def plans(db: None, now: datetime) -> None:
    save_examples(now)


def save_pumps(at: datetime, code: str, *, total: int = 10) -> Stock:
    """A depot with pumps."""
    line = Listed(
        code="depot", sort="depot", name=("物资库", "Depot"), territory=code[:9], item="pump", total=total
    )
    actions.save_stock(line, viewer=system("test"), at=at)
    return Stock.objects.get(store__code="depot", item="pump")


@pytest.fixture
def pumps(db: None, now: datetime, community: str) -> Stock:
    return save_pumps(now, community)
