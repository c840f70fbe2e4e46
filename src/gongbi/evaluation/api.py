"""Evaluation over HTTP: rules in force, results as their own bytes, the matters behind a figure, appeals."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from ninja.params.functions import Query

from gongbi.evaluation import actions, queries, queries_appeals, queries_rules, rules
from gongbi.evaluation.actions.ruling import read
from gongbi.evaluation.models import Appeal
from gongbi.evaluation.queries_rules import INDICATOR
from gongbi.evaluation.scope import READERS
from gongbi.kernel.errors import in_language
from gongbi.kernel.flow import queries as steps
from gongbi.kernel.scope import endpoint
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.parties.auth import WAYS_IN

router = Router(tags=["evaluation"], auth=WAYS_IN)
AT_APPEALS = READERS - {roles.ADMIN, roles.GRID_WORKER, roles.CLERK}
ASKERS = frozenset({roles.HANDLER, roles.MANAGER})
REVIEWERS = frozenset({roles.ADJUDICATOR, roles.MANAGER})
Kind = Literal["indicator", "scheme"]
_KEY = 2**53


class RuleOut(Schema):
    """A rule in force. ``definition``: as it is kept and proposed; ``version`` 0: as shipped."""

    kind: Kind
    code: str
    name: str
    version: int
    definition: dict[str, Any]


class CheckIn(Schema):
    """A definition to be read, nothing kept."""

    kind: Kind
    definition: dict[str, Any]


class CheckOut(Schema):
    """``definition``: as it was read, with what was left out filled in."""

    definition: dict[str, Any]


class EditionOut(Schema):
    """Kept results. ``digest``: SHA-256 of the bytes that ``/evaluation/editions/{edition}`` gives."""

    id: int
    scheme: str
    period: str
    number: int
    why: str
    digest: str
    facts_digest: str
    inputs_digest: str
    made_at: datetime
    appeal_until: datetime


class RecomputedOut(Schema):
    """``same``: to the byte."""

    same: bool
    digest: str
    facts_digest: str


class MatterOut(Schema):
    """One line behind a figure, as it was known at the end of the period."""

    key: int
    case_id: int
    at: datetime
    done_at: datetime | None
    late: bool
    ground: str


class MattersOut(Schema):
    """``total``: what the figure shows for this part, appealed cases included; these do not stand among ``matters``.
    ``after``: give it back to get the next page; null on the last."""

    total: int
    matters: list[MatterOut]
    after: tuple[datetime, int] | None


class AppealOut(Schema):
    """An appeal. ``sort``: exempt (it was not late) or exclude (it should leave the rating, on ``ground``)."""

    number: str
    state: str
    version: int
    period: str
    asked_unit: int
    case_id: int
    sort: str
    ground: str
    reason: str
    evidence: str
    answer: str
    opened_at: datetime
    due_at: datetime | None
    entered_at: datetime | None
    allowed: list[str]


class AppealIn(Schema):
    """``edition``: the results that it is about; ``unit``: the own unit; ``case``: a case that they count for it."""

    edition: int
    unit: int
    case: int
    sort: Literal["exempt", "exclude"]
    ground: str = ""
    reason: str
    evidence: str


class StepIn(Schema):
    """``text``: the reason, or for ``supplement`` the evidence. ``version``: the one that was read."""

    text: str
    version: int


@router.get("/evaluation/rules", response=list[RuleOut], summary="Indicators and schemes in force")
@endpoint("api.evaluation.rules", roles=READERS)
def rules_in_force(request: ViewerRequest):  # type: ignore[no-untyped-def]
    """Those that hold today; the language of definitions is described in docs/evaluation.md."""
    held = queries_rules.rules_on(request.viewer, timezone.localdate(timezone.now()))
    pairs: list[tuple[str, Any]] = [("scheme", one) for one in held.schemes.values()]
    return [
        {"kind": kind, "code": one.code, "name": in_language(one.words), "version": held.versions.get(f"{kind}:{one.code}", 0), "definition": one.plain()}
        for kind, one in (*pairs, *((INDICATOR, one) for one in held.indicators.values()))
    ]  # fmt: skip


@router.post("/evaluation/rules/check", response=CheckOut, summary="Read a definition")
@endpoint("api.evaluation.check", roles=READERS)
def check(request: ViewerRequest, body: CheckIn):  # type: ignore[no-untyped-def]
    """Whether it can be read and fits the rules in force; what is wrong, where and what to do otherwise. Keeps nothing."""
    one = read(body.kind, body.definition)
    held = queries_rules.rules_on(request.viewer, timezone.localdate(timezone.now())).with_rule(
        body.kind, one
    )
    if isinstance(one, rules.Scheme):
        rules.check_scheme(one, held.indicators)
    return {"definition": one.plain()}


@router.get("/evaluation/editions", response=list[EditionOut], summary="Kept results")
@endpoint("api.evaluation.editions", roles=READERS)
def editions(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    scheme: str = Query("", max_length=32, pattern=r"^[a-z0-9_]*$"),
    period: str = Query("", max_length=8, pattern=r"^[0-9Q-]*$"),
):
    """The newest period and edition first, at most five hundred."""
    return queries.editions(request.viewer, scheme=scheme, period=period)


@router.get("/evaluation/editions/{edition}", summary="The results of a period, as kept")
@endpoint("api.evaluation.edition", roles=READERS)
def edition(request: ViewerRequest, edition: int):  # type: ignore[no-untyped-def]
    """Canonical JSON: the very bytes whose digest is published."""
    found = queries.edition_by_key(edition, request.viewer)
    return HttpResponse(found.body.encode(), content_type="application/json")


@router.post(
    "/evaluation/editions/{edition}/recompute", response=RecomputedOut, summary="Recompute and compare"
)
@endpoint("api.evaluation.recompute", roles=READERS)
def recompute(request: ViewerRequest, edition: int):  # type: ignore[no-untyped-def]
    """Computes it again from what was kept and from today's lines. Changes nothing."""
    from gongbi.evaluation import reading

    again = queries.recompute(request.viewer, edition)
    return {"same": again.same, "digest": reading.digest(again.body), "facts_digest": again.facts_digest}


@router.get(
    "/evaluation/editions/{edition}/units/{unit}/{indicator}", response=MattersOut, summary="The matters behind a unit's figure"
)  # fmt: skip
@endpoint("api.evaluation.matters", roles=READERS)
def matters(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    edition: int,
    unit: int,
    indicator: str,
    part: Literal["denominator", "numerator", "rest", "excluded"] = "denominator",
    after_at: datetime | None = None,
    after_key: int | None = Query(None, ge=0, le=_KEY),
):
    """A hundred a page; ``after`` of one page goes into ``after_at`` and ``after_key`` of the next question."""
    found = queries.results(request.viewer, queries.edition_by_key(edition, request.viewer))
    known = after_at is not None and after_key is not None and after_at.tzinfo is not None
    after: Any = (after_at, after_key) if known else None
    page = queries.matters(request.viewer, found, found.rated(unit), indicator, part, after=after)
    rows = [
        {"key": line.key, "case_id": line.case_id, "at": line.at, "done_at": line.done_at, "late": line.counted.flags.late, "ground": line.counted.ground}
        for line in page.lines
    ]  # fmt: skip
    return {"total": page.total, "matters": rows, "after": page.after}


def _appeal(found: Appeal, request: ViewerRequest) -> dict[str, Any]:
    plain = {name: getattr(found, name) for name in AppealOut.model_fields if name != "allowed"}
    return plain | {"allowed": steps.allowed(found, request.viewer, at=timezone.now())}


@router.get("/evaluation/appeals", response=list[AppealOut], summary="Appeals, what waits for a review first")
@endpoint("api.evaluation.appeals", roles=AT_APPEALS)
def appeals(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    state: Literal["open", "upheld", "closed"] = "open",
    page: int = Query(1, ge=1, le=10_000),
):
    """Fifty a page; those to be reviewed by their deadline."""
    rows, _more = queries_appeals.appeals(request.viewer, state, page=page)
    return [_appeal(one, request) for one in rows]


@router.get("/evaluation/appeals/{number}", response=AppealOut, summary="One appeal")
@endpoint("api.evaluation.appeal", roles=AT_APPEALS)
def appeal(request: ViewerRequest, number: str):  # type: ignore[no-untyped-def]
    """With what may be done about it now."""
    return _appeal(queries_appeals.appeal_by_number(number, request.viewer), request)


@router.post("/evaluation/appeals", response=AppealOut, summary="Contest how a case counts")
@endpoint("api.evaluation.ask", roles=ASKERS)
def ask(request: ViewerRequest, body: AppealIn):  # type: ignore[no-untyped-def]
    """About one case of the own unit, within the term, once for each case and period."""
    asked = actions.Asked(**body.dict())
    return _appeal(actions.ask(asked, viewer=request.viewer, at=timezone.now()), request)


@router.post(
    "/evaluation/appeals/{number}/{step}",
    response=AppealOut,
    summary="Review, supplement or withdraw an appeal",
)
@endpoint("api.evaluation.step", roles=ASKERS | REVIEWERS)
def take(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    number: str,
    step: Literal["uphold", "refuse", "supplement", "withdraw"],
    body: StepIn,
):
    """A unit that has no part in the score upholds or refuses; the unit itself supplements or withdraws."""
    found = queries_appeals.appeal_by_number(number, request.viewer)
    ways: dict[str, Any] = {
        "uphold": actions.uphold,
        "refuse": actions.refuse,
        "supplement": actions.supplement,
        "withdraw": actions.withdraw,
    }
    told = {"evidence" if step == "supplement" else "reason": body.text}
    viewer, at = request.viewer, timezone.now()
    return _appeal(
        ways[step](key=found.pk, viewer=viewer, at=at, expected_version=body.version, **told), request
    )
