"""Which of the cases nearby may be the same matter as what was said, likest first.

The age of a case stands in another table: it is asked only of those that could be shown were they young.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from gongbi.cases.likeness import weigh
from gongbi.cases.queries.settings import number
from gongbi.cases.triage import TWINS_SHOWN, Said, Twin
from gongbi.science import twins as science
from gongbi.science.addresses.doors import apart, doors, values

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
    """Those of ``near`` that are likely enough, likest first. ``opened`` tells when some of them began, and their state."""
    if not near:
        return []
    keys, titles, kinds, lons, lats = zip(*near, strict=True)
    metres = None
    if lon is not None and lat is not None:
        metres = science.distances(lon, lat, np.array(lons, dtype=float), np.array(lats, dtype=float))
    classes, first = {code[:3] for code in codes}, codes[0] if codes else None
    found = weigh(
        metres,
        number("twin_radius"),
        np.array(science.likenesses(science.grams(said.text), titles)),
        np.array([kind == first for kind in kinds]),
        np.array([not codes or not kind or kind[:3] in classes for kind in kinds]),
    )
    if mine := values(doors(said.text)):
        # Who names building 3 does not mean building 5, however alike the words are.
        found = found.only([not apart(mine, values(doors(titles[row]))) for row in found.rows.tolist()])
    moments = opened([keys[row] for row in found.rows.tolist()]) if found.rows.size else {}
    ages = [
        # One that is gone since it was found is taken for old.
        (at - moments[keys[row]][0]).total_seconds() / 86400 if keys[row] in moments else math.inf
        for row in found.rows.tolist()
    ]
    twins = [
        Twin(keys[row], titles[row], moments[keys[row]][1], likeness)
        for row, likeness in found.told(np.array(ages))
        if keys[row] in moments
    ]
    twins.sort(key=lambda twin: (-twin.likeness.score, twin.case_id))
    return twins[:TWINS_SHOWN]
