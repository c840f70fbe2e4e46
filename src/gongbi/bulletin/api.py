"""Bulletins over HTTP, for those who may see them, and open data for everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.http import HttpResponse
from django.utils import timezone
from ninja import Router, Schema
from ninja.params.functions import Query

from gongbi.bulletin import queries, queries_open
from gongbi.bulletin.models import Bulletin, Release
from gongbi.bulletin.scope import READERS
from gongbi.kernel.scope import ANYONE, endpoint
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.kernel.scope.viewer import PUBLIC
from gongbi.parties.auth import WAYS_IN

router = Router(tags=["bulletins"], auth=WAYS_IN)
public_router = Router(tags=["open data"])


class BulletinOut(Schema):
    """One edition. ``digest``: SHA-256 of the bytes that ``/bulletins/{number}`` gives; ``corrects``: the number of the edition before."""

    number: str
    state: str
    version: int
    sort: str
    territory: str
    first: date
    last: date
    edition: int
    digest: str
    taken_at: datetime
    issued_at: datetime | None
    corrects: str | None
    why: str
    synthetic: bool


class BulletinsOut(Schema):
    """``more``: whether another page follows."""

    bulletins: list[BulletinOut]
    more: bool


class RecomputedBulletinOut(Schema):
    """``same``: to the byte; ``differences``: how many figures and rows differ, ``places`` names them."""

    same: bool
    digest: str
    differences: int
    places: list[str]


class ReleaseOut(Schema):
    """One published edition of a month's open data. ``digest``: SHA-256 of the JSON's bytes."""

    month: str
    edition: int
    published_at: datetime
    digest: str
    cells: int
    hidden_cells: int
    why: str
    synthetic: bool
    json_href: str
    csv_href: str


def _out(one: Bulletin) -> BulletinOut:
    plain = {name: getattr(one, name) for name in BulletinOut.model_fields if name != "corrects"}
    return BulletinOut(**plain, corrects=one.corrects.number if one.corrects is not None else None)


@router.get("/bulletins", response=BulletinsOut, summary="Bulletins of the places that the post covers")
@endpoint("api.bulletins", roles=READERS)
def bulletins(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    state: Literal["issued", "open", "dropped"] = "issued",
    sort: Literal["", "day", "week", "month"] = "",
    page: int = Query(1, ge=1, le=10_000),
):
    """Fifty a page, the newest period and edition first."""
    found = queries.bulletins(request.viewer, state, sort=sort, page=page)
    return {"bulletins": [_out(one) for one in found.bulletins], "more": found.more}


@router.get("/bulletins/{number}", summary="The figures of an edition, as kept")
@endpoint("api.bulletin", roles=READERS)
def bulletin(request: ViewerRequest, number: str):  # type: ignore[no-untyped-def]
    """Canonical JSON: the very bytes whose digest is in the ledger."""
    found = queries.bulletin_by_number(number, request.viewer)
    return HttpResponse(found.plain.encode(), content_type="application/json")


@router.post(
    "/bulletins/{number}/recompute",
    response=RecomputedBulletinOut,
    summary="Recompute and compare an edition",
)
@endpoint("api.bulletin.recompute", roles=READERS)
def recompute(request: ViewerRequest, number: str):  # type: ignore[no-untyped-def]
    """Takes the figures anew from today's record. Changes nothing."""
    found = queries.bulletin_by_number(number, request.viewer)
    again = queries.recompute(found, request.viewer, at=timezone.now())
    return {
        "same": again.same,
        "digest": again.digest,
        "differences": len(again.changes),
        "places": [one["place"] for one in again.changes],
    }


def _release(one: Release) -> dict[str, object]:
    month = queries_open.month_name(one)
    plain = {
        name: getattr(one, name)
        for name in ("edition", "published_at", "digest", "cells", "hidden_cells", "why", "synthetic")
    }
    files = {f"{ending}_href": f"/open/{month}/{one.edition}.{ending}" for ending in ("json", "csv")}
    return plain | files | {"month": month}


@public_router.get("/open", response=list[ReleaseOut], summary="What was published as open data", auth=None)
@endpoint("api.open", roles=ANYONE)
def releases(request: ViewerRequest):  # type: ignore[no-untyped-def]
    """Every edition of every month, the newest first. The files lie at the addresses named."""
    return [_release(one) for one in queries_open.releases(PUBLIC)]
