"""Warnings over HTTP: the list, one with its cases, the steps, the published precision and the looks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.utils import timezone
from ninja import Router, Schema
from ninja.params.functions import Query

from gongbi.kernel.errors import in_language
from gongbi.kernel.flow import queries as steps
from gongbi.kernel.scope import endpoint
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.parties.auth import WAYS_IN
from gongbi.warning import actions, queries
from gongbi.warning.models import Warning

router = Router(tags=["warnings"], auth=WAYS_IN)
READERS = {
    roles.DISPATCHER, roles.MANAGER, roles.ADJUDICATOR, roles.CHECKER, roles.AUDITOR, roles.HANDLER, roles.CLERK, roles.INTEGRATOR,
}  # fmt: skip
DECIDERS = {roles.DISPATCHER, roles.MANAGER}
REVIEWERS = {roles.DISPATCHER, roles.MANAGER, roles.ADJUDICATOR, roles.CHECKER}
Sort = Literal["", "cluster", "rise", "repeat", "late"]
_TEXT_MOST = 2000


class WarningOut(Schema):
    """One warning. ``level``: 1 red, 2 orange, 3 yellow, 4 blue; days are local, both included; ``recurrence`` in days."""

    number: str
    state: str
    version: int
    sort: str
    level: int
    territory: str
    unit_id: int | None
    group: str
    kind: str
    first_day: date
    last_day: date
    observed: int
    expected: float | None
    recurrence: float | None
    verdict: str
    opened_at: datetime


class WarningsOut(Schema):
    """``more``: whether another page follows."""

    warnings: list[WarningOut]
    more: bool


class OneWarningOut(WarningOut):
    """A warning with its area, its reasons in the reader's language, the cases that this viewer may see, and what may be done now."""

    codes: list[str]
    reasons: list[str]
    cases: list[str]
    made: list[str]
    allowed: list[str]


class PrecisionOut(Schema):
    """Reviewed warnings of one sort and level; ``precision`` is null where none was reviewed."""

    sort: str
    level: int
    right: int
    wrong: int
    precision: float | None


class RunOut(Schema):
    """One look. ``live``: at a day that was not over."""

    day: date
    live: bool
    at: datetime
    window_from: date
    counted: int
    seconds: float
    new: int
    grown: int
    silent: int


class AssessIn(Schema):
    """``version``: the one that was read."""

    finding: str
    version: int


class ReasonIn(Schema):
    """Why."""

    reason: str
    version: int


class ActIn(Schema):
    """``text`` becomes a report. ``division``: a community or grid, if not the middle of the warning."""

    text: str
    kind: str = ""
    division: str = ""
    version: int


class ReviewIn(Schema):
    """Was the warning right?"""

    verdict: Literal["right", "wrong"]
    reason: str
    version: int


@router.get("/warnings", response=WarningsOut, summary="Warnings, what waits and is most severe first")
@endpoint("api.warnings", roles=READERS)
def warnings(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    tab: Literal["open", "review", "closed", "all"] = "open",
    sort: Sort = "",
    level: int | None = Query(None, ge=1, le=4),
    page: int = Query(1, ge=1, le=10_000),
):
    """Fifty a page."""
    wanted = queries.Filter(tab=tab, sort=sort, level=level)
    found = queries.warnings(request.viewer, wanted, page=page)
    return {"warnings": list(found.warnings), "more": found.more}


@router.get("/warnings/precision", response=list[PrecisionOut], summary="How often warnings were right")
@endpoint("api.warnings.precision", roles=READERS)
def precision(request: ViewerRequest):  # type: ignore[no-untyped-def]
    """By sort and level, of the reviewed ones in the own area."""
    return [
        {"sort": sort, "level": level, "right": one.right, "wrong": one.wrong, "precision": one.value}
        for (sort, level), one in sorted(queries.precision(request.viewer).items())
    ]


@router.get("/warnings/runs", response=list[RunOut], summary="The looks for warnings")
@endpoint("api.warnings.runs", roles=READERS)
def runs(request: ViewerRequest):  # type: ignore[no-untyped-def]
    """The last sixty, newest day first."""
    return queries.runs(request.viewer)


@router.get("/warnings/{number}", response=OneWarningOut, summary="One warning")
@endpoint("api.warning", roles=READERS)
def warning(request: ViewerRequest, number: str):  # type: ignore[no-untyped-def]
    """With the cases behind it, as far as they lie in the own area."""
    return _one(queries.warning_by_number(number, request.viewer), request)


def _one(found: Warning, request: ViewerRequest) -> dict[str, Any]:
    viewer = request.viewer
    plain = {name: getattr(found, name) for name in WarningOut.model_fields}
    return plain | {
        "codes": queries.codes_of(found, viewer),
        "reasons": [in_language(tuple(pair)) for pair in found.reasons],
        "cases": [case.number for case in queries.cases_inside(found, viewer)],
        "made": [case.number for case in queries.cases_made(found, viewer)],
        "allowed": steps.allowed(found, viewer, at=timezone.now()),
    }


def _key(number: str, request: ViewerRequest) -> dict[str, Any]:
    return {
        "key": queries.warning_by_number(number, request.viewer).pk,
        "viewer": request.viewer,
        "at": timezone.now(),
    }


@router.post("/warnings/{number}/assess", response=OneWarningOut, summary="Assess a warning")
@endpoint("api.warning.assess", roles=DECIDERS)
def assess(request: ViewerRequest, number: str, body: AssessIn):  # type: ignore[no-untyped-def]
    """Say what it is about."""
    done = actions.assess(**_key(number, request), finding=body.finding, expected_version=body.version)
    return _one(done, request)


@router.post("/warnings/{number}/act", response=OneWarningOut, summary="Act on a warning")
@endpoint("api.warning.act", roles=DECIDERS)
def act(request: ViewerRequest, number: str, body: ActIn):  # type: ignore[no-untyped-def]
    """What is to be done enters as a report; its case is tied to the warning."""
    actions.act(
        **_key(number, request),
        text=body.text[:_TEXT_MOST],
        kind=body.kind,
        division=body.division,
        expected_version=body.version,
    )
    return _one(queries.warning_by_number(number, request.viewer), request)


@router.post("/warnings/{number}/dismiss", response=OneWarningOut, summary="Dismiss a warning")
@endpoint("api.warning.dismiss", roles=DECIDERS)
def dismiss(request: ViewerRequest, number: str, body: ReasonIn):  # type: ignore[no-untyped-def]
    """Nothing is to be done."""
    done = actions.dismiss(**_key(number, request), reason=body.reason, expected_version=body.version)
    return _one(done, request)


@router.post("/warnings/{number}/review", response=OneWarningOut, summary="Review a warning")
@endpoint("api.warning.review", roles=REVIEWERS)
def review(request: ViewerRequest, number: str, body: ReviewIn):  # type: ignore[no-untyped-def]
    """Was it right? Not by the one who assessed it."""
    done = actions.review(
        **_key(number, request), verdict=body.verdict, reason=body.reason, expected_version=body.version
    )
    return _one(done, request)
