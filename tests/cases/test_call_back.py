"""H9: a hotline matter closes only after every caller was called back; each call is on the record, none is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gongbi.cases import actions
from gongbi.cases.models import Case
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import Viewer

pytestmark = pytest.mark.django_db
Post = Callable[..., Viewer]
Unit = Callable[[str], int]
Say = Callable[..., Case]
HOUR = timedelta(hours=1)


@pytest.fixture
def checked(say: Say, post: Post, unit: Unit, now: datetime, photo: int) -> Case:
    """Two callers and one visitor of the website, all of one case that waits for the calls."""
    desk, urban, clerk = post("dispatcher"), post("handler", unit="urban_management"), post("clerk")
    case = say(channel="hotline", phone="02955501111", viewer=clerk)
    say(text="我也打一个", channel="hotline", phone="02955502222", viewer=clerk, join=case.pk)
    say(text="我在网上说", join=case.pk)
    actions.accept(case_id=case.pk, viewer=desk, at=now, kind="C0137")
    actions.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=unit("urban_management"))
    actions.sign(case_id=case.pk, viewer=urban, at=now)
    actions.finish(case_id=case.pk, viewer=urban, at=now, result="修好", photos=[photo])
    case = actions.confirm(case_id=case.pk, viewer=post("checker"), at=now, finding="亮了")
    assert case.state == "checked"
    return case


def refusal_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def test_each_caller_is_called_and_the_verdict_of_the_first_waits_for_the_last(
    checked: Case, post: Post, now: datetime
) -> None:
    first, second, _web = checked.reports.order_by("id")
    call = {"case_id": checked.pk, "viewer": post("clerk"), "outcome": "reached"}
    case = actions.call_back(**call, at=now + HOUR, report_id=first.pk, solved=True, grade=5, comment="快")
    assert case.state == "checked"
    case = actions.call_back(**call, at=now + 2 * HOUR, report_id=second.pk, solved=False, grade=1)
    assert case.state == "closed"
    told = [(report.solved, report.grade) for report in case.reports.order_by("id")]
    assert told == [(True, 5), (False, 1), (None, None)]
    steps = list(
        LedgerEntry.objects.filter(matter_id=case.pk).order_by("seq").values_list("transition", flat=True)
    )
    assert steps[-4:] == ["called", "call_back", "judge", "judge"]


def test_the_same_caller_is_not_called_twice(checked: Case, post: Post, now: datetime) -> None:
    first = checked.reports.order_by("id")[0]
    call = {
        "case_id": checked.pk,
        "viewer": post("clerk"),
        "at": now,
        "report_id": first.pk,
        "outcome": "unreachable",
    }
    actions.call_back(**call)
    assert refusal_of(lambda: actions.call_back(**call)) == "cases.called_back"


def test_nobody_calls_back_before_the_check_or_without_being_a_clerk(
    say: Say, checked: Case, post: Post, now: datetime
) -> None:
    early = say(channel="hotline", phone="02955503333", viewer=post("clerk"))
    say(text="还有我", channel="hotline", phone="02955504444", viewer=post("clerk"), join=early.pk)
    call = {"viewer": post("clerk"), "at": now, "outcome": "reached"}
    report = early.reports.order_by("id")[0]
    assert (
        refusal_of(lambda: actions.call_back(case_id=early.pk, report_id=report.pk, **call)) == "flow.state"
    )
    report.refresh_from_db()
    assert report.callback_at is None
    owed = checked.reports.order_by("id")[0].pk
    with pytest.raises(Forbidden):
        actions.call_back(case_id=checked.pk, report_id=owed, **call | {"viewer": post("dispatcher")})


def test_not_solved_goes_back_and_everybody_is_called_again(
    checked: Case, say: Say, post: Post, now: datetime
) -> None:
    first, second, _web = checked.reports.order_by("id")
    clerk = post("clerk")
    actions.call_back(
        case_id=checked.pk, report_id=first.pk, viewer=clerk, at=now, outcome="reached", solved=True, grade=4
    )
    elsewhere = say(text="别处的事").reports.get()
    back = {"case_id": checked.pk, "viewer": clerk, "at": now, "reason": "还是黑的"}
    assert refusal_of(lambda: actions.call_back_unsolved(report_id=elsewhere.pk, **back)) == "cases.no_report"
    case = actions.call_back_unsolved(report_id=second.pk, **back)
    assert (case.state, case.rework_count) == ("handling", 1)
    assert (
        list(case.reports.order_by("id").values_list("callback_at", "solved", "grade"))
        == [(None, None, None)] * 3
    )


@pytest.mark.parametrize("half", [{"solved": True}, {"grade": 5}])
def test_half_a_verdict_is_refused(checked: Case, post: Post, now: datetime, half: dict[str, object]) -> None:
    first = checked.reports.order_by("id")[0]
    call = {
        "case_id": checked.pk,
        "report_id": first.pk,
        "viewer": post("clerk"),
        "at": now,
        "outcome": "reached",
    }
    assert refusal_of(lambda: actions.call_back(**call, **half)) == "cases.half_verdict"


def test_a_contact_with_somebody_elses_report_is_refused(
    checked: Case, say: Say, post: Post, now: datetime
) -> None:
    elsewhere = say(text="别处的事").reports.get()
    contact = {"case_id": checked.pk, "report_id": elsewhere.pk, "viewer": post("clerk"), "at": now}
    assert refusal_of(lambda: actions.contacted(**contact)) == "cases.no_report"
