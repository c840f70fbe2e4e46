"""What goes in and out of the API of command."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

_TEXT = Field(max_length=4000)


class OrderOut(Schema):
    """One order. ``sort``: order, call, part, urge, supervise; ``level`` 1 (highest) to 3 of a supervision; ``drill``: an exercise."""

    number: str
    state: str
    version: int
    sort: str
    level: int
    drill: bool
    lead: bool
    title: str
    text: str
    territory: str
    unit_id: int | None
    issuer_unit_id: int | None
    place_words: str
    comes: bool
    come_by: datetime | None
    due_at: datetime | None
    opened_at: datetime
    signed_at: datetime | None
    arrived_at: datetime | None
    metres: int | None
    reported_at: datetime | None
    result: str


class OrdersOut(Schema):
    """``more``: whether another page follows."""

    orders: list[OrderOut]
    more: bool


class OneOrderOut(OrderOut):
    """An order with its whistle, its notice and what may be done now."""

    whistle: str
    notice: str
    allowed: list[str]


class WhistleOut(Schema):
    """One whistle or joint matter (``sort`` whistle, joint). ``verdict``: warranted or needless, once judged."""

    number: str
    state: str
    version: int
    sort: str
    drill: bool
    title: str
    text: str
    territory: str
    caller_unit_id: int | None
    place_words: str
    come_by: datetime | None
    opened_at: datetime
    result: str
    verdict: str


class OneWhistleOut(WhistleOut):
    """With its calls, the lead first, and what may be done now."""

    calls: list[OrderOut]
    allowed: list[str]


class OrderIn(Schema):
    """One order. ``about``: the key of the matter (needed for urge and supervise). ``key``: the sender's own, against giving twice."""

    unit_id: int | None = None
    title: str = Field(max_length=200)
    text: str = _TEXT
    sort: Literal["order", "urge", "supervise"] = "order"
    level: int = Field(0, ge=0, le=3)
    about: int | None = None
    territory: str = Field("", max_length=15, pattern=r"^\d*$")
    place_words: str = Field("", max_length=200)
    lon: float | None = None
    lat: float | None = None
    come: bool = False
    come_by: datetime | None = None
    drill: bool = False
    key: str = Field("", max_length=40)


class CalledUnitIn(Schema):
    """One called unit; ``duty``: its share, if not what the whistle says."""

    unit_id: int
    duty: str = Field("", max_length=2000)
    lead: bool = False


class WhistleIn(Schema):
    """Units called to a place by a time (``whistle``), or a matter split among units (``joint``)."""

    units: list[CalledUnitIn] = Field(min_length=1, max_length=40)
    title: str = Field(max_length=200)
    text: str = _TEXT
    sort: Literal["whistle", "joint"] = "whistle"
    about: int | None = None
    territory: str = Field("", max_length=15, pattern=r"^\d*$")
    place_words: str = Field("", max_length=200)
    lon: float | None = None
    lat: float | None = None
    come_by: datetime | None = None
    drill: bool = False


class OrderStepIn(Schema):
    """``version``: the one that was read."""

    version: int


class OrderArrivalIn(OrderStepIn):
    """Where they are; a position is turned into the distance to the place and not kept."""

    lon: float | None = None
    lat: float | None = None
    place_words: str = Field("", max_length=200)


class OrderResultIn(OrderStepIn):
    """What was done."""

    result: str = _TEXT


class OrderReasonIn(OrderStepIn):
    """Why."""

    reason: str = _TEXT


class ObjectionRuledIn(OrderReasonIn):
    """``upheld``: it was not theirs."""

    upheld: bool


class OrderRedirectIn(OrderReasonIn):
    """To which unit."""

    unit_id: int


class WhistleMoreIn(OrderStepIn):
    """More units."""

    units: list[CalledUnitIn] = Field(min_length=1, max_length=40)


class WhistleVerdictIn(OrderReasonIn):
    """Was it needed?"""

    verdict: Literal["warranted", "needless"]


class WhistleMarkOut(Schema):
    """One mark and what it cost; ``source`` "" where no rule prices it."""

    code: str
    points: int
    source: str
    verified: bool


class WhistleLineOut(Schema):
    """One whistle (or call) of the unit."""

    number: str
    whistle: str
    marks: list[WhistleMarkOut]
    score: int


class WhistleScoreOut(Schema):
    """One unit on one side (caller, called), its lines and their mean of 100."""

    unit_id: int
    side: str
    mean: float
    lines: list[WhistleLineOut]
