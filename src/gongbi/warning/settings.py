"""What a district sets for its warnings, with shipped defaults. The four levels and their colours are law; from which figure on a
level begins is not: these thresholds are the district's own setting, and say so where they are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Words = tuple[str, str]
_MOST = 1e6
_OWN: Words = ("本系统自定，可由区里调整，不是法律规定", "own default, for the district to set; not law")
_SCAN: Words = (
    "纽约市传染病日常扫描的做法（Greene 等，2016），本区可调整",
    "as New York City's daily scans (Greene et al. 2016); for the district to set",
)


@dataclass(frozen=True, slots=True)
class Default:
    """A shipped value: what it is called, its source, and more about it where the name does not say it all (zh, en)."""

    value: str
    words: Words
    source: Words = field(default=_OWN)
    about: Words = ("", "")


DEFAULTS: dict[str, Default] = {
    "false_alarms": Default("1", ("全区每周容许的误报数（聚集与上升）", "False alarms a week accepted in the whole district (clusters and rises)")),
    "history_days": Default("365", ("回看天数", "Days looked back"), _SCAN),
    "max_days": Default("30", ("聚集最长天数", "Longest cluster, days"), _SCAN),
    "max_radius_km": Default("3", ("聚集最大半径（公里）", "Largest cluster, radius in km")),
    "replications": Default("999", ("随机重复次数", "Replications by chance"), _SCAN),
    "quiet_days": Default("7", ("间隔几天算新的预警", "Days of quiet after which it is a new warning")),
    "recurrence_levels": Default(
        "365,1825,7300", ("黄、橙、红色的重现期（天）", "Recurrence in days from which it is yellow, orange, red")
    ),
    "repeat_days": Default("90", ("反复问题的回看天数", "Days in which a problem comes back")),
    "repeat_least": Default(
        "3", ("办结后至少又出现几次才算反复", "Times a problem came back at least"),
        about=(
            "同一种类在约100米见方内，前一件办结之后又报来的件数。",
            "Cases of one kind within about 100 m that came after an earlier one was closed.",
        ),
    ),
    "repeat_recurrence": Default(
        "365", ("反复预警的最短重现期（天）", "Recurrence in days from which a repeat is told"),
        about=(
            "该地点的预期按其繁忙程度、该类案件的多少和它自己以往的件数估计；超出预期到单靠偶然全区这么多天才有一次，才发出预警。",
            "What to expect of a place follows from how busy it is, how common the kind is and its own past; it is told when chance alone "
            "gives such an excess once in so many days in the whole district.",
        ),
    ),
    "late_days": Default("180", ("超期风险的回看天数", "Days of history behind a risk of lateness")),
    "late_least": Default("20", ("至少要有的同类历史案件数", "Past cases that a risk needs at least")),
    "late_share": Default("0.5", ("超期可能达到多少算有风险", "Share of late ones from which a case is at risk")),
    "late_levels": Default("3,10,25,60", ("有风险几件为蓝、黄、橙、红", "Cases at risk: blue, yellow, orange, red")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force, read. Days, kilometres, counts and shares as in :data:`DEFAULTS`."""

    false_alarms: float
    history_days: int
    max_days: int
    max_radius_km: float
    replications: int
    quiet_days: int
    recurrence_levels: tuple[float, ...]
    repeat_days: int
    repeat_least: int
    repeat_recurrence: float
    late_days: int
    late_least: int
    late_share: float
    late_levels: tuple[float, ...]


def read(values: dict[str, str]) -> Config:
    """The settings as numbers. Raises ValueError that names the setting, for what is none or makes no sense."""
    read_as: dict[str, Callable[[str], Any]] = {"int": int, "float": float}
    found: dict[str, Any] = {}
    for name, kind in Config.__annotations__.items():
        text = values.get(name) or DEFAULTS[name].value
        try:
            found[name] = read_as.get(kind, _several)(text)
        except ValueError:
            raise ValueError(f"{name}: {text!r} is not what this setting takes") from None
    for name, value in found.items():
        parts = value if isinstance(value, tuple) else (value,)
        if not all(0 < part < _MOST for part in parts) or list(parts) != sorted(parts):
            raise ValueError(f"{name}: {values.get(name)!r} is not above zero, or not rising")
    if len(found["recurrence_levels"]) != 3:
        raise ValueError("recurrence_levels: three numbers are needed, for yellow, orange and red")
    if len(found["late_levels"]) != 4:
        raise ValueError("late_levels: four numbers are needed, for blue, yellow, orange and red")
    if found["late_share"] > 1:
        raise ValueError("late_share: a share is at most 1")
    return Config(**found)


def _several(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


SHIPPED = read({})
