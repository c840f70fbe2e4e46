"""The door for merged networks: reports in (JSON or a table), answers out. The key's channel says whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils import timezone
from ninja import Router, Schema, Status, UploadedFile
from ninja.params.functions import File, Path, Query

from gongbi.cases.wording import clean_text
from gongbi.channels import actions
from gongbi.channels import queries as frame
from gongbi.channels.adapters import settings_of
from gongbi.channels.models import Source
from gongbi.channels.nets import queries
from gongbi.channels.nets.reading import COLUMNS, MOST, NAMES, batch_of, incoming_of
from gongbi.channels.rules import Incoming
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.scope import endpoint
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.kernel.scope.viewer import INTEGRATOR
from gongbi.kernel.tables import read_table
from gongbi.parties.auth import BearerKeyAuth, KeyAuth


def _bad_key() -> None:
    """Whose it should have been is not known, so it stands with the kind."""
    refusal = Forbidden(
        "nets.key", ("密钥无效、已收回或已到期。", "A key that does not hold, was withdrawn or has expired.")
    )
    actions.reject(refusal, kind=queries.KIND, at=timezone.now())


router = Router(tags=["networks"], auth=[KeyAuth(_bad_key), BearerKeyAuth(_bad_key)])


# Read here and not by the frame: one report that is no object, or a body that is no JSON, must be counted and hold up no other.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["reports"],
                    "properties": {
                        "reports": {
                            "type": "array",
                            "maxItems": MOST,
                            "items": {"type": "object"},
                            "description": "Each is judged by itself: one that is refused holds up no other. `external` (your number) "
                            f"and `text` are needed; there are {', '.join(sorted(NAMES))}.",
                        }
                    },
                },
                "example": {
                    "reports": [
                        {"external": "CG-2026-0001", "text": "劳动路路口井盖破损", "code": "0101", "lon": 108.913, "lat": 34.265}
                    ]
                },
            }
        },
    }
}  # fmt: skip


class TakenOut(Schema):
    """What became of one report, in the order they came. ``receipt`` is for good; ``again``: the same words as before; ``changed``: other
    words, kept as a supplement. Where ``code`` is set it was refused: ``message`` says why, ``field`` where."""

    place: int
    external: str
    receipt: str = ""
    again: bool = False
    changed: bool = False
    code: str = ""
    message: str = ""
    field: str = ""


class TakenAllOut(Schema):
    """How many were taken and how many refused, and each of them."""

    taken: int
    refused: int
    reports: list[TakenOut]


class StandingOut(Schema):
    """How one of your reports stands. ``standing``: waiting, done or refused; ``number`` our receipt number once it is a report."""

    external: str
    receipt: str
    standing: str
    number: str
    state: str
    closed: bool
    code: str
    reason: str


class AnswerOut(Schema):
    """One answer: a step of the matter that its reporter is told of. Ask again with the last ``id`` as ``after``."""

    id: int
    external: str
    number: str
    state: str
    state_words: list[str]
    closed: bool
    said: str
    at: datetime
    due_at: datetime | None


def _source(request: ViewerRequest) -> Source:
    channel = str(getattr(request, "channel", ""))
    source = frame.source_of_channel(channel, request.viewer, kind=queries.KIND)
    if source is None:
        refusal = Forbidden(
            "nets.no_source",
            (
                "这个密钥的渠道“%(channel)s”没有对应的网络。请本平台管理员在“渠道”中建立。",
                "There is no network for the channel “%(channel)s” of this key. The administrator of this platform makes one.",
            ),
            values={"channel": channel},
        )
        actions.reject(refusal, kind=queries.KIND, at=timezone.now())
        raise refusal
    return source


@contextmanager
def _counted(source: Source, at: datetime) -> Iterator[None]:
    """What refuses a whole message stands with the channel's refusals, as what refuses one of its reports does."""
    try:
        actions.check_open(source)
        yield
    except RequestDataTooBig:
        refusal = Refused(
            "nets.too_large",
            (
                "请求超过 %(most)s MB，请分几次发送。",
                "The request is larger than %(most)s MB; send it in several parts.",
            ),
            values={"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20},
        )
        refusal.status = 413
        actions.reject(refusal, kind=source.kind, at=at, source=source)
        raise refusal from None
    except Refused as refusal:
        actions.reject(refusal, kind=source.kind, at=at, source=source)
        raise


@router.post(
    "/channels/reports",
    response={202: TakenAllOut},
    summary="Send reports of a network",
    openapi_extra=_BODY,
)
@endpoint("channels.reports", roles={INTEGRATOR})
def reports(request: ViewerRequest):  # type: ignore[no-untyped-def]
    """Kept durably before the answer; made into cases in their order. Send them again as they were when no answer came."""
    now, source = timezone.now(), _source(request)
    with _counted(source, now):
        given = list(enumerate(batch_of(request.body), start=1))
    return Status(202, _take(source, given, request, now))


@router.post("/channels/table", response={202: TakenAllOut}, summary="Send a table of reports (CSV or Excel)")
@endpoint("channels.table", roles={INTEGRATOR})
def table(request: ViewerRequest, file: UploadedFile = File(...)):  # type: ignore[no-untyped-def]
    """The columns are the fields of a report, by their Chinese or English headings. ``place`` is the row in the file."""
    now, source = timezone.now(), _source(request)
    with _counted(source, now):
        given: list[tuple[int, Any]] = [
            (row.number, {name: value for name, value in row.values.items() if value})
            for row in read_table(file.read(), file.name or "", COLUMNS)
        ]
    return Status(202, _take(source, given, request, now))


def _take(source: Source, given: list[tuple[int, Any]], request: ViewerRequest, now: datetime) -> TakenAllOut:
    """Read each, refuse each by itself, keep the good ones together."""
    crs = str(settings_of(source).crs)
    good: list[tuple[int, Incoming]] = []
    told: dict[int, TakenOut] = {}
    for order, (place, values) in enumerate(given):
        external = clean_text(str(values.get("external", "")))[:100] if isinstance(values, dict) else ""
        try:
            one = incoming_of(values, crs=crs, at=now)
            actions.preview(source, one, at=now, codes=False)
        except Refused as refusal:
            actions.reject(
                refusal, kind=source.kind, at=now, source=source, external=external, content=str(values)
            )
            told[order] = TakenOut(
                place=place,
                external=external,
                code=refusal.code,
                message=clean_text(refusal.message),
                field=clean_text(refusal.field),
            )
        else:
            good.append((order, one))
    receipts = actions.accept_many(source, [one for _order, one in good], viewer=request.viewer, at=now)
    for (order, one), receipt in zip(good, receipts, strict=True):
        told[order] = TakenOut(
            place=given[order][0],
            external=one.external,
            receipt=receipt.receipt,
            again=receipt.again,
            changed=receipt.changed,
        )
    return TakenAllOut(
        taken=len(good), refused=len(given) - len(good), reports=[told[order] for order in sorted(told)]
    )


@router.get("/channels/reports/{external}", response=StandingOut, summary="How one of your reports stands")
@endpoint("channels.report", roles={INTEGRATOR})
def report(request: ViewerRequest, external: str = Path(..., max_length=100)):  # type: ignore[no-untyped-def]
    """By your own number."""
    return queries.standing(external, _source(request), request.viewer)


@router.get("/channels/answers", response=list[AnswerOut], summary="What became of your reports")
@endpoint("channels.answers", roles={INTEGRATOR})
def answers(request: ViewerRequest, after: int = Query(0, ge=0, lt=2**63)):  # type: ignore[no-untyped-def]
    """The next 500 answers after that ``id``, in their order; each change once."""
    return queries.answers(_source(request), request.viewer, after=after)
