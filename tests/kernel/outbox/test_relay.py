"""What must follow a change follows it: once, in order, whoever dies on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.outbox import actions, periodic, queries, rules, subscribers, tasks, worker
from gongbi.kernel.outbox.models import Delivery, Head, OutboxRow, PeriodicJob
from gongbi.kernel.outbox.subscribers import Event, subscribe
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, CLERK, Viewer

SECOND = timedelta(seconds=1)
ADMIN_1 = Viewer(actor="post:9", role=ADMIN)
Listen = Callable[..., list[Event]]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """``heard = listen("a.*")``: a subscriber that notes what it gets; ``fail`` is called first and may raise."""
    names: list[str] = []

    def add(pattern: str, name: str = "ear", fail: Callable[[Event], Any] | None = None) -> list[Event]:
        heard: list[Event] = []

        def handler(event: Event) -> None:
            if fail is not None:
                fail(event)
            heard.append(event)

        handler.__qualname__ = f"{name}{time.perf_counter_ns()}"
        subscribe(pattern, name)(handler)
        names.append(name)
        return heard

    yield add
    for name in names:
        subscribers.forget(name)


def publish(topic: str = "a.b", **options: Any) -> OutboxRow:
    with transaction.atomic():
        return actions.publish(
            topic, at=options.pop("at", datetime(2026, 3, 10, tzinfo=tasks.now().tzinfo)), **options
        )


def drain(at: datetime, rounds: int = 50) -> None:
    """Relay and worker by hand, one row after the other."""
    for _round in range(rounds):
        actions.give_positions(at=at)
        claimed = actions.claim(at=at, limit=10)
        if not claimed:
            return
        for row_id in claimed:
            actions.deliver(row_id, at=at)
    raise AssertionError("it does not come to an end")


# --- Publishing -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_event_is_written_in_the_transaction_of_its_change_or_not_at_all(now: datetime) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        actions.publish("a.b", at=now)

    def failing_change() -> None:
        with transaction.atomic():
            actions.publish("a.b", at=now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing_change()
    assert not OutboxRow.objects.exists()


@pytest.mark.django_db
def test_publishing_is_one_insert_and_takes_telephone_numbers_out(
    now: datetime, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(1):
        row = actions.publish("a.b", at=now, matter_id=3, payload={"n": 1, "text": "call 138" + "12345678"})
    assert OutboxRow.objects.get(pk=row.pk).payload == {"n": 1, "text": "call [phone]"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("topic", "good"),
    [
        ("a.b", True),
        ("cases.accepted_again", True),
        ("a", False),
        ("A.b", False),
        ("a..b", False),
        ("", False),
        ("a b.c", False),
        ("x." + "y" * 58, True),
        ("x." + "y" * 59, False),
    ],
)
def test_topics_have_one_form(now: datetime, topic: str, good: bool) -> None:
    if good:
        assert actions.publish(topic, at=now).pk
    else:
        with pytest.raises(ValueError, match="topic"):
            actions.publish(topic, at=now)


@pytest.mark.django_db
def test_positions_have_no_gap_and_timers_get_theirs_when_they_are_due(now: datetime, listen: Listen) -> None:
    heard = listen("a.*")
    timer = publish("a.timer", not_before=now + SECOND)
    rows = [publish("a.b", matter_id=n) for n in range(3)]
    assert actions.give_positions(at=now) == 3
    assert actions.give_positions(at=now) == 0
    publish("a.b")
    assert actions.give_positions(at=now + SECOND) == 2
    found = dict(OutboxRow.objects.values_list("id", "position"))
    assert [found[row.pk] for row in rows] == [1, 2, 3]
    assert sorted(found.values()) == [1, 2, 3, 4, 5]
    drain(now + SECOND)
    assert [event.id for event in heard].count(timer.pk) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "told"), [(-1, 0), (0, 1), (1, 1)])
def test_a_timer_is_not_early(now: datetime, listen: Listen, seconds: int, told: int) -> None:
    heard = listen("a.*")
    publish("a.timer", not_before=now)
    drain(now + seconds * SECOND)
    assert len(heard) == told


@pytest.mark.django_db
def test_a_timer_far_away_does_not_hold_up_its_matter(now: datetime, listen: Listen) -> None:
    heard = listen("a.*")
    publish("a.timer", matter_id=1, not_before=now + timedelta(days=30))
    publish("a.b", matter_id=1)
    drain(now)
    assert [event.topic for event in heard] == ["a.b"]


@pytest.mark.django_db
def test_events_nobody_wants_are_done_when_they_are_published(now: datetime) -> None:
    row = publish("nobody.wants")
    actions.give_positions(at=now)
    row.refresh_from_db()
    assert (row.done_at, row.position) == (now, 1)
    assert not actions.something_due(at=now)


@pytest.mark.django_db
def test_positions_go_on_after_pruning_and_after_a_lost_head(now: datetime) -> None:
    publish("nobody.wants")
    actions.give_positions(at=now)
    publish("nobody.wants")
    Head.objects.all().delete()
    actions.give_positions(at=now)
    assert queries.last_position() == 2
    assert actions.prune(at=now + rules.KEEP) == 0
    assert actions.prune(at=now + rules.KEEP + SECOND) == 2
    publish("nobody.wants")
    actions.give_positions(at=now)
    assert queries.last_position() == 3


# --- Delivering -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_matter_in_order_others_beside_it(now: datetime, listen: Listen) -> None:
    first, second, other, loose = (publish("a.b", matter_id=m) for m in (1, 1, 2, None))
    listen("a.*")
    actions.give_positions(at=now)
    assert actions.claim(at=now, limit=10) == [first.pk, other.pk, loose.pk]
    assert actions.claim(at=now, limit=10) == []
    actions.deliver(first.pk, at=now)
    assert actions.claim(at=now, limit=10) == [second.pk]


@pytest.mark.django_db
def test_a_failing_subscriber_holds_its_matter_but_not_the_other_subscribers(
    now: datetime, listen: Listen
) -> None:
    broken = [True]

    def fail(_event: Event) -> None:
        if broken:
            raise OSError("cannot reach 138" + "12345678")

    good, bad = listen("a.*", "good"), listen("a.*", "bad", fail)
    first = publish("a.b", matter_id=1)
    publish("a.c", matter_id=1)
    drain(now)
    first.refresh_from_db()
    assert [e.topic for e in good] == ["a.b"]
    assert bad == []
    assert first.last_error == "bad: OSError: cannot reach [phone]"
    assert (first.attempts, first.leased_until) == (1, now + SECOND)
    broken.clear()
    drain(now + SECOND / 2)
    assert bad == []
    drain(now + SECOND)
    assert [e.topic for e in good] == [e.topic for e in bad] == ["a.b", "a.c"]
    assert Delivery.objects.count() == 4


@pytest.mark.django_db
def test_what_a_failing_handler_wrote_is_undone(now: datetime, listen: Listen) -> None:
    def fail(event: Event) -> None:
        PeriodicJob.objects.create(name="effect", next_at=now)
        raise ValueError("after writing")

    listen("a.*", fail=fail)
    row = publish("a.b")
    drain(now)
    assert not PeriodicJob.objects.exists()
    assert not Delivery.objects.filter(row=row).exists()


@pytest.mark.parametrize(
    ("attempts", "rest", "dead"),
    [
        (1, 1, False),
        (2, 2, False),
        (12, 2048, False),
        (13, 3600, False),
        (15, 3600, False),
        (16, 3600, True),
        (99, 3600, True),
    ],
)
def test_rests_double_up_to_an_hour_and_end(attempts: int, rest: int, dead: bool) -> None:
    assert rules.rest_after(attempts) == rest * SECOND
    assert rules.gives_up(attempts) is dead


@pytest.mark.django_db
def test_a_dead_letter_is_seen_lets_its_matter_go_on_and_can_be_sent_again(
    now: datetime, listen: Listen
) -> None:
    broken = [True]

    def fail(event: Event) -> None:
        if broken and event.topic == "a.poison":
            raise ValueError("no")

    good, heard = listen("a.*", "good"), listen("a.*", "ear", fail)
    row = publish("a.poison", matter_id=1)
    publish("a.next", matter_id=1)
    at = now
    for _attempt in range(rules.MAX_ATTEMPTS):
        drain(at)
        at += rules.LONGEST_REST
    assert [e.topic for e in heard] == ["a.next"]
    assert [r.pk for r in queries.dead_letters(ADMIN_1)] == [row.pk]
    assert queries.backlog(ADMIN_1, at=at).dead == 1
    assert [b.invariant for b in queries.breaches()] == ["outbox"]
    for viewer in (Viewer(actor="post:1", role=CLERK), Viewer(actor="post:2", role=AUDITOR)):
        with pytest.raises(Forbidden):
            actions.resend([row.pk], viewer=viewer, at=at)
    with pytest.raises(Forbidden):
        queries.dead_letters(Viewer(actor="post:1", role=CLERK))
    broken.clear()
    assert actions.resend([row.pk], viewer=ADMIN_1, at=at) == 1
    drain(at)
    assert [e.topic for e in heard] == ["a.next", "a.poison"]
    assert [e.topic for e in good] == ["a.poison", "a.next"]  # not told twice
    with pytest.raises(NotThere):
        actions.resend([row.pk], viewer=ADMIN_1, at=at)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "again"), [(-1, False), (0, True)])
def test_a_lease_that_ran_out_is_claimed_again(
    now: datetime, listen: Listen, seconds: int, again: bool
) -> None:
    listen("a.*")
    row = publish("a.b")
    actions.give_positions(at=now)
    assert actions.claim(at=now, limit=5) == [row.pk]
    assert bool(actions.claim(at=now + rules.LEASE + seconds * SECOND, limit=5)) is again


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_the_same_row_give_it_to_each_subscriber_once(now: datetime, listen: Listen) -> None:
    heard = listen("a.*", fail=lambda _event: time.sleep(0.1))
    row = publish("a.b")
    actions.give_positions(at=now)
    actions.claim(at=now, limit=1)
    OutboxRow.objects.filter(pk=row.pk).update(attempts=2)

    def work() -> None:
        try:
            actions.deliver(row.pk, at=now)
        finally:
            connection.close()

    run_together([work] * 4)
    assert len(heard) == 1
    assert Delivery.objects.count() == 1
    assert OutboxRow.objects.get().done_at == now


@pytest.mark.django_db(transaction=True)
def test_several_relays_give_every_position_once_and_every_row_to_one(now: datetime, listen: Listen) -> None:
    listen("a.*")
    for _n in range(120):
        publish("a.b")
    claimed: list[int] = []

    def work() -> None:
        try:
            while actions.give_positions(at=now, limit=7):
                claimed.extend(actions.claim(at=now, limit=5))
            while got := actions.claim(at=now, limit=5):
                claimed.extend(got)
        finally:
            connection.close()

    run_together([work] * 4)
    assert sorted(claimed) == sorted(OutboxRow.objects.values_list("id", flat=True))
    assert sorted(OutboxRow.objects.values_list("position", flat=True)) == list(range(1, 121))


@pytest.mark.django_db(transaction=True)
def test_a_reader_of_positions_misses_nothing_although_ids_commit_out_of_order(now: datetime) -> None:
    """The row with the smaller id commits later; its position is later too, so a follower finds it."""
    if connection.vendor == "sqlite":
        publish("nobody.a")
        actions.give_positions(at=now)
        publish("nobody.b")
    else:
        inside, go = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic():
                actions.publish("nobody.slow", at=now)
                inside.set()
                go.wait(5)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        inside.wait(5)
        publish("nobody.quick")
        actions.give_positions(at=now)
        assert [r.topic for r in queries.published_after(0)] == ["nobody.quick"]
        go.set()
        thread.join()
    actions.give_positions(at=now)
    rows = queries.published_after(1)
    assert [row.position for row in rows] == [2]


def run_together(jobs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


# --- The worker -----------------------------------------------------------------------------------------------------


def working(until: Callable[[], bool], seconds: float = 10) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        end = time.monotonic() + seconds
        while not until() and time.monotonic() < end:
            time.sleep(0.005)
        assert until()
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_the_worker_delivers_by_itself_and_in_order(listen: Listen) -> None:
    heard = listen("a.*")
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        time.sleep(0.3)
        for n in range(30):
            with transaction.atomic():
                actions.publish("a.b", at=tasks.now(), matter_id=n % 2, payload={"n": n})
        end = time.monotonic() + 30
        while len(heard) < 30 and time.monotonic() < end:
            time.sleep(0.02)
    finally:
        stop.set()
        thread.join(10)
    assert len(heard) == 30
    for matter in (0, 1):
        order = [e.payload["n"] for e in heard if e.matter_id == matter]
        assert order == sorted(order)


@pytest.mark.django_db(transaction=True)
def test_periodic_jobs_run_once_for_all_workers_and_their_failures_are_seen(now: datetime) -> None:
    ran: list[datetime] = []

    def good(at: datetime) -> None:
        ran.append(at)

    def bad(at: datetime) -> None:
        raise ValueError("broken 138" + "12345678")

    periodic.periodic("test.good", every_seconds=3600)(good)
    periodic.periodic("test.bad", every_seconds=3600)(bad)
    try:
        working(lambda: PeriodicJob.objects.filter(name__startswith="test.", runs=1).count() == 2)
        working(lambda: True)
        time.sleep(0.1)
    finally:
        periodic.forget("test.good")
        periodic.forget("test.bad")
    assert len(ran) == 1
    errors = dict(queries.jobs(ADMIN_1).values_list("name", "last_error"))
    assert errors["test.good"] == ""
    assert errors["test.bad"] == "ValueError: broken [phone]"
    hour = timedelta(hours=1)
    assert actions.claim_job("test.x", at=now, every=hour)
    assert not actions.claim_job("test.x", at=now + hour - SECOND, every=hour)
    assert actions.claim_job("test.x", at=now + hour, every=hour)
    with pytest.raises(ValueError, match="second"):
        periodic.periodic("test.fast", every_seconds=0.5)


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_on_one_sqlite_file_is_refused() -> None:
    if connection.vendor != "sqlite":
        working(lambda: True)
        return
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    time.sleep(0.3)
    try:
        with pytest.raises(worker.SecondRelay):
            worker.run(threading.Event())
    finally:
        stop.set()
        thread.join(10)


@pytest.mark.django_db(transaction=True)
def test_behind_a_broker_celery_delivers_the_same_rows(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celery.contrib.testing.worker import start_worker

    heard = listen("a.*")
    monkeypatch.setattr(tasks, "BROKER", "memory://")
    with start_worker(
        tasks.app, pool="threads", concurrency=2, perform_ping_check=False, shutdown_timeout=20
    ):
        for n in range(20):
            publish("a.b", matter_id=n % 3, payload={"n": n})
        working(lambda: not OutboxRow.objects.filter(done_at__isnull=True).exists())
    assert sorted(e.payload["n"] for e in heard) == list(range(20))


# --- The registry ---------------------------------------------------------------------------------------------------


def test_patterns_choose_topics_and_names_are_taken_once(listen: Listen) -> None:
    listen("cases.*", "one")
    listen("*", "all")
    listen("cases.accepted", "exact")
    assert [
        name for name, _ in subscribers.handlers_of("cases.accepted") if name in ("all", "exact", "one")
    ] == ["all", "exact", "one"]
    assert "exact" not in [name for name, _ in subscribers.handlers_of("cases.closed")]
    assert [
        name for name, _ in subscribers.handlers_of("other.closed") if name in ("all", "exact", "one")
    ] == ["all"]
    with pytest.raises(ValueError, match="exists"):
        listen("x.*", "one")
    for pattern, name in (("Cases.*", "n"), ("", "n"), ("a.b", ""), ("a.b", "n" * 81)):
        with pytest.raises(ValueError, match="pattern"):
            subscribe(pattern, name)
