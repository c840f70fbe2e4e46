"""Reads: where a point lies, which place a text names, the tree of a day, the public card, shapes for maps.

Divisions, places and cards are public; ``viewer`` is taken everywhere, as in every room, and hides nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import shapely
from django.db.models import Max
from django.utils import timezone

from gongbi.kernel.scope.viewer import PUBLIC, Viewer
from gongbi.science import coords
from gongbi.territory import memory, rules
from gongbi.territory.models import Division, GridCard, on_day
from gongbi.territory.rules import Level
from gongbi.territory.words import Words, reason_words, refused

NEAR_M = 1.0  # a point this near to a grid, inside the district, belongs to it: boundaries are no finer


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a point lies: codes and names from grid to district, "" where no boundary is known that fine.

    ``lon``, ``lat``: CGCS2000. ``method``: ``exact``, or ``nearest`` when the point fell into a crack between boundaries.
    ``accuracy_m``: what the caller said. ``border``: on a shared boundary, or no further from one than that accuracy.
    ``synthetic``: the boundary that decided is invented for demonstration.
    """

    grid: str
    community: str
    street: str
    district: str
    grid_name: str
    community_name: str
    street_name: str
    district_name: str
    lon: float
    lat: float
    source_crs: str
    method: Literal["exact", "nearest"]
    accuracy_m: float
    border: bool
    synthetic: bool

    @property
    def code(self) -> str:
        """The smallest division known."""
        return self.grid or self.community or self.street or self.district

    @property
    def codes(self) -> tuple[str, ...]:
        """From the street to the grid, those known."""
        return tuple(code for code in (self.street, self.community, self.grid) if code)

    @property
    def name(self) -> str:
        """Street, community and grid in one line."""
        return " ".join(n for n in (self.street_name, self.community_name, self.grid_name) if n)


@dataclass(frozen=True, slots=True)
class PlaceGuess:
    """A place that a text names. ``sure`` 0-1; ``written``, ``start``, ``end``: the words in the text.

    ``reasons``: as in Finder.locate; ``why``: the same for people, (Chinese, English).
    """

    place_id: int
    name: str
    kind: str
    code: str
    lon: float | None
    lat: float | None
    sure: float
    exact: bool
    written: str
    start: int
    end: int
    reasons: tuple[str, ...]
    why: tuple[Words, ...]
    synthetic: bool

    @property
    def codes(self) -> tuple[str, ...]:
        """From the street to the smallest division that holds it."""
        return tuple(self.code[:length] for length in (9, 12, 15) if length <= len(self.code))


def _day(on: date | datetime) -> date:
    """The local day of a moment; a day stays one."""
    return timezone.localdate(on) if isinstance(on, datetime) else on


def to_storage(
    lon: float, lat: float, *, crs: str = "CGCS2000", viewer: Viewer = PUBLIC
) -> tuple[float, float]:
    """The point in CGCS2000; Refused with what is wrong for an unknown system or a point that cannot be meant."""
    try:
        coords.check_point(lon, lat)
        return coords.convert(lon, lat, crs)
    except coords.BadPoint as wrong:
        raise refused(wrong.code, field="lon", lon=lon, lat=lat) from wrong
    except ValueError as wrong:
        raise refused("crs", field="crs", crs=crs) from wrong


def locate(
    lon: float,
    lat: float,
    *,
    on: date | datetime,
    crs: str = "CGCS2000",
    accuracy_m: float = 0.0,
    viewer: Viewer = PUBLIC,
) -> Placed | None:
    """Place a point by the boundaries of the day ``on``; None outside the district. Refused for points that cannot be meant.

    A point on a shared border belongs to the smallest code.
    """
    lon, lat = to_storage(lon, lat, crs=crs)
    epoch = memory.boundaries().on(_day(on))
    if epoch is None:
        return None
    index = epoch.grids.index_one(lon, lat)
    method: Literal["exact", "nearest"] = "exact"
    if index >= 0:
        code = epoch.grids.ids[index]
    else:
        code = (
            epoch.communities.locate_one(lon, lat)
            or epoch.streets.locate_one(lon, lat)
            or epoch.districts.locate_one(lon, lat)
            or ""
        )
        if not code:
            return None
        near = epoch.grids.nearest(lon, lat)
        if near is not None and near[1] <= NEAR_M:
            code, method = near[0], "nearest"
    border = method == "nearest"
    if not border and len(code) == 15:
        border = _on_border(epoch, code, lon, lat, accuracy_m)
    names = epoch.names
    return Placed(
        grid=code if len(code) == 15 else "",
        community=code[:12] if len(code) >= 12 else "",
        street=code[:9] if len(code) >= 9 else "",
        district=code[:6],
        grid_name=names.get(code, "") if len(code) == 15 else "",
        community_name=names.get(code[:12], "") if len(code) >= 12 else "",
        street_name=names.get(code[:9], "") if len(code) >= 9 else "",
        district_name=names.get(code[:6], ""),
        lon=lon,
        lat=lat,
        source_crs=coords.system_named(crs),
        method=method,
        accuracy_m=accuracy_m,
        border=border,
        synthetic=code in epoch.synthetic,
    )


def _on_border(epoch: memory.Epoch, code: str, lon: float, lat: float, accuracy_m: float) -> bool:
    locator = epoch.grids
    if accuracy_m <= 0:
        return locator.is_border_cell(lon, lat) and len(locator.all_at(lon, lat)) > 1
    reach = accuracy_m / min(coords.metres_per_degree(lat))
    return len(locator.within(lon, lat, reach)) > 1


def find_places(
    text: str, *, limit: int = 5, on: date | datetime | None = None, viewer: Viewer = PUBLIC
) -> list[PlaceGuess]:
    """The places that a text names, the likeliest first; with ``on`` only those of that day. Under a millisecond for a message."""
    places = memory.places()
    found = places.finder.locate(text[:10_000], limit if on is None else limit * 3).places
    day = None if on is None else _day(on)
    if not found:
        return []
    epoch = memory.boundaries().on(day or date.max)
    names_now = {} if epoch is None else epoch.names
    guesses = []
    for hit in found:
        key, name, kind, _aliases, lon, lat, code, begin, end, synthetic = places.rows[hit.key]
        if day is not None and not rules.valid_on(begin, end, day):
            continue
        why = tuple(reason_words(reason, hit.written, name, names_now) for reason in hit.reasons)
        guesses.append(
            PlaceGuess(
                key,
                name,
                kind,
                code,
                lon,
                lat,
                hit.score,
                hit.exact,
                hit.written,
                hit.start,
                hit.end,
                hit.reasons,
                why,
                synthetic,
            )
        )
    return guesses[:limit]


def divisions(
    *, level: Level | None = None, parent: str | None = None, on: date | datetime, viewer: Viewer = PUBLIC
) -> list[Division]:
    """The divisions valid on a day, in the order of their codes, without their boundaries."""
    rows = Division.objects.filter(on_day(_day(on)))
    if level is not None:
        rows = rows.filter(level=level)
    if parent is not None:
        rows = rows.filter(parent=parent)
    return list(rows.defer("geometry").order_by("code"))


def division(code: str, *, on: date | datetime, viewer: Viewer = PUBLIC) -> Division | None:
    """The division with this code on a day, or None."""
    rows = Division.objects.filter(on_day(_day(on)), code=rules.normalise(code))
    return rows.defer("geometry").first()


def children(code: str, *, on: date | datetime, viewer: Viewer = PUBLIC) -> list[Division]:
    """The divisions one level down; of "" the districts."""
    return divisions(parent=code, on=on)


def path(code: str, *, on: date | datetime, viewer: Viewer = PUBLIC) -> list[Division]:
    """From the district down to the division itself."""
    rows = Division.objects.filter(on_day(_day(on)), code__in=rules.ancestors(code))
    return list(rows.defer("geometry").order_by("code"))


def names(codes: list[str], *, on: date | datetime, viewer: Viewer = PUBLIC) -> dict[str, str]:
    """Code → name on a day, from memory: for lists and tables."""
    epoch = memory.boundaries().on(_day(on))
    return {} if epoch is None else {code: epoch.names[code] for code in codes if code in epoch.names}


def history(code: str, *, viewer: Viewer = PUBLIC) -> list[Division]:
    """Every version of a code, oldest first."""
    return list(Division.objects.filter(code=code).defer("geometry").order_by("valid_from"))


def highest_sequence(community: str, *, viewer: Viewer = PUBLIC) -> int:
    """The highest grid number ever used in a community, ended grids included; 0 when there was none."""
    top = Division.objects.filter(parent=community, level="grid").aggregate(top=Max("code"))["top"]
    return int(top[12:]) if top else 0


def public_card(code: str, *, on: date | datetime, viewer: Viewer = PUBLIC) -> dict[str, Any] | None:
    """What is posted for a grid: name, area, worker, phones, since when; None when there is no such grid on that day.

    Worker and phones are "" until a card was set.
    """
    if not (code.isascii() and code.isdigit()):
        return None  # from an address; a database refuses some of what can stand there
    grid = division(code, on=on)
    if grid is None or grid.level != "grid":
        return None
    card = GridCard.objects.filter(grid=grid.code, ended_at__isnull=True).first()
    return {
        "code": grid.code,
        "name": grid.name,
        "path": [d.name for d in path(grid.code, on=on)],
        "area_m2": None if grid.area_m2 is None else round(grid.area_m2),
        "worker_name": card.worker_name if card else "",
        "phone": card.phone if card else "",
        "supervision_phone": card.supervision_phone if card else "",
        "since": card.set_at if card else None,
        "synthetic": grid.synthetic,
    }


def card_log(code: str, *, viewer: Viewer = PUBLIC) -> list[GridCard]:
    """Every card of a grid, newest first: who was posted from when to when, and who changed it."""
    return list(GridCard.objects.filter(grid=code).order_by("-set_at", "-id"))


def map_geojson(
    level: Level, parent_code: str | None = None, *, on: date | datetime, viewer: Viewer = PUBLIC
) -> dict[str, Any]:
    """A compact FeatureCollection for maps: neighbours simplified together (2 m), six decimals (0.1 m). Read-only: it is shared.

    ``parent_code``: any division above; only what lies in it. Properties: code, name, synthetic, label point.
    """
    kept = memory.boundaries()
    epoch = kept.on(_day(on))
    if epoch is None:
        return {"type": "FeatureCollection", "features": []}
    key = (epoch.start, level, parent_code)
    found: dict[str, Any] | None = kept.maps.get(key)
    if found is None:
        found = _collection(epoch.shapes(level, parent_code or ""), epoch)
        if len(kept.maps) >= 64:
            kept.maps.clear()
        kept.maps[key] = found
    return found


def _collection(shapes: Mapping[str, Any], epoch: memory.Epoch) -> dict[str, Any]:
    if not shapes:
        return {"type": "FeatureCollection", "features": []}
    simple = shapely.coverage_simplify(list(shapes.values()), 2e-5)
    features = []
    for code, shape in zip(shapes, simple.tolist(), strict=True):
        label = shape.representative_point()
        geometry = shapely.geometry.mapping(shape)
        features.append(
            {
                "type": "Feature",
                "id": int(code),
                "properties": {
                    "code": code,
                    "name": epoch.names.get(code, ""),
                    "synthetic": code in epoch.synthetic,
                    "label": [round(label.x, 6), round(label.y, 6)],
                },
                "geometry": {"type": geometry["type"], "coordinates": _rounded(geometry["coordinates"])},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return [_rounded(part) for part in value]


def warm(*, viewer: Viewer = PUBLIC) -> None:
    """Load what triage asks for, before the first request. An empty database is fine."""
    epoch = memory.boundaries().on(date.max)
    if epoch is not None:
        epoch.grids  # noqa: B018
    memory.places()
