"""An auditor's first page: whether the record is whole, who opened what, which deadlines moved, what was taken out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gongbi.cases import actions
from gongbi.cases.queries import reading
from gongbi.kernel.errors import Forbidden
from gongbi.kernel.flow import invariants, tasks
from gongbi.kernel.ledger.actions import last_written, seal_day
from gongbi.kernel.ledger.models import DailyRoot
from gongbi.kernel.outbox.actions import claim_job, finish_job
from gongbi.kernel.vault.actions import unseal
from gongbi.kernel.vault.queries import latest_accesses
from tests.desk.conftest import Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


def test_everything_an_auditor_asks_for_is_on_the_first_page(world: World, at_desk: At) -> None:
    case = world.case("extending", channel="hotline")
    actions.decide(
        case_id=case.pk, granted=True, viewer=world.who("dispatcher"), at=world.clock.on(minutes=1)
    )
    unseal(
        case.reports.get(),
        "phone",
        viewer=world.who("dispatcher"),
        reason="需要核实灯杆号",
        at=world.clock.now,
    )
    at_desk("manager").get("/desk/board/export?format=csv")
    page = at_desk("auditor").get("/desk/ledger").content.decode()
    assert "需要核实灯杆号" in page
    assert f'href="/desk/case/{case.number}"' in page
    assert "同意延期" in page
    assert "要换灯杆" in page
    assert "导出" in page
    assert "board-2026-03-01" in page
    assert at_desk("manager").get("/desk/ledger").status_code == 403
    with pytest.raises(Forbidden):
        latest_accesses(world.who("manager"), most=5)
    assert [one.case_id for one in reading.requests_decided(world.who("auditor"), most=5)] == [case.pk]


def test_the_days_that_are_sealed_and_a_root_that_does_not_follow_are_told(world: World, at_desk: At) -> None:
    world.case("received")
    today = world.clock.now.date()
    for day in (today - timedelta(days=1), today):
        seal_day(day, at=world.clock.now + timedelta(days=1), up_to=last_written())
    page = at_desk("auditor").get("/desk/ledger").content.decode()
    assert f"最近一天 {today}" in page
    assert "前后衔接" in page
    DailyRoot.objects.filter(day=today).update(prev_root=b"x" * 32)
    assert "前后不衔接" in at_desk("auditor").get("/desk/ledger").content.decode()
    assert [one.invariant for one in invariants.run_all(rooms=("ledger",))] == ["ledger.days"]


def test_a_breach_of_the_nightly_check_is_seen_and_not_only_logged(world: World, at_desk: At) -> None:
    world.case("received")
    tasks.look(world.clock.now)  # nothing wrong, nothing raised
    seal_day(world.clock.now.date(), at=world.clock.now, up_to=last_written())
    DailyRoot.objects.update(prev_root=b"x" * 32)
    with pytest.raises(tasks.Broken, match=r"ledger\.days") as broken:
        tasks.look(world.clock.now)
    name, at = "flow.invariants", world.clock.now
    claim_job(name, at=at, every=timedelta(days=1))
    finish_job(name, at=at, error=str(broken.value))
    page = at_desk("auditor").get("/desk/ledger").content.decode()
    assert "发现不符" in page
    assert "does not follow the day before it" in page
