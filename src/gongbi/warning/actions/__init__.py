"""What changes warnings. One function per use case; each is a transaction that either happens or leaves nothing.

Locks: the matter's row first; see docs/locking.md.
"""

from gongbi.warning.actions.deciding import act, assess, dismiss, responded, review
from gongbi.warning.actions.looking import look, nightly
from gongbi.warning.actions.upkeep import change_settings

__all__ = ["act", "assess", "change_settings", "dismiss", "look", "nightly", "responded", "review"]
