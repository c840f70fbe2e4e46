"""The lifecycle of a warning: raised → assessed → acted or dismissed → reviewed. The machine raises, people decide."""

from gongbi.kernel.flow.declare import Flow, State, Transition, register
from gongbi.warning import guards

LEVELS_OF_LAW = "《突发事件应对法》（2024年）第六十三条"
SYSTEM = "system"

# One line an arrow, so that the table can be read as a table.
# fmt: off
STATES = (
    State("raised", ("待研判", "To be assessed"), hint=("系统发现异常，等人研判", "The system found something; somebody is to assess it")),
    State("assessed", ("已研判", "Assessed"), hint=("研判完成，等待处置或排除", "Assessed; to be acted on or dismissed")),
    State("acted", ("已处置", "Acted on"), "waiting", hint=("已交办，等待复核", "Passed on as a case; to be reviewed")),
    State("dismissed", ("已排除", "Dismissed"), "waiting", hint=("已排除，等待复核", "Dismissed; to be reviewed")),
    State("reviewed", ("已复核", "Reviewed"), "closed", hint=("已复核，计入准确率", "Reviewed; counted in the precision")),
)

TRANSITIONS = (
    Transition("raise", ("发出预警", "Raise"), (), "raised", (SYSTEM,), automatic=True, article=LEVELS_OF_LAW),
    Transition("grow", ("预警延续", "Goes on"), ("raised", "assessed", "acted"), "=", (SYSTEM,), needs=("observed",), automatic=True),
    Transition("assess", ("研判", "Assess"), ("raised",), "assessed", ("dispatcher", "manager"), needs=("finding",)),
    Transition("act", ("交办", "Act"), ("assessed", "acted"), "acted", ("dispatcher", "manager"), needs=("report",)),
    Transition("respond", ("转突发事件", "Made an incident"), ("raised", "assessed", "acted"), "acted", ("dispatcher", "manager"), needs=("incident",), automatic=True),
    Transition("dismiss", ("排除", "Dismiss"), ("assessed",), "dismissed", ("dispatcher", "manager"), needs=("reason",)),
    Transition("review", ("复核", "Review"), ("acted", "dismissed"), "reviewed", ("dispatcher", "manager", "adjudicator", "checker"), needs=("verdict", "reason"), guards=(guards.not_the_assessor,), article="研判与复核分离"),
)

# fmt: on
WARNING = register(Flow("warning", ("预警", "Warning"), "raised", STATES, TRANSITIONS))
OPEN_STATES = tuple(state.name for state in STATES if state.kind != "closed")
GROWING = TRANSITIONS[1].from_
