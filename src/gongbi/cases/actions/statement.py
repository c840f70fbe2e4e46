"""What a channel hands over: the one shape in which everything that is said comes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gongbi.cases.triage import Said


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything a channel hands over. ``crs`` of the coordinates; ``photos`` ids of files stored beforehand."""

    said: Said
    crs: str = "CGCS2000"
    name: str = ""
    phone: str = ""
    account: str = ""  # tells one writer of a list from another: only its blind index is kept
    likes: int = 0
    dislikes: int = 0
    anonymous: bool = False
    confidential: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    photos: Sequence[int] = ()
    language: str = "zh-hans"
    idempotency: str = ""
    external: str = ""
    join: int | None = None  # a case that the reporter recognised as the same matter
    route: int = 0  # special route 1–6: answered at once, nothing dispatched
    # From which probability on it joins an open twin, as its source was configured; None: as the city's setting says.
    joins_at: float | None = None
    on_the_line: bool = True  # whether the one who spoke hears the answer now and can be told to call 110
