"""The whole story in one browser session: from a sentence on a phone to a case that everybody who spoke has judged.

Real processes, real pages, the database of the column under test. Pictures of each stage go to ``tests/artifacts``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from gongbi.look.i18n import compile_messages
from tests.story import speaking, working
from tests.story.people import PATIENCE, Person
from tests.support.house import House

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]
ALBUM = Path(__file__).resolve().parent.parent / "artifacts"


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_messages()


@pytest.fixture
def people(browser: Browser, bare: House) -> Iterator[Callable[..., Person]]:
    """``people("urban")``: somebody with a browser; the same login is the same person. At the end no page had an error."""
    album = ALBUM / ("postgres" if bare.database else "sqlite")
    album.mkdir(parents=True, exist_ok=True)
    known: dict[str, Person] = {}
    expect.set_options(timeout=PATIENCE)

    def person(login: str = "", *, who: str = "", phone: bool = False) -> Person:
        key = login or who
        if key not in known:
            known[key] = Person(browser, bare.url, album, login, phone=phone)
        return known[key]

    yield person
    expect.set_options(timeout=5000)  # Playwright's own
    for one in known.values():
        one.context.close()
    assert [error for one in known.values() for error in one.errors] == []


def test_from_the_first_word_to_the_last_verdict(bare: House, people: Callable[..., Person]) -> None:
    house = bare
    made = house.gongbi("demo")
    assert made.returncode == 0, made.stderr
    house.start()
    number, link_a = speaking.a_resident_says_it(people(who="A", phone=True))
    link_b = speaking.another_joins_it(people(who="B", phone=True), number)
    case = speaking.a_clerk_takes_two_calls(people("clerk"))
    working.the_desk_accepts_and_dispatches(people("dispatcher"), case)
    working.the_unit_contests_twice_and_is_ruled(people, case)
    working.the_unit_handles_it(people, case, link_a)
    working.a_checker_sends_it_back_once(people, case)
    speaking.everybody_is_answered(people, case, (link_a, link_b))
    speaking.it_is_still_there(people, case, (link_a, link_b))
    working.a_grid_worker_solves_on_the_spot(people("grid", phone=True))
    working.the_board_counts_it(house, people("manager"), case)
    for words in (("ledger", "verify"), ("check",)):
        done = house.gongbi(*words)
        assert done.returncode == 0, done.stdout + done.stderr
