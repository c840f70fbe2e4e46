"""Call statistics as a spreadsheet: columns, how a row is read, what goes out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

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
