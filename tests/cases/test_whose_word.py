"""A reporter speaks for the own report only, and a word that crosses another is not taken twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gongbi.cases import actions, links, queries
from gongbi.cases.models import Case, Report
from gongbi.kernel.errors import Refused
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import Viewer
from tests.support.copies import together

Post = Callable[..., Viewer]
Unit = Callable[[str], int]
Say = Callable[..., Case]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def holder(report: Report) -> Viewer:
    return queries.report_by_link(links.token(report))[1]


def refusal_of(call: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


@pytest.fixture
def closed(say: Say, post: Post, unit: Unit, now: datetime) -> Callable[[], Case]:
    """A closed case with two reporters, neither of whom has judged."""

    def make() -> Case:
        case, other = say(), say(text="路灯又不亮了")
        desk, urban = post("dispatcher"), post("handler", unit="urban_management")
        actions.accept(case_id=case.pk, viewer=desk, at=now, kind="C0137", standard="")
        actions.merge(case_id=other.pk, into_id=case.pk, viewer=desk, at=now)
        actions.dispatch(case_id=case.pk, viewer=desk, at=now, unit_id=unit("urban_management"))
        actions.sign(case_id=case.pk, viewer=urban, at=now)
        from gongbi.kernel.files import actions as files

        from .conftest import _picture

        shot = files.store(_picture(case.pk % 200), purpose="report", viewer=desk, at=now).pk
        actions.finish(case_id=case.pk, viewer=urban, at=now + HOUR, result="修好", photos=[shot])
        return actions.confirm(case_id=case.pk, viewer=post("checker"), at=now + 2 * HOUR, finding="亮了")

    return make


@pytest.mark.django_db
def test_a_reporter_cannot_judge_reopen_or_answer_for_another_of_the_same_case(
    closed: Callable[[], Case], now: datetime, photo: int
) -> None:
    case = closed()
    first, second = case.reports.order_by("id")
    me = holder(first)
    at = now + 3 * HOUR
    entries = LedgerEntry.objects.count()
    judge = {"report_id": second.pk, "viewer": me, "at": at, "solved": True, "grade": 5}
    assert refusal_of(lambda: actions.judge(**judge)) == "cases.no_report"
    again = {"report_id": second.pk, "viewer": me, "at": at, "reason": "还黑", "photos": [photo]}
    assert refusal_of(lambda: actions.reopen(**again)) == "cases.no_report"
    assert LedgerEntry.objects.count() == entries
    case = actions.reopen(**again | {"report_id": first.pk})
    urban = Viewer(actor="post:1", role="handler", units=frozenset({case.unit_id}), unit_id=case.unit_id)
    actions.ask(case_id=case.pk, viewer=urban, at=at, question="哪一盏？", report_id=second.pk)
    asked = case.questions.get()
    answer = {"question_id": asked.pk, "viewer": me, "at": at, "text": "东边那盏"}
    assert refusal_of(lambda: actions.answer(**answer)) == "cases.no_such_question"
    actions.answer(**answer | {"viewer": holder(second)})


@pytest.mark.django_db
def test_a_reporter_does_not_read_the_words_of_another(
    closed: Callable[[], Case], now: datetime, photo: int
) -> None:
    case = closed()
    first, second = case.reports.order_by("id")
    at = now + 3 * HOUR
    actions.judge(report_id=first.pk, viewer=holder(first), at=at, solved=False, grade=1, comment="我家门口")
    actions.reopen(
        report_id=first.pk, viewer=holder(first), at=at, reason="我家三单元门口还黑着", photos=[photo]
    )
    own = str(queries.timeline(case, holder(first)))
    other = str(queries.timeline(case, holder(second)))
    assert "三单元" in own
    assert "三单元" not in other
    assert f"report:{first.pk}" not in other
    assert [event.arrow.name for event in queries.timeline(case, holder(second))].count("reopen") == 1


@pytest.mark.slow
def test_a_verdict_pressed_twice_at_once_counts_once(
    own_database: str, closed: Callable[[], Case], now: datetime
) -> None:
    case = closed()
    report = case.reports.order_by("id")[0]
    me = holder(report)

    def judge() -> Case:
        return actions.judge(report_id=report.pk, viewer=me, at=now + 3 * HOUR, solved=True, grade=4)

    answers = together(*[judge] * 5)
    assert [getattr(one, "code", "done") for one in answers].count("done") == 1
    assert {getattr(one, "code", "done") for one in answers} == {"done", "cases.judged"}
    assert LedgerEntry.objects.filter(matter_id=case.pk, transition="judge").count() == 1
