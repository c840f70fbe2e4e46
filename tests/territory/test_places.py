"""The gazetteer as kept: rows in and out, placed in their division, found from the next question on, per day."""

import io
from datetime import date, timedelta

import pytest

from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.territory import actions, exchange, queries
from gongbi.territory.actions import PlaceRow
from gongbi.territory.models import Place
from tests.territory.conftest import AT, KEEPER, ONE, SINCE, STREET, TODAY, TWO

pytestmark = pytest.mark.django_db


def take(*rows: PlaceRow) -> Result:
    return actions.import_places(rows, valid_from=SINCE, viewer=KEEPER, at=AT)


def test_a_point_tells_the_division(district: None) -> None:
    report = take(
        PlaceRow("糖坊街12号院", "compound", lon=108.901, lat=34.269),
        PlaceRow("习武园", "community", TWO, ("习武园社区",)),
    )
    assert (report.new, report.faults) == (2, [])
    found = queries.find_places("糖坊街十二号院的灯坏了")
    assert [(g.name, g.code, g.lon) for g in found] == [("糖坊街12号院", ONE + "001", 108.901)]
    assert queries.find_places("习武园社区")[0].code == TWO


def test_wrong_rows_are_named(district: None) -> None:
    report = take(
        PlaceRow("", "road", ONE, number=2),
        PlaceRow("某地", "planet", ONE, number=3),
        PlaceRow("某地", "road", number=4),
        PlaceRow("某地", "road", "610104009001", number=5),
        PlaceRow("某地", "road", lon=34.269, lat=108.901, number=6),
        PlaceRow("某地", "road", lon=116.4, lat=39.9, number=7),
        PlaceRow("某地", "road", lon=108.901, number=8),
        PlaceRow("某地", "road", ONE, number=9),
        PlaceRow("某地", "road", ONE, number=10),
        PlaceRow("某地", "road", ONE, lon=108.9, lat=34.2, crs="MARS", number=11),
    )
    assert report.new == 1
    assert [(e.row, e.code) for e in report.faults] == [
        (2, "name_missing"),
        (3, "place_kind"),
        (4, "place_nowhere"),
        (5, "no_division"),
        (6, "swapped"),
        (7, "outside_district"),
        (8, "half_point"),
        (10, "place_twice"),
        (11, "crs"),
    ]
    assert all("%" not in error.message for error in report.faults)


def test_the_same_again_and_a_changed_alias(district: None) -> None:
    take(PlaceRow("阳光花园", "compound", ONE))
    assert take(PlaceRow("阳光花园", "compound", ONE)).same == 1
    assert take(PlaceRow("阳光花园", "compound", ONE, ("向阳院子",))).changed == 1
    assert queries.find_places("向阳院子")[0].name == "阳光花园"
    assert Place.objects.count() == 1


def test_an_ended_place_is_found_for_its_own_days(district: None) -> None:
    take(PlaceRow("旧糖坊广场", "landmark", ONE))
    place = Place.objects.get()
    actions.end_place(place.pk, effective=TODAY, viewer=KEEPER, at=AT)
    assert queries.find_places("旧糖坊广场", on=TODAY) == []
    assert len(queries.find_places("旧糖坊广场", on=TODAY - timedelta(days=1))) == 1
    with pytest.raises(Refused):
        actions.end_place(place.pk, effective=date(2027, 1, 1), viewer=KEEPER, at=AT)


def test_guesses_say_why_in_both_languages(district: None) -> None:
    take(PlaceRow("旭景名园小区", "compound", ONE), PlaceRow("糖坊街社区", "community", ONE))
    slip = queries.find_places("旭景茗园小区")[0]
    assert slip.why == (
        (
            "“旭景茗园小区”与“旭景名园小区”相差一个字",
            "“旭景茗园小区” is “旭景名园小区” but for one character",
        ),
    )
    plain = queries.find_places("在糖坊街社区门口")[0]
    assert plain.why[0] == ("文中写有“糖坊街社区”", "the text says “糖坊街社区”")
    assert plain.codes == (STREET, ONE)


def test_limit_and_long_texts(district: None) -> None:
    take(*(PlaceRow(f"金竹{n}号院", "compound", ONE) for n in range(1, 9)))
    text = "、".join(f"金竹{n}号院" for n in range(1, 9))
    assert len(queries.find_places(text, limit=3)) == 3
    assert queries.find_places("字" * 200_000) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_spreadsheet_of_places_is_answered_row_by_row(district: None, encoding: str) -> None:
    lines = [
        "地名,类型,别名,所在区划代码,经度,纬度,坐标系",
        "阳光花园,compound,向阳院;老阳光,,108.901,34.269,",
        "坏坐标,road,,,abc,34,",
        "没类型,,,,,,",
        "某地,planet,,,,,",
    ]
    text = "\n".join(lines)
    report = exchange.import_place_file(
        text.encode(encoding), "places.csv", valid_from=SINCE, viewer=KEEPER, at=AT
    )
    assert report.new == 1
    assert [(e.row, e.column, e.heading) for e in report.faults] == [
        (3, "lon", "经度"),
        (4, "kind", "类型"),
        (5, "kind", "类型"),
    ]
    assert queries.find_places("老阳光")[0].code == ONE + "001"


def test_templates_and_exports_go_in_again(district: None) -> None:
    take(PlaceRow("阳光花园", "compound", ONE, ("向阳院子",), 108.901, 34.269))
    out = exchange.export_places(on=TODAY, viewer=KEEPER)
    again = exchange.import_place_file(io.BytesIO(out), "p.xlsx", valid_from=SINCE, viewer=KEEPER, at=AT)
    assert (again.new, again.same, again.faults) == (0, 1, [])
    divisions = exchange.export_divisions(on=TODAY, viewer=KEEPER)
    report = exchange.import_division_file(divisions, "d.xlsx", valid_from=SINCE, viewer=KEEPER, at=AT)
    assert (report.new, report.changed, report.faults) == (0, 0, [])
    assert report.same == 10
    for form in (exchange.division_template(), exchange.place_template(lang="en")):
        assert form.startswith(b"PK")


def test_a_spreadsheet_of_divisions_names_its_wrong_cells(tree: None) -> None:
    text = (
        "区划代码,名称,户数\n610104001003,安定社区居委会,420\n610104001004,乙,很多\n,丙,\n610104001999,丁,\n"
    )
    report = exchange.import_division_file(text.encode(), "d.csv", valid_from=SINCE, viewer=KEEPER, at=AT)
    assert report.new == 1
    assert [(e.row, e.column, e.heading, e.code) for e in report.faults] == [
        (3, "households", "户数", "number"),
        (4, "code", "区划代码", "required"),
        (5, "code", "区划代码", "code_community"),
    ]
    assert queries.division("610104001003", on=TODAY).households == 420  # type: ignore[union-attr]
    assert [d.code for d in queries.children(STREET, on=TODAY)] == [ONE, TWO, "610104001003"]


def test_a_building_is_found_by_any_name_of_its_compound_and_a_contradiction_is_said(district: None) -> None:
    take(
        PlaceRow("锦绣花园", "compound", ONE, ("锦绣",)),
        PlaceRow("锦绣花园3号楼", "compound", ONE),
        PlaceRow("锦绣花园5号楼", "compound", ONE),
        PlaceRow("习武园社区", "community", TWO),
    )
    first = queries.find_places("锦绣花园三栋漏水")[0]
    assert (first.name, first.reasons) == ("锦绣花园3号楼", ("name", "building:3"))
    built = queries.find_places("锦绣那边三栋漏水")[0]
    assert (built.name, built.why[-1]) == ("锦绣花园3号楼", ("文中写有3号楼", "the text says building 3"))
    assert "名单里“锦绣花园”没有9号楼" in [zh for zh, _en in queries.find_places("锦绣花园9号楼漏水")[0].why]
    crossed = queries.find_places("习武园社区的锦绣花园")
    assert all(guess.sure < 0.6 for guess in crossed if guess.name == "锦绣花园")
