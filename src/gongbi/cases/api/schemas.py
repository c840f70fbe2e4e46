"""What goes in and out of the cases API: plain pydantic models (ninja's own look every attribute up twice).

Times are ISO 8601 with zone; coordinates CGCS2000 degrees unless ``crs`` says otherwise.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from gongbi.cases import links
from gongbi.cases.models import Case, Report
from gongbi.cases.queries.reading import Event
from gongbi.cases.wording import clean_text
from gongbi.kernel.flow.queries import Step

Key = Annotated[int, Field(ge=1, le=2**53)]
# Described with their limits, checked by the ground: it knows swapped, projected and foreign coordinates apart and says so.
Longitude = Annotated[float, Field(json_schema_extra={"minimum": -180, "maximum": 180})]
Latitude = Annotated[float, Field(json_schema_extra={"minimum": -90, "maximum": 90})]


def _written_time(value: Any) -> Any:
    """A number could be seconds or milliseconds: a time is written out, with its zone."""
    if isinstance(value, (int, float)) or (
        isinstance(value, str) and value.strip().replace(".", "", 1).lstrip("-").isdigit()
    ):
        raise PydanticCustomError("datetime_number", "a time is written out")
    return value


Moment = Annotated[datetime, BeforeValidator(_written_time)]
# What the upload answered; good for a day.
Ticket = Annotated[str, Field(max_length=200)]
Short = Annotated[str, Field(max_length=200)]
Long = Annotated[str, Field(max_length=10_000)]


def _cleaned(value: Any, depth: int = 3) -> Any:
    """Every text of a body; no field of ours lies deeper, and what does is refused by its shape."""
    if isinstance(value, str):
        return value if value.isprintable() else clean_text(value)
    if depth and isinstance(value, list):
        return [_cleaned(item, depth - 1) for item in value]
    if depth and isinstance(value, dict):
        return {_cleaned(key): _cleaned(item, depth - 1) for key, item in value.items()}
    return value


class In(BaseModel):
    """Unknown fields are refused, so that a misspelt one is not lost silently. Texts lose what is no writing (control characters,
    direction overrides, half surrogates), which a database would refuse or a screen show wrong."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _writing(cls, given: Any) -> Any:
        return _cleaned(given)


class ReportIn(In):
    text: Long
    said_at: Moment | None = None
    place_words: Short = ""
    lon: Longitude | None = None
    lat: Latitude | None = None
    crs: Literal["CGCS2000", "WGS84", "GCJ02", "BD09"] = "CGCS2000"
    division: Annotated[str, Field(max_length=15)] = ""
    kind: Annotated[str, Field(max_length=8)] = ""
    answers: Annotated[
        dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]],
        Field(max_length=40),
    ] = {}
    name: Annotated[str, Field(max_length=60)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    anonymous: bool = False
    confidential: bool = False
    photos: Annotated[list[Ticket], Field(max_length=12)] = []
    join: Key | None = None
    external: Annotated[str, Field(max_length=64)] = ""
    net: Annotated[str, Field(max_length=24)] = ""
    language: Literal["zh-hans", "en"] = "zh-hans"


class ReceiptOut(BaseModel):
    """What the one who spoke keeps. ``link`` is private: whoever has it may follow and judge."""

    number: str
    link: str
    case: str
    state: str
    due_at: datetime | None
    again: bool
    joined: bool

    @staticmethod
    def of(report: Report, *, again: bool = False, joined: bool = False) -> ReceiptOut:
        case = report.case
        return ReceiptOut(
            number=report.number, link=links.token(report), case=case.number, state=case.state, due_at=case.due_at, again=again, joined=joined
        )  # fmt: skip


class FileOut(BaseModel):
    """An upload: give its ``ticket`` where ``photos`` are asked for."""

    ticket: str
    mime: str
    size: int
    width: int | None
    height: int | None


class TwinOut(BaseModel):
    id: int
    title: str
    state: str
    score: float
    metres: int | None


class EventOut(BaseModel):
    at: datetime
    step: str
    words: tuple[str, str]
    actor: str
    unit_id: int | None
    state: str
    facts: dict[str, Any]

    @staticmethod
    def of(event: Event) -> EventOut:
        return EventOut(
            at=event.at, step=event.arrow.name, words=event.arrow.words, actor=event.actor, unit_id=event.unit_id, state=event.to_state, facts=event.facts
        )  # fmt: skip


class StepOut(BaseModel):
    """A step offered to the asker; ``reason`` says why it is disabled."""

    name: str
    words: tuple[str, str]
    enabled: bool
    reason: str
    article: str
    needs: list[str]

    @staticmethod
    def of(step: Step) -> StepOut:
        arrow = step.arrow
        return StepOut(
            name=arrow.name,
            words=arrow.words,
            enabled=step.enabled,
            reason=step.reason,
            article=step.article,
            needs=list(arrow.needs),
        )


class CaseOut(BaseModel):
    number: str
    version: int
    title: str
    state: str
    state_words: tuple[str, str]
    kind: str
    standard: str
    territory: str
    lon: float | None
    lat: float | None
    place_words: str
    unit_id: int | None
    channel: str
    net: str
    urgent: bool
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None
    duty_item: str
    list_type: str
    article: str
    limit: str
    reports: int
    reworks: int

    @staticmethod
    def of(case: Case) -> CaseOut:
        return CaseOut(
            number=case.number, version=case.version, title=case.title, state=case.state, state_words=case.declared_state.words,
            kind=case.kind, standard=case.standard, territory=case.territory, lon=case.lon, lat=case.lat, place_words=case.place_words,
            unit_id=case.unit_id, channel=case.channel, net=case.net, urgent=case.urgent, opened_at=case.opened_at, closed_at=case.closed_at,
            due_at=case.due_at, duty_item=case.duty_item, list_type=case.list_type, article=case.article, limit=case.limit,
            reports=case.report_count, reworks=case.rework_count,
        )  # fmt: skip


class CaseDetail(CaseOut):
    """A case with its proposal, what the asker may do, and what has happened. ``report_keys``: what steps about one report are told by, in
    the order of ``report_numbers``."""

    proposal: dict[str, Any]
    steps: list[StepOut]
    timeline: list[EventOut]
    report_numbers: list[str]
    report_keys: list[int]


class CasePage(BaseModel):
    """``after``: give it back to get the next page; empty on the last."""

    cases: list[CaseOut]
    more: bool
    after: str


class FollowOut(BaseModel):
    """What a reporter sees: plain words, the promise, questions, and whether a verdict is due."""

    number: str
    state: str
    state_words: tuple[str, str]
    hint: tuple[str, str]
    due_at: datetime | None
    timeline: list[EventOut]
    questions: list[dict[str, Any]]
    reply: str
    may_judge: bool
    may_reopen: bool


class Versioned(In):
    """``version``: the version of the case that the caller saw; an older one is refused (409)."""

    version: Annotated[int, Field(ge=0, le=2**31)] | None = None


class AcceptIn(Versioned):
    kind: Annotated[str, Field(max_length=8)]
    standard: Annotated[str, Field(max_length=24)] = ""
    division: Annotated[str, Field(max_length=15)] = ""
    lon: Longitude | None = None
    lat: Latitude | None = None


class RejectIn(Versioned):
    ground: Annotated[str, Field(max_length=24)]
    reason: Long


class ReasonIn(Versioned):
    reason: Long


class QuestionIn(Versioned):
    question: Annotated[str, Field(max_length=1000)]
    report: Key | None = None


class DispatchIn(Versioned):
    unit: Key
    co_units: Annotated[list[Key], Field(max_length=20)] = []
    duty_item: Annotated[str, Field(max_length=24)] = ""
    limit: Annotated[str, Field(max_length=40)] = ""


class RuleIn(Versioned):
    unit: Key
    reason: Long
    article: Annotated[str, Field(max_length=160, min_length=1)]
    precedent: bool = True


class ContestIn(Versioned):
    reason: Long
    proposed_unit: Key | None = None


class ResultIn(Versioned):
    result: Long
    photos: Annotated[list[Ticket], Field(max_length=12)] = []


class AskForIn(Versioned):
    kind: Literal["extension", "suspension"]
    reason: Long
    until: Moment | None = None


class DecideIn(Versioned):
    granted: bool
    reason: Long = ""


class FindingIn(Versioned):
    finding: Long


class CallBackIn(Versioned):
    report: Key
    outcome: Literal["reached", "unreachable", "unsolved"]
    reason: Long = ""
    solved: bool | None = None
    grade: Annotated[int, Field(ge=1, le=5)] | None = None
    comment: Long = ""


class MergeIn(Versioned):
    into: Annotated[str, Field(max_length=40)]


class SplitIn(Versioned):
    reports: Annotated[list[Key], Field(max_length=200)] = []
    text: Long = ""


class ExcludeIn(Versioned):
    ground: Annotated[str, Field(max_length=24)]
    reason: Long


class ContactIn(In):
    report: Key


class JudgeIn(In):
    solved: bool
    grade: Annotated[int, Field(ge=1, le=5)]
    comment: Long = ""


class AnswerIn(In):
    question: Key
    text: Long
    photos: Annotated[list[Ticket], Field(max_length=12)] = []


class ReopenIn(In):
    reason: Long
    photos: Annotated[list[Ticket], Field(max_length=12)] = []


class OnSpotIn(ReportIn):
    """A report by a grid worker with the photos of the result (``after``)."""

    after: Annotated[list[Ticket], Field(max_length=12)] = []
