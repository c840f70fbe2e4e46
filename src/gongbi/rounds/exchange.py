"""The ledgers as spreadsheets: every line is read off an entry that was typed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gongbi.kernel.errors import in_language
from gongbi.kernel.tables import Column, write_xlsx
from gongbi.rounds import catalogue, rules
from gongbi.rounds.models import Entry

_ZONE = ZoneInfo("Asia/Shanghai")
_WHEN = (Column("at", "时间", "Time"), Column("hours", "时段", "Hours"), Column("grid", "网格", "Grid"))
_WHERE = (Column("place", "地点", "Place"), Column("floor", "楼层", "Floor"))
_WHO = (Column("post", "岗位", "Post"), Column("photos", "照片数", "Photos"))
COLUMNS: dict[str, tuple[Column, ...]] = {
    "visits": (*_WHEN, *_WHERE, Column("form", "表单", "Form"), Column("care", "关爱对象", "On a care list"),
               Column("answers", "情况", "Answers"), Column("note", "记录", "Note"), Column("report", "转为事项", "Became matter"), *_WHO),
    "patrol": (*_WHEN, *_WHERE, Column("sort", "方式", "Sort"), Column("answers", "情况", "Answers"), Column("note", "记录", "Note"),
               Column("report", "转为事项", "Became matter"), *_WHO),
    "urban": (*_WHEN, *_WHERE, Column("kind", "类别代码", "Kind"), Column("note", "问题描述", "What"), Column("report", "编号", "Number"),
              Column("solved", "当场解决", "Solved on the spot"), *_WHO),
    "hotline": (*_WHEN, Column("place", "地点", "Place"), Column("note", "办理情况", "What was done"), Column("report", "编号", "Number"), *_WHO),
}  # fmt: skip


def as_xlsx(name: str, entries: Iterable[Entry]) -> bytes:
    """One ledger. ``name``: one of ``catalogue.LEDGERS``; times local."""
    return write_xlsx(
        COLUMNS[name], list(_rows(entries)), sheet=in_language(catalogue.LEDGERS[name]["words"])
    )


def _rows(entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    for one in entries:
        form = catalogue.form(one.form)
        yield {
            "at": _local(one.at), "hours": in_language(_hours(one.at)), "grid": one.territory, "place": one.place_words,
            "floor": "" if one.floor is None else one.floor, "sort": in_language(rules.SORTS[one.sort]),
            "form": in_language(tuple(form["words"])) if form else "", "care": "1" if one.care_id else "",
            "answers": "；".join(told(one)), "note": one.note, "report": one.report, "kind": one.kind,
            "solved": "1" if one.solved else "", "post": one.actor, "photos": len(one.photos),
        }  # fmt: skip


def told(entry: Entry) -> list[str]:
    """The answers of an entry in words, field by field."""
    form = catalogue.form(entry.form)
    shown = []
    for field in form["fields"] if form else ():
        value = entry.answers.get(field["name"], "")
        words = {code: (zh, en) for code, zh, en in field.get("choices", ())}
        if value:
            shown.append(
                f"{in_language(tuple(field['words']))}：{in_language(words.get(value, (value, value)))}"
            )
    return shown


def _local(at: datetime) -> str:
    return at.astimezone(_ZONE).strftime("%Y-%m-%d %H:%M")


def _hours(at: datetime) -> tuple[str, str]:
    return ("下班后", "After hours") if rules.outside_office_hours(at) else ("上班", "Office hours")
