"""The board over HTTP: the same figures as on the screen, and the rows behind each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.http import HttpResponse
from ninja import Router, Schema
from ninja.params.functions import Query

from gongbi.insight import queries
from gongbi.insight.counting import Filters
from gongbi.insight.period import Period
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope import endpoint
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.parties.auth import WAYS_IN

router = Router(tags=["board"], auth=WAYS_IN)
READERS = {
    roles.MANAGER,
    roles.AUDITOR,
    roles.DISPATCHER,
    roles.ADJUDICATOR,
    roles.CHECKER,
    roles.HANDLER,
    roles.INTEGRATOR,
}
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)
By = Literal["street", "community", "unit", "kind", "channel", "net"]


def _period(first: date, last: date) -> Period:
    """The period, between the years 2000 and 2100."""
    if first < FIRST or last > LAST:
        raise Refused(
            "insight.period_far",
            ("日期应在 2000 年至 2100 年之间。", "The dates must lie between the years 2000 and 2100."),
            field="from",
        )
    return Period(first, last)


class RowOut(Schema):
    """One line behind a figure, as of the period's end."""

    key: int
    case_id: int
    report_id: int | None
    unit_id: int | None
    territory: str
    kind: str
    channel: str
    at: datetime
    done_at: datetime | None
    late: bool
    ground: str


class RowsOut(Schema):
    """``after``: give it back to get the next page; null on the last."""

    total: int
    rows: list[RowOut]
    after: tuple[datetime, int] | None


@router.get("/board", summary="Every rate of a period")
@endpoint("api.board", roles=READERS)
def board(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    first: date = Query(..., alias="from"),
    last: date = Query(..., alias="to"),
    by: By | None = None,
    territory: str = Query("", max_length=15, pattern=r"^[0-9]*$"),
    kind: str = Query("", max_length=8, pattern=r"^[A-Z0-9]*$"),
):
    """Local days, both included. The same ledger, period and settings give the same bytes."""
    filters = Filters(territory=territory, kind=kind)
    body = queries.board_json(request.viewer, _period(first, last), by=[by] if by else [], filters=filters)
    return HttpResponse(body, content_type="application/json")


@router.get("/board/{rate}/rows", response=RowsOut, summary="The matters behind a figure")
@endpoint("api.board.rows", roles=READERS)
def rows(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    rate: str,
    part: Literal["numerator", "denominator", "rest", "excluded"] = "denominator",
    first: date = Query(..., alias="from"),
    last: date = Query(..., alias="to"),
    territory: str = Query("", max_length=15, pattern=r"^[0-9]*$"),
    after_at: datetime | None = None,
    after_key: int | None = Query(None, ge=0, le=2**53),
):
    """A hundred rows a page; ``after`` of one page goes into ``after_at`` and ``after_key`` of the next question."""
    filters = Filters(territory=territory)
    after = (
        (after_at, after_key) if after_at is not None and after_key is not None and after_at.tzinfo else None
    )
    return queries.rows_behind(request.viewer, rate, part, _period(first, last), filters=filters, after=after)
