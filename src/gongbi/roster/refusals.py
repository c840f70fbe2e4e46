"""What duty refuses, in words for a person: what is wrong, where, what to do."""

from __future__ import annotations

from collections.abc import Iterable

from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.roster import rules
from gongbi.roster.rules import Clash, Words

CLASHES: dict[str, Words] = {
    rules.OVERLAP: ("同一时间已有另一班", "Already on duty at that time"),
    rules.REST: ("两班之间休息不足", "Too little rest between two turns"),
    rules.LONG: ("一班时间过长", "The turn is too long"),
    rules.WEEK: ("七天内值班时间过多", "Too many hours of duty in seven days"),
}


def not_there() -> NotThere:
    return NotThere("roster.not_there", ("没有这个值班表或班次。", "There is no such roster or turn."))


def not_leader() -> Forbidden:
    return Forbidden(
        "roster.leader",
        ("只有本单位的带班负责人可以排班。", "Only a shift leader of the unit may arrange its duty."),
    )


def not_yours() -> Forbidden:
    return Forbidden("roster.not_yours", ("这不是您的班次。", "This turn is not yours."))


def stale() -> Refused:
    return Refused(
        "roster.changed",
        (
            "这个班次刚被改动或已取消。请刷新后再看。",
            "This turn was just changed or taken back. Reload and look again.",
        ),
    )


def clash(found: Iterable[Clash], who: str, *, may_decide: bool) -> Refused:
    """Why somebody cannot stand: every rule that is against it. ``may_decide``: with a reason the leader may accept it."""
    codes = list(dict.fromkeys(one.code for one in found))
    zh = "、".join(CLASHES[code][0] for code in codes)
    en = "; ".join(CLASHES[code][1].lower() for code in codes)
    hard = any(code in rules.HARD for code in codes)
    more = (
        (
            "确需如此时，请在“仍要安排的理由”里写明。",
            "If it must be, give the reason in “Nevertheless, because”.",
        )
        if may_decide and not hard
        else ("请换一位同事或另选时间。", "Choose somebody else, or another time.")
    )
    return Refused(
        f"roster.{codes[0]}",
        (f"%(who)s：{zh}。{more[0]}", f"%(who)s: {en}. {more[1]}"),
        values={"who": who},
        field="despite" if may_decide and not hard else "post",
    )


def empty(field: str, words: Words) -> Refused:
    return Refused(
        "roster.empty", (f"请填写{words[0]}。", f"Please fill in: {words[1].lower()}."), field=field
    )


def long(field: str, most: int) -> Refused:
    return Refused(
        "roster.long",
        ("最多 %(most)s 个字。", "At most %(most)s characters."),
        values={"most": str(most)},
        field=field,
    )


def wrong(field: str, words: Words, code: str = "roster.wrong") -> Refused:
    return Refused(code, words, field=field)


def period(field: str = "ends") -> Refused:
    return wrong(
        field, ("结束时间须晚于开始时间。", "The end has to come after the beginning."), "roster.period"
    )


def past(field: str = "starts") -> Refused:
    return wrong(
        field,
        (
            "这个时间已经过去，过去的值班不能改排。",
            "That time is over; duty that is past cannot be arranged anew.",
        ),
        "roster.past",
    )


def far(field: str) -> Refused:
    return wrong(
        field,
        (
            "时间须带时区，且在前后 400 天之内。",
            "The time needs its zone, and lies within 400 days.",
        ),
        "roster.far",
    )


def post_unfit(field: str = "post") -> Refused:
    return wrong(
        field,
        (
            "这个岗位在该班次期间不在任，或不属于本单位。请从名单里选择。",
            "That post is not in office during the turn, or belongs to another unit. Choose one from the list.",
        ),
        "roster.post",
    )


def asked_already() -> Refused:
    return Refused(
        "roster.asked",
        (
            "这个班次已有一个换班请求在等待答复。请先撤回，再提新的请求。",
            "A question about this turn is open already. Take it back before you ask anew.",
        ),
        field="post",
    )


def already_there(who: str) -> Refused:
    return Refused(
        "roster.twice",
        ("%(who)s已在这一班。", "%(who)s already stands this turn."),
        values={"who": who},
        field="post",
    )
