"""Triage: what the machine reads out of a report. One pure function; everything it asks comes in as look-ups.

The machine proposes, a person disposes: each part carries its reasons, and below its threshold the machine abstains.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gongbi.cases.likeness import Likeness

PLACE_SURE = 0.6  # below it a place found in words is only a suggestion
TWINS_SHOWN = 5
Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What came in, before anything is made of it. Coordinates are CGCS2000 degrees; ``division`` a chosen community or grid."""

    text: str
    said_at: datetime
    channel: str
    place_words: str = ""
    lon: float | None = None
    lat: float | None = None
    division: str = ""
    kind: str = ""
    net: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """The place proposed. ``codes`` from street to grid (grid may be missing); ``sure`` in 0..1."""

    street: str = ""
    community: str = ""
    grid: str = ""
    lon: float | None = None
    lat: float | None = None
    words: str = ""
    sure: float = 0.0
    reasons: tuple[Words, ...] = ()

    @property
    def code(self) -> str:
        return self.grid or self.community or self.street


@dataclass(frozen=True, slots=True)
class Twin:
    """An open case that may be the same matter."""

    case_id: int
    title: str
    state: str
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything triage found. ``kinds`` best first; ``route`` as duties gives it, None where it abstains."""

    where: Where | None
    places: Sequence[Where]
    kinds: Sequence[Any]
    twins: Sequence[Twin]
    standard: Any
    route: Any
    limit: str
    urgent: bool
    reasons: Sequence[Words] = field(default=())

    @property
    def kind(self) -> Any:
        """The kind it would choose, or None where it abstains."""
        return self.kinds[0] if self.kinds and not self.kinds[0].abstained else None


@dataclass(frozen=True, slots=True)
class LookUps:
    """What triage may ask; every function is quick and reads only. ``cases.queries.look_ups`` builds the real ones."""

    locate: Callable[[float, float], Where | None]
    division: Callable[[str], Where | None]
    find_places: Callable[[str], Sequence[Where]]
    classify: Callable[[str], Sequence[Any]]
    named_kind: Callable[[str], Any]
    twins: Callable[[Said, Where | None, Sequence[Any]], Sequence[Twin]]
    standard: Callable[[str, str], Any]
    route: Callable[[str, Where, str, str], Any]
    urgent: Callable[[str], bool]


def triage(said: Said, ask: LookUps) -> Proposal:
    """Place, kind, twins, route and limit of one report, each with its reasons."""
    where, places, reasons = _place(said, ask)
    named = ask.named_kind(said.kind) if said.kind else None
    kinds = [named] if named is not None else list(ask.classify(said.text))
    best = kinds[0] if kinds and not kinds[0].abstained else None
    twins = ask.twins(said, where, kinds)
    standard = ask.standard(best.code, said.text) if best else None
    route = ask.route(best.code, where, said.text, said.net) if best and where else None
    limit = getattr(route, "limit", "") or getattr(standard, "limit", "")
    if best is None:
        reasons.append(("类别把握不大，请人判断", "The kind is not certain; a person decides"))
    return Proposal(
        where=where,
        places=places,
        kinds=kinds,
        twins=twins,
        standard=standard,
        route=route,
        limit=limit,
        urgent=ask.urgent(said.text),
        reasons=tuple(reasons),
    )


def _place(said: Said, ask: LookUps) -> tuple[Where | None, Sequence[Where], list[Words]]:
    """A pin beats a chosen community, which beats words; words below the threshold are only suggestions."""
    if said.lon is not None and said.lat is not None:
        pinned = ask.locate(said.lon, said.lat)
        if pinned is not None:
            return pinned, [pinned], [("按地图上的点", "By the point on the map")]
    if said.division:
        chosen = ask.division(said.division)
        if chosen is not None:
            return chosen, [chosen], [("按报告人选的社区", "By the community that was chosen")]
    places = ask.find_places(said.place_words) if said.place_words else []
    if not places:
        places = ask.find_places(said.text)
    if places and places[0].sure >= PLACE_SURE:
        return places[0], places, list(places[0].reasons)
    return None, places, [("地点不明确，请人判断", "The place is not certain; a person decides")]


def as_json(found: Proposal) -> dict[str, Any]:
    """The proposal as the case keeps it, so that the desk shows why and a later override can be learned from."""
    route = found.route
    return {
        "place": _where(found.where) if found.where else None,
        "places": [_where(place) for place in found.places[:5]],
        "kinds": [
            {
                "code": kind.code,
                "name": list(kind.name),
                "probability": round(kind.probability, 4),
                "words": list(kind.words),
                "abstained": kind.abstained,
            }
            for kind in found.kinds[:3]
        ],
        "twins": twins_as_json(found.twins),
        "route": route.as_json() if route else None,
        "reasons": [list(pair) for pair in found.reasons],
    }


def twins_as_json(twins: Sequence[Twin]) -> list[dict[str, Any]]:
    """The twins of a proposal as the case keeps them."""
    return [
        {
            "id": twin.case_id,
            "score": twin.likeness.score,
            "metres": None if twin.likeness.metres is None else round(twin.likeness.metres),
            "text": twin.likeness.text,
        }
        for twin in twins
    ]


def _where(where: Any) -> dict[str, Any]:
    return {
        "code": where.code,
        "words": where.words,
        "sure": round(where.sure, 3),
        "lon": where.lon,
        "lat": where.lat,
        "reasons": [list(r) for r in where.reasons],
    }
