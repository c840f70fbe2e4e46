"""Are two messages about the same thing? Place, kind, time and text, each between 0 and 1, weighed together.

Text similarity is the overlap coefficient and Dice's coefficient (Dice 1945, *Ecology* 26:297) over character bigrams: Chinese
needs no word splitting for it. A deeper matcher may replace :func:`score` behind the same signature.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

METRES_PER_DEGREE = 110_936.4  # of latitude at 34.27° N
_NOISE = re.compile(r"[\W_]+")
CELL = 0.0009  # degrees of latitude, about 100 m


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two matters are; ``score`` in 0..1, the parts beside it for people to read."""

    score: float
    metres: float | None
    same_kind: bool
    days: float
    text: float


def grams(text: str) -> frozenset[str]:
    """Character bigrams of the NFKC-folded text without punctuation; a single character stands alone."""
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())[:600]
    if len(plain) < 2:
        return frozenset({plain} if plain else ())
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1))


def text_likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Mean of Dice and overlap coefficients; 0 when either is empty."""
    if not one or not other:
        return 0.0
    common = len(one & other)
    return 0.5 * (2 * common / (len(one) + len(other)) + common / min(len(one), len(other)))


def metres(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance on a local plane; good to 0.1 % over a district."""
    dx = (lon2 - lon1) * math.cos(math.radians((lat1 + lat2) / 2))
    return math.hypot(dx, lat2 - lat1) * METRES_PER_DEGREE * 1.0017


def cell(lon: float, lat: float) -> int:
    """The number of the roughly 100 m cell that holds a point (CGCS2000 degrees)."""
    return int(lat // CELL) * 1_000_000 + int(lon // (CELL * 1.2))


def cells_around(lon: float, lat: float) -> list[int]:
    """The cell and its eight neighbours: every point within 100 m is in one of them."""
    return [cell(lon + i * CELL * 1.2, lat + j * CELL) for j in (-1, 0, 1) for i in (-1, 0, 1)]


def score(
    *, distance: float | None, radius: float, same_kind: bool, same_class: bool, days: float, text: float
) -> Likeness:
    """Weigh the parts: near (0.35), kind (0.25), text (0.3), recent (0.1).

    ``distance`` metres or None when a place is unknown (then text weighs more); ``radius`` metres at which nearness is zero;
    ``days`` between the two. Beyond the radius, or of another class with unlike words, the score is 0.
    """
    kind = 1.0 if same_kind else 0.5 if same_class else 0.0
    recent = math.exp(-abs(days) / 21)
    if distance is None:
        total = 0.3 * kind + 0.6 * text + 0.1 * recent if text >= 0.25 else 0.0
    elif distance > radius or (kind == 0.0 and text < 0.5):
        total = 0.0
    else:
        near = 1 - 0.7 * distance / radius
        total = 0.35 * near + 0.25 * kind + 0.3 * text + 0.1 * recent
    return Likeness(round(total, 4), distance, same_kind, days, round(text, 4))
