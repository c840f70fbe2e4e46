"""Following by the private link: plain sentences, the promise, a question answered, the verdict, "still there", who looked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from gongbi.cases import actions, queries
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.clock.words import when
from gongbi.kernel.vault.actions import unseal
from tests.resident.conftest import INSIDE, LAMP, ONE, Desk, Say, jpeg

pytestmark = pytest.mark.django_db


def html(answer: Any) -> str:
    return str(answer.content.decode())


def headline(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page, re.S)
    assert found is not None
    return found[1].strip()


def follow(visitor: Client, link: str) -> str:
    return html(visitor.get(f"/r/{link}"))


def test_the_headline_says_who_has_it_and_until_when(visitor: Client, say: Say, desk: Desk) -> None:
    link = say()
    assert re.search(r"我们收到了您说的事，.+ 前告诉您是否受理。", headline(follow(visitor, link)))
    desk.accept(link)
    assert re.search(r"已经受理，.+ 前转给负责的单位。", headline(follow(visitor, link)))
    desk.dispatch(link)
    assert re.search(r"我们已经转给城市管理局，.+ 前给您答复。", headline(follow(visitor, link)))
    actions.sign(case_id=desk.case(link), viewer=desk.handler, at=timezone.now())
    assert re.search(r"城市管理局正在办理，.+ 前给您答复。", headline(follow(visitor, link)))
    desk.finish(link)
    assert re.search(
        r"城市管理局说已经办好了。现在由别的人去核查，.+ 前有结果。", headline(follow(visitor, link))
    )
    actions.confirm(case_id=desk.case(link), viewer=desk.checker, at=timezone.now(), finding="已亮")
    page = follow(visitor, link)
    assert headline(page) == "已经办结。请您评价：问题解决了吗？"
    assert "换了灯泡，已亮" in page


def test_the_same_in_english(visitor: Client, say: Say, desk: Desk) -> None:
    link = say()
    desk.handle(link)
    visitor.cookies["django_language"] = "en"
    assert re.search(
        r"Urban Management is dealing with it; you get an answer by .+\.", headline(follow(visitor, link))
    )


def test_a_missed_promise_is_said(
    visitor: Client, say: Say, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = say()
    desk.handle(link)
    later = timezone.now() + timedelta(days=30)
    monkeypatch.setattr(timezone, "now", lambda: later)
    page = follow(visitor, link)
    assert "比答应您的时间" in page
    assert "城市管理局正在办理。" in headline(page)


def test_one_tap_explains_the_deadline_minute_by_minute(visitor: Client, say: Say, desk: Desk) -> None:
    link = say()
    desk.handle(link)
    assert f"/r/{link}/why" in follow(visitor, link)
    page = html(visitor.get(f"/r/{link}/why"))
    assert "期限：" in page
    assert page.count("<tr") > 2


def test_after_the_end_no_clock_runs(visitor: Client, say: Say, desk: Desk) -> None:
    link = say()
    desk.close(link)
    assert "现在没有计时" in html(visitor.get(f"/r/{link}/why"))


def test_a_question_is_answered_with_words_and_a_photo_and_the_clock_goes_on(
    visitor: Client, say: Say, desk: Desk
) -> None:
    link = say()
    desk.handle(link)
    desk.ask(link, "是哪一根灯杆？")
    page = follow(visitor, link)
    assert "是哪一根灯杆？" in page
    assert "有一个问题想问您" in headline(page)
    number = re.search(r'name="question" value="(\d+)"', page)
    assert number is not None
    empty = visitor.post(
        f"/r/{link}/answer",
        {"question": number[1], "answer": " ", "photos": SimpleUploadedFile("a.jpg", jpeg())},
    )
    assert empty.status_code == 422
    tickets = re.findall(r'name="kept" value="([^"]+)"', html(empty))
    done = visitor.post(
        f"/r/{link}/answer", {"question": number[1], "answer": "靠公交站的第二根", "kept": tickets}
    )
    assert done.status_code == 302
    assert "正在办理" in headline(follow(visitor, link))
    again = visitor.post(f"/r/{link}/answer", {"question": number[1], "answer": "再答一次"})
    assert again.status_code == 422
    assert "已经答复过" in html(again)


def test_nobody_answers_a_question_of_somebody_else(visitor: Client, say: Say, desk: Desk) -> None:
    link, other = say(), say("另外一件：井盖坏了")
    desk.handle(link)
    desk.ask(link, "是哪一根灯杆？")
    number = re.search(r'name="question" value="(\d+)"', follow(visitor, link))
    assert number is not None
    answer = visitor.post(f"/r/{other}/answer", {"question": number[1], "answer": "我来答"})
    assert answer.status_code == 422
    assert "是哪一根灯杆？" in follow(visitor, link)


def test_the_five_grades_stand_in_the_fixed_order_and_the_verdict_counts_once(
    visitor: Client, say: Say, desk: Desk
) -> None:
    link = say()
    desk.close(link)
    page = follow(visitor, link)
    assert re.findall(r'name="grade" value="(\d)"', page) == ["5", "4", "3", "2", "1"]
    empty = visitor.post(f"/r/{link}/judge", {"comment": "谢谢师傅"})
    assert empty.status_code == 422
    assert "请选择是否解决" in html(empty)
    assert "谢谢师傅" in html(empty)
    assert visitor.post(f"/r/{link}/judge", {"solved": "yes", "grade": "9"}).status_code == 422
    done = visitor.post(f"/r/{link}/judge", {"solved": "yes", "grade": "4", "comment": "谢谢师傅"})
    assert done.status_code == 302
    page = html(visitor.get(done["Location"]))
    assert "谢谢，您的评价已经计入" in page
    assert 'name="grade"' not in page
    report, _viewer = queries.report_by_link(link)
    assert (report.solved, report.grade, report.comment, report.case.state) == (True, 4, "谢谢师傅", "judged")
    assert visitor.post(f"/r/{link}/judge", {"solved": "no", "grade": "1"}).status_code == 422


def test_still_there_needs_a_photo_and_reopens(visitor: Client, say: Say, desk: Desk) -> None:
    link = say()
    desk.close(link)
    bare = visitor.post(f"/r/{link}/reopen", {"reason": "还是不亮"})
    assert bare.status_code == 422
    assert "现在的照片" in html(bare)
    assert "还是不亮" in html(bare)
    done = visitor.post(
        f"/r/{link}/reopen", {"reason": "还是不亮", "photos": SimpleUploadedFile("now.jpg", jpeg("black"))}
    )
    assert done.status_code == 302
    page = html(visitor.get(done["Location"]))
    assert "城市管理局正在办理" in headline(page)
    assert "报告人说问题还在" in page


@pytest.mark.parametrize(("days", "offered"), [(29, True), (30, True), (31, False)])
def test_still_there_is_offered_within_the_window(
    visitor: Client, say: Say, desk: Desk, monkeypatch: pytest.MonkeyPatch, days: int, offered: bool
) -> None:
    link = say()
    desk.close(link)
    report, _viewer = queries.report_by_link(link)
    closed = report.case.closed_at
    assert closed is not None
    monkeypatch.setattr(timezone, "now", lambda: closed + timedelta(days=days))
    assert ('id="reopen"' in follow(visitor, link)) is offered


def test_not_solved_opens_the_way_to_still_there(visitor: Client, say: Say, desk: Desk) -> None:
    link = say()
    desk.close(link)
    visitor.post(f"/r/{link}/judge", {"solved": "no", "grade": "1"})
    assert re.search(r'id="reopen">\s*<details class="fold" open', follow(visitor, link))


def test_everybody_in_a_merged_matter_judges_alone(visitor: Client, say: Say, desk: Desk) -> None:
    first, second = say(), say("公交站那盏灯坏了")
    actions.merge(
        case_id=desk.case(second), into_id=desk.case(first), viewer=desk.dispatcher, at=timezone.now()
    )
    assert "另外 1 条反映是同一件事" in follow(visitor, second)
    desk.close(first)
    visitor.post(f"/r/{first}/judge", {"solved": "yes", "grade": "5"})
    assert headline(follow(visitor, first)) == "谢谢您的评价，这件事到此结束。"
    assert headline(follow(visitor, second)) == "已经办结。请您评价：问题解决了吗？"


def test_a_rejection_gives_its_reason(visitor: Client, say: Say, desk: Desk) -> None:
    link = say("请帮我修自家的灯")
    actions.reject(
        case_id=desk.case(link),
        viewer=desk.dispatcher,
        at=timezone.now(),
        ground="outside_duties",
        reason="自家的灯由住户自行维修",
    )
    page = follow(visitor, link)
    assert "不能受理" in headline(page)
    assert "自家的灯由住户自行维修" in page


def test_inner_affairs_of_the_offices_are_not_shown(visitor: Client, say: Say, desk: Desk) -> None:
    link = say()
    desk.accept(link)
    desk.dispatch(link)
    actions.contest(
        case_id=desk.case(link), viewer=desk.handler, at=timezone.now(), reason="不归我们管，归供电公司"
    )
    page = follow(visitor, link)
    assert "不归我们管" not in page
    assert "异议" not in page
    assert "重新确定由哪个单位负责" in page
    assert "转给城市管理局办理" in page  # it did go there first, though the matter is nobody's now


def test_what_is_on_hold_says_until_when(visitor: Client, say: Say, desk: Desk) -> None:
    link = say()
    desk.handle(link)
    now = timezone.now()
    until = timezone.localtime(now + timedelta(days=90)).replace(hour=9, minute=0, second=0, microsecond=0)
    given = {"case_id": desk.case(link), "at": now}
    actions.ask_for(kind="suspension", viewer=desk.handler, reason="等备件", until=until, **given)
    assert headline(follow(visitor, link)).startswith("城市管理局正在办理")
    actions.decide(granted=True, viewer=desk.dispatcher, reason="备件要从外地调", **given)
    page = follow(visitor, link)
    assert f"最迟 {when(until, now)[0]} 自动恢复办理" in headline(page)
    assert "备件要从外地调" in page


def test_a_date_in_a_year_without_a_calendar_is_called_provisional_everywhere(
    visitor: Client, say: Say, desk: Desk
) -> None:
    link = say()
    desk.handle(link)
    pages = [f"/r/{link}", f"/r/{link}/why", f"/receipt/{link}", f"/receipt/{link}/print"]
    for page in pages:
        assert "暂定的" not in html(visitor.get(page))
    Clock.objects.filter(matter_id=desk.case(link)).update(provisional=True)
    for page in pages:
        assert "这个时间是暂定的" in html(visitor.get(page)), page


def test_the_receipt_says_until_when_and_leads_to_why(visitor: Client, say: Say) -> None:
    link = say()
    page = html(visitor.get(f"/receipt/{link}"))
    assert "gb-countdown" in page
    assert f'href="/r/{link}/why"' in page


def test_a_place_given_by_its_community_is_told_back(visitor: Client, say: Say) -> None:
    assert "糖坊街社区居委会" in follow(visitor, say(community=ONE))


def test_the_reporter_sees_who_opened_the_number_and_why(visitor: Client, say: Say, desk: Desk) -> None:
    link = say(LAMP, name="郑小明", phone="029-87654321")
    page = follow(visitor, link)
    assert "还没有人看过" in page
    assert "87654321" not in page
    assert "郑小明" not in page
    report, _viewer = queries.report_by_link(link)
    unseal(report, "phone", viewer=desk.dispatcher, reason="需要电话核实地点", at=timezone.now())
    page = follow(visitor, link)
    assert "需要电话核实地点" in page
    assert "受理派遣员" in page


def test_the_pictures_of_the_result_are_shown_and_those_of_others_are_not(
    visitor: Client, say: Say, desk: Desk
) -> None:
    mine = visitor.post(
        "/ask",
        {
            "text": LAMP,
            "community": "610104001001",
            "who": "open",
            "photos": SimpleUploadedFile("a.jpg", jpeg("red")),
        },
    )
    link = mine["Location"].rsplit("/", 1)[1]
    other = say("公交站那盏灯坏了")
    actions.merge(
        case_id=desk.case(other), into_id=desk.case(link), viewer=desk.dispatcher, at=timezone.now()
    )
    desk.handle(link)
    desk.finish(link)
    assert len(set(re.findall(r"/photo/(\d+)\?small", follow(visitor, link)))) == 2
    shown = set(re.findall(r"/photo/(\d+)\?small", follow(visitor, other)))
    assert len(shown) == 1
    hers = set(re.findall(r"/photo/(\d+)\?small", follow(visitor, link))) - shown
    assert visitor.get(f"/r/{other}/photo/{hers.pop()}").status_code == 404


def test_the_part_that_renews_itself_says_when_the_whole_page_has_news(
    visitor: Client, say: Say, desk: Desk
) -> None:
    link = say()
    version = re.search(r"/now\?v=(\d+)", follow(visitor, link))
    assert version is not None
    assert "有新进展" not in html(visitor.get(f"/r/{link}/now?v={version[1]}"))
    desk.accept(link)
    piece = html(visitor.get(f"/r/{link}/now?v={version[1]}"))
    assert "有新进展" in piece
    assert "已经受理" in piece
    assert visitor.get(f"/r/{link}/now?v=x").status_code == 200


@pytest.mark.parametrize("path", ["/r/{}", "/receipt/{}", "/receipt/{}/print", "/r/{}/why", "/r/{}/now"])
def test_a_wrong_link_opens_nothing_and_a_right_one_is_kept_by_no_cache(
    visitor: Client, say: Say, path: str
) -> None:
    link = say()
    wrong = link[:-1] + ("a" if link[-1] != "a" else "b")
    answer = visitor.get(path.format(wrong), headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "链接无效" in html(answer)
    assert visitor.get(path.format("short")).status_code == 404
    good = visitor.get(path.format(link))
    assert good["Cache-Control"] == "no-store"
    assert "noindex" in good["X-Robots-Tag"]


def test_a_report_at_a_point_says_nothing_of_coordinates(visitor: Client, say: Say) -> None:
    link = say(LAMP, lon=str(INSIDE[0]), lat=str(INSIDE[1]))
    assert str(INSIDE[0]) not in follow(visitor, link)
