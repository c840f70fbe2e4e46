"""Numbers of notices: one after the other under each mark and year, none left out, none twice."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.utils import timezone

from gongbi.command import queries, rules
from gongbi.command.models import Notice, NoticeCounter, Order
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.once import insert_new
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory


def number(order: Order, *, viewer: Viewer, at: datetime) -> Notice:
    """Give the order's notice its number, with its words as they are now. In the transaction that issues the order: what is rolled
    back gives its number back. The year is the local one. Locks: the counter, after the matter.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a notice gets its number in the transaction of its order")
    mark, year = queries.setting(f"mark_{order.sort}", viewer), timezone.localdate(at).year
    insert_new([NoticeCounter(mark=mark, year=year, last=0)], NoticeCounter, ("mark", "year"))
    counter = NoticeCounter.objects.select_for_update().get(mark=mark, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return Notice.objects.create(
        order=order, mark=mark, year=year, seq=counter.last, issued_at=at, words=_words(order, at)
    )


def _words(order: Order, at: datetime) -> dict[str, object]:
    """What the notice says: plain values, so that the document is the same whenever it is printed."""
    units = directory.current().by_id
    to, issuer = units.get(order.unit_id or 0), units.get(order.issuer_unit_id or 0)
    matter = Matter.objects.filter(pk=order.about_id or 0).first()
    about = Matter.numbers_of([matter]).get(matter.pk, "") if matter is not None else ""
    return {
        "sort": order.sort,
        "level": order.level,
        "to": to.name if to else "",
        "issuer": issuer.name if issuer else "",
        "about": about,
        "opened_at": timezone.localtime(matter.opened_at).isoformat() if matter is not None else "",
        "due_at": timezone.localtime(matter.due_at).isoformat()
        if matter is not None and matter.due_at
        else "",
        "title": order.title,
        "text": order.text,
        "order": order.number,
        "sign_by": _due(order, rules.SIGN),
        "report_by": _due(order, rules.REPORT),
        "issued_at": timezone.localtime(at).isoformat(),
        "drill": order.drill,
        "synthetic": bool(issuer and issuer.synthetic),
    }


def _due(order: Order, name: str) -> str:
    clock = order.clocks.filter(name=name).order_by("-round").first()
    return timezone.localtime(clock.due_at).isoformat() if clock is not None else ""
