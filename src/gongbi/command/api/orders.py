"""Orders over HTTP: lists, one, giving, every step, notices as files."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja.params.functions import Query

from gongbi.command import actions, documents, queries, refusals
from gongbi.command.api.doors import GIVERS, JUDGES, READERS, WORKERS, router
from gongbi.command.api.schemas import (
    ObjectionRuledIn,
    OneOrderOut,
    OrderArrivalIn,
    OrderIn,
    OrderOut,
    OrderReasonIn,
    OrderRedirectIn,
    OrderResultIn,
    OrdersOut,
    OrderStepIn,
)
from gongbi.command.models import Order
from gongbi.kernel.flow import queries as steps
from gongbi.kernel.scope import endpoint
from gongbi.kernel.scope.http import ViewerRequest

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILES: dict[str, Any] = {
    "responses": {
        200: {"description": "The file", "content": {documents.WORD: _BINARY, documents.PDF: _BINARY}}
    }
}


@router.get("/orders", response=OrdersOut, summary="Orders, what is due first at the top")
@endpoint("api.orders", roles=READERS)
def orders(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    tab: Literal["mine", "given", "open", "ended"] = "open",
    unit_id: int | None = None,
    page: int = Query(1, ge=1, le=10_000),
):
    """``mine``: at my unit; ``given``: by my unit; fifty a page."""
    found = queries.orders(request.viewer, tab, unit_id=unit_id, page=page)
    return {"orders": list(found.orders), "more": found.more}


@router.post("/orders", response=OneOrderOut, summary="Give an order, urge or supervise")
@endpoint("api.order.give", roles=GIVERS)
def give(request: ViewerRequest, body: OrderIn):  # type: ignore[no-untyped-def]
    """An urge or supervision gets its numbered notice. The same ``key`` again gives back the same order."""
    given = actions.Given(**body.dict())
    return _order(actions.give(given, viewer=request.viewer, at=timezone.now()), request)


@router.get("/orders/{number}", response=OneOrderOut, summary="One order")
@endpoint("api.order", roles=READERS)
def order(request: ViewerRequest, number: str):  # type: ignore[no-untyped-def]
    """With what may be done now."""
    return _order(queries.order_by_number(number, request.viewer), request)


def _order(found: Order, request: ViewerRequest) -> dict[str, Any]:
    notice = queries.notice_of(found, request.viewer)
    return {name: getattr(found, name) for name in OrderOut.model_fields} | {
        "whistle": found.call_of.number if found.call_of is not None else "",
        "notice": notice.number if notice is not None else "",
        "allowed": steps.allowed(found, request.viewer, at=timezone.now()),
    }


def _at(number: str, request: ViewerRequest, version: int) -> dict[str, Any]:
    found = queries.order_by_number(number, request.viewer)
    return {"key": found.pk, "viewer": request.viewer, "at": timezone.now(), "expected_version": version}


@router.post("/orders/{number}/sign", response=OneOrderOut, summary="Sign for an order")
@endpoint("api.order.sign", roles=WORKERS)
def sign(request: ViewerRequest, number: str, body: OrderStepIn):  # type: ignore[no-untyped-def]
    """The unit takes it."""
    return _order(actions.sign(**_at(number, request, body.version)), request)


@router.post("/orders/{number}/arrive", response=OneOrderOut, summary="Say that somebody has arrived")
@endpoint("api.order.arrive", roles=WORKERS)
def arrive(request: ViewerRequest, number: str, body: OrderArrivalIn):  # type: ignore[no-untyped-def]
    """Signs for it too where nobody had."""
    place: dict[str, Any] = {"lon": body.lon, "lat": body.lat, "place_words": body.place_words}
    return _order(actions.arrive(**_at(number, request, body.version), **place), request)


@router.post("/orders/{number}/report", response=OneOrderOut, summary="Report on an order")
@endpoint("api.order.report", roles=WORKERS)
def report(request: ViewerRequest, number: str, body: OrderResultIn):  # type: ignore[no-untyped-def]
    """What was done."""
    return _order(actions.report(**_at(number, request, body.version), result=body.result), request)


@router.post("/orders/{number}/contest", response=OneOrderOut, summary="Say that an order is not ours")
@endpoint("api.order.contest", roles=WORKERS)
def contest(request: ViewerRequest, number: str, body: OrderReasonIn):  # type: ignore[no-untyped-def]
    """The clocks go on."""
    return _order(actions.contest(**_at(number, request, body.version), reason=body.reason), request)


@router.post("/orders/{number}/rule", response=OneOrderOut, summary="Rule on an objection")
@endpoint("api.order.rule", roles=WORKERS | JUDGES)
def rule(request: ViewerRequest, number: str, body: ObjectionRuledIn):  # type: ignore[no-untyped-def]
    """Upheld: the order is taken back."""
    done = actions.rule(**_at(number, request, body.version), upheld=body.upheld, reason=body.reason)
    return _order(done, request)


@router.post("/orders/{number}/accept", response=OneOrderOut, summary="Accept what was reported")
@endpoint("api.order.accept", roles=WORKERS)
def accept(request: ViewerRequest, number: str, body: OrderStepIn):  # type: ignore[no-untyped-def]
    """By who gave it."""
    return _order(actions.accept(**_at(number, request, body.version)), request)


@router.post("/orders/{number}/send-back", response=OneOrderOut, summary="Send a report back")
@endpoint("api.order.send_back", roles=WORKERS)
def send_back(request: ViewerRequest, number: str, body: OrderReasonIn):  # type: ignore[no-untyped-def]
    """Once more, with a new clock."""
    return _order(actions.send_back(**_at(number, request, body.version), reason=body.reason), request)


@router.post("/orders/{number}/redirect", response=OneOrderOut, summary="Redirect an order")
@endpoint("api.order.redirect", roles=WORKERS)
def redirect(request: ViewerRequest, number: str, body: OrderRedirectIn):  # type: ignore[no-untyped-def]
    """To another unit, whose clocks begin now."""
    done = actions.redirect(**_at(number, request, body.version), unit_id=body.unit_id, reason=body.reason)
    return _order(done, request)


@router.post("/orders/{number}/withdraw", response=OneOrderOut, summary="Take an order back")
@endpoint("api.order.withdraw", roles=WORKERS)
def withdraw(request: ViewerRequest, number: str, body: OrderReasonIn):  # type: ignore[no-untyped-def]
    """By who gave it."""
    return _order(actions.withdraw(**_at(number, request, body.version), reason=body.reason), request)


@router.get("/orders/{number}/notice", summary="The numbered notice as Word or PDF", openapi_extra=_FILES)
@endpoint("api.order.notice", roles=READERS)
def notice(request: ViewerRequest, number: str, ending: Literal["docx", "pdf"] = "pdf"):  # type: ignore[no-untyped-def]
    """Of an urge or a supervision."""
    found = queries.notice_of(queries.order_by_number(number, request.viewer), request.viewer)
    if found is None:
        raise refusals.not_there()
    made = documents.as_word(found) if ending == "docx" else documents.as_pdf(found)
    return HttpResponse(made, content_type=documents.WORD if ending == "docx" else documents.PDF)
