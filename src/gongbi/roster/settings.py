"""What a district sets for its duty, with shipped defaults. None of these is law: each says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, str]
_OWN: Words = ("本系统自定，可由区里调整，不是法律规定", "own default, for the district to set; not law")


@dataclass(frozen=True, slots=True)
class Default:
    """A shipped value in whole hours or days, what it is called, its bounds, its source (zh, en)."""

    value: int
    words: Words
    least: int
    most: int
    source: Words = _OWN


DEFAULTS: dict[str, Default] = {
    "rest_hours": Default(8, ("两班之间至少休息（小时）", "Least rest between two turns (hours)"), 0, 48),
    "longest_hours": Default(24, ("一班最长（小时）", "Longest turn (hours)"), 1, 72),
    "week_hours": Default(72, ("任意七天内最多值班（小时）", "Most duty in any seven days (hours)"), 8, 168),
    "gap_days": Default(7, ("提前几天提示空班", "Days ahead that gaps are asked about"), 1, 60),
}


def check(key: str, text: str) -> int:
    """The value. KeyError for a setting there is not, ValueError for no whole number within the bounds."""
    default = DEFAULTS[key]
    if not (text.isascii() and text.isdecimal() and len(text) < 5):
        raise ValueError(key)
    value = int(text)
    if not default.least <= value <= default.most:
        raise ValueError(key)
    return value
