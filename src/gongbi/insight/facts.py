"""What the fold reads and what it gives: entries of a ledger, and the facts of a case. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from gongbi.insight.lines import Line


class Entry(NamedTuple):
    """One ledger entry, as the fold needs it. A ``LedgerEntry`` row fits as well."""

    seq: int
    at: datetime
    transition: str
    to_state: str
    facts: Mapping[str, Any]
    actor: str = ""
    unit_id: int | None = None
    from_state: str = ""


class EntryLike(Protocol):
    """What the fold reads of an entry."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def unit_id(self) -> int | None: ...
    @property
    def transition(self) -> str: ...
    @property
    def to_state(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


@dataclass(slots=True)
class Voice:
    """One report of the case, as far as the ledger names it. ``report_id`` None: the first one, not named yet."""

    report_id: int | None
    channel: str
    reported: Line | None = None
    response: Line | None = None
    contacted_at: datetime | None = None
    judged_at: datetime | None = None
    solved: bool | None = None
    grade: int | None = None


@dataclass
class Facts:
    """Everything the ledger says about one case. Times are aware; ``units`` is who held it from when on (None: nobody).

    ``lines`` holds every version of every line, ended ones too, in the order they began.
    """

    seq: int = 0
    state: str = ""
    channel: str = ""
    net: str = ""
    kind: str = ""
    territory: str = ""
    territories: list[tuple[datetime, str]] = field(default_factory=list)
    units: list[tuple[datetime, int | None]] = field(default_factory=list)
    route: int = 0
    opened_at: datetime | None = None
    accepted_at: datetime | None = None
    rejected_at: datetime | None = None
    dispatched_at: datetime | None = None
    signed_at: datetime | None = None
    handled_at: datetime | None = None
    checked_at: datetime | None = None
    closed_at: datetime | None = None
    reopened_at: datetime | None = None
    merged_into: int | None = None
    due: dict[str, datetime] = field(default_factory=dict)
    voices: list[Voice] = field(default_factory=list)
    dispatches: int = 0
    contests: int = 0
    reworks: int = 0
    reopenings: int = 0
    extensions: int = 0
    suspensions: int = 0
    exempt_at: datetime | None = None
    excluded_at: datetime | None = None
    ground: str = ""
    lines: list[Line] = field(default_factory=list)

    @property
    def unit_id(self) -> int | None:
        """Who holds it now."""
        return self.units[-1][1] if self.units else None


def cut(entries: Iterable[EntryLike], end: datetime) -> Iterator[EntryLike]:
    """The entries written before ``end``. A time that runs backwards counts as the time before it."""
    for entry in entries:
        if entry.at >= end:
            return
        yield entry
