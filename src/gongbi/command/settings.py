"""What a district sets for its command, with shipped defaults. None of these is law: each says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field

from gongbi.kernel.clock import limits

Words = tuple[str, str]
_OWN: Words = ("本系统自定，可由区里调整，不是法律规定", "own default, for the district to set; not law")


@dataclass(frozen=True, slots=True)
class Default:
    """A shipped value, what it is called and its source (zh, en). ``kind``: limit or mark."""

    value: str
    words: Words
    kind: str = "limit"
    source: Words = field(default=_OWN)


DEFAULTS: dict[str, Default] = {
    "sign_order": Default("30分钟", ("指令签收时限", "Sign for an order within")),
    "arrive_order": Default("60分钟", ("未约定时间的到场时限", "Arrive within, where no time was said")),
    "report_order": Default("24小时连续", ("指令反馈时限", "Report on an order within")),
    "sign_call": Default("15分钟", ("吹哨签收时限", "Sign for a whistle within")),
    "arrive_call": Default("60分钟", ("吹哨到场时限（未约定时间）", "Arrive at a whistle within, where no time was said")),
    "report_call": Default("24小时连续", ("吹哨到场后反馈时限", "Report within, after arriving")),
    "sign_part": Default("120分钟", ("联办签收时限", "Sign for a part of a joint matter within")),
    "arrive_part": Default("120分钟", ("联办到场时限（未约定时间）", "Arrive for a joint matter within, where no time was said")),
    "report_part": Default("72小时连续", ("联办反馈时限", "Report on a part within")),
    "sign_urge": Default("120分钟", ("催办签收时限", "Sign for an urge within")),
    "report_urge": Default("24小时连续", ("催办反馈时限", "Answer an urge within")),
    "sign_supervise": Default("120分钟", ("督办签收时限", "Sign for a supervision within")),
    "report_supervise1": Default("24小时连续", ("一级督办反馈时限", "Answer a supervision of level 1 within")),
    "report_supervise2": Default("48小时连续", ("二级督办反馈时限", "Answer a supervision of level 2 within")),
    "report_supervise3": Default("72小时连续", ("三级督办反馈时限", "Answer a supervision of level 3 within")),
    "mark_urge": Default("催", ("催办单字头", "Mark of urge notices"), "mark"),
    "mark_supervise": Default("督", ("督办单字头", "Mark of supervision notices"), "mark"),
}  # fmt: skip
LONGEST_MARK = 12


def key_of(clock: str, sort: str, level: int = 0) -> str:
    """The setting that limits a clock of a sort of orders."""
    return f"{clock}_{sort}{level or ''}" if sort == "supervise" and clock == "report" else f"{clock}_{sort}"


def check(key: str, value: str) -> str:
    """The value, trimmed. KeyError for a setting there is not, ValueError for a mark that cannot be one, Refused for a limit that is none."""
    text = value.strip()
    if DEFAULTS[key].kind == "limit":
        limits.parse(text)
    elif not 0 < len(text) <= LONGEST_MARK or not text.isalnum():
        raise ValueError(key)
    return text
