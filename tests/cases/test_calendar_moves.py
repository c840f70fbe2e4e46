"""A holiday notice moves open deadlines: the matter's history says so to everybody, and the board counts by the new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from gongbi.cases import actions, queries
from gongbi.cases.models import Case
from gongbi.desk.history import History as Told
from gongbi.desk.names import Names
from gongbi.insight import actions as insight
from gongbi.insight.lines import What
from gongbi.insight.models import FactLine
from gongbi.kernel.clock import actions as clocks
from gongbi.kernel.clock.notices import NoticeRow
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import RESIDENT, Viewer, system
from gongbi.look.templatetags.look import said
from gongbi.resident import sentences

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.django_db
def test_a_notice_moves_a_deadline_in_front_of_everybody(
    say: Callable[..., Case], post: Callable[..., Viewer], unit: Callable[[str], int]
) -> None:
    """Domain dossier §15.1: recompute open deadlines on a change of the calendar, keep the old value."""

    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)

    now = moment("2026-12-30 09:00")
    case = say(at=now)
    desk, urban = post("dispatcher"), post("handler", unit="urban_management")
    actions.accept(case_id=case.pk, viewer=desk, at=now, kind="C0137")
    urban_unit = unit("urban_management")
    actions.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=urban_unit, limit="3工作日")
    actions.sign(case_id=case.pk, viewer=urban, at=now)
    before = queries.case_for(case.pk, system("test")).version
    free = [NoticeRow(date(2027, month, 1), False, name) for month, name in ((1, "元旦"), (10, "国庆节"))]
    admin = post("admin")
    clocks.import_notice(free, at=moment("2026-12-30 15:00"), viewer=admin)

    case = queries.case_for(case.pk, system("test"))
    assert (case.version, case.state) == (before + 1, "handling")
    assert case.due_at == moment("2027-01-05 09:00")  # Friday 1 January does not work any more
    event = queries.timeline(case, urban)[-1]
    line = Told(case, urban, Names(urban, now), [event]).lines({})[0]
    assert said(line.words) == "期限随日历调整"
    assert line.said == "处置 2027-01-04 09:00 → 2027-01-05 09:00 · 2027 年放假安排公布"
    assert event.actor == admin.actor
    topics = OutboxRow.objects.filter(matter_id=case.pk).order_by("id").values_list("topic", "payload")
    assert topics.last()[0] == "cases.deadline_moved"
    assert topics.last()[1]["unit"] == urban_unit
    report = case.reports.get()
    reporter = Viewer(actor=f"report:{report.pk}", role=RESIDENT, reports=frozenset({report.pk}))
    last = queries.timeline(case, reporter)[-1].arrow.name
    told = sentences.happened(last, None, None)
    assert told is not None
    assert told[0][0] == "放假安排有变，办理期限随之调整"

    insight.refresh([case.pk])
    owed = FactLine.objects.get(case_id=case.pk, what=What.HANDLING, until__isnull=True)
    assert owed.at == case.due_at
