"""Knowledge and calls as plain decisions: which version counts, what fits the words, rates and their limits. Knows no database."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

Words = tuple[str, str]
STANDARD = "GB/T 33358-2016 政府热线服务规范"
DRAFT, IN_FORCE, EXPIRED, REPLACED, WITHDRAWN = "draft", "in_force", "expired", "replaced", "withdrawn"
EXPIRING = "expiring"
WARNED_DAYS = 30  # before its last day, those who write and review are told
STANDINGS: dict[str, Words] = {
    DRAFT: ("待审核", "To be reviewed"),
    IN_FORCE: ("有效", "In force"),
    EXPIRED: ("已过期", "Expired"),
    EXPIRING: ("即将过期", "Expires soon"),
    REPLACED: ("旧版", "Replaced"),
    WITHDRAWN: ("已撤下", "Withdrawn"),
}
MOST_TITLE, MOST_ANSWER, MOST_BODY = 80, 500, 8000
# Thresholds as shipped; a district sets its own. A share between 0 and 1; its source.
THRESHOLDS: dict[str, tuple[float, Words, str]] = {
    "connected": (
        0.95,
        ("接通率下限", "Least share of calls connected"),
        STANDARD + "：任意 24 小时接通率不低于 95%",
    ),
    "answered_15": (
        0.95,
        ("15 秒内应答率下限", "Least share answered within 15 s"),
        STANDARD + "：15 秒内应答；比例下限为本区自定",
    ),
}


POP_SECONDS = 300  # by how much the telephone system's clock may differ, and how long its link is good


def pop_signature(key: str, phone: str, at: str) -> str:
    """What the telephone system puts beside a caller's number: HMAC-SHA256 of number, new line, seconds since 1970; hexadecimal."""
    return hmac.new(key.encode(), f"{phone}\n{at}".encode(), hashlib.sha256).hexdigest()


def pop_is_genuine(key: str, phone: str, at: str, sign: str, now: datetime) -> bool:
    """Whether a number really comes from our telephone system, just now. Never without a key."""
    if (
        not key
        or not (at.isascii() and at.isdigit() and len(at) <= 12)
        or abs(now.timestamp() - int(at)) > POP_SECONDS
    ):
        return False
    return hmac.compare_digest(pop_signature(key, phone, at).encode(), sign.encode())


def expired(valid_until: date | None, on: date) -> bool:
    """Whether knowledge is no longer to be told on a local day; its last day still counts."""
    return valid_until is not None and on > valid_until


def expires_soon(valid_until: date | None, on: date) -> bool:
    """Whether its last day is at most WARNED_DAYS away and not over."""
    return valid_until is not None and on <= valid_until <= on + timedelta(days=WARNED_DAYS)


def score(asked: Sequence[str], title: Sequence[str], body: Sequence[str]) -> float:
    """How well an article fits what was asked, by the tokens of kernel.search: each different token of the question once, one in the
    title counts three times. 0: nothing in common; single characters alone are nothing in common.
    """
    wanted = {token for token in asked if len(token) > 1}
    if not wanted:
        return 0.0
    first, rest = Counter(title), Counter(body)
    return sum(3.0 if token in first else 1.0 for token in wanted if token in first or token in rest) / len(
        wanted
    )


@dataclass(frozen=True, slots=True)
class Calls:
    """Counts of a day or a span. ``offered``: callers who asked for a person; ``connected``; of these ``answered_15`` within 15 s."""

    offered: int = 0
    connected: int = 0
    answered_15: int = 0

    def __add__(self, other: Calls) -> Calls:
        return Calls(
            self.offered + other.offered,
            self.connected + other.connected,
            self.answered_15 + other.answered_15,
        )

    @property
    def connect_rate(self) -> float | None:
        """接通率 = 接通 / 来电请求人工 (domain.md §5.3); None without a call."""
        return self.connected / self.offered if self.offered else None

    @property
    def answer_rate(self) -> float | None:
        """Answered within 15 s / connected; None when none was."""
        return self.answered_15 / self.connected if self.connected else None


def below(rate: float | None, least: float) -> bool:
    """Whether a rate breaks its limit: exactly at it is enough; no calls break nothing."""
    return rate is not None and rate < least


def wrong_counts(calls: Calls) -> str:
    """The column that cannot be: more connected than offered, more quick answers than connections; "" when all can."""
    if calls.connected > calls.offered:
        return "connected"
    return "answered_15" if calls.answered_15 > calls.connected else ""
