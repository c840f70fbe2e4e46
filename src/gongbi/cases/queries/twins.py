"""Which of the cases nearby may be the same matter as what was said, likest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from gongbi.cases.queries.settings import number
from gongbi.cases.triage import TWIN_SHOWN, TWINS_SHOWN, Said, Twin
from gongbi.science import twins as science

UNLIKE = 0.5  # cases of another class are no twins with words less alike (science.twins.score)
CANDIDATES = 320  # cases that are compared, the newest


class Known(NamedTuple):
    """What is compared of an open case."""

    pk: int
    title: str
    kind: str
    lon: float | None
    lat: float | None


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
        if not same_class and text < UNLIKE:
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
