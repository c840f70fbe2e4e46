"""A day of the command centre in one browser session: a burst water main, from the sensor's word to a ranking that was appealed against.

Real processes, real pages, the database of the column under test; the wall stands open in a second page all day and is never reloaded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from gongbi.look.i18n import compile_messages
from tests.story import commanding, responding
from tests.story.people import PATIENCE, Person
from tests.story.test_story import ALBUM
from tests.support.house import House

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]
People = Callable[..., Person]


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_messages()


@pytest.fixture
def day(bare: House) -> dict[str, Any]:
    """The demo district with what lies behind this day; the house is open."""
    made = bare.gongbi("demo")
    assert made.returncode == 0, made.stderr
    told = commanding.planted(bare)
    bare.start()
    return told


@pytest.fixture
def people(browser: Browser, bare: House) -> Iterator[People]:
    """``people("water")``: somebody with a browser; the same login is the same person. At the end no page had an error."""
    album: Path = ALBUM / ("postgres" if bare.database else "sqlite")
    album.mkdir(parents=True, exist_ok=True)
    known: dict[str, Person] = {}
    expect.set_options(timeout=PATIENCE)

    def person(login: str = "", *, who: str = "", phone: bool = False, **more: Any) -> Person:
        key = f"{login}/{who}"
        if key not in known:
            known[key] = Person(browser, bare.url, album, login, phone=phone, **more)
        return known[key]

    yield person
    expect.set_options(timeout=5000)  # Playwright's own
    for one in known.values():
        one.context.close()
    assert [error for one in known.values() for error in one.errors] == []


def test_a_burst_water_main_from_the_sensor_to_the_ranking(
    bare: House, day: dict[str, Any], people: People
) -> None:
    wall = commanding.Wall(people("manager", who="wall", viewport={"width": 1920, "height": 1080}))
    # A day like others, and water that rises. Sensor and residents: one case.
    commanding.others_say(bare, day["others"][:6], wall)
    sensor = commanding.the_sensor_tells(bare, day, people("dispatcher"), wall)
    commanding.a_resident_says_it(people(who="A", phone=True), day, wall)
    commanding.another_joins_it(people(who="B", phone=True), day)
    case = commanding.the_desk_makes_it_one(people("dispatcher"), day, sensor, wall)
    # Case, warning, incident, in one click each.
    warning = commanding.the_look_warns(bare, people("dispatcher"), case, wall)
    incident = responding.one_click(people("dispatcher"), warning, case, wall)
    responding.the_plan_starts(people("dispatcher"), incident)
    commanding.others_say(bare, day["others"][6:10], wall)
    # Three departments are called: each signs, comes, reports.
    whistle = responding.the_street_whistles(people("street-manager"), incident, day, wall)
    for there, (code, name) in enumerate(day["units"].items(), start=1):
        responding.a_department_comes(people(code.replace("_", "-"), phone=True), name, there, wall)
    # The public is told, and told that it is over.
    responding.the_public_is_told(bare, people("dispatcher"), people(who="A", phone=True), incident)
    responding.the_whistle_ends(people("street-manager"), people("manager"), whistle, wall)
    responding.the_alert_is_lifted(bare, people("dispatcher"), people(who="A", phone=True), incident)
    responding.it_is_over(people("dispatcher"), incident, wall)
    responding.the_review_is_drafted(people("dispatcher"), incident, whistle)
    responding.everybody_sees_the_chain(people, case, warning, incident, whistle)
    # The month before, contested and recomputed.
    responding.an_appeal_is_upheld(bare, people)
    bytes_of = [responding.recomputed(bare, people("manager")) for _twice in range(2)]
    assert bytes_of[0] == bytes_of[1]
    assert json.loads(bytes_of[0])
    for words in (("ledger", "verify"), ("check",)):
        done = bare.gongbi(*words)
        assert done.returncode == 0, done.stdout + done.stderr
