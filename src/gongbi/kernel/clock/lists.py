"""The list of this room that people keep: the yearly holiday notice."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO

from gongbi.kernel.clock import exchange
from gongbi.kernel.clock.actions_calendar import import_notice
from gongbi.kernel.keeping import Kept, Result, keep
from gongbi.kernel.scope.viewer import Viewer


def read_notice(file: IO[bytes], filename: str, *, valid_from: date, viewer: Viewer, at: datetime) -> Result:
    """A notice has its own days. With a wrong row it is not entered: half a year's holidays would move deadlines twice."""
    notice = exchange.read(file, filename)
    if notice.wrong or not notice.rows:
        return Result(faults=notice.wrong)
    done = import_notice(notice.rows, viewer=viewer, at=at)
    told = (
        f"{done.year} 年：改动 {done.days} 天，{done.clocks} 个在办期限已重算。",
        f"{done.year}: {done.days} days changed, {done.clocks} open deadlines computed anew.",
    )
    return Result(changed=done.days, notes=[told])


keep(
    "calendar",
    Kept(
        ("放假通知", "Holiday notice"),
        ("国务院办公厅每年的放假安排", "The yearly notice of days off and days worked"),
        read_notice,
        exchange.COLUMNS,
        exchange.notice_rows,
        rank=90,
        dated=False,
    ),
)
