"""Duty over HTTP: who is on duty now, turns, gaps, arranging, swaps, handover."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django.utils import timezone
from ninja import Router
from ninja.params.functions import Query

from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.flow import queries as steps
from gongbi.kernel.scope import STAFF, endpoint
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.parties.auth import WAYS_IN
from gongbi.roster import actions, queries, refusals, rules
from gongbi.roster.api.schemas import (
    KEY,
    CancelIn,
    FilledOut,
    FillIn,
    GapsOut,
    NoteIn,
    NoteOut,
    NotesOut,
    RosterOut,
    RostersOut,
    ShiftOut,
    StandInIn,
    SwapIn,
    SwapOut,
    SwapsOut,
    SwapStepIn,
    TurnIn,
    TurnOut,
    TurnsOut,
)
from gongbi.roster.models import HandoverNote, Swap, Turn
from gongbi.roster.scope import LEADERS

router = Router(tags=["duty"], auth=WAYS_IN)
READERS = STAFF - {roles.SECURITY}
STANDERS = frozenset(queries.STANDING_ROLES)


def _turn(one: Turn) -> dict[str, Any]:
    return {
        "id": one.pk, "roster": one.rota.code, "unit_id": one.rota.unit_id, "post_id": one.post_id, "who": one.post.work_name,
        "office_phone": one.post.work_phone, "shift": one.shift.name if one.shift is not None else "", "sort": one.sort,
        "starts_at": one.starts_at, "ends_at": one.ends_at, "source": one.source,
    }  # fmt: skip


def _note(one: HandoverNote) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("seq", "text", "matters", "at", "taken_at")} | {
        "id": one.pk
    }


def _swap(one: Swap, request: ViewerRequest) -> dict[str, Any]:
    return {name: getattr(one, name) for name in SwapOut.model_fields if hasattr(one, name)} | {
        "turn": one.turn_id,
        "other": one.other_id,
        "allowed": steps.allowed(one, request.viewer, at=timezone.now()),
    }


@contextmanager
def _named(field: str) -> Iterator[None]:
    """What a body names and what is not there is a fault of the body (422), not of the address."""
    try:
        yield
    except NotThere as none:
        raise Refused(none.code, none.words, field=field, values=none.values) from None


def _days(first: date | None, last: date | None, now: datetime) -> tuple[datetime, datetime]:
    """Local days as instants, a quarter at most. Refused otherwise."""
    today = timezone.localdate(now)
    begin = first or today
    if abs((begin - today).days) > rules.FARTHEST.days:
        raise refusals.far("first")
    end = last or begin + timedelta(days=6)
    if end < begin or (end - begin).days >= rules.MOST_DAYS:
        raise refusals.period("last")
    zone = timezone.get_default_timezone()
    return (
        datetime.combine(begin, time(), zone),
        datetime.combine(end + timedelta(days=1), time(), zone),
    )


@router.get("/duty/now", response=TurnsOut, summary="Who is on duty now")
@endpoint("api.duty.now", roles=READERS)
def now(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    unit_id: int | None = Query(None, ge=1, le=KEY),
    territory: str = "",
):
    """Of one unit, or of what lies in a district, street or community."""
    found = queries.on_duty(request.viewer, at=timezone.now(), unit_id=unit_id, territory=territory)
    return {"turns": [_turn(one) for one in found], "whole": len(found) < queries.MOST}


@router.get("/duty/turns", response=TurnsOut, summary="Turns of duty between two days")
@endpoint("api.duty.turns", roles=READERS)
def turns(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    first: date | None = None,
    last: date | None = None,
    unit_id: int | None = Query(None, ge=1, le=KEY),
    mine: bool = False,
):
    """Local days, both included; a week when nothing is said."""
    begin, end = _days(first, last, timezone.now())
    person = request.viewer.person_id or -1 if mine else None
    found = queries.turns(request.viewer, first=begin, last=end, unit_id=unit_id, person_id=person)
    return {"turns": [_turn(one) for one in found], "whole": len(found) < queries.MOST}


@router.get("/duty/rosters", response=RostersOut, summary="Rosters with their shifts")
@endpoint("api.duty.rosters", roles=READERS)
def rosters(request: ViewerRequest, unit_id: int | None = Query(None, ge=1, le=KEY)):  # type: ignore[no-untyped-def]
    """Those in force today."""
    found = queries.rotas(request.viewer, on=timezone.localdate(), unit_id=unit_id)
    return {
        "rosters": [
            {name: getattr(one, name) for name in RosterOut.model_fields if name != "shifts"}
            | {
                "shifts": [
                    {name: getattr(shift, name) for name in ShiftOut.model_fields}
                    for shift in one.shifts.all()
                ]
            }
            for one in found
        ]
    }


@router.get("/duty/gaps", response=GapsOut, summary="Turns that lack people")
@endpoint("api.duty.gaps", roles=READERS)
def gaps(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    unit_id: int | None = Query(None, ge=1, le=KEY),
    days: int | None = Query(None, ge=1, le=60),
):
    """From now on, as many days ahead as the district set."""
    found = queries.gaps(request.viewer, at=timezone.now(), days=days, unit_id=unit_id)
    return {
        "gaps": [
            {
                "roster": one.rota.code,
                "shift": one.shift.name,
                "starts_at": one.gap.starts,
                "ends_at": one.gap.ends,
                "missing": one.gap.missing,
            }
            for one in found
        ]
    }


@router.post("/duty/rosters/{code}/fill", response=FilledOut, summary="Fill open turns by rotation")
@endpoint("api.duty.fill", roles=LEADERS)
def fill(request: ViewerRequest, code: str, body: FillIn):  # type: ignore[no-untyped-def]
    """What exists stays; the same again adds nothing."""
    rota = queries.rota_by_code(code, request.viewer)
    made = actions.generate(
        rota_id=rota.pk, first=body.first, last=body.last, viewer=request.viewer, at=timezone.now()
    )
    return {
        "turns": [_turn(one) for one in made.turns],
        "open": len(made.unfilled),
        "provisional": made.provisional,
    }


@router.post("/duty/turns", response=TurnOut, summary="Put one turn in")
@endpoint("api.duty.add", roles=LEADERS)
def add(request: ViewerRequest, body: TurnIn):  # type: ignore[no-untyped-def]
    """By who leads the unit."""
    with _named("roster"):
        rota = queries.rota_by_code(body.roster, request.viewer)
    told = body.dict(exclude={"roster", "starts_at", "ends_at"})
    return _turn(
        actions.add_turn(
            rota_id=rota.pk, starts=body.starts_at, ends=body.ends_at, viewer=request.viewer, at=timezone.now(), **told
        )
    )  # fmt: skip


@router.post("/duty/turns/{turn}/cancel", response=TurnOut, summary="Take a turn back")
@endpoint("api.duty.cancel", roles=LEADERS)
def cancel(request: ViewerRequest, turn: int, body: CancelIn):  # type: ignore[no-untyped-def]
    """One that runs ends now."""
    return _turn(
        actions.cancel_turn(turn_id=turn, reason=body.reason, viewer=request.viewer, at=timezone.now())
    )


@router.post("/duty/turns/{turn}/stand-in", response=TurnOut, summary="Put a stand-in on a turn")
@endpoint("api.duty.stand_in", roles=LEADERS)
def stand_in(request: ViewerRequest, turn: int, body: StandInIn):  # type: ignore[no-untyped-def]
    """From now on where it runs already."""
    return _turn(actions.stand_in(turn_id=turn, viewer=request.viewer, at=timezone.now(), **body.dict()))


@router.get("/duty/rosters/{code}/notes", response=NotesOut, summary="Handover notes of a roster")
@endpoint("api.duty.notes", roles=READERS)
def notes(request: ViewerRequest, code: str):  # type: ignore[no-untyped-def]
    """The newest twenty."""
    rota = queries.rota_by_code(code, request.viewer)
    return {"notes": [_note(one) for one in queries.notes(request.viewer, rota_id=rota.pk)]}


@router.post("/duty/turns/{turn}/notes", response=NoteOut, summary="Write a handover note")
@endpoint("api.duty.note", roles=STANDERS)
def note(request: ViewerRequest, turn: int, body: NoteIn):  # type: ignore[no-untyped-def]
    """During the turn, or within two hours after it."""
    return _note(actions.write_note(turn_id=turn, viewer=request.viewer, at=timezone.now(), **body.dict()))


@router.post("/duty/notes/{note_id}/take", response=NoteOut, summary="Take a handover note over")
@endpoint("api.duty.take", roles=STANDERS)
def take(request: ViewerRequest, note_id: int):  # type: ignore[no-untyped-def]
    """By who stands next."""
    return _note(actions.take_note(note_id=note_id, viewer=request.viewer, at=timezone.now()))


@router.get("/duty/swaps", response=SwapsOut, summary="Swaps and stand-ins")
@endpoint("api.duty.swaps", roles=STANDERS)
def swaps(request: ViewerRequest, tab: Literal["asked", "mine", "approve", "settled"] = "asked"):  # type: ignore[no-untyped-def]
    """Asked of me, asked by me, to be approved by me, settled."""
    return {"swaps": [_swap(one, request) for one in queries.swaps(request.viewer, tab)]}


@router.post("/duty/swaps", response=SwapOut, summary="Ask for a swap or a stand-in")
@endpoint("api.duty.ask", roles=STANDERS)
def ask(request: ViewerRequest, body: SwapIn):  # type: ignore[no-untyped-def]
    """Of one of my turns."""
    told = body.dict(exclude={"turn", "other"})
    with _named("turn"):
        made = actions.ask(
            turn_id=body.turn, other_id=body.other, viewer=request.viewer, at=timezone.now(), **told
        )
    return _swap(made, request)


@router.post("/duty/swaps/{number}/{step}", response=SwapOut, summary="One step of a swap")
@endpoint("api.duty.step", roles=STANDERS)
def step(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    number: str,
    step: Literal["agree", "decline", "approve", "refuse", "withdraw"],
    body: SwapStepIn,
):
    """By the colleague, the shift leader, or who asked."""
    found = queries.swap_by_number(number, request.viewer)
    told: dict[str, Any] = {
        "key": found.pk,
        "viewer": request.viewer,
        "at": timezone.now(),
        "expected_version": body.version,
    }
    if step == "approve":
        return _swap(actions.approve(despite=body.despite, **told), request)
    if step in ("decline", "refuse"):
        act = actions.decline if step == "decline" else actions.refuse
        return _swap(act(reason=body.reason, **told), request)
    return _swap((actions.agree if step == "agree" else actions.withdraw)(**told), request)
