"""What a refusing rule of command says to a person."""

from __future__ import annotations

from typing import Any

from gongbi.kernel.errors import Forbidden, NotThere, Refused


def not_there() -> NotThere:
    """No such order or whistle, or not theirs to know of."""
    return NotThere(
        "command.not_there",
        (
            "没有这份指令或哨，或不在您的范围内。请核对编号的每一位。",
            "There is no such order or whistle, or it is outside your area. Check every digit.",
        ),
    )


def about_nothing() -> Refused:
    """The matter an order is to be about is none of theirs."""
    return Refused(
        "command.about_unknown",
        (
            "没有这件事项，或不在您的范围内，请重新选择。",
            "There is no such matter, or it is outside your area. Choose again.",
        ),
        field="about",
    )


def no_unit(field: str = "unit") -> Refused:
    """Nobody was addressed."""
    return Refused("command.no_unit", ("请选择单位。", "Choose a unit."), field=field)


def unit_gone(name: str, day: str, field: str = "unit") -> Refused:
    """The unit was closed, or never was."""
    return Refused(
        "command.unit_gone",
        (
            "“%(name)s”已于%(day)s撤销，不能再接收指令。请改选现在承担其职责的单位。",
            "“%(name)s” was closed on %(day)s and takes no orders any more. Choose the unit that does its work now.",
        ),
        values={"name": name, "day": day},
        field=field,
    )


def unit_unknown(field: str = "unit") -> Refused:
    """No unit of that key."""
    return Refused(
        "command.unit_unknown",
        ("没有这个单位，请重新选择。", "There is no such unit. Choose again."),
        field=field,
    )


def not_yours(words: tuple[str, str], code: str = "command.not_yours") -> Forbidden:
    """This unit may not order so."""
    return Forbidden(code, words)


def empty(field: str, words: tuple[str, str]) -> Refused:
    """Something that must be said was not."""
    return Refused("command.empty", words, field=field)


def long(field: str, most: int) -> Refused:
    """Too many words."""
    return Refused(
        "command.long",
        ("文字最多 %(most)s 个字，请缩短。", "At most %(most)s characters; shorten the text."),
        values={"most": most},
        field=field,
    )


def past(field: str = "come_by") -> Refused:
    """A time that is over."""
    return Refused(
        "command.past",
        ("到场时间须在现在之后，请重新填写。", "The time to be there must lie ahead. Give another."),
        field=field,
    )


def far(field: str = "come_by") -> Refused:
    """A time that is years away."""
    return Refused(
        "command.far",
        ("到场时间最迟在 30 天之内。", "The time to be there is at most 30 days ahead."),
        field=field,
    )


def no_place(field: str = "place_words") -> Refused:
    """Called to nowhere."""
    return Refused(
        "command.where",
        ("请写明到哪里：地址，或在地图上点选。", "Say where to come: an address, or a point on the map."),
        field=field,
    )


def whistled_already(number: str) -> Refused:
    """Somebody else whistled for the same matter first."""
    return Refused(
        "command.whistled_already",
        (
            "这件事已经吹哨（%(number)s），没有重复吹哨。请打开该哨，需要时增加单位。",
            "A whistle for this matter is open already (%(number)s), so none was added. Open it and call more units if need be.",
        ),
        values={"number": number},
        field="about",
    )


def lead(field: str = "lead") -> Refused:
    """A joint matter without one lead."""
    return Refused(
        "command.lead",
        ("请在所选单位中指定一个牵头单位。", "Name one of the chosen units as the lead."),
        field=field,
    )


def period() -> Refused:
    """A period that ends before it begins, or is too long."""
    return Refused(
        "command.dates",
        (
            "期间不对：止日不早于起日，最长一年。",
            "The period is wrong: its end is not before its beginning, and it is a year at most.",
        ),
        field="last",
    )


def setting(words: Any, like: str, field: str) -> Refused:
    """A setting that does not take this value."""
    return Refused(
        "command.setting",
        (
            "“%(name)s”不能填这个值，请照默认值的样子填写：%(like)s。",
            "“%(name)s” does not take this value; write it like the shipped one: %(like)s.",
        ),
        values={"name": words, "like": like},
        field=field,
    )
