"""Saying something without JavaScript: the receipt, what is kept when something is refused, photos, joining, the emergency stop."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gongbi.cases import queries
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.vault.actions import unseal
from tests.resident.conftest import INSIDE, LAMP, ONE, TWO, Desk, Say, jpeg

pytestmark = pytest.mark.django_db
KEPT = re.compile(r'name="kept" value="([^"]+)"')


def reports() -> int:
    return LedgerEntry.objects.filter(transition__in=("open", "join")).count()


def html(answer: Any) -> str:
    return str(answer.content.decode())


def errors(page: str, field: str) -> str:
    """What stands beside a field."""
    found = re.search(
        rf'id="id_{field}_wrong">(.*?)</ul>|id="id_{field}"[^>]*data-wrong>\s*<ul class="field-error"[^>]*>(.*?)</ul>',
        page,
        re.S,
    )
    return re.sub(r"<[^>]+>", "", found[1] or found[2]).strip() if found else ""


def test_words_and_a_community_are_enough_for_a_receipt(visitor: Client, say: Say) -> None:
    link = say(LAMP, community=TWO)
    page = html(visitor.get(f"/receipt/{link}"))
    report, _viewer = queries.report_by_link(link)
    assert report.number in page
    assert f"http://testserver/r/{link}" in page
    assert "<svg" in page
    assert "告诉您是否受理" in page
    assert report.case.territory == TWO
    assert report.text == LAMP


def test_a_point_places_it(say: Say) -> None:
    link = say("路灯不亮", community="", lon=str(INSIDE[0]), lat=str(INSIDE[1]))
    report, _viewer = queries.report_by_link(link)
    assert report.case.territory == ONE + "001"


def test_what_is_not_tied_to_a_place_can_be_said_so(visitor: Client, say: Say) -> None:
    nowhere = visitor.post("/ask", {"text": "想问问社保怎么办", "who": "open"})
    assert nowhere.status_code == 422
    assert "请告诉我们在哪里" in errors(html(nowhere), "place_words")
    assert say("想问问社保怎么办", community="none")


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"text": ""}, "text", "请写一句话"),
        ({"text": " \u200e\x00\x07 "}, "text", "请写一句话"),
        ({"text": "长" * 10_001}, "text", "10001"),
        ({"lon": "34.269", "lat": "108.901"}, "lon", "颠倒"),
        ({"lon": "121.5", "lat": "31.2"}, "lon", "不在本区范围内"),
        ({"lon": "150.0", "lat": "-30.0"}, "lon", "不在中国境内"),
        ({"lon": "nan", "lat": "34.2"}, "lon", "不是数字"),
        ({"lon": "东", "lat": "北"}, "lon", "没有读出来"),
        ({"lon": "108.901"}, "lon", "经度和纬度"),
        ({"community": "610104999999"}, "community", "没有这个社区"),
        ({"kind": "C9999"}, "kind", "没有代码为"),
        ({"phone": "打给我"}, "phone", "电话号码"),
        ({"phone": "123"}, "phone", "电话号码"),
        ({"who": "confidential"}, "phone", "需要一个电话"),
        ({"place_words": "路" * 201}, "place_words", "200"),
        ({"name": "名" * 61}, "name", "60"),
    ],
)
def test_what_cannot_be_understood_is_said_beside_its_field_and_everything_typed_is_kept(
    visitor: Client, fields: dict[str, str], field: str, words: str
) -> None:
    sent = {
        "text": LAMP,
        "place_words": "大庆路口",
        "community": ONE,
        "who": "open",
        "name": "小郑",
        **fields,
    }
    answer = visitor.post("/ask", sent)
    page = html(answer)
    assert answer.status_code == 422
    if field == "kind":
        assert words in page
    else:
        assert words in errors(page, field)
    assert reports() == 0
    if "text" not in fields:
        assert LAMP in page
    elif len(fields["text"]) > 10_000:
        assert fields["text"] in page  # not one character is thrown away
    if "place_words" not in fields:
        assert 'value="大庆路口"' in page
    if "name" not in fields:
        assert 'value="小郑"' in page


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("井盖<script>alert(1)</script>坏了 & 很危险", "井盖<script>alert(1)</script>坏了 & 很危险"),
        ("路灯不亮😀👨‍👩‍👧", "路灯不亮😀👨‍👩‍👧"),
        ("路\x00灯\x1b不\u202e亮\x08", "路灯不亮"),
        ("字" * 10_000, "字" * 10_000),
        ("第一行\r\n第二行", "第一行\n第二行"),
        ("路灯１２３号不亮", "路灯１２３号不亮"),
    ],
)
def test_strange_texts_are_taken_and_shown_as_text(visitor: Client, say: Say, typed: str, kept: str) -> None:
    link = say(typed)
    report, _viewer = queries.report_by_link(link)
    assert report.text == kept
    page = html(visitor.get(f"/r/{link}"))
    assert "<script>alert" not in page


def test_full_width_digits_make_a_telephone_number(say: Say) -> None:
    report, _viewer = queries.report_by_link(say(LAMP, phone="０２９－８７６５４３２１", name="小郑"))
    assert report.phone.masked
    assert "87654321" not in report.phone.masked
    assert (
        unseal(report, "phone", viewer=_clerk(), reason="回访核对号码", at=report.received_at)
        == "029-87654321"
    )


def _clerk() -> Any:
    from gongbi.kernel.scope.viewer import CLERK, Viewer

    return Viewer(actor="post:7", role=CLERK, territories=("610104",))


def test_anonymous_keeps_neither_name_nor_number(visitor: Client, say: Say) -> None:
    link = say(LAMP, who="anonymous", name="小郑", phone="029-87654321")
    report, _viewer = queries.report_by_link(link)
    assert (report.anonymous, bool(report.name), bool(report.phone), report.phone_index) == (
        True,
        False,
        False,
        None,
    )
    assert "匿名，没有留下个人信息" in html(visitor.get(f"/r/{link}"))


def test_who_informs_against_somebody_is_hidden_without_asking(visitor: Client, say: Say) -> None:
    from gongbi.duties import queries as duties

    against = next(kind.code for kind in duties.kinds() if kind.informer)
    link = say(LAMP, kind=against, name="小郑", phone="029-87654321")
    report, _viewer = queries.report_by_link(link)
    assert report.confidential
    assert "对办理单位保密" in html(visitor.get(f"/r/{link}"))


def test_anonymous_is_refused_beside_the_choice_where_the_kind_does_not_allow_it(visitor: Client) -> None:
    from gongbi.duties import queries as duties

    personal = next(kind.code for kind in duties.kinds() if not kind.anonymous)
    answer = visitor.post("/ask", {"text": LAMP, "community": ONE, "who": "anonymous", "kind": personal})
    assert answer.status_code == 422
    assert "不能匿名" in errors(html(answer), "who")
    assert reports() == 0


def test_two_taps_and_a_reload_give_one_receipt_and_changed_words_a_new_one(visitor: Client) -> None:
    key = re.search(r'name="key" value="([0-9a-f]{32})"', html(visitor.get("/ask")))
    assert key is not None
    sent = {"text": LAMP, "community": ONE, "who": "open", "key": key[1]}
    places = {visitor.post("/ask", sent)["Location"] for _tap in range(5)}
    assert len(places) == 1
    assert reports() == 1
    other = visitor.post("/ask", {**sent, "text": "另一件事：井盖坏了"})["Location"]
    assert other not in places
    assert reports() == 2
    numbered = visitor.post("/ask", {**sent, "phone": "029-87654321"})["Location"]
    assert numbered not in {*places, other}
    assert reports() == 3


def test_an_emergency_stops_with_the_number_and_files_nothing(visitor: Client) -> None:
    sent = {"text": "三楼着火了，快来人", "place_words": "大庆路3号", "community": ONE, "who": "open"}
    answer = visitor.post("/ask", {**sent, "photos": SimpleUploadedFile("a.jpg", jpeg())})
    page = html(answer)
    assert answer.status_code == 422
    assert 'href="tel:119"' in page.split("alarm-call")[1][:40]
    assert "没有登记" in page
    assert reports() == 0
    back = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    again = html(visitor.post("/ask", {**back, "step": "edit"}))
    assert "三楼着火了，快来人" in again
    assert 'value="大庆路3号"' in again
    assert KEPT.search(again)


def test_an_emergency_comes_before_every_other_finding(visitor: Client) -> None:
    page = html(visitor.post("/ask", {"text": "有人晕倒了没有呼吸", "community": "999"}))
    assert "120" in page.split("<h1>")[1][:30]


def test_what_is_only_feared_is_no_emergency(say: Say) -> None:
    assert say("楼道堆满杂物，担心着火")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.jpg", b"this is no photo at all", "照片"),
        ("page.png", b"<html><script>1</script></html>", "网页"),
        ("empty.jpg", b"", "空"),
        ("cut.jpg", jpeg()[:600], "损坏"),
    ],
)
def test_a_file_that_is_no_photo_is_named_and_the_good_ones_are_kept(
    visitor: Client, name: str, content: bytes, words: str
) -> None:
    files = [SimpleUploadedFile("good.jpg", jpeg()), SimpleUploadedFile(name, content)]
    sent = {"text": LAMP, "community": ONE, "who": "open"}
    page = html(visitor.post("/ask", {**sent, "photos": files}))
    wrong = errors(page, "photos")
    assert "第 2 张" in wrong
    assert name in wrong
    assert words in wrong
    assert reports() == 0
    tickets = KEPT.findall(page)
    assert len(tickets) == 1
    assert visitor.get(f"/ask/photo/{tickets[0]}")["Content-Type"] == "image/jpeg"
    done = visitor.post("/ask", {**sent, "kept": tickets})
    assert done.status_code == 302
    report, _viewer = queries.report_by_link(done["Location"].rsplit("/", 1)[1])
    stored = StoredFile.objects.get(owner=f"report:{report.pk}")
    assert visitor.get(f"/r/{done['Location'].rsplit('/', 1)[1]}/photo/{stored.pk}").status_code == 200


def test_a_kept_photo_can_be_left_out_and_a_forged_ticket_is_refused(visitor: Client) -> None:
    page = html(visitor.post("/ask", {"text": "", "photos": [SimpleUploadedFile("a.jpg", jpeg())]}))
    [ticket] = KEPT.findall(page)
    sent = {"text": LAMP, "community": ONE, "who": "open"}
    forged = visitor.post("/ask", {**sent, "kept": [ticket[:-2] + "xx"]})
    assert forged.status_code == 422
    assert errors(html(forged), "photos")
    done = visitor.post("/ask", {**sent, "kept": [ticket], "drop": [ticket]})
    assert done.status_code == 302
    assert StoredFile.objects.filter(owner__startswith="report:").count() == 0


@pytest.mark.parametrize(("count", "status"), [(11, 302), (12, 302), (13, 422)])
def test_at_most_twelve_photos(visitor: Client, count: int, status: int) -> None:
    photos = [SimpleUploadedFile(f"{place}.jpg", jpeg(size=(40, 30))) for place in range(count)]
    answer = visitor.post("/ask", {"text": LAMP, "community": ONE, "who": "open", "photos": photos})
    assert answer.status_code == status
    if status == 422:
        assert len(KEPT.findall(html(answer))) == 12


def test_the_page_shows_without_script_what_is_known_nearby_and_joining_gives_an_own_receipt(
    visitor: Client, say: Say, desk: Desk
) -> None:
    point = {"lon": str(INSIDE[0]), "lat": str(INSIDE[1])}
    first = say(LAMP, **point)
    desk.accept(first)
    looked = html(visitor.post("/ask", {"text": LAMP, "step": "look", "community": ONE, **point}))
    ticket = re.search(r'name="join" value="([^"]+)"', looked)
    assert ticket is not None
    assert LAMP in looked
    joined = say("我家门口也黑", join=ticket[1], **point)
    one, _viewer = queries.report_by_link(first)
    two, _viewer = queries.report_by_link(joined)
    assert one.case_id == two.case_id
    assert one.number != two.number
    page = html(visitor.get(f"/r/{joined}"))
    assert "另外 1 条反映是同一件事" in page
    assert LAMP not in page  # what the other one wrote stays theirs


def test_the_list_nearby_leads_to_joining(visitor: Client, say: Say, desk: Desk) -> None:
    first = say(LAMP)
    desk.accept(first)
    ticket = re.search(r"/ask\?join=([^\"]+)\"", html(visitor.get("/near")))
    assert ticket is not None
    from urllib.parse import unquote

    page = html(visitor.get(f"/ask?join={ticket[1]}"))
    assert LAMP in page
    done = visitor.post("/ask", {"text": "我也看到了", "who": "open", "join": unquote(ticket[1])})
    assert done.status_code == 302
    report, _viewer = queries.report_by_link(done["Location"].rsplit("/", 1)[1])
    assert report.case.report_count == 2


@pytest.mark.parametrize("ticket", ["1", "x:y:z", ""])
def test_nobody_joins_a_matter_by_its_number(visitor: Client, say: Say, ticket: str) -> None:
    first = say(LAMP)
    second = say("完全不同的另一件事情：井盖响", join=ticket)
    one, _viewer = queries.report_by_link(first)
    two, _viewer = queries.report_by_link(second)
    assert one.case_id != two.case_id


def test_questions_of_the_kind_are_asked_and_their_answers_kept(visitor: Client, say: Say) -> None:
    looked = html(
        visitor.post("/ask", {"text": "路灯不亮，好几盏", "step": "look", "kind": "C0137", "community": ONE})
    )
    assert 'name="q_lamps"' in looked
    link = say("路灯不亮，好几盏", kind="C0137", q_lamps="3", q_pole="A-12")
    report, _viewer = queries.report_by_link(link)
    assert report.answers == {"lamps": "3", "pole": "A-12"}
    assert "有几盏灯不亮" in html(visitor.get(f"/r/{link}"))


def test_while_typing_only_what_changed_comes_back(visitor: Client) -> None:
    first = html(visitor.post("/ask/look", {"text": "路灯不亮", "guessed": "", "asked_for": ""}))
    codes = re.search(r'name="guessed" value="([^"]+)"', first)
    asked = re.search(r'name="asked_for" value="([^"]*)"', first)
    assert codes is not None
    assert asked is not None
    again = html(visitor.post("/ask/look", {"text": "路灯不亮", "guessed": codes[1], "asked_for": asked[1]}))
    assert "hx-swap-oob" in first
    assert 'id="kinds"' not in again
    assert 'id="questions"' not in again


def test_while_typing_an_emergency_is_told_at_once(visitor: Client) -> None:
    assert "tel:119" in html(visitor.post("/ask/look", {"text": "楼上着火了！"}))


def test_a_receipt_prints_with_number_and_code(visitor: Client, say: Say) -> None:
    link = say(LAMP, name="郑小明", phone="029-87654321")
    report, _viewer = queries.report_by_link(link)
    page = html(visitor.get(f"/receipt/{link}/print"))
    assert report.number in page
    assert "<svg" in page
    assert "87654321" not in page
    assert "郑小明" not in page


def test_what_is_alike_is_told_above_the_button_and_danger_below_the_words(
    visitor: Client, say: Say, desk: Desk
) -> None:
    desk.accept(say(LAMP, lon=str(INSIDE[0]), lat=str(INSIDE[1])))
    typed = {"text": LAMP, "lon": str(INSIDE[0]), "lat": str(INSIDE[1])}
    told = html(visitor.post("/ask/look", typed))
    assert 'href="#similar"' in told.split('id="found"')[1].split("</div>")[0]
    calm = html(visitor.post("/ask/look", {"text": "想问问办事大厅几点开门"}))
    assert 'href="#similar"' not in calm
    alarm = html(visitor.post("/ask/look", {"text": "着火了，有人困在里面"}))
    assert 'href="tel:119"' in alarm.split('id="alarm"')[1].split('id="found"')[0]


def test_the_map_waits_until_somebody_asks_for_it(visitor: Client) -> None:
    assert re.search(r"<gb-map-picker[^>]* folded", html(visitor.get("/ask")))
