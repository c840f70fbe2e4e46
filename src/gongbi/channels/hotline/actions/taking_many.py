"""A batch of messages: orders never heard of, which are most, are kept in one go; everything else one by one, in its place."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from gongbi.channels import actions as channels
from gongbi.channels.actions.draining import viewer_for
from gongbi.channels.hotline import messages
from gongbi.channels.hotline.actions.taking import NEW, Taken, Terms, incoming_of, set_order, take
from gongbi.channels.hotline.messages import Message
from gongbi.channels.hotline.models import Order, Version
from gongbi.channels.models import Source
from gongbi.kernel.errors import Refused

log = logging.getLogger("gongbi.channels")


def take_many(source: Source, given: Sequence[Message | Refused], *, at: datetime) -> list[Taken | Refused]:
    """Take a batch in, in its order; each message with its fate or what refused it. A Refused among ``given`` stays what it is.

    Runs of new orders without attachments are one transaction, so that a batch of hundreds costs a dozen statements.
    """
    numbers = {one.number for one in given if isinstance(one, messages.Order)}
    known = set(Order.objects.filter(source=source, number__in=numbers).values_list("number", flat=True))
    told: list[Taken | Refused] = []
    run: list[messages.Order] = []

    def flush() -> None:
        told.extend(_new_ones(source, run, at))
        run.clear()

    for message in given:
        if isinstance(message, messages.Order) and not message.attachments and message.number not in known:
            known.add(message.number)
            run.append(message)
            continue
        flush()
        told.append(message if isinstance(message, Refused) else _one(source, message, at))
    flush()
    return told


def _one(source: Source, message: Message, at: datetime) -> Taken | Refused:
    try:
        return take(source, message, at=at)
    except Refused as refusal:
        return refusal
    except Exception:
        # A fault of ours must hold up neither its neighbours nor the next fetch; the nightly reconciliation finds what is missing.
        log.exception("a hotline's message could not be taken in", extra={"source": source.code})
        return Refused(
            "hotline.broken",
            (
                "处理这条消息时出错，请稍后重发；如仍出错，请联系本平台管理员。",
                "This message could not be taken in; send it again later, or ask this platform's administrator.",
            ),
        )


def _new_ones(source: Source, run: Sequence[messages.Order], at: datetime) -> Sequence[Taken | Refused]:
    if len(run) > 1:
        try:
            return _together(source, run, at)
        except (IntegrityError, Refused):
            pass  # one of them came on another connection meanwhile, or is refused: the one by one path tells which
    return [_one(source, message, at) for message in run]


@transaction.atomic
def _together(source: Source, run: Sequence[messages.Order], at: datetime) -> list[Taken]:
    incoming = [incoming_of(message, message.number, ()) for message in run]
    receipts = channels.accept_many(source, incoming, viewer=viewer_for(source), at=at)
    terms, orders = Terms(source), []
    for message, receipt in zip(run, receipts, strict=True):
        order = Order(source=source, number=message.number, received_at=at, arrival=receipt.arrival)
        set_order(order, message, terms, anew=True)
        orders.append(order)
    made = Order.objects.bulk_create(orders)
    Version.objects.bulk_create(
        [
            Version(order=order, version=message.version, digest=message.digest, fate=NEW, received_at=at)
            for order, message in zip(made, run, strict=True)
        ]
    )
    return [Taken(order.number, NEW, order.arrival.receipt, order.due) for order in made]
