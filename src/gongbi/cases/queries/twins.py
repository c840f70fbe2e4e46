"""Open cases held in memory by place and kind, so that an import finds twins without a query for each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
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


class TwinIndex:
    """Open cases by (cell, class of kind) and, without a point, by (community, kind)."""

    def __init__(self) -> None:
        self.by_cell: dict[tuple[int, str], list[Known]] = defaultdict(list)
        self.by_community: dict[tuple[str, str], list[Known]] = defaultdict(list)
        self.moments: dict[int, tuple[datetime, str]] = {}

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
            index.moments[pk] = (opened, state)
            index._keep(Known(pk, title, kind, lon, lat), cell, territory)
        return index

    def add(self, case: Case) -> None:
        """One more open case."""
        self.moments[case.pk] = (case.opened_at, case.state)
        known = Known(case.pk, case.title, case.kind, case.lon, case.lat)
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

    def _opened(self, keys: Sequence[int]) -> Mapping[int, tuple[datetime, str]]:
        return {key: self.moments[key] for key in keys}

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
        return likest(said, lon, lat, codes, near, self._opened, at=at)


def likest(
    said: Said,
    lon: float | None,
    lat: float | None,
    codes: Sequence[str],
    near: Sequence[Known],
    opened: Callable[[Sequence[int]], Mapping[int, tuple[datetime, str]]],
    *,
    at: datetime,
) -> list[Twin]:
    """Those of ``near`` that score above the threshold, likest first. ``opened`` tells when some of them began, and their state."""
    if not near:
        return []
    radius = number("twin_radius")
    classes = {code[:3] for code in codes}
    first = codes[0] if codes else None
    texts = science.likenesses(science.grams(said.text), [known.title for known in near])
    alike: list[tuple[float, Known, partial[science.Likeness]]] = []
    for known, text in zip(near, texts, strict=True):
        same_class = known.kind[:3] in classes
        if not same_class and text < _UNLIKE:
            continue
        distance = None
        if lon is not None and lat is not None and known.lon is not None and known.lat is not None:
            distance = science.metres(lon, lat, known.lon, known.lat)
            if distance > radius:
                continue
        score = partial(
            science.score,
            distance=distance,
            radius=radius,
            same_kind=known.kind == first,
            same_class=same_class,
            text=text,
        )
        best = score(days=0).score  # were it opened this moment; its age can only lower it
        if best >= TWIN_SHOWN:
            alike.append((best, known, score))
    # Age takes a tenth at most: what is further behind the fifth than that is not among the first five.
    alike.sort(key=lambda one: -one[0])
    if len(alike) > TWINS_SHOWN:
        least = alike[TWINS_SHOWN - 1][0] - science.RECENT - 0.001
        alike = [one for one in alike if one[0] >= least]
    moments = opened([known.pk for _, known, _ in alike]) if alike else {}
    twins = []
    for _, known, score in alike:
        if known.pk in moments:
            began, state = moments[known.pk]
            likeness = score(days=(at - began).total_seconds() / 86400)
            if likeness.score >= TWIN_SHOWN:
                twins.append(Twin(known.pk, known.title, state, likeness))
    twins.sort(key=lambda twin: (-twin.likeness.score, twin.case_id))
    return twins[:TWINS_SHOWN]
