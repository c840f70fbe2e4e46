"""Numbers of houses, buildings, units, floors and rooms in free text, by rules alone: for where no tagger has been learnt.

All are read in the one form of :func:`gongbi.science.gazetteer.fold`: ３号楼 = 三号楼 = 3#楼 = building 3; 3-2-501 = building 3, unit 2,
room 501. What only looks so is left out: line 3 of the metro (3号线), the third of a month (12月3号), a house of 18 storeys (18层高), two
buildings (两栋), 500 households (500户).

>>> [(door.kind, door.value) for door in doors("阳光花园三号楼２单元501室，12月3号起漏水")]
[('houseno', '3'), ('cellno', '2'), ('roomno', '501')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gongbi.science.gazetteer import fold

KINDS = ("roadno", "houseno", "cellno", "floorno", "roomno")  # of the published 21, from the street inwards
_LIST = r"(?:\d{1,3}(?:号楼|#楼|栋|幢|单元)?[、,，和及])*"
_NAMED = "区园苑城府庭院里村湾寓郡期居家坊庄厦墅派舍岸"  # what the name of a compound ends with
_COUNTED = "共有建盖加高近每各达约超几"  # before a number of storeys or buildings, it counts them

_BUILDING = re.compile(
    rf"(?<![\da-z.])({_LIST})([a-z]?\d{{1,4}}[a-z]?|[a-z])(号楼|#楼|号栋|号公寓|栋|幢|座|#)(?!线)"
)
_UNIT = re.compile(rf"({_LIST})((?<!\d)\d{{1,2}}|[a-z东西中南北甲乙丙丁])单元")
_FLOOR = re.compile(
    rf"(?<![\d{_COUNTED}\-~至到])(?<!地下)(地下|负|-|b)?(?<![\d.])(\d{{1,2}})(?:楼|层)(?![高道盘房宇市以]|平房|建筑|住宅|的?高?楼)"
)
_ROOM = re.compile(r"(?<![\da-z\-])([a-z]?\d{3,4}[a-z]?)(?:室|号?房(?![间子屋产价租型地]))")
_TRIPLE = re.compile(
    r"(?<![\da-z\-.号月日])([a-z]?\d{1,3})-(\d{1,2})-(\d{3,4})(?:室|号房?|房)?(?![\d\-.年月元])"
)
_PAIR = re.compile(
    rf"(?<=[{_NAMED}])([a-z]?\d{{1,3}})-([a-z]?\d{{3,4}})(?:室|号房?|房)?(?![\d\-.年月元米人个万天%号])"
)
_STREET = re.compile(
    r"(?<=[路街巷道弄里坊段村组区院园苑庄城寨堡胡同])(甲?\d{1,4}(?:-\d{1,3})?)(号(?:附\d{1,3}号?)?院?|弄)"
    r"(?![楼栋幢线门月]|公寓|地铁)"
)
_YARD = re.compile(r"(?<![\d月\-.])(甲?\d{1,4})(号院)")
# What follows a building, a unit or a floor without a word of its own: 3栋2-501, 2单元501号, 5楼501.
_AFTER_BUILDING = re.compile(r"-?(\d{1,2})-(\d{3,4})(?:室|号房?|房|户)?(?![\d元米个%])")
_AFTER = re.compile(r"[-,，、]?([a-z]?\d{3,4}[a-z]?)(?:室|号房?|房|户)?(?![\d元米个人次年月万天%.])")
_SIDE = re.compile(r"([东西中南北])户")
_DIGITS = re.compile(r"[a-z]?\d{1,3}[a-z]?")


@dataclass(frozen=True, slots=True)
class Door:
    """One number: ``text[start:end]`` as written; ``value`` in the one form (``"3"``, ``"A"``, ``"-1"``); ``kind`` one of ``KINDS``."""

    kind: str
    value: str
    text: str
    start: int
    end: int


def doors(text: str) -> list[Door]:
    """The numbers in the order of the text; several of one kind where it names several (2、3栋)."""
    folded, origin = fold(text)
    found: dict[tuple[int, int], tuple[str, str]] = {}

    def take(kind: str, value: str, start: int, end: int) -> None:
        if not any(start < b and a < end for a, b in found):
            found[start, end] = (kind, value.upper())

    for match in _TRIPLE.finditer(folded):
        for group, kind in ((1, "houseno"), (2, "cellno"), (3, "roomno")):
            take(kind, match[group], match.start(group), match.end(group))
    for match in _PAIR.finditer(folded):
        take("houseno", match[1], match.start(1), match.end(1))
        take("roomno", match[2], match.start(2), match.end())
    for match in _YARD.finditer(folded):
        take("roadno", match[1], match.start(), match.end())
    for match in _STREET.finditer(folded):
        take("roadno", match[1], match.start(), match.end())
    for pattern, kind in ((_BUILDING, "houseno"), (_UNIT, "cellno")):
        for match in pattern.finditer(folded):
            if kind == "houseno" and not _is_building(match, folded, text[origin[match.start(2)]]):
                continue
            for one in _DIGITS.finditer(match[1]):
                take(kind, one[0], match.start() + one.start(), match.start() + one.end())
            take(kind, match[2], match.start(2), match.end())
    for match in _FLOOR.finditer(folded):
        take("floorno", f"-{match[2]}" if match[1] else match[2], match.start(), match.end())
    for match in _ROOM.finditer(folded):
        take("roomno", match[1], match.start(), match.end())
    for (_start, end), (kind, _value) in sorted(found.items()):
        if kind == "houseno" and (both := _AFTER_BUILDING.match(folded, end)):
            take("cellno", both[1], both.start(1), both.end(1))
            take("roomno", both[2], both.start(2), both.end())
        elif kind in ("houseno", "cellno", "floorno"):
            if bare := _AFTER.match(folded, end):
                take("roomno", bare[1], bare.start(1), bare.end())
            elif side := _SIDE.match(folded, end):
                take("roomno", side[1], side.start(), side.end())
    return [
        Door(kind, value, text[origin[a] : origin[b - 1] + 1], origin[a], origin[b - 1] + 1)
        for (a, b), (kind, value) in sorted(found.items())
    ]


def _is_building(match: re.Match[str], folded: str, written: str) -> bool:
    """Whether it is the name of one: 两栋, 一栋楼房, 3座桥 and 共有9栋 count buildings."""
    number, word = match[2], match[3]
    before = folded[match.start() - 1] if match.start() else ""
    if word == "#":
        return number.isdigit() and folded[match.end() : match.end() + 1] not in ("", "-", "#")
    if word in ("座", "号公寓") and number.isdigit():
        return word == "号公寓"
    if word in ("栋", "幢"):
        if (before and before in _COUNTED) or written == "两":
            return False
        if written == "一" and number == "1":
            named = bool(before) and before in _NAMED
            return named or folded[match.end() : match.end() + 1].isdigit()
    return True


def values(found: Iterable[Door]) -> dict[str, tuple[str, ...]]:
    """Kind → its distinct values, in the order of ``KINDS``."""
    known: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for door in found:
        if door.value not in known[door.kind]:
            known[door.kind].append(door.value)
    return {kind: tuple(some) for kind, some in known.items() if some}


_SAID = {
    "houseno": ("{}号楼", "building {}"),
    "cellno": ("{}单元", "unit {}"),
    "floorno": ("{}层", "floor {}"),
    "roomno": ("{}室", "room {}"),
    "roadno": ("{}号", "no. {}"),
}
_SIDES = {"东": "east", "西": "west", "中": "middle", "南": "south", "北": "north"}


def in_words(known: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Values in one form for people, (Chinese, English): ``("3号楼2单元", "building 3, unit 2")``; ``("", "")`` of none."""
    chinese, english = "", []
    for kind in KINDS:
        if some := known.get(kind):
            if kind == "houseno" and all(value.isalpha() for value in some):
                chinese += "、".join(some) + "座"
            elif kind == "roomno" and some[0] in _SIDES:
                chinese += f"{some[0]}户"
            else:
                chinese += _SAID[kind][0].format("、".join(some))
            english.append(_SAID[kind][1].format(" and ".join(_SIDES.get(value, value) for value in some)))
    return chinese, ", ".join(english)


def apart(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]) -> bool:
    """Whether two descriptions cannot mean one house: both name buildings and none in common, or, of one building, units."""
    for kind in ("roadno", "houseno", "cellno"):
        mine, theirs = one.get(kind), other.get(kind)
        if mine and theirs and not set(mine) & set(theirs):
            return True
    return False
