"""A live screen hears what it may see, all of it and in order, also after a break."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from gongbi.kernel.flow.models import Matter
from gongbi.kernel.outbox import actions, audience, tasks
from gongbi.kernel.outbox.follower import Follower, told
from gongbi.kernel.outbox.live import Live
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import ADMIN, CLERK, DISPATCHER, HANDLER, INTEGRATOR, RESIDENT, Viewer

STREET_1, STREET_2 = "610104001", "610104002"
DISTRICT = Viewer(actor="post:1", role=DISPATCHER, territories=("610104",))


def sound(**change: Any) -> audience.Sound:
    values: dict[str, Any] = {
        "position": 1,
        "topic": "cases.accepted",
        "matter_id": 5,
        "units": frozenset({3}),
        "territories": frozenset({STREET_1 + "001"}),
    }
    return audience.Sound(**(values | change))


def ear(viewer: Viewer, matters: tuple[int, ...] = ()) -> audience.Ear:
    at = tasks.now()
    return audience.read(audience.token(viewer, at=at, matters=matters), at=at)


@pytest.mark.parametrize(
    ("viewer", "matters", "change", "hears"),
    [
        (DISTRICT, (), {}, True),
        (Viewer("p", CLERK, territories=(STREET_1,)), (), {}, True),
        (Viewer("p", CLERK, territories=(STREET_2,)), (), {}, False),
        (
            Viewer("p", CLERK, territories=(STREET_2,)),
            (),
            {"territories": frozenset({STREET_1, STREET_2 + "001"})},
            True,
        ),
        (Viewer("p", CLERK, territories=(STREET_2,)), (), {"territories": frozenset({""})}, False),
        (DISTRICT, (), {"territories": frozenset({""})}, True),
        (Viewer("p", CLERK), (), {}, False),
        (Viewer("p", HANDLER, units=frozenset({3, 4}), territories=(STREET_2,)), (), {}, True),
        (Viewer("p", HANDLER, units=frozenset({4}), territories=("610104",)), (), {}, False),
        (Viewer("p", INTEGRATOR, units=frozenset({3})), (), {}, True),
        (Viewer("p", INTEGRATOR, territories=(STREET_2,), units=frozenset({3})), (), {}, False),
        (Viewer("p", ADMIN, territories=("610104",)), (), {}, False),
        (Viewer("p", ADMIN), (), {"matter_id": None, "units": frozenset(), "territories": frozenset()}, True),
        (DISTRICT, (), {"matter_id": None, "units": frozenset(), "territories": frozenset()}, False),
        (Viewer("r", RESIDENT), (5,), {}, True),
        (Viewer("r", RESIDENT), (6,), {}, False),
        (Viewer("r", RESIDENT, territories=("610104",), units=frozenset({3})), (6,), {}, False),
        (Viewer("public"), (), {}, False),
    ],
)
def test_who_hears_what(
    viewer: Viewer, matters: tuple[int, ...], change: dict[str, Any], hears: bool
) -> None:
    assert audience.hears(ear(viewer, matters), sound(**change)) is hears


def test_a_token_runs_out_and_cannot_be_changed(now: datetime) -> None:
    text = audience.token(DISTRICT, at=now, seconds=60)
    assert audience.read(text, at=now + timedelta(seconds=59)).territories == ("610104",)
    for bad, at in (
        (text, now + timedelta(seconds=60)),
        (text[:-1] + ("a" if text[-1] != "a" else "b"), now),
        ("", now),
    ):
        with pytest.raises(audience.BadToken):
            audience.read(bad, at=at)


@given(
    st.dictionaries(
        st.sampled_from(["to", "number", "name", "list"]),
        st.one_of(st.text(max_size=20), st.integers(), st.lists(st.text(max_size=9))),
    )
)
def test_no_sentence_and_no_chinese_goes_out(payload: dict[str, Any]) -> None:
    data = audience.sound_of(1, "a.b", 5, payload, (3, STREET_1, "handling")).data
    wire = json.dumps(data)
    assert json.dumps(data, ensure_ascii=False) == wire
    assert all(" " not in str(value) for key, value in data.items() if not isinstance(value, list))
    assert data["matter"] == 5
    assert "unit" not in audience.told_resident(
        audience.sound_of(1, "a.b", 5, {"unit": 3, "to": "closed"}, None).data
    )


@pytest.mark.parametrize(
    ("topic", "patterns", "wanted"),
    [
        ("cases.a", [], True),
        ("cases.a", ["cases"], True),
        ("cases.a", ["cases.*"], True),
        ("cases.a", ["case"], False),
        ("cases.a", ["x", "cases.a"], True),
        ("clock.a", ["cases"], False),
    ],
)
def test_topics_are_chosen_by_room_or_pattern(topic: str, patterns: list[str], wanted: bool) -> None:
    assert audience.wants(topic, patterns) is wanted


def test_memory_reaches_back_as_far_as_it_is_kept() -> None:
    follower = Follower(kept=3)
    follower.events.extend(told(sound(position=n)) for n in range(1, 6))
    follower.position = 5
    got = {n: follower.since(n) for n in range(7)}
    assert [got[n] is None for n in range(7)] == [True, True, False, False, False, False, False]
    assert [[t.sound.position for t in got[n] or []] for n in range(2, 7)] == [[3, 4, 5], [4, 5], [5], [], []]


# --- Streams --------------------------------------------------------------------------------------------------------


class Stream:
    """A client of the application without a server between: what it was sent, parsed."""

    def __init__(
        self, app: Live, query: str, last: int | None = None, method: str = "GET", path: str = "/"
    ) -> None:
        headers = [(b"last-event-id", str(last).encode())] if last is not None else []
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
        }
        self.app, self.status, self.raw = app, 0, b""
        self.gone = asyncio.Event()
        self.task = asyncio.create_task(self.app(self.scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.raw += message["body"]

    def events(self) -> list[tuple[int, str, dict[str, Any]]]:
        found = []
        for block in self.raw.decode().split("\n\n"):
            lines = dict(
                line.split(": ", 1)
                for line in block.splitlines()
                if ": " in line and not line.startswith(":")
            )
            if "event" in lines:
                found.append((int(lines.get("id", -1)), lines["event"], json.loads(lines["data"])))
        return found

    def positions(self) -> list[int]:
        return [number for number, name, _data in self.events() if name not in ("hello", "reset", "end")]

    async def until(self, done: Callable[[], bool], seconds: float = 5) -> None:
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            await asyncio.sleep(0.01)
        assert done(), self.raw[-500:]

    async def close(self) -> None:
        self.gone.set()
        await self.task


def happen(number: int, matter_id: int | None = None, **options: Any) -> None:
    with transaction.atomic():
        for n in range(number):
            actions.publish(
                options.pop("topic", "cases.accepted"),
                at=tasks.now(),
                matter_id=matter_id,
                payload={"n": n, "territory": STREET_1, **options},
            )
    actions.give_positions(at=tasks.now())


def play(story: Callable[[Live], Awaitable[None]], heartbeat: float = 5) -> None:
    async def run() -> None:
        app = Live(heartbeat)
        try:
            await asyncio.wait_for(story(app), 30)
        finally:
            await asyncio.to_thread(app.close)

    # In a thread of its own: a browser test of the same session may have left its loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()


def query(viewer: Viewer = DISTRICT, matters: tuple[int, ...] = (), more: str = "") -> str:
    return "token=" + audience.token(viewer, at=tasks.now(), matters=matters) + more


@pytest.mark.django_db(transaction=True)
def test_a_stream_tells_what_happens_and_goes_on_where_it_broke_off() -> None:
    async def story(app: Live) -> None:
        await asyncio.to_thread(happen, 3)
        first = Stream(app, query())
        await first.until(lambda: b"hello" in first.raw)
        assert first.events()[0][0] == 3
        await asyncio.to_thread(happen, 2)
        await first.until(lambda: len(first.positions()) == 2)
        await first.close()
        await asyncio.to_thread(happen, 4)
        again = Stream(app, query(), last=5)
        await again.until(lambda: len(again.positions()) == 4)
        assert first.positions() + again.positions() == [4, 5, 6, 7, 8, 9]
        assert again.events()[1][1:] == (
            "cases.accepted",
            {"n": 0, "territory": STREET_1, "topic": "cases.accepted", "matter": None},
        )
        early = Stream(app, query(more="&last=1&topics=cases"))
        other = Stream(app, query(more="&last=1&topics=clock"))
        await early.until(lambda: early.positions() == [2, 3, 4, 5, 6, 7, 8, 9])
        assert other.positions() == []
        for stream in (again, early, other):
            await stream.close()
        assert app.streams == 0

    play(story)


@pytest.mark.django_db(transaction=True)
def test_replaying_the_stream_gives_the_state_that_a_fresh_read_gives(now: datetime) -> None:
    matter = Matter.objects.create(flow="case", state="new", unit_id=3, territory=STREET_1, opened_at=now)

    def step(state: str, unit: int) -> None:
        with transaction.atomic():
            Matter.objects.filter(pk=matter.pk).update(state=state, unit_id=unit)
            actions.publish(
                "cases.step", at=tasks.now(), matter_id=matter.pk, payload={"to": state, "unit": unit}
            )
        actions.give_positions(at=tasks.now())

    async def story(app: Live) -> None:
        staff = Stream(app, query())
        old_unit = Stream(app, query(Viewer("p", HANDLER, units=frozenset({3}))))
        stranger = Stream(app, query(Viewer("p", HANDLER, units=frozenset({9}))))
        resident = Stream(app, query(Viewer("r", RESIDENT), (matter.pk,)))
        await staff.until(lambda: all(b"hello" in s.raw for s in (staff, old_unit, stranger, resident)))
        chance = random.Random(4)
        for state in ("accepted", "dispatched", "handling", "checked", "closed"):
            await asyncio.to_thread(step, state, 3 if state != "closed" else 4)
            await asyncio.sleep(chance.random() * 0.05)
        await staff.until(lambda: len(staff.positions()) == 5)
        await resident.until(lambda: len(resident.positions()) == 5)
        folded = staff.events()[-1][2]["to"]
        fresh = await asyncio.to_thread(lambda: Matter.objects.get(pk=matter.pk).state)
        assert folded == fresh == "closed"
        assert len(old_unit.positions()) >= 4
        assert stranger.positions() == []
        assert resident.events()[-1][2] == {
            "topic": "cases.step",
            "matter": matter.pk,
            "state": "closed",
            "to": "closed",
        }
        for stream in (staff, old_unit, stranger, resident):
            await stream.close()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_a_stretch_that_is_gone_is_said_and_one_only_in_the_database_is_read_there() -> None:
    happen(20)
    OutboxRow.objects.filter(position__lte=10).delete()

    async def story(app: Live) -> None:
        pruned, there, future = (
            Stream(app, query(), last=3),
            Stream(app, query(), last=12),
            Stream(app, query(), last=999),
        )
        await pruned.until(lambda: b"reset" in pruned.raw and b"reset" in future.raw)
        await there.until(lambda: there.positions() == list(range(13, 21)))
        await asyncio.to_thread(happen, 1)
        for stream in (pruned, there, future):
            await stream.until(lambda s=stream: s.positions()[-1:] == [21])  # type: ignore[misc]
            await stream.close()

    play(story)


@pytest.mark.django_db(transaction=True)
def test_bad_tokens_are_refused_and_a_token_that_runs_out_ends_its_stream_with_a_word(now: datetime) -> None:
    async def story(app: Live) -> None:
        for asked, status, method in (("token=x", 403, "GET"), ("", 403, "GET"), (query(), 405, "POST")):
            stream = Stream(app, asked, method=method)
            await stream.task
            assert stream.status == status
        short = Stream(app, "token=" + audience.token(DISTRICT, at=tasks.now(), seconds=2))
        await short.until(lambda: b"event: end" in short.raw)
        await short.task
        assert b": 0\n\n" in short.raw  # heartbeats on the way
        health = Stream(app, "", path="/live/healthz")
        await health.task
        assert health.status == 200

    play(story, heartbeat=0.3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_five_hundred_streams_each_hear_everything() -> None:
    async def story(app: Live) -> None:
        streams = [Stream(app, query()) for _ in range(500)]
        await streams[-1].until(lambda: all(b"hello" in s.raw for s in streams))
        for _burst in range(5):
            await asyncio.to_thread(happen, 20)
        await streams[0].until(
            lambda: all(len(s.positions()) == 100 for s in (streams[0], streams[250], streams[-1]))
        )
        await asyncio.sleep(0.2)
        assert all(s.positions() == list(range(1, 101)) for s in streams)
        for stream in streams:
            await stream.close()

    play(story)
