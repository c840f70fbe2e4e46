"""The morning of the command centre's day: what the sensor and residents say becomes one case, and the look for warnings finds it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from datetime import datetime
from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

from tests.story.people import CASE_NUMBER, RECEIPT, Person, state, zh
from tests.story.planted import DEVICE, SPOT_WORDS
from tests.support.house import House

SEEN, BURST = "道路积水", "E0501"  # what a machine takes it for; what the desk calls it


class Wall:
    """The wall in a page that stays open: what stands on it is waited for, never fetched."""

    def __init__(self, me: Person) -> None:
        self.page = me.page
        self.me = me
        self.page.goto("/wall/")
        expect(self.page.locator(".wall-state")).to_have_text("实时")
        self.opened = self.page.evaluate("performance.timeOrigin")

    def newest(self, kind: str, *, count: int = 1) -> None:
        """The newest case is of that kind, and so many among the new ones are."""
        new = self.page.locator('[data-stream="new"] li')
        expect(new.filter(has_text=kind)).to_have_count(count)
        expect(new.first).to_contain_text(kind)
        self.same_page()

    def shows(self, sum_: str, figure: str) -> None:
        """That sum stands at that figure."""
        found = self.page.locator(".wall-sums li").filter(has_text=sum_).locator("strong")
        expect(found).to_have_text(figure)
        self.same_page()

    def doing(self, *words: str, count: int = 1) -> None:
        """So many lines of what is being done hold all of these words."""
        lines = self.page.locator(".wall-doing ol > li")
        for word in words:
            lines = lines.filter(has_text=word)
        expect(lines).to_have_count(count)
        self.same_page()

    def figure(self, sum_: str) -> int:
        """What a sum stands at now."""
        return int(self.page.locator(".wall-sums li").filter(has_text=sum_).locator("strong").inner_text())

    def same_page(self) -> None:
        assert self.page.evaluate("performance.timeOrigin") == self.opened  # it was not loaded anew


def planted(house: House) -> dict[str, Any]:
    """What lies behind the day (tests.story.planted), written in the house's own environment."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.story.planted"],
        cwd=house.root, env=house.environment(), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def others_say(house: House, said: list[dict[str, Any]], wall: Wall) -> None:
    """What is said in the district besides: each becomes a matter at once, and the wall counts it."""
    before = wall.figure("在办")
    for words in said:
        asked = urllib.request.Request(
            f"{house.url}/api/reports", data=json.dumps(words).encode(), headers={"Content-Type": "application/json"}
        )  # fmt: skip
        with urllib.request.urlopen(asked) as answer:
            assert answer.status == 201
    expect(wall.page.locator(".wall-sums li").filter(has_text="在办").locator("strong")).not_to_have_text(
        str(before)
    )
    wall.same_page()


def the_sensor_tells(house: House, day: dict[str, Any], me: Person, wall: Wall) -> str:
    """Water rises on the road, a reading every five minutes: a candidate case, on the wall at once. Its number."""
    at = timezone.now()
    readings = [
        {"device": DEVICE, "value": value, "at": measured, "seq": number}
        for number, (measured, value) in enumerate(day["readings"], start=1)
        if datetime.fromisoformat(measured) <= at
    ]
    asked = urllib.request.Request(
        f"{house.url}/api/devices/readings", data=json.dumps({"sent": at.isoformat(), "readings": readings}).encode(),
        headers={"Authorization": f"Bearer {day['key']}", "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(asked) as answer:
        assert answer.status < 300
    wall.newest(SEEN)
    return _waiting(me, SPOT_WORDS)


def _waiting(me: Person, words: str) -> str:
    """The number of the one case with these words that waits at the desk."""
    me.page.goto("/desk/queue/accept")
    line = me.page.locator("[data-queue-list] a").filter(has_text=words)
    expect(line).to_have_count(1)
    found = CASE_NUMBER.search(line.get_attribute("href") or "")
    assert found is not None
    return found[0]


def a_resident_says_it(me: Person, day: dict[str, Any], wall: Wall) -> str:
    """On a phone that gives its position; the number of the receipt."""
    page = me.page
    me.context.grant_permissions(["geolocation"])
    said = day["residents"][0]
    me.context.set_geolocation({"longitude": said["lon"], "latitude": said["lat"]})
    page.goto("/ask")
    page.get_by_label(zh("What is it about?")).fill(said["text"])
    _here(me)
    page.get_by_role("button", name=zh("Send"), exact=True).click()
    page.wait_for_url("**/receipt/**")
    found = RECEIPT.search(page.locator("main").inner_text())
    assert found is not None
    wall.newest(SEEN, count=2)
    return found[0]


def _here(me: Person) -> None:
    """Use my position, and wait until the page knows where that is."""
    me.page.get_by_role("button", name="用我的位置").click()
    expect(me.page.locator("input[data-lon]")).not_to_have_value("")


def another_joins_it(me: Person, day: dict[str, Any]) -> None:
    """Somebody else sees that it is known, and joins."""
    page = me.page
    me.context.grant_permissions(["geolocation"])
    said = day["residents"][1]
    me.context.set_geolocation({"longitude": said["lon"], "latitude": said["lat"]})
    page.goto("/ask")
    page.get_by_label(zh("What is it about?")).fill(said["text"])
    _here(me)
    known = page.get_by_role("region", name=zh("Already being handled"))
    known.get_by_role("listitem").filter(has_text=SEEN).first.get_by_role(
        "button", name=zh("That is mine too: join it")
    ).click()
    page.wait_for_url("**/receipt/**")


def the_desk_makes_it_one(me: Person, day: dict[str, Any], sensor: str, wall: Wall) -> str:
    """The sensor's case goes into the residents'; what is left is accepted as what it is. The number of the one case."""
    before = wall.figure("在办")
    case = _waiting(me, day["residents"][0]["text"][:8])
    me.open(sensor)
    panel = me.press("并入")
    panel.get_by_label(zh("Or the number of another case")).fill(case)
    me.send(panel, "并入")
    # It goes on to what it went into.
    expect(me.page.get_by_role("heading", level=1)).to_contain_text("水管爆裂")
    wall.shows("在办", str(before - 1))
    me.open(case)
    accept = me.press("立案")
    accept.locator("label.choice").filter(
        has_text=BURST
    ).click()  # it is the main, the water is what one sees
    me.send(accept, "立案")
    me.done("立案", state("accepted"))
    return case


def the_look_warns(house: House, me: Person, case: str, wall: Wall) -> str:
    """The main burst here before: a warning of something that comes back, on the wall and on the case's page. Its number."""
    before = wall.figure("预警")
    done = house.gongbi("warn", "--date", timezone.localdate().isoformat(), "--json")
    assert done.returncode == 0, done.stderr
    raised = [one for one in json.loads(done.stdout)["warnings"] if one["kind"] == BURST]
    assert [one["sort"] for one in raised] == ["repeat"]
    number: str = raised[0]["number"]
    wall.shows("预警", str(before + 1))
    me.open(case)
    expect(
        me.page.get_by_role("navigation", name="来龙去脉").get_by_role("link", name=number)
    ).to_be_visible()
    return number
