"""What goes over HTTP about duty."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal

from ninja import Field, Schema

KEY = 2**63 - 1


class TurnOut(Schema):
    """One turn, half-open. ``who`` and ``office_phone``: of the office; a private number is never here."""

    id: int
    roster: str
    unit_id: int
    post_id: int
    who: str
    office_phone: str
    shift: str
    sort: str
    starts_at: datetime
    ends_at: datetime
    source: str


class TurnsOut(Schema):
    """``whole``: nothing was cut off."""

    turns: list[TurnOut]
    whole: bool


class ShiftOut(Schema):
    """One shift in the roster's local time; ``ends`` not after ``starts``: on the next day."""

    name: str
    name_en: str
    starts: time
    ends: time
    days: str
    needed: int
    sort: str


class RosterOut(Schema):
    """One roster. ``zone``: the IANA name of the clock it follows."""

    code: str
    name: str
    name_en: str
    kind: str
    unit_id: int
    territory: str
    zone: str
    synthetic: bool
    shifts: list[ShiftOut]


class RostersOut(Schema):
    """By unit."""

    rosters: list[RosterOut]


class GapOut(Schema):
    """Between the two moments ``missing`` people are lacking."""

    roster: str
    shift: str
    starts_at: datetime
    ends_at: datetime
    missing: int


class GapsOut(Schema):
    """The first first."""

    gaps: list[GapOut]


class FillIn(Schema):
    """Local days, both included."""

    first: date
    last: date


class FilledOut(Schema):
    """``open``: places that nobody could take; ``provisional``: days that no holiday notice has fixed yet."""

    turns: list[TurnOut]
    open: int
    provisional: list[date]


class TurnIn(Schema):
    """``despite``: why too little rest or too many hours are accepted."""

    roster: str = Field(max_length=32)
    post_id: int = Field(ge=1, le=KEY)
    starts_at: datetime
    ends_at: datetime
    sort: Literal["watch", "lead"] = "watch"
    despite: str = ""


class CancelIn(Schema):
    """Why."""

    reason: str


class StandInIn(Schema):
    """Who, and why."""

    post_id: int = Field(ge=1, le=KEY)
    reason: str
    despite: str = ""


class NoteIn(Schema):
    """``matters``: numbers to be watched."""

    text: str
    matters: list[str] = []


class NoteOut(Schema):
    """One handover note; ``seq`` orders them."""

    id: int
    seq: int
    text: str
    matters: list[str]
    at: datetime
    taken_at: datetime | None


class NotesOut(Schema):
    """The newest first."""

    notes: list[NoteOut]


class SwapIn(Schema):
    """``other``: the turn of theirs that I would stand; none: a stand-in."""

    turn: int = Field(ge=1, le=KEY)
    to_post: int = Field(ge=1, le=KEY)
    why: str
    other: int | None = Field(None, ge=1, le=KEY)


class SwapStepIn(Schema):
    """``despite``: for ``approve``; ``reason``: for ``decline`` and ``refuse``."""

    version: int
    reason: str = ""
    despite: str = ""


class SwapOut(Schema):
    """One swap or stand-in with what may be done now."""

    number: str
    state: str
    version: int
    turn: int
    other: int | None
    asker_post: int
    to_post: int
    why: str
    answer: str
    allowed: list[str]


class SwapsOut(Schema):
    """The newest first."""

    swaps: list[SwapOut]
