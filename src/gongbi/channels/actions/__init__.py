"""What changes a channel. Adapters call :func:`accept`, :func:`accept_many` and :func:`reject`; the worker calls the rest.

Locks: the source's lane first, then its rows in the order of their keys, then what cases lock; see docs/locking.md.
"""

from gongbi.channels.actions.arriving import (
    Receipt,
    accept,
    accept_change,
    accept_many,
    check_open,
    reject,
    try_again,
)
from gongbi.channels.actions.draining import drain, drain_one, preview
from gongbi.channels.actions.lanes import enter_lane, leave_lane, poll, renew_lane
from gongbi.channels.actions.sources import map_code, own_source, save_secret, save_source
from gongbi.channels.actions.telling import deliver, resend, tell, tell_once

__all__ = [
    "Receipt",
    "accept",
    "accept_change",
    "accept_many",
    "check_open",
    "deliver",
    "drain",
    "drain_one",
    "enter_lane",
    "leave_lane",
    "map_code",
    "own_source",
    "poll",
    "preview",
    "reject",
    "renew_lane",
    "resend",
    "save_secret",
    "save_source",
    "tell",
    "tell_once",
    "try_again",
]
