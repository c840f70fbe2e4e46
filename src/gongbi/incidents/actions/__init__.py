"""What changes incidents. One function per use case; each is a transaction that either happens or leaves nothing.

Locks: the incident's row first, then stock, then its hold; see docs/locking.md.
"""

from gongbi.incidents.actions.alerting import Wording, issue
from gongbi.incidents.actions.opening import Opened, open_incident, tie
from gongbi.incidents.actions.people import Person, destroy_due, keep, register
from gongbi.incidents.actions.planning import save_plan, start_plan
from gongbi.incidents.actions.steps import archive, end, respond, resume, review, set_level, void
from gongbi.incidents.actions.stock import move, save_stock
from gongbi.incidents.actions.working import note, set_task, settle_task

__all__ = [
    "Opened",
    "Person",
    "Wording",
    "archive",
    "destroy_due",
    "end",
    "issue",
    "keep",
    "move",
    "note",
    "open_incident",
    "register",
    "respond",
    "resume",
    "review",
    "save_plan",
    "save_stock",
    "set_level",
    "set_task",
    "settle_task",
    "start_plan",
    "tie",
    "void",
]
