"""What must always hold for command; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, Max, Q

from gongbi.command.models import Notice, NoticeCounter, Order, Whistle
from gongbi.command.rules import NEEDLESS, NOTICES, WARRANTED
from gongbi.kernel.flow.invariants import Breach, register


@register("command.notice_numbers")
def notice_numbers() -> Iterator[Breach]:
    """Numbers of notices have no gap: under each mark and year as many as the highest, which is the counter's."""
    last = {(one.mark, one.year): one.last for one in NoticeCounter.objects.all()}
    rows = Notice.objects.order_by().values_list("mark", "year").annotate(n=Count("pk"), top=Max("seq"))
    given = {(mark, year): (n, top) for mark, year, n, top in rows}
    for key in sorted(last.keys() | given.keys()):
        n, top = given.get(key, (0, 0))
        if not n == top == last.get(key, 0):
            yield Breach(
                "command.notice_numbers",
                f"{key[0]} {key[1]}",
                f"{n} notices, highest {top}, counter {last.get(key, 0)}",
            )


@register("command.notices")
def notices() -> Iterator[Breach]:
    """An urge or supervision has its notice, no other order has one."""
    for order in Order.objects.filter(sort__in=NOTICES, notice__isnull=True).iterator():
        yield Breach("command.notices", order.number, "no notice")
    for order in Order.objects.exclude(sort__in=NOTICES).filter(notice__isnull=False).iterator():
        yield Breach("command.notices", order.number, "a notice that is none")


@register("command.owners")
def owners() -> Iterator[Breach]:
    """Every open order has a unit; one that is at a unit runs a clock, unless it is contested or reported."""
    at_work = Order.objects.filter(closed_at__isnull=True)
    for order in at_work.filter(unit_id__isnull=True).iterator():
        yield Breach("command.owners", order.number, "no unit")
    for order in at_work.filter(state__in=("issued", "signed", "arrived"), due_at__isnull=True).iterator():
        yield Breach("command.owners", order.number, f"{order.state} without a clock")


@register("command.whistles")
def whistles() -> Iterator[Breach]:
    """A whistle holds its matter exactly while it is open, has one lead, and is judged exactly when reviewed."""
    held = Q(state="sounded", about_id__isnull=False)
    wrong = ~Q(state="sounded") & Q(open_about__isnull=False) | held & (
        Q(open_about__isnull=True) | ~Q(open_about=F("about_id"))
    )
    for whistle in Whistle.objects.filter(wrong).iterator():
        yield Breach("command.whistles", whistle.number, f"{whistle.state} holds {whistle.open_about}")
    leads = Whistle.objects.annotate(leads=Count("calls", filter=Q(calls__lead=True))).exclude(leads=1)
    for whistle in leads.iterator():
        yield Breach("command.whistles", whistle.number, "not one lead")
    judged = Q(verdict__in=(WARRANTED, NEEDLESS))
    for whistle in Whistle.objects.filter(
        Q(state="reviewed") & ~judged | ~Q(state="reviewed") & judged
    ).iterator():
        yield Breach("command.whistles", whistle.number, f"{whistle.state}, judged {whistle.verdict!r}")
