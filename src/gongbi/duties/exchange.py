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

from gongbi.duties import routing, rules
from gongbi.duties.catalogue import choices_of, split
from gongbi.duties.models import DutyItem, Kind, Question, RoutingRule, Standard, Versioned, WordRule
from gongbi.kernel.clock import limits
from gongbi.kernel.errors import Refused
from gongbi.kernel.tables import Column, Row, read_table, write_template

Words = tuple[str, str]
YES_NO = ("是", "否", "yes", "no", "1", "0")
KIND_CODE = re.compile(r"^[CEH]\d{4}$")
KIND_PREFIX = re.compile(r"^[CEH]\d{0,4}$")

_FROM = Column(
    "valid_from",
    "生效日期",
    "Valid from",
    note=("空白：用导入时选的日期", "empty: the day chosen"),
    example="2026-01-01",
)
_SOURCE = Column("source", "来源", "Source", note=("文字的出处", "where the text comes from"))
_VERIFIED = Column(
    "verified",
    "已核对",
    "Verified",
    choices=YES_NO,
    note=("只有读过原文才填“是”", "only if read in the source"),
)
_BASIS = Column("basis", "依据", "Basis")
_TAIL = (_FROM, _SOURCE, _VERIFIED)

KIND_COLUMNS = (
    Column(
        "code",
        "编码",
        "Code",
        required=True,
        note=(
            "C部件/E事件/H热线+大类2位+小类2位；本地小类自99倒排",
            "C, E or H, class, sub-class; local ones count down from 99",
        ),
        example="C0137",
    ),
    Column("national", "国家类别", "National", choices=YES_NO),
    Column("major_zh", "大类", "Class", required=True, example="公用设施"),
    Column("major_en", "大类英文", "Class in English"),
    Column("name_zh", "名称", "Name", required=True, example="路灯"),
    Column("name_en", "英文名称", "Name in English"),
    Column(
        "words",
        "常用词",
        "Words",
        note=("分号隔开；“路灯+不亮”表示两词都要出现", "separated by semicolons; a+b: both must occur"),
        example="路灯；路灯+不亮",
    ),
    Column(
        "handler",
        "承办",
        "Handler",
        required=True,
        note=("street、community、department:代码、unit:代码", "a selector"),
        example="department:urban_management",
    ),
    Column("anonymous", "允许匿名", "Anonymous allowed", choices=YES_NO),
    Column("informer", "举报保密", "Informer hidden", choices=YES_NO),
    Column("on_spot", "可现场办结", "May be solved on the spot", choices=YES_NO),
    Column("reply", "答复方式", "Reply", choices=("callback", "message", "none")),
    *_TAIL,
)
STANDARD_COLUMNS = (
    Column("kind", "类别编码", "Kind", required=True, example="C0137"),
    Column("number", "序号", "Number", required=True, example="1"),
    Column("filing_zh", "立案条件", "Filing condition", required=True),
    Column("filing_en", "立案条件英文", "Filing condition in English"),
    Column("closing_zh", "结案条件", "Closing condition", required=True),
    Column("closing_en", "结案条件英文", "Closing condition in English"),
    Column(
        "evidence",
        "证据",
        "Evidence",
        note=("before、after、document、callback，分号隔开", "separated by semicolons"),
        example="before;after",
    ),
    Column("limit", "处置时限", "Limit", required=True, example="2紧急工作时"),
    Column("words", "程度用词", "Words of severity"),
    Column(
        "season",
        "适用季节",
        "Season",
        note=("月-日..月-日，分号隔开", "MM-DD..MM-DD"),
        example="11-15..03-15",
    ),
    _BASIS,
    *_TAIL,
)
LIST_COLUMNS = (
    Column("code", "编号", "Code", required=True, example="P001"),
    Column(
        "list",
        "清单",
        "List",
        required=True,
        note=("perform履职、actfor代办、assist协办", "perform, actfor, assist"),
        choices=("perform", "actfor", "assist", "履职", "代办", "协办"),
    ),
    Column("name_zh", "事项", "Item", required=True),
    Column("name_en", "事项英文", "Item in English"),
    Column("description_zh", "说明", "Description"),
    Column("description_en", "说明英文", "Description in English"),
    Column(
        "kinds",
        "对应类别",
        "Kinds",
        note=("类别编码或其开头，分号隔开", "codes or their beginnings"),
        example="E0136;C03",
    ),
    Column("lead", "主办单位类型", "Leading sort of unit", choices=("community", "street", "department")),
    _BASIS,
    Column("territory", "适用区划", "Territory", note=("空白：全区", "empty: the whole district")),
    *_TAIL,
)
QUESTION_COLUMNS = (
    Column("kinds", "类别", "Kinds", required=True, example="C0137;C0138"),
    Column("key", "代号", "Key", required=True, example="lamps"),
    Column("zh", "问题", "Question", required=True),
    Column("en", "问题英文", "Question in English"),
    Column("type", "类型", "Type", required=True, choices=("choice", "text", "number")),
    Column(
        "choices",
        "选项",
        "Choices",
        note=("值=中文/英文，竖线隔开", "value=Chinese/English, separated by bars"),
        example="yes=是/yes|no=否/no",
    ),
    Column("required", "必答", "Must be answered", choices=YES_NO),
    *_TAIL,
)
ROUTE_COLUMNS = (
    Column("code", "规则编号", "Rule", required=True, example="R010"),
    Column("position", "次序", "Position", required=True, example="10"),
    Column("kinds", "类别", "Kinds", required=True, example="E0301"),
    Column("territories", "区划", "Territories"),
    Column("place_types", "场所类型", "Sorts of place"),
    Column("sources", "来源网", "Source nets"),
    Column("hours", "时段", "Hours", example="22:00-06:00"),
    Column("words", "用词", "Words"),
    Column("lead", "主办", "Lead", required=True, example="street"),
    Column("co", "协办", "Co-handlers", example="department:housing"),
    Column("limit", "时限", "Limit"),
    Column("reason_zh", "理由", "Reason", required=True),
    Column("reason_en", "理由英文", "Reason in English"),
    Column("article", "条款", "Article"),
    *_TAIL,
)
WORD_COLUMNS = (
    Column("group", "组", "Group", required=True, choices=("emergency", "special", "safety")),
    Column("key", "代号", "Key", required=True, example="119"),
    Column("patterns", "词语", "Words"),
    Column("negatives", "排除语境", "Not near"),
    Column("reply_zh", "答复", "Reply", required=True),
    Column("reply_en", "答复英文", "Reply in English"),
    Column("article", "条款", "Article"),
    *_TAIL,
)  # fmt: skip


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
        text = row.values["valid_from"]
        fields["valid_from"] = None
        if text:
            try:
                fields["valid_from"] = date.fromisoformat(text[:10])
            except ValueError:
                row.wrong("valid_from", ("日期请写成2026-01-01。", "Write the date as 2026-01-01."), "date")
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
