"""What the hotline says is taken in: orders once for each number and version, and what becomes of them later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from gongbi.cases import actions as cases
from gongbi.channels import actions as channels
from gongbi.channels.actions.arriving import both
from gongbi.channels.actions.draining import viewer_for
from gongbi.channels.hotline import messages, queries, rules
from gongbi.channels.hotline.messages import Callback, Cancel, ExtensionAnswer, Message
from gongbi.channels.hotline.models import Order, OrderFile, Version
from gongbi.channels.models import Source
from gongbi.channels.rules import Incoming
from gongbi.kernel.clock.batch import plan
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.files.actions import Prepared
from gongbi.kernel.scope.viewer import CLERK, Viewer, system

Ready = dict[str, Prepared | Refused | None]
NEW, AGAIN, CHANGED, CONFLICT, LATE, DONE = "new", "again", "changed", "conflict", "late", "done"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one message. ``fate``: new, again (had it already), changed, conflict (other words under the same version,
    taken as a change), late (an older version than ours: noted, not used), done. ``receipt``: names the order with us for good.
    """

    number: str
    fate: str
    receipt: str = ""
    due: datetime | None = None


def take(source: Source, message: Message, *, at: datetime) -> Taken:
    """Take one message in. Refused, precisely, when it cannot be; then nothing of it is kept. May be called again with the same.

    Outside a transaction: attachments are checked and stored first.
    """
    if isinstance(message, messages.Order):
        ready = _ready(source, message)
        try:
            return _order(source, message, ready, at)
        except IntegrityError:  # the same order on two connections at once: the other one was first
            return _order(source, message, ready, at)
    with transaction.atomic():
        order = _known(source, message.number)
        if isinstance(message, Cancel):
            return _cancel(order, message, at)
        if isinstance(message, ExtensionAnswer):
            return _extension(order, message, at)
        return _callback(order, message, at)


def _ready(source: Source, message: messages.Order) -> Ready:
    """Each attachment's file in the store, or why it cannot be there, by digest; None: to be fetched."""
    seen = Version.objects.filter(
        order__source=source, order__number=message.number, version=message.version, digest=message.digest
    )
    known = OrderFile.objects.filter(order__source=source, order__number=message.number)
    stored = frozenset(known.values_list("sha256", flat=True))
    if not message.attachments or seen.exists():
        return {}
    viewer = viewer_for(source)
    found: Ready = {}
    for one in message.attachments:
        if one.content is None or one.sha256 in stored:
            found[one.sha256] = None
            continue
        try:
            found[one.sha256] = files.prepare(one.content, viewer=viewer)
        except Refused as refusal:
            found[one.sha256] = refusal
    return found


@transaction.atomic
def _order(source: Source, message: messages.Order, ready: Ready, at: datetime) -> Taken:
    order = Order.objects.select_for_update().filter(source=source, number=message.number).first()
    if order is None:
        return _new(source, message, ready, at)
    seen = Version.objects.filter(order=order, version=message.version, digest=message.digest)
    if seen.update(repeats=F("repeats") + 1):
        return _taken(order, AGAIN)
    if message.version < order.version:
        _version(order, message, LATE, at)
        return _taken(order, LATE)
    fate = CHANGED if message.version > order.version else CONFLICT
    _version(order, message, fate, at)
    again = order.standing in (rules.RETURNED, rules.CANCELLED)
    if again:  # given back or cancelled, and sent anew: a round of its own, with a case of its own
        order.round += 1
    stored = _stored(order, message, ready, at)
    viewer, incoming = viewer_for(source), incoming_of(message, order.external, tuple(stored.values()))
    receipt = channels.accept(source, incoming, viewer=viewer, at=at)
    _files(order, message, ready, stored)
    if again:
        order.arrival = receipt.arrival
        order.standing, order.ended_reason, order.answer_digest = rules.RECEIVED, "", ""
        order.completed_at = order.called_at = order.extension_asked_at = order.extension_granted = None
        order.solved = order.grade = None
        order.received_at, order.due_given = at, False
    order.changes += int(receipt.changed)
    set_order(order, message, Terms(source), anew=again)
    order.save()
    return _taken(order, fate)


def _new(source: Source, message: messages.Order, ready: Ready, at: datetime) -> Taken:
    order = Order(source=source, number=message.number, received_at=at)
    stored = _stored(order, message, ready, at)
    incoming = incoming_of(message, message.number, tuple(stored.values()))
    order.arrival = channels.accept(source, incoming, viewer=viewer_for(source), at=at).arrival
    set_order(order, message, Terms(source), anew=True)
    order.save(force_insert=True)
    _version(order, message, NEW, at)
    _files(order, message, ready, stored)
    return _taken(order, NEW)


class Terms:
    """The terms of one hotline, each looked up and counted once for the orders of a batch."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._terms: dict[tuple[str, str], rules.Term] = {}
        self._ends: dict[tuple[str, datetime], datetime] = {}

    def of(self, message: messages.Order) -> rules.Term:
        key = (message.kind, message.urgency)
        if key not in self._terms:
            self._terms[key] = queries.term_for(self.source, *key, system("hotline"))
        return self._terms[key]

    def end(self, limit: str, start: datetime) -> datetime:
        if (limit, start) not in self._ends:
            self._ends[limit, start] = plan([("hotline", limit)], at=start)[0].due_at
        return self._ends[limit, start]


def terms_of(source: Source) -> Terms:
    return Terms(source)


def set_order(order: Order, message: messages.Order, terms: Terms, *, anew: bool) -> None:
    """What the newest version says of the order itself; ``anew``: a new order, or a new round of one."""
    term = terms.of(message)
    if message.due is not None:
        order.due, order.due_given = message.due, True
    elif (anew or order.version != message.version) and not order.due_given:
        order.due = terms.end(term.answer, order.received_at)
    order.return_by = message.return_by or terms.end(term.giving_back, order.received_at)
    order.term, order.kind, order.urgency = term.answer, message.kind, message.urgency
    if anew:
        order.extensions_left = term.extensions
        order.sent_at = message.sent_at or message.said_at
    order.version, order.text_digest = message.version, message.text_digest


def incoming_of(message: messages.Order, external: str, photos: tuple[int, ...]) -> Incoming:
    """An order as the frame takes it; a new attachment is a change too, so their digests stand among the words."""
    return Incoming(
        external=external, text=message.words, said_at=message.said_at, code=message.category, place_words=message.place,
        lon=message.lon, lat=message.lat, crs=message.crs, name=message.name, phone=message.phone, anonymous=message.anonymous,
        confidential=message.confidential or message.kind == "inform", photos=photos, sent_at=message.sent_at,
        media=tuple(sorted(f"sha256:{one.sha256}" for one in message.attachments)),
    )  # fmt: skip


def _stored(order: Order, message: messages.Order, ready: Ready, at: datetime) -> dict[str, int]:
    """The files of the attachments that this version brings anew and that came along, by digest."""
    known = _had(order)
    return {
        digest: files.store(made, purpose="report", viewer=viewer_for(order.source), at=at).pk
        for digest, made in ready.items()
        if isinstance(made, Prepared) and digest not in known
    }


def _had(order: Order) -> frozenset[str]:
    if order._state.adding:
        return frozenset()
    return frozenset(OrderFile.objects.filter(order=order).values_list("sha256", flat=True))


def _files(order: Order, message: messages.Order, ready: Ready, stored: dict[str, int]) -> None:
    known = _had(order)
    rows = []
    for one in {one.sha256: one for one in message.attachments if one.sha256 not in known}.values():
        made = ready.get(one.sha256)
        refusal = made if isinstance(made, Refused) else None
        rows.append(
            OrderFile(
                order=order, name=one.name, mime=one.mime, size=one.size, sha256=one.sha256, theirs=one.id,
                file_id=stored.get(one.sha256), code=refusal.code if refusal else "", reason=both(refusal) if refusal else [],
            )
        )  # fmt: skip
    OrderFile.objects.bulk_create(rows, ignore_conflicts=True)


def _version(order: Order, message: messages.Order, fate: str, at: datetime) -> None:
    Version(order=order, version=message.version, digest=message.digest, fate=fate, received_at=at).save(
        force_insert=True
    )


def _taken(order: Order, fate: str) -> Taken:
    return Taken(order.number, fate, order.arrival.receipt, order.due)


def _known(source: Source, number: str) -> Order:
    order = Order.objects.select_for_update().filter(source=source, number=number).first()
    if order is None:
        raise NotThere(
            "hotline.unknown_order",
            (
                "我方没有编号为 %(number)s 的工单。请先发送该工单。",
                "We have no order %(number)s. Send the order first.",
            ),
            values={"number": number},
            field="number",
        )
    return order


def note(order: Order, text: str, at: datetime) -> None:
    """Write what the hotline said of an order beside its words; an order whose case is not made yet is noted when it is."""
    if order.arrival.report_id is not None:
        cases.supplement(report_id=order.arrival.report_id, viewer=viewer_for(order.source), at=at, text=text)


def _cancel(order: Order, message: Cancel, at: datetime) -> Taken:
    if order.standing == rules.CANCELLED:
        return _taken(order, AGAIN)
    if order.standing in (*rules.OVER, rules.COMPLETED):
        raise Refused(
            "hotline.over",
            (
                "工单已是“%(standing)s”，不能撤销。",
                "The order is “%(standing)s” already; it cannot be cancelled.",
            ),
            values={"standing": rules.STANDINGS[order.standing]},
        )
    order.standing, order.ended_reason = rules.CANCELLED, message.reason
    order.save(update_fields=["standing", "ended_reason"])
    note(order, cancelled_words(order), at)
    return _taken(order, DONE)


def cancelled_words(order: Order) -> str:
    """What stands in the case of a cancelled order. A person decides what becomes of the case."""
    return f"热线撤销了工单 {order.number}：{order.ended_reason}"


def _extension(order: Order, message: ExtensionAnswer, at: datetime) -> Taken:
    same = order.extension_granted == message.granted
    if same and (not message.granted or order.due == message.due):
        return _taken(order, AGAIN)
    if order.extension_asked_at is None:
        raise Refused(
            "hotline.nothing_asked",
            (
                "工单 %(number)s 没有提出过延期申请。",
                "No extension was asked for the order %(number)s.",
            ),
            values={"number": order.number},
        )
    order.extension_granted, order.extension_answer = message.granted, message.reason
    if message.granted and message.due is not None:
        order.due, order.due_given = message.due, True
        note(
            order,
            f"热线同意延期，办理时限改为 {timezone.localtime(message.due):%Y-%m-%d %H:%M}。{message.reason}",
            at,
        )
    else:
        order.extensions_left += 1  # what was refused does not count
        note(order, f"热线不同意延期，办理时限不变。{message.reason}", at)
    order.save()
    return _taken(order, DONE)


def _callback(order: Order, message: Callback, at: datetime) -> Taken:
    """Their call to the one who spoke. In the place of a clerk of ours, whose call is no longer owed."""
    told = (message.solved, message.grade)
    if order.called_at is not None and (order.solved, order.grade) == told:
        return _taken(order, AGAIN)
    report = order.arrival.report
    if report is None or order.standing not in (rules.COMPLETED, rules.CALLED_BACK):
        raise Refused(
            "hotline.not_completed",
            (
                "工单 %(number)s 尚未办结，不能登记回访结果。",
                "The order %(number)s is not completed, so there is no result to call back about.",
            ),
            values={"number": order.number},
        )
    caller = clerk_of(order.source)
    state = report.case.state
    words = message.comment or "热线回访：未解决"
    if state == "checked" and message.solved is False:
        cases.call_back_unsolved(
            case_id=report.case_id, report_id=report.pk, viewer=caller, at=at, reason=words
        )
    elif state == "checked" and report.callback_at is None:
        cases.call_back(
            case_id=report.case_id, report_id=report.pk, viewer=caller, at=at, outcome=message.outcome,
            solved=message.solved, grade=message.grade, comment=message.comment,
        )  # fmt: skip
    elif state in ("closed", "judged") and message.solved is False:
        cases.reopen(report_id=report.pk, viewer=caller, at=at, reason=words)
    elif state == "closed" and message.solved is not None and report.judged_at is None:
        cases.judge(
            report_id=report.pk, viewer=caller, at=at, solved=True, grade=message.grade or 0, comment=message.comment
        )  # fmt: skip
    order.called_at, order.solved, order.grade = at, message.solved, message.grade
    order.standing = rules.HANDLING if message.solved is False else rules.CALLED_BACK
    order.save()
    return _taken(order, DONE)


def clerk_of(source: Source) -> Viewer:
    """The hotline's own clerk, who called: as a clerk of the whole district."""
    return Viewer(actor=source.actor, role=CLERK, territories=(settings.DISTRICT_CODE,), name=source.name)
