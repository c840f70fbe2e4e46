"""What changes a case. One function per use case; each is a transaction that either happens or leaves nothing.

Locks: the matter's row first (``step.load``), then rows of this room; see docs/locking.md.
"""

from gongbi.cases.actions.check import (
    call_back,
    call_back_unsolved,
    confirm,
    exclude,
    exempt,
    rework,
)
from gongbi.cases.actions.desk import accept, clarify, dispatch, reject, rule, send_back
from gongbi.cases.actions.merging import merge, split, unmerge
from gongbi.cases.actions.receive import Emergency, Receipt, check_said, receive
from gongbi.cases.actions.reporter import answer, judge, lapse_question, reopen, supplement
from gongbi.cases.actions.requests import ask_for, decide, resume, resume_due
from gongbi.cases.actions.unit import ask, co_done, contacted, contest, finish, reassign, sign, solve_on_spot

__all__ = [
    "Emergency",
    "Receipt",
    "accept",
    "answer",
    "ask",
    "ask_for",
    "call_back",
    "call_back_unsolved",
    "check_said",
    "clarify",
    "co_done",
    "confirm",
    "contacted",
    "contest",
    "decide",
    "dispatch",
    "exclude",
    "exempt",
    "finish",
    "judge",
    "lapse_question",
    "merge",
    "reassign",
    "receive",
    "reject",
    "reopen",
    "resume",
    "resume_due",
    "rework",
    "rule",
    "send_back",
    "sign",
    "solve_on_spot",
    "split",
    "supplement",
    "unmerge",
]
