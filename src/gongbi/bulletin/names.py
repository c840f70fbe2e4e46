"""Names of places, kinds and units in both languages at once: what is kept must be readable in either later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils import translation

from gongbi.insight import words

Words = tuple[str, str]
UNPLACED: Words = ("未定位", "not placed")
UNKNOWN: Words = ("未定", "not known")


def both(by: str, keys: Iterable[str], on: date) -> dict[str, Words]:
    """Key → (zh, en). ``by``: street, community, unit, kind or channel."""
    wanted = list(dict.fromkeys(keys))
    with translation.override("zh-hans"):
        chinese = words.labels(by, wanted, on)
    with translation.override("en"):
        english = words.labels(by, wanted, on)
    found = {key: (chinese[key], english[key]) for key in wanted}
    if "" in found:
        found[""] = UNPLACED if by in ("street", "community") else UNKNOWN
    return found
