"""Call statistics and knowledge as spreadsheets: columns, how a row is read, what goes out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Row
from gongbi.seat import queries, rules

CALLS = (
    Column("day", "日期", "Day", required=True, example="2026-11-22", also=("统计日期", "date")),
    Column(
        "offered",
        "请求人工",
        "Asked for a person",
        required=True,
        example="412",
        also=("来电请求人工", "呼入量", "offered"),
    ),
    Column("connected", "接通", "Connected", required=True, example="405", also=("接通量", "接通数")),
    Column(
        "answered_15",
        "15秒内应答",
        "Answered within 15 s",
        required=True,
        example="390",
        also=("15秒应答", "十五秒内应答"),
    ),
)


def read_calls(row: Row, today: date) -> tuple[date | None, rules.Calls | None]:
    """A row's day and counts; what is wrong with it is added to the row and both are None."""
    values, day = row.values, None
    try:
        day = date.fromisoformat(values["day"].replace("/", "-").split(" ")[0].split("T")[0])
    except ValueError:
        row.wrong(
            "day",
            ("“%(text)s”不是日期，请写成 2026-11-22。", "“%(text)s” is no day; write 2026-11-22."),
            "day",
            text=values["day"][:20],
        )
    if day is not None and day > today:
        row.wrong("day", ("日期在将来。", "The day is in the future."), "day")
    counts: dict[str, int] = {}
    for key in ("offered", "connected", "answered_15"):
        text = values[key].replace(",", "").removesuffix(".0")
        if text.isascii() and text.isdigit() and len(text) <= 8:
            counts[key] = int(text)
        elif text:
            row.wrong(key, ("请填整数。", "Give a whole number."), "number")
    if not row.good:
        return None, None
    calls = rules.Calls(**counts)
    if wrong := rules.wrong_counts(calls):
        row.wrong(
            wrong,
            (
                "接通不能多于请求人工，15 秒内应答不能多于接通。",
                "No more can be connected than asked, nor answered in 15 s than connected.",
            ),
            "counts",
        )
        return None, None
    return day, calls


def call_rows(viewer: Viewer, /, *, on: date) -> Iterator[Mapping[str, Any]]:
    """Every imported day, as it went in."""
    for one in queries.calls(viewer, since=date(2000, 1, 1), until=on + timedelta(days=1)):
        yield {
            "day": one.day.isoformat(),
            "offered": one.offered,
            "connected": one.connected,
            "answered_15": one.answered_15,
        }


_NEW = ("留空：新写一条，或按标题认出已有的一条", "Empty: a new one, or the one with that title")
KNOWLEDGE = (
    Column("number", "编号", "Number", note=_NEW, example="KB12"),
    Column("title", "标题", "Title", required=True, example="路灯不亮多久修好"),
    Column("answer", "标准答复", "Standard answer", required=True, example="受理后一般两个工作日内修好，修好后会通知您。"),
    Column("body", "补充说明", "What else the operator should know"),
    Column("words", "来电人的说法", "How callers say it", example="路灯 不亮 灯坏了"),
    Column("kind", "案件类别代码", "Code of the kind", example="C0137"),
    Column("basis", "依据", "Basis"),
    Column("valid_until", "有效期的最后一天", "Its last day", example="2027-11-22"),
)  # fmt: skip


def read_article(values: Mapping[str, str]) -> tuple[int | None, dict[str, Any]]:
    """(key of the article, or None, what it says) of a row. Refused, with the column, for a number or a day that is none."""
    number = values.get("number", "").upper().removeprefix("KB")
    if number and not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise Refused(
            "seat.number",
            ("编号写成 KB12，或留空。", "Write the number as KB12, or nothing."),
            field="number",
        )
    said: dict[str, Any] = {
        column.key: values.get(column.key, "").replace("\r\n", "\n") for column in KNOWLEDGE[1:]
    }
    day = said["valid_until"].replace("/", "-").split(" ")[0].split("T")[0]
    try:
        said["valid_until"] = date.fromisoformat(day) if day else None
    except ValueError:
        raise Refused(
            "seat.day", ("日期请写成 2026-11-22。", "Write the day as 2026-11-22."), field="valid_until"
        ) from None
    return int(number) if number else None, said


def article_rows(viewer: Viewer, /, *, on: date) -> Iterator[Mapping[str, Any]]:
    """Every article that was not withdrawn, by its newest version."""
    for one in sorted(queries.articles(viewer, on=on), key=lambda one: one.version.article.pk):
        version = one.version
        yield {column.key: str(getattr(version, column.key) or "") for column in KNOWLEDGE[1:]} | {
            "number": f"KB{version.article.pk}"
        }
