"""The registry of lists: every line leads somewhere, every file is answered row by row."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from gongbi.kernel import keeping
from gongbi.kernel.errors import NotThere, Refused, in_language
from gongbi.kernel.keeping import Kept, Result, known, read
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.tables import Fault, read_table
from gongbi.ops import cli
from gongbi.ops.commands.imports import tell
from gongbi.ops.console import FAULTS_SHOWN as SHOWN

DAY = date(2026, 3, 10)
LISTS = keeping.lists()


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_a_reader_and_words_in_both_languages(name: str) -> None:
    assert callable(LISTS[name].read)
    assert all(LISTS[name].words)
    assert all(LISTS[name].hint)


def test_the_desk_and_the_commands_know_the_same_lists() -> None:
    assert set(LISTS) - set(keeping.lists(desk=True)) == {"reports", "hotline", "hotline-answers", "care"}
    assert list(LISTS)[:3] == ["divisions", "boundaries", "places"]


@pytest.mark.parametrize("name", [name for name, kept in LISTS.items() if kept.columns])
def test_every_template_can_be_read_back(name: str) -> None:
    columns = known(name).columns
    table = read_table(keeping.template(name), f"{name}.xlsx", columns)
    assert set(table.headings) == {column.key for column in columns}
    assert list(table) == []


def test_an_unknown_list_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NotThere, match=r"peoples.*units, people, posts"):
        known("peoples")


def test_what_is_no_spreadsheet_has_no_template() -> None:
    with pytest.raises(NotThere, match="边界"):
        keeping.template("boundaries")


def test_a_list_that_is_tried_first_is_never_read_straight_in(now: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        read("routes", io.BytesIO(b"x"), "r.csv", valid_from=DAY, viewer=system("import"), at=now)
    assert refusal.value.code == "import.tried_first"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["import", "peoples", "x.csv"], 1, "There is no list “peoples”"),
        (["import", "units"], 2, "required: FILE"),
        (["import", "units", "none.csv"], 1, "there is no file none.csv"),
        (["import", "units", "x.csv", "--from", "soon"], 2, "write it like 2026-03-01"),
        (["template", "peoples"], 1, "There is no list “peoples”"),
        (["template", "boundaries"], 1, "is no spreadsheet"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(
    words: list[str],
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    assert cli.main(words) == status
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_templates_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["template"]) == 0
    shown = capsys.readouterr().out
    assert "units " in shown
    assert "boundaries" not in shown


# --- What a reader answers -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_fault_names_the_column_as_the_file_does_and_else_as_the_form(now: datetime) -> None:
    head = "单位代码*,Name,kind\n"
    with translation.override("zh-hans"):
        data = io.BytesIO(f"{head}water,供水,planet\n610104099001,孤儿,community\n".encode())
        result = read("units", data, "u.csv", valid_from=DAY, viewer=system("import"), at=now)
    assert [(fault.row, fault.column, fault.heading) for fault in result.faults] == [
        (2, "kind", "kind"),
        (3, "parent", "上级单位代码"),
    ]


@pytest.mark.parametrize(
    ("language", "counts", "with_ended"),
    [
        ("zh-hans", "新增 3，改动 2，未变 1，有误 0。", "新增 0，改动 0，结束 4，未变 0，有误 0。"),
        (
            "en",
            "3 new, 2 changed, 1 as they were, 0 wrong.",
            "0 new, 0 changed, 4 ended, 0 as they were, 0 wrong.",
        ),
    ],
)
def test_the_counts_are_one_sentence_in_the_readers_language(
    language: str, counts: str, with_ended: str
) -> None:
    with translation.override(language):
        assert in_language(Result(new=3, changed=2, same=1).words) == counts
        assert in_language(Result(closed=4).words) == with_ended


def test_a_reader_gets_exactly_what_it_asks_for(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    seen: list[Any] = []

    def reader(file: Any, filename: str, *, valid_from: date, viewer: Viewer, at: datetime) -> Result:
        seen.extend((file, filename, valid_from, viewer.actor, at))
        return Result(new=1)

    monkeypatch.setitem(keeping._kept, "stones", Kept(("石头", "stones"), ("硬", "hard"), reader))
    file = io.BytesIO(b"x")
    assert read("stones", file, "stones.csv", valid_from=DAY, viewer=system("import"), at=now).new == 1
    assert seen == [file, "stones.csv", DAY, "system:import", now]


# --- What the person at the console sees -----------------------------------------------------------------------------


@pytest.mark.parametrize(("faults", "status"), [(0, 0), (1, 1), (SHOWN, 1), (SHOWN + 1, 1)])
def test_each_wrong_row_is_named_and_many_are_cut(
    faults: int, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    result = Result(new=5, faults=[Fault(n + 2, "name", "为空", heading="名称") for n in range(faults)])
    with translation.override("en"):
        assert tell(result, None) == status
    out, err = capsys.readouterr()
    assert out == f"5 new, 0 changed, 0 as they were, {faults} wrong.\n"
    assert err.count("为空") == min(faults, SHOWN)
    assert ("more; --errors" in err) is (faults > SHOWN)


def test_what_became_of_a_file_is_said_in_the_language_of_the_console(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = [Fault(2, "name", ("为空。", "It is empty."), heading="名称"), *[Fault(0, "", "断了。")] * SHOWN]
    with translation.override("zh-hans"):
        tell(Result(new=5, faults=wrong, notes=[("别的话。", "Other words.")]), None)
    out, err = capsys.readouterr()
    assert out == f"新增 5，改动 0，未变 0，有误 {SHOWN + 1}。\n别的话。\n"
    first, second, *_rest, last = err.splitlines()
    assert (first, second) == ("第 2 行 · 名称: 为空。", "文件: 断了。")
    assert last.startswith("……另有 1 处")


def test_all_wrong_rows_go_to_the_file_that_is_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "wrong.csv"
    tell(Result(faults=[Fault(n, "name", "为空,补上", heading="名称") for n in range(1, 200)]), out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 200
    assert rows[1] == ["1", "名称", "为空,补上"]


# --- Readers that live here -------------------------------------------------------------------------------------------

NOTICE = "日期,上班/休息,节日\n2027-01-01,休息,元旦\n2027-01-02,休息,元旦\n2027-10-01,休息,国庆节\n{more}"


@pytest.mark.django_db
def test_a_holiday_notice_changes_the_calendar_and_says_so(now: datetime) -> None:
    from gongbi.kernel.clock.queries import current_calendar

    file = io.BytesIO(NOTICE.format(more="2027-01-04,上班,元旦\n").encode("gb18030"))
    result = read("calendar", file, "放假.csv", valid_from=DAY, viewer=system("import"), at=now)
    assert result.faults == []
    assert result.changed > 0
    assert result.notes[0][0].startswith("2027 年：")
    assert not current_calendar().is_working(date(2027, 1, 1))


@pytest.mark.django_db
def test_a_notice_with_one_wrong_row_is_not_entered(now: datetime) -> None:
    from gongbi.kernel.clock.models import CalendarDay

    before = CalendarDay.objects.count()
    file = io.BytesIO(NOTICE.format(more="2027-13-01,休息,没有这天\n").encode())
    result = read("calendar", file, "n.csv", valid_from=DAY, viewer=system("import"), at=now)
    assert [(fault.row, fault.heading) for fault in result.faults] == [(5, "日期")]
    assert (result.new, result.changed) == (0, 0)
    assert CalendarDay.objects.count() == before


@pytest.mark.django_db
def test_a_boundary_outside_its_parent_is_held_and_named(now: datetime) -> None:
    square = [[[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]]
    feature = {
        "type": "Feature",
        "properties": {"code": "6101040010010"},
        "geometry": {"type": "Polygon", "coordinates": square},
    }
    body = f'{{"type": "FeatureCollection", "features": [{__import__("json").dumps(feature)}]}}'
    result = read(
        "boundaries", io.BytesIO(body.encode()), "b.geojson", valid_from=DAY, viewer=system("import"), at=now
    )
    assert result.new == 0
    assert result.faults
    assert all(fault.message for fault in result.faults)
    assert "暂扣" in result.notes[0][0]


@pytest.mark.django_db
@pytest.mark.parametrize(("body", "word"), [(b"{", "table_unreadable|territory"), (b"[]", "territory")])
def test_a_file_that_is_no_geojson_is_refused_whole(body: bytes, word: str, now: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        read("boundaries", io.BytesIO(body), "b.geojson", valid_from=DAY, viewer=system("import"), at=now)
    assert refusal.value.message
