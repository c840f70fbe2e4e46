"""The look-ups that triage asks: place, kind, twins, standard and route, from the ground below and the open cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gongbi.cases.models import Case
from gongbi.cases.queries.settings import number
from gongbi.cases.triage import TWIN_SHOWN, TWINS_SHOWN, LookUps, Said, Twin, Where
from gongbi.duties import queries as duties
from gongbi.kernel.scope import below
from gongbi.science import twins as science
from gongbi.territory import queries as territory

_CANDIDATES = 80


def look_ups(*, at: datetime) -> LookUps:
    """The real look-ups as of ``at``; reading only, no viewer: what triage proposes is shown to the desk, not to the reporter."""

    def locate(lon: float, lat: float) -> Where | None:
        placed = territory.locate(lon, lat, on=at)
        if placed is None:
            return None
        return Where(placed.street, placed.community, placed.grid, lon, lat, placed.name, 1.0)

    def division(code: str) -> Where | None:
        found = territory.division(code, on=at)
        if found is None:
            return None
        # A chosen community has no point: its middle would be a place nobody meant.
        return Where(code[:9], code[:12] if len(code) >= 12 else "", code if len(code) == 15 else "", None, None, found.name, 0.9)

    def find_places(text: str) -> Sequence[Where]:
        return [_guessed(guess) for guess in territory.find_places(text, limit=5, on=at)]

    def route(kind: str, where: Where, text: str, net: str) -> Any:
        return duties.route(kind, where, at=at, text=text, source=net)

    return LookUps(
        locate=locate,
        division=division,
        find_places=find_places,
        classify=lambda text: duties.classify(text, top=3),
        named_kind=lambda code: duties.named_guess(code),
        twins=lambda said, where, kinds: twins_of(said, where, kinds, at=at),
        standard=lambda kind, text: duties.default_standard(kind, text, on=at),
        route=route,
        urgent=duties.urgent,
    )


def _guessed(guess: territory.PlaceGuess) -> Where:
    code = guess.code
    return Where(
        street=code[:9],
        community=code[:12] if len(code) >= 12 else "",
        grid=code if len(code) == 15 else "",
        lon=guess.lon,
        lat=guess.lat,
        words=guess.name,
        sure=guess.sure,
        reasons=tuple((reason, reason) for reason in guess.reasons),
    )


def twins_of(said: Said, where: Where | None, kinds: Sequence[Any], *, at: datetime, leave_out: int | None = None) -> list[Twin]:
    """Open cases that may be the same matter, likest first. Near the point; without a point, in the community by words."""
    radius = number("twin_radius")
    lon = said.lon if said.lon is not None else (where.lon if where else None)
    lat = said.lat if said.lat is not None else (where.lat if where else None)
    codes = [kind.code for kind in kinds]
    found = Case.objects.filter(is_open=True)
    if lon is not None and lat is not None:
        found = found.filter(cell__in=science.cells_around(lon, lat))
    elif where is not None and where.community:
        found = found.filter(below("territory", [where.community]), kind__in=codes)
    else:
        return []
    if leave_out is not None:
        found = found.exclude(pk=leave_out)
    rows = found.order_by("-matter_ptr_id").values_list("pk", "title", "kind", "lon", "lat", "opened_at", "state")[: _CANDIDATES * 4]
    words = science.grams(said.text)
    alike = []
    for pk, title, kind, other_lon, other_lat, opened, state in rows:
        distance = None
        if lon is not None and lat is not None and other_lon is not None and other_lat is not None:
            distance = science.metres(lon, lat, other_lon, other_lat)
            if distance > radius:
                continue
        likeness = science.score(
            distance=distance,
            radius=radius,
            same_kind=bool(codes) and kind == codes[0],
            same_class=any(kind[:3] == code[:3] for code in codes),
            days=(at - opened).total_seconds() / 86400,
            text=science.text_likeness(words, science.grams(title)),
        )
        if likeness.score >= TWIN_SHOWN:
            alike.append(Twin(pk, title, state, likeness))
    alike.sort(key=lambda twin: (-twin.likeness.score, twin.case_id))
    return alike[:TWINS_SHOWN]


def special_reply(route: int, language: str) -> str:
    """What the caller is told on one of the six special routes, in their language."""
    return duties.special_reply(route, language)
