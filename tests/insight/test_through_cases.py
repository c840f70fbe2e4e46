"""The whole stair: real cases through their own actions, the outbox delivered, and the board against the recount."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import orjson
import pytest
from django.test import RequestFactory
from django.urls import resolve

from gongbi.cases import actions
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case, CaseSetting, Report
from gongbi.cases.queries.settings import forget
from gongbi.cases.triage import Said
from gongbi.insight import actions as insight
from gongbi.insight import queries, watermark
from gongbi.insight.counting import BY
from gongbi.insight.models import CaseFacts
from gongbi.insight.period import Period
from gongbi.insight.rates import Config
from gongbi.insight.recount import differences, recount
from gongbi.kernel.clock.calendar import ZONE
from gongbi.kernel.files import actions as files
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.actions import deliver
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.outbox.subscribers import load
from gongbi.kernel.scope.viewer import ADJUDICATOR, HANDLER, MANAGER, PUBLIC, Viewer, system
from gongbi.parties.models import Post, Unit
from tests.cases.conftest import _picture
from tests.support.district import district, district_database

__all__ = ["district", "district_database"]

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.urls("tests.insight.urls")]
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
ALL = system("test")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def post(db: None) -> Callable[..., Viewer]:
    """The viewer of a real post of the demo district."""

    def find(role: str, unit: str = "") -> Viewer:
        found = Post.objects.filter(role=role).select_related("unit").order_by("pk")
        one = (found.filter(unit__code=unit) if unit else found)[0]
        return Viewer(
            actor=f"post:{one.pk}", role=role, post_id=one.pk, person_id=one.person_id, unit_id=one.unit_id,
            units=frozenset({one.unit_id}), territories=("610104",),
        )  # fmt: skip

    return find


def say(at: datetime, channel: str = "web", **more: object) -> Case:
    said = Said(
        text="劳动路路口的路灯不亮了，晚上很黑",
        said_at=at,
        channel=channel,
        lon=108.913,
        lat=34.265,
        kind="C0137",
    )
    return actions.receive(Statement(said=said, **more), viewer=PUBLIC, at=at).report.case  # type: ignore[arg-type]


def deliver_all(at: datetime) -> None:
    """As the worker would, in order."""
    load()
    for key in OutboxRow.objects.filter(done_at__isnull=True).order_by("id").values_list("pk", flat=True):
        deliver(key, at=at)


def test_the_board_counts_real_cases_as_the_ledger_tells_them(
    post: Callable[..., Viewer], now: datetime
) -> None:
    desk, urban, checker, clerk = (
        post("dispatcher"),
        post("handler", "urban_management"),
        post("checker"),
        post("clerk"),
    )
    judge = post("adjudicator")
    unit = Unit.objects.get(code="urban_management").pk
    shades = iter(range(10, 250))

    def to_handling(case: Case, at: datetime) -> None:
        actions.accept(case_id=case.pk, viewer=desk, at=at, kind="C0137")
        actions.dispatch(case_id=case.pk, viewer=desk, at=at + MINUTE, unit_id=unit)
        actions.sign(case_id=case.pk, viewer=urban, at=at + 2 * MINUTE)

    def finish(case: Case, at: datetime) -> None:
        photo = files.store(_picture(next(shades)), purpose="report", viewer=PUBLIC, at=now).pk
        actions.finish(case_id=case.pk, viewer=urban, at=at, result="已修复", photos=[photo])

    def due(case: Case) -> datetime:
        clock = Case.objects.get(pk=case.pk).running_clock("handle")
        assert clock is not None
        return clock.due_at

    # On the very minute; contacted; closed; judged.
    prompt = say(now)
    to_handling(prompt, now + MINUTE)
    report = prompt.reports.get()
    actions.contacted(case_id=prompt.pk, report_id=report.pk, viewer=urban, at=now + HOUR)
    finish(prompt, due(prompt) + timedelta(seconds=59))
    actions.confirm(case_id=prompt.pk, viewer=checker, at=due_after(prompt), finding="亮了")
    actions.judge(
        report_id=report.pk, viewer=holder(report), at=due_after(prompt) + HOUR, solved=True, grade=5
    )
    # A minute late, then exempt.
    late = say(now + 5 * MINUTE)
    to_handling(late, now + 6 * MINUTE)
    finish(late, due(late) + MINUTE)
    # A minute late, not exempt; excluded another.
    later = say(now + 10 * MINUTE)
    to_handling(later, now + 11 * MINUTE)
    finish(later, due(later) + MINUTE)
    left = say(now + 15 * MINUTE)
    to_handling(left, now + 16 * MINUTE)
    actions.exempt(case_id=late.pk, viewer=judge, at=now + 10 * DAY, reason="暴雨")
    actions.exclude(case_id=left.pk, viewer=judge, at=now + 10 * DAY, ground="force_majeure", reason="暴雨")
    # Extended: what was asked for in time moves the deadline.
    extended = say(now + 20 * MINUTE)
    to_handling(extended, now + 21 * MINUTE)
    before = due(extended)
    actions.ask_for(case_id=extended.pk, kind="extension", viewer=urban, at=now + HOUR, reason="等配件")
    actions.decide(case_id=extended.pk, granted=True, viewer=desk, at=now + 2 * HOUR)
    assert due(extended) > before
    finish(extended, before + 5 * MINUTE)
    # Reworked; by telephone, so called back; merged; rejected; answered at once.
    again = say(now + 25 * MINUTE, "hotline", phone="029-00000000")
    to_handling(again, now + 26 * MINUTE)
    finish(again, now + 3 * HOUR)
    actions.rework(case_id=again.pk, viewer=checker, at=now + 4 * HOUR, reason="仍不亮")
    finish(again, now + 5 * HOUR)
    actions.confirm(case_id=again.pk, viewer=checker, at=now + 6 * HOUR, finding="亮了")
    caller = again.reports.get()
    actions.call_back(
        case_id=again.pk,
        report_id=caller.pk,
        viewer=clerk,
        at=now + 7 * HOUR,
        outcome="reached",
        solved=False,
        grade=2,
    )
    twin = say(now + 30 * MINUTE)
    actions.merge(case_id=twin.pk, into_id=left.pk, viewer=desk, at=now + 31 * MINUTE)
    untrue = say(now + 35 * MINUTE)
    actions.reject(case_id=untrue.pk, viewer=desk, at=now + 36 * MINUTE, ground="untrue", reason="灯亮着")
    say(now + 40 * MINUTE, "hotline", route=3, phone="029-00000000")

    assert list(watermark.everything_folded()) == []  # events wait for all of them
    deliver_all(now + 20 * DAY)
    assert not watermark.behind().exists()
    assert CaseFacts.objects.count() == Case.objects.count() == 9

    config = Config(fewest=1)
    whole = queries.board_json(ALL, MARCH, by=BY, config=config)
    assert differences(whole, recount(MARCH, by=BY, config=config)) == []
    figures = {
        rate["code"]: (rate["numerator"], rate["denominator"]) for rate in orjson.loads(whole)["rates"]
    }
    assert figures["filed"] == (6, 7)  # nine reports: one merged, one answered at once
    assert figures["filed_on_time"] == (6, 6)
    assert figures["valid"] == (7, 8)
    assert figures["repeated"] == (2, 9)
    assert figures["handled"] == (6, 6)  # a rework counts anew; the excluded one left
    assert figures["handled_on_time"] == (5, 6)
    assert figures["reworked"] == (1, 6)
    assert figures["check_passed"] == (2, 3)
    assert figures["solved"] == (1, 2)
    assert figures["satisfied"] == (1, 2)
    assert figures["first_time"] == (1, 2)
    assert figures["responded"][0] == 2  # one contacted by the unit, one reached by the call-back
    assert figures["dispatch_right"] == (6, 6)

    # Somebody else's case counts for nobody else, and the page names the very cases.
    manager = post(MANAGER)
    rows = queries.rows_behind(manager, "handled_on_time", "rest", MARCH, config=config)
    assert [row.case_id for row in rows.rows] == [later.pk]
    request = RequestFactory().get(
        "/desk/board/rows?from=2026-03-01&to=2026-03-31&rate=handled_on_time&part=rest"
    )
    request.viewer = manager  # type: ignore[attr-defined]
    page = resolve("/desk/board/rows").func(request).content.decode()
    assert f"/desk/case/{later.number}" in page
    assert later.title in page
    assert urban.role == HANDLER
    assert judge.role == ADJUDICATOR
    assert queries.board(urban, MARCH, config=config).figures["handled"].below == 6

    insight.rebuild_all(batch=4)
    assert queries.board_json(ALL, MARCH, by=BY, config=config) == whole


def due_after(case: Case) -> datetime:
    """A quarter of an hour after it was handled: inside the limit of the check."""
    handled = Case.objects.get(pk=case.pk).handled_at
    assert handled is not None
    return handled + 15 * MINUTE


def holder(report: Report) -> Viewer:
    from gongbi.cases import links
    from gongbi.cases import queries as case_queries

    return case_queries.report_by_link(links.token(report))[1]


@pytest.mark.parametrize(("late", "share"), [(timedelta(), 1.0), (MINUTE, 0.0)])
def test_a_first_contact_limited_in_office_hours_may_wait_over_the_weekend(
    post: Callable[..., Viewer], request: pytest.FixtureRequest, late: timedelta, share: float
) -> None:
    CaseSetting.objects.update_or_create(
        key="response_limit", defaults={"value": "4工作时", "source": "test"}
    )
    request.addfinalizer(forget)
    forget()
    desk, urban = post("dispatcher"), post("handler", "urban_management")
    friday = datetime(2026, 3, 13, 17, 0, tzinfo=ZONE)
    monday = datetime(
        2026, 3, 16, 11, 0, tzinfo=ZONE
    )  # an hour on Friday until 18:00, three on Monday from 8:00
    case = say(friday - 2 * HOUR)
    actions.accept(case_id=case.pk, viewer=desk, at=friday - HOUR, kind="C0137")
    actions.dispatch(
        case_id=case.pk, viewer=desk, at=friday, unit_id=Unit.objects.get(code="urban_management").pk
    )
    assert told_due(case, "dispatch") == monday
    joined = say(friday + 2 * HOUR, join=case.pk)  # after hours: four hours of Monday
    assert joined.pk == case.pk
    assert told_due(case, "join") == monday + HOUR
    early, second = case.reports.order_by("pk")
    actions.contacted(case_id=case.pk, report_id=early.pk, viewer=urban, at=monday + late)
    actions.contacted(case_id=case.pk, report_id=second.pk, viewer=urban, at=monday + HOUR)
    insight.catch_up()
    board = queries.board(ALL, MARCH)
    responded = board.figures["responded"]
    assert (responded.above, responded.below) == (1 + share, 2)
    assert differences(queries.board_json(ALL, MARCH, by=BY), recount(MARCH, config=Config(), by=BY)) == []


def told_due(case: Case, transition: str) -> datetime:
    facts = LedgerEntry.objects.get(matter_id=case.pk, transition=transition).facts
    return datetime.fromisoformat(facts["due"]["response"])


def test_a_report_that_joins_before_any_unit_has_the_case_owes_no_contact_yet(
    post: Callable[..., Viewer], now: datetime
) -> None:
    case = say(now)
    say(now + MINUTE, join=case.pk)
    assert "response" not in LedgerEntry.objects.get(matter_id=case.pk, transition="join").facts.get(
        "due", {}
    )
