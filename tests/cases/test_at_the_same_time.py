"""Two people at the same moment, for real: threads with their own connections and commits. One wins, the other is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gongbi.cases import actions
from gongbi.cases.actions.bulk import Intake
from gongbi.cases.actions.statement import Statement
from gongbi.cases.exchange import import_reports
from gongbi.cases.models import Case, Part, Report
from gongbi.cases.triage import Said
from gongbi.kernel.errors import Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.flow.invariants import names, run_all
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import PUBLIC, Viewer, system
from tests.support.copies import together

from .conftest import _picture

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("own_database")]
Post = Callable[..., Viewer]
Unit = Callable[[str], int]
Say = Callable[..., Case]
MINUTE = timedelta(minutes=1)
TIMES = 4  # a race is not always lost at the first try


def told(answers: list[Any]) -> Counter[str]:
    """How many were done, and which refusals the others met."""
    return Counter(one.code if isinstance(one, Refused) else "done" for one in answers)


def sound() -> None:
    """Nothing broken, nothing lost, nothing doubled: every entry has its event."""
    rooms = {name.split(".")[0] for name in names()} - {"territory"}
    assert list(run_all(rooms=rooms)) == []
    assert list(verify()) == []
    assert LedgerEntry.objects.count() == OutboxRow.objects.filter(topic__startswith="cases.").count()


@pytest.fixture
def desk(post: Post) -> Viewer:
    return post("dispatcher")


@pytest.fixture
def accepted(say: Say, desk: Viewer, now: datetime) -> Callable[[], Case]:
    def make() -> Case:
        return actions.accept(case_id=say().pk, viewer=desk, at=now, kind="C0137")

    return make


@pytest.fixture
def dispatched(accepted: Callable[[], Case], desk: Viewer, unit: Unit, now: datetime) -> Callable[[], Case]:
    def make() -> Case:
        return actions.dispatch(case_id=accepted().pk, viewer=desk, at=now, unit_id=unit("urban_management"))

    return make


def test_two_dispatchers_accept_the_same_case(say: Say, desk: Viewer, now: datetime) -> None:
    for _ in range(TIMES):
        case = say()

        def accept(case: Case = case) -> Case:
            return actions.accept(case_id=case.pk, viewer=desk, at=now, kind="C0137", expected_version=1)

        assert told(together(accept, accept)) == {"done": 1, "flow.stale": 1}
    sound()


def test_one_accepts_while_the_other_rejects(say: Say, desk: Viewer, now: datetime) -> None:
    for _ in range(TIMES):
        case = say()
        given = {"case_id": case.pk, "viewer": desk, "at": now}
        answers = together(
            lambda given=given: actions.accept(**given, kind="C0137"),
            lambda given=given: actions.reject(**given, ground="untrue", reason="灯亮着"),
        )
        assert told(answers) == {"done": 1, "flow.state": 1}
        case.refresh_from_db()
        assert case.is_open == (case.state == "accepted")
    sound()


def test_two_dispatchers_send_it_to_two_units(
    accepted: Callable[[], Case], desk: Viewer, unit: Unit, now: datetime
) -> None:
    for _ in range(TIMES):
        case = accepted()
        given = {"case_id": case.pk, "viewer": desk, "at": now}
        one, two = unit("urban_management"), unit("water")
        answers = together(
            lambda given=given: actions.dispatch(**given, unit_id=one, co_units=[two]),
            lambda given=given: actions.dispatch(**given, unit_id=two, co_units=[one]),
        )
        assert told(answers) == {"done": 1, "flow.state": 1}
        case.refresh_from_db()
        entry = LedgerEntry.objects.get(matter_id=case.pk, transition="dispatch")
        assert entry.facts["unit"] == case.unit_id
        assert (
            list(Part.objects.filter(case=case).values_list("unit_id", flat=True)) == entry.facts["co_units"]
        )
    sound()


def test_workers_of_two_units_sign(dispatched: Callable[[], Case], post: Post, now: datetime) -> None:
    urban, water = post("handler", unit="urban_management"), post("handler", unit="water")
    for _ in range(TIMES):
        case = dispatched()
        answers = together(*[
            lambda who=who, case=case: actions.sign(case_id=case.pk, viewer=who, at=now) for who in (urban, water, urban)
        ])  # fmt: skip
        assert told(answers) == {"done": 1, "flow.state": 1, "cases.not_there": 1}
        assert LedgerEntry.objects.filter(matter_id=case.pk, transition="sign").count() == 1
    sound()


def test_one_signs_while_the_other_contests(
    dispatched: Callable[[], Case], post: Post, now: datetime
) -> None:
    urban = post("handler", unit="urban_management")
    for _ in range(TIMES):
        case = dispatched()
        given = {"case_id": case.pk, "viewer": urban, "at": now}
        answers = told(
            together(
                lambda given=given: actions.sign(**given),
                lambda given=given: actions.contest(**given, reason="不是我们"),
            )
        )
        # Contested first, the case has left the unit, so that the other finds nothing; signed first, it cannot be contested.
        assert answers in ({"done": 1, "flow.state": 1}, {"done": 1, "cases.not_there": 1})
    sound()


def test_two_cases_merge_into_each_other(say: Say, desk: Viewer, now: datetime) -> None:
    for _ in range(TIMES):
        a, b = say(), say(text="路灯坏了")
        reports = sorted(Report.objects.filter(case__in=(a, b)).values_list("pk", flat=True))
        answers = together(
            lambda a=a, b=b: actions.merge(case_id=a.pk, into_id=b.pk, viewer=desk, at=now),
            lambda a=a, b=b: actions.merge(case_id=b.pk, into_id=a.pk, viewer=desk, at=now),
        )
        assert told(answers) == {"done": 1, "cases.merge_closed": 1}
        a.refresh_from_db()
        b.refresh_from_db()
        (kept,) = [case for case in (a, b) if case.is_open]
        assert sorted(kept.reports.values_list("pk", flat=True)) == reports
        assert kept.report_count == 2
    sound()


def test_three_cases_merge_in_a_ring(say: Say, desk: Viewer, now: datetime) -> None:
    a, b, c = say(), say(), say()
    ring = [(a, b), (b, c), (c, a)]
    answers = together(
        *[lambda x=x, y=y: actions.merge(case_id=x.pk, into_id=y.pk, viewer=desk, at=now) for x, y in ring]
    )
    assert told(answers)["done"] == 2
    assert Case.objects.filter(is_open=True).count() == 1
    assert Report.objects.filter(case__is_open=True).count() == 3
    sound()


def test_ten_people_join_one_case_at_once(say: Say, now: datetime) -> None:
    case = say()

    def join(number: int) -> Any:
        said = Said(text=f"我也看到了 {number}", said_at=now, channel="hotline" if number == 3 else "web")
        told = Statement(said=said, join=case.pk, phone="02955501234", idempotency=f"phone-{number}")
        return actions.receive(told, viewer=PUBLIC, at=now)

    answers = together(*[lambda n=n: join(n) for n in range(10)])
    assert told(answers) == {"done": 10}
    case.refresh_from_db()
    assert (case.report_count, case.reports.count(), case.callback_owed) == (11, 11, True)
    assert len({one.report.number for one in answers}) == 10
    assert list(
        LedgerEntry.objects.filter(matter_id=case.pk).order_by("seq").values_list("seq", flat=True)
    ) == list(range(1, 12))
    sound()


def test_somebody_joins_while_it_is_merged_away(say: Say, desk: Viewer, now: datetime) -> None:
    for _ in range(TIMES):
        a, b = say(), say()
        said = Said(text="我也看到了", said_at=now, channel="web")
        answers = together(
            lambda a=a: actions.receive(Statement(said=said, join=a.pk), viewer=PUBLIC, at=now),
            lambda a=a, b=b: actions.merge(case_id=a.pk, into_id=b.pk, viewer=desk, at=now),
        )
        assert told(answers) in ({"done": 2}, {"done": 1, "flow.state": 1})
        assert not Report.objects.filter(case=a).exists()
        b.refresh_from_db()
        assert b.reports.count() == b.report_count == 1 + told(answers)["done"]
    sound()


def test_an_extension_is_granted_while_the_unit_finishes(
    dispatched: Callable[[], Case], desk: Viewer, post: Post, now: datetime
) -> None:
    urban = post("handler", unit="urban_management")
    for count in range(TIMES):
        case = dispatched()
        actions.sign(case_id=case.pk, viewer=urban, at=now)
        actions.ask_for(case_id=case.pk, kind="extension", viewer=urban, at=now, reason="等配件")
        shot = files.store(_picture(count), purpose="report", viewer=urban, at=now).pk
        answers = together(
            lambda case=case: actions.decide(case_id=case.pk, granted=True, viewer=desk, at=now + MINUTE),
            lambda case=case, shot=shot: actions.finish(
                case_id=case.pk, viewer=urban, at=now + MINUTE, result="修好", photos=[shot]
            ),
        )
        # Finishing waits for the decision: done after it, refused before it; the decision is never lost.
        assert told(answers) in ({"done": 2}, {"done": 1, "cases.pending": 1})
        case.refresh_from_db()
        assert (case.extension_count, case.pending()) == (1, None)
    sound()


def test_the_same_extension_is_granted_and_refused_at_once(
    dispatched: Callable[[], Case], desk: Viewer, post: Post, now: datetime
) -> None:
    urban = post("handler", unit="urban_management")
    case = dispatched()
    actions.sign(case_id=case.pk, viewer=urban, at=now)
    for count in range(2):
        actions.ask_for(
            case_id=case.pk, kind="extension", viewer=urban, at=now + count * MINUTE, reason="等配件"
        )
        given = {"case_id": case.pk, "viewer": desk, "at": now + count * MINUTE, "reason": "看过了"}
        answers = together(
            *[
                lambda yes=yes, given=given: actions.decide(**given, granted=yes)
                for yes in (True, False, True)
            ]
        )
        assert told(answers) == {"done": 1, "cases.nothing_asked": 2}
    clock = case.clocks.get(name="handle")
    case.refresh_from_db()
    assert len(clock.extensions) == case.extension_count
    sound()


def test_two_checkers_and_the_clock_do_not_close_twice(
    dispatched: Callable[[], Case], post: Post, now: datetime
) -> None:
    urban, checker = post("handler", unit="urban_management"), post("checker")
    case = dispatched()
    actions.sign(case_id=case.pk, viewer=urban, at=now)
    shot = files.store(_picture(7), purpose="report", viewer=urban, at=now).pk
    actions.finish(case_id=case.pk, viewer=urban, at=now, result="修好", photos=[shot])
    given = {"case_id": case.pk, "viewer": checker, "at": now + MINUTE}
    answers = together(
        lambda: actions.confirm(**given, finding="好"),
        lambda: actions.rework(**given, reason="不好"),
        lambda: actions.confirm(**given, finding="好"),
    )
    assert told(answers) == {"done": 1, "flow.state": 2}
    sound()


def test_the_clock_and_a_dispatcher_end_a_suspension_once(
    dispatched: Callable[[], Case], desk: Viewer, post: Post, now: datetime
) -> None:
    urban = post("handler", unit="urban_management")
    case = dispatched()
    until = now + timedelta(days=3)
    actions.sign(case_id=case.pk, viewer=urban, at=now)
    actions.ask_for(case_id=case.pk, kind="suspension", viewer=urban, at=now, reason="等", until=until)
    actions.decide(case_id=case.pk, granted=True, viewer=desk, at=now)
    answers = together(
        lambda: actions.resume_due(at=until),
        lambda: actions.resume_due(at=until),
        lambda: actions.resume(case_id=case.pk, viewer=desk, at=until),
    )
    assert LedgerEntry.objects.filter(matter_id=case.pk, transition="resume").count() == 1
    assert told(answers)["done"] >= 2  # a job that finds nothing to do is no error
    sound()


# --- Imports ----------------------------------------------------------------------------------------------------------


def sheet(rows: int) -> bytes:
    lines = ["编号,诉求内容,时间,经度,纬度"]
    lines += [
        f"M{n},第{n}盏路灯不亮,2026-03-09 09:{n % 60:02d},108.91{n % 5},34.26{n % 6}" for n in range(rows)
    ]
    return "\n".join(lines).encode()


def test_two_imports_of_the_same_file_at_once(now: datetime) -> None:
    data = sheet(200)
    answers = together(
        *[lambda: import_reports(data, "reports.csv", viewer=system("import"), at=now)] * 2, seconds=300
    )
    assert [one.refused for one in answers] == [0, 0]
    assert sum(one.new for one in answers) == Report.objects.count() == Case.objects.count() == 200
    assert sum(one.same for one in answers) == 200
    sound()


def test_one_bad_neighbour_in_a_batch_that_races_loses_nothing(now: datetime) -> None:
    def take(numbers: range) -> list[Any]:
        said = [
            Said(text=f"第{n}件事，路灯不亮", said_at=now, channel="import", lon=108.913, lat=34.265)
            for n in numbers
        ]
        told = [Statement(said=one, idempotency=one.text) for one in said]
        return Intake(viewer=system("import"), at=now).take(told)

    one, two = together(lambda: take(range(60)), lambda: take(range(30, 90)), seconds=300)
    assert len(one) == len(two) == 60
    assert all(taken.report is not None for taken in one + two)
    assert Report.objects.count() == 90
    assert sum(taken.again for taken in one + two) == 30
    sound()
