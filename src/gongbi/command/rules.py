"""Pure decisions of command: who may order whom, numbers of notices, arrival by a time, marks of the whistle's two sides."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

Words = tuple[str, str]

# What an order is. A call belongs to a whistle, a part to a joint matter; urge and supervise carry a numbered notice.
ORDER, CALL, PART, URGE, SUPERVISE = "order", "call", "part", "urge", "supervise"
SORTS: Final = (ORDER, CALL, PART, URGE, SUPERVISE)
NOTICES: Final = frozenset({URGE, SUPERVISE})
WHISTLE, JOINT = "whistle", "joint"
LEVELS: Final = (1, 2, 3)  # of supervision, the first is the highest
SIGN, ARRIVE, REPORT = "sign", "arrive", "report"
CLOCKS: Final = (SIGN, ARRIVE, REPORT)

# What is marked, and which side of a whistle it is the business of.
SIGNED_LATE, CAME_LATE, REPORTED_LATE, ABSENT = "signed_late", "came_late", "reported_late", "absent"
NEEDLESS, WRONGLY_ADDRESSED, CALLED_OFF_LATE = "needless", "wrongly_addressed", "called_off_late"
OF_CALLED: Final = (SIGNED_LATE, CAME_LATE, REPORTED_LATE, ABSENT)
OF_CALLER: Final = (NEEDLESS, WRONGLY_ADDRESSED, CALLED_OFF_LATE)
MARKS: Final = (*OF_CALLED, *OF_CALLER)
WARRANTED: Final = "warranted"
FULL: Final = 100  # points that a side begins a whistle with

# Whom a rung of the ladder reaches.
HEAD, STREET, DISTRICT = "head", "street", "district"
REACHES: Final = (HEAD, STREET, DISTRICT)
TWO_SIDES: Final = (
    "《北京市接诉即办工作条例》第三十三条"  # both the whistling street and the called department are assessed
)
CENTRE_KINDS: Final = frozenset({"district_centre"})
WHISTLERS: Final = frozenset({"street"})
_EARTH: Final = 6_371_008.8  # metres, mean radius (IUGG)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as these rules need it. ``below``: ids of it and of all under it."""

    id: int
    kind: str
    below: frozenset[int]


def may_order(issuer: Unit, to: int) -> bool:
    """Whether a unit may order another: the district's centre any, a street itself and what is under it."""
    return issuer.kind in CENTRE_KINDS or (issuer.kind in WHISTLERS and to in issuer.below)


def may_whistle(issuer: Unit) -> bool:
    """Who calls departments to a place: streets (《北京市接诉即办工作条例》第十六条; 街道办条例第十一条). The centre orders."""
    return issuer.kind in WHISTLERS


def may_join(issuer: Unit) -> bool:
    """Who splits a joint matter among units: the district's centre or a street."""
    return issuer.kind in CENTRE_KINDS or issuer.kind in WHISTLERS


def notice_number(mark: str, year: int, seq: int) -> str:
    """A notice's number as documents write it: mark, year in hexagonal brackets, number without leading zeros: 莲督〔2026〕3号."""
    return f"{mark}〔{year}〕{seq}号"


def minutes_until(at: datetime, by: datetime) -> int:
    """Whole minutes from ``at`` to ``by``, rounded up (the deadline's own minute counts as in time); 0 or less when it is over.

    Both aware. Counted between instants, so that a clock change between them neither gives nor takes an hour.
    """
    return math.ceil((by.astimezone(UTC) - at.astimezone(UTC)) / timedelta(minutes=1))


def limit_text(minutes: int) -> str:
    """That many minutes around the clock, as ``kernel.clock.limits`` reads it."""
    return f"{minutes}分钟"


def metres(a: tuple[float, float], b: tuple[float, float]) -> int:
    """Great-circle distance of two points (longitude, latitude; degrees, CGCS2000), in whole metres (haversine)."""
    (lon1, lat1), (lon2, lat2) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return round(2 * _EARTH * math.asin(math.sqrt(min(1.0, h))))


def late(due: datetime, when: datetime) -> bool:
    """Whether ``when`` is past the deadline's minute; equal is in time, as for every clock of the house."""
    return due < when.replace(second=0, microsecond=0)


# ---- marks ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """One clock of a call. ``stopped`` None: it never was; ``cancelled``: no verdict."""

    name: str
    due: datetime
    stopped: datetime | None
    cancelled: bool = False
    exempt: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a whistle as it ended: ``state`` done, lapsed or withdrawn; ``upheld``: it was wrongly addressed."""

    state: str
    clocks: Sequence[Ran]
    upheld: bool = False
    arrived: bool = False


@dataclass(frozen=True, slots=True)
class Priced:
    """One rule: what a mark costs, in points, from a day on and until another (excluded; None: open), and where it comes from."""

    code: str
    points: int
    since: date
    until: date | None
    source: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark with its price and the rule's source."""

    code: str
    points: int
    source: str
    verified: bool


def in_force(rules: Iterable[Priced], day: date) -> dict[str, Priced]:
    """The rule of each mark on a local day; the newest where two overlap."""
    found: dict[str, Priced] = {}
    for rule in sorted(rules, key=lambda one: one.since):
        if rule.since <= day and (rule.until is None or day < rule.until):
            found[rule.code] = rule
    return found


def marks_of_called(call: Called) -> list[str]:
    """What a called unit is marked for (《北京市接诉即办工作条例》第三十三条: the called are assessed).

    Nothing where the call was taken back or was not theirs. Who did not come or report at all is ``absent``, not late as well.
    """
    if call.state == "withdrawn" or call.upheld:
        return []
    judged = [ran for ran in call.clocks if not ran.cancelled and not ran.exempt]

    def over(name: str) -> bool:
        return any(
            ran.name == name and ran.stopped is not None and late(ran.due, ran.stopped) for ran in judged
        )

    found = [SIGNED_LATE] if over(SIGN) else []
    if call.state == "lapsed":
        return [*found, ABSENT]
    return found + [code for code, name in ((CAME_LATE, ARRIVE), (REPORTED_LATE, REPORT)) if over(name)]


def marks_of_caller(calls: Sequence[Called], *, verdict: str, withdrawn: bool) -> list[str]:
    """What the caller is marked for (《北京市接诉即办工作条例》第三十三条: the whistler is assessed too).

    One mark for a needless whistle, one for each unit whose "not ours" was upheld, one for calling off when somebody had come.
    """
    found = [NEEDLESS] if verdict == NEEDLESS else []
    found += [WRONGLY_ADDRESSED for call in calls if call.upheld]
    return [*found, CALLED_OFF_LATE] if withdrawn and any(call.arrived for call in calls) else found


def priced(codes: Iterable[str], rules: dict[str, Priced]) -> list[Mark]:
    """The marks with their prices; a mark that no rule prices costs nothing and says so by an empty source."""
    found = []
    for code in codes:
        rule = rules.get(code)
        found.append(
            Mark(code, rule.points, rule.source, rule.verified) if rule else Mark(code, 0, "", False)
        )
    return found


def score(marks: Iterable[Mark]) -> int:
    """What is left of the full points, never below zero."""
    return max(0, FULL - sum(mark.points for mark in marks))


# ---- ladder --------------------------------------------------------------------------------------------------------


def rung_fault(*, flow: str, clock: str, minutes: int, transfer: bool, notice: str) -> str:
    """What is wrong with a rung: ``minutes``, ``transfer``, ``notice`` or ``clock``; "" when nothing is.

    Only orders change hands by themselves: a case is dispatched anew by people, with its article.
    """
    if minutes < 0 or minutes > 366 * 24 * 60:
        return "minutes"
    if transfer and flow != "order":
        return "transfer"
    if notice and notice != URGE and notice not in tuple(f"{SUPERVISE}{level}" for level in LEVELS):
        return "notice"
    return "" if clock and len(clock) <= 16 else "clock"


def notice_of(text: str) -> tuple[str, int]:
    """``("supervise", 2)`` of ``"supervise2"``; ``("urge", 0)`` of ``"urge"``."""
    return (SUPERVISE, int(text[-1])) if text.startswith(SUPERVISE) else (URGE, 0)
