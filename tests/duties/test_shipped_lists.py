"""What is shipped is whole, consistent and marked as what it is."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from gongbi.duties import actions, queries
from gongbi.duties.exchange import SHEETS, Known, departments, read_list, shipped
from gongbi.duties.models import Edition, Kind
from gongbi.kernel.clock.limits import parse
from gongbi.kernel.scope.viewer import Viewer


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(shipped(name).decode())))


KINDS = table("kinds")
CODES = frozenset(row["code"] for row in KINDS)


def test_there_are_66_components_98_events_and_the_hotline_s_matters() -> None:
    assert Counter(code[0] for code in CODES) == {"C": 66, "E": 98, "H": len(CODES) - 164}
    assert len(CODES) == len(KINDS)
    assert len(CODES) - 164 > 100


def test_local_numbers_count_down_from_99_and_national_ones_stay_below() -> None:
    for row in KINDS:
        national = row["national"] == "是"
        assert national == (row["code"][0] in "CE" and int(row["code"][3:]) < 79), row["code"]
    for major in {code[:3] for code in CODES if code[0] == "H"}:
        numbers = sorted((int(code[3:]) for code in CODES if code.startswith(major)), reverse=True)
        assert numbers == list(range(99, 99 - len(numbers), -1)), major


def test_the_three_lists_hold_exactly_123_items() -> None:
    rows = table("lists")
    assert len(rows) == 123
    assert {row["list"] for row in rows} == {"perform", "actfor", "assist"}


def test_every_kind_has_a_standard_in_every_season_and_every_limit_parses() -> None:
    standards = table("standards")
    assert {row["kind"] for row in standards} == CODES
    for row in standards:
        parse(row["limit"])
    assert sum(row["limit"] == "种植季节15工作日" for row in standards) == 1


@pytest.mark.parametrize("name", SHEETS)
def test_every_shipped_row_passes_its_own_checks_and_says_where_it_comes_from(name: str) -> None:
    read = read_list(name, shipped(name), f"{name}.csv", Known() if name == "kinds" else Known(CODES))
    assert [(fault.row, fault.message) for fault in read.faults] == []
    assert read.unknown == []
    assert all(row["source"] for row in read.rows)


def test_only_what_was_read_in_the_law_itself_is_called_verified() -> None:
    verified = {row["source"] for name in SHEETS for row in table(name) if row["verified"] == "是"}
    assert verified == {"《市场监督管理投诉举报处理暂行办法》", "北京市接诉即办工作条例"}


def test_every_department_that_a_list_names_is_listed() -> None:
    known = {row["code"] for row in departments()}
    named = {row["handler"] for row in KINDS} | {
        s for row in table("routes") for s in (row["lead"], *row["co"].split(";")) if s
    }
    assert {s.removeprefix("department:") for s in named if s.startswith("department:")} <= known


def test_loading_twice_changes_nothing_and_a_kept_list_is_not_touched(
    lists: None, now: datetime, machine: Viewer
) -> None:
    before = Edition.objects.count()
    assert [o.new for o in actions.load_defaults(at=now, viewer=machine)] == [0] * len(SHEETS)
    assert Edition.objects.count() == before
    assert Kind.objects.count() == len(CODES)
    kind = queries.kind("C0137")
    assert kind is not None
    assert (kind.name, kind.anonymous, kind.on_spot) == (("路灯", "Street light"), True, False)
    assert [f.code for f in queries.standards("C0137")][:2] == ["C0137-1", "C0137-2"]


def test_the_heating_limit_follows_the_season(lists: None) -> None:
    winter, summer = (
        datetime.fromisoformat("2026-01-10T10:00+08:00"),
        datetime.fromisoformat("2026-07-10T10:00+08:00"),
    )
    in_winter = queries.default_standard("H0293", "家里不热", on=winter)
    in_summer = queries.default_standard("H0293", "家里不热", on=summer)
    assert in_winter is not None
    assert in_summer is not None
    assert (in_winter.limit, in_summer.limit) == ("4紧急工作时", "5个法定工作日")


def test_questions_put_the_particular_and_required_first(lists: None) -> None:
    asked = queries.questions("H0293")
    assert [q.name for q in asked] == ["temperature", "paid", "earlier"]
    assert asked[0].required
    assert asked[1].choices[0] == ("yes", ("交了", "yes"))
    assert queries.questions("E0107") == []


def test_a_photo_of_the_result_is_asked_for_things_not_for_answers(lists: None) -> None:
    assert queries.needs_photo("E0110-1")
    assert not queries.needs_photo("H0599-1")
    assert queries.needs_photo("unknown")


def test_special_replies_are_found_by_their_number_in_both_languages(lists: None) -> None:
    assert "110" in queries.special_reply(1, "zh-hans")
    assert "court" in queries.special_reply(2, "en")
    with pytest.raises(Exception, match="1"):
        queries.special_reply(7, "zh-hans")


HOMES = {  # top classes of the messages → where their matters live in our catalogue
    "城乡建设": ("C", "E", "H01", "H02", "H03"),
    "环境保护": ("H10", "E", "C03"),
    "交通运输": ("H04", "C02"),
    "教育文体": ("H05", "H06"),
    "劳动和社会保障": ("H08", "H09", "H0190"),
    "商贸旅游": ("H11", "H06", "H15", "H0196"),
    "卫生计生": ("H07", "H1198", "H09"),
}


@pytest.mark.data
def test_the_taxonomy_s_leaves_find_a_home(lists: None, real_data: Callable[[str], Path]) -> None:
    with open(real_data("messages/taxonomy.csv"), encoding="utf-8-sig") as file:
        leaves = list(csv.DictReader(file))
    assert len(leaves) == 517
    assert {leaf["level1"] for leaf in leaves} >= set(HOMES)
    own = [leaf for leaf in leaves if leaf["level3"] != "其他"]
    found = [queries.classify(leaf["level2"] + "，" + leaf["level3"])[0] for leaf in own]
    # A leaf's name is three words of office language: it has a home when words of some kind are in it.
    assert sum(not guess.words for guess in found) / len(own) < 0.05
    assert sum(guess.abstained for guess in found) / len(own) < 0.25
