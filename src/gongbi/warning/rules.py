"""What is a warning, of which level, and whether it is a new one. Plain values in, plain values out.

The four levels and their colours: 《突发事件应对法》（2024年）第六十三条 (一级红、二级橙、三级黄、四级蓝). Where a level begins is the district's own
setting, see :mod:`gongbi.warning.settings`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from gongbi.warning.settings import Config

LEVELS_ARTICLE = "《突发事件应对法》（2024年）第六十三条"
RED, ORANGE, YELLOW, BLUE = 1, 2, 3, 4
CLUSTER, RISE, REPEAT, LATE = "cluster", "rise", "repeat", "late"
SORTS = (CLUSTER, RISE, REPEAT, LATE)
RIGHT, WRONG = "right", "wrong"
Words = tuple[str, str]
_DIVISIONS = (15, 12, 9, 6)  # digits of a grid, community, street, district
_COMMUNITY = 12  # digits
_GROUP = 3  # first characters of a kind's code: its major class
MOST_CASES = 300  # kept with a warning of repeats or of lateness
_WEEK = 7.0


def level_by_recurrence(days: float, config: Config) -> int:
    """The level (1 red … 4 blue) of what chance gives once in so many days (《突发事件应对法》（2024年）第六十三条 for the four)."""
    return BLUE - bisect_right(config.recurrence_levels, days)


def level_by_count(count: float, steps: Sequence[float]) -> int | None:
    """The level of a count against four rising steps; None below the first (《突发事件应对法》（2024年）第六十三条 for the four)."""
    passed = bisect_right(steps, count)
    return None if passed == 0 else BLUE + 1 - passed


def least_recurrence(scans: int, config: Config) -> float:
    """Days of recurrence from which a cluster is raised, so that ``scans`` looks a day keep to half of the accepted false alarms.

    Each scan by itself gives one false cluster in as many days as its recurrence; the other half is for the rises.
    """
    return _WEEK * max(scans, 1) / (config.false_alarms / 2)


def rise_recurrence(rate: float) -> float:
    """Days until chance gives one such rise somewhere in the district, of the alarms a week that such a limit would give."""
    return _WEEK / max(rate, 1e-9)


def span_words(days: float) -> Words:
    """A recurrence as people say it: days up to a year, then years, at most a hundred."""
    if days < 365:
        return f"{days:.0f}天", f"{days:.0f} days"
    years = days / 365
    if years >= 100:
        return "100年以上", "100 years or more"
    return (
        (f"{years:.0f}年", f"{years:.0f} years") if years >= 10 else (f"{years:.1f}年", f"{years:.1f} years")
    )


def group_of(kind: str) -> str:
    """The major class of a kind: what is counted together."""
    return kind[:_GROUP]


def common_code(codes: Iterable[str]) -> str:
    """The smallest division that holds all of them; "" for none."""
    given = [code for code in codes if code]
    if not given:
        return ""
    low, high = min(given), max(given)
    return next((low[:n] for n in _DIVISIONS if len(low) >= n and high[:n] == low[:n] and len(high) >= n), "")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing worth a warning, as a detector found it. ``subject`` names it among those of its sort; no person anywhere.

    ``codes``: divisions it is about; ``first``, ``last``: local days, both included. ``expected``: of the same as ``observed``.
    """

    sort: str
    level: int
    subject: str
    group: str
    kind: str
    codes: tuple[str, ...]
    first: date
    last: date
    observed: int
    expected: float | None = None
    recurrence: float | None = None
    unit_id: int | None = None
    centre: tuple[float, float] | None = None
    radius_km: float | None = None
    cases: tuple[int, ...] = ()  # keys, of repeats and of lateness
    reasons: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """A warning raised before, as far as one must know to tell whether a find is new."""

    key: int
    sort: str
    level: int
    subject: str
    group: str
    codes: frozenset[str]
    first: date
    last: date
    growing: bool


def continues(known: Known, found: Found, config: Config) -> bool:
    """Whether a find is the same thing as a warning raised before: same sort and kinds, a place shared, no quiet between them."""
    if (known.sort, known.group) != (found.sort, found.group):
        return False
    gap = timedelta(days=config.quiet_days)
    if found.first > known.last + gap or known.first > found.last + gap:
        return False
    if found.sort == CLUSTER:
        return meet(known.codes, found.codes)
    return known.subject == found.subject


def meet(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two areas share a place: a grid, or a community that one names whole (a live look does) and the other in part."""
    a, b = set(some), set(others)
    whole = {code for code in a | b if len(code) <= _COMMUNITY}
    return not a.isdisjoint(b) or bool(
        whole & {code[:_COMMUNITY] for code in a} & {code[:_COMMUNITY] for code in b}
    )


def settle(known: Sequence[Known], found: Found, config: Config) -> tuple[str, Known | None]:
    """What becomes of a find: ``grow`` (a warning at work goes on), ``silent`` (people have decided about it) or ``raise``.

    What was dismissed or reviewed is raised again only when it has become more severe.
    """
    same = [one for one in known if continues(one, found, config)]
    at_work = [one for one in same if one.growing]
    if at_work:
        return "grow", max(at_work, key=lambda one: (one.last, one.key))
    if same:
        last = max(same, key=lambda one: (one.last, one.key))
        return ("raise" if found.level < min(one.level for one in same) else "silent"), last
    return "raise", None


def same_problem(known: Known, found: Found) -> bool:
    """Whether a warning of another sort tells of what was found too: the same kinds, a place shared, at the same time.

    Lateness is about a unit, not about a problem at a place: it is the same as nothing else.
    """
    if known.sort == found.sort or known.group != found.group or LATE in (known.sort, found.sort):
        return False
    return known.first <= found.last and found.first <= known.last and meet(known.codes, found.codes)


def said_once(finds: Iterable[Found]) -> list[Found]:
    """A rise in a community that a cluster of the same class reaches into is the same event, and the cluster tells more of it."""
    given = list(finds)
    told = {(one.group, code[:12]) for one in given if one.sort == CLUSTER for code in one.codes}
    return [one for one in given if one.sort != RISE or (one.group, one.codes[0]) not in told]


# --- How good warnings are ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Precision:
    """How many reviewed warnings were right and wrong."""

    right: int = 0
    wrong: int = 0

    @property
    def value(self) -> float | None:
        """Right ones among the reviewed; None where there is none."""
        reviewed = self.right + self.wrong
        return self.right / reviewed if reviewed else None

    def plus(self, other: Precision) -> Precision:
        """Both together."""
        return Precision(self.right + other.right, self.wrong + other.wrong)


@dataclass(frozen=True, slots=True)
class Told:
    """What a look gave: the finds, and what each detector had to say of its work (numbers and words for the run's own page)."""

    found: tuple[Found, ...] = ()
    numbers: dict[str, Any] = field(default_factory=dict)
