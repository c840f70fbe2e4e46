"""Whistles and joint matters over HTTP: lists, one, sounding, every step, the scores of both sides."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from gongbi.command import actions, queries
from gongbi.command.api.doors import JUDGES, READERS, WORKERS, router
from gongbi.command.api.schemas import (
    CalledUnitIn,
    OneWhistleOut,
    OrderReasonIn,
    OrderResultIn,
    WhistleIn,
    WhistleMoreIn,
    WhistleOut,
    WhistleScoreOut,
    WhistleVerdictIn,
)
from gongbi.command.models import Whistle
from gongbi.kernel.flow import queries as steps
from gongbi.kernel.scope import endpoint
from gongbi.kernel.scope.http import ViewerRequest


@router.get("/whistles", response=list[WhistleOut], summary="Whistles and joint matters, newest first")
@endpoint("api.whistles", roles=READERS)
def whistles(request: ViewerRequest, ended: bool = False):  # type: ignore[no-untyped-def]
    """At most fifty."""
    return queries.whistles(request.viewer, ended=ended)


@router.post("/whistles", response=OneWhistleOut, summary="Whistle for units, or split a joint matter")
@endpoint("api.whistle.sound", roles=WORKERS)
def sound(request: ViewerRequest, body: WhistleIn):  # type: ignore[no-untyped-def]
    """Each called unit gets an order of its own."""
    told = body.dict() | {"units": _wanted(body.units)}
    return _whistle(actions.sound(actions.Blown(**told), viewer=request.viewer, at=timezone.now()), request)


def _wanted(units: list[CalledUnitIn]) -> list[actions.Wanted]:
    return [actions.Wanted(one.unit_id, one.duty, one.lead) for one in units]


@router.get(
    "/whistles/scores", response=list[WhistleScoreOut], summary="Both sides of the whistles of a period"
)
@endpoint("api.whistle.scores", roles=READERS)
def scores(request: ViewerRequest, first: date, last: date):  # type: ignore[no-untyped-def]
    """Whistles that were sounded from ``first`` to ``last`` (local days, both included, a year at most) and are over."""
    begin, end = queries.window(request.viewer, first, last)
    found = queries.scores(request.viewer, begin, end)
    return [{"unit_id": one.unit_id, "side": one.side, "mean": one.mean, "lines": one.lines} for one in found]


@router.get("/whistles/{number}", response=OneWhistleOut, summary="One whistle")
@endpoint("api.whistle", roles=READERS)
def whistle(request: ViewerRequest, number: str):  # type: ignore[no-untyped-def]
    """With its calls."""
    return _whistle(queries.whistle_by_number(number, request.viewer), request)


def _whistle(found: Whistle, request: ViewerRequest) -> dict[str, Any]:
    return {name: getattr(found, name) for name in WhistleOut.model_fields} | {
        "calls": queries.calls_of(found, request.viewer),
        "allowed": steps.allowed(found, request.viewer, at=timezone.now()),
    }


def _of(number: str, request: ViewerRequest, version: int) -> dict[str, Any]:
    found = queries.whistle_by_number(number, request.viewer)
    return {"key": found.pk, "viewer": request.viewer, "at": timezone.now(), "expected_version": version}


@router.post("/whistles/{number}/call-more", response=OneWhistleOut, summary="Call more units")
@endpoint("api.whistle.call_more", roles=WORKERS)
def call_more(request: ViewerRequest, number: str, body: WhistleMoreIn):  # type: ignore[no-untyped-def]
    """While it is open."""
    done = actions.call_more(**_of(number, request, body.version), units=_wanted(body.units))
    return _whistle(done, request)


@router.post("/whistles/{number}/end", response=OneWhistleOut, summary="End a whistle")
@endpoint("api.whistle.end", roles=WORKERS)
def end(request: ViewerRequest, number: str, body: OrderResultIn):  # type: ignore[no-untyped-def]
    """What was reported is accepted; who is over a clock lapses."""
    return _whistle(actions.end(**_of(number, request, body.version), result=body.result), request)


@router.post("/whistles/{number}/call-off", response=OneWhistleOut, summary="Call a whistle off")
@endpoint("api.whistle.call_off", roles=WORKERS)
def call_off(request: ViewerRequest, number: str, body: OrderReasonIn):  # type: ignore[no-untyped-def]
    """Every open call is taken back."""
    return _whistle(actions.call_off(**_of(number, request, body.version), reason=body.reason), request)


@router.post("/whistles/{number}/review", response=OneWhistleOut, summary="Judge a whistle")
@endpoint("api.whistle.review", roles=JUDGES)
def review(request: ViewerRequest, number: str, body: WhistleVerdictIn):  # type: ignore[no-untyped-def]
    """Was it needed? Not by the unit that blew it."""
    done = actions.review(**_of(number, request, body.version), verdict=body.verdict, reason=body.reason)
    return _whistle(done, request)
