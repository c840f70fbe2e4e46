"""Codes and numbers of divisions and grids: pure decisions, each with the text it rests on. No Django, no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Literal

Level = Literal["district", "street", "community", "grid"]
LEVELS: tuple[Level, ...] = ("district", "street", "community", "grid")
LENGTHS: Mapping[Level, int] = {"district": 6, "street": 9, "community": 12, "grid": 15}
_BY_LENGTH: Mapping[int, Level] = {length: level for level, length in LENGTHS.items()}

STATISTICAL_CODES = "统计用区划代码和城乡划分代码编制规则"
GRID_CODES = "GB/T 30428.1 单元网格（15 位标识码）"
ONE_LAYER = "社会治理网格化服务管理条例（滨州 2021）§6：不再另行划分网格"

GRID_LAYER = "grid"
MAX_GRIDS = 999  # three digits within a community

_COUNTY = re.compile(r"[1-9]\d{5}")
# Streets 001-099, towns 100-199, townships 200-399, government and enterprise in one 400-599.
_STREET = re.compile(r"(?!000)(?:0\d{2}|[1-5]\d{2})")
# Residents' committees 001-199, villagers' committees 200-399, their likes 400-499 and 500-599.
_COMMUNITY = re.compile(r"(?!000)[0-5]\d{2}")
# In a street of a city district the committees are residents' committees: 001-199.
_URBAN_COMMUNITY = re.compile(r"(?!000)[01]\d{2}")
_SEQUENCE = re.compile(r"(?!000)\d{3}")


@dataclass(frozen=True, slots=True)
class CodeFault:
    """Why a code is not one: ``code`` for programs; ``part`` the digits that are wrong; ``article`` the rule."""

    code: str
    part: str
    article: str = STATISTICAL_CODES


def normalise(text: str) -> str:
    """A code as people write it (full-width digits, blanks, trailing zeros of the 12-digit form) in its shortest form.

    ``610104000000`` is the district ``610104``, ``610104001000`` the street ``610104001``.
    """
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if len(code) == 12 and code.isdigit():
        if code.endswith("000000"):
            return code[:6]
        if code.endswith("000"):
            return code[:9]
    return code


def code_fault(code: str) -> CodeFault | None:
    """What is wrong with a normalised code of 6, 9, 12 or 15 digits, or None."""
    if not code.isascii() or not code.isdigit():
        return CodeFault("code_digits", code)
    if len(code) not in _BY_LENGTH:
        return CodeFault("code_length", code)
    if not _COUNTY.fullmatch(code[:6]):
        return CodeFault("code_county", code[:6])
    if len(code) >= 9 and not _STREET.fullmatch(code[6:9]):
        return CodeFault("code_street", code[6:9])
    if len(code) >= 12:
        community = _URBAN_COMMUNITY if code[6] == "0" else _COMMUNITY
        if not community.fullmatch(code[9:12]):
            return CodeFault("code_community", code[9:12])
    if len(code) == 15 and not _SEQUENCE.fullmatch(code[12:]):
        return CodeFault("code_grid", code[12:], GRID_CODES)
    return None


def level_of(code: str) -> Level:
    """The level that a code's length says; ValueError for a length that is none."""
    try:
        return _BY_LENGTH[len(code)]
    except KeyError:
        raise ValueError(f"{code!r} is no division code: 6, 9, 12 or 15 digits") from None


def parent_of(code: str) -> str:
    """The code one level up; "" for a district."""
    return "" if len(code) == 6 else code[:-3]


def ancestors(code: str) -> list[str]:
    """The codes from the district down to ``code`` itself."""
    return [code[:length] for length in LENGTHS.values() if length <= len(code)]


def next_sequences(used: Sequence[int], count: int) -> list[int] | None:
    """``count`` new sequence numbers after the highest ever used in a community; None when three digits do not suffice.

    Numbers of grids that ended stay used: a code never means two places.
    """
    first = max(used, default=0) + 1
    return list(range(first, first + count)) if first + count - 1 <= MAX_GRIDS else None


def grid_code(community: str, sequence: int) -> str:
    """The 15-digit code; ValueError if the sequence is not 1-999 or the community's code not twelve digits."""
    if len(community) != 12 or not 1 <= sequence <= MAX_GRIDS:
        raise ValueError(f"no grid code for community {community!r}, sequence {sequence}")
    return f"{community}{sequence:03d}"


def grid_name(sequence: int) -> str:
    """What a grid is called when nobody named it."""
    return f"第{sequence}网格"


def numbering_order(centres: Sequence[tuple[float, float]], heights: Sequence[float]) -> list[int]:
    """Indexes of grids in the order of their numbers: west to east within a row, rows north to south.

    ``centres``: (longitude, latitude) of each; ``heights``: north-south extent of each, same unit. Cells whose centres lie within
    half a typical height of the northernmost one left form a row.
    """
    if not centres:
        return []
    band = median(heights) / 2
    left = sorted(range(len(centres)), key=lambda i: (-centres[i][1], centres[i][0]))
    order: list[int] = []
    while left:
        top = centres[left[0]][1]
        row = [i for i in left if centres[i][1] >= top - band]
        left = [i for i in left if centres[i][1] < top - band]
        order += sorted(row, key=lambda i: (centres[i][0], -centres[i][1]))
    return order


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """``total`` in whole numbers in proportion to ``weights``, the sum kept (largest remainder; earlier ones first when equal)."""
    exact = [total * weight / sum(weights) for weight in weights]
    whole = [int(part) for part in exact]
    order = sorted(range(len(weights)), key=lambda i: (whole[i] - exact[i], i))
    for i in order[: total - sum(whole)]:
        whole[i] += 1
    return whole


def valid_on(valid_from: date, valid_to: date | None, day: date) -> bool:
    """Whether a half-open period holds the day: its first day yes, its end no."""
    return valid_from <= day and (valid_to is None or day < valid_to)


def may_be_layer(layer: str) -> bool:
    """There is one layer of grids; departments hang their networks on it and draw none of their own."""
    return layer == GRID_LAYER


def may_end(level: Level) -> bool:
    """Grids and communities end by an act of the district; streets and the district itself only by one above it."""
    return level in ("grid", "community")
