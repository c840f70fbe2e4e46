"""What a district sets for bulletins and open data, with shipped defaults. None of it is law: each says where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, str]
_OWN: Words = ("本系统自定，可由区里调整，不是法律规定", "own default, for the district to set; not law")
_CELL: Words = (
    "统计发布的通行做法（少于 3 不公布），未见原文，不是法律规定；《个人信息保护法》第七十三条只规定匿名化须无法识别且不能复原",
    "common practice in publishing statistics (fewer than 3 are not told), source not seen, not law; article 73 of the Personal Information "
    "Protection Law only says that anonymised data cannot be traced back",
)
LEAST_THRESHOLD, MOST_THRESHOLD = 2, 100
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Default:
    """A shipped value, what it is called, and its source (zh, en). ``kind``: number, words or yes."""

    value: str
    words: Words
    kind: str
    source: Words = _OWN


DEFAULTS: dict[str, Default] = {
    "night_day": Default("yes", ("夜间起草日报（yes / no）", "Draft daily bulletins at night (yes / no)"), "yes"),
    "night_week": Default("yes", ("夜间起草周报（yes / no）", "Draft weekly bulletins at night (yes / no)"), "yes"),
    "night_month": Default("yes", ("夜间起草月报（yes / no）", "Draft monthly bulletins at night (yes / no)"), "yes"),
    "open_threshold": Default("3", ("开放数据中少于几件不公布", "Open data: counts below this are not told"), "number", _CELL),
    "open_licence": Default(
        "可以免费下载、转载和加工，须注明来源、月份和版本；不得用于识别个人。",
        ("开放数据的使用许可", "Licence of the open data"),
        "words",
    ),
}  # fmt: skip


def check(key: str, value: str) -> str:
    """The value, trimmed. KeyError for a setting there is not, ValueError for a value that it cannot have."""
    text = " ".join(value.split())
    kind = DEFAULTS[key].kind
    if kind == "yes" and text not in ("yes", "no"):
        raise ValueError(key)
    if kind == "number" and not (
        text.isascii() and text.isdigit() and LEAST_THRESHOLD <= int(text) <= MOST_THRESHOLD
    ):
        raise ValueError(key)
    if not 0 < len(text) <= LONGEST:
        raise ValueError(key)
    return text
