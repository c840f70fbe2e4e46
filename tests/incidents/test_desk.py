"""The desk of incidents as a browser sees it: one click from a case or a warning, the page, the review, in both languages."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from docx import Document

from gongbi.incidents import actions, catalogue, papers, queries, review, words
from gongbi.incidents.models import Affected, Incident, Stock
from gongbi.insight import actions as insight
from gongbi.insight.models import CaseFacts
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault.models import AccessLog
from tests.desk.conftest import Clock, Desk
from tests.incidents.conftest import Open
from tests.warning.happening import TODAY
from tests.warning.test_flow import Make, grid, make

__all__ = ["grid", "make"]
pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
ALL = "/desk/incidents/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_from_a_case_in_one_click_and_the_second_finds_the_first(
    say: Callable[..., Any], at_desk: AtDesk, clock: Clock
) -> None:
    case = say("劳动路口水管爆裂，路面大量冒水", kind="E0501")
    desk = at_desk("dispatcher")
    assert "开启突发事件" in text_of(desk.get(f"/desk/case/{case.number}"))
    first = desk.post(f"{ALL}about/{case.number}")
    again = desk.post(f"{ALL}about/{case.number}")
    assert first.status_code == 302
    assert first["Location"] == again["Location"]
    (one,) = Incident.objects.all()
    assert (one.kind, one.sort, one.territory) == ("water_main", "accident", case.territory)
    page = desk.get(first["Location"])
    assert case.number in text_of(page)
    assert one.number in text_of(desk.get(f"/desk/case/{case.number}"))
    assert at_desk("clerk").post(f"{ALL}about/{case.number}").status_code == 403


def test_from_a_warning_in_one_click(make: Make, at_desk: AtDesk, clock: Clock) -> None:
    warning = make(level=2, kind="E0501")
    desk = at_desk("dispatcher")
    assert "开启突发事件" in text_of(desk.get(f"/desk/warnings/{warning.number}"))
    opened = desk.post(f"{ALL}about/{warning.number}")
    (one,) = Incident.objects.all()
    assert (one.level, one.territory, opened["Location"]) == (2, warning.territory, f"{ALL}{one.number}")
    assert warning.number in text_of(desk.get(opened["Location"]))
    assert one.number in text_of(desk.get(f"/desk/warnings/{warning.number}"))
    assert TODAY


def test_worked_from_the_page(
    open_one: Open, plans: None, pumps: Stock, at_desk: AtDesk, clock: Clock, language: str
) -> None:
    one, desk = open_one(respond=False), at_desk("dispatcher")
    address, index = f"{ALL}{one.number}", 1 if language == "en" else 0
    headers = {"Accept-Language": "en" if language == "en" else "zh-CN"}

    def do(step: str, status: int = 302, **data: Any) -> Any:
        version = Incident.objects.get(pk=one.pk).version
        answer = desk.post(f"{address}/do/{step}", {"version": version, **data}, **headers)
        assert answer.status_code == status, text_of(answer)
        return answer

    do("respond", level="2", unit="")
    do("plan", plan="water_main")
    do("plan", plan="water_main")
    tasks = list(queries.tasks(one, desk.viewer))
    assert len(tasks) == 9
    do("settle", task=tasks[0].pk)
    do("settle", 422, task=tasks[1].pk, dropped="1")
    do("settle", task=tasks[1].pk, dropped="1", note="路口没有积水")
    do("task", title="联系公交改线", role="order", minutes="20", unit="", request="t1")
    do("note", text="阀门已关", sort="decided", request="n1")
    do("note", text="是上游阀门", corrects="1", request="n2")
    do("move", sort="hand_out", stock=pumps.pk, amount="3", request="s1")
    wrong = do("move", 422, sort="hand_out", stock=pumps.pk, amount="30", request="s2")
    assert ("可用合计只有 7", "only 7")[index] in text_of(wrong)
    do("register", name="赵静安", need="sheltered", phone="", door="", note="", store="")
    empty = do(
        "alert",
        422,
        headline="停水",
        description="停水",
        level="2",
        urgency="Immediate",
        certainty="Observed",
        hours="6",
    )
    assert ("没有区域", "no area")[index] in text_of(empty)
    do("alert", headline="停水", description="停水", level="2", urgency="Immediate", certainty="Observed", hours="6",
       areas=[one.territory])  # fmt: skip
    (alert,) = queries.alerts(one, desk.viewer)
    page = desk.get(address, **headers)
    said = text_of(page)
    for pair in (
        words.LEVELS[2],
        words.TEXTS["log"],
        words.TEXTS["people"],
        catalogue.ITEMS["pump"],
        catalogue.EVENTS["water_main"].words,
    ):
        assert pair[index] in said
    for text in ("阀门已关", "是上游阀门", "路口没有积水", "赵**"):
        assert text in said
    assert "赵静安" not in page.content.decode()
    assert desk.get(f"{ALL}alerts/{alert.identifier}.xml").content.decode() == alert.body
    do("end", 422, reason="好了")
    clock.on(minutes=5)
    do("cancel_alert", previous=alert.identifier, description="修好了")
    do("end", reason="修好了")
    assert not Affected.objects.exists()
    do("review", finding="阀门井每月检查")
    do("archive", 422)
    do("move", sort="return", stock=pumps.pk, amount="3", request="s3")
    do("archive")
    assert Incident.objects.get(pk=one.pk).state == "archived"


def test_every_form_opens_and_an_old_page_is_told(
    open_one: Open, plans: None, pumps: Stock, at_desk: AtDesk, clock: Clock
) -> None:
    one, desk = open_one(), at_desk("dispatcher")
    for step in ("set_level", "end", "task", "settle", "note", "alert", "move", "register", "keep"):
        page = desk.get(f"{ALL}{one.number}?step={step}")
        assert page.status_code == 200
        assert f"/do/{step}" in page.content.decode(), step
    stale = desk.post(f"{ALL}{one.number}/do/end", {"version": "1", "reason": "写了很多"})
    assert stale.status_code == 409
    assert "写了很多" in text_of(stale)
    assert desk.post(f"{ALL}{one.number}/do/dance").status_code == 404
    for odd in ("?tab=x", "?page=-1", "?tab=drills", "?tab=all"):
        assert desk.get(f"{ALL}{odd}").status_code == 200
    for page in ("plans", "plans/gas", "stores", "alerts", "new", "new?drill=1"):
        assert desk.get(f"{ALL}{page}").status_code == 200, page
    for part in ("tasks", "log"):
        assert desk.get(f"{ALL}{one.number}/live/{part}").status_code == 200
    assert desk.get(f"{ALL}TF20260310-000009-9").status_code == 404


def test_a_sealed_name_is_opened_with_a_reason(
    open_one: Open, at_desk: AtDesk, clock: Clock, leader: Viewer
) -> None:
    one, desk = open_one(), at_desk("dispatcher")
    person = actions.Person(name="赵静安", need="hurt")
    row = actions.register(key=one.pk, person=person, viewer=leader, at=clock.now)
    told: list[str] = []
    from gongbi.kernel.vault import actions as vault

    def unseal(*args: Any, **more: Any) -> str:
        told.append(more["reason"])
        return person.name

    with pytest.MonkeyPatch.context() as patch:  # opening outside a transaction is the vault's own test
        patch.setattr(vault, "unseal", unseal)
        page = desk.post(f"{ALL}{one.number}/person/{row.pk}/name", {"reason": "联系家属"})
    assert "赵静安" in text_of(page)
    assert told == ["联系家属"]
    assert desk.post(f"{ALL}{one.number}/person/{row.pk}/need", {"reason": "联系家属"}).status_code == 404
    assert not AccessLog.objects.exists()


def test_a_drill_is_marked_everywhere_and_leaves_no_trace_in_the_rates(
    open_one: Open,
    plans: None,
    pumps: Stock,
    at_desk: AtDesk,
    clock: Clock,
    leader: Viewer,
    say: Callable[..., Any],
) -> None:
    say()
    insight.rebuild_all()
    before = list(CaseFacts.objects.order_by("pk").values())
    figures = queries.figures(leader, at=clock.now)
    stock = (pumps.total, pumps.reserved, pumps.out)
    drill, desk = open_one(drill=True), at_desk("dispatcher")
    actions.start_plan(key=drill.pk, code="water_main", viewer=leader, at=clock.now)
    actions.move(
        key=drill.pk, stock_id=pumps.pk, sort="hand_out", amount=3, request="d", viewer=leader, at=clock.now
    )
    for page in (f"{ALL}{drill.number}", f"{ALL}{drill.number}/review", f"{ALL}?tab=drills"):
        assert "演练" in text_of(desk.get(page)), page
    assert drill.number.startswith("YL")
    for tab in ("open", "over", "closed", "all"):
        assert drill.number not in text_of(desk.get(f"{ALL}?tab={tab}"))
    after = queries.figures(leader, at=clock.now)
    assert (after.by_level, after.late_tasks, after.drills) == (
        figures.by_level,
        figures.late_tasks,
        figures.drills + 1,
    )
    insight.rebuild_all()
    assert before
    assert list(CaseFacts.objects.order_by("pk").values()) == before
    pumps.refresh_from_db()
    assert (pumps.total, pumps.reserved, pumps.out) == stock
    draft = review.draft(drill, leader, at=clock.now)
    assert "这是演练" in draft.mark
    assert "演练" in "".join(
        part.text for part in Document(io.BytesIO(papers.word(draft))).sections[0].header.paragraphs
    )


def test_the_page_costs_the_same_whatever_happened(
    open_one: Open, plans: None, at_desk: AtDesk, leader: Viewer, clock: Clock
) -> None:
    one, desk = open_one(), at_desk("dispatcher")
    actions.start_plan(key=one.pk, code="gas", viewer=leader, at=clock.now)

    def note(request: str) -> None:
        actions.note(key=one.pk, text="现场", sort="seen", request=request, viewer=leader, at=clock.now)

    note("a")
    desk.get(f"{ALL}{one.number}")
    with CaptureQueriesContext(connection) as few:
        desk.get(f"{ALL}{one.number}")
    for turn in range(8):
        note(f"n{turn}")
    actions.start_plan(key=one.pk, code="fire", viewer=leader, at=clock.now)
    with CaptureQueriesContext(connection) as many:
        desk.get(f"{ALL}{one.number}")
    assert len(many) == len(few)


# --- The review -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def played(db: None, now: datetime) -> Incident:
    """The drill of the demonstration, from the first report to the review."""
    from gongbi.incidents.demo import build_demo

    told = build_demo(at=now)
    assert build_demo(at=now) == "incidents were there already"
    one = Incident.objects.get()
    assert one.number in told
    return one


def test_the_review_is_drafted_from_the_record(played: Incident, leader: Viewer, now: datetime) -> None:
    draft = review.draft(played, leader, at=now)
    parts = {part.heading: part for part in draft.parts}
    clocks = parts["时限完成情况"]
    assert clocks.said == "共 9 项：按时 8，超时 1，未完成已超时 0，进行中 0，结束时未办结 0，不需要 0。"
    (late,) = [row for row in clocks.rows if row[-1] == "超时完成"]
    assert late[0].startswith("关闭上下游阀门")
    assert [row[1:4] for row in parts["物资使用"].rows] == [("抽水泵", "4", "0"), ("沙袋", "200", "200")]
    assert [row[1] for row in parts["预警信息"].rows] == ["首发", "解除"]
    assert any("三级响应" in row[2] for row in parts["重要决定"].rows)
    times = [row[0] for row in parts["经过"].rows]
    assert times == sorted(times)
    assert "停车占压" in draft.finding


def test_word_and_pdf_say_what_the_page_says(played: Incident, at_desk: AtDesk, clock: Clock) -> None:
    desk = at_desk("manager")
    page = text_of(desk.get(f"{ALL}{played.number}/review"))
    word = desk.get(f"{ALL}{played.number}/review.docx")
    document = Document(io.BytesIO(word.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    said = " ".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
    for text in (
        "时限完成情况",
        "超时完成",
        "抽水泵",
        "按时 8",
        played.number,
        "停车占压",
        "2026-03-03 10:36",
    ):
        assert text in said, text
        assert text in page, text
    assert not re.search(r"\{[{%]", said)
    pdf = desk.get(f"{ALL}{played.number}/review.pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert b"/FontFile" in pdf.content  # its letters are inside
    assert f'filename="{played.number}.pdf"' in pdf["Content-Disposition"]
