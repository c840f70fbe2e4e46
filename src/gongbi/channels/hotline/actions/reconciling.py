"""The report that holds both sides' beliefs against each other, and the mends that need nobody's interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from gongbi.channels.hotline import queries, reconciling, rules
from gongbi.channels.hotline.actions.taking import cancelled_words, note
from gongbi.channels.hotline.messages import Believed
from gongbi.channels.hotline.models import Difference, Order, Reconciliation
from gongbi.channels.models import Source
from gongbi.kernel.errors import Forbidden
from gongbi.kernel.scope.viewer import ADMIN, CLERK, DISPATCHER, SYSTEM, Viewer

MENDERS = frozenset({ADMIN, CLERK, DISPATCHER, SYSTEM})


@transaction.atomic
def reconcile(
    source: Source,
    theirs: Sequence[Believed],
    *,
    through: str,
    viewer: Viewer,
    at: datetime,
    since: datetime | None = None,
) -> Reconciliation:
    """Compare, and keep the report. ``since``: from when on their list tells of orders; None: it is what it is (a file)."""
    check_mender(viewer)
    ours = queries.beliefs(source, viewer, since=since)
    report = Reconciliation(source=source, at=at, through=through[:120], theirs=len(theirs), ours=len(ours))
    report.save(force_insert=True)
    Difference.objects.bulk_create(
        [
            Difference(
                reconciliation=report, sort=one.sort, number=one.number, ours=plain(one.ours), theirs=plain(one.theirs),
                mend=one.mend,
            )
            for one in reconciling.compare(ours, theirs)
        ]
    )  # fmt: skip
    return report


def plain(line: Believed | None) -> dict[str, Any] | None:
    """A line as JSON."""
    if line is None:
        return None
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in asdict(line).items()
    }


def check_mender(viewer: Viewer) -> None:
    if viewer.role not in MENDERS:
        raise Forbidden(
            "hotline.mend",
            (
                "只有受理员、受理派遣员或系统管理员可以处理对账差异。",
                "Only a clerk, a dispatcher or an administrator mends what differs.",
            ),
        )


@transaction.atomic
def take_limit(order_key: int, due: datetime, *, viewer: Viewer) -> Order:
    """Take over the limit that they believe in. Our own term may end earlier, as always."""
    check_mender(viewer)
    order = queries.order_by_key(order_key, viewer)
    order.due, order.due_given = due, True
    order.save(update_fields=["due", "due_given"])
    return order


@transaction.atomic
def cancel_here(order_key: int, *, viewer: Viewer, at: datetime) -> Order:
    """Take over a cancellation that we never heard of."""
    check_mender(viewer)
    order = queries.order_by_key(order_key, viewer)
    order.standing, order.ended_reason = rules.CANCELLED, "对账：对方已撤销"
    order.save(update_fields=["standing", "ended_reason"])
    note(order, cancelled_words(order), at)
    return order


@transaction.atomic
def mended(difference_key: int, outcome: tuple[str, str], *, viewer: Viewer, at: datetime) -> None:
    """Note that a difference was mended, by whom and how."""
    check_mender(viewer)
    Difference.objects.filter(pk=difference_key, mended_at__isnull=True).update(
        mended_at=at, mended_by=viewer.actor[:40], outcome=list(outcome)
    )
