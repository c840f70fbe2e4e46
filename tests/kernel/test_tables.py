"""Spreadsheets that people send: every encoding, heading and merged cell, and what they are told when it is
wrong.
"""

import io
import tracemalloc
import zipfile
from collections.abc import Sequence

import pytest
import xlsxwriter

from gongbi.kernel import sheet_faults, sheets
from gongbi.kernel.errors import Refused
from gongbi.kernel.sheets import clean
from gongbi.kernel.tables import Column, read_table, write_csv, write_template, write_xlsx

COLUMNS = (
    Column("code", "编码", "Code", required=True, note=("四位", "four digits"), example="0101"),
    Column("name", "名称", "Name", required=True, also=("类别名称",)),
    Column("anonymous", "允许匿名", "Anonymous allowed", choices=("是", "否")),
    Column("note", "备注", "Note"),
)


def book(cells: Sequence[Sequence[object]], merge: Sequence[tuple[int, int, int, int, str]] = ()) -> bytes:
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = file.add_worksheet("一")
    for row, values in enumerate(cells):
        for column, value in enumerate(values):
            if value is not None:
                sheet.write(row, column, value)
    for top, left, bottom, right, text in merge:
        sheet.merge_range(top, left, bottom, right, text)
    file.close()
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_every_encoding_that_office_programs_write(encoding: str, delimiter: str) -> None:
    text = "编码,名称,允许匿名\r\n0101,上水井盖,是\r\n0102,污水井盖,否\r\n".replace(",", delimiter)
    table = read_table(text.encode(encoding), "名单.csv", COLUMNS)
    rows = list(table)
    assert [(r.number, r.values["code"], r.values["name"]) for r in rows] == [
        (2, "0101", "上水井盖"),
        (3, "0102", "污水井盖"),
    ]
    assert all(r.good and r.values["note"] == "" for r in rows)
    assert table.header_row == 1


def test_gb18030_is_told_even_when_the_first_chinese_letter_comes_after_a_megabyte() -> None:
    body = "code,name\n" + "1,a\n" * 300_000 + "2,井盖\n"
    rows = list(read_table(body.encode("gb18030"), "x.csv", COLUMNS))
    assert rows[-1].values["name"] == "井盖"


def test_text_in_no_known_encoding_is_refused_with_what_to_do() -> None:
    with pytest.raises(Refused) as refused:
        read_table("编码,名称\n1,".encode() + b"\xff\xff\xff", "x.csv", COLUMNS)
    assert refused.value.code == "table_encoding"
    assert "CSV" in str(refused.value)


@pytest.mark.parametrize(
    "heads", [("编码*", "名称（必填）"), ("code", "NAME"), (" Ｃｏｄｅ ", "类别名称"), ("Code", "名 称")]
)
def test_headings_are_accepted_in_chinese_english_or_by_key(heads: tuple[str, str]) -> None:
    table = read_table((",".join(heads) + "\n1,a\n").encode(), "x.csv", COLUMNS)
    assert [r.values["name"] for r in table] == ["a"]
    assert table.headings["code"] == heads[0].strip()


def test_titles_above_the_headings_are_skipped_and_row_numbers_stay_those_of_the_program() -> None:
    data = book(
        [["莲湖区类别表"], [], ["编码", "名称", "旧列"], ["0101", "井盖", "x"], [], ["0102", "", "y"]]
    )
    table = read_table(data, "x.xlsx", COLUMNS)
    rows = list(table)
    assert table.header_row == 3
    assert table.unknown == ["旧列"]
    assert [r.number for r in rows] == [4, 6]
    assert rows[0].good
    assert [(e.column, e.heading, e.code) for e in rows[1].errors] == [("name", "名称", "required")]


def test_a_sheet_that_starts_in_the_middle_keeps_its_row_numbers() -> None:
    data = book([[], [], [None, None, "编码", "名称"], [None, None, 101, "井盖"]])
    assert [(r.number, r.values["code"]) for r in read_table(data, "x.xlsx", COLUMNS)] == [(4, "101")]


def test_a_merged_cell_gives_its_value_to_every_row_it_spans() -> None:
    data = book(
        [
            [None, "编码", "名称"],
            [None, None, "甲"],
            [None, None, "乙"],
            [None, None, "丙"],
            [None, "9", "丁"],
        ],
        merge=[(1, 1, 3, 1, "0101")],
    )
    assert [r.values["code"] for r in read_table(data, "x.xlsx", COLUMNS)] == ["0101", "0101", "0101", "9"]


def test_missing_columns_are_named_with_what_was_found() -> None:
    with pytest.raises(Refused) as refused:
        read_table("编码,备注\n1,2\n".encode(), "x.csv", COLUMNS)
    assert refused.value.code == "columns_missing"
    assert refused.value.field == "name"
    assert "名称(name)" in str(refused.value)
    assert "备注" in str(refused.value)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "table_empty"),
        (b"\n\n\n", "table_empty"),
        ("甲,乙\n1,2\n".encode(), "table_headings"),
        ("编码,名称,code\n1,2,3\n".encode(), "columns_twice"),
        (b"PK\x03\x04 this is no zip at all", "table_unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "table_unreadable"),
        (b"code,name\n1,\x00\x00\n", "table_unreadable"),
    ],
)
def test_files_that_are_no_table_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        list(read_table(data, "x", COLUMNS))
    assert refused.value.code == code


def test_a_value_outside_the_choices_is_an_error_of_its_row_and_the_others_come_through() -> None:
    rows = list(read_table("编码,名称,允许匿名\n1,a,也许\n2,b,是\n3,c,\n".encode(), "x.csv", COLUMNS))
    assert [r.good for r in rows] == [False, True, True]
    assert rows[0].errors[0].code == "choice"
    assert "也许" in str(rows[0].errors[0].message)


FORMULA = "=VLOOKUP(A1,B1:B2,1,FALSE)"


def with_faults() -> bytes:
    """Three rows: one whose name is #REF! (with a blank column to its left), a good one, one whose note is #N/A."""
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    other = file.add_worksheet("另一张 & <表>")
    sheet = file.add_worksheet("要读的 & <表>")
    other.write_row(0, 0, ["随便"])
    other.write_formula(4, 1, FORMULA, None, "#VALUE!")  # not the sheet that is read
    sheet.write_row(0, 1, ["编码", "名称", "允许匿名", "备注"])
    sheet.write_row(1, 1, ["0101", None, "是", "甲"])
    sheet.write_formula(1, 2, FORMULA, None, "#REF!")
    sheet.write_row(2, 1, ["0102", "井盖"])
    sheet.write_row(4, 1, ["0103", "雨箅"])
    sheet.write_formula(4, 3, FORMULA, None, "#DIV/0!")
    sheet.write_formula(4, 4, FORMULA, None, "#N/A")
    sheet.write_formula(5, 1, FORMULA, None, "#NAME?")
    file.close()
    return out.getvalue()


def test_a_formula_that_went_wrong_is_no_blank_cell() -> None:
    rows = list(read_table(with_faults(), "x.xlsx", COLUMNS, sheet="要读的 & <表>"))
    assert [(r.number, [(e.heading, e.code, e.values.get("value")) for e in r.errors]) for r in rows] == [
        (2, [("名称", "formula", "#REF!")]),
        (3, []),
        (5, [("允许匿名", "formula", "#DIV/0!"), ("备注", "formula", "#N/A")]),
        (6, [("编码", "formula", "#NAME?"), ("名称", "required", None)]),
    ]
    assert rows[0].errors[0].message == "这一格是公式错误 #REF!，请改正公式或填写内容。"


def test_a_csv_saved_from_a_sheet_with_such_a_formula_is_refused_as_well() -> None:
    rows = list(read_table("编码,名称,备注\n0101,井盖,#N/A\n0102,井盖,第#3号\n".encode(), "x.csv", COLUMNS))
    assert [[e.heading for e in r.errors] for r in rows] == [["备注"], []]


def test_a_formula_as_long_as_they_come_does_not_hide_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = file.add_worksheet()
    sheet.write_row(0, 0, ["编码", "名称"])
    for row in range(1, 9):
        sheet.write_row(row, 0, [f"010{row}"])
        sheet.write_formula(row, 1, "=" + "+".join(["A1"] * 2700), None, "#NUM!")
    file.close()
    monkeypatch.setattr(sheets, "_CHUNK", 1000)  # the cells lie across many pieces
    rows = list(read_table(out.getvalue(), "x.xlsx", COLUMNS))
    assert [[e.values.get("value") for e in r.errors] for r in rows] == [["#NUM!"]] * 8


def test_a_sheet_full_of_wrong_formulas_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_faults, "MOST", 3)
    with pytest.raises(Refused) as refused:
        read_table(with_faults(), "x.xlsx", COLUMNS, sheet="要读的 & <表>")
    assert refused.value.code == "table_faults"


def test_one_far_away_cell_does_not_make_the_reader_lay_out_billions() -> None:
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = file.add_worksheet()
    sheet.write(0, 0, "编码")
    sheet.write(1_048_575, 16_383, "x")
    file.close()
    tracemalloc.start()
    with pytest.raises(Refused) as refused:
        read_table(out.getvalue(), "x.xlsx", COLUMNS)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "table_too_large"
    assert peak < 20_000_000


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 5_000_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("xl/worksheets/sheet1.xml", b" " * 6_000_000)
    assert len(out.getvalue()) < 50_000
    with pytest.raises(Refused) as refused:
        read_table(out.getvalue(), "x.xlsx", COLUMNS)
    assert refused.value.code == "table_too_large"


def test_a_part_that_unfolds_a_thousandfold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """900 MB of the letter A among the texts are below the limit of a workbook and would take 2.7 GB of memory."""
    monkeypatch.setattr(sheets, "_FREE", 1 << 20)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book([["code", "name"], ["1", "a"]]))) as real,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for part in real.namelist():
            filling = b"<sst><si><t>" + b"A" * (2 << 20) + b"</t></si></sst>"
            bomb.writestr(part, filling if part == "xl/sharedStrings.xml" else real.read(part))
    with pytest.raises(Refused) as refused:
        read_table(out.getvalue(), "x.xlsx", COLUMNS)
    assert refused.value.code == "table_too_large"


def test_an_honest_list_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_FREE", 1 << 16)
    data = book([["code", "name"], *[[str(n), "路灯不亮"] for n in range(20_000)]])
    assert sum(1 for _row in read_table(data, "x.xlsx", COLUMNS)) == 20_000


@pytest.mark.parametrize(
    ("text", "row", "why"),
    [
        ('code,name\n1,a\n2,"b\n3,c\n', 3, "引号没有成对"),
        ('code,name\n1,a\n2,"b"c\n3,c\n', 3, "引号之后还有文字"),
    ],
)
def test_a_quotation_mark_out_of_place_does_not_swallow_the_rows_after_it(
    text: str, row: int, why: str
) -> None:
    table = iter(read_table(text.encode(), "x.csv", COLUMNS[:2]))
    assert next(table).values["name"] == "a"
    with pytest.raises(Refused) as refused:
        list(table)
    assert (refused.value.code, refused.value.values["row"]) == ("table_row", row)
    assert why in refused.value.message


def test_sheets_that_are_not_read_are_named_unless_empty_hidden_or_the_templates_own() -> None:
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, filled in (("藏", True), ("一", True), ("二", True), ("空", False), ("填写说明", True)):
        sheet = file.add_worksheet(name)
        if filled:
            sheet.write_row(0, 0, ["code", "name"])
        if name == "藏":
            sheet.hide()
        if name == "一":
            sheet.activate()
            sheet.set_first_sheet()
    file.close()
    assert read_table(out.getvalue(), "x.xlsx", COLUMNS).unread == ["二"]
    assert read_table(out.getvalue(), "x.xlsx", COLUMNS, sheet="二").unread == []


def test_the_template_can_be_sent_back_filled_in_either_language() -> None:
    for lang in ("zh", "en"):
        assert list(read_table(write_template(COLUMNS, lang=lang), "t.xlsx", COLUMNS)) == []
    filled = write_xlsx(COLUMNS, [{"code": "0101", "name": "=1+1", "note": 3}], notes=True)
    (row,) = read_table(filled, "t.xlsx", COLUMNS)
    assert row.values == {"code": "0101", "name": "=1+1", "anonymous": "", "note": "3"}


def test_exported_csv_opens_in_excel_and_runs_no_formula() -> None:
    data = b"".join(write_csv(COLUMNS, [{"code": "-1", "name": "=cmd|'x'!A0", "note": "二"}]))
    assert data.startswith(b"\xef\xbb\xbf")
    (row,) = read_table(data, "x.csv", COLUMNS)
    assert b"'=cmd|'x'!A0" in data
    assert row.values["name"] == "=cmd|'x'!A0"  # read again it is what it was
    assert row.values["code"] == "-1"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3.0, "3"),
        (0.5, "0.5"),
        ("\u200b 名\x07 ", "名"),
        ("甲\n乙", "甲\n乙"),
        (None, ""),
        (True, "1"),
        (10**16 * 1.0, "1e+16"),
    ],
)
def test_cells_become_text_as_people_see_them(cell: object, text: str) -> None:
    assert clean(cell) == text


def test_an_overlong_field_names_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    data = ("编码,名称\n1,a\n2," + "长" * (sheets.MAX_FIELD + 1) + "\n").encode()
    with pytest.raises(Refused) as refused:
        list(read_table(data, "x.csv", COLUMNS))
    assert refused.value.code == "table_row"
    assert "3" in str(refused.value)


@pytest.mark.slow
def test_a_million_rows_stream_in_little_memory() -> None:
    data = b"code,name\n" + b"".join(b"%d,name %d\n" % (n, n) for n in range(1_000_000))
    tracemalloc.start()
    table = read_table(io.BytesIO(data), "x.csv", COLUMNS)
    before, _peak = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    seen = 0
    for row in table:  # noqa: B007
        seen += 1
        if seen == 50_000:
            break
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    rest = sum(1 for _row in table)
    assert seen + rest == 1_000_000
    assert row.number == 50_001
    assert peak - before < 4_000_000


def test_an_excel_date_is_read_as_an_iso_date() -> None:
    out = io.BytesIO()
    file = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = file.add_worksheet()
    sheet.write_row(0, 0, ["编码", "名称"])
    sheet.write(1, 0, 45000, file.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write(1, 1, 45000.5, file.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
    file.close()
    (row,) = read_table(out.getvalue(), "x.xlsx", COLUMNS)
    assert row.values["code"] == "2023-03-15"
    assert row.values["name"] == "2023-03-15 12:00:00"
