"""What all tests share. The database comes from the environment (``DATABASE_URL``): the same suite runs on both columns."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase

from gongbi.kernel.scope.viewer import PUBLIC, Viewer, system
from tests.support.browsing import BROWSER_FLAGS, browser_path
from tests.support.furnished import furnish
from tests.support.house import House, fresh_database
from tests.support.prepared import emptied, test_databases

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
DISTRICT = "610104"
# Who asks for one of these works on the database of the column under test.
TOUCH_A_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server", "house", "bare"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--browser", default="", help="the Chromium to drive (default: the first one found on this machine)"
    )


def pytest_configure() -> None:
    # How long an example takes says something about the machine, not about the product.
    hypothesis.settings.register_profile(
        "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("house")
    # Passwords in tests guard nothing; a real hasher would cost a quarter of a second for each account.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    _spare_the_disk()
    settings.LIMITS = "off"  # every visitor of a test comes from one address
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def _spare_the_disk() -> None:
    """No power is cut between two tests. (What is shown with real processes is shown with the product's own settings.)"""
    options = settings.DATABASES["default"].setdefault("OPTIONS", {})
    if "init_command" in options:
        options["init_command"] += "PRAGMA synchronous=OFF;"
    else:
        options["options"] = "-c synchronous_commit=off"


def _touches_a_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not TOUCH_A_DATABASE.isdisjoint(fixtures)


def _depends_on_the_database(item: pytest.Item) -> bool:
    """What a page looks like does not, nor what is marked ``either``; the whole house, played through in a browser, does."""
    if item.get_closest_marker("either") is not None:
        return False
    looks = "browser" in getattr(item, "fixturenames", ()) and item.get_closest_marker("process") is None
    return _touches_a_database(item) and not looks


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that need no database first, files that start processes next, so that two workers end at about the same time.

    With ``GONGBI_TEST_ONLY=database`` (the second column of ``make test``) what cannot depend on the database is not run again.
    """
    if os.environ.get("GONGBI_TEST_ONLY") == "database":
        config.hook.pytest_deselected(items=[item for item in items if not _depends_on_the_database(item)])
        items[:] = [item for item in items if _depends_on_the_database(item)]
    turn: dict[Path, int] = {}
    for item in items:
        long = item.get_closest_marker("process") is not None or item.get_closest_marker("slow") is not None
        turn[item.path] = max(turn.get(item.path, 0), 2 if long else int(_touches_a_database(item)))
    order = {0: 0, 2: 1, 1: 2}
    items.sort(key=lambda item: order[turn[item.path]])  # stable: within a file and a turn nothing moves


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: Any
) -> Iterator[None]:
    """In place of pytest-django's: on SQLite the migrations are not played again for every run and worker."""
    with django_db_blocker.unblock():
        made = test_databases()
        made.__enter__()
    yield
    with django_db_blocker.unblock():
        made.__exit__(None, None, None)


@pytest.fixture(autouse=True, scope="session")
def _what_was_committed_is_emptied_where_it_was_written() -> Iterator[None]:
    """Tests with real transactions end with a flush of all tables, of which a test has written in five."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: emptied())
        yield


@pytest.fixture(autouse=True)
def _each_test_begins_in_the_houses_language() -> None:
    """A page asked for in English leaves its language with the thread; the next page sets its own, the next test does not."""
    from django.utils import translation

    translation.activate(settings.LANGUAGE_CODE)


# --- Time and data --------------------------------------------------------------------------------------------------


@pytest.fixture
def now() -> datetime:
    """A fixed moment: Tuesday, 10 March 2026, 10:00 in Shanghai, an ordinary working day."""
    return datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """``real_data("messages/replies.csv")``: a file of the real data beside the project; skips, saying so, where absent."""

    def find(name: str) -> Path:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"the real data is not here: ../shared/data/{name}")
        return path

    return find


# --- Who asks -------------------------------------------------------------------------------------------------------


class Viewers(Protocol):
    def __call__(self, role: str, /, **values: Any) -> Viewer: ...


@pytest.fixture
def viewer() -> Viewers:
    """``viewer(DISPATCHER)``: a viewer of that role with a post of its own, for the whole district unless said otherwise.

    Any field of :class:`Viewer` may be given. ``units`` is completed by ``unit_id``.
    """
    numbers = itertools.count(9001)

    def make(role: str, /, **values: Any) -> Viewer:
        number = next(numbers)
        given = {
            "actor": f"post:{number}",
            "post_id": number,
            "territories": (DISTRICT,),
            "name": role,
        } | values
        if given.get("unit_id") is not None:
            given["units"] = frozenset(given.get("units", ())) | {given["unit_id"]}
        return Viewer(role=role, **given)

    return make


@pytest.fixture
def public() -> Viewer:
    """A visitor who holds nothing."""
    return PUBLIC


@pytest.fixture
def machine() -> Viewer:
    """The viewer of a job."""
    return system("test")


# --- Browser --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """One headless Chromium for the session; where none is installed it is skipped, saying so, or fails (``CI``)."""
    path = browser_path(pytestconfig)
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, and Django would take every query beside it for one made inside the loop.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(BROWSER_FLAGS))
        yield chromium
        chromium.close()
    if before is None:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


# --- The house as processes -----------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The product as real processes on free ports, with its own data folder and an own database of the column under test.

    Not started: ``house.start()`` (as ``gongbi run``), ``house.stop()``, ``house.kill()``, ``house.gongbi("check")``.
    """
    with fresh_database(os.environ.get("DATABASE_URL", "")) as url:
        one = House(ROOT, tmp_path / "var", url)
        yield one
        one.kill()


@pytest.fixture
def bare(django_db_setup: None, tmp_path: Path) -> Iterator[House]:
    """A house, not started, that has its tables already and nothing in them."""
    with furnish(str(connections["default"].settings_dict["NAME"]), tmp_path / "var") as one:
        yield one
