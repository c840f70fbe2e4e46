"""Raw rows of a spreadsheet file: what kind it is, how it is encoded, and cells by row number. Used by
``tables``.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from gongbi.kernel.errors import Refused
from gongbi.kernel.sheet_faults import OVERLAP, Faults, collect, column_number, part_of

RawRows = Iterator[tuple[int, list[Any]]]

NOTES = ("填写说明", "How to fill in")  # the second sheet of a template
MAX_UNPACKED = 1 << 30  # bytes of XML in one workbook
MAX_CELLS = 30_000_000  # a million rows of thirty columns; the reader lays a sheet out as a full rectangle
MAX_RATIO = 100  # how far one part may unfold: sheets of real lists fold to a tenth or a thirtieth
MAX_COLUMNS = 1000
MAX_FIELD = 1_000_000  # characters in one CSV field
_CHUNK = 1 << 20
_FREE = 32 << 20  # below this size a part may be as repetitive as it likes
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']""")
# What the reader says of a record it cannot read: (Chinese, English).
_CSV_FAULTS = {
    "unexpected end of data": ("引号没有成对", "a quotation mark is never closed"),
    "',' expected after '\"'": ("引号之后还有文字", "text follows a closing quotation mark"),
}
_QUOTED = frozenset(("'=", "'+", "'-", "'@"))
_FOOLED = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, zlib.error)


def clean(value: object) -> str:
    """A cell as text: dates in ISO form, whole numbers without ``.0``, no control characters, outer blanks gone."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        if value.isprintable():
            return value.strip()
        kept = (c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs") else "" for c in value)
        return "".join(kept).strip()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).strip()


def open_rows(file: IO[bytes], sheet: str | None) -> tuple[str, str, RawRows, list[str]]:
    """``(kind, encoding, rows, names of sheets not read)``; a row is ``(number from 1 as people see it, cells)``."""
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if not start:
        return "csv", "utf-8", iter(()), []
    if start.startswith(b"PK\x03\x04"):
        return "xlsx", "", *_workbook(file, sheet, _look_inside(file))
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls", "", *_workbook(file, sheet, {})
    encoding = _encoding(file)
    return "csv", encoding, _csv(file, encoding), []


def _unreadable(why: object) -> Refused:
    return Refused(
        "table_unreadable",
        (
            "文件不是能读的表格（%(why)s）。请另存为 .xlsx 或 CSV 再发送。",
            "The file cannot be read as a spreadsheet (%(why)s). Save it again as .xlsx or as CSV and send that.",
        ),
        values={"why": why},
    )


def _too_large() -> Refused:
    return Refused(
        "table_too_large",
        (
            "表格展开后太大。请删去空白的行和列，或拆成几个文件。",
            "The workbook is too large when unpacked. Delete empty columns and rows, or split it into several files.",
        ),
    )


def _look_inside(file: IO[bytes]) -> dict[str, Faults]:
    """Refuse zip bombs and sheets whose one far-away cell would make the reader lay out billions of cells.

    Returns the faulty cells of each sheet's part.
    """
    faults: dict[str, Faults] = {}
    try:
        with zipfile.ZipFile(file) as pack:
            if sum(part.file_size for part in pack.infolist()) > MAX_UNPACKED:
                raise _too_large()
            # The reader keeps all texts in memory at once: what unfolds a thousandfold is no list.
            if any(part.file_size > max(_FREE, MAX_RATIO * part.compress_size) for part in pack.infolist()):
                raise _too_large()
            for part in pack.infolist():
                if not part.filename.startswith("xl/worksheets/") or not part.filename.endswith(".xml"):
                    continue
                columns: set[bytes] = set()
                wrong: Faults = {}
                rows = 0
                tail = b""
                with pack.open(part) as stream:
                    while chunk := stream.read(_CHUNK):
                        block = tail + chunk
                        collect(block, wrong)
                        found = _REFERENCE.findall(block)
                        if found:
                            letters, digits = zip(*found, strict=True)
                            columns.update(letters)
                            rows = max(rows, *map(int, digits))
                        tail = block[-OVERLAP:]
                if wrong:
                    faults[part.filename] = wrong
                width = max((column_number(letters) for letters in columns), default=0)
                if width > MAX_COLUMNS or rows * width > MAX_CELLS:
                    raise _too_large()
    except _FOOLED as problem:
        raise _unreadable(type(problem).__name__) from problem
    file.seek(0)
    return faults


def _workbook(file: IO[bytes], sheet: str | None, faults: dict[str, Faults]) -> tuple[RawRows, list[str]]:
    try:
        book = CalamineWorkbook.from_filelike(file)
        page = _page(book, sheet)
        unread = [] if sheet is not None else _others(book, page.name)
        wrong = _of_page(file, page.name, faults) if faults else {}
    except (CalamineError, OSError, ValueError) as problem:
        raise _unreadable(type(problem).__name__) from problem
    return _cells(book, page, wrong), unread


def _of_page(file: IO[bytes], name: str, faults: dict[str, Faults]) -> Faults:
    with zipfile.ZipFile(file) as pack:
        return faults.get(part_of(pack, name), {})


def _others(book: CalamineWorkbook, read: str) -> list[str]:
    """Visible sheets with something in them that nobody asked for; our own templates' second sheet is none."""
    return [
        meta.name
        for meta in book.sheets_metadata
        if meta.name not in (read, *NOTES)
        and meta.typ == SheetTypeEnum.WorkSheet
        and meta.visible == SheetVisibleEnum.Visible
        and book.get_sheet_by_name(meta.name).height
    ]


def _page(book: CalamineWorkbook, sheet: str | None) -> CalamineSheet:
    if sheet is not None:
        if sheet not in book.sheet_names:
            raise Refused(
                "table_sheet",
                (
                    "文件里没有名为“%(name)s”的工作表，有：%(names)s。",
                    "The workbook has no sheet “%(name)s”; it has: %(names)s.",
                ),
                values={"name": sheet, "names": "、".join(book.sheet_names)},
            )
        return book.get_sheet_by_name(sheet)
    for meta in book.sheets_metadata:
        if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible:
            page = book.get_sheet_by_name(meta.name)
            if page.height:
                return page
    raise Refused(
        "table_empty", ("工作簿里没有有内容的工作表。", "The workbook has no sheet with anything in it.")
    )


def _cells(book: CalamineWorkbook, page: CalamineSheet, wrong: Faults) -> RawRows:
    """Cells by row; a merged block gives its value to every row it spans (people merge "same as above").

    What the reader leaves blank because its formula went wrong stands there as people see it: ``#N/A``.
    """
    first_column = (page.start or (0, 0))[1]  # the reader's rows begin at row 1, but at the first used column
    merged = sorted(
        (top, left - first_column, bottom)
        for (top, left), (bottom, _right) in page.merged_cell_ranges or ()
        if bottom > top
    )
    waiting = iter(merged)
    ahead = next(waiting, None)
    held: dict[int, tuple[int, Any]] = {}  # column → (last row, value)
    for index, cells in enumerate(page.iter_rows()):
        for column, text in wrong.get(index, {}).items():
            if column - first_column < len(cells):
                cells[column - first_column] = text
        for column in [c for c, (last, _value) in held.items() if last < index]:
            del held[column]
        while ahead is not None and ahead[0] <= index:
            top, left, bottom = ahead
            if top == index and left < len(cells):
                held[left] = (bottom, cells[left])
            ahead = next(waiting, None)
        for column, (_last, value) in held.items():
            if column < len(cells) and cells[column] == "":
                cells[column] = value
        yield index + 1, list(cells)
    book.close()


def _encoding(file: IO[bytes]) -> str:
    """UTF-8 if the whole file is; else GB18030 if the whole file is; else refused. Reads the file once or
    twice.
    """
    file.seek(0)
    mark = file.read(4)
    if mark.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    where = 0
    for name in ("utf-8", "gb18030"):
        file.seek(0)
        decoder = codecs.getincrementaldecoder(name)("strict")
        where = 0
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                where += len(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise Refused(
        "table_encoding",
        (
            "文字既不是UTF-8也不是GB18030（第%(where)s字节附近）。请另存为“CSV UTF-8”再发送。",
            "The text is neither UTF-8 nor GB18030 (near byte %(where)s). Save it as “CSV UTF-8” and send it again.",
        ),
        values={"where": where},
    )


class _Kept(io.TextIOWrapper):
    """A text view that does not close the caller's file when it is thrown away."""

    def __del__(self) -> None:
        try:
            self.detach()
        except ValueError:
            return


def _csv(file: IO[bytes], encoding: str) -> RawRows:
    file.seek(0)
    text = _Kept(file, encoding=encoding, newline="")
    sample = text.read(65536)
    first = next((line for line in sample.splitlines() if line.strip()), "")
    if "\0" in sample:
        raise _unreadable("NUL")
    delimiter = max(",\t;", key=first.count)
    file.seek(0)
    text.seek(0)
    return _records(text, delimiter)


def _records(text: io.TextIOWrapper, delimiter: str) -> RawRows:
    if csv.field_size_limit() < MAX_FIELD:
        csv.field_size_limit(MAX_FIELD)
    number = 0
    # Strict: a quotation mark that is never closed would swallow every row after it without a word.
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for number, record in enumerate(reader, start=1):
            # Our own exports quote what a spreadsheet program would run as a formula.
            yield number, [cell[1:] if cell[:2] in _QUOTED else cell for cell in record]
    except csv.Error as problem:
        raise Refused(
            "table_row",
            (
                "第%(row)s行读不出来（%(why)s），其后的内容没有读。请改正后重新发送。",
                "Row %(row)s cannot be read (%(why)s); nothing after it was read. Correct it and send the file again.",
            ),
            values={"row": number + 1, "why": _CSV_FAULTS.get(str(problem), str(problem))},
        ) from problem
