"""Cases, and what happened to them, as a file: one line each, in a bounded memory. Names and telephones leave the house masked, never open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from gongbi.cases.models import Case, Report
from gongbi.duties import queries as duties
from gongbi.kernel.errors import in_language
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.declare import flow_named
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column
from gongbi.kernel.vault.redaction import redact, redact_data
from gongbi.parties import directory

CHUNK = 500
MASKED = ("打码", "Masked")
CASE_COLUMNS = (
    Column("number", "案件编号", "Number"),
    Column("receipts", "回执编号", "Receipts", note=("每位反映人一个，用空格分隔", "One for each reporter, by blanks")),
    Column("state", "状态", "State"),
    Column("state_code", "状态代码", "State code"),
    Column("kind", "类别代码", "Kind code"),
    Column("kind_name", "类别", "Kind name"),
    Column("title", "标题", "Title"),
    Column("text", "诉求内容", "What was said", note=("首位反映人；其中的电话和证件号已隐去", "First reporter; numbers taken out")),
    Column("place_words", "地点", "Place"),
    Column("territory", "区划代码", "Division code"),
    Column("lon", "经度", "Longitude", note=("CGCS2000", "CGCS2000")),
    Column("lat", "纬度", "Latitude", note=("CGCS2000", "CGCS2000")),
    Column("unit", "承办单位代码", "Unit code"),
    Column("unit_name", "承办单位", "Unit name"),
    Column("duty_item", "清单事项", "Duty item"),
    Column("article", "依据", "Article"),
    Column("limit", "时限", "Limit"),
    Column("channel", "渠道", "Channel"),
    Column("net", "来源网", "Net"),
    Column("opened_at", "收到时间", "Received at"),
    Column("due_at", "当前期限", "Due at"),
    Column("handled_at", "处置时间", "Handled at"),
    Column("closed_at", "结案时间", "Closed at"),
    Column("reporters", "反映人数", "Reporters"),
    Column("name", "反映人", "Reporter", note=MASKED),
    Column("phone", "联系电话", "Telephone", note=MASKED),
    Column("contests", "回退次数", "Contested"),
    Column("extensions", "延期次数", "Extended"),
    Column("suspensions", "挂账次数", "Suspended"),
    Column("reworks", "返工次数", "Reworked"),
    Column("reopened", "重开次数", "Reopened"),
    Column("solved", "是否解决", "Solved", note=("首位反映人的评价", "As the first reporter judged")),
    Column("grade", "满意度", "Grade", note=("1 到 5，5 为非常满意", "1 to 5, 5 is very satisfied")),
)  # fmt: skip

EVENT_COLUMNS = (
    Column("number", "案件编号", "Number"),
    Column("seq", "序号", "Entry", note=("每件自 1 起", "from 1 within each case")),
    Column("at", "时间", "At"),
    Column("actor", "经办", "Actor", note=("岗位、诉求或系统的代号，不含姓名", "a post, a report or the system; no name")),
    Column("unit", "经办单位代码", "Unit code"),
    Column("step_code", "步骤代码", "Step code"),
    Column("step", "步骤", "Step"),
    Column("from_state", "原状态代码", "From state"),
    Column("to_state", "状态代码", "To state"),
    Column("facts", "记载", "Facts", note=("JSON；其中的电话和证件号已隐去", "JSON; numbers taken out")),
    Column("hash", "校验值", "Hash", note=("SHA-256，可与流水核对", "SHA-256, to compare with the ledger")),
)  # fmt: skip


def case_rows(viewer: Viewer, *, first: date, last: date) -> Iterator[dict[str, Any]]:
    """The cases received from ``first`` to ``last`` (local days, both included) that the viewer may export, oldest first.

    Times are local, ISO without zone, to the second. Read in chunks: a year of a district needs the memory of ``CHUNK`` cases.
    """
    begin, end = _midnight(first), _midnight(last + timedelta(days=1))
    found = visible(Case.objects.filter(opened_at__gte=begin, opened_at__lt=end), viewer, "export")
    reports = Prefetch("reports", Report.objects.order_by("pk"))
    units, kinds = directory.current().by_id, {one.code: one.name for one in duties.kinds()}
    for case in found.order_by("pk").prefetch_related(reports).iterator(chunk_size=CHUNK):
        unit = units.get(case.unit_id) if case.unit_id else None
        said = list(case.reports.all())
        yield {
            "number": case.number,
            "receipts": " ".join(report.number for report in said),
            "state": in_language(case.declared_state.words),
            "state_code": case.state,
            "kind": case.kind,
            "kind_name": in_language(kinds[case.kind]) if case.kind in kinds else "",
            "title": redact(case.title),
            "place_words": redact(case.place_words),
            "territory": case.territory,
            "lon": case.lon,
            "lat": case.lat,
            "unit": unit.code if unit else "",
            "unit_name": unit.label if unit else "",
            "duty_item": case.duty_item,
            "article": case.article,
            "limit": case.limit,
            "channel": case.channel,
            "net": case.net,
            "opened_at": _local(case.opened_at),
            "due_at": _local(case.due_at),
            "handled_at": _local(case.handled_at),
            "closed_at": _local(case.closed_at),
            "reporters": case.report_count,
            "contests": case.contest_count,
            "extensions": case.extension_count,
            "suspensions": case.suspension_count,
            "reworks": case.rework_count,
            "reopened": case.reopen_count,
            **(_of_reporter(said[0]) if said else {}),
        }


def event_rows(viewer: Viewer, *, first: date, last: date) -> Iterator[dict[str, Any]]:
    """What the ledger says happened from ``first`` to ``last`` (local days, both included) to the cases that the viewer may
    export, in the order it was written.

    Times are local, ISO without zone, to the second. Read in chunks.
    """
    mine = visible(Case.objects.all(), viewer, "export")
    begin, end = _midnight(first), _midnight(last + timedelta(days=1))
    found = LedgerEntry.objects.filter(matter__in=mine.values("pk"), at__gte=begin, at__lt=end)
    units, steps = directory.current().by_id, flow_named(Case.flow_name).by_name
    for entry in found.order_by("pk").select_related("matter").iterator(chunk_size=CHUNK):
        unit = units.get(entry.unit_id) if entry.unit_id else None
        step = steps.get(entry.transition)
        opened = timezone.localdate(entry.matter.opened_at)
        yield {
            "number": numbers.write(Case.prefix, entry.matter_id, opened),
            "seq": entry.seq,
            "at": _local(entry.at),
            "actor": entry.actor,
            "unit": unit.code if unit else "",
            "step_code": entry.transition,
            "step": in_language(step.words) if step else entry.transition,
            "from_state": entry.from_state,
            "to_state": entry.to_state,
            "facts": json.dumps(redact_data(entry.facts), ensure_ascii=False, sort_keys=True),
            "hash": bytes(entry.hash).hex(),
        }


def _of_reporter(report: Report) -> dict[str, Any]:
    return {
        "text": redact(report.text),
        "name": report.name.masked if report.name else "",
        "phone": report.phone.masked if report.phone else "",
        "solved": ""
        if report.solved is None
        else in_language(("是", "yes") if report.solved else ("否", "no")),
        "grade": report.grade,
    }


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _local(moment: datetime | None) -> str:
    return "" if moment is None else timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")
