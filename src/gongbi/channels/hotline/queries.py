"""What the hotline desk and the machine ask: orders, terms, both sides' beliefs, reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localtime

from gongbi.cases import queries as cases
from gongbi.channels.hotline import rules
from gongbi.channels.hotline.messages import Believed
from gongbi.channels.hotline.models import Difference, Order, OrderFile, Reconciliation, Term, Version
from gongbi.channels.models import Source
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import RESIDENT, SYSTEM, Viewer

PAGE = 50
TABS: dict[str, tuple[rules.Words, Q]] = {
    "open": (("在办", "Open"), Q(standing__in=(rules.RECEIVED, rules.HANDLING))),
    "refused": (("未能受理", "Not taken in"), Q(arrival__standing="refused") & ~Q(standing__in=sorted(rules.OVER))),
    "completed": (("已办结", "Completed"), Q(standing__in=(rules.COMPLETED, rules.CALLED_BACK))),
    "returned": (("已退单", "Returned"), Q(standing=rules.RETURNED)),
    "cancelled": (("已撤销", "Cancelled"), Q(standing=rules.CANCELLED)),
}  # fmt: skip


def sources(viewer: Viewer) -> list[Source]:
    """Every hotline that the viewer may know of, by code."""
    if viewer.role not in (SYSTEM, *_DESK):
        return []
    return list(Source.objects.filter(kind="hotline").order_by("code"))


def source_of(code: str, viewer: Viewer) -> Source:
    """The hotline of that code, or NotThere."""
    found = next((one for one in sources(viewer) if one.code == code), None)
    if found is None:
        raise NotThere("channels.not_there", ("没有这个渠道。", "There is no such channel."))
    return found


_DESK = ("admin", "auditor", "clerk", "dispatcher")


def term_for(source: Source, kind: str, urgency: str, viewer: Viewer) -> rules.Term:
    """The term of an order: the hotline's own rows before those of all, before the house's defaults."""
    found = (
        visible(Term, viewer, "list").filter(Q(source=source) | Q(source__isnull=True)).order_by("source_id")
    )
    own = sorted(found, key=lambda row: row.source_id is None)
    return rules.choose((_term(row) for row in own), kind, urgency)


def _term(row: Term) -> rules.Term:
    return rules.Term(row.kind, row.urgency, row.answer, row.giving_back, row.extensions, row.basis)


def terms(viewer: Viewer) -> list[tuple[str, rules.Term]]:
    """(code of the hotline or "", term): what a city set, then the house's defaults that no row of all replaces."""
    rows = list(
        visible(Term, viewer, "list").select_related("source").order_by("source__code", "urgency", "kind")
    )
    set_ = {(row.kind, row.urgency) for row in rows if row.source_id is None}
    given = [(row.source.code if row.source else "", _term(row)) for row in rows]
    return given + [("", one) for one in rules.DEFAULTS if (one.kind, one.urgency) not in set_]


def _orders(viewer: Viewer, purpose: str = "read") -> QuerySet[Order]:
    """Orders with their case and the end of its handling clock."""
    handling = Clock.objects.filter(
        matter_id=OuterRef("arrival__report__case_id"), name="handle", stopped_at__isnull=True
    )
    found = visible(Order, viewer, purpose).select_related("source", "arrival__report__case")
    return found.annotate(handle_due=Subquery(handling.values("due_at")[:1]))


def order_by_key(key: int, viewer: Viewer) -> Order:
    """One order, locked when asked inside a transaction; NotThere."""
    found = _orders(viewer)
    if connection.in_atomic_block:
        found = found.select_for_update(of=("self",))
    order = found.filter(pk=key).first()
    if order is None:
        raise NotThere("hotline.unknown_order", ("没有这张工单。", "There is no such order."))
    return order


def order_of(source: Source, number: str, viewer: Viewer) -> Order | None:
    """The order of that number."""
    return _orders(viewer).filter(source=source, number=number[:60]).first()


def orders_of(source: Source, numbers: Iterable[str], viewer: Viewer) -> dict[str, int]:
    """The keys of those orders that we have, by number."""
    found = visible(Order, viewer, "list").filter(source=source, number__in=set(numbers))
    return dict(found.values_list("number", "pk"))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of orders, and whether another follows."""

    orders: Sequence[Order]
    more: bool


def orders(viewer: Viewer, *, tab: str = "open", words: str = "", page: int = 1) -> Page:
    """Orders of a tab, the nearest limit first; ``words``: part of a number, in every tab."""
    found = _orders(viewer, "list")
    found = found.filter(number__icontains=words[:60]) if words else found.filter(TABS[tab][1])
    start = (page - 1) * PAGE
    rows = list(found.order_by("due", "id")[start : start + PAGE + 1])
    return Page(rows[:PAGE], len(rows) > PAGE)


def counts(viewer: Viewer) -> dict[str, int]:
    """How many orders each tab holds."""
    given = {name: Count("id", filter=where) for name, (_words, where) in TABS.items()}
    return dict(visible(Order, viewer, "list").aggregate(**given))


def order_rows(order: Order, viewer: Viewer) -> tuple[list[Version], list[OrderFile]]:
    """The forms in which an order came, and its attachments."""
    return (
        list(visible(Version, viewer, "list").filter(order=order).order_by("id")),
        list(visible(OrderFile, viewer, "list").filter(order=order).order_by("id")),
    )


def files_owed(source: Source, viewer: Viewer, *, limit: int = 50) -> list[OrderFile]:
    """Attachments that are still to be fetched from this hotline."""
    owed = visible(OrderFile, viewer, "list").filter(order__source=source, file_id__isnull=True, code="")
    return list(owed.exclude(theirs="").order_by("id")[:limit])


def answer_of(order: Order, viewer: Viewer) -> str:
    """The result as the one who spoke may read it: of the last handling, or the reply given at once; "" for none."""
    report = order.arrival.report
    if report is None:
        return ""
    if report.reply:
        return report.reply
    reporter = Viewer(actor=f"report:{report.pk}", role=RESIDENT, reports=frozenset({report.pk}))
    try:
        case = cases.case_for(report.case_id, reporter)
    except NotThere:
        return ""
    given = [
        str(event.facts.get("result") or event.facts.get("reason") or "")
        for event in cases.timeline(case, reporter)
        if event.arrow.name in ("finish", "solve_on_spot", "reject")
    ]
    return given[-1] if given else ""


def beliefs(source: Source, viewer: Viewer, *, since: datetime | None = None) -> list[Believed]:
    """What we believe about the orders sent since then (by their clock), by number."""
    found = visible(Order, viewer, "list").filter(source=source)
    if since is not None:
        found = found.filter(sent_at__gte=since)
    return [
        Believed(
            order.number, order.version, order.standing, order.due, order.text_digest, order.answer_digest, order.sent_at
        )
        for order in found.order_by("number")
    ]  # fmt: skip


def told(
    source: Source, viewer: Viewer, *, since: datetime | None, after: str, limit: int
) -> list[dict[str, Any]]:
    """A page of our list as they read it: each line of :func:`beliefs` with our own limit and the answer."""
    found = _orders(viewer, "list").filter(source=source, number__gt=after)
    if since is not None:
        found = found.filter(sent_at__gte=since)
    rows = found.order_by("number")[:limit]
    return [
        {
            "number": order.number, "version": order.version, "standing": order.standing, "due": localtime(order.due).isoformat(),
            "our_due": localtime(due).isoformat() if (due := order.our_due) else None, "text_digest": order.text_digest,
            "answer_digest": order.answer_digest, "answer": answer_of(order, viewer) if order.answer_digest else "",
            "sent_at": localtime(order.sent_at).isoformat(), "receipt": order.arrival.receipt,
        }
        for order in rows
    ]  # fmt: skip


def promised(case_id: int, viewer: Viewer) -> Order | None:
    """The order of a case whose limit ends first, of those that are not over."""
    found = (
        visible(Order, viewer)
        .filter(arrival__report__case_id=case_id)
        .exclude(standing__in=sorted(rules.OVER))
    )
    return found.select_related("source").order_by("due").first()


def reports(viewer: Viewer, *, source: Source | None = None, limit: int = 60) -> list[Reconciliation]:
    """Reconciliations, newest first, each with ``found`` differences and ``left`` of them not mended."""
    found = visible(Reconciliation, viewer, "list").select_related("source")
    found = found.filter(source=source) if source is not None else found
    left = Count("differences", filter=Q(differences__mended_at__isnull=True))
    return list(found.annotate(found=Count("differences"), left=left).order_by("-at", "-id")[:limit])


def report(key: int, viewer: Viewer) -> Reconciliation:
    """One reconciliation, or NotThere."""
    found = visible(Reconciliation, viewer).select_related("source").filter(pk=key).first()
    if found is None:
        raise NotThere("hotline.no_report", ("没有这份对账报告。", "There is no such reconciliation."))
    return found


def differences(of: Reconciliation, viewer: Viewer) -> list[Difference]:
    """Its differences, by number."""
    return list(visible(Difference, viewer, "list").filter(reconciliation=of).order_by("number", "sort"))


def difference(key: int, viewer: Viewer) -> Difference:
    """One difference, or NotThere."""
    found = visible(Difference, viewer).select_related("reconciliation__source").filter(pk=key).first()
    if found is None:
        raise NotThere("hotline.no_difference", ("没有这条差异。", "There is no such difference."))
    return found
