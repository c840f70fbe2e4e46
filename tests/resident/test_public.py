"""What everybody sees: nothing of who said it, homes by their community only; grids and their cards; the front door."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from gongbi.cases import queries
from gongbi.duties import queries as duties
from gongbi.resident.rules import on_public_ground, public_place, public_title, without_people
from gongbi.resident.sentences import counted, kept
from gongbi.territory.actions import set_card
from tests.resident.conftest import DISTRICT, INSIDE, KEEPER, LAMP, ONE, TWO, Desk, Say


def html(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("请打１３８１２３４５６７８找我", "请打〔号码〕找我"),
        ("电话029-8765 4321", "电话〔号码〕"),
        ("身份证610104199001011234", "身份证〔号码〕"),
        ("3号楼2单元501室漏水", "〔门牌〕漏水"),
        ("住3-2-501", "住〔门牌〕"),
        ("陕A12345占道", "〔车牌〕占道"),
        ("陕AD12345占道", "〔车牌〕占道"),
        ("王先生家的狗", "某先生家的狗"),
        ("我叫张三丰，路灯不亮", "我叫某人，路灯不亮"),
        ("路灯不亮", "路灯不亮"),
        ("1234盏灯", "1234盏灯"),
        ("12345盏灯", "〔号码〕盏灯"),
        ("老师们都知道", "老师们都知道"),
        ("", ""),
    ],
)
def test_people_doors_plates_and_numbers_leave_a_public_text(text: str, told: str) -> None:
    assert without_people(text) == told


class Kind:
    def __init__(self, code: str, informer: bool = False) -> None:
        self.code, self.informer, self.name = code, informer, ("某类", "some kind")


@pytest.mark.parametrize(
    ("kind", "public"),
    [
        (None, False),
        (Kind("C0137"), True),
        (Kind("E0110"), True),
        (Kind("E0110", informer=True), False),
        (Kind("E0601"), False),
        (Kind("H0101"), False),
    ],
)
def test_only_fittings_of_the_town_and_events_of_its_streets_lie_in_public(kind: Any, public: bool) -> None:
    assert on_public_ground(kind) is public


@pytest.mark.parametrize("state", ["received", "clarifying"])
def test_before_somebody_has_read_it_a_stranger_learns_only_the_kind(state: str) -> None:
    assert "骂人的话" not in public_title("骂人的话", Kind("C0137"), state)[0]
    assert public_place("某人家门口", Kind("C0137"), state) == ""
    assert public_title("骂人的话", None, state)[0]


pytest_db = pytest.mark.django_db


@pytest_db
def test_a_home_is_told_by_its_community_and_a_lamp_by_its_spot(
    visitor: Client, say: Say, desk: Desk
) -> None:
    lamp = say(LAMP, place_words="大庆路公交站", lon=str(INSIDE[0]), lat=str(INSIDE[1]))
    desk.accept(lamp)
    home = next(kind.code for kind in duties.kinds(prefix="H") if not kind.informer)
    quarrel = say(
        "楼上漏水把我家淹了，请处理", place_words="糖坊街3号院2单元", lon=str(INSIDE[0]), lat=str(INSIDE[1])
    )
    desk.accept(quarrel, kind=home)
    page = html(visitor.get("/near"))
    assert LAMP in page
    assert "大庆路公交站" in page
    assert "漏水" not in page.split("<h2>", 1)[1].split("漏水")[0]
    assert "楼上漏水把我家淹了" not in page
    assert "糖坊街3号院" not in page
    assert "糖坊街社区居委会" in page
    found = json.loads(html(visitor.get("/near/points.json")))["features"]
    assert [feature["properties"]["title"] for feature in found] == [LAMP]


@pytest_db
def test_what_nobody_has_read_is_not_shown_in_its_words_nor_on_the_map(visitor: Client, say: Say) -> None:
    say("这里全是骂人的话，路灯不亮", lon=str(INSIDE[0]), lat=str(INSIDE[1]))
    assert "骂人的话" not in html(visitor.get("/near"))
    assert json.loads(html(visitor.get("/near/points.json")))["features"] == []


@pytest_db
def test_an_informer_is_on_no_public_page(visitor: Client, say: Say, desk: Desk) -> None:
    hidden = say(LAMP, who="confidential", phone="029-87654321", lon=str(INSIDE[0]), lat=str(INSIDE[1]))
    desk.accept(hidden)
    assert LAMP not in html(visitor.get("/near"))
    looked = html(visitor.post("/ask/look", {"text": LAMP, "lon": str(INSIDE[0]), "lat": str(INSIDE[1])}))
    assert LAMP not in looked
    assert 'name="join"' not in looked


@pytest_db
def test_the_list_is_narrowed_by_community_and_costs_the_same_for_one_and_for_many(
    visitor: Client, say: Say, desk: Desk, django_assert_max_num_queries: Any
) -> None:
    desk.accept(say(LAMP, community=ONE))
    visitor.get("/near")  # what is kept in memory is loaded once
    with django_assert_max_num_queries(12) as few:
        visitor.get("/near")
    for place in range(12):
        desk.accept(say(f"第{place}盏路灯不亮", community=ONE))
    with django_assert_max_num_queries(12) as many:
        page = html(visitor.get("/near"))
    assert len(many) == len(few)
    assert page.count("路灯不亮") >= 13
    assert "路灯不亮" not in html(visitor.get(f"/near?community={TWO}"))
    assert visitor.get("/near?community=xx").status_code == 200


@pytest_db
def test_pages_of_the_list_follow_each_other_without_gap_or_double(
    visitor: Client, say: Say, desk: Desk
) -> None:
    for place in range(23):
        desk.accept(say(f"编号{place}的路灯不亮", community=ONE))
    seen: list[str] = []
    path = "/near"
    for _turn in range(3):
        page = html(visitor.get(path))
        seen += re.findall(r"<h2>(编号\d+的路灯不亮)</h2>", page)
        following = re.search(r'href="(\?[^"]*after=[^"]+)" rel="next"', page)
        if not following:
            break
        path = "/near" + following[1].replace("&amp;", "&")
    assert seen == [f"编号{place}的路灯不亮" for place in reversed(range(23))]  # the newest first
    assert visitor.get("/near?after=forged").status_code == 404


@pytest_db
def test_following_costs_the_same_whatever_has_happened(
    visitor: Client, say: Say, desk: Desk, django_assert_max_num_queries: Any
) -> None:
    link = say()
    visitor.get(f"/r/{link}")
    with django_assert_max_num_queries(25):
        visitor.get(f"/r/{link}")
    desk.handle(link)
    desk.finish(link)
    visitor.get(f"/r/{link}")
    with django_assert_max_num_queries(25):
        visitor.get(f"/r/{link}")


@pytest_db
def test_a_receipt_number_tells_the_state_and_nothing_else(visitor: Client, say: Say, desk: Desk) -> None:
    link = say(LAMP, name="郑小明", phone="029-87654321", place_words="大庆路口")
    report, _viewer = queries.report_by_link(link)
    wide = report.number.translate({ord(str(i)): ord("０") + i for i in range(10)})
    for typed in (report.number, report.number.lower().replace("-", " "), wide):
        page = html(visitor.get("/", {"number": typed}))
        assert "待受理" in page
        assert LAMP not in page
        assert "大庆路口" not in page
        assert link not in page


@pytest_db
@pytest.mark.parametrize("typed", ["1", "LH20261123-000012-4", "<script>", "AJ20261123-000001-1", "9" * 60])
def test_a_wrong_number_is_said_to_be_wrong_and_kept(visitor: Client, typed: str) -> None:
    answer = visitor.get("/", {"number": typed})
    assert answer.status_code == 404
    assert "没有这个编号" in html(answer)
    assert "<script>" not in html(answer).replace("<script type", "")


@pytest_db
def test_a_grid_is_found_by_words_by_the_list_and_by_a_point(visitor: Client) -> None:
    assert f'href="/grid/{ONE}001"' in html(visitor.get(f"/grids?community={ONE}"))
    point = visitor.get(f"/grids?lon={INSIDE[0]}&lat={INSIDE[1]}")
    assert point["Location"] == f"/grid/{ONE}001"
    outside = html(visitor.get("/grids?lon=121.5&lat=31.2"))
    assert "不在莲湖区的任何网格内" in outside
    assert visitor.get("/grids?lon=x&lat=y").status_code == 200
    assert "没有找到这个名称" in html(visitor.get("/grids?q=月球基地"))


@pytest_db
def test_the_card_shows_worker_telephone_and_where_to_complain(visitor: Client) -> None:
    set_card(
        grid=ONE + "001",
        worker_name="郑安",
        phone="029-55500001",
        supervision_phone="029-55500002",
        viewer=KEEPER,
        at=timezone.now(),
    )
    page = html(visitor.get(f"/grid/{ONE}001"))
    assert "郑安" in page
    assert 'href="tel:029-55500001"' in page
    assert 'href="tel:029-55500002"' in page
    assert "青年路街道" in page
    bare = html(visitor.get(f"/grid/{ONE}002"))
    assert "没有公示的网格员" in bare
    for wrong in (ONE + "099", ONE, "x"):
        assert visitor.get(f"/grid/{wrong}").status_code == 404


@pytest_db
def test_the_map_is_told_where_a_point_lies_and_what_is_wrong_with_it(visitor: Client) -> None:
    def located(**point: str) -> Any:
        return json.loads(html(visitor.get("/map/locate.json", point)))

    inside = located(lon=str(INSIDE[0]), lat=str(INSIDE[1]))
    assert inside["inside"] is True
    assert inside["code"] == ONE + "001"
    assert located(lon="121.5", lat="31.2")["inside"] is False
    assert "颠倒" in located(lon="34.27", lat="108.9")["words"]
    assert visitor.get("/map/locate.json?lon=a&lat=b").status_code == 422
    shapes = json.loads(html(visitor.get("/map/outlines.json")))["features"]
    assert {shape["properties"]["level"] for shape in shapes} == {"street", "community"}


@pytest_db
def test_synthetic_ground_is_marked(visitor: Client) -> None:
    assert visitor.get("/grids").status_code == 200
    from gongbi.territory.actions import DivisionRow, import_divisions

    assert "合成数据" not in html(visitor.get("/near"))
    import_divisions(
        [DivisionRow(DISTRICT + "002", "北院门街道")],
        valid_from=date(2020, 1, 1),
        viewer=KEEPER,
        at=timezone.now(),
    )
    assert "合成数据" not in html(visitor.get("/near"))


@pytest_db
@pytest.mark.parametrize("path", ["/", "/ask", "/near", "/grids", "/about"])
@pytest.mark.parametrize(
    ("language", "word", "other"),
    [("zh-hans", "说一件事", "Say something"), ("en", "Say something", "说一件事")],
)
def test_every_page_speaks_both_languages(
    visitor: Client, path: str, language: str, word: str, other: str
) -> None:
    visitor.cookies["django_language"] = language
    page = html(visitor.get(path))
    assert word in page
    assert other not in page


@pytest_db
def test_emergency_numbers_stand_on_the_front_door(visitor: Client) -> None:
    page = html(visitor.get("/"))
    assert re.findall(r'href="tel:(\d+)"', page)[:4] == ["110", "119", "120", "122"]


@pytest_db
def test_how_long_things_are_kept_is_told_in_years(visitor: Client) -> None:
    page = html(visitor.get("/about"))
    assert "10 年" in page
    assert "3653" not in page
    visitor.cookies["django_language"] = "en"
    assert "10 years" in html(visitor.get("/about"))


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (None, ("长期", "For good")),
        (1, ("1 天", "1 day")),
        (90, ("90 天", "90 days")),
        (184, ("184 天", "184 days")),
        (365, ("1 年", "1 year")),
        (500, ("500 天", "500 days")),
        (730, ("2 年", "2 years")),
        (1096, ("3 年", "3 years")),
        (3653, ("10 年", "10 years")),
    ],
)
def test_a_term_is_told_as_people_say_it(days: int | None, told: tuple[str, str]) -> None:
    assert kept(days) == told


@pytest.mark.parametrize(
    ("amount", "days", "told"),
    [
        (0, False, ("计时", "counted")),
        (5, False, ("计时：5 分钟", "counted: 5 min")),
        (64, False, ("计时：1 小时 4 分钟", "counted: 1 h 4 min")),
        (240, False, ("计时：4 小时", "counted: 4 h")),
        (1, True, ("计时", "counted")),
        (3, True, ("计时：3 天", "counted: 3 days")),
    ],
)
def test_what_a_stretch_counts_for_is_told_in_hours(amount: int, days: bool, told: tuple[str, str]) -> None:
    assert counted(("计时", "counted"), amount, days=days) == told
