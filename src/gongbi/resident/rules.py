"""What of a matter everybody may read. Pure: plain values in, words out."""

from __future__ import annotations

import re
from typing import Protocol

Words = tuple[str, str]  # (Chinese, English)
PIPL_25 = "个人信息保护法 §25, §51: 去标识化"

_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·• ]?[A-Z0-9]{5,6}", re.I
)
_DOOR = re.compile(r"(?:\d{1,4}\s*(?:号楼|栋|幢|座|单元|层|楼|室|户|房间|房)\s*)+(?:\d{1,4}(?!\d))?")
_DOOR_PAIR = re.compile(r"(?<![\d.-])\d{1,2}(?:[-—]\d{1,2})?[-—]\d{3,4}(?![\d.-])")
_DIGITS = re.compile(r"(?<!\d)\d(?:[ -]?\d){4,}(?!\d)")
_NAMED = re.compile(
    r"((?:我|他|她|人|业主|老板|邻居|房东|姓名)(?:名)?(?:叫|是|：|:)\s?)[\u4e00-\u9fff]{2,3}(?=[,，。、;；\s]|$)"
)
_HONOUR = re.compile(r"[\u4e00-\u9fff](?=(?:先生|女士|阿姨|师傅|老师|经理|老板|大爷|大妈|奶奶|爷爷)(?!们))")
_WIDE = {ord("０") + i: ord("0") + i for i in range(10)}

# Before a person has read a report, nothing of it is shown to strangers.
UNREAD = frozenset({"received", "clarifying"})


class Known(Protocol):
    """What these rules ask of a kind of the catalogue."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> Words: ...
    @property
    def informer(self) -> bool: ...


def on_public_ground(kind: Known | None) -> bool:
    """Whether matters of the kind lie where everybody can see them: fittings of the town and events of its streets.

    Hotline kinds (H) are about people and their homes; "other events" (E06) may be anything; informers are never shown.
    """
    if kind is None or kind.informer:
        return False
    return kind.code.startswith("C") or (kind.code.startswith("E") and not kind.code.startswith("E06"))


def hidden(kind: Known | None, confidential: bool) -> bool:
    """Whether a matter is on no public page at all: somebody informed against somebody, or asked to stay unseen."""
    return confidential or (kind is not None and kind.informer)


def without_people(text: str) -> str:
    """``text`` without number plates, doors, names after "called" and every run of five digits or more (telephones, identity)."""
    plain = text.translate(_WIDE)
    plain = _PLATE.sub("〔车牌〕", plain)
    plain = _DOOR_PAIR.sub("〔门牌〕", plain)
    plain = _DIGITS.sub("〔号码〕", plain)
    plain = _DOOR.sub("〔门牌〕", plain)
    return _NAMED.sub(r"\1某人", _HONOUR.sub("某", plain))


def public_title(title: str, kind: Known | None, state: str) -> Words:
    """What a stranger reads as the title: the words, cleaned, where the matter is in public and was read; else only its kind."""
    if on_public_ground(kind) and state not in UNREAD:
        said = without_people(title)
        return said, said
    if kind is None:
        return "一件正在了解的事", "A matter that is being looked into"
    zh, en = kind.name
    return (f"{zh}（待核实）", f"{en} (not verified yet)") if state in UNREAD else (zh, en or zh)


def public_place(place_words: str, kind: Known | None, state: str) -> str:
    """The spot in words where it is in public and was read, without doors and numbers; else nothing: only the community is told."""
    return without_people(place_words) if on_public_ground(kind) and state not in UNREAD else ""
