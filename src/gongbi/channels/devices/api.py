"""Readings over HTTP: a batch of a gateway or a device, answered reading by reading; the closed list of kinds."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from ninja.params.functions import Query

from gongbi.channels.devices import actions, queries, reading
from gongbi.channels.devices.actions import taking
from gongbi.kernel.errors import Forbidden, in_language
from gongbi.kernel.scope import ANYONE, endpoint
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.parties.auth import BearerKeyAuth, KeyAuth

CHANNEL = "devices"  # of the keys that may send readings


def _bad_key() -> None:
    taking.write([taking.refused("unknown_key")], at=timezone.now())


router = Router(tags=["devices"])


class FaultOut(Schema):
    """What is wrong with reading ``index`` of the message; -1: with the whole message."""

    index: int
    reason: str
    field: str
    device: str
    message: str


class TakenOut(Schema):
    """``kept``: durable. ``shed``: left out because too much waits (never one that may be part of an alarm). ``clock``: kept with the
    time of receipt, because the device's clock is wrong.
    """

    kept: int
    shed: int
    clock: int
    faults: list[FaultOut]


class AnswerOut(Schema):
    """One step of the case that an event of these devices became. ``id``: to go on with; ``number``: the receipt; ``words``: [zh, en]."""

    id: int
    event: int
    kind: str
    place: str
    devices: list[str]
    number: str
    state: str
    words: list[str]
    closed: bool
    said: str
    at: str


class KindOut(Schema):
    """A kind of devices: what its readings are. A flag has neither unit nor range."""

    kind: str
    name: str
    quantity: str
    flag: bool
    unit: str
    low: float
    high: float


_TIME: dict[str, Any] = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "number", "minimum": 0}]
}
_READING: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["device"],
    "properties": {
        "device": {"type": "string", "minLength": 1, "maxLength": 40},
        "value": {"type": "number"},
        "flag": {"type": "boolean"},
        "at": _TIME,
        "seq": {"type": "integer", "minimum": 0},
    },
}
_BATCH: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["readings"],
    "properties": {
        "sent": _TIME,
        "readings": {"type": "array", "minItems": 1, "maxItems": reading.MOST, "items": _READING},
    },
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": _BATCH,
                "example": {
                    "readings": [
                        {"device": "SM-0001", "flag": True, "at": "2026-11-23T08:00:00+08:00", "seq": 17}
                    ]
                },
            }
        },
    }
}


@router.post(
    "/devices/readings",
    auth=[KeyAuth(_bad_key), BearerKeyAuth(_bad_key)],
    response={202: TakenOut, 422: TakenOut},
    summary="Send readings of devices",
    openapi_extra=_BODY,
)
@endpoint("api.readings", roles={roles.INTEGRATOR})
def readings(request: ViewerRequest) -> Status[dict[str, Any]]:
    """Readings of one gateway or device, 1,000 and 256 KB at most. What is good is kept even when its neighbours are wrong; 422 when
    nothing was good. A repetition of the same reading changes nothing. The key's channel is `devices` and its territories hold the
    devices that it speaks for.
    """
    now = timezone.now()
    _check_channel(request)
    try:
        taken = actions.take(request.body, viewer=request.viewer, key=_prefix(request), at=now)
    except RequestDataTooBig:
        taking.write([taking.refused("oversized")], at=now)
        raise
    told = {
        "kept": taken.kept,
        "shed": taken.shed,
        "clock": taken.skewed,
        "faults": [
            {
                "index": one.index,
                "reason": one.reason,
                "field": one.field,
                "device": one.device,
                "message": in_language(one.words),
            }
            for one in taken.faults
        ],
    }
    return Status(202 if taken.kept or taken.shed else 422, told)


@router.get(
    "/devices/answers",
    auth=[KeyAuth(_bad_key), BearerKeyAuth(_bad_key)],
    response=list[AnswerOut],
    summary="What became of the events of your devices",
)
@endpoint("api.device_answers", roles={roles.INTEGRATOR})
def answers(request: ViewerRequest, after: int = Query(0, ge=0, lt=2**63)):  # type: ignore[no-untyped-def]
    """The next 500 after that ``id``, in their order, each step once: the same that a gateway hears over MQTT."""
    _check_channel(request)
    return queries.answers(request.viewer, key=_prefix(request), after=after)


@router.get("/devices/kinds", response=list[KindOut], summary="Kinds of devices")
@endpoint("api.device_kinds", roles=ANYONE)
def kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """The closed list: numbers with their unit (UCUM) and range, or flags. There is none for faces, number plates or sound."""
    return [
        {**one, "name": in_language(one["name"]), "quantity": in_language(one["quantity"])}
        for one in reading.kinds()
    ]


def _check_channel(request: ViewerRequest) -> None:
    if getattr(request, "channel", "") != CHANNEL:
        _bad_key()
        raise Forbidden(
            "devices.channel",
            (
                "这把密钥不是设备密钥：请让安全管理员为渠道 devices 建立密钥。",
                "This is no key of devices: ask the security administrator for one of the channel devices.",
            ),
        )


def _prefix(request: HttpRequest) -> str:
    """The public part of the presented key (``gb_<prefix>_<secret>``)."""
    given = request.headers.get("X-API-Key") or request.headers.get("Authorization", "").removeprefix(
        "Bearer "
    )
    parts = given.strip().split("_", 2)
    return parts[1] if len(parts) == 3 else ""
