"""A definition said in words, in both languages: what people read beside the piece of the language. Pure."""

from __future__ import annotations

from collections.abc import Callable

from gongbi.evaluation import tree as t
from gongbi.evaluation.fields import BELOW, FIELDS, LINES
from gongbi.evaluation.rules import Words
from gongbi.evaluation.tree import Amount, Condition

_SIGNS: dict[str, Words] = {
    "=": ("是", "is"), "!=": ("不是", "is not"), "<": ("小于", "below"), "<=": ("不超过", "at most"), ">": ("大于", "above"), ">=": ("不低于", "at least"),
    "in": ("属于", "is one of"), "+": ("加", "plus"), "-": ("减", "minus"), "*": ("乘", "times"), "/": ("除以", "divided by"),
}  # fmt: skip
VALUES: dict[str, Words] = {
    "new": ("自成一件的", "one that made a case of its own"),
    "joined": ("加入已有案件的", "one that joined a known case"),
    "merged": ("并入的", "a merged one"),
    "answered": ("直接答复的", "one answered at once"),
    "answered_repeat": ("无新事实、直接答复的", "one with nothing new, answered at once"),
    "public": ("公众反映的", "one raised by the public"),
    "own": ("自己人或设备发现的", "one raised by own people or instruments"),
    "chosen": ("派遣员派的", "one by a dispatcher"),
    "ruled": ("裁定的", "one by a ruling"),
    "clean": (
        "一次办结的（未改派、未返工、未重开）",
        "one settled at the first go (not re-dispatched, reworked or reopened)",
    ),
    "tainted": ("改派、返工或重开过的", "one re-dispatched, reworked or reopened before"),
}


def amount(one: Amount, name: Callable[[str], Words] | None = None) -> Words:
    """An amount in words. ``name``: what another indicator is called."""
    if isinstance(one, t.Number):
        return (f"{one.value}", f"{one.value}")
    if isinstance(one, t.Rate):
        zh, en = name(one.code) if name else (one.code, one.code)
        return (f"“{zh}”", f"“{en}”")
    if isinstance(one, t.Count):
        zh, en = ("分母各条", "the lines below the line") if one.lines == BELOW else LINES[one.lines][1]
        if isinstance(one.where, t.Every):
            return (f"{zh}的件数", f"the number of {en}")
        told = condition(one.where)
        return (f"{zh}中，{told[0]}的件数", f"the number of {en} where {told[1]}")
    first, *rest = one.parts
    zh, en = _part(first[1], name)
    for sign, part in rest:
        told = _part(part, name)
        zh, en = f"{zh} {_SIGNS[sign][0]} {told[0]}", f"{en} {_SIGNS[sign][1]} {told[1]}"
    return (zh, en)


def _part(one: Amount, name: Callable[[str], Words] | None) -> Words:
    zh, en = amount(one, name)
    return (f"（{zh}）", f"({en})") if isinstance(one, t.Sum | t.Product) else (zh, en)


def condition(one: Condition) -> Words:
    """A condition in words."""
    if isinstance(one, t.Every):
        return ("任何情况", "always")
    if isinstance(one, t.Flag):
        return FIELDS[one.name].words
    if isinstance(one, t.Compare):
        told = [VALUES.get(str(value), (str(value), str(value))) for value in one.values]
        field, sign = FIELDS[one.name].words, _SIGNS[one.sign]
        return (
            f"{field[0]}{sign[0]}{'、'.join(zh for zh, _en in told)}",
            f"{field[1]} {sign[1]} {', '.join(en for _zh, en in told)}",
        )
    if isinstance(one, t.Not):
        if isinstance(one.part, t.Every):
            return ("无", "none")
        zh, en = condition(one.part)
        return (f"并非“{zh}”", f"not “{en}”")
    parts = [_inner(part, isinstance(one, t.Both)) for part in one.parts]
    both = isinstance(one, t.Both)
    return (
        (" 且 " if both else " 或 ").join(zh for zh, _en in parts),
        (" and " if both else " or ").join(en for _zh, en in parts),
    )


def _inner(one: Condition, in_both: bool) -> Words:
    zh, en = condition(one)
    return (f"（{zh}）", f"({en})") if in_both and isinstance(one, t.Either) else (zh, en)
