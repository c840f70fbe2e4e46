"""The look-ups that triage asks: place, kind, twins, standard and route, from the ground below and the open cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from gongbi.cases.models import Case
from gongbi.cases.queries.settings import number
from gongbi.cases.queries.twins import CANDIDATES, Known, likest
from gongbi.cases.triage import LookUps, Said, Twin, Where
from gongbi.duties import queries as duties
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.rows import among, ask, moment
from gongbi.kernel.scope import below
from gongbi.science.twins import METRES_PER_DEGREE, cells_around
from gongbi.territory import queries as territory

# The plus keeps planners to the cells: the index of the map's windows would have them read a whole band of latitude. Everything
# here stands in the index case_near, so that no wide row is read for cases that are not alike.
_AROUND = f"""SELECT c.matter_ptr_id, c.title, c.kind, c.lon, c.lat
    FROM {Case._meta.db_table} c
    WHERE c.is_open AND c.cell IN ({", ".join(["%s"] * 9)}) AND +c.lat BETWEEN %s AND %s AND +c.lon BETWEEN %s AND %s
    ORDER BY c.matter_ptr_id DESC LIMIT {CANDIDATES}"""  # noqa: S608 – no value in it


def look_ups(*, at: datetime) -> LookUps:
    """The real look-ups as of ``at``; reading only, no viewer: what triage proposes is shown to the desk, not to the reporter."""
    day = timezone.localdate(at)  # every list asks for the day, some of them several times

    def locate(lon: float, lat: float) -> Where | None:
        placed = territory.locate(lon, lat, on=day)
        if placed is None:
            return None
        return Where(placed.street, placed.community, placed.grid, lon, lat, placed.name, 1.0)

    def division(code: str) -> Where | None:
        found = territory.division(code, on=day)
        if found is None:
            return None
        # A chosen community has no point: its middle would be a place nobody meant.
        return Where(
            code[:9],
            code[:12] if len(code) >= 12 else "",
            code if len(code) == 15 else "",
            None,
            None,
            found.name,
            0.9,
        )

    def find_places(text: str) -> Sequence[Where]:
        return [_guessed(guess) for guess in territory.find_places(text, limit=5, on=day)]

    def route(kind: str, where: Where, text: str, net: str) -> Any:
        return duties.route(kind, where, at=at, text=text, source=net)

    return LookUps(
        locate=locate,
        division=division,
        find_places=find_places,
        classify=lambda text: duties.classify(text, top=3, on=day),
        named_kind=lambda code: duties.named_guess(code, on=day),
        twins=lambda said, where, kinds: twins_of(said, where, kinds, at=at),
        standard=lambda kind, text: duties.default_standard(kind, text, on=day),
        route=route,
        urgent=lambda text: duties.urgent(text, on=day) or duties.emergency(text, on=day) is not None,
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
        reasons=tuple(guess.why),
    )


def twins_of(
    said: Said, where: Where | None, kinds: Sequence[Any], *, at: datetime, leave_out: int | None = None
) -> list[Twin]:
    """Open cases that may be the same matter, likest first. Near the point; without a point, in the community by words."""
    lon = said.lon if said.lon is not None else (where.lon if where else None)
    lat = said.lat if said.lat is not None else (where.lat if where else None)
    codes = [kind.code for kind in kinds]
    if lon is not None and lat is not None:
        near = [known for known in _around(lon, lat) if known.pk != leave_out]
    elif where is not None and where.community:
        found = Case.objects.filter(below("territory", [where.community]), is_open=True, kind__in=codes)
        rows = found.exclude(pk=leave_out) if leave_out is not None else found
        columns = rows.order_by("-matter_ptr_id").values_list("pk", "title", "kind", "lon", "lat")
        near = [Known(*row) for row in columns[:CANDIDATES]]
    else:
        return []
    return likest(said, lon, lat, codes, near, _opened, at=at)


def _opened(keys: Sequence[int]) -> Mapping[int, tuple[datetime, str]]:
    """When these cases were opened, and their state."""
    condition, values = among("id", keys)
    found = ask(f"SELECT id, opened_at, state FROM {Matter._meta.db_table} WHERE {condition}", values)  # noqa: S608
    return {key: (moment(opened), state) for key, opened, state in found}


def _around(lon: float, lat: float) -> list[Known]:
    """The newest open cases within the radius of a point, or a little further. Every report asks, so the SQL is made once."""
    reach = number("twin_radius") * 1.01 / METRES_PER_DEGREE
    wide = reach / math.cos(math.radians(lat))
    cells = cells_around(lon, lat)
    found = ask(_AROUND, [*cells, lat - reach, lat + reach, lon - wide, lon + wide])
    return [Known(*row) for row in found]


def special_reply(route: int, language: str) -> str:
    """What the caller is told on one of the six special routes, in their language."""
    return duties.special_reply(route, language)
