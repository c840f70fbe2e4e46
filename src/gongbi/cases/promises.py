"""Limits that somebody outside has set for a case, a hotline for its order: ours may end earlier, never later.

Who knows of such limits (a channel, further up) registers an asker; this room asks before it starts or extends the handling clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from gongbi.kernel.clock.batch import plan
from gongbi.kernel.clock.limits import Kind, Limit, parse
from gongbi.kernel.clock.words import when
from gongbi.kernel.errors import Refused


@dataclass(frozen=True, slots=True)
class Promise:
    """By when, and who set it (zh, en)."""

    due: datetime
    who: tuple[str, str]


Asker = Callable[[int], Promise | None]
_askers: list[Asker] = []
# The ways to write what is left until then, from the plainest: (kind, unit, the most of it that is worth trying)
_PLAIN: Final[tuple[tuple[Kind, str, int], ...]] = (
    ("legal_days", "个法定工作日", 260),
    ("office_hours", "工作时", 80),
)


def register(asker: Asker) -> None:
    """Ask this one too, with the key of a case."""
    if asker not in _askers:
        _askers.append(asker)


def promise(case_id: int) -> Promise | None:
    """The limit from outside that ends first, or None."""
    found = [one for asker in _askers if (one := asker(case_id)) is not None]
    return min(found, key=lambda one: one.due, default=None)


def within(limit: str, promised: Promise | None, *, at: datetime) -> str:
    """``limit``, or the longest plain one that ends no later than what was promised; one minute when that time is over."""
    if promised is None or _due(limit, at) <= promised.due:
        return limit
    for _kind, unit, most in _PLAIN:
        low, high = 0, most  # of those that fit the largest; a longer limit never ends earlier
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if _due(f"{middle}{unit}", at) <= promised.due else (low, middle - 1)
        if low:
            return f"{low}{unit}"
    return f"{max(1, int((promised.due - at).total_seconds()) // 60)}分钟"


def _due(limit: str, at: datetime) -> datetime:
    return plan([("handle", limit)], at=at)[0].due_at


def smaller(limit: str) -> list[str]:
    """The limit and every smaller one in its own unit, the longest first."""
    given = parse(limit)
    return [limit, *(_write(given, Fraction(n)) for n in range(int(given.amount) - 1, 0, -1))]


def _write(given: Limit, amount: Fraction) -> str:
    units: dict[Kind, str] = {
        "minutes": "分钟",
        "hours": "紧急工作时",
        "days": "紧急工作日",
        "office_hours": "工作时",
        "office_days": "工作日",
        "legal_days": "个法定工作日",
        "calendar_days": "日历日",
    }
    return f"{amount}{units[given.kind]}"


def not_granted(promised: Promise, at: datetime) -> Refused:
    """An extension that would end after what was promised outside."""
    return Refused(
        "cases.promised",
        (
            "%(who)s要求%(due)s前答复，尚未同意延期，本件不能延到其后。请先等对方答复延期申请。",
            "%(who)s wants the answer by %(due)s and has not agreed to more time, so this matter cannot be extended beyond that. Wait "
            "for their decision on the extension.",
        ),
        values={"who": promised.who, "due": when(promised.due, at)},
    )
