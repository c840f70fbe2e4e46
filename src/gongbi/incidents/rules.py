"""Pure decisions of incidents: plans, clocks, stock, alerts, what is kept. No database, no clock of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gongbi.incidents.catalogue import CLASSES, EVENTS, ITEMS, ROLES
from gongbi.kernel.errors import Refused

Words = tuple[str, str]
LAW = "《突发事件应对法》（2024年）"
LEVELS_OF_LAW = "《突发事件应对法》（2024年）第七十一条"
WARNING_LEVELS = "《突发事件应对法》（2024年）第六十三条"
DESTROYED = "《突发事件应对法》（2024年）第八十五条"
MOST_STEPS, MOST_MINUTES, MOST_AMOUNT = 60, 7 * 24 * 60, 1_000_000
LONGEST_ALERT = timedelta(days=7)  # own limit: an alert that holds longer is renewed
LEAST_CANCEL = timedelta(hours=1)  # how long a cancellation itself is worth telling
LONGEST_KEPT = timedelta(days=366)  # own limit: assessed again after a year
_CODE = re.compile(r"^[a-z0-9_]{1,24}$")


def check_level(level: int) -> int:
    """One of the four response levels, one the highest (《突发事件应对法》（2024年）第七十一条)."""
    if level not in (1, 2, 3, 4):
        raise Refused(
            "incidents.level",
            ("响应级别是一级到四级，一级最高。", "The response level is 1 to 4; 1 is the highest."),
            article=LEVELS_OF_LAW,
            field="level",
        )
    return level


def check_kind(sort: str, kind: str) -> None:
    """A known class and a known event."""
    if sort not in CLASSES:
        raise Refused(
            "incidents.sort", ("请选择事件类别。", "Choose the class of the incident."), field="sort"
        )
    if kind not in EVENTS:
        raise Refused("incidents.kind", ("请选择事件种类。", "Choose what has happened."), field="kind")


def check_key(key: str) -> str:
    """The key that the asker made, so that the same click twice is one thing."""
    if not 1 <= len(key) <= 64 or not key.isprintable() or not key.isascii():
        raise Refused(
            "incidents.key",
            ("请求标识须为1到64个字符。", "The key of the request takes 1 to 64 characters."),
            field="key",
        )
    return key


def check_text(text: str, *, field: str, most: int, needed: bool = True) -> str:
    """``text`` trimmed; said to be too long or missing."""
    kept = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    if needed and not kept:
        raise Refused("incidents.empty", ("请填写内容。", "Write something here."), field=field)
    if len(kept) > most:
        raise Refused(
            "incidents.long",
            ("最多 %(most)s 个字，现在 %(now)s 个。", "At most %(most)s characters; there are %(now)s."),
            values={"most": most, "now": len(kept)},
            field=field,
        )
    return kept


# --- Plans ----------------------------------------------------------------------------------------------------------


def check_steps(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The steps of a plan as they are kept: ``key``, ``zh``, ``en``, ``role``, ``unit`` (code, may be ""), ``minutes`` from the
    start, ``needs`` ([{"item", "amount"}]). Refused names the step that is wrong.
    """
    if not 1 <= len(steps) <= MOST_STEPS:
        raise Refused(
            "incidents.steps",
            ("一份预案须有1到%(most)s个步骤。", "A plan has 1 to %(most)s steps."),
            values={"most": MOST_STEPS},
            field="step",
        )
    kept: list[dict[str, Any]] = []
    for place, step in enumerate(steps, start=1):
        kept.append(_step(step, place))
    keys = [step["key"] for step in kept]
    if len(set(keys)) != len(keys):
        raise Refused(
            "incidents.step_twice",
            ("同一份预案里步骤代码不能重复。", "No two steps of a plan have the same code."),
            field="step",
        )
    return sorted(kept, key=lambda step: (step["minutes"], keys.index(step["key"])))


def _step(step: Mapping[str, Any], place: int) -> dict[str, Any]:
    def wrong(field: str, words: Words) -> Refused:
        return Refused(
            f"incidents.step_{field}",
            (f"第%(place)s步：{words[0]}", f"Step %(place)s: {words[1]}"),
            values={"place": place},
            field=field,
        )

    key, zh, en = (str(step.get(name, "")).strip() for name in ("key", "zh", "en"))
    if not _CODE.match(key):
        raise wrong(
            "step",
            ("代码须为小写字母、数字和下划线。", "the code takes small letters, digits and underscores."),
        )
    if not 1 <= len(zh) <= 160 or len(en) > 240:
        raise wrong("zh", ("内容须为1到160字。", "the text takes 1 to 160 characters."))
    role, minutes = str(step.get("role", "")), step.get("minutes")
    if role not in ROLES:
        raise wrong("role", ("没有这个角色。", "there is no such role."))
    if not isinstance(minutes, int) or not 0 <= minutes <= MOST_MINUTES:
        raise wrong("minutes", ("时限须为0到10080分钟。", "the clock takes 0 to 10080 minutes."))
    needs = [
        {"item": str(need.get("item", "")), "amount": need.get("amount")} for need in step.get("needs", ())
    ]
    if any(
        need["item"] not in ITEMS
        or not isinstance(need["amount"], int)
        or not 0 < need["amount"] <= MOST_AMOUNT
        for need in needs
    ):
        raise wrong(
            "needs",
            (
                "物资须为目录中的品名和大于零的数量。",
                "resources are items of the catalogue with an amount above zero.",
            ),
        )
    return {
        "key": key, "zh": zh, "en": en, "role": role, "unit": str(step.get("unit", "")), "minutes": minutes, "needs": needs,
    }  # fmt: skip


def due_of(started_at: datetime, minutes: int) -> datetime:
    """When a step's clock runs out: continuous minutes from the start of its run."""
    return started_at + timedelta(minutes=minutes)


def kept_in_time(due_at: datetime, settled_at: datetime | None, *, dropped: bool, at: datetime) -> str:
    """``kept``, ``late``, ``dropped``, ``running`` or ``overdue`` of one clock at ``at``; the last second still counts."""
    if dropped:
        return "dropped"
    if settled_at is not None:
        return "kept" if settled_at <= due_at else "late"
    return "running" if at <= due_at else "overdue"


# --- Stock ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """What a stock has free, and what one incident holds of it."""

    free: int
    reserved: int
    out: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a movement adds to the hold's ``reserved``, ``out`` and ``used``."""

    reserved: int = 0
    out: int = 0
    used: int = 0


def moved(sort: str, amount: int, held: Held) -> Change:
    """What becomes of the hold; Refused when it would take more than there is. Hands out what was reserved first."""
    if not 0 < amount <= MOST_AMOUNT:
        raise Refused("incidents.amount", ("数量须大于零。", "The amount is above zero."), field="amount")
    if sort == "reserve":
        _enough(amount, held.free, ("只剩 %(there)s 可用。", "Only %(there)s are free."))
        return Change(reserved=amount)
    if sort == "hand_out":
        _enough(
            amount,
            held.reserved + held.free,
            ("预留与可用合计只有 %(there)s。", "Reserved and free together are only %(there)s."),
        )
        return Change(reserved=-min(amount, held.reserved), out=amount)
    if sort == "release":
        _enough(amount, held.reserved, ("只预留了 %(there)s。", "Only %(there)s are reserved."))
        return Change(reserved=-amount)
    if sort in ("return", "use"):
        _enough(amount, held.out, ("发放在外的只有 %(there)s。", "Only %(there)s are out."))
        return Change(out=-amount, used=amount if sort == "use" else 0)
    raise Refused("incidents.move", ("没有这种操作。", "There is no such movement."), field="sort")


def _enough(amount: int, there: int, words: Words) -> None:
    if amount > there:
        raise Refused("incidents.not_enough", words, values={"there": there}, field="amount")


# --- Alerts ---------------------------------------------------------------------------------------------------------


def check_alert(
    *, areas: Sequence[str], sent_at: datetime, expires_at: datetime, last: datetime | None
) -> None:
    """An alert names where it holds and until when. ``last``: when the message before it was sent."""
    if not areas:
        raise Refused(
            "incidents.no_area",
            (
                "预警信息没有区域：请至少选择一个街道、社区或网格，否则收到的人不知道是不是自己。",
                "The alert has no area: choose at least one street, community or grid, or nobody can tell whether it is meant for them.",
            ),
            field="areas",
        )
    if expires_at <= sent_at:
        raise Refused(
            "incidents.expires",
            ("失效时间须晚于发布时间。", "It must expire after it is sent."),
            field="expires",
        )
    if expires_at > sent_at + LONGEST_ALERT:
        raise Refused(
            "incidents.expires_late",
            (
                "一次最多发布7天，需要时再更新。",
                "At most seven days at a time; renew it when it is still needed.",
            ),
            field="expires",
        )
    if last is not None and sent_at <= last:
        raise Refused(
            "incidents.too_soon",
            (
                "与上一条在同一秒，请稍后再发。",
                "The message before was sent in the same second; send it again.",
            ),
        )


# --- What is kept of people -------------------------------------------------------------------------------------------


def check_keeping(until: date, today: date) -> None:
    """What is kept has an end (《突发事件应对法》（2024年）第八十五条: destroyed afterwards unless its keeping is assessed)."""
    if not today <= until <= today + LONGEST_KEPT:
        raise Refused(
            "incidents.until",
            (
                "留存期限须从今天起、不超过一年；到期自动销毁，仍需要时再评估。",
                "The term begins today and lasts a year at most; then it is destroyed, or assessed again.",
            ),
            article=DESTROYED,
            field="until",
        )
