"""Spreadsheets in and out, for every list that people keep: CSV (UTF-8 or GB18030) and Excel, read row by row.

A room declares its columns once; the same declaration reads a file, writes the template people download, and writes
exports. What a person sees in the spreadsheet program is what an error names: the row number and the column's heading.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import xlsxwriter

from gongbi.kernel import sheets
from gongbi.kernel.errors import Refused, in_full, in_language
from gongbi.kernel.sheet_faults import FAULTS
from gongbi.kernel.sheets import clean

HEADER_WITHIN = 30  # headings are looked for in the first rows: people put titles and notes above them
SHEET_ROWS = 1_048_576  # what an Excel sheet holds, its heading included


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Headings are accepted in Chinese, in English, as ``key`` or as any of ``also``.

    ``choices``: the only values allowed, when there are few. ``note`` is (Chinese, English).
    """

    key: str
    zh: str
    en: str
    required: bool = False
    note: tuple[str, str] = ("", "")
    example: str = ""
    also: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file: its row (0: the whole file), the column's key and what people see above it ("": the whole row).

    ``words`` is a (Chinese, English) pair or a finished text, ``values`` fills its ``%(name)s`` places; ``code`` is for programs.
    """

    row: int
    column: str
    words: Any
    code: str = "value"
    values: Mapping[str, Any] = field(default_factory=dict)
    heading: str = ""

    @property
    def message(self) -> str:
        """The sentence in the reader's language."""
        return in_full(self.words, self.values)


@dataclass(slots=True)
class Row:
    """One row. ``number``: what the spreadsheet program shows at its left edge; every value is text, trimmed, "" when empty."""

    number: int
    values: dict[str, str]
    errors: list[Fault] = field(default_factory=list)
    headings: Mapping[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not self.errors

    def wrong(self, column: str, words: Any, code: str = "value", **values: Any) -> None:
        """Add an error found by the room that imports: a (Chinese, English) pair or a text, and what fills it."""
        self.refuse(Refused(code, words, field=column, values=values))

    def refuse(self, refusal: Refused, column: str = "") -> None:
        """Add what a rule refused; ``column``: whose fault it is when the refusal names no field."""
        key = refusal.field or column
        name = self.headings.get(key, key)
        self.errors.append(Fault(self.number, key, refusal.words, refusal.code, refusal.values, name))


@dataclass(slots=True)
class Table:
    """An opened file: iterate once for its rows. ``headings``: of the columns that it has; ``named``: of all, as the form calls those
    that it lacks. ``unknown``: headings that no column claims; they are not read."""

    filename: str
    kind: str  # "csv", "xlsx" …
    encoding: str
    header_row: int
    headings: dict[str, str]
    named: dict[str, str]
    unknown: list[str]
    _rows: Iterator[Row]
    unread: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Row]:
        return self._rows


def _folded(heading: str) -> str:
    """A heading for comparing: width and case folded, blanks, ``*`` and remarks in brackets gone."""
    text = unicodedata.normalize("NFKC", heading).casefold().replace("(", "\0", 1).split("\0")[0]
    return "".join(c for c in text if not c.isspace() and c not in "*_-:：")


def _names(columns: Sequence[Column]) -> dict[str, str]:
    names: dict[str, str] = {}
    for column in columns:
        for name in (column.key, column.zh, column.en, *column.also):
            owner = names.setdefault(_folded(name), column.key)
            if owner != column.key:
                raise ValueError(f"columns {owner} and {column.key} share the heading {name!r}")
    return names


def read_table(
    data: bytes | IO[bytes], filename: str, columns: Sequence[Column], *, sheet: str | None = None
) -> Table:
    """Open a spreadsheet; the rows stream while you iterate, so a million rows need no million objects.

    The kind is told from the content, not from the name. Raises :class:`Refused` (``table_unreadable``, ``table_encoding``,
    ``table_empty``, ``table_headings``, ``columns_missing``, ``columns_twice``, ``table_too_large``). A row with a missing or
    forbidden value still comes, with its errors; blank rows are skipped but counted.
    """
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    kind, encoding, raw, unread = sheets.open_rows(file, sheet)
    head: list[tuple[int, list[str]]] = []
    best: tuple[int, int, list[str]] | None = None
    names = _names(columns)
    for number, cells in raw:
        texts = [clean(cell) for cell in cells]
        head.append((number, texts))
        hits = len({names[key] for key in map(_folded, texts) if key in names})
        if hits and (best is None or hits > best[0]):
            best = (hits, number, texts)
        if number >= HEADER_WITHIN or (best is not None and best[0] == len(columns)):
            break
    if not any(any(texts) for _number, texts in head):
        raise Refused(
            "table_empty",
            (
                "文件是空的，没有读到内容。请在第一行写上列名。",
                "The file is empty: nothing was read. Put the headings in the first row.",
            ),
        )
    needed = [column for column in columns if column.required]
    if best is None:
        raise Refused(
            "table_headings",
            (
                "前%(rows)s行里没有找到需要的列名。需要：%(names)s。",
                "None of the expected headings was found in the first %(rows)s rows. Expected: %(names)s.",
            ),
            values={"rows": HEADER_WITHIN, "names": _listed(needed or columns)},
        )
    _hits, header_row, heads = best
    places: dict[str, int] = {}
    unknown: list[str] = []
    for place, heading in enumerate(heads):
        key = names.get(_folded(heading)) if heading else None
        if key is None:
            if heading:
                unknown.append(heading)
        elif key in places:
            raise Refused(
                "columns_twice",
                (
                    "第%(row)s行的列名“%(name)s”出现了两次，请删去其中一列。",
                    "Row %(row)s has the heading “%(name)s” twice. Remove one of the two columns.",
                ),
                field=key,
                values={"row": header_row, "name": heading},
            )
        else:
            places[key] = place
    missing = [column for column in needed if column.key not in places]
    if missing:
        raise Refused(
            "columns_missing",
            (
                "第%(row)s行的列名缺少：%(missing)s。读到的是：%(found)s。请补上后重新发送。",
                "The headings in row %(row)s lack: %(missing)s. Found: %(found)s. "
                "Add the missing columns and send the file again.",
            ),
            field=missing[0].key,
            values={
                "row": header_row,
                "missing": _listed(missing),
                "found": "、".join(h for h in heads if h),
            },
        )
    headings = {key: heads[place] for key, place in places.items()}
    named = {column.key: in_language((column.zh, column.en)) for column in columns} | headings
    rest = ((number, texts) for number, texts in head if number > header_row)
    more = ((number, [clean(cell) for cell in cells]) for number, cells in raw)
    rows = _rows(rest, more, columns, places, named)
    return Table(filename, kind, encoding, header_row, headings, named, unknown, rows, unread)


def _listed(columns: Sequence[Column]) -> tuple[str, str]:
    """Headings for a sentence, in both languages."""
    return (
        "、".join(f"{column.zh}({column.key})" for column in columns),
        ", ".join(f"{column.en} ({column.key})" for column in columns),
    )


def _rows(
    first: Iterable[tuple[int, list[str]]],
    more: Iterable[tuple[int, list[str]]],
    columns: Sequence[Column],
    places: Mapping[str, int],
    headings: Mapping[str, str],
) -> Iterator[Row]:
    required = [c.key for c in columns if c.required]
    closed = [(c.key, frozenset(c.choices)) for c in columns if c.choices]
    absent = [c.key for c in columns if c.key not in places]
    for part in (first, more):
        for number, texts in part:
            if not any(texts):
                continue
            width = len(texts)
            values = {key: texts[place] if place < width else "" for key, place in places.items()}
            for key in absent:
                values[key] = ""
            row = Row(number, values, headings=headings)
            if not FAULTS.isdisjoint(texts):
                _wrong_formulas(row)
            for key in required:
                if not values[key]:
                    row.wrong(key, ("这一格不能为空。", "This cell must not be empty."), "required")
            for key, allowed in closed:
                if values[key] and values[key] not in allowed and values[key] not in FAULTS:
                    row.wrong(
                        key,
                        ("“%(value)s”不在可选值中：%(allowed)s。", "“%(value)s” is not one of: %(allowed)s."),
                        "choice",
                        value=values[key][:40],
                        allowed="、".join(sorted(allowed)),
                    )
            yield row


def _wrong_formulas(row: Row) -> None:
    for key, value in row.values.items():
        if value in FAULTS:
            words = ("这一格是公式错误 %(value)s，请改正公式或填写内容。", "This cell holds the formula error %(value)s. Correct the formula or fill it in.")  # fmt: skip
            row.wrong(key, words, "formula", value=value)


def write_xlsx(
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    sheet: str = "数据",
    lang: str = "zh",
    notes: bool = False,
) -> bytes:
    """An Excel file of ``rows`` (mappings by column key). Everything is written as text or number, never as a formula."""
    out = io.BytesIO()
    save_xlsx(out, columns, rows, sheet=sheet, lang=lang, notes=notes, in_memory=True)
    return out.getvalue()


def save_xlsx(
    out: IO[bytes],
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    sheet: str = "数据",
    lang: str = "zh",
    notes: bool = False,
    in_memory: bool = False,
) -> None:
    """As :func:`write_xlsx`, into an open file: rows go through a temporary file, so their number costs no memory.

    Raises :class:`Refused` (``table_rows``) when there are more rows than an Excel sheet holds.
    """
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": in_memory,
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        },
    )
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    text = book.add_format({"num_format": "@"})
    page = book.add_worksheet(sheet[:31])
    page.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        name = column.zh if lang == "zh" else column.en
        page.set_column(place, place, max(10, min(40, 2 * len(column.zh) + 4)), text)
        page.write_string(0, place, name + ("*" if column.required else ""), head)
        if column.choices:
            joined = ",".join(column.choices)
            if len(joined) <= 255:  # a limit of the file format
                page.data_validation(
                    1, place, 5000, place, {"validate": "list", "source": list(column.choices)}
                )
    for line, values in enumerate(rows, start=1):
        if line >= SHEET_ROWS:
            raise Refused(
                "table_rows",
                (
                    "一张 Excel 表最多 %(most)s 行：请缩小范围，或改用 CSV。",
                    "An Excel sheet holds %(most)s rows: narrow it, or take CSV.",
                ),
                values={"most": SHEET_ROWS},
            )
        for place, column in enumerate(columns):
            value = values.get(column.key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                page.write_number(line, place, value)
            elif value is not None and value != "":
                page.write_string(line, place, clean(value)[:32767], text)
    if notes:
        _write_notes(book, columns, lang)
    book.close()


def _write_notes(book: Any, columns: Sequence[Column], lang: str) -> None:
    zh = lang == "zh"
    page = book.add_worksheet(sheets.NOTES[0 if zh else 1])
    bold = book.add_format({"bold": True})
    titles = ("列", "必填", "说明", "示例", "可选值", "English", "key")
    if not zh:
        titles = ("Column", "Required", "Note", "Example", "Choices", "Chinese", "key")
    page.set_column(0, 1, 14)
    page.set_column(2, 3, 44)
    for place, title in enumerate(titles):
        page.write_string(0, place, title, bold)
    for line, column in enumerate(columns, start=1):
        must = ("是" if zh else "yes") if column.required else ""
        names = (column.zh, column.en) if zh else (column.en, column.zh)
        cells = (
            names[0],
            must,
            column.note[0 if zh else 1],
            column.example,
            "、".join(column.choices),
            names[1],
            column.key,
        )
        for place, cell in enumerate(cells):
            page.write_string(line, place, cell)


def write_template(columns: Sequence[Column], sheet: str = "数据", *, lang: str = "zh") -> bytes:
    """The empty Excel form for a list: headings on the first sheet, what each column means on the second."""
    return write_xlsx(columns, (), sheet=sheet, lang=lang, notes=True)


def write_csv(
    columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], *, lang: str = "zh"
) -> Iterator[bytes]:
    """A CSV in pieces: UTF-8 with mark (Excel opens it right), text that a spreadsheet would run as a formula is quoted by ``'``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([c.zh if lang == "zh" else c.en for c in columns])
    yield b"\xef\xbb\xbf"
    for values in rows:
        writer.writerow([_harmless(values.get(column.key)) for column in columns])
        if buffer.tell() > 65536:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _harmless(value: object) -> str:
    text = clean(value)
    if (
        isinstance(value, str)
        and text[:1] in ("=", "+", "-", "@", "\t")
        and not text[1:].replace(".", "").isdigit()
    ):
        return "'" + text
    return text
