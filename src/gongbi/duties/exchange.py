"""The lists as spreadsheets: columns, templates, row-by-row reading, and the copies that are shipped.

Reading checks each row against the rules and against the other lists; nothing is written here (see
``actions``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from typing import IO, Any

from django.db.models import Q

from gongbi.duties import routing, rules
from gongbi.duties.catalogue import choices_of, split
from gongbi.duties.columns import (
    KIND_COLUMNS,
    LIST_COLUMNS,
    QUESTION_COLUMNS,
    ROUTE_COLUMNS,
    STANDARD_COLUMNS,
    WORD_COLUMNS,
    YES_NO,
)
from gongbi.duties.models import DutyItem, Kind, Question, RoutingRule, Standard, Versioned, WordRule
from gongbi.kernel.clock import limits
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Fault, Row, read_table, write_template

Words = tuple[str, str]
KIND_CODE = re.compile(r"^[CEH]\d{4}$")
KIND_PREFIX = re.compile(r"^[CEH]\d{0,4}$")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One list: its table, its columns and how a row becomes fields."""

    name: str
    words: Words
    model: type[Versioned]
    columns: tuple[Column, ...]
    parse: Callable[[Row, Known], dict[str, Any]]


@dataclass(slots=True)
class Known:
    """What the other lists hold: codes of kinds. Empty: not checked (the catalogue itself is being read)."""

    kinds: frozenset[str] = frozenset()


@dataclass(slots=True)
class Read:
    """A file that was read: good rows as fields (with ``key`` and ``valid_from`` or ``None``), and the rows
    refused.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[Fault]:
        """What is wrong with the rows refused."""
        return [fault for row in self.refused for fault in row.errors]


def _yes(text: str) -> bool:
    return text in ("是", "yes", "1")


def _limit(row: Row, key: str = "limit") -> None:
    if row.values[key]:
        try:
            limits.parse(row.values[key])
        except Refused as problem:
            row.wrong(key, problem.words, problem.code, **problem.values)


def _kind_list(row: Row, known: Known) -> None:
    for code in split(row.values["kinds"]):
        bad = not KIND_PREFIX.match(code)
        if bad or (known.kinds and not any(kind.startswith(code) for kind in known.kinds)):
            row.wrong(
                "kinds",
                ("没有以“%(text)s”开头的类别。", "No kind begins with “%(text)s”."),
                "kind",
                text=code,
            )


def _selector(row: Row, key: str) -> None:
    for selector in split(row.values[key]):
        if not routing.valid_selector(selector):
            row.wrong(
                key,
                (
                    "“%(text)s”不是单位选择符。请写 street、community、department:代码 或 unit:代码。",
                    "“%(text)s” selects no unit. Write street, community, department:CODE or unit:CODE.",
                ),
                "selector",
                text=selector[:40],
            )


def _number(row: Row, key: str) -> int:
    text = row.values[key]
    if text.isascii() and text.isdigit() and len(text) < 6:
        return int(text)
    if text:
        row.wrong(key, ("请填整数。", "Give a whole number."), "number")
    return 0


def _tried(row: Row, key: str, read: Callable[[str], object]) -> None:
    try:
        read(row.values[key])
    except ValueError:
        text = ("“%(text)s”格式不对，请按说明页填写。", "“%(text)s” is not in the form that the notes show.")
        row.wrong(key, text, "form", text=row.values[key][:40])


def _kind(row: Row, known: Known) -> dict[str, Any]:
    v = row.values
    if v["code"] and not KIND_CODE.match(v["code"]):
        row.wrong("code", ("编码应为C、E或H加四位数字。", "A code is C, E or H and four digits."), "code")
    _selector(row, "handler")
    flags = {name: _yes(v[name]) for name in ("national", "anonymous", "informer", "on_spot")}
    return {**v, **flags, "key": v["code"], "reply": v["reply"] or "callback"}


def _standard(row: Row, known: Known) -> dict[str, Any]:
    v = row.values
    if known.kinds and v["kind"] and v["kind"] not in known.kinds:
        row.wrong(
            "kind", ("没有类别“%(text)s”。", "There is no kind “%(text)s”."), "kind", text=v["kind"][:20]
        )
    _limit(row)
    _tried(row, "season", rules.season_spans)
    number = _number(row, "number")
    return {**v, "number": number, "key": f"{v['kind']}-{number}"}


def _item(row: Row, known: Known) -> dict[str, Any]:
    v = row.values
    _kind_list(row, known)
    named = {zh: key for key, (zh, _en) in rules.LIST_WORDS.items()}
    return {**v, "key": v["code"], "list": named.get(v["list"], v["list"])}


def _question(row: Row, known: Known) -> dict[str, Any]:
    v = dict(row.values)
    _kind_list(row, known)
    _tried(row, "choices", choices_of)
    if v["type"] == "choice" and not v["choices"]:
        row.wrong("choices", ("选择题要有选项。", "A choice needs its choices."), "required")
    name = v.pop("key")
    return {**v, "name": name, "required": _yes(v["required"]), "key": f"{split(v['kinds'])[:1]}:{name}"[:48]}


def _route(row: Row, known: Known) -> dict[str, Any]:
    v = row.values
    _kind_list(row, known)
    _selector(row, "lead")
    _selector(row, "co")
    _limit(row)
    if v["hours"]:
        _tried(row, "hours", routing.hours_of)
    return {**v, "position": _number(row, "position"), "key": v["code"]}


def _word(row: Row, known: Known) -> dict[str, Any]:
    v = dict(row.values)
    if v["group"] == "special" and v["key"] not in rules.SPECIAL_ROUTES:
        text = ("没有名为“%(key)s”的特殊情形。", "There is no special route “%(key)s”.")
        row.wrong("key", text, "key", key=v["key"][:24])
    if v["group"] == "emergency" and v["key"] not in ("110", "119", "120", "122"):
        row.wrong("key", ("紧急号码是110、119、120或122。", "The number is 110, 119, 120 or 122."), "key")
    name = v.pop("key")
    return {**v, "name": name, "key": f"{v['group']}:{name}"}


SHEETS: dict[str, Sheet] = {
    "kinds": Sheet("kinds", ("类别目录", "catalogue of kinds"), Kind, KIND_COLUMNS, _kind),
    "standards": Sheet(
        "standards", ("立结案标准", "filing standards"), Standard, STANDARD_COLUMNS, _standard
    ),
    "lists": Sheet("lists", ("三项清单", "the three lists"), DutyItem, LIST_COLUMNS, _item),
    "questions": Sheet("questions", ("补充问题", "questions"), Question, QUESTION_COLUMNS, _question),
    "routes": Sheet("routes", ("派遣规则", "routing rules"), RoutingRule, ROUTE_COLUMNS, _route),
    "words": Sheet("words", ("紧急与特殊用词", "emergency and special words"), WordRule, WORD_COLUMNS, _word),
}
LISTS = {name: sheet.columns for name, sheet in SHEETS.items()}
_ORDER = {"routes": ("position", "code"), "standards": ("kind", "number")}  # as people read them


def template(name: str, *, lang: str = "zh") -> bytes:
    """The empty Excel form of one list."""
    sheet = SHEETS[name]
    return write_template(sheet.columns, sheet.words[0], lang=lang)


def read_list(name: str, data: bytes | IO[bytes], filename: str, known: Known) -> Read:
    """Read one list. Rows with an error, and the second of two rows for the same thing, are refused with the
    reason.
    """
    sheet = SHEETS[name]
    table = read_table(data, filename, sheet.columns)
    out = Read(unknown=table.unknown)
    seen: dict[str, int] = {}
    for row in table:
        fields = sheet.parse(row, known)
        _lengths(row, sheet)
        fields["verified"] = _yes(row.values["verified"])
        for end in ("valid_from", "valid_to"):
            fields[end] = _day(row, end)
        if fields["valid_from"] and fields["valid_to"] and fields["valid_to"] <= fields["valid_from"]:
            row.wrong(
                "valid_to", ("失效日期要晚于生效日期。", "It must end after the day it begins."), "period"
            )
        key = str(fields["key"])
        if row.good and key in seen:
            twice = ("与第%(row)s行重复。", "The same as row %(row)s.")
            row.wrong(sheet.columns[0].key, twice, "twice", row=seen[key])
        if row.good:
            seen[key] = row.number
            out.rows.append(fields)
        else:
            out.refused.append(row)
    return out


def list_rows(name: str, viewer: Viewer, *, on: date) -> Iterator[dict[str, str]]:
    """The rows of one list in force on a local day, in the columns of its template. The lists are public."""
    sheet = SHEETS[name]
    in_force = sheet.model._default_manager.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=on), valid_from__lte=on
    )
    named = {column.key: "name" if column.key == "key" else column.key for column in sheet.columns}
    for row in in_force.order_by(*_ORDER.get(name, ("key",)), "pk").iterator(chunk_size=500):
        yield {key: _text(getattr(row, field)) for key, field in named.items()}


def _text(value: object) -> str:
    """A field as people fill it in."""
    if isinstance(value, bool):
        return YES_NO[0] if value else YES_NO[1]
    return "" if value is None else str(value)


def _day(row: Row, key: str) -> date | None:
    text = row.values[key]
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        row.wrong(key, ("日期请写成2026-01-01。", "Write the date as 2026-01-01."), "date")
        return None


def _lengths(row: Row, sheet: Sheet) -> None:
    for column in sheet.columns:
        name = "name" if column.key == "key" else column.key
        most = getattr(sheet.model._meta.get_field(name), "max_length", None)
        if most and len(row.values[column.key]) > most:
            text = ("最多%(most)s个字。", "At most %(most)s characters.")
            row.wrong(column.key, text, "length", most=most)


def shipped(name: str) -> bytes:
    """The list as it is shipped: demonstration content, marked so in its ``source`` column."""
    return (resources.files("gongbi.duties") / "data" / f"{name}.csv").read_bytes()


def departments() -> Iterator[Mapping[str, str]]:
    """The departments that the shipped lists name: ``code``, ``name_zh``, ``name_en``, ``type``."""
    return csv.DictReader(io.StringIO(shipped("departments").decode()))
