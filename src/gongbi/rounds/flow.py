"""The lifecycle of a task in the field: asked for → offered → accepted → done; declined goes to the next who is near."""

from gongbi.kernel.flow.declare import Flow, State, Transition, register
from gongbi.rounds import guards

SYSTEM = "system"
ASKERS = ("dispatcher", "checker")

# One line an arrow, so that the table can be read as a table.
# fmt: off
STATES = (
    State("waiting", ("待分派", "Nobody on duty yet"), hint=("附近有人上岗后自动分派", "Offered as soon as somebody near is on duty")),
    State("offered", ("待接受", "Offered"), hint=("已发到最近的在岗网格员", "Sent to the nearest worker on duty")),
    State("accepted", ("前往中", "On the way"), hint=("网格员已接受，正在前往", "The worker has accepted and is on the way")),
    State("done", ("已完成", "Done"), "closed", hint=("现场情况已回传", "What was found has come back")),
    State("withdrawn", ("已撤回", "Withdrawn"), "closed", hint=("不再需要现场查看", "No longer needed")),
)

TRANSITIONS = (
    Transition("ask", ("请网格员到场", "Ask a grid worker"), (), "waiting", (*ASKERS, SYSTEM), automatic=True),
    Transition("offer", ("派给最近的人", "Offer to the nearest"), ("waiting",), "offered", (SYSTEM,), needs=("post",), automatic=True, article="责任网格优先，就近派遣"),
    Transition("pass_on", ("无人应答，转下一人", "Not answered, to the next"), ("offered",), "=", (SYSTEM,), needs=("post",), automatic=True),
    Transition("accept", ("接受", "Accept"), ("offered",), "accepted", ("grid_worker@assignee",)),
    Transition("decline", ("不能去", "Decline"), ("offered", "accepted"), "waiting", ("grid_worker@assignee",), needs=("reason",)),
    Transition("hand_over", ("转交", "Hand over"), ("offered", "accepted"), "offered", ("grid_worker@assignee",), needs=("post", "reason"), guards=(guards.may_go,)),
    Transition("report", ("回传结果", "Report"), ("offered", "accepted"), "done", ("grid_worker@assignee",), needs=("verdict", "finding"), guards=(guards.may_go,), article="核查人与处置人分离"),
    Transition("release", ("下班收回", "Back, off duty"), ("offered", "accepted"), "waiting", (SYSTEM,), needs=("post",), automatic=True),
    Transition("withdraw", ("撤回", "Withdraw"), ("waiting", "offered", "accepted"), "withdrawn", (*ASKERS, SYSTEM), needs=("reason",)),
)

# fmt: on
TASK = register(Flow("task", ("现场任务", "Task in the field"), "waiting", STATES, TRANSITIONS))
AT_HAND = ("offered", "accepted")
