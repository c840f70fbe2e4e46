"""Reference data over HTTP: divisions and their shapes, where a point lies, units, kinds and their standards."""

from __future__ import annotations

from typing import Any, Literal

from django.utils import timezone
from ninja import Router, Schema
from ninja.params.functions import Query

from gongbi.cases.api.schemas import Latitude, Longitude
from gongbi.duties import queries as duties
from gongbi.kernel.scope import ANYONE, endpoint
from gongbi.kernel.scope.http import ViewerRequest
from gongbi.parties import queries as parties
from gongbi.parties.auth import WAYS_IN
from gongbi.territory import queries as territory

router = Router(tags=["ground"])
Level = Literal["district", "street", "community", "grid"]


class PlacedOut(Schema):
    """Where a point lies; empty codes where no boundary is known that fine."""

    grid: str
    community: str
    street: str
    name: str
    synthetic: bool


class DivisionOut(Schema):
    code: str
    name: str
    level: str
    parent: str
    synthetic: bool


class UnitOut(Schema):
    id: int
    code: str
    name: str
    kind: str
    territory: str


@router.get("/locate", response=PlacedOut | None, summary="Which grid a point lies in")
@endpoint("api.locate", roles=ANYONE)
def locate(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    lon: Longitude,
    lat: Latitude,
    crs: Literal["CGCS2000", "WGS84", "GCJ02", "BD09"] = "CGCS2000",
):
    placed = territory.locate(lon, lat, on=timezone.now(), crs=crs)
    if placed is None:
        return None
    return PlacedOut(
        grid=placed.grid,
        community=placed.community,
        street=placed.street,
        name=placed.name,
        synthetic=placed.synthetic,
    )


@router.get("/divisions", response=list[DivisionOut], summary="Streets, communities, grids")
@endpoint("api.divisions", roles=ANYONE)
def divisions(  # type: ignore[no-untyped-def]
    request: ViewerRequest,
    level: Level | None = None,
    parent: str | None = Query(None, max_length=15, pattern=r"^[0-9]*$"),
):
    return [
        DivisionOut(code=d.code, name=d.name, level=d.level, parent=d.parent, synthetic=d.synthetic)
        for d in territory.divisions(level=level, parent=parent, on=timezone.now())
    ]


@router.get("/divisions/map", summary="Shapes as GeoJSON (CGCS2000)")
@endpoint("api.divisions.map", roles=ANYONE)
def shapes(
    request: ViewerRequest,
    level: Level = "street",
    parent: str | None = Query(None, max_length=15, pattern=r"^[0-9]*$"),
) -> dict[str, Any]:
    return territory.map_geojson(level, parent, on=timezone.now())


@router.get("/units", response=list[UnitOut], auth=WAYS_IN, summary="Units that cases can be sent to")
@endpoint("api.units", roles=ANYONE - {"", "resident"})
def units(request: ViewerRequest, kind: str = Query("", max_length=24, pattern=r"^[a-z_]*$")):  # type: ignore[no-untyped-def]
    found = parties.units(request.viewer, at=timezone.now(), kinds=[kind] if kind else ())
    return [
        UnitOut(id=u.pk, code=u.code, name=u.name, kind=u.kind, territory=u.territory)
        for u in found.order_by("code")
    ]


@router.get("/kinds", summary="The catalogue: kinds with their standards and questions")
@endpoint("api.kinds", roles=ANYONE)
def kinds(request: ViewerRequest) -> list[dict[str, Any]]:
    return duties.catalogue(on=timezone.now())
