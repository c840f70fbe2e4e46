"""What the field app sends. Unknown fields are refused: a count that somebody should reach has no field to stand in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gongbi.cases.api.schemas import In, Latitude, Long, Longitude, Moment, Short

Key = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
Keys = Annotated[list[Key], Field(max_length=12)]
Metres = Annotated[float, Field(ge=0, le=1_000_000)]
Note = Annotated[str, Field(max_length=2000)]
Seconds = Annotated[int, Field(ge=0, le=864_000)]


class PhotoIn(In):
    """``lon``/``lat``: the phone; ``camera_lon``/``camera_lat``: the picture's own record; ``sure``: it belongs here all the same."""

    key: Key
    digest: Annotated[str, Field(min_length=64, max_length=64)]
    size: Annotated[int, Field(ge=1)]
    taken_at: Moment
    lon: Longitude | None = None
    lat: Latitude | None = None
    accuracy: Metres | None = None
    camera_lon: Longitude | None = None
    camera_lat: Latitude | None = None
    sure: bool = False


class MatterIn(In):
    """What was found. ``did``: solved on the spot (the photos show it), or reported for others to deal with."""

    text: Long = ""
    kind: Annotated[str, Field(max_length=8)] = ""
    did: Literal["solved", "report"] = "report"


class EntryIn(In):
    """One entry. With ``matter`` it becomes a report too; every ledger that asks for it is filled from here."""

    key: Key
    sort: Literal["checkin", "visit", "report"]
    at: Moment
    form: Annotated[str, Field(max_length=24)] = ""
    answers: Annotated[
        dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]],
        Field(max_length=40),
    ] = {}
    note: Note = ""
    place_words: Short = ""
    floor: Annotated[int, Field(ge=-9, le=199)] | None = None
    division: Annotated[str, Field(max_length=15)] = ""
    lon: Longitude | None = None
    lat: Latitude | None = None
    care: Annotated[int, Field(ge=1, le=2**53)] | None = None
    photos: Keys = []
    matter: MatterIn | None = None
    seconds: Seconds = 0


class ShiftIn(In):
    key: Key
    at: Moment


class StopIn(In):
    at: Moment


class PointIn(In):
    at: Moment
    lon: Longitude
    lat: Latitude
    accuracy: Metres | None = None


class TrackIn(In):
    points: Annotated[list[PointIn], Field(max_length=500)]


class NothingIn(In):
    """No words needed."""


class DeclineIn(In):
    reason: Annotated[str, Field(min_length=2, max_length=200)]


class HandOverIn(DeclineIn):
    post: Annotated[int, Field(ge=1, le=2**53)]


class BackIn(In):
    """What was found at the place."""

    key: Key
    verdict: Annotated[str, Field(max_length=12)]
    finding: Note = ""
    photos: Keys = []


class FinishIn(In):
    """A matter of the own unit is dealt with: signed for and finished in one go."""

    key: Key
    result: Note
    photos: Keys = []


class LookIn(In):
    """Ask a grid worker to look at a matter."""

    case: Annotated[str, Field(max_length=40)]
    question: Short = ""


class WhyIn(In):
    reason: Annotated[str, Field(min_length=4, max_length=200)]
