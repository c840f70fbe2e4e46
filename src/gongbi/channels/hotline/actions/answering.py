"""What the hotline is told about its orders, and what it thereby has to believe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localtime

from gongbi.cases import actions as cases
from gongbi.channels import actions as channels
from gongbi.channels.actions.draining import viewer_for
from gongbi.channels.hotline import queries, rules
from gongbi.channels.hotline.actions.taking import cancelled_words
from gongbi.channels.hotline.messages import answer_digest
from gongbi.channels.hotline.models import Order
from gongbi.channels.hotline.settings import tells
from gongbi.channels.models import Source
from gongbi.channels.rules import Happening
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.scope.viewer import CLERK, DISPATCHER, SYSTEM, Viewer, system

Body = Mapping[str, Any]


def compose(source: Source, happening: Happening) -> Body | None:
    """The message for one step of a case, or None; notes what the order is from now on. In the caller's transaction."""
    number, _hash, _round = happening.external.partition("#")
    order = (
        Order.objects.select_for_update(of=("self",))
        .select_related("source", "arrival__report")
        .filter(source=source, number=number)
        .first()
    )
    if order is None or order.external != happening.external:
        return None
    matter, seq = map(
        int, happening.event.split(".")
    )  # of the case that took the step: by a merger it has left that one
    if order.told_matter == matter and seq <= order.told_seq:
        return None
    order.told_matter, order.told_seq = matter, seq
    order.save(update_fields=["told_matter", "told_seq"])
    if order.standing == rules.CANCELLED:
        if happening.step == "open":  # it was cancelled before its case was made: say so now
            cases.supplement(
                report_id=happening.report_id, viewer=viewer_for(source), at=happening.at, text=cancelled_words(order)
            )  # fmt: skip
        return None
    if happening.step == "ask_extension":
        return _extension(order, happening)
    if happening.step in ("called", "call_back"):
        return _called(order, happening)
    if happening.step not in rules.AFTER:
        return None
    return _step(order, happening)


def _step(order: Order, happening: Happening) -> Body | None:
    standing = rules.AFTER[happening.step]
    if standing == rules.HANDLING:
        if order.standing in rules.OVER and happening.step not in ("reopen", "call_back_unsolved"):
            return None
        order.standing = standing
        order.save(update_fields=["standing"])
        return _progress(order, happening)
    text = queries.answer_of(order, system("hotline")) or happening.said or happening.words[0]
    accepted = happening.step != "reject"
    if not accepted and rules.in_time(happening.at, order.return_by):
        order.standing, order.ended_reason = rules.RETURNED, text[:500]
        order.save(update_fields=["standing", "ended_reason"])
        return _body("return", order, happening.at, reason=text)
    # After the term an order can only be answered: with why it is not taken on.
    order.standing, order.answer_digest, order.completed_at = (
        rules.COMPLETED,
        answer_digest(text),
        happening.at,
    )
    order.called_at = order.solved = order.grade = None
    order.save()
    outcome = "done" if accepted else "not_accepted"
    return _body("result", order, happening.at, outcome=outcome, answer=text, receipt=happening.number)


def _progress(order: Order, happening: Happening) -> Body:
    return _body(
        "progress", order, happening.at, state=happening.state, words=happening.words[0], said=happening.said,
        our_due=localtime(happening.due_at).isoformat() if happening.due_at else None,
    )  # fmt: skip


def _extension(order: Order, happening: Happening) -> Body | None:
    """Asked of them once for each that the terms allow, before their limit; else the desk decides without them."""
    if order.extensions_left < 1 or not rules.in_time(happening.at, order.due):
        return None
    order.extensions_left -= 1
    order.extension_asked_at, order.extension_granted, order.extension_answer = happening.at, None, ""
    order.save()
    return _body("extension", order, happening.at, reason=happening.said)


def _called(order: Order, happening: Happening) -> Body | None:
    """A call-back of ours: told once. What they told us themselves is not told back."""
    report = order.arrival.report
    if report is None or report.callback_at is None or order.called_at is not None:
        return None
    order.called_at, order.solved, order.grade = report.callback_at, report.solved, report.grade
    order.standing = rules.CALLED_BACK
    order.save()
    return _body(
        "callback", order, happening.at, solved=report.solved, grade=report.grade, comment=report.comment,
        outcome="reached" if report.solved is not None else "unreachable",
    )  # fmt: skip


def _body(form: str, order: Order, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "type": form,
        "number": order.number,
        "version": order.version,
        "standing": order.standing,
        "at": localtime(at).isoformat(timespec="seconds"),
        **{key: value for key, value in more.items() if value not in (None, "")},
    }


def current(order: Order, at: datetime) -> Body:
    """What the order is now, with the answer where there is one: for those who lost what they were told."""
    answer = queries.answer_of(order, system("hotline"))
    if order.standing == rules.RETURNED:
        return _body("return", order, at, reason=order.ended_reason)
    if order.answer_digest:
        return _body("result", order, at, outcome="done", answer=answer)
    return _body("progress", order, at, words=rules.STANDINGS[order.standing][0])


@transaction.atomic
def acknowledge(source: Source, number: str, *, at: datetime) -> int:
    """Queue the receipt of an order that was fetched, once for each round. Returns how many were queued."""
    order = queries.order_of(source, number, system("hotline"))
    if order is None:
        return 0
    body = _body("receipt", order, at, receipt=order.arrival.receipt, due=localtime(order.due).isoformat())
    return channels.tell_once(
        source, f"receipt:{order.pk}:{order.round}", f"order:{order.pk}", body, topic="hotline.receipt", at=at
    )


@transaction.atomic
def say_again(order_key: int, key: str, *, viewer: Viewer, at: datetime) -> int:
    """Queue what the order is now as one message with this key. Returns how many were queued (0: it was before)."""
    order = queries.order_by_key(order_key, viewer)
    return channels.tell_once(
        order.source, key, f"order:{order.pk}", current(order, at), topic="hotline.again", at=at,
        report_id=order.arrival.report_id,
    )  # fmt: skip


@transaction.atomic
def give_back(order_key: int, *, ground: str, reason: str, viewer: Viewer, at: datetime) -> Order:
    """Return an order to the hotline, within the term, for a lawful ground. Its case is not accepted; the case's step tells them.

    An order that became no case (its place lies outside the district, say) is returned without one.
    """
    if viewer.role not in (CLERK, DISPATCHER, SYSTEM):
        raise Forbidden(
            "hotline.give_back",
            ("只有受理员或受理派遣员可以退单。", "Only a clerk or a dispatcher returns an order."),
        )
    order = queries.order_by_key(order_key, viewer)
    rules.check_returnable(order.standing, at, order.return_by)
    if not reason.strip():
        raise Refused(
            "hotline.no_reason",
            ("请写明退单理由。", "Say why the order is returned."),
            field="reason",
        )
    report = order.arrival.report
    if report is not None:
        if report.case.state != "received" or viewer.role == CLERK:
            raise Refused(
                "hotline.accepted",
                (
                    "此单已立案或需由受理派遣员决定，请在案件页面办理。",
                    "This order was accepted already, or a dispatcher decides; go on with its case.",
                ),
            )
        cases.reject(case_id=report.case_id, ground=ground, reason=reason, viewer=viewer, at=at)
        return order
    if order.arrival.standing != "refused":
        raise NotThere(
            "hotline.waiting",
            ("此单正在受理，请稍候再试。", "This order is just being taken in; try again in a moment."),
        )
    order.standing, order.ended_reason = rules.RETURNED, reason.strip()[:500]
    order.save(update_fields=["standing", "ended_reason"])
    if tells(order.source):
        channels.tell_once(
            order.source, f"return:{order.pk}:{order.round}", f"order:{order.pk}",
            _body("return", order, at, reason=order.ended_reason), topic="hotline.return", at=at,
        )  # fmt: skip
    return order
