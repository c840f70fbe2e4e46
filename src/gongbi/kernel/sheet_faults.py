"""Cells whose formula went wrong (``#N/A``, ``#REF!``). The reader gives them as blank, so they are found in the file itself.

Source: ECMA-376 part 1, 18.18.11 (cell type ``e``) and 18.17.2.7 (error constants). Old ``.xls`` files are not looked into.
"""

from __future__ import annotations

import html
import re
import zipfile
from typing import Final

from gongbi.kernel.errors import Refused

# What Excel, WPS and LibreOffice write, in a workbook and in a CSV saved from one.
FAULTS: Final = frozenset(
    ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!",
     "#GETTING_DATA", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#PYTHON!", "#EXTERNAL!")
)  # fmt: skip
MOST: Final = 10_000  # kept in memory; a sheet with more of them is not filled in yet
OVERLAP: Final = 16_384  # bytes: a formula has at most 8,192 characters
_CELL = re.compile(
    rb"""<(?:\w+:)?c\s(?=[^<>]*\st=["']e["'])[^<>]*\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*>"""
    rb"""(?:(?:<(?:\w+:)?f[^<>]*(?:/>|>[^<]*</(?:\w+:)?f>))?\s*<(?:\w+:)?v>([^<]{1,40})</)?"""
)
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^<>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^<>]*>")
Faults = dict[int, dict[int, str]]  # row from 0 → column from 0 → what stands there


def collect(block: bytes, found: Faults) -> None:
    """Add the faulty cells of a piece of a sheet's XML to ``found``. Refused when there are more than ``MOST``."""
    if b't="e"' not in block and b"t='e'" not in block:
        return
    for letters, digits, value in _CELL.findall(block):
        row = found.setdefault(int(digits) - 1, {})
        text = html.unescape(value.decode("utf-8", "replace")) if value else ""
        column = column_number(letters) - 1
        row[column] = text if text in FAULTS else row.get(column, "#N/A")
    if sum(map(len, found.values())) > MOST:
        raise Refused(
            "table_faults",
            (
                "表格里有一万多个单元格是公式错误（如 #N/A）。请改正公式后重新发送。",
                "More than ten thousand cells hold a formula error (like #N/A). Correct the formulas and send the file again.",
            ),
        )


def column_number(letters: bytes) -> int:
    """``A`` is 1, ``AA`` is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def part_of(pack: zipfile.ZipFile, sheet: str) -> str:
    """The part of the package that holds the sheet of that name; "" when the workbook does not say."""
    names = set(pack.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return ""
    book = pack.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = pack.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    key = next((_value(tag, r"\w+:id") for tag in _SHEET.findall(book) if _value(tag, "name") == sheet), "")
    target = next(
        (_value(tag, "Target") for tag in _RELATION.findall(relations) if _value(tag, "Id") == key), ""
    )
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _value(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}=(?:"([^"]*)"|'([^']*)')""", tag)
    return html.unescape(found[1] if found[1] is not None else found[2]) if found else ""
