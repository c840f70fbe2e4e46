"""The only writers of who: one transaction each, with time and viewer; each leaves a Change for the auditor.

Locks, in this order: person, unit, posts by number, matters (by the rooms' transfers), the edition's row.
"""

from gongbi.parties.actions.access import (
    change_language,
    close_account,
    create_account,
    end_sessions,
    exported,
    forget_sign_ins,
    make_key,
    open_account,
    record_sign_in,
    set_password,
    sign_out_person,
    withdraw_key,
)
from gongbi.parties.actions.away import end_away, mark_away
from gongbi.parties.actions.posts import (
    add_person,
    appoint,
    change_person,
    change_post,
    end_post,
    hold_post,
)
from gongbi.parties.actions.units import change_unit, close_unit, create_unit

__all__ = [
    "add_person",
    "appoint",
    "change_language",
    "change_person",
    "change_post",
    "change_unit",
    "close_account",
    "close_unit",
    "create_account",
    "create_unit",
    "end_away",
    "end_post",
    "end_sessions",
    "exported",
    "forget_sign_ins",
    "hold_post",
    "make_key",
    "mark_away",
    "open_account",
    "record_sign_in",
    "set_password",
    "sign_out_person",
    "withdraw_key",
]
