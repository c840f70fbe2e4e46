"""The lifecycle of a swap or stand-in: asked → agreed by the other → approved by who leads; refused with reasons."""

from gongbi.kernel.flow.declare import Flow, State, Transition, register
from gongbi.roster import guards

SYSTEM = "system"
STANDERS = ("clerk", "dispatcher", "handler", "grid_worker", "checker", "adjudicator", "manager")
ASKER = tuple(f"{role}@asker" for role in STANDERS)
COLLEAGUE = tuple(f"{role}@colleague" for role in STANDERS)
LEADER = ("manager@duty_leader", "dispatcher@duty_leader")

# One line an arrow, so that the table can be read as a table.
# fmt: off
STATES = (
    State("asked", ("待对方同意", "Asked"), hint=("等待对方答复", "The colleague has not answered yet")),
    State("agreed", ("待批准", "Agreed"), "waiting", hint=("对方已同意，等待带班负责人批准", "Agreed; the shift leader has to approve")),
    State("approved", ("已批准", "Approved"), "closed", hint=("排班已更换", "The turns have changed hands")),
    State("declined", ("对方未同意", "Declined"), "closed", hint=("排班不变", "The turns stay as they are")),
    State("refused", ("未批准", "Refused"), "closed", hint=("排班不变", "The turns stay as they are")),
    State("withdrawn", ("已撤回", "Taken back"), "closed", hint=("排班不变", "The turns stay as they are")),
    State("lapsed", ("已过期", "Lapsed"), "closed", hint=("班次已开始，未及答复", "The turn began before it was settled")),
)

TRANSITIONS = (
    Transition("ask", ("请求换班或代班", "Ask"), (), "asked", (*ASKER, SYSTEM), needs=("turn", "reason"), notifies=("colleague",), automatic=True),
    Transition("agree", ("同意", "Agree"), ("asked",), "agreed", COLLEAGUE, guards=(guards.not_begun,), notifies=("leader",)),
    Transition("decline", ("不同意", "Decline"), ("asked",), "declined", COLLEAGUE, needs=("reason",), notifies=("asker",)),
    Transition("approve", ("批准", "Approve"), ("agreed",), "approved", (*LEADER, SYSTEM), guards=(guards.not_own, guards.not_begun), notifies=("asker", "colleague")),
    Transition("refuse", ("不批准", "Refuse"), ("agreed",), "refused", LEADER, needs=("reason",), guards=(guards.not_own,), notifies=("asker", "colleague")),
    Transition("withdraw", ("撤回", "Take back"), ("asked", "agreed"), "withdrawn", (*ASKER, SYSTEM), notifies=("colleague",)),
    Transition("lapse", ("过期", "Lapse"), ("asked", "agreed"), "lapsed", (SYSTEM,), notifies=("asker",), automatic=True),
)

# fmt: on
SWAP = register(Flow("swap", ("换班代班", "Swap or stand-in"), "asked", STATES, TRANSITIONS))
