"""What an auditor looks at first: is the record whole, who opened what and why, which deadlines were moved, what was taken out.

Everything here is read off the record; an auditor changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from gongbi.cases import queries
from gongbi.desk.names import Names
from gongbi.desk.people.shown import ACTS, facts_of
from gongbi.kernel.clock.queries import calendar_changes
from gongbi.kernel.ledger.queries import sealed_days
from gongbi.kernel.outbox.queries import jobs
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault.queries import latest_accesses
from gongbi.look.furniture import Cell, Column, Table
from gongbi.look.templatetags.look import said, time_tag
from gongbi.parties import queries as parties

SHOWN = 20
CHECK = "flow.invariants"  # the nightly job that looks whether everything holds that must
CHANGED: dict[str, tuple[str, str]] = {
    "unit": ("单位", "unit"),
    "person": ("人员", "person"),
    "post": ("岗位", "post"),
    "account": ("账号", "account"),
    "key": ("密钥", "key"),
    "demo": ("演示区", "demo district"),
    "export": ("文件", "file"),
}
FIELDS: dict[str, tuple[str, str]] = {"name": ("姓名", "name"), "phone": ("电话", "phone number")}
DECIDED: dict[tuple[str, bool], tuple[str, str]] = {
    ("extension", True): ("同意延期", "Extension granted"),
    ("extension", False): ("不同意延期", "Extension refused"),
    ("suspension", True): ("同意挂账", "Suspension granted"),
    ("suspension", False): ("不同意挂账", "Suspension refused"),
}


def overview(viewer: Viewer, now: datetime) -> dict[str, Any]:
    """The context of ``desk/parts/audit.html``."""
    names = Names(viewer, now)
    check = next((job for job in jobs(viewer) if job.name == CHECK), None)
    return {
        "sealed": sealed_days(),
        "check": check,
        "tables": [
            _opened(viewer, names),
            _moved(viewer, names, now),
            _calendar(names),
            _taken_out(viewer, names),
            _who(viewer, names),
        ],
    }


def change_of(row: Any, names: Names) -> str:
    """What a change was about: the thing with its number, and the few facts that say more."""
    thing = said(CHANGED.get(row.kind, row.kind))
    return " · ".join(part for part in (f"{thing} {row.key}", facts_of(row, names)) if part)


def _when(names: Names, moment: datetime | None) -> Cell:
    return Cell(time_tag({"now": names.now}, moment))  # type: ignore[arg-type]


def _opened(viewer: Viewer, names: Names) -> Table:
    rows = latest_accesses(viewer, most=SHOWN)
    names.remember(row.actor for row in rows)
    subjects = [(row, *row.subject.partition(":")[::2]) for row in rows]
    of_report = {int(key) for _row, label, key in subjects if label == "cases.report" and key.isdigit()}
    cases = queries.cases_of_reports(viewer, of_report) if of_report else {}
    lines = []
    for row, label, key in subjects:
        case = cases.get(int(key)) if label == "cases.report" and key.isdigit() else None
        whose, href = row.subject, ""
        if case is not None:
            whose, href = case.number, reverse("desk:case", args=[case.number])
        elif label == "parties.person" and key.isdigit():
            whose, href = f"{said(CHANGED['person'])} {key}", reverse("desk:person", args=[int(key)])
        lines.append(
            (
                _when(names, row.at),
                Cell(names.actor(row.actor, row.unit_id)),
                Cell(FIELDS.get(row.field, row.field)),
                Cell(whose, href),
                Cell(row.reason),
            )
        )
    columns = (
        Column(_("When"), tight=True), Column(_("By")), Column(_("Opened"), tight=True), Column(_("Of"), tight=True),
        Column(_("Reason given")),
    )  # fmt: skip
    return Table(_("Sealed data that was opened last"), columns, lines)


def _moved(viewer: Viewer, names: Names, now: datetime) -> Table:
    rows = queries.requests_decided(viewer, most=SHOWN)
    names.remember(row.decided_by for row in rows)
    columns = (
        Column(_("When"), tight=True), Column(_("Matter"), tight=True), Column(_("What"), tight=True),
        Column(_("Asked by")), Column(_("Reason given")), Column(_("Decided by")),
    )  # fmt: skip
    lines = [
        (
            _when(names, row.decided_at),
            Cell(row.case.number, reverse("desk:case", args=[row.case.number])),
            Cell(DECIDED.get((row.kind, bool(row.granted)), row.kind)),
            Cell(names.unit(row.unit_id) or "—"),
            Cell(row.reason),
            Cell(names.actor(row.decided_by)),
        )
        for row in rows
    ]
    return Table(_("Deadlines moved on request"), columns, lines)


def _calendar(names: Names) -> Table:
    rows = calendar_changes(most=SHOWN)
    names.remember(row.actor for row in rows)
    columns = (
        Column(_("When"), tight=True), Column(_("What")), Column(_("By")), Column(_("Version"), tight=True),
    )  # fmt: skip
    lines = [
        (_when(names, row.at), Cell(_why(row.why)), Cell(names.actor(row.actor)), Cell(row.digest[:12]))
        for row in rows
    ]
    return Table(_("The working calendar, by which open deadlines were computed again"), columns, lines)


def _why(text: str) -> Any:
    """Why the calendar changed, in words: it is kept as ``seed 2004-2027``, ``notice 2027`` or ``hours 2026-06-01``."""
    act, _space, what = text.partition(" ")
    said_of = {
        "seed": (f"安装时录入 {what} 年", f"entered at installation: {what}"),
        "notice": (f"{what} 年放假通知", f"the holiday notice for {what}"),
        "hours": (f"办公时间（{what} 起）", f"office hours from {what}"),
    }
    return said_of.get(act, text)


def _taken_out(viewer: Viewer, names: Names) -> Table:
    return _changes(_("Files taken out"), parties.changes(viewer).filter(kind="export")[:SHOWN], names)


def _who(viewer: Viewer, names: Names) -> Table:
    found = parties.changes(viewer).exclude(kind="export")[:SHOWN]
    return _changes(_("The last changes of units, people, posts and accounts"), found, names)


def _changes(caption: Any, found: Any, names: Names) -> Table:
    rows = list(found)
    names.remember(row.actor for row in rows)
    columns = (Column(_("When"), tight=True), Column(_("What"), tight=True), Column(_("Of")), Column(_("By")))
    lines = [
        (_when(names, row.at), Cell(ACTS.get(row.act, row.act)), Cell(change_of(row, names)), Cell(names.actor(row.actor)))
        for row in rows
    ]  # fmt: skip
    return Table(caption, columns, lines)
