"""The shapes that the components in ``templates/look/components`` take. Plain values: no component asks a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from gongbi.kernel.flow.declare import Transition
from gongbi.look.deadlines import Tone

if TYPE_CHECKING:
    from gongbi.kernel.flow.queries import Step

# A (Chinese, English) pair, or one (lazily translated) text: every component takes either.
Text = Any


@dataclass(frozen=True, slots=True)
class NavItem:
    """One line of the side navigation; without ``href`` it is the heading of a group."""

    words: Text
    href: str = ""
    icon: str = ""
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class PostChoice:
    """A post that the account holds: what the switcher shows and sends (as ``post``)."""

    id: int
    words: Text
    current: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """One piece of evidence. ``alt`` says what is seen; ``label`` when and by whom (before, after …)."""

    href: str
    thumb: str
    alt: Text
    label: Text = ""
    at: datetime | None = None
    facts: Sequence[Fact] = ()  # where and when it was taken, as the phone said
    question: Text = ""  # what somebody should look at twice


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a timeline: what, when, by whom, what was said, on which ground, with which evidence."""

    words: Text
    at: datetime
    by: Text = ""
    said: Text = ""
    article: str = ""
    tone: Tone = "quiet"
    shape: str = "ring"
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a fact list. ``value`` may be a text, a pair or safe HTML (a tag's output)."""

    words: Text
    value: Any
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Column:
    """``tight``: short contents that must not break (codes, dates, names of places)."""

    words: Text
    number: bool = False
    tight: bool = False
    sort_href: str = ""
    sorted: Literal["", "ascending", "descending"] = ""
    role: str = ""  # for charts: "low", "high" or "skip"


@dataclass(frozen=True, slots=True)
class Cell:
    """``value``: text, pair, number or safe HTML; ``raw``: the plain number for charts and sorting."""

    value: Any
    href: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption. The first cell of a row is its head; on a phone each row becomes a small sheet."""

    caption: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell] = ()
    note: Text = ""
    stack: bool = True

    def lines(self) -> list[list[tuple[Column, Cell]]]:
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]

    def foot_line(self) -> list[tuple[Column, Cell]]:
        return list(zip(self.columns, self.foot, strict=True)) if self.foot else []


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that opens its rows: a rate (numerator of denominator) or a plain ``value``."""

    words: Text
    href: str = ""
    numerator: int | None = None
    denominator: int | None = None
    value: Any = None
    interval: tuple[float, float] | None = None  # in per cent
    note: Text = ""
    is_rate: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_rate", self.denominator is not None)

    @property
    def parts(self) -> str:
        return f"{self.numerator or 0:,} / {self.denominator or 0:,}"


@dataclass(frozen=True, slots=True)
class Tab:
    words: Text
    href: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Turning the pages of a list that is too long to count: the neighbours' addresses, and how many are shown."""

    previous: str = ""
    next: str = ""
    shown: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Similar:
    """A matter that is already being handled nearby."""

    number: str
    words: Text
    href: str
    metres: int | None = None
    matter: Any = None
    reporters: int = 0
    join_href: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """A step with the letter that takes it at the desk."""

    arrow: Transition
    enabled: bool
    reason: str = ""
    article: str = ""
    key: str = ""


def offered(steps: Iterable[Step], keys: Mapping[str, str]) -> list[Offered]:
    """``kernel.flow.queries.steps`` with the letters of the desk, by transition name: ``{"accept": "a"}``."""
    return [Offered(s.arrow, s.enabled, s.reason, s.article, keys.get(s.arrow.name, "")) for s in steps]
