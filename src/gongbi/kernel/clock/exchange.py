"""A yearly holiday notice as people keep it: a spreadsheet of dates, 上班 or 休息, and the holiday's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO, Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongbi.kernel import tables
from gongbi.kernel.clock.calendar import FIRST_YEAR, LAST_YEAR
from gongbi.kernel.clock.notices import NoticeRow
from gongbi.kernel.clock.queries import stored_days
from gongbi.kernel.scope.viewer import Viewer

COLUMNS: Final = (
    tables.Column("date", "日期", "Date", required=True, example="2027-01-01", also=("day",)),
    tables.Column(
        "working",
        "上班/休息",
        "Work/rest",
        required=True,
        note=("填“上班”或“休息”", "“work” or “rest”"),
        example="休息",
        also=("安排", "上班或休息", "是否上班", "状态", "type", "status"),
    ),
    tables.Column("name", "节日", "Holiday", example="元旦", also=("名称", "节日名称", "备注", "note")),
)
_WORK: Final = frozenset(
    (
        "上班",
        "班",
        "补班",
        "调休上班",
        "工作",
        "工作日",
        "是",
        "work",
        "working",
        "workday",
        "true",
        "yes",
        "1",
    )
)
_REST: Final = frozenset(
    ("休息", "休", "放假", "假", "休假", "节假日", "否", "rest", "off", "holiday", "false", "no", "0")
)
_DATE: Final = re.compile(
    r"([0-9]{4})(?:[-/.]|年)([0-9]{1,2})(?:[-/.]|月)([0-9]{1,2})日?"
    r"|([0-9]{4})([0-9]{2})([0-9]{2})"
)
_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SATURDAY: Final = 5
_NAME: Final = 60  # characters kept of a holiday's name


@dataclass(frozen=True, slots=True)
class Notice:
    """What was read: the good rows, and what is wrong with the others."""

    rows: list[NoticeRow]
    wrong: list[tables.Fault]


def read(data: bytes | IO[bytes], filename: str) -> Notice:
    """Read a notice from CSV (UTF-8, GB18030) or Excel. A wrong row never hides a good one.

    Refused: not a spreadsheet, or the columns are missing (see ``kernel.tables``). Same line twice is
    harmless; a contradiction is an error of the later row.
    """
    rows: list[NoticeRow] = []
    wrong: list[tables.Fault] = []
    seen: dict[date, tuple[int, bool]] = {}
    for row in tables.read_table(data, filename, COLUMNS):
        day = _day(row)
        working = _working(row)
        if day is not None and working is not None:
            number, earlier = seen.setdefault(day, (row.number, working))
            if earlier != working:
                row.wrong(
                    "date",
                    format_lazy(
                        _("{day} stands in row {row} already, with the opposite. Keep the right one."),
                        day=day,
                        row=number,
                    ),
                    "twice",
                )
            elif number == row.number and row.good:
                rows.append(NoticeRow(day, working, row.values["name"][:_NAME]))
        if not row.good:
            wrong += row.errors
    return Notice(rows, wrong)


def notice_rows(viewer: Viewer, *, on: date) -> Iterator[dict[str, str]]:
    """The notice of the year of ``on`` as it is known, in the columns of the template; nothing before it is out."""
    for day, fact in sorted(stored_days(date(on.year, 1, 1), date(on.year, 12, 31)).items()):
        if fact.official and (fact.holiday or (fact.working and day.weekday() >= _SATURDAY)):
            yield {"date": day.isoformat(), "working": "上班" if fact.working else "休息", "name": fact.note}


def template(lang: str = "zh") -> bytes:
    """The empty Excel form of a notice."""
    return tables.write_template(COLUMNS, "放假安排" if lang == "zh" else "Notice", lang=lang)


def _day(row: tables.Row) -> date | None:
    value = row.values["date"]
    if not value:
        return None
    match = _DATE.fullmatch("".join(value.translate(_WIDE).split()))
    try:
        year, month, day = (int(part) for part in match.groups() if part) if match else (0, 0, 0)
        found = date(year, month, day)
    except ValueError:
        row.wrong(
            "date",
            format_lazy(
                _("“{value}” is not a date. Write it like 2027-01-01 or 2027年1月1日."), value=value[:40]
            ),
            "date",
        )
        return None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        row.wrong(
            "date",
            format_lazy(
                _("The year of “{value}” is outside {first} to {last}. Check it."),
                value=value[:40],
                first=FIRST_YEAR,
                last=LAST_YEAR,
            ),
            "year",
        )
        return None
    return found


def _working(row: tables.Row) -> bool | None:
    value = row.values["working"]
    word = value.translate(_WIDE).strip().casefold()
    if word in _WORK:
        return True
    if word in _REST:
        return False
    if word:
        row.wrong(
            "working",
            format_lazy(_("“{value}” says neither work nor rest. Write 上班 or 休息."), value=value[:40]),
            "working",
        )
    return None
