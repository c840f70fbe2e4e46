"""The demo district for the tests that need one: built once a session in a database of its own.

A package whose tests stand in it imports the fixtures in its conftest:

    from tests.support.district import district, district_database, own_database  # noqa: F401

Every test of that package then runs in the district's database (each in a transaction that is rolled back). A test that commits,
starts threads or a live server asks for ``own_database``, a copy of it that is thrown away, instead of ``transactional_db``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connections

from tests.support.copies import copied

FOUNDED = datetime(2026, 1, 5, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def build_district() -> None:
    """Divisions, duties, calendar, units and posts; nothing when they are there."""
    from gongbi.duties import actions as duties
    from gongbi.duties.exchange import departments
    from gongbi.kernel.clock import actions as clocks
    from gongbi.kernel.scope.viewer import system
    from gongbi.parties.demo import build_demo as build_parties
    from gongbi.parties.models import Unit
    from gongbi.territory import queries as territory
    from gongbi.territory.demo import build_demo as build_territory

    if Unit.objects.exists():
        return
    build_territory(at=FOUNDED)
    clocks.seed_calendar(2004, 2027)
    duties.load_defaults(at=FOUNDED, viewer=system("demo"))
    forget_caches()
    rows = territory.divisions(on=FOUNDED)
    below = {
        level: [(d.code, d.name) for d in rows if d.level == level]
        for level in ("street", "community", "grid")
    }
    build_parties(
        departments={row["code"]: (row["name_zh"], row["name_en"]) for row in departments()},
        district=settings.DISTRICT_CODE,
        streets=below["street"],
        communities=below["community"],
        grids=[code for code, _ in below["grid"]],
        at=FOUNDED,
        viewer=system("demo"),
    )


def forget_caches() -> None:
    """What this process remembers of another state of the database."""
    from gongbi.cases.queries import settings as case_settings
    from gongbi.kernel.clock.queries import forget_calendar
    from gongbi.territory import memory

    forget_calendar()
    memory.suspect("boundaries")
    memory.suspect("places")
    case_settings.forget()


@contextlib.contextmanager
def built(blocker: Any, build: Callable[[], None]) -> Iterator[str]:
    """The name of a copy of the test database in which ``build`` has been; the test database itself stays in use."""
    given = connections["default"].settings_dict
    with blocker.unblock():
        empty = given["NAME"]
        with copied() as name:
            build()
            connections.close_all()
            given["NAME"] = empty
            forget_caches()
            yield name


@contextlib.contextmanager
def standing_in(blocker: Any, name: str) -> Iterator[None]:
    """Tests see that database instead of the empty one."""
    given = connections["default"].settings_dict
    empty = given["NAME"]
    _switch(blocker, given, name)
    yield
    _switch(blocker, given, empty)


@pytest.fixture(scope="session")
def district_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database with the district in it."""
    with built(django_db_blocker, build_district) as name:
        yield name


@pytest.fixture(scope="module", autouse=True)
def district(district_database: str, django_db_blocker: Any) -> Iterator[None]:
    """The module's tests see the district's database instead of the empty one."""
    with standing_in(django_db_blocker, district_database):
        yield


def _switch(blocker: Any, given: dict[str, Any], name: str) -> None:
    with blocker.unblock():
        connections.close_all()
        given["NAME"] = name
        forget_caches()


@pytest.fixture
def own_database(district: None, django_db_blocker: Any) -> Iterator[str]:
    """A copy of the district's database: commits are real, threads may write, nothing is flushed afterwards."""
    with django_db_blocker.unblock(), copied() as name:
        forget_caches()
        yield name
    forget_caches()
