"""The nightly report: clean says so, each disagreement is listed once with its mend, a mend is one click; files do the same."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from gongbi.channels.hotline import actions, lists, mending, messages, queries, reconciling
from gongbi.channels.hotline.messages import Believed
from gongbi.channels.hotline.models import Difference, Order, Reconciliation
from gongbi.channels.hotline.rules import Term
from gongbi.channels.models import Outgoing
from gongbi.kernel import keeping
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.tables import write_csv
from tests.channels.hotline.conftest import Make, Say, case_of, checked, happened, taken_in

pytestmark = pytest.mark.django_db
ME = system("test")


def line(number: str = "A", **more: Any) -> Believed:
    given: dict[str, Any] = {
        "version": 1,
        "standing": "handling",
        "text_digest": "t",
        "answer_digest": "",
    } | more
    return Believed(number, **given)


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        (line(), line(), []),
        (line(standing="received"), line(standing="handling"), []),
        (line(standing="received"), line(standing="sent"), [("standing", "send_again")]),
        (line(standing="completed"), line(standing="called_back"), []),
        (None, line(), [("missing_here", "fetch")]),
        (line(), None, [("missing_there", "ask_them")]),
        (line(), line(standing="cancelled"), [("standing", "cancel")]),
        (line(standing="cancelled"), line(), [("standing", "fetch")]),
        (line(), line(text_digest="u", version=2), [("text", "fetch")]),
        (
            line(),
            line(due=datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone())),
            [("limit", "take_limit")],
        ),
        (line(standing="completed", answer_digest="a"), line(), [("answer", "send_again")]),
        (line(standing="returned"), line(), [("standing", "send_again")]),
        (line(standing="returned", due=None), line(standing="returned"), []),
    ],
)
def test_what_differs_is_one_difference_with_its_mend(
    ours: Believed | None, theirs: Believed | None, found: list[tuple[str, str]]
) -> None:
    made = reconciling.compare([ours] if ours else [], [theirs] if theirs else [])
    assert [(one.sort, one.mend) for one in made] == found


def beliefs_of_ours(source: Any) -> list[Believed]:
    return queries.beliefs(source, ME)


def test_a_clean_report_says_so_and_three_disagreements_are_three(
    hotline: Make, order: Say, post: Callable[..., Viewer], unit: Callable[[str], int], now: datetime
) -> None:
    source = hotline(base_url="http://127.0.0.1:9/api")
    for number in ("A", "B", "C", "D"):
        actions.take(source, messages.read(order(number)), at=now)
    taken_in(source, now)
    checked("A", post, unit, now)
    happened()
    same = beliefs_of_ours(source)
    clean = actions.reconcile(source, same, through="pull", viewer=ME, at=now)
    assert queries.differences(clean, ME) == []
    due = (now + timedelta(days=30)).replace(second=0, microsecond=0)
    from dataclasses import replace

    theirs = [
        replace(same[0], answer_digest="", standing="handling"),
        replace(same[1], due=due),
        replace(same[2], standing="cancelled"),
        same[3],
    ]
    report = actions.reconcile(source, theirs, through="pull", viewer=ME, at=now)
    found = queries.differences(report, ME)
    assert [(one.number, one.sort, one.mend) for one in found] == [
        ("A", "answer", "send_again"), ("B", "limit", "take_limit"), ("C", "standing", "cancel")
    ]  # fmt: skip
    clerk = post("clerk")
    before = Outgoing.objects.count()
    for one in found:
        assert mending.mend(one.pk, viewer=clerk, at=now)[0]
        with pytest.raises(Refused):
            mending.mend(one.pk, viewer=clerk, at=now)
    assert Outgoing.objects.count() == before + 1
    assert Order.objects.get(number="B").due == due
    assert Order.objects.get(number="C").standing == "cancelled"
    assert "对方已撤销" in case_of("C").reports.get().questions.get().answer
    assert queries.reports(clerk)[0].left == 0
    handler = post("handler", unit="urban_management")
    assert queries.reports(handler) == []


def test_what_is_theirs_to_do_is_refused_here(hotline: Make, order: Say, now: datetime) -> None:
    source = hotline()
    actions.take(source, messages.read(order()), at=now)
    report = actions.reconcile(source, [], through="list.csv", viewer=ME, at=now)
    with pytest.raises(Refused) as found:
        mending.mend(queries.differences(report, ME)[0].pk, viewer=ME, at=now)
    assert found.value.code == "hotline.theirs"


# --- Files ------------------------------------------------------------------------------------------------------------


def read(name: str, rows: list[dict[str, Any]], at: datetime, viewer: Viewer = ME) -> keeping.Result:
    columns = keeping.known(name).columns
    data = b"".join(write_csv(columns, rows))
    return keeping.read(
        name, io.BytesIO(data), "their list.csv", valid_from=date(2026, 1, 1), viewer=viewer, at=at
    )


def test_orders_come_as_a_file_by_the_same_rules(hotline: Make, now: datetime) -> None:
    assert lists.BELIEFS
    hotline()
    said = f"{timezone.localtime(now):%Y-%m-%d %H:%M}"
    row = {
        "number": "F-1",
        "kind": "投诉",
        "urgency": "一般",
        "text": "垃圾成堆无人清运",
        "phone": "匿名",
        "said_at": said,
    }
    rows = [
        row,
        row,
        row | {"number": "F-2", "phone": ""},
        row | {"version": 2, "text": "垃圾还在"},
        row | {"number": "F-3", "said_at": "昨天"},
    ]
    result = read("hotline", rows, now)
    assert (result.new, result.same, result.changed) == (1, 1, 1)
    assert [(fault.row, fault.column) for fault in result.faults] == [(4, "phone"), (6, "said_at")]
    assert read("hotline", rows[:2], now).same == 2
    assert Order.objects.get().kind == "complain"


def test_what_we_answer_goes_out_and_comes_back_clean(
    hotline: Make, order: Say, post: Callable[..., Viewer], unit: Callable[[str], int], now: datetime
) -> None:
    """The same columns both ways: our file, sent back unchanged, is a clean reconciliation; one that was edited is not."""
    source = hotline()
    for number in ("A", "B"):
        actions.take(source, messages.read(order(number)), at=now)
    taken_in(source, now)
    checked("A", post, unit, now)
    happened()
    rows = [dict(row) for row in keeping.known("hotline-answers").rows(ME, on=timezone.localdate(now))]  # type: ignore[misc]
    assert [(row["number"], row["standing"], row["answer"]) for row in rows] == [
        ("A", "已办结", "已修好"),
        ("B", "已接收", ""),
    ]
    result = read("hotline-answers", rows, now)
    assert "双方一致" in result.notes[0][0]
    rows[0]["answer"] = ""
    rows.append(rows[1] | {"number": "Z"})
    read("hotline-answers", rows, now)
    report = Reconciliation.objects.latest("pk")
    assert report.through == "their list.csv"
    assert set(Difference.objects.filter(reconciliation=report).values_list("number", "sort")) == {
        ("A", "answer"), ("Z", "missing_here")
    }  # fmt: skip


def test_terms_go_out_and_come_in_unchanged(hotline: Make, now: datetime) -> None:
    hotline()
    rows = [dict(row) for row in keeping.known("hotline-terms").rows(ME, on=timezone.localdate(now))]  # type: ignore[misc]
    assert len(rows) == 4
    assert read("hotline-terms", rows, now).words[0].startswith("新增 0，改动 0，未变 4")
    rows[0]["answer"] = "3个法定工作日"
    rows.append(rows[0] | {"kind": "建议", "answer": "随便"})
    result = read("hotline-terms", rows, now)
    assert (result.changed, len(result.faults)) == (1, 1)
    assert ("", Term(answer="3个法定工作日")) in queries.terms(ME)
