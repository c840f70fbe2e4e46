"""The lifecycles of an order (issued → signed → arrived → reported → done) and of a whistle or joint matter."""

from gongbi.command import guards
from gongbi.command.rules import TWO_SIDES
from gongbi.kernel.flow.declare import ClockEffect as Clock
from gongbi.kernel.flow.declare import Flow, State, Transition, register

SYSTEM = "system"
ISSUERS = ("dispatcher@issuer", "manager@issuer", "handler@issuer")
UNIT = ("handler@unit", "manager@unit", "dispatcher@unit")
GIVERS = ("dispatcher", "manager", "handler@issuer", SYSTEM)
CALLERS = ("dispatcher@caller", "manager@caller", "handler@caller")
WHISTLE_LAW = "《北京市接诉即办工作条例》第十六条"
_BEGIN = (Clock("sign", "start", "fact:sign_limit"), Clock("arrive", "start", "fact:arrive_limit"), Clock("report", "start", "fact:report_limit"))  # fmt: skip
_CANCEL = (Clock("sign", "cancel"), Clock("arrive", "cancel"), Clock("report", "cancel"))
_STOP = (Clock("sign", "stop"), Clock("arrive", "stop"), Clock("report", "stop"))
AT_UNIT = ("issued", "signed", "arrived")

# One line an arrow, so that the table can be read as a table.
# fmt: off
STATES = (
    State("issued", ("待签收", "To be signed for"), hint=("已发出，等待签收", "Sent; to be signed for")),
    State("signed", ("已签收", "Signed for"), hint=("已签收，正在赶往或办理", "Signed for; on the way or at work")),
    State("arrived", ("已到场", "Arrived"), hint=("已到现场，等待反馈", "On the spot; a report is to follow")),
    State("disputed", ("有异议", "Contested"), hint=("单位认为不属其职责，等待裁定", "The unit says it is not theirs; to be ruled on")),
    State("reported", ("已反馈", "Reported"), "waiting", hint=("已反馈，等待发令方认可", "Reported; to be accepted by who gave the order")),
    State("done", ("已办结", "Done"), "closed", hint=("发令方已认可", "Accepted")),
    State("lapsed", ("未到未报", "Never came"), "closed", hint=("到期未到场或未反馈", "Nobody came or reported in time")),
    State("withdrawn", ("已撤回", "Withdrawn"), "closed", hint=("已撤回", "Taken back")),
)

TRANSITIONS = (
    Transition("issue", ("发出", "Issue"), (), "issued", GIVERS, needs=("unit",), clocks=_BEGIN, notifies=("unit",), automatic=True),
    # --- the unit -------------------------------------------------------------------------------------------------
    Transition("sign", ("签收", "Sign for"), ("issued",), "signed", UNIT, clocks=(Clock("sign", "stop"),), notifies=("issuer",)),
    Transition("arrive", ("到场", "Arrive"), ("issued", "signed"), "arrived", UNIT, guards=(guards.has_place,), clocks=(Clock("sign", "stop"), Clock("arrive", "stop"), Clock("report", "start", "fact:report_limit")), notifies=("issuer",)),
    Transition("report", ("反馈", "Report"), ("signed", "arrived"), "reported", UNIT, needs=("result",), guards=(guards.came,), clocks=(Clock("report", "stop"),), notifies=("issuer",)),
    Transition("contest", ("提出异议", "Not ours"), ("signed",), "disputed", UNIT, needs=("reason",), notifies=("issuer",)),
    # --- who gave it ----------------------------------------------------------------------------------------------
    Transition("uphold", ("异议成立", "Uphold"), ("disputed",), "withdrawn", ("dispatcher", "adjudicator", *ISSUERS), needs=("reason",), clocks=_CANCEL, notifies=("unit",)),
    Transition("overrule", ("异议不成立", "Overrule"), ("disputed",), "signed", ("dispatcher", "adjudicator"), needs=("reason",), guards=(guards.not_the_issuer,), notifies=("unit",)),
    Transition("accept", ("认可", "Accept"), ("reported",), "done", (*ISSUERS, SYSTEM), notifies=("unit",)),
    Transition("send_back", ("退回重报", "Send back"), ("reported",), "signed", ISSUERS, needs=("reason",), clocks=(Clock("report", "start", "fact:report_limit"),), notifies=("unit",)),
    Transition("redirect", ("改派", "Redirect"), ("issued", "signed", "disputed"), "issued", ISSUERS, needs=("unit", "reason"), clocks=(*_CANCEL, *_BEGIN), notifies=("unit",)),
    Transition("withdraw", ("撤回", "Withdraw"), ("issued", "signed", "arrived", "disputed"), "withdrawn", (*ISSUERS, SYSTEM), needs=("reason",), clocks=_CANCEL, notifies=("unit",)),
    Transition("lapse", ("未到未报", "Lapse"), ("issued", "signed", "arrived", "disputed"), "lapsed", ISSUERS, clocks=_STOP, notifies=("unit",), automatic=True),
    # --- the ladder -----------------------------------------------------------------------------------------------
    Transition("escalate", ("升级", "Escalate"), (*AT_UNIT, "disputed"), "=", (SYSTEM,), needs=("rung",), notifies=("leader",), automatic=True),
    Transition("take_over", ("升级接管", "Taken over"), AT_UNIT, "issued", (SYSTEM,), needs=("rung", "unit"), clocks=(*_STOP, *_BEGIN), notifies=("unit", "leader"), automatic=True),
)

W_STATES = (
    State("sounded", ("已吹哨", "Sounded"), hint=("各单位正在签收、到场、反馈", "The units sign, come and report")),
    State("ended", ("已收哨", "Ended"), "waiting", hint=("等待区级中心评定", "To be judged by the district's centre")),
    State("reviewed", ("已评定", "Judged"), "closed", hint=("两方已评定", "Both sides have been judged")),
    State("withdrawn", ("已取消", "Called off"), "closed", hint=("吹哨已取消", "The whistle was called off")),
)

W_TRANSITIONS = (
    Transition("sound", ("吹哨", "Whistle"), (), "sounded", (*CALLERS, SYSTEM), needs=("units",), notifies=("unit",), automatic=True, article=WHISTLE_LAW),
    Transition("call_more", ("增加单位", "Call more"), ("sounded",), "=", CALLERS, needs=("units",), notifies=("unit",), article=WHISTLE_LAW),
    Transition("end", ("收哨", "End"), ("sounded",), "ended", CALLERS, needs=("result",), notifies=("unit",)),
    Transition("call_off", ("取消", "Call off"), ("sounded",), "withdrawn", CALLERS, needs=("reason",), notifies=("unit",)),
    Transition("review", ("评定", "Judge"), ("ended",), "reviewed", ("dispatcher", "adjudicator", "manager"), needs=("verdict", "reason"), guards=(guards.not_the_caller,), notifies=("caller",), article=TWO_SIDES),
)

# fmt: on
ORDER = register(Flow("order", ("指令", "Order"), "issued", STATES, TRANSITIONS))
WHISTLE = register(Flow("whistle", ("吹哨报到", "Whistle"), "sounded", W_STATES, W_TRANSITIONS))
OPEN_STATES = tuple(state.name for state in STATES if state.kind != "closed")
