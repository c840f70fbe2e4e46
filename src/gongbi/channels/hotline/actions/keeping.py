"""Attachments that were fetched later, and the terms of a city."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from gongbi.cases import actions as cases
from gongbi.channels.actions.arriving import both
from gongbi.channels.actions.draining import viewer_for
from gongbi.channels.hotline import rules
from gongbi.channels.hotline.models import Order, OrderFile, Term
from gongbi.channels.models import Source
from gongbi.kernel.clock.limits import parse
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.files.actions import Prepared
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer


@transaction.atomic
def keep_file(file_key: int, ready: Prepared, *, at: datetime) -> None:
    """Store an attachment that was fetched and hang it on the case, once. Nothing to do when it is there."""
    row = OrderFile.objects.select_for_update().select_related("order").get(pk=file_key)
    if row.file_id is not None:
        return
    order = Order.objects.select_related("source", "arrival").get(pk=row.order_id)
    viewer = viewer_for(order.source)
    stored = files.store(ready, purpose="report", viewer=viewer, at=at)
    OrderFile.objects.filter(pk=row.pk).update(file_id=stored.pk)
    if order.arrival.report_id is not None:
        cases.supplement(
            report_id=order.arrival.report_id, viewer=viewer, at=at, text=f"热线工单附件：{row.name}", photos=(stored.pk,)
        )  # fmt: skip


@transaction.atomic
def refuse_file(file_key: int, refusal: Refused) -> None:
    """An attachment that cannot be taken keeps its reason and is not asked for again."""
    OrderFile.objects.filter(pk=file_key).update(code=refusal.code, reason=both(refusal))


@transaction.atomic
def save_terms(terms: Sequence[rules.Term], *, viewer: Viewer, source: Source | None = None) -> None:
    """Set a city's terms, of one hotline or (None) of all; what is not named stays. Refused for limits that cannot be read."""
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "channels.keep", ("只有系统管理员可以修改渠道。", "Only an administrator changes channels.")
        )
    for term in terms:
        check_term(term)
        Term.objects.update_or_create(
            source=source,
            kind=term.kind,
            urgency=term.urgency,
            defaults={
                "answer": term.answer,
                "giving_back": term.giving_back,
                "extensions": term.extensions,
                "basis": term.basis,
            },
        )


def check_term(term: rules.Term) -> None:
    """Limits that the clock can read, kinds and urgencies that exist."""
    for text, field in ((term.answer, "answer"), (term.giving_back, "giving_back")):
        try:
            parse(text)
        except Refused as refusal:
            refusal.field = field  # the column, not what the clock calls it
            raise
    for value, known, field in ((term.kind, rules.KINDS, "kind"), (term.urgency, rules.URGENCIES, "urgency")):
        if value and value not in known:
            raise Refused(
                "hotline.term",
                ("没有“%(value)s”这一项。", "There is no “%(value)s”."),
                values={"value": value[:40]},
                field=field,
            )
    if not 0 <= term.extensions <= 9:
        raise Refused(
            "hotline.term",
            ("延期次数应为 0 至 9。", "The number of extensions lies between 0 and 9."),
            field="extensions",
        )
