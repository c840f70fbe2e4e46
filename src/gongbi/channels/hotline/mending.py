"""One click that mends one difference, where it is ours to do; the ones that need their interface ask it first."""

from __future__ import annotations

from datetime import datetime

from gongbi.channels.hotline import actions, messages, queries
from gongbi.channels.hotline.actions.reconciling import check_mender
from gongbi.channels.hotline.calling import Failed, fetch_order
from gongbi.channels.hotline.models import Difference
from gongbi.channels.hotline.reconciling import CANCEL, FETCH, OURS_TO_DO, SEND_AGAIN, TAKE_LIMIT
from gongbi.channels.hotline.settings import tells
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import Viewer

Words = tuple[str, str]


def mend(key: int, *, viewer: Viewer, at: datetime) -> Words:
    """Do what the report proposes for one difference; what was done, in words. Refused where it is theirs to do or fails."""
    found = queries.difference(key, viewer)
    check_mender(viewer)
    if found.mended_at is not None:
        raise Refused(
            "hotline.mended",
            ("这条差异已经处理过了。", "This difference was mended already."),
        )
    if found.mend not in OURS_TO_DO:
        raise Refused(
            "hotline.theirs",
            (
                "这条差异须由对方核对，请联系热线平台。",
                "This difference is theirs to look at; call the hotline's office.",
            ),
        )
    done = _DO[found.mend](found, viewer, at)
    actions.mended(found.pk, done, viewer=viewer, at=at)
    return done


def _fetch(found: Difference, viewer: Viewer, at: datetime) -> Words:
    source = found.reconciliation.source
    try:
        message = fetch_order(source, found.number)
    except Failed as failure:
        raise Refused(
            "hotline.unreachable",
            (
                "没有取到对方的工单（%(why)s）。请稍后再试，或导入工单文件。",
                "Their order could not be fetched (%(why)s). Try again later, or import the orders as a file.",
            ),
            values={"why": str(failure)[:200]},
        ) from None
    taken = actions.take(source, message, at=at)
    if taken.fate == "new":
        actions.acknowledge(source, taken.number, at=at)
    return "已取回并按接收的工单处理", "Fetched and taken in like any order"


def _limit(found: Difference, viewer: Viewer, at: datetime) -> Words:
    theirs = messages.believed(found.theirs)
    order = _order(found, viewer)
    if theirs.due is not None:
        actions.take_limit(order, theirs.due, viewer=viewer)
    return "已采用对方的时限", "Their limit was taken over"


def _again(found: Difference, viewer: Viewer, at: datetime) -> Words:
    if not tells(found.reconciliation.source):
        raise Refused(
            "hotline.no_interface",
            (
                "“%(name)s”没有接口，请导出答复文件发给对方。",
                "“%(name)s” has no interface; export the answers and send them the file.",
            ),
            values={"name": found.reconciliation.source.words},
        )
    actions.say_again(_order(found, viewer), f"mend:{found.pk}", viewer=viewer, at=at)
    return "已重发，见待发消息", "Sent again; see the messages waiting"


def _cancel(found: Difference, viewer: Viewer, at: datetime) -> Words:
    actions.cancel_here(_order(found, viewer), viewer=viewer, at=at)
    return "已按对方撤销，案件中已注明", "Cancelled as they did; noted in the case"


def _order(found: Difference, viewer: Viewer) -> int:
    order = queries.order_of(found.reconciliation.source, found.number, viewer)
    if order is None:
        raise Refused(
            "hotline.unknown_order",
            ("我方没有这张工单，请先取回。", "We do not have this order; fetch it first."),
        )
    return order.pk


_DO = {FETCH: _fetch, TAKE_LIMIT: _limit, SEND_AGAIN: _again, CANCEL: _cancel}
