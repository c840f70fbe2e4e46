"""What changes an order. A message is taken in by :func:`take`; each is a transaction of its own, so that its neighbours go through.

Locks: the order's row first, then the frame's arrival, then what cases lock.
"""

from gongbi.channels.hotline.actions.answering import acknowledge, compose, give_back, say_again
from gongbi.channels.hotline.actions.doors import prune, remember
from gongbi.channels.hotline.actions.keeping import keep_file, refuse_file, save_terms
from gongbi.channels.hotline.actions.reconciling import cancel_here, mended, reconcile, take_limit
from gongbi.channels.hotline.actions.taking import Taken, take
from gongbi.channels.hotline.actions.taking_many import take_many

__all__ = [
    "Taken",
    "acknowledge",
    "cancel_here",
    "compose",
    "give_back",
    "keep_file",
    "mended",
    "prune",
    "reconcile",
    "refuse_file",
    "remember",
    "save_terms",
    "say_again",
    "take",
    "take_limit",
    "take_many",
]
