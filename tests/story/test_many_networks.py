"""One broken manhole cover, four who report it, each in its own form; one case, four answers; and two ledgers held against each other.

Real processes, a real broker, a counterpart of its own for the hotline, a second house for the neighbouring city, a browser for the
people; the database of the column under test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, expect

from gongbi.look.i18n import compile_messages
from tests.channels.devices import broker
from tests.channels.devices.test_mqtt import needs_broker
from tests.channels.hotline.test_storm import Peer
from tests.story import reporting
from tests.story.people import CASE_NUMBER, PATIENCE, RECEIPT, Person, choose, finish, state, write, zh
from tests.story.test_story import ALBUM
from tests.support.district import district_database
from tests.support.furnished import furnish
from tests.support.house import House

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["district_database"]
pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.slow]
People = Callable[..., Person]


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    compile_messages()


@pytest.fixture
def houses(district_database: str, tmp_path: Path) -> Iterator[tuple[House, House]]:
    """Ours and the neighbour's, neither started."""
    with (
        furnish(district_database, tmp_path / "here") as here,
        furnish(district_database, tmp_path / "there") as there,
    ):
        yield here, there


@pytest.fixture
def hotline(houses: tuple[House, House]) -> Iterator[Peer]:
    """The counterpart, which knows where our house will be."""
    made = Peer(houses[0].url, "HMAC-SHA256", 7)
    yield made
    made.close()


@pytest.fixture
def people(browser: Browser, houses: tuple[House, House]) -> Iterator[People]:
    """``people("urban")``: somebody with a browser at our house. At the end no page had an error."""
    album = ALBUM / ("postgres" if houses[0].database else "sqlite")
    album.mkdir(parents=True, exist_ok=True)
    known: dict[str, Person] = {}
    expect.set_options(timeout=PATIENCE)

    def person(login: str = "", **more: object) -> Person:
        if login not in known:
            known[login] = Person(browser, houses[0].url, album, login, **more)  # type: ignore[arg-type]
        return known[login]

    yield person
    expect.set_options(timeout=5000)  # Playwright's own
    for one in known.values():
        one.context.close()
    assert [error for one in known.values() for error in one.errors] == []


@needs_broker
def test_four_report_one_manhole_and_its_closing_answers_all_four(
    houses: tuple[House, House], hotline: Peer, people: People, tmp_path: Path
) -> None:
    here, there = houses
    with broker.running(tmp_path / "broker", reporting.USERS) as at:
        key = reporting.furnish_here(here, hotline)
        here.start(more={"GONGBI_MQTT": at.url, "GONGBI_MQTT_CA": str(at.authority)})
        over = reporting.furnish_there(there, here, key)

        reporting.a_sensor_says_it(here, at)
        resident = people(phone=True, geolocation=reporting.PLACE, permissions=["geolocation"])
        receipt, link = reporting.a_resident_joins_it(resident)
        orders = reporting.the_hotline_sends_it(here, hotline)
        reporting.the_neighbour_sends_it(here, there, over)

        for net in ("xa12345", "neighbour"):
            number = over if net == "neighbour" else orders[0]
            the_desk_joins(
                people("dispatcher"), reporting.receipt_of(here, f"external = '{number}'"), receipt
            )
        case = the_desk_has_one_case_with_four_reporters(people("dispatcher"), receipt)
        it_goes_its_way(people, receipt)
        reporting.the_hotline_hears(hotline, orders[0])
        hotline.ask("say", type="callback", number=orders[0], outcome="reached", solved=True, grade=5)
        hotline.ask("push")

        reporting.the_gateway_hears(at, case, people("dispatcher"))
        reporting.the_resident_reads(here, resident, link)
        reporting.the_neighbour_hears(here, there, key, over)
        reporting.both_sides_agree(people("clerk"))
        reporting.three_are_planted_and_those_three_are_listed(people("clerk"), hotline, orders)
        the_channels_are_well(people("dispatcher"))
    for words in (("ledger", "verify"), ("check",)):
        done = here.gongbi(*words)
        assert done.returncode == 0, done.stdout + done.stderr


def the_desk_joins(me: Person, number: str, into: str) -> None:
    """The page proposes the twin with its probability; one press puts this case into that one, whose page then names it."""
    me.open(into)
    target = case_on(me)
    me.open(number)
    mine = case_on(me)
    twins = me.page.get_by_role("region", name=zh("May be the same")).get_by_role("listitem")
    twins.filter(has_text=target).get_by_role("button", name=zh("Merge into this one")).click()
    link = (
        me.page.get_by_role("listitem").filter(has_text="并入此件").get_by_role("link", name=re.compile(mine))
    )
    expect(link).to_be_visible()
    assert case_on(me) == target


def case_on(me: Person) -> str:
    """The number of the case whose page is open."""
    found = CASE_NUMBER.search(me.page.locator("header.matter-head").inner_text())
    assert found is not None
    return found[0]


def the_desk_has_one_case_with_four_reporters(me: Person, number: str) -> str:
    """Each in the reporter's own words, each with a receipt of its own; the number of the case."""
    me.open(number)
    me.shot("31-four-reporters")
    page = me.page.locator("main")
    for words in ("井盖倾斜设备", reporting.RESIDENT, reporting.CALLER, reporting.NEIGHBOUR):
        expect(page).to_contain_text(words)
    assert len(set(RECEIPT.findall(page.inner_text()))) == 4
    return case_on(me)


def it_goes_its_way(people: People, number: str) -> None:
    """Accepted, dispatched, signed for, handled with a photo, checked by somebody else."""

    def standard(panel: Locator) -> None:
        choose(panel, zh("Filing condition"), "破损")

    def lead(panel: Locator) -> None:
        choose(panel, zh("Lead unit"), "城市管理和综合执法局")
        fold = panel.locator("details").filter(has_text=zh("Co-handlers"))
        if fold.get_attribute("open") is None:
            fold.locator("summary").click()
        chosen = fold.locator("input:checked")  # the route proposes one; this desk needs none
        while chosen.count():
            chosen.first.uncheck()

    dispatcher, urban = people("dispatcher"), people("urban")
    dispatcher.take(number, "立案", state("accepted"), standard)
    dispatcher.take(number, "派遣", state("dispatched"), lead)
    urban.take(number, "签收", state("handling"))

    def done(panel: Locator) -> None:
        finish(urban, "井盖", "#2f7d5b")(panel)
        write("What was done", reporting.RESULT)(panel)

    urban.take(number, "处置完成", state("handled"), done)
    people("checker").take(
        number, "核查通过", state("checked"), write("What you found", "新井盖平整，不响。")
    )


def the_channels_are_well(me: Person) -> None:
    """Every counterpart's day stands on the page; nothing was refused, nothing given up."""
    me.page.goto("/desk/channels/")
    for name, came in (("西安12345", "3"), ("邻区", "1"), ("物联设备", "1")):
        line = me.page.locator("main tbody tr").filter(has_text=name).locator("td")
        # Came today, became reports, wait, refused, to be sent, given up.
        expect(line.nth(2)).to_have_text(came)
        assert [text.strip() for text in line.all_inner_texts()[2:8]] == [came, came, "0", "0", "0", "0"]
    me.shot("37-channels")
