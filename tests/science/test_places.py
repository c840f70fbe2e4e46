"""From a text to known places: numbers by rules, names by the list, parts by a tagger where there is one, contradictions said."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.science.addresses import train
from gongbi.science.addresses.doors import apart, doors, in_words, values
from gongbi.science.addresses.places import Finder, locate
from gongbi.science.commands import main
from gongbi.science.gazetteer import Entry, Gazetteer
from gongbi.science.han import simplify, table
from tests.support.addresses import labelled


def _numbers(text: str) -> str:
    return " ".join(f"{kind[:-2]}={','.join(some)}" for kind, some in values(doors(text)).items())


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3号楼", "house=3"),
        ("三号楼", "house=3"),
        ("三號樓", "house=3"),
        ("３＃楼", "house=3"),
        ("3#楼漏水", "house=3"),
        ("十二栋", "house=12"),
        ("B2幢", "house=B2"),
        ("A座1203", "house=A room=1203"),
        ("小区一栋2单元", "house=1 cell=2"),
        ("阳光花园三号楼２单元501室", "house=3 cell=2 room=501"),
        ("阳光花园3-2-501", "house=3 cell=2 room=501"),
        ("3号楼2-501", "house=3 cell=2 room=501"),
        ("金山公寓8-895", "house=8 room=895"),
        ("3栋501", "house=3 room=501"),
        ("5栋1306号房", "house=5 room=1306"),
        ("二单元501号", "cell=2 room=501"),
        ("甲单元东户", "cell=甲 room=东"),
        ("3号楼5楼", "house=3 floor=5"),
        ("地下二层车位", "floor=-2"),
        ("2、3、8、9栋电梯停了", "house=2,3,8,9"),
        ("桃园路３５号院", "road=35"),
        ("劳动路八号", "road=8"),
        ("糖坊街112号", "road=112"),
        # What only looks like one.
        ("地铁三号线", ""),
        ("劳动路8号线", ""),
        ("12月3号起停水", ""),
        ("共有9栋", ""),
        ("两栋居民楼", ""),
        ("一栋临时楼房", ""),
        ("三座桥", ""),
        ("近30层的高楼", ""),
        ("十五层高", ""),
        ("500户居民", ""),
        ("2019-12-1234", ""),
        ("附近100-200米", ""),
        ("小区100-200米", ""),
        ("请拨打12345", ""),
        ("101房产纠纷", ""),
        ("", ""),
        ("😀", ""),
    ],
)
def test_numbers_of_houses(text: str, numbers: str) -> None:
    assert _numbers(text) == numbers


@given(st.text(max_size=60))
def test_numbers_stand_where_they_are_said_to(text: str) -> None:
    for door in doors(text):
        assert text[door.start : door.end] == door.text


def test_a_long_text_is_read_quickly_and_whole() -> None:
    assert _numbers("路灯坏了，" * 2000 + "3号楼") == "house=3"
    assert len(doors("1、" * 5000)) == 0


def test_numbers_in_words_and_apart() -> None:
    assert in_words(values(doors("A座1203"))) == ("A座1203室", "building A, room 1203")
    assert in_words(values(doors("2、3栋东户"))) == ("2、3号楼东户", "building 2 and 3, room east")
    assert in_words({}) == ("", "")
    for one, other, different in (
        ("3号楼", "三栋", False),
        ("3号楼", "5号楼", True),
        ("3号楼1单元", "3号楼2单元", True),
        ("3号楼", "小区门口", False),
        ("2、3栋", "3栋", False),
        ("3号楼501室", "3号楼602室", False),  # one lift serves both
    ):
        assert apart(values(doors(one)), values(doors(other))) is different


ENTRIES = [
    Entry(1, "莲湖区", (), "district", "610104"),
    Entry(2, "北关街道", (), "street", "610104003"),
    Entry(3, "桃园路街道", (), "street", "610104008"),
    Entry(4, "二府街社区居委会", ("老二府",), "community", "610104003001"),
    Entry(5, "劳动一坊社区居委会", (), "community", "610104008001"),
    Entry(6, "二府庄小区", ("二府庄",), "compound", "610104003001002"),
    Entry(7, "二府庄小区3号楼", (), "compound", "610104003001002"),
    Entry(8, "二府庄小区5号楼", (), "compound", "610104003001002"),
    Entry(9, "阳光花园", (), "compound", "610104008001001"),
    Entry(10, "阳光花园", (), "compound", "610104003001004"),
    Entry(11, "桃园路", (), "road", "610104008"),
    Entry(12, "钟楼饭店", ("钟饭",), "landmark", "610104003001001"),
]
FINDER = Finder(Gazetteer(ENTRIES))


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        # Ways of writing one place.
        ("二府庄", 6, "alias"),
        ("2府庄", 6, "alias"),
        ("２府莊小區", 6, "name"),
        ("二府荘小区", 6, "slip"),
        ("老二府", 4, "alias"),
        # Buildings, by any name of their compound, numeral and width.
        ("二府庄三号楼", 7, "building:3"),
        ("2府庄３栋", 7, "building:3"),
        ("二府庄小区5幢", 8, "building:5"),
        ("二府荘小区3号楼", 7, "building:3"),
        ("二府庄9号楼", 6, "no_building:9"),
        # Levels that are missing.
        ("钟楼饭店", 12, "name"),
        ("钟楼饭店三楼", 12, "name"),
        ("二府街社区3号楼", 7, "only:610104003001"),
        ("北关街道二府庄三号楼", 7, "inside:610104003"),
        ("劳动一坊社区", 5, "name"),
        # Namesakes.
        ("桃园路街道阳光花园", 9, "inside:610104008"),
        ("北关街道阳光花园", 10, "inside:610104003"),
        ("二府街社区阳光花园", 10, "inside:610104003001"),
        # Levels that contradict each other.
        ("桃园路街道二府街社区", 4, "against:610104008"),
        ("桃园路街道二府庄三号楼", 7, "against:610104008"),
    ],
)
def test_the_place_meant(text: str, key: int, reason: str) -> None:
    found = {place.key: place for place in FINDER.locate(text).places}
    assert reason in found[key].reasons
    if not reason.startswith(
        ("against", "only")
    ):  # the list may not be whole: a suggestion beside the community
        assert FINDER.locate(text).places[0].key == key


def test_namesakes_without_a_level_stay_open() -> None:
    both = FINDER.locate("阳光花园三号楼").places
    assert [place.key for place in both] == [9, 10]
    assert all("namesake" in place.reasons and place.score < 0.6 for place in both)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("桃园路街道二府街社区", [("610104003001", "610104008")]),
        ("桃园路街道二府庄", [("610104003001002", "610104008")]),
        ("北关街道二府街社区", []),
        ("莲湖区桃园路街道", []),
        ("从北关街道到桃园路街道", []),
        ("从桃园路街道搬到北关街道二府街社区", []),
        ("桃园路街道阳光花园", []),
        ("桃园路上的二府街社区", []),  # a road crosses borders
    ],
)
def test_contradictions_are_said_and_cost(text: str, codes: list[tuple[str, str]]) -> None:
    found = FINDER.locate(text)
    assert list(found.contradictions) == codes
    for place in found.places:
        if any(reason.startswith("against:") for reason in place.reasons):
            assert place.score < 0.6


def test_spans_without_a_tagger_are_names_and_numbers() -> None:
    text = "北关街道２府庄三號樓2单元５０１室"
    spans = FINDER.locate(text).spans
    assert [(span.kind, span.text, span.normal, span.value, span.by) for span in spans] == [
        ("town", "北关街道", "北关街道", "", "list"),
        ("poi", "２府庄", "2府庄", "", "list"),
        ("houseno", "三號樓", "3号楼", "3", "rule"),
        ("cellno", "2单元", "2单元", "2", "rule"),
        ("roomno", "５０１室", "501室", "501", "rule"),
    ]
    assert all(text[span.start : span.end] == span.text for span in spans)


@pytest.mark.parametrize("text", ["", " ", "a", "😀", "\ud800", "号楼" * 3000, "hello, building 3"])
def test_any_text_has_an_answer(text: str) -> None:
    assert FINDER.locate(text).places == ()


KNOWN = [
    labelled((district, "district"), (road, "road"), (f"{number}号", "roadno"), (poi, "poi"), (f"{number}号楼", "houseno"))
    for number, (district, road, poi) in enumerate(
        [("莲湖区", "桃园路", "二府庄小区"), ("雁塔区", "劳动路", "阳光花园"), ("莲湖区", "星火路", "桃园路小学")] * 6, 2
    )
]  # fmt: skip


def test_a_tagger_gives_the_spans_and_a_strange_district() -> None:
    tagger = train(KNOWN, seed=1)
    found = locate("莲湖区劳动路8号二府庄小区３号楼", FINDER.gazetteer, tagger)
    assert [(span.kind, span.value, span.by) for span in found.spans] == [
        ("district", "", "model"),
        ("road", "", "model"),
        ("roadno", "8", "model"),
        ("poi", "", "model"),
        ("houseno", "3", "model"),
    ]
    assert found.places[0].key == 7
    elsewhere = locate("雁塔区星火路8号阳光花园5号楼", FINDER.gazetteer, tagger)
    assert ("雁塔区", "") in elsewhere.contradictions
    assert "elsewhere:雁塔区" in elsewhere.places[0].reasons
    (school,) = (
        p for p in locate("莲湖区星火路8号桃园路小学", FINDER.gazetteer, tagger).places if p.key == 11
    )
    assert "part_of:桃园路小学" in school.reasons


def test_traditional_characters_keep_their_places() -> None:
    assert simplify("請問裡面的垃圾誰來清運") == "请问里面的垃圾谁来清运"
    assert simplify("乾县 street 著名") == "乾县 street 著名"
    assert len(table()) > 2500
    assert all(new not in table() for new in table().values())


def _write(path: Path, rows: list[tuple[object, ...]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_the_command_places_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places, data, out, told = (tmp_path / name for name in ("p.csv", "t.csv", "o.csv", "o.json"))
    rows = [
        (f"K{entry.key}", entry.name, entry.kind, "；".join(entry.aliases), entry.area) for entry in ENTRIES
    ]
    _write(places, [("id", "name", "kind", "aliases", "division"), *rows])
    _write(
        data,
        [
            ("msg_id", "title", "body"),
            (7, "漏水", "二府庄三号楼２单元501室"),
            (8, "桃园路街道二府街社区", ""),
            (9, "?", ""),
        ],
    )
    given = [
        "addresses",
        "locate",
        "--places",
        str(places),
        "--data",
        str(data),
        "--out",
        str(out),
        "--json",
        str(told),
    ]
    assert main(given) == 0
    assert "2 texts name one" in capsys.readouterr().out
    with open(out, encoding="utf-8") as file:
        first, second, third = csv.DictReader(file)
    assert (first["row"], first["place"], first["houseno"], first["cellno"], first["roomno"]) == (
        "7",
        "K7",
        "3",
        "2",
        "501",
    )
    assert first["spans"] == "二府庄/poi 三号楼/houseno ２单元/cellno 501室/roomno"
    assert second["contradictions"] == "610104003001/610104008"
    assert (third["row"], third["place"], third["score"]) == ("9", "", "")
    result = json.loads(told.read_text())
    assert (result["texts"], result["placed"], result["numbered"], result["contradictory"]) == (3, 2, 1, 1)


@pytest.mark.parametrize(
    ("places", "data", "why"),
    [
        ("name\n二府庄\n", "words\n二府庄\n", "--data"),
        ("place\n二府庄\n", "text\n二府庄\n", "'name'"),
        ("id,name\n1,\n", "text\n二府庄\n", "line 2"),
        ("", "text\n二府庄\n", "--places"),
    ],
)
def test_what_the_command_cannot_use_is_named(
    places: str, data: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.csv").write_text(places, encoding="utf-8")
    (tmp_path / "t.csv").write_text(data, encoding="utf-8")
    given = [
        "--places",
        str(tmp_path / "p.csv"),
        "--data",
        str(tmp_path / "t.csv"),
        "--out",
        str(tmp_path / "o.csv"),
    ]
    assert main(["addresses", "locate", *given]) == 2
    assert why in capsys.readouterr().err
    assert main(["addresses", "locate", *given[:4]]) == 2
    assert "--out" in capsys.readouterr().err
