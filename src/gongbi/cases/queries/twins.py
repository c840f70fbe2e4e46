"""Open cases held in memory by place and kind, so that an import finds twins without a query for each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from gongbi.cases.models import Case
from gongbi.cases.queries.settings import number
from gongbi.cases.triage import TWIN_SHOWN, TWINS_SHOWN, Said, Twin, Where
from gongbi.science import twins as science

_UNLIKE = 0.5  # cases of another class are no twins with words less alike (science.twins.score)
_MOST = 24  # of one cell and class, the newest


class Known(NamedTuple):
    """What is compared of an open case."""

    pk: int
    title: str
    kind: str
    lon: float | None
    lat: float | None
    opened_at: datetime
    state: str
    words: frozenset[str] | None = None  # of the title; made when it is needed


class TwinIndex:
    """Open cases by (cell, class of kind) and, without a point, by (community, kind)."""

    def __init__(self) -> None:
        self.by_cell: dict[tuple[int, str], list[Known]] = defaultdict(list)
        self.by_community: dict[tuple[str, str], list[Known]] = defaultdict(list)

    @classmethod
    def of_open_cases(cls, most: int = 200_000) -> TwinIndex:
        """The newest open cases."""
        index = cls()
        rows = (
            Case.objects.filter(is_open=True)
            .order_by("-matter_ptr_id")
            .values_list("pk", "title", "kind", "lon", "lat", "opened_at", "state", "cell", "territory")[
                :most
            ]
        )
        for pk, title, kind, lon, lat, opened, state, cell, territory in reversed(list(rows)):
            index._keep(
                Known(pk, title, kind, lon, lat, opened, state, science.grams(title)), cell, territory
            )
        return index

    def add(self, case: Case) -> None:
        """One more open case."""
        known = Known(
            case.pk,
            case.title,
            case.kind,
            case.lon,
            case.lat,
            case.opened_at,
            case.state,
            science.grams(case.title),
        )
        self._keep(known, case.cell, case.territory)

    def _keep(self, known: Known, cell: int | None, territory: str) -> None:
        shelf = (
            self.by_cell[cell, known.kind[:3]]
            if cell is not None
            else self.by_community[territory[:12], known.kind]
        )
        shelf.append(known)
        if len(shelf) > 2 * _MOST:
            del shelf[:-_MOST]

    def find(self, said: Said, where: Where | None, kinds: Sequence[Any], *, at: datetime) -> list[Twin]:
        """As :func:`queries.triage.twins_of`, from memory."""
        lon = said.lon if said.lon is not None else (where.lon if where else None)
        lat = said.lat if said.lat is not None else (where.lat if where else None)
        codes = [kind.code for kind in kinds]
        if lon is not None and lat is not None:
            classes = {code[:3] for code in codes} or {""}
            near = [
                known
                for cell in science.cells_around(lon, lat)
                for group in classes
                for known in self.by_cell.get((cell, group), ())[-_MOST:]
            ]
        elif where is not None and where.community:
            near = [
                known
                for code in codes
                for known in self.by_community.get((where.community, code), ())[-_MOST:]
            ]
        else:
            return []
        return likest(said, lon, lat, codes, near, at=at)


def likest(
    said: Said,
    lon: float | None,
    lat: float | None,
    codes: Sequence[str],
    near: Sequence[Known],
    *,
    at: datetime,
) -> list[Twin]:
    """Those of ``near`` that score above the threshold, likest first."""
    radius = number("twin_radius")
    words = science.grams(said.text)
    classes = {code[:3] for code in codes}
    alike = []
    for known in near:
        distance = None
        if lon is not None and lat is not None and known.lon is not None and known.lat is not None:
            distance = science.metres(lon, lat, known.lon, known.lat)
            if distance > radius:
                continue
        same_class = known.kind[:3] in classes
        text = science.text_likeness(
            words, science.grams(known.title) if known.words is None else known.words
        )
        if not same_class and text < _UNLIKE:
            continue
        likeness = science.score(
            distance=distance,
            radius=radius,
            same_kind=bool(codes) and known.kind == codes[0],
            same_class=same_class,
            days=(at - known.opened_at).total_seconds() / 86400,
            text=text,
        )
        if likeness.score >= TWIN_SHOWN:
            alike.append(Twin(known.pk, known.title, known.state, likeness))
    alike.sort(key=lambda twin: (-twin.likeness.score, twin.case_id))
    return alike[:TWINS_SHOWN]
