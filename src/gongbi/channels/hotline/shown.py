"""From orders and differences to the tables and facts that people see. No rule and no query here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html

from gongbi.channels.hotline import rules
from gongbi.channels.hotline.models import Difference, Order, OrderFile, Reconciliation, Version
from gongbi.channels.hotline.reconciling import SORTS
from gongbi.channels.hotline.words import FATES
from gongbi.channels.hotline.words import TEXTS as T
from gongbi.kernel.clock import limits
from gongbi.look.furniture import Cell, Column, Fact, Table
from gongbi.look.templatetags.look import chip, said

_TONES = {
    rules.RECEIVED: ("info", "ring"),
    rules.HANDLING: ("info", "info"),
    rules.COMPLETED: ("ok", "ok"),
    rules.CALLED_BACK: ("ok", "ok"),
    rules.RETURNED: ("quiet", "quiet"),
    rules.CANCELLED: ("quiet", "quiet"),
}


def standing(name: str) -> Any:
    """A standing as a chip."""
    tone, form = _TONES.get(name, ("info", "ring"))
    return chip(rules.STANDINGS[name], tone, form)


def moment(at: datetime | None) -> str:
    """A limit in full: two of them stand side by side to be compared."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at is not None else "—"


def due(order: Order, now: datetime) -> Any:
    """Their limit, marked where it has passed and the order is not answered."""
    late = now > order.due and order.standing in (rules.RECEIVED, rules.HANDLING)
    return chip(moment(order.due), "late", "late") if late else moment(order.due)


def our_due(order: Order) -> Any:
    """Our own limit, marked where it ends after theirs: merged into a case that began earlier, or held up since."""
    later = order.our_due is not None and order.our_due > order.due
    return chip(moment(order.our_due), "soon", "soon") if later else moment(order.our_due)


def case_link(order: Order) -> Cell:
    """The case of an order, with its address where the desk is installed."""
    report = order.arrival.report
    if report is None:
        return Cell(T["no_case"])
    try:
        return Cell(report.case.number, reverse("desk:case", args=[report.case.number]))
    except NoReverseMatch:
        return Cell(report.case.number)


def orders(found: Sequence[Order], now: datetime) -> Table:
    """The list of orders."""
    columns = (
        Column(T["number"], tight=True), Column(T["hotline"]), Column(T["kind"], tight=True), Column(T["urgency"], tight=True),
        Column(T["their_limit"], tight=True), Column(T["our_limit"], tight=True), Column(T["standing"], tight=True),
        Column(T["case"], tight=True),
    )  # fmt: skip
    rows = [
        (
            Cell(one.number, reverse("hotline:order", args=[one.pk])), Cell(one.source.words), Cell(rules.KINDS[one.kind]),
            Cell(rules.URGENCIES[one.urgency]), Cell(due(one, now)), Cell(our_due(one)), Cell(standing(one.standing)),
            case_link(one),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["orders"], columns, rows)


def facts(order: Order, now: datetime) -> list[Fact]:
    """What an order is."""
    asked = order.extension_asked_at is not None
    extension = (
        T["ext_none"]
        if not asked
        else {None: T["ext_waiting"], True: T["ext_yes"], False: T["ext_no"]}[order.extension_granted]
    )
    verdict = {None: T["cb_unreachable"], True: T["cb_solved"], False: T["cb_unsolved"]}[order.solved]
    link = case_link(order)
    found = [
        Fact(T["standing"], standing(order.standing)),
        Fact(T["hotline"], order.source.words),
        Fact(T["kind"], rules.KINDS[order.kind]),
        Fact(T["urgency"], rules.URGENCIES[order.urgency]),
        Fact(T["their_limit"], due(order, now)),
        Fact(T["our_limit"], our_due(order)),
        Fact(T["term"], limits.write(limits.parse(order.term))),
        Fact(T["return_by"], moment(order.return_by)),
        Fact(T["case"], _anchor(link)),
        Fact(T["extension"], extension, order.extension_answer),
        Fact(T["callback"], verdict if order.called_at else T["cb_none"], _grade(order)),
        Fact(T["receipt"], order.arrival.receipt),
        Fact(T["received"], moment(order.received_at)),
    ]
    if order.ended_reason:
        found.append(Fact(T["ended"], order.ended_reason))
    if order.arrival.standing == "refused":
        found.append(Fact(T["refused_why"], tuple(order.arrival.reason) or order.arrival.code))
    return found


def _anchor(cell: Cell) -> Any:
    return format_html('<a href="{}">{}</a>', cell.href, said(cell.value)) if cell.href else cell.value


def _grade(order: Order) -> Any:
    return f"{said(T['grade'])} {order.grade}" if order.grade is not None else ""


def versions(found: Sequence[Version]) -> Table:
    """The forms in which an order came."""
    columns = (
        Column(T["version"], tight=True), Column(T["fate"]), Column(T["received"], tight=True), Column(T["repeats"], number=True)
    )  # fmt: skip
    rows = [
        (Cell(one.version), Cell(FATES[one.fate]), Cell(moment(one.received_at)), Cell(one.repeats))
        for one in found
    ]
    return Table(T["versions"], columns, rows)


def attachments(found: Sequence[OrderFile]) -> Table:
    """Attachments and what became of each."""
    columns = (Column(T["file"]), Column(T["size"], number=True), Column(T["standing"]))
    rows = [
        (
            Cell(one.name or one.sha256[:12]),
            Cell(f"{one.size / 1000:,.0f} kB"),
            Cell(tuple(one.reason) if one.code else T["file_kept" if one.file_id else "file_owed"]),
        )
        for one in found
    ]
    return Table(T["attachments"], columns, rows)


def reports(found: Sequence[Reconciliation]) -> Table:
    """The history of reconciliations."""
    columns = (
        Column(T["at"], tight=True), Column(T["hotline"]), Column(T["through"]), Column(T["theirs"], number=True),
        Column(T["ours"], number=True), Column(T["differences"]), Column(T["left"], number=True),
    )  # fmt: skip
    rows = [
        (
            Cell(moment(one.at), reverse("hotline:report", args=[one.pk])), Cell(one.source.words), Cell(through(one)),
            Cell(one.theirs), Cell(one.ours), Cell(_count(getattr(one, "found", 0))), Cell(getattr(one, "left", 0)),
        )
        for one in found
    ]  # fmt: skip
    return Table(T["reconciliations"], columns, rows)


def through(report: Reconciliation) -> Any:
    """How their list came."""
    return T["pull"] if report.through == "pull" else report.through


def summary(report: Reconciliation, found: int) -> str:
    """The report in one line."""
    values = {
        "through": said(through(report)),
        "theirs": report.theirs,
        "ours": report.ours,
        "found": found,
    }
    return str(said(T["summary"])) % values


def _count(found: int) -> Any:
    return chip(str(found), "late", "late") if found else chip(("一致", "Agreed"), "ok", "ok")


def line(value: Mapping[str, Any] | None, sort: str) -> str:
    """One side of a difference, in words: what this sort is about."""
    if value is None:
        return str(said(T["absent"]))
    if sort == "limit":
        given = value.get("due")
        return moment(datetime.fromisoformat(given)) if given else "—"
    name = str(said(rules.STANDINGS[value["standing"]]))
    if sort == "text":
        return f"{said(T['version'])} {value['version']} · {value['text_digest'][:8]}"
    if sort == "answer":
        return f"{name} · {said(T['with_answer' if value['answer_digest'] else 'without_answer'])}"
    return name


def sort_of(one: Difference) -> Any:
    """What differs."""
    return SORTS[one.sort]
