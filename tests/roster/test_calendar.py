"""Turns as iCalendar: read back by another parser and line by line; the address is a secret that can be withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, time, timedelta
from typing import Any

import pytest
import vobject
from django.test import Client

from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope.viewer import system
from gongbi.parties.models import Post
from gongbi.roster import actions, queries
from gongbi.roster.models import Feed
from tests.roster.conftest import Duty, at

pytestmark = pytest.mark.django_db
READER = system("calendar")
SignedIn = Callable[[Post], Any]


def fetch(key: str) -> bytes:
    answer = Client().get(f"/desk/duty/feed/{key}.ics")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    return answer.content


def events(body: bytes) -> list[Any]:
    return sorted(
        vobject.readOne(body.decode()).contents.get("vevent", []), key=lambda one: one.dtstart.value
    )


def test_another_parser_reads_the_same_instants(duty: Duty) -> None:
    turns = [
        duty.turn(0, "2026-03-10T20:00", "2026-03-11T08:00"),
        duty.turn(0, "2026-03-13T08:00", "2026-03-13T20:00"),
        duty.turn(1, "2026-03-12T08:00", "2026-03-12T20:00"),
    ]
    _feed, key = actions.make_feed(viewer=duty.viewer(0), at=duty.world.clock.now)
    body = fetch(key)
    mine = events(body)
    assert [(one.dtstart.value, one.dtend.value) for one in mine] == [
        (one.starts_at, one.ends_at) for one in turns[:2]
    ]
    assert [one.uid.value for one in mine] == [f"turn-{one.pk}@testserver" for one in turns[:2]]
    assert mine[0].dtstart.value.utcoffset() == timedelta(hours=8)
    assert "街道值班" in mine[0].summary.value
    _feed, key = actions.make_feed(
        viewer=duty.viewer(0), at=duty.world.clock.now, rota_id=duty.rota.pk, language="en"
    )
    whole = events(fetch(key))
    assert len(whole) == 3
    assert whole[0].summary.value.startswith("Street watch")
    assert duty.posts[1].work_name in whole[1].summary.value


def test_every_line_keeps_the_standard(duty: Duty) -> None:
    """RFC 5545 §3.1 (CRLF, 75 octets), §3.6 (what each part must have), §3.6.5 (VTIMEZONE for every TZID)."""
    duty.turn(0, "2026-03-10T20:00", "2026-03-11T08:00")
    _feed, key = actions.make_feed(viewer=duty.viewer(0), at=duty.world.clock.now)
    body = fetch(key)
    assert body.endswith(b"\r\n")
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    text = body.decode().replace("\r\n ", "")
    lines = text.split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert {"VERSION:2.0", "METHOD:PUBLISH"} <= set(lines)
    (event,) = re.findall(r"BEGIN:VEVENT\r\n(.*?)END:VEVENT", text, re.S)
    for needed in (
        "UID:",
        "DTSTAMP:",
        "DTSTART;TZID=Asia/Shanghai:20260310T200000",
        "DTEND;TZID=Asia/Shanghai:20260311T080000",
    ):
        assert needed in event
    assert re.search(r"DTSTAMP:\d{8}T\d{6}Z", event)
    zone = re.search(r"BEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai\r\n(.*?)END:VTIMEZONE", text, re.S)
    assert zone is not None
    assert "TZOFFSETTO:+0800" in zone[1]


def test_a_zone_with_summer_time_has_its_rules(duty: Duty) -> None:
    """The file's own VTIMEZONE, not the reader's, gives the offsets on both sides of the change."""
    rota, _became = actions.save_rota(
        code="berlin", name="跨区值守", kind="other", unit_id=duty.rota.unit_id, zone="Europe/Berlin", viewer=duty.leader,
        at=duty.world.clock.now, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    actions.save_shift(rota_id=rota.pk, name="夜", starts=time(22), ends=time(6), viewer=duty.leader)
    actions.save_member(
        rota_id=rota.pk, post_id=duty.posts[0].pk, place=0, since=date(2026, 1, 1), viewer=duty.leader
    )
    actions.generate(
        rota_id=rota.pk,
        first=date(2026, 3, 28),
        last=date(2026, 3, 28),
        viewer=duty.leader,
        at=duty.world.clock.now,
    )
    _feed, key = actions.make_feed(viewer=duty.viewer(0), at=duty.world.clock.now)
    body = fetch(key).decode().replace("\r\n ", "")
    zone = re.search(r"BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n(.*?)END:VTIMEZONE", body, re.S)
    assert zone is not None
    assert "TZOFFSETTO:+0100" in zone[1]
    assert "TZOFFSETTO:+0200" in zone[1]
    (one,) = events(body.encode())
    assert one.dtend.value - one.dtstart.value == timedelta(hours=8)  # on the wall
    utc = [one.dtstart.value.astimezone(UTC), one.dtend.value.astimezone(UTC)]
    assert utc[1] - utc[0] == timedelta(hours=7)  # as long as it really is


def test_the_address_is_a_secret_and_ends(duty: Duty, signed_in: SignedIn) -> None:
    duty.turn(0, "2026-03-10T20:00", "2026-03-11T08:00")
    desk = signed_in(duty.posts[0])
    made = desk.post("/desk/duty/feeds", {"rota": ""}).content.decode()
    address = re.search(r"http://testserver(/desk/duty/feed/([^<]+)\.ics)", made)
    assert address is not None
    key = address[2]
    assert key.partition(".")[2] not in Feed.objects.get().digest.hex()
    assert address[1] not in desk.get("/desk/duty/feeds").content.decode()  # shown once
    assert len(events(fetch(key))) == 1
    for wrong in (key[:-1], key + "x", "x." + key.partition(".")[2], key.partition(".")[0], "."):
        assert Client().get(f"/desk/duty/feed/{wrong}.ics").status_code == 404
    feed = Feed.objects.get()
    with pytest.raises(NotThere):
        actions.withdraw_feed(feed_id=feed.pk, viewer=duty.viewer(1), at=duty.world.clock.now)
    assert desk.post(f"/desk/duty/feeds/{feed.pk}/withdraw").status_code == 302
    assert Client().get(f"/desk/duty/feed/{key}.ics").status_code == 404


def test_an_address_ends_with_its_post(duty: Duty) -> None:
    _feed, key = actions.make_feed(viewer=duty.viewer(0), at=duty.world.clock.now)
    Post.objects.filter(pk=duty.posts[0].pk).update(valid_to=at("2026-03-20T00:00"))
    assert queries.feed_by_secret(key, READER, at=at("2026-03-19T23:59"))
    with pytest.raises(NotThere):
        queries.feed_by_secret(key, READER, at=at("2026-03-20T00:00"))


def test_an_empty_calendar_is_one(duty: Duty) -> None:
    _feed, key = actions.make_feed(viewer=duty.viewer(3), at=duty.world.clock.now)
    assert events(fetch(key)) == []
