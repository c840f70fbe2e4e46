"""What an order of the hotline is and by when: kinds, standings, terms. Plain values in and out.

The five working days: 《济南市12345市民服务热线条例》第二十四条, 《潍坊市12345政务服务便民热线条例》第二十条. The others are a city's own and
say so (``basis``); all of them are data that the administrator changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gongbi.kernel.errors import Refused

Words = tuple[str, str]
KINDS: dict[str, Words] = {
    "consult": ("咨询", "Question"),
    "help": ("求助", "Call for help"),
    "complain": ("投诉", "Complaint"),
    "inform": ("举报", "Information on an offence"),
    "suggest": ("建议", "Suggestion"),
}
URGENCIES: dict[str, Words] = {
    "urgent": ("紧急", "Urgent"),
    "ordinary": ("一般", "Ordinary"),
    "complex": ("复杂", "Complex"),
}
# Standings of an order, in the order in which it normally passes through them.
SENT, RECEIVED, HANDLING, RETURNED, COMPLETED, CALLED_BACK, CANCELLED = (
    "sent", "received", "handling", "returned", "completed", "called_back", "cancelled"
)  # fmt: skip
STANDINGS: dict[str, Words] = {
    SENT: ("已派出", "Sent out"),
    RECEIVED: ("已接收", "Received"),
    HANDLING: ("办理中", "Being handled"),
    RETURNED: ("已退单", "Returned"),
    COMPLETED: ("已办结", "Completed"),
    CALLED_BACK: ("已回访", "Called back"),
    CANCELLED: ("已撤销", "Cancelled"),
}
OVER = frozenset({RETURNED, CALLED_BACK, CANCELLED})
JINAN = "《济南市12345市民服务热线条例》第二十四条"
SHANGLUO = "商洛市12345办理时限（公开资料，未核实）"
CITY_SETS = "由城市自行规定（示例值，未核实）"


@dataclass(frozen=True, slots=True)
class Term:
    """The limits of one kind and urgency ("": any), as texts that ``kernel.clock.limits`` reads.

    ``answer``: until the result; ``giving_back``: until an order may be returned; ``extensions``: how often more time may be asked.
    """

    kind: str = ""
    urgency: str = ""
    answer: str = "5个法定工作日"
    giving_back: str = "1个法定工作日"
    extensions: int = 1
    basis: str = JINAN


DEFAULTS = (
    Term(),
    Term(urgency="urgent", answer="24小时连续", giving_back="2小时连续", basis=CITY_SETS),
    Term(urgency="complex", answer="15个法定工作日", basis=SHANGLUO),
    Term(kind="consult", urgency="ordinary", answer="1个法定工作日", giving_back="4工作时", basis=CITY_SETS),
)


def choose(terms: Iterable[Term], kind: str, urgency: str) -> Term:
    """The most precise term for an order: kind and urgency, else urgency, else kind, else the general one (the defaults behind all)."""

    def fit(one: Term) -> int:
        if one.kind not in ("", kind) or one.urgency not in ("", urgency):
            return -1
        return 2 * bool(one.urgency) + bool(one.kind)

    # Of two alike the first counts, so a city's own row stands before the house's.
    return max((*terms, *DEFAULTS), key=fit)


def in_time(now: datetime, until: datetime | None) -> bool:
    """Whether a term still runs; its own minute belongs to it, and one that nobody set never ends."""
    return until is None or now.replace(second=0, microsecond=0) <= until


def effective(theirs: datetime | None, ours: datetime | None) -> datetime | None:
    """Until when we answer: ours may end earlier than theirs, never later."""
    known = [one for one in (theirs, ours) if one is not None]
    return min(known) if known else None


def check_returnable(standing: str, now: datetime, until: datetime | None) -> None:
    """An order is given back only within the term, and not once it is over."""
    if standing in OVER or standing == COMPLETED:
        raise Refused(
            "hotline.over",
            (
                "工单已是“%(standing)s”，不能退单。",
                "The order is “%(standing)s” already; it cannot be returned.",
            ),
            values={"standing": STANDINGS[standing]},
        )
    if not in_time(now, until):
        raise Refused(
            "hotline.return_term_over",
            (
                "退单期限已过，不能退单。请办理，或写明理由作为办理结果答复热线。",
                "The term for returning this order has passed. Handle it, or answer the hotline with the reason as the result.",
            ),
            article="《潍坊市12345政务服务便民热线条例》第二十二条",
        )


# What an order is after a step of its case; the steps that are not here are nobody's matter but ours. One line each.
AFTER: dict[str, str] = {
    "accept": HANDLING,
    "dispatch": HANDLING,
    "sign": HANDLING,
    "rule": HANDLING,
    "contacted": HANDLING,
    "grant_suspension": HANDLING,
    "resume": HANDLING,
    "finish": HANDLING,
    "merge": HANDLING,
    "rework": HANDLING,
    "call_back_unsolved": HANDLING,
    "reopen": HANDLING,
    "reject": RETURNED,
    "answer_at_once": COMPLETED,
    "confirm": COMPLETED,
    "confirm_for_callback": COMPLETED,
}
