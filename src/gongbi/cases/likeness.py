"""How likely an open case is the matter that was reported, and what speaks for it. Pure; the evidence is weighed by
:mod:`gongbi.science.matching`.

Cases that could not be shown even if they had begun this moment are left out first. Each is judged by itself: open cases may well be one
matter that nobody has merged yet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gongbi.science.matching import OTHER, SAME, UNKNOWN, Rows, probability
from gongbi.science.matching_weights import MESSAGES

TWIN_SHOWN = 0.1  # probability
MACHINES = frozenset({"api", "device"})  # channels on which nobody is there to be asked
_YOUNG = float(MESSAGES.recent(np.zeros(1))[0])
_LEAST = math.log(TWIN_SHOWN / (1 - TWIN_SHOWN))
Floats = npt.NDArray[np.float64]
Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two matters are one, ``score`` a probability; beside it what speaks for it. ``metres`` None: a place is not known."""

    score: float
    metres: float | None
    same_kind: bool
    days: float
    text: float

    @property
    def why(self) -> Words:
        """In words (zh, en)."""
        zh, en = [], []
        if self.metres is not None:
            zh.append(f"相距约{self.metres:.0f}米")
            en.append(f"about {self.metres:.0f} m apart")
        if self.same_kind:
            zh.append("类别相同")
            en.append("of the same kind")
        zh.append(f"用词相似{self.text:.0%}")
        en.append(f"words {self.text:.0%} alike")
        days = round(self.days)
        zh.append(f"早{days}天上报" if days > 0 else "一天之内上报")
        en.append(
            f"reported {days} day{'' if days == 1 else 's'} before" if days > 0 else "reported within a day"
        )
        return "，".join(zh), ", ".join(en)


@dataclass(frozen=True, eq=False)
class Close:
    """Those of the candidates that may be twins: their places among the candidates, log-odds without their age, and the parts."""

    rows: Rows
    odds: Floats
    metres: Floats
    text: Floats
    same_kind: npt.NDArray[np.bool_]

    def only(self, kept: Sequence[bool]) -> Close:
        """Those of them that ``kept`` says, one word for each; the others take no share of the chance."""
        some = np.array(kept, dtype=bool)
        parts = (self.rows, self.odds, self.metres, self.text, self.same_kind)
        return Close(*(part[some] for part in parts))

    def told(self, days: Floats) -> list[tuple[int, Likeness]]:
        """With their age in ``days``: place among the candidates and likeness of those that are shown, in no order."""
        if not self.rows.size:
            return []
        chance = np.round(probability(self.odds + MESSAGES.recent(days)), 4)
        return [
            (
                int(self.rows[i]),
                Likeness(
                    float(chance[i]),
                    None if math.isnan(self.metres[i]) else float(self.metres[i]),
                    bool(self.same_kind[i]),
                    float(days[i]),
                    round(float(self.text[i]), 4),
                ),
            )
            for i in np.flatnonzero(chance >= TWIN_SHOWN).tolist()
        ]


def weigh(
    metres: Floats | None,
    radius: float,
    text: Floats,
    same_kind: npt.NDArray[np.bool_],
    same_class: npt.NDArray[np.bool_],
) -> Close:
    """What speaks for each candidate. ``metres``: NaN where a candidate has no point; None where the report has none and they were chosen by kind, so
    that it tells nothing more. ``radius`` metres within which they were looked for; ``text``: likeness of the words 0..1. ``same_class``: of a
    neighbouring kind, or nobody knows the kind of one of them: that speaks neither for nor against it."""
    if metres is None:
        rows = np.arange(text.size)
        metres, kinds = np.full(text.size, np.nan), np.full(text.size, UNKNOWN, dtype=np.int8)
        spread = 1.0
    else:
        rows = np.flatnonzero(~(metres > radius))
        kinds = np.where(same_kind, SAME, np.where(same_class, UNKNOWN, OTHER)).astype(np.int8)
        # Each candidate has its share of the chance that there is a twin at all; in a wider circle than the weights' own one of them
        # is as likely to be it when it is as near.
        spread = (MESSAGES.radius / radius) ** 2
    odds = MESSAGES.ageless(metres[rows], kinds[rows], text[rows]) - math.log(max(rows.size * spread, 1.0))
    kept = odds + _YOUNG >= _LEAST
    rows, odds = rows[kept], odds[kept]
    return Close(rows, odds, metres[rows], text[rows], same_kind[rows])


def joins_from(setting: str, channel: str, net: str) -> float | None:
    """From which probability on a report joins an open case by itself; None: never, as is what people say.

    ``setting``: ``channel=probability`` or ``channel/source=probability``, with blanks between; a source goes before its channel. What
    cannot be read, or is no probability from one half up to one, joins nothing.
    """
    if channel not in MACHINES:
        return None
    said = dict(part.split("=", 1) for part in setting.split() if "=" in part)
    text = said.get(f"{channel}/{net}") if net else None
    try:
        least = float(said.get(channel, "") if text is None else text)
    except ValueError:
        return None
    return least if 0.5 <= least <= 1 else None
