"""Subscribers that take lists: once, in order, and one bad event holds up none but its own matter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from gongbi.kernel.outbox import actions, rules, subscribers, tasks
from gongbi.kernel.outbox.models import Delivery, OutboxRow
from gongbi.kernel.outbox.subscribers import Event, subscribe

from .test_relay import publish, run_together, working

Hear = Callable[..., list[list[Event]]]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the subscribers of the test."""
    monkeypatch.setattr(subscribers, "_handlers", {})
    monkeypatch.setattr(subscribers, "_many", {})
    monkeypatch.setattr(subscribers, "_loaded", [True])
    subscribers.handlers_of.cache_clear()
    yield
    subscribers.handlers_of.cache_clear()


@pytest.fixture
def hear(alone: None) -> Hear:
    """``lists = hear("a.*")``: the lists a subscriber got; ``fail`` may raise for an event."""

    def add(
        pattern: str, name: str = "ear", fail: Callable[[Event], None] | None = None
    ) -> list[list[Event]]:
        heard: list[list[Event]] = []

        @subscribe(pattern, name, many=True)
        def handler(events: Sequence[Event]) -> None:
            for event in events:
                if fail is not None:
                    fail(event)
            heard.append(list(events))

        return heard

    return add


def ids(lists: list[list[Event]]) -> list[list[int]]:
    return [[event.id for event in events] for events in lists]


@pytest.mark.django_db
def test_several_events_of_a_matter_are_leased_and_given_together_in_their_order(
    now: datetime, hear: Hear
) -> None:
    lists = hear("a.*")
    rows = [publish("a.b", matter_id=matter).pk for matter in (7, 8, 7, 7)]
    assert actions.relay(at=now, limit=10) == (4, rows)
    actions.deliver_many(rows, at=now)
    assert ids(lists) == [rows]
    assert set(OutboxRow.objects.values_list("done_at", flat=True)) == {now}
    assert Delivery.objects.count() == 4
    actions.deliver_many(rows, at=now)
    assert len(lists) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "free"), [(-1, False), (0, True)])
def test_an_event_waits_while_another_relay_holds_an_earlier_one_of_its_matter(
    now: datetime, hear: Hear, seconds: int, free: bool
) -> None:
    hear("a.*")
    first = publish("a.b", matter_id=7).pk
    assert actions.relay(at=now, limit=10)[1] == [first]
    second, other = publish("a.b", matter_id=7).pk, publish("a.b", matter_id=8).pk
    assert actions.relay(at=now, limit=10)[1] == [other]
    later = now + rules.LEASE + timedelta(seconds=seconds)
    assert actions.relay(at=later, limit=2)[1] == ([first, second] if free else [])


@pytest.mark.django_db
def test_a_relay_that_only_publishes_leases_nothing(now: datetime, hear: Hear) -> None:
    hear("a.*")
    publish("a.b")
    assert actions.relay(at=now, limit=0) == (1, [])
    assert OutboxRow.objects.get().leased_until is None


@pytest.mark.django_db
def test_one_bad_event_is_found_and_what_follows_it_in_its_matter_waits(now: datetime, hear: Hear) -> None:
    bad: list[int] = []

    def fail(event: Event) -> None:
        if event.id in bad:
            raise ValueError("broken")

    lists = hear("a.*", fail=fail)
    rows = [publish("a.b", matter_id=matter).pk for matter in (7, 8, 7, 9)]
    bad.append(rows[0])
    actions.relay(at=now, limit=10)
    actions.deliver_many(rows, at=now)
    assert ids(lists) == [[rows[1]], [rows[3]]]
    failed, waiting = OutboxRow.objects.get(pk=rows[0]), OutboxRow.objects.get(pk=rows[2])
    assert "ValueError: broken" in failed.last_error
    assert (waiting.done_at, waiting.leased_until, waiting.attempts) == (None, None, 0)
    assert actions.relay(at=now, limit=10)[1] == []  # the first one rests
    bad.clear()
    again = now + timedelta(seconds=2)
    assert actions.relay(at=again, limit=10)[1] == [rows[0], rows[2]]
    actions.deliver_many([rows[0], rows[2]], at=again)
    assert ids(lists)[2:] == [[rows[0]], [rows[2]]]
    assert not OutboxRow.objects.filter(done_at__isnull=True).exists()


@pytest.mark.django_db
def test_of_two_subscribers_only_the_one_that_failed_gets_its_events_again(now: datetime, hear: Hear) -> None:
    broken = [True]

    def fail(_event: Event) -> None:
        if broken:
            raise ValueError("broken")

    good, bad = hear("a.*", "one"), hear("a.*", "two", fail)
    row = publish("a.b").pk
    actions.relay(at=now, limit=10)
    actions.deliver_many([row], at=now)
    broken.clear()
    again = now + timedelta(seconds=2)
    actions.deliver_many(actions.relay(at=again, limit=10)[1], at=again)
    assert (ids(good), ids(bad)) == ([[row]], [[row]])


@pytest.mark.django_db(transaction=True)
def test_several_relays_lease_every_event_once(now: datetime, hear: Hear) -> None:
    hear("a.*")
    for number in range(60):
        publish("a.b", matter_id=number % 5)
    leased: list[int] = []

    def work() -> None:
        try:
            while got := actions.relay(at=now, limit=7)[1]:
                leased.extend(got)
        finally:
            connection.close()

    run_together([work] * 4)
    assert len(leased) == len(set(leased))
    actions.deliver_many(sorted(leased), at=now)
    while got := actions.relay(at=now, limit=50)[1]:
        leased.extend(got)
        actions.deliver_many(got, at=now)
    assert sorted(leased) == sorted(OutboxRow.objects.values_list("id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_the_worker_gives_lists_in_order(hear: Hear) -> None:
    lists = hear("a.*")

    def begin() -> None:
        for number in range(40):
            with transaction.atomic():
                actions.publish("a.b", at=tasks.now(), matter_id=number % 3, payload={"n": number})
        connection.close()

    writer = threading.Thread(target=begin)
    writer.start()
    working(lambda: sum(map(len, lists)) == 40)
    writer.join(10)
    assert [event.payload["n"] for events in lists for event in events] == list(range(40))
    assert not OutboxRow.objects.filter(done_at__isnull=True).exists()


def test_a_subscriber_that_takes_one_event_switches_lists_off(hear: Hear) -> None:
    hear("a.*")
    assert subscribers.all_take_many()

    @subscribe("a.*", "single")
    def single(_event: Event) -> None: ...

    assert not subscribers.all_take_many()
    subscribers.forget("single")
    assert subscribers.all_take_many()
