"""One event, many callers (C11): merging, taking out again and parting lose no report, no call-back and no verdict."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gongbi.cases import actions, links, queries
from gongbi.cases.models import Case, Report
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.invariants import run_all
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.scope.viewer import Viewer

pytestmark = pytest.mark.django_db
Post = Callable[..., Viewer]
Unit = Callable[[str], int]
Say = Callable[..., Case]
HOUR = timedelta(hours=1)


def where(*cases: Case) -> list[list[int]]:
    return [sorted(Report.objects.filter(case=case).values_list("pk", flat=True)) for case in cases]


def refusal_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def test_a_chain_of_merged_cases_comes_apart_link_by_link(say: Say, post: Post, now: datetime) -> None:
    desk = post("dispatcher")
    a, b, c = say(), say(text="灯坏了"), say(text="黑得很")
    (ra,), (rb,), (rc,) = where(a, b, c)
    actions.merge(case_id=a.pk, into_id=b.pk, viewer=desk, at=now)
    actions.merge(case_id=b.pk, into_id=c.pk, viewer=desk, at=now)
    assert where(a, b, c) == [[], [], [ra, rb, rc]]
    actions.unmerge(case_id=a.pk, viewer=desk, at=now, reason="另一处")
    assert where(a, b, c) == [[ra], [], [rb, rc]]
    actions.unmerge(case_id=b.pk, viewer=desk, at=now, reason="又一处")
    assert where(a, b, c) == [[ra], [rb], [rc]]
    for case in (a, b, c):
        case.refresh_from_db()
        assert (case.report_count, case.merged_into_id, case.state) == (1, None, "received")
    assert list(verify()) == list(run_all()) == []


def test_the_middle_of_a_chain_takes_what_came_with_it(say: Say, post: Post, now: datetime) -> None:
    desk = post("dispatcher")
    a, b, c = say(), say(text="灯坏了"), say(text="黑得很")
    (ra,), (rb,), (rc,) = where(a, b, c)
    actions.merge(case_id=a.pk, into_id=b.pk, viewer=desk, at=now)
    actions.merge(case_id=b.pk, into_id=c.pk, viewer=desk, at=now)
    actions.unmerge(case_id=b.pk, viewer=desk, at=now, reason="另一处")
    assert where(a, b, c) == [[], [ra, rb], [rc]]
    actions.unmerge(case_id=a.pk, viewer=desk, at=now, reason="又一处")
    assert where(a, b, c) == [[ra], [rb], [rc]]


def test_nothing_is_taken_out_that_is_no_longer_there(say: Say, post: Post, now: datetime) -> None:
    desk = post("dispatcher")
    a, b = say(), say(text="灯坏了")
    (ra,), _ = where(a, b)
    actions.merge(case_id=a.pk, into_id=b.pk, viewer=desk, at=now)
    actions.split(case_id=b.pk, viewer=desk, at=now, reports=[ra])
    assert (
        refusal_of(lambda: actions.unmerge(case_id=a.pk, viewer=desk, at=now, reason="x"))
        == "cases.nothing_left"
    )


def test_a_case_never_loses_its_last_report(say: Say, post: Post, now: datetime) -> None:
    desk = post("dispatcher")
    a, b = say(), say(text="灯坏了")
    _, (rb,) = where(a, b)
    actions.merge(case_id=a.pk, into_id=b.pk, viewer=desk, at=now)
    actions.split(case_id=b.pk, viewer=desk, at=now, reports=[rb])
    out = {"case_id": a.pk, "viewer": desk, "at": now, "reason": "x"}
    assert refusal_of(lambda: actions.unmerge(**out)) == "cases.nothing_would_stay"


@pytest.mark.parametrize("first", ["web", "hotline"])
def test_a_call_back_is_owed_wherever_the_caller_is(say: Say, post: Post, now: datetime, first: str) -> None:
    """H9: a caller who joins, merges or parts takes the call-back along, and leaves none behind."""
    desk, clerk = post("dispatcher"), post("clerk")
    phone = {"channel": "hotline", "phone": "02955501234", "viewer": clerk}
    web = say(text="路灯不亮")
    call = say(text="路灯不亮", **phone)
    one, two = (web, call) if first == "web" else (call, web)
    actions.merge(case_id=one.pk, into_id=two.pk, viewer=desk, at=now)
    assert owed(one, two) == [first == "hotline", True]
    actions.unmerge(case_id=one.pk, viewer=desk, at=now, reason="x")
    assert owed(one, two) == [first == "hotline", first == "web"]


def owed(*cases: Case) -> list[bool]:
    return [Case.objects.get(pk=case.pk).callback_owed for case in cases]


def test_a_caller_who_joins_is_owed_a_call_back(say: Say, post: Post, now: datetime) -> None:
    case = say()
    say(text="我也看到了", channel="hotline", phone="02955501234", viewer=post("clerk"), join=case.pk)
    assert owed(case) == [True]
    call = case.reports.get(channel="hotline").pk
    fresh = actions.split(case_id=case.pk, viewer=post("dispatcher"), at=now, reports=[call])
    assert owed(case, fresh) == [False, True]


def test_a_case_taken_out_after_the_end_is_judged_anew_and_the_other_settles(
    say: Say, post: Post, unit: Unit, now: datetime, photo: int
) -> None:
    desk, urban = post("dispatcher"), post("handler", unit="urban_management")
    case, other = say(), say(text="路灯坏了")
    actions.accept(case_id=case.pk, viewer=desk, at=now, kind="C0137")
    actions.merge(case_id=other.pk, into_id=case.pk, viewer=desk, at=now)
    actions.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=unit("urban_management"))
    actions.sign(case_id=case.pk, viewer=urban, at=now)
    actions.finish(case_id=case.pk, viewer=urban, at=now + HOUR, result="修好", photos=[photo])
    actions.confirm(case_id=case.pk, viewer=post("checker"), at=now + HOUR, finding="亮了")
    first = case.reports.order_by("id")[0]
    me = queries.report_by_link(links.token(first))[1]
    actions.judge(report_id=first.pk, viewer=me, at=now + HOUR, solved=True, grade=5)
    actions.unmerge(case_id=other.pk, viewer=desk, at=now + 2 * HOUR, reason="是另一盏")
    case.refresh_from_db()
    other.refresh_from_db()
    assert (case.state, other.state) == ("judged", "received")
    assert list(run_all()) == []
