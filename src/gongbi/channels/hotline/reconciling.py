"""What they believe held against what we believe, order by order: the differences, and how each is mended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gongbi.channels.hotline.messages import Believed
from gongbi.channels.hotline.rules import CALLED_BACK, CANCELLED, COMPLETED, HANDLING, OVER, RECEIVED, Words

MISSING_HERE, MISSING_THERE, STANDING, LIMIT, TEXT, ANSWER = (
    "missing_here", "missing_there", "standing", "limit", "text", "answer"
)  # fmt: skip
SORTS: dict[str, Words] = {
    MISSING_HERE: ("我方没有这张工单", "We do not have the order"),
    MISSING_THERE: ("对方没有这张工单", "They do not have the order"),
    STANDING: ("状态不同", "The standing differs"),
    LIMIT: ("时限不同", "The limit differs"),
    TEXT: ("内容不同", "The words differ"),
    ANSWER: ("对方没有收下答复", "They have not taken over the answer"),
}
FETCH, TAKE_LIMIT, SEND_AGAIN, CANCEL, ASK_THEM = "fetch", "take_limit", "send_again", "cancel", "ask_them"
MENDS: dict[str, Words] = {
    FETCH: ("取回对方的工单", "Fetch their order"),
    TAKE_LIMIT: ("采用对方的时限", "Take over their limit"),
    SEND_AGAIN: ("重发我方的状态和答复", "Send our standing and answer again"),
    CANCEL: ("按对方撤销", "Take over the cancellation"),
    ASK_THEM: ("请对方核对", "Ask them to look"),
}
OURS_TO_DO = frozenset({FETCH, TAKE_LIMIT, SEND_AGAIN, CANCEL})


@dataclass(frozen=True, slots=True)
class Found:
    """One difference. ``ours``/``theirs``: None where a side lacks the order."""

    sort: str
    number: str
    ours: Believed | None
    theirs: Believed | None
    mend: str


def compare(ours: Iterable[Believed], theirs: Iterable[Believed]) -> list[Found]:
    """Every difference, by number. An order that both hold as over is not held against its limit any more.

    A completed order whose answer they lack is one difference (the answer), not a second one about the standing.
    """
    here, there = _by_number(ours), _by_number(theirs)
    found: list[Found] = []
    for number in sorted(here.keys() | there.keys()):
        we, they = here.get(number), there.get(number)
        if we is None:
            found.append(Found(MISSING_HERE, number, None, they, FETCH))
        elif they is None:
            found.append(Found(MISSING_THERE, number, we, None, ASK_THEM))
        else:
            found += [Found(sort, number, we, they, mend) for sort, mend in _both(we, they)]
    return found


def _by_number(lines: Iterable[Believed]) -> Mapping[str, Believed]:
    return {line.number: line for line in lines}


def _both(we: Believed, they: Believed) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    if CANCELLED in (we.standing, they.standing) and we.standing != they.standing:
        # A cancelled order has neither text nor limit to agree about.
        return [(STANDING, CANCEL if they.standing == CANCELLED else FETCH)]
    if we.answer_digest and they.answer_digest != we.answer_digest:
        told.append((ANSWER, SEND_AGAIN))
    elif not _agree(we.standing, they.standing):
        told.append((STANDING, SEND_AGAIN))
    if we.text_digest and they.text_digest and we.text_digest != they.text_digest:
        told.append((TEXT, FETCH))
    if not (we.standing in OVER and they.standing in OVER) and not _same_minute(we.due, they.due):
        told.append((LIMIT, TAKE_LIMIT))
    return told


def _agree(ours: str, theirs: str) -> bool:
    """The same, or two words for one thing: whether an order received is looked at already is nobody else's matter."""
    alike = ({RECEIVED, HANDLING}, {COMPLETED, CALLED_BACK})
    return ours == theirs or any({ours, theirs} <= pair for pair in alike)


def _same_minute(ours: datetime | None, theirs: datetime | None) -> bool:
    if ours is None or theirs is None:
        return theirs is None  # where they set none, ours stands
    return ours.replace(second=0, microsecond=0) == theirs.replace(second=0, microsecond=0)
