"""Hot issues on the desk: imported messages are grouped and ranked; nobody sees more than the own field; no person reaches the library."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pytest

from gongbi.cases.actions.receive import receive
from gongbi.cases.actions.statement import Statement
from gongbi.cases.exchange import import_reports
from gongbi.cases.models import Report
from gongbi.cases.triage import Said
from gongbi.insight import actions_hot, queries_hot, tasks
from gongbi.insight.models import HotList, HotMember
from gongbi.insight.period import Period, recent
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.science.hot import Message
from tests.desk.conftest import Clock, Desk

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
HEAD = "msg_id,user,time,title,body,likes,dislikes,联系电话\n"
MIXER = (
    "槐树湾小区旁边建搅拌站，噪音灰尘扰民",
    "投诉槐树湾小区附近违建搅拌站",
    "槐树湾小区的搅拌站灰尘太大，晚上噪音不停",
    "槐树湾小区搅拌站何时搬走",
)
OTHERS = (
    "请问公交卡在哪里可以办理",
    "建议图书馆延长开放时间",
    "北山公园几点关门",
    "医保异地报销需要什么材料",
)
BODIES = "壹贰叁肆伍陆柒捌玖"  # something different below each title
JUNE = Period(date(2019, 6, 1), date(2019, 6, 30))
ADDRESS = "/desk/hot?from=2019-06-01&to=2019-06-30"


@pytest.fixture
def told(db: None, clock: Clock) -> None:
    """Four people of a concrete mixer in June 2019, four of other things; the first of them said it twice."""
    said = [*MIXER, *OTHERS, MIXER[0] + "，请处理"]
    rows = [
        f"{i},甲某{i % 8},2019-06-{10 + i} 08:00:00,{words},{BODIES[i] * 4},0,0,029-5551000{i % 8}\n"
        for i, words in enumerate(said)
    ]
    done = import_reports((HEAD + "".join(rows)).encode(), "m.csv", viewer=system("test"), at=clock.now)
    assert (done.refused, Report.objects.filter(said_at__year=2019).count()) == (0, 9)


def test_the_page_shows_what_many_wrote_about(told: None, at_desk: At) -> None:
    desk = at_desk("manager")
    page = desk.get(ADDRESS).content.decode()
    assert "搅拌站" in page
    assert not any(words in page for words in OTHERS)
    (issue,) = queries_hot.issues(desk.viewer, HotList.objects.get())
    assert (issue.writers, issue.reports) == (4, 5)
    assert issue.name in [*MIXER, MIXER[0] + "，请处理"]
    assert f"/desk/hot/{issue.number}?" in page


def test_an_issue_opens_its_cases(told: None, at_desk: At) -> None:
    desk = at_desk("dispatcher")
    desk.get(ADDRESS)
    (issue,) = queries_hot.issues(desk.viewer, HotList.objects.get())
    page = desk.get(f"/desk/hot/{issue.number}?from=2019-06-01&to=2019-06-30").content.decode()
    numbers = {report.case.number for report in Report.objects.filter(text__contains="搅拌站")}
    assert numbers
    assert all(number in page for number in numbers)
    assert desk.get("/desk/hot/99?from=2019-06-01&to=2019-06-30").status_code == 404
    assert desk.get("/desk/hot/0?from=2018-06-01&to=2018-06-30").status_code == 404


def test_no_field_of_a_person_reaches_the_library(
    told: None, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Message] = []

    def listen(messages: list[Message], **_more: Any) -> tuple[()]:
        given.extend(messages)
        return ()

    monkeypatch.setattr(actions_hot, "hot", listen)
    actions_hot.refresh_hot(JUNE, at=clock.now)
    assert len(given) == 9
    # A running number in the order of the list, nothing that was derived from a name, an account or a telephone.
    assert sorted({message.writer for message in given}) == list(range(8))  # type: ignore[type-var]
    assert all(type(message.writer) is int for message in given)
    sent = json.dumps([asdict(message) for message in given], ensure_ascii=False)
    assert "甲某" not in sent
    assert "5551000" not in sent
    personal = {"name", "account", "phone", "phone_index", "writer_index"}
    assert not personal & set(Message.__dataclass_fields__)
    assert not personal & {f.attname for f in HotMember._meta.concrete_fields}


def test_an_account_of_a_list_is_one_writer_and_its_number_means_nothing_outside(
    db: None, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "msg_id,user,time,title,body,likes,dislikes\n"
    rows = [
        f"{i},A0007{i // 2},2019-06-{10 + i} 08:00:00,{words},{BODIES[i] * 4},{i},{3.0 if i == 3 else ''}\n"
        for i, words in enumerate(MIXER)
    ]
    done = import_reports((head + "".join(rows)).encode(), "m.csv", viewer=system("test"), at=clock.now)
    assert (done.new, done.refused, done.notes[0][0][:2]) == (4, 0, "分拣")  # every column was used
    indexes = [
        bytes(one or b"") for one in Report.objects.order_by("pk").values_list("writer_index", flat=True)
    ]
    assert indexes[0] == indexes[1] != indexes[2] == indexes[3]
    assert all(len(one) == 32 and b"A0007" not in one for one in indexes)
    given: list[Message] = []

    def listen(messages: list[Message], **_more: Any) -> tuple[()]:
        given.extend(messages)
        return ()

    with monkeypatch.context() as patch:
        patch.setattr(actions_hot, "hot", listen)
        actions_hot.refresh_hot(JUNE, at=clock.now)
    assert [(m.writer, m.likes, m.dislikes) for m in given] == [(0, 3, 3), (0, 2, 0), (1, 1, 0), (1, 0, 0)]
    assert "A0007" not in json.dumps([asdict(message) for message in given])
    kept = actions_hot.refresh_hot(JUNE, at=clock.now)
    (issue,) = queries_hot.issues(system("test"), kept)
    assert (issue.writers, issue.reports, issue.heat.likes) == (2, 4, 3 * math.log2(1 + 6 - 3))


def test_who_joined_a_case_is_a_writer_whatever_the_words(told: None, clock: Clock) -> None:
    mixer = Report.objects.filter(text__contains="搅拌站").order_by("pk").first()
    card = Report.objects.get(text__contains="公交卡")
    assert mixer is not None
    for number, case in enumerate((mixer.case_id, card.case_id, card.case_id)):
        said = Said(text="我也是", said_at=clock.now.replace(year=2019, month=6, day=28), channel="web")
        statement = Statement(said, phone=f"1380000000{number}", join=case)
        receive(statement, viewer=system("test"), at=clock.now)
    kept = actions_hot.refresh_hot(JUNE, at=clock.now)
    found = {issue.name: (issue.writers, issue.reports) for issue in queries_hot.issues(system("test"), kept)}
    assert (5, 6) in found.values()  # the mixer's four and the one who joined
    assert found[OTHERS[0]] == (3, 3)  # a single message, and two who said the same with one tap


def test_what_informers_said_is_left_out(told: None, clock: Clock, at_desk: At) -> None:
    Report.objects.filter(text__contains="搅拌站").update(confidential=True)
    actions_hot.refresh_hot(JUNE, at=clock.now)
    assert HotMember.objects.count() == 0


def test_each_viewer_counts_the_own_field_only(told: None, clock: Clock, at_desk: At) -> None:
    kept = actions_hot.refresh_hot(JUNE, at=clock.now)
    whole = at_desk("manager").viewer
    (issue,) = queries_hot.issues(whole, kept)
    inside, outside = "610104001001", "610104002001"
    reports = list(Report.objects.filter(text__contains="搅拌站").select_related("case").order_by("pk"))
    for place, report in enumerate(reports):
        type(report.case).objects.filter(pk=report.case_id).update(territory=outside if place else inside)
    cases = {report.case_id for report in reports[1:]}
    narrow = Viewer(actor="post:0", role="manager", territories=("610104002",))
    if {reports[0].case_id} & cases:
        pytest.fail("the first report shares its case: the text of this test must differ more")
    (seen,) = queries_hot.issues(narrow, kept)
    assert set(seen.cases) == cases
    assert (seen.reports, issue.reports) == (4, 5)
    nowhere = Viewer(actor="post:0", role="manager", territories=("610104009",))
    assert queries_hot.issues(nowhere, kept) == []
    one_only = Viewer(actor="post:0", role="manager", territories=("610104001",))
    assert queries_hot.issues(one_only, kept) == []


@pytest.mark.parametrize(
    ("login", "status"), [("manager", 200), ("dispatcher", 200), ("urban", 403), ("clerk", 403)]
)
def test_only_those_who_look_over_a_field_have_the_page(at_desk: At, login: str, status: int) -> None:
    answer = at_desk(login).get(ADDRESS)
    assert answer.status_code == status
    menu = at_desk(login).get("/desk/map").content.decode()
    assert ('"/desk/hot"' in menu) is (status == 200)


def test_a_list_is_kept_until_reports_come_and_ten_minutes_pass(told: None, clock: Clock) -> None:
    first = actions_hot.fresh(JUNE, at=clock.now)
    assert actions_hot.fresh(JUNE, at=clock.on(minutes=30)).made_at == first.made_at
    more = f"90,乙,2019-06-28 08:00:00,{MIXER[1]},再次反映,0,0,\n"
    import_reports((HEAD + more).encode(), "m.csv", viewer=system("test"), at=clock.now)
    again = actions_hot.fresh(JUNE, at=clock.now)
    assert (again.pk, again.reports) == (first.pk, 10)
    import_reports((HEAD + more.replace("90,", "91,")).encode(), "m.csv", viewer=system("test"), at=clock.now)
    assert actions_hot.fresh(JUNE, at=clock.on(minutes=9)).reports == 10
    assert actions_hot.fresh(JUNE, at=clock.on(minutes=2)).reports == 11
    assert HotList.objects.count() == 1


def test_more_reports_than_are_read_at_once_are_told(
    told: None, clock: Clock, at_desk: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions_hot, "READ_MOST", 7)
    kept = actions_hot.refresh_hot(JUNE, at=clock.now)
    assert (kept.reports, kept.unread) == (7, 2)
    assert "另有较早的 2 件" in at_desk("manager").get(ADDRESS, accept_language="zh").content.decode()


def test_the_job_makes_the_lists_that_people_look_at_first(told: None, clock: Clock) -> None:
    tasks.hot_issues(clock.now)
    assert {kept.first for kept in HotList.objects.all()} == {
        recent(days, clock.now.date()).first for days in (30, 90)
    }


def test_years_in_which_something_was_said_are_offered(told: None, at_desk: At) -> None:
    page = at_desk("manager").get("/desk/hot").content.decode()
    assert "from=2019-01-01&amp;to=2019-12-31" in page
    assert "from=2018-01-01" not in page


def test_a_period_without_reports_is_said_to_be_so(db: None, at_desk: At) -> None:
    assert "没有两人以上" in at_desk("manager").get(ADDRESS, accept_language="zh").content.decode()
    assert at_desk("manager").get("/desk/hot?from=yesterday").status_code >= 400
    assert timedelta(days=29) == JUNE.last - JUNE.first
