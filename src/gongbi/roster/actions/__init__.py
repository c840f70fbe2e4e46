"""What changes duty: one function per use case, each one transaction."""

from gongbi.roster.actions.feeding import make_feed, withdraw_feed
from gongbi.roster.actions.noting import take_note, write_note
from gongbi.roster.actions.planning import Generated, add_turn, cancel_turn, generate, stand_in
from gongbi.roster.actions.swapping import agree, approve, ask, decline, lapse, refuse, withdraw
from gongbi.roster.actions.upkeep import change_settings, save_member, save_rota, save_shift

__all__ = [
    "Generated",
    "add_turn",
    "agree",
    "approve",
    "ask",
    "cancel_turn",
    "change_settings",
    "decline",
    "generate",
    "lapse",
    "make_feed",
    "refuse",
    "save_member",
    "save_rota",
    "save_shift",
    "stand_in",
    "take_note",
    "withdraw",
    "withdraw_feed",
    "write_note",
]
