"""A counterpart that hangs, drips or takes its time costs nobody but itself: real sockets, more slow ones than any pool has hands."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from gongbi.channels import actions, rules, tasks
from gongbi.channels.actions.telling import LONGEST, OVERTAKEN
from gongbi.channels.calling import Unanswered, call
from gongbi.channels.models import Arrival, Lane, Outgoing, Source
from gongbi.channels.rules import Incoming, Outcome
from gongbi.kernel.scope.viewer import system
from tests.channels.conftest import Peer

ME = system("test")
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Town:
    """One server, many counterparts by their paths: ``/hang``, ``/late`` (9 s), ``/head`` and ``/body`` (a byte at a time), ``/fast``."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.asked: list[str] = []
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                line, _whence = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line:
            path = line.recv(65_536).split(b" ", 2)[1].decode().split("?")[0]
            self.asked.append(path)
            try:
                if path == "/fast":
                    line.sendall(GOOD)
                elif path == "/late":
                    self.over.wait(9)
                    line.sendall(GOOD)
                elif path in ("/head", "/body"):
                    before = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n" + (
                        b"\r\n" if path == "/body" else b"X-Drop: "
                    )
                    line.sendall(before)
                    while not self.over.wait(0.05):
                        line.sendall(b"x")
                else:
                    self.over.wait()
            except OSError:
                pass


@pytest.fixture
def town() -> Iterator[Town]:
    made = Town()
    yield made
    made.over.set()
    made.listening.close()


@pytest.mark.parametrize("path", ["/hang", "/head", "/body"])
def test_a_question_is_over_in_its_time_however_they_drip(town: Town, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unanswered):
        call("POST", town.address + path, body=b"{}", seconds=0.3)
    assert time.monotonic() - began < 5  # /head and /body would go on for as long as the town stands


def test_an_answer_that_is_cut_short_or_too_long_is_none(town: Town) -> None:
    assert call("GET", town.address + "/fast", seconds=5).outcome.done
    with pytest.raises(Unanswered, match="larger"):
        call("GET", town.address + "/fast", seconds=5, most=1)


def test_one_slow_counterpart_never_slows_another_nor_do_thirty(
    own_database: None, town: Town, now: datetime
) -> None:
    def net(code: str, path: str) -> Source:
        return actions.save_source(
            code=code, name=code, kind="net", direction="both", viewer=ME, at=now, settings={"endpoint": town.address + path, "strict": False}
        )  # fmt: skip

    slow = [net(f"slow-{n}", ("/hang", "/late", "/head", "/body")[n % 4]) for n in range(30)]
    fast = net("fast", "/fast")
    for one in (*slow, fast):
        actions.tell_once(one, "1", "report:1", {"n": 1}, topic="t", at=now)
    try:
        tasks.work(timezone.now())
        until = time.monotonic() + 60
        while len(town.asked) < 31 and time.monotonic() < until:
            time.sleep(0.02)
        assert sorted(set(town.asked)) == ["/body", "/fast", "/hang", "/head", "/late"]
        # All thirty are waited for now; what is new for the fast one, and what comes from it, goes its way all the same.
        actions.tell_once(fast, "2", "report:1", {"n": 2}, topic="t", at=now)
        incoming = Incoming(external="F-1", text="劳动路路口的井盖破损", said_at=now, lon=108.913, lat=34.265)
        actions.accept(fast, incoming, viewer=ME, at=now)
        while time.monotonic() < until and not (
            Outgoing.objects.filter(source=fast, done_at__isnull=False).count() == 2
            and Arrival.objects.filter(source=fast, standing=rules.DONE).exists()
        ):
            tasks.work(timezone.now())
            time.sleep(0.05)
        assert Outgoing.objects.filter(source=fast, done_at__isnull=False).count() == 2
        assert Arrival.objects.get(source=fast).standing == rules.DONE
        assert not Outgoing.objects.exclude(source=fast).filter(done_at__isnull=False).exists()
    finally:
        town.over.set()
        until = time.monotonic() + 60
        while tasks._busy and time.monotonic() < until:
            time.sleep(0.02)
    assert not tasks._busy


@pytest.mark.django_db
def test_a_turn_ends_before_its_lease_however_long_each_message_takes(
    source: Callable[..., Source], peer: Peer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, clock = source(), [0.0]
    for number in range(50):
        actions.tell_once(city, str(number), f"report:{number}", {}, topic="t", at=now)

    def slowly(self: Peer, *_given: Any, **_more: Any) -> Outcome:
        clock[0] += 10
        return Outcome(True)

    monkeypatch.setattr(Peer, "deliver", slowly)
    assert actions.deliver(city.pk, at=now, ticks=lambda: clock[0]) == 3
    assert timedelta(seconds=clock[0]) < rules.LEASE
    assert (
        timedelta(seconds=LONGEST + 30) < rules.LEASE
    )  # the last message may take the longest time there is
    assert Outgoing.objects.filter(done_at=now + timedelta(seconds=20)).count() == 1


@pytest.mark.django_db
def test_a_hand_that_needs_longer_keeps_its_lane_and_one_that_lost_it_stops(
    source: Callable[..., Source], peer: Peer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = source()
    for number in range(3):
        actions.tell_once(city, str(number), f"report:{number}", {}, topic="t", at=now)
    clock = [now]

    def slowly(self: Peer, *_given: Any, **_more: Any) -> Outcome:
        for _ in range(8):  # two minutes, while the worker's rounds go on
            clock[0] += timedelta(seconds=15)
            tasks._renew(clock[0])
            assert actions.enter_lane(city.pk, "out", at=clock[0]) is None
        return Outcome(True)

    monkeypatch.setattr(Peer, "deliver", slowly)
    assert tasks.work_lane(city.pk, "out", lambda: clock[0]) >= 1
    assert Lane.objects.get(source=city, way="out").leased_until is None

    def stuck(self: Peer, *_given: Any, **_more: Any) -> Outcome:
        clock[0] += rules.LEASE  # no round went by: the lane is free, and another hand takes it
        taken.append(actions.enter_lane(city.pk, "out", at=clock[0]))
        return Outcome(True)

    taken: list[Any] = []
    monkeypatch.setattr(Peer, "deliver", stuck)
    for number in range(10, 13):
        actions.tell_once(city, str(number), f"report:{number}", {}, topic="t", at=clock[0])
    left = Outgoing.objects.filter(done_at__isnull=True).count()
    tasks.work_lane(city.pk, "out", lambda: clock[0])
    assert Outgoing.objects.filter(done_at__isnull=True).count() == left - 1
    assert Lane.objects.get(source=city, way="out").leased_until == taken[0]  # still the other's


@pytest.mark.django_db
def test_who_knows_how_a_matter_stands_now_is_not_told_how_it_stood_before(
    source: Callable[..., Source], peer: Peer, now: datetime
) -> None:
    city, town = source("city"), source("town")
    for key, subject in (("1", "report:1"), ("2", "report:1"), ("3", "report:2")):
        actions.tell_once(city, key, subject, {"n": key}, topic="t", at=now)
    actions.tell_once(town, "2", "report:1", {"n": "town"}, topic="t", at=now)
    peer.fails = [Outcome(False, error="400", again=False)]
    assert actions.deliver(city.pk, at=now) == 2
    dead = Outgoing.objects.get(source=city, key="1")
    assert dead.dead_at is not None
    assert actions.resend([dead.pk], viewer=ME, at=now) == 0
    dead.refresh_from_db()
    assert (dead.dead_at, dead.answer) == (None, OVERTAKEN)
    assert [told["n"] for told in peer.heard] == ["2", "3"]


@pytest.mark.django_db
def test_what_is_overtaken_after_it_was_sent_again_stays_behind_too(
    source: Callable[..., Source], peer: Peer, now: datetime
) -> None:
    city = source()
    actions.tell_once(city, "1", "report:1", {"n": 1}, topic="t", at=now)
    peer.fails = [Outcome(False, error="400", again=False)]
    actions.deliver(city.pk, at=now)
    actions.tell_once(city, "2", "report:1", {"n": 2}, topic="t", at=now)
    first = Outgoing.objects.get(key="1")
    assert actions.resend([first.pk], viewer=ME, at=now) == 1  # nothing came after it yet: it goes first
    Outgoing.objects.filter(key="2").update(done_at=now)  # the hand was just at it
    assert actions.deliver(city.pk, at=now) == 0
    first.refresh_from_db()
    assert first.done_at is not None
    assert first.answer == OVERTAKEN
    assert peer.heard == []
