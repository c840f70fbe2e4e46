"""The clocks of a matter in the database: started, stopped, paused, extended, and the matter's own deadline in step."""

import threading
from datetime import UTC, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from gongbi.kernel.clock import actions, queries
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.flow.models import Matter
from tests.kernel.clock.given import bj, matter

pytestmark = pytest.mark.django_db

START = bj("2026-11-23 09:00")


def test_a_started_clock_stores_its_deadline_and_the_matters() -> None:
    case = matter()
    clock = actions.start(case, "handle", " 4工作时 ", at=START, basis="标准 0101(1)")
    kept = Clock.objects.get()
    assert (kept.due_at, kept.round, kept.limit, kept.basis) == (
        bj("2026-11-23 15:00"),
        1,
        "4工作时",
        "标准 0101(1)",
    )
    assert (kept.provisional, kept.running, kept.history) == (False, True, [])
    assert clock.pk == kept.pk
    assert case.due_at == bj("2026-11-23 15:00")


def test_the_matter_is_due_when_its_earliest_running_clock_is() -> None:
    case = matter()
    actions.start(case, "total", "5工作日", at=START)
    assert case.due_at == bj("2026-11-30 09:00")
    actions.start(case, "accept", "15分钟", at=START)
    assert case.due_at == bj("2026-11-23 09:15")
    actions.pause(case, "accept", at=START + timedelta(minutes=5), reason="请报告人补充")
    assert case.due_at == bj("2026-11-30 09:00")
    actions.resume(case, "accept", at=START + timedelta(minutes=65))
    assert case.due_at == bj("2026-11-23 10:15")
    actions.stop(case, "accept", at=START + timedelta(minutes=66))
    assert case.due_at == bj("2026-11-30 09:00")
    actions.cancel(case, "total", at=START + timedelta(minutes=67))
    assert case.due_at is None
    case.due_at = START
    assert actions.refresh_due(case) is None
    assert Matter.objects.get().due_at is None  # saving is the caller's


def test_rework_starts_a_new_round_and_a_running_clock_is_not_started_twice() -> None:
    case = matter()
    actions.start(case, "handle", "4工作时", at=START)
    with pytest.raises(Refused) as refused:
        actions.start(case, "handle", "4工作时", at=START)
    assert refused.value.code == "clock.running"
    actions.stop(case, "handle", at=bj("2026-11-23 14:30"))
    again = actions.start(case, "handle", "4工作时", at=bj("2026-11-24 09:00"))
    assert [(c.round, c.stopped_at is None) for c in queries.clocks_of(case)] == [(1, False), (2, True)]
    assert again.round == 2
    assert case.due_at == bj("2026-11-24 15:00")


def test_what_cannot_be_read_starts_nothing() -> None:
    case = matter()
    for limit, at, code in [
        ("尽快", START, "clock.limit_unknown"),
        ("4工作时", START.replace(tzinfo=None), "clock.naive"),
        ("4工作时", START.replace(year=1900), "clock.out_of_range"),
    ]:
        with pytest.raises(Refused) as refused:
            actions.start(case, "handle", limit, at=at)
        assert refused.value.code == code
    assert not Clock.objects.exists()
    assert case.due_at is None


def test_a_pause_moves_the_deadline_by_what_was_lost_and_the_history_says_why() -> None:
    case = matter()
    actions.start(case, "handle", "4工作时", at=START)
    actions.pause(case, "handle", at=bj("2026-11-23 10:00"), reason=" 等待报告人 ")
    paused = Clock.objects.get()
    assert (paused.paused_at, paused.due_at) == (bj("2026-11-23 10:00"), bj("2026-11-23 15:00"))
    assert paused.pauses == [["2026-11-23T10:00:00+08:00", None, "等待报告人"]]
    actions.resume(case, "handle", at=bj("2026-11-24 08:30"))
    clock = Clock.objects.get()
    assert (clock.paused_at, clock.due_at) == (None, bj("2026-11-24 11:30"))
    assert [entry["why"] for entry in clock.history] == ["resume"]
    assert clock.history[0]["due_at"] == "2026-11-23T15:00:00+08:00"
    assert clock.history[0]["to"] == "2026-11-24T11:30:00+08:00"
    # A second pause adds; the first is not counted again.
    actions.pause(case, "handle", at=bj("2026-11-24 09:00"), reason="挂账")
    actions.resume(case, "handle", at=bj("2026-11-24 09:30"))
    assert Clock.objects.get().due_at == bj("2026-11-24 12:00")


def test_a_pause_needs_a_reason_a_running_clock_and_the_right_order() -> None:
    case = matter()
    assert actions.pause(case, "handle", at=START, reason="x") is None
    assert actions.resume(case, "handle", at=START) is None
    assert actions.stop(case, "handle", at=START) is None
    assert actions.cancel(case, "handle", at=START) is None
    actions.start(case, "handle", "4工作时", at=START)
    running = actions.resume(case, "handle", at=START)
    assert running is not None
    assert running.running
    with pytest.raises(Refused) as no_reason:
        actions.pause(case, "handle", at=START, reason=" ")
    with pytest.raises(Refused) as too_early:
        actions.pause(case, "handle", at=START - timedelta(minutes=1), reason="x")
    actions.pause(case, "handle", at=START + timedelta(hours=1), reason="x")
    with pytest.raises(Refused) as twice:
        actions.pause(case, "handle", at=START + timedelta(hours=2), reason="y")
    with pytest.raises(Refused) as backwards:
        actions.resume(case, "handle", at=START + timedelta(minutes=30))
    with pytest.raises(Refused) as naive:
        actions.resume(case, "handle", at=(START + timedelta(hours=2)).replace(tzinfo=None))
    codes = [error.value.code for error in (no_reason, too_early, twice, backwards, naive)]
    assert codes == ["clock.reason", "clock.backwards", "clock.paused", "clock.backwards", "clock.naive"]


def test_stopping_ends_the_open_pause_with_it() -> None:
    case = matter()
    actions.start(case, "handle", "4工作时", at=START)
    actions.pause(case, "handle", at=bj("2026-11-23 10:00"), reason="x")
    stopped = actions.stop(case, "handle", at=bj("2026-11-23 11:00"))
    assert stopped is not None
    assert (stopped.paused_at, stopped.stopped_at, stopped.due_at, stopped.cancelled) == (
        None,
        bj("2026-11-23 11:00"),
        bj("2026-11-23 16:00"),
        False,
    )
    assert stopped.spans() == [(bj("2026-11-23 10:00"), bj("2026-11-23 11:00"))]


def test_an_extension_adds_and_names_its_approver() -> None:
    case = matter()
    actions.start(case, "handle", "1工作日", at=START)
    clock = actions.extend(case, "handle", "1工作日", at=bj("2026-11-23 17:00"), approved_by="post:7")
    assert clock.due_at == bj("2026-11-25 09:00")
    assert clock.extensions == [{"limit": "1工作日", "at": "2026-11-23T17:00:00+08:00", "by": "post:7"}]
    assert [(e["why"], e["by"]) for e in clock.history] == [("extend", "post:7")]
    assert case.due_at == clock.due_at
    for limit, code in (("24小时连续", "clock.extension_kind"), ("很久", "clock.limit_unknown")):
        with pytest.raises(Refused) as refused:
            actions.extend(case, "handle", limit, at=bj("2026-11-23 17:00"), approved_by="post:7")
        assert refused.value.code == code
    assert len(Clock.objects.get().extensions) == 1
    with pytest.raises(NotThere):
        actions.extend(case, "check", "1工作日", at=START, approved_by="post:7")


def test_an_upheld_appeal_takes_the_clock_out_of_the_overdue_and_not_out_of_the_totals() -> None:
    case = matter()
    actions.start(case, "handle", "4工作时", at=START)
    now = bj("2026-11-23 15:01")
    assert [c.name for c in queries.overdue(now)] == ["handle"]
    actions.set_exempt(case, "handle", at=now, reason="材料由上级迟发", by="post:3")
    assert not queries.overdue(now).exists()
    assert len(queries.clocks_of(case)) == 1
    assert Clock.objects.get().history[-1]["reason"] == "材料由上级迟发"
    actions.set_exempt(case, "handle", at=now, reason="误判", exempt=False)
    assert queries.overdue(now).exists()
    with pytest.raises(Refused):
        actions.set_exempt(case, "handle", at=now, reason="")
    with pytest.raises(NotThere):
        actions.set_exempt(case, "handle", at=now, reason="x", round=2)


@pytest.mark.parametrize(
    ("now", "late"), [("14:59", False), ("15:00", False), ("15:00:59", False), ("15:01", True)]
)
def test_overdue_begins_after_the_deadlines_own_minute(now: str, late: bool) -> None:
    case = matter()
    actions.start(case, "handle", "4工作时", at=START)
    moment = bj(f"2026-11-23 {now}").astimezone(UTC)
    assert queries.overdue(moment).exists() is late


def test_paused_and_stopped_clocks_are_never_overdue() -> None:
    case = matter()
    actions.start(case, "sign", "4工作时", at=START)
    actions.start(case, "handle", "4工作时", at=START)
    actions.stop(case, "sign", at=bj("2026-12-01 10:00"))
    actions.pause(case, "handle", at=bj("2026-11-23 10:00"), reason="x")
    assert not queries.overdue(bj("2026-12-02 10:00")).exists()


def test_an_explained_clock_adds_up_running_paused_and_stopped() -> None:
    case = matter()
    clock = actions.start(case, "handle", "4工作时", at=START)
    actions.extend(case, "handle", "2工作时", at=START, approved_by="post:7")
    actions.pause(case, "handle", at=bj("2026-11-23 10:00"), reason="x")
    clock.refresh_from_db()
    explained = queries.explain_clock(clock, bj("2026-11-23 11:00"))
    assert explained.limit == ("4 个工作时", "4 office hours")
    assert explained.remaining.words[0] == "已暂停，还剩 5 个工作时"
    assert sum(line.counted for line in explained.lines) == 360
    actions.stop(case, "handle", at=bj("2026-11-24 10:00"))
    clock.refresh_from_db()
    at_the_stop = queries.explain_clock(clock, bj("2027-05-01 10:00")).remaining
    assert (at_the_stop.left, at_the_stop.late) == (300, False)


def test_an_action_that_fails_leaves_everything_as_it_was() -> None:
    case = matter()
    actions.start(case, "handle", "1工作日", at=START)
    before = Clock.objects.values().get()
    with pytest.raises(Refused):
        actions.extend(case, "handle", "24小时连续", at=START, approved_by="post:7")
    assert Clock.objects.values().get() == before
    assert case.due_at == before["due_at"]


def test_actions_cost_few_queries() -> None:
    case = matter()
    actions.start(case, "total", "5工作日", at=START)  # the calendar is loaded now
    for call in (
        lambda: actions.start(case, "handle", "4工作时", at=START),
        lambda: actions.pause(case, "handle", at=START, reason="x"),
        lambda: actions.resume(case, "handle", at=START + timedelta(hours=1)),
        lambda: actions.stop(case, "handle", at=START + timedelta(hours=1)),
    ):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            call()
        statements = [q["sql"] for q in seen.captured_queries if "SAVEPOINT" not in q["sql"]]
        assert len(statements) <= 4, statements


@pytest.mark.django_db(transaction=True)
def test_two_who_start_the_same_clock_at_once_get_one() -> None:
    case = matter()
    outcomes: list[str] = []
    gate = threading.Barrier(2)

    def start() -> None:
        gate.wait()
        try:
            actions.start(Matter.objects.get(pk=case.pk), "handle", "4工作时", at=START)
            outcomes.append("started")
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) in (["clock.raced", "started"], ["clock.running", "started"])
    assert Clock.objects.count() == 1
