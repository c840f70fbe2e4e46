"""SIGKILL at any moment: nothing is lost and nothing done twice. Real processes on the test's own database."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction

from gongbi.kernel.outbox import actions, rules, subscribers, tasks, worker
from gongbi.kernel.outbox.models import Delivery, OutboxRow
from gongbi.kernel.outbox.subscribers import Event
from tests.support.forked import forked

EVENTS, MATTERS = 400, 40


def effect(event: Event) -> None:
    """One row for each event: twice would break the key; a later number that is there already, the order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO test_effect (event, matter, n) VALUES (%s, %s, %s)",
            [event.id, event.matter_id, event.payload["n"]],
        )
        cursor.execute(
            "SELECT count(*) FROM test_effect WHERE matter = %s AND n > %s",
            [event.matter_id, event.payload["n"]],
        )
        assert cursor.fetchone()[0] == 0, "out of order"


def work() -> None:
    """``gongbi worker`` with a short lease and one subscriber more."""
    rules.LEASE = timedelta(seconds=2)
    subscribers.subscribe("crash.*", "test.effect")(effect)
    worker.run()


@pytest.fixture
def effects(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_effect (event bigint PRIMARY KEY, matter bigint, n bigint)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_effect")


def finished() -> int:
    return OutboxRow.objects.filter(done_at__isnull=False).count()


@pytest.mark.process
@pytest.mark.slow
def test_killing_the_worker_again_and_again_loses_nothing_and_doubles_nothing(effects: None) -> None:
    chance = random.Random(610104)
    for low in range(0, EVENTS, 50):
        with transaction.atomic():
            for n in range(low, low + 50):
                actions.publish("crash.test", at=tasks.now(), matter_id=n % MATTERS, payload={"n": n})
    kills = 0
    deadline = time.monotonic() + 180
    while kills < 4 and finished() < EVENTS and time.monotonic() < deadline:
        process = forked(work)
        before = finished()
        while finished() < before + 15 and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.05)
        process.kill()
        process.join(5)
        kills += 1
        assert finished() < EVENTS, "too quick to be killed in the middle: more events are needed"
    process = forked(work)
    while finished() < EVENTS and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    process.join(10)
    assert process.exitcode == 0
    assert kills == 4
    assert finished() == EVENTS
    assert Delivery.objects.count() == EVENTS
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT event), count(DISTINCT n) FROM test_effect")
        assert cursor.fetchone() == (EVENTS, EVENTS, EVENTS)
    assert sorted(OutboxRow.objects.values_list("position", flat=True)) == list(range(1, EVENTS + 1))


@pytest.mark.process
@pytest.mark.slow
def test_several_worker_processes_share_the_work_on_postgresql(effects: None) -> None:
    processes = [forked(work) for _ in range(3 if connection.vendor == "postgresql" else 1)]
    try:
        for n in range(EVENTS):
            with transaction.atomic():
                actions.publish("crash.test", at=tasks.now(), matter_id=n % MATTERS, payload={"n": n})
        deadline = time.monotonic() + 180
        processes[-1].kill() if len(processes) > 1 else None
        while finished() < EVENTS and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        for process in processes:
            process.terminate()
            process.join(10)
    assert finished() == EVENTS
    assert Delivery.objects.count() == EVENTS
    assert not OutboxRow.objects.exclude(last_error="").exists()
