"""Everything that changes orders, whistles, notices, the ladder and its rules. Locks: the matter's row first; see docs/locking.md."""

from gongbi.command.actions.laddering import climb
from gongbi.command.actions.ordering import (
    Given,
    accept,
    arrive,
    contest,
    give,
    redirect,
    report,
    rule,
    send_back,
    sign,
    withdraw,
)
from gongbi.command.actions.upkeep import change_settings, save_rung, save_score_rule
from gongbi.command.actions.whistling import Blown, Wanted, call_more, call_off, end, review, sound

__all__ = [
    "Blown",
    "Given",
    "Wanted",
    "accept",
    "arrive",
    "call_more",
    "call_off",
    "change_settings",
    "climb",
    "contest",
    "end",
    "give",
    "redirect",
    "report",
    "review",
    "rule",
    "save_rung",
    "save_score_rule",
    "send_back",
    "sign",
    "sound",
    "withdraw",
]
