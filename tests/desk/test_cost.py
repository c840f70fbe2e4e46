"""What a page asks of the database: the same number of queries however many rows it shows. On a database of its own, because
inside a transaction the calendar's version is looked up for every deadline.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.desk.conftest import HERE, Clock, Desk, World

pytestmark = pytest.mark.slow
DETAIL = {"HX-Request": "true", "HX-Target": "queue-detail"}


def queries_of(desk: Desk, address: str, **headers: Any) -> int:
    desk.get(address, **headers)  # what is remembered for the whole process is remembered now
    with CaptureQueriesContext(connection) as caught:
        assert desk.get(address, **headers).status_code == 200
    return len(caught)


@pytest.mark.parametrize(
    "address", ["/desk/queue/accept", "/desk/queue/open", "/desk/map", "/desk/search?q=路灯"]
)
def test_the_number_of_queries_does_not_grow_with_the_rows(
    address: str, own_database: str, clock: Clock
) -> None:
    desk, world = Desk("dispatcher", clock), World(clock)
    for place in range(5):
        world.say(lon=HERE["lon"] + place * 0.001, lat=HERE["lat"])
    few = queries_of(desk, address)
    for place in range(45):
        world.say(lon=HERE["lon"] + (place % 9) * 0.001, lat=HERE["lat"] + (place // 9) * 0.001)
    assert (
        abs(queries_of(desk, address) - few) <= 3
    )  # the calendar, the places and the lists are looked up once a second
    assert few <= 20


def test_a_matter_costs_the_same_however_many_reported_it(own_database: str, clock: Clock) -> None:
    desk, urban, world = Desk("dispatcher", clock), Desk("urban", clock), World(clock)
    short, long = world.case("handling"), world.case("handling")
    for _round in range(8):
        world.say(join=long.pk)
        urban.do(long, "contacted", report=long.reports.order_by("-id").first().pk)
    few = queries_of(desk, f"/desk/case/{short.number}", **DETAIL)
    assert abs(queries_of(desk, f"/desk/case/{long.number}", **DETAIL) - few) <= 2
    assert few <= 40


@pytest.mark.django_db
def test_a_visitor_costs_nothing(clock: Clock) -> None:
    with CaptureQueriesContext(connection) as caught:
        assert Client().get("/desk/", headers={"Accept": "text/html"}).status_code == 302
    assert len(caught) == 0
