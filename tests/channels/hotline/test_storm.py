"""A hotline of its own process that misbehaves: after the storm both sides agree, and three planted disagreements are those three."""

from __future__ import annotations

import hashlib
import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from gongbi.cases.models import Report
from gongbi.channels import actions as channels
from gongbi.channels.hotline import actions, mending, queries, signature
from gongbi.channels.hotline.adapter import reconcile_now
from gongbi.channels.hotline.models import Order, OrderFile, Reconciliation
from gongbi.channels.models import Lane, Outgoing, Rejection, Source
from gongbi.kernel.scope.viewer import Viewer, system
from tests.cases.conftest import _picture
from tests.channels.hotline.conftest import KEY, Make, checked, happened, taken_in, worked
from tests.support.server import served

ROOT = Path(__file__).parents[3]
ME = system("test")
Post, Unit = Callable[..., Viewer], Callable[[str], int]


class Peer:
    """The other process, and what a test asks of it."""

    def __init__(self, ours: str, algorithm: str, seed: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.hotline", f"{ours}/exchange/hotline/xa12345", "--key", KEY,
             "--algorithm", algorithm, "--seed", str(seed)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def ask(self, what: str, **given: Any) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        line.request("GET" if what == "state" else "POST", f"/control/{what}", json.dumps(given))
        told = json.loads(line.getresponse().read())
        line.close()
        return told

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def ours(own_database: str) -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture
def peer(ours: str) -> Iterator[Callable[..., Peer]]:
    """``peer()``: it runs."""
    made: list[Peer] = []

    def start(algorithm: str = signature.SHA256, seed: int = 7) -> Peer:
        made.append(Peer(ours, algorithm, seed))
        return made[-1]

    yield start
    for one in made:
        one.close()


def deliver_all(source: Source, at: datetime) -> datetime:
    """Let the lane rest and try again, on a clock of the test, until nothing waits."""
    for _turn in range(80):
        worked(source, "out", at)
        if not Outgoing.objects.filter(source=source, done_at__isnull=True).exists():
            return at
        at += timedelta(minutes=61)
    raise AssertionError(
        list(Outgoing.objects.filter(done_at__isnull=True).values_list("last_error", flat=True))
    )


def test_after_a_storm_both_sides_agree_and_three_planted_disagreements_are_listed(
    peer: Callable[..., Peer], hotline: Make, post: Post, unit: Unit
) -> None:
    there = peer(signature.SM3)
    source = hotline(algorithm=signature.SM3, base_url=there.address, timeout_seconds=1)
    at = timezone.now()
    numbers = there.ask("orders", count=14)["numbers"]
    there.ask("storm", on=True)
    for number in numbers[:6]:
        there.ask("change", number=number)
    for _round in range(6):
        there.ask("push")
    assert there.ask("state")["queue"] == 0
    assert there.ask("state")["refused"] == []
    taken_in(source, at)
    assert Report.objects.filter(net="xa12345").count() == 14
    assert Order.objects.count() == 14
    assert set(Order.objects.filter(number__in=numbers[:6]).values_list("version", flat=True)) == {2}
    assert Rejection.objects.filter(code="hotline.signature").exists()
    for number in numbers[:4]:
        checked(number, post, unit, at)
    there.ask("say", type="cancel", number=numbers[10], reason="重复派单")
    there.ask("push")
    happened()
    at = deliver_all(source, at)
    state = there.ask("state")
    assert max(state["seen"].values()) > 1, "the storm made nothing come twice: choose another seed"
    there.ask("storm", on=False)
    for number, solved in ((numbers[0], True), (numbers[1], False)):
        there.ask(
            "say", type="callback", number=number, outcome="reached", solved=solved, grade=5 if solved else 1
        )
        there.ask("plant", number=number, believe={"standing": "called_back"} if solved else {})
    there.ask("push")
    happened()
    deliver_all(source, at)
    clean = reconcile_now(source, at=timezone.now())
    assert [(one.number, one.sort, one.ours, one.theirs) for one in queries.differences(clean, ME)] == []
    assert (clean.theirs, clean.ours) == (14, 14)

    due = (timezone.now() + timedelta(days=40)).replace(second=0, microsecond=0).isoformat()
    there.ask("plant", number=numbers[2], believe={"answer_digest": "", "standing": "handling"})
    there.ask("plant", number=numbers[7], believe={"due": due})
    lost = there.ask("orders", count=1, start=90, pull=True)["numbers"][0]
    report = reconcile_now(source, at=timezone.now())
    found = queries.differences(report, ME)
    assert [(one.number, one.sort) for one in found] == [
        (numbers[2], "answer"), (numbers[7], "limit"), (lost, "missing_here")
    ]  # fmt: skip
    for one in found:
        mending.mend(one.pk, viewer=ME, at=timezone.now())
    deliver_all(source, timezone.now())
    assert queries.differences(reconcile_now(source, at=timezone.now()), ME) == []


def test_news_is_fetched_with_its_attachments_and_the_night_reconciles_once(
    peer: Callable[..., Peer], hotline: Make
) -> None:
    there = peer()
    source = hotline(base_url=there.address, poll_seconds=60, reconcile_at="00:00")
    at = timezone.now()
    numbers = there.ask("orders", count=25, pull=True)["numbers"]
    picture = _picture(70)
    attachment = {
        "name": "现场.jpg",
        "mime": "image/jpeg",
        "size": len(picture),
        "sha256": hashlib.sha256(picture).hexdigest(),
        "id": "f1",
    }
    there.ask("file", id="f1", hex=picture.hex(), number=numbers[0], attachment=attachment)
    worked(source, "poll", at)
    assert Order.objects.count() == 25
    assert OrderFile.objects.get().file_id is not None
    assert Reconciliation.objects.count() == 1
    deliver_all(source, at)
    assert {one["standing"] for one in there.ask("state")["believed"].values()} == {"received"}
    taken_in(source, at)
    worked(source, "poll", at + timedelta(minutes=2))
    assert Order.objects.count() == 25
    worked(source, "poll", at + timedelta(days=1))
    latest = Reconciliation.objects.latest("pk")
    assert (Reconciliation.objects.count(), latest.differences.count()) == (2, 0)


def test_a_hotline_that_is_down_loses_nothing_and_delays_nobody(
    peer: Callable[..., Peer], hotline: Make
) -> None:
    there = peer()
    source = hotline(base_url=there.address, poll_seconds=60)
    at = timezone.now()
    there.ask("orders", count=1, pull=True)
    worked(source, "poll", at)
    there.ask("down", on=True)
    worked(source, "out", at)
    assert Outgoing.objects.get().last_error.startswith("HTTP 503")
    worked(source, "poll", at + timedelta(minutes=2))
    assert "503" in Lane.objects.get(source=source, way="poll").last_error
    there.ask("down", on=False)
    deliver_all(source, at + timedelta(hours=1))
    assert list(there.ask("state")["seen"].values()) == [1]
    there.close()
    order = Order.objects.get()
    actions.say_again(order.pk, "again", viewer=ME, at=at)
    worked(source, "out", at + timedelta(hours=2))
    waiting = Outgoing.objects.get(key="again")
    assert waiting.attempts == 1
    assert waiting.dead_at is None
    channels.deliver(source.pk, at=at + timedelta(hours=2))
    waiting.refresh_from_db()
    assert waiting.attempts == 1  # it rests
