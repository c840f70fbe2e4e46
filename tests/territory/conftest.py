"""A tiny district for tests: one street, two communities of four and two square grids; Monday 23 November 2026."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
import shapely

from gongbi.kernel.scope.viewer import ADMIN, Viewer
from gongbi.territory import actions

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Xi'an
TODAY = date(2026, 11, 23)
SINCE = date(2020, 1, 1)
KEEPER = Viewer(actor="post:1", role=ADMIN)
DISTRICT, STREET = "610104", "610104001"
ONE, TWO = "610104001001", "610104001002"
STEP = 0.002


def square(column: float, row: float, width: float = 1, height: float = 1) -> shapely.Polygon:
    """A cell of the test lattice, columns east and rows south of 108.900, 34.270."""
    west, north = 108.9 + column * STEP, 34.27 - row * STEP
    box = shapely.box(west, north - height * STEP, west + width * STEP, north)
    return shapely.transform(box, lambda xy: xy.round(7))


GRIDS = {
    ONE + "001": square(0, 0),
    ONE + "002": square(1, 0),
    ONE + "003": square(0, 1),
    ONE + "004": square(1, 1),
    TWO + "001": square(2, 0, 1, 2),
    TWO + "002": square(3, 0, 1, 2),
}


def outline(code: str) -> shapely.Polygon:
    """The exact union of the grids below a code."""
    return shapely.union_all([shape for grid, shape in GRIDS.items() if grid.startswith(code)])


def geometry(shape: shapely.Geometry) -> dict[str, Any]:
    import json

    return json.loads(shapely.to_geojson(shape))  # type: ignore[no-any-return]


def collection(shapes: Mapping[str, shapely.Geometry], **properties: Any) -> dict[str, Any]:
    """A FeatureCollection with properties.code."""
    features = [
        {"type": "Feature", "properties": {"code": code, **properties}, "geometry": geometry(shape)}
        for code, shape in shapes.items()
    ]
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture
def tree(db: None) -> None:
    """The divisions without boundaries."""
    rows = [
        (DISTRICT, "莲湖区"),
        (STREET, "青年路街道"),
        (ONE, "糖坊街社区居委会"),
        (TWO, "习武园社区居委会"),
    ]
    report = actions.import_divisions(
        [actions.DivisionRow(code, name) for code, name in rows], valid_from=SINCE, viewer=KEEPER, at=AT
    )
    assert report.new == 4
    assert report.faults == []


@pytest.fixture
def district(tree: None) -> None:
    """The divisions and all boundaries."""
    shapes = {code: outline(code) for code in (DISTRICT, STREET, ONE, TWO)} | GRIDS
    done = actions.import_boundaries(collection(shapes), effective=SINCE, viewer=KEEPER, at=AT)
    assert done.problems == []
    assert len(done.accepted) == 10


@pytest.fixture
def take_in() -> Callable[..., Any]:
    """import_boundaries by the keeper, today."""

    def take(shapes: Mapping[str, shapely.Geometry] | dict[str, Any], **more: Any) -> Any:
        data = shapes if "features" in shapes else collection(shapes)
        return actions.import_boundaries(data, **({"effective": TODAY, "viewer": KEEPER, "at": AT} | more))

    return take
