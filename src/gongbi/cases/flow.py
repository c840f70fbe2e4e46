"""The lifecycle of a case, after GB/T 30428's loop: report, accept, dispatch, handle, check, close, judge.

核实 (verify) is before accepting, 核查 (check) is after handling; some cities use the two words the other way round, so
screens show what is meant. Guards rest on the workflow a city signed off in 2026 and on 接诉即办 rules; docs/law.md
lists them with their tests.
"""

from gongbi.cases import guards
from gongbi.kernel.flow.declare import ClockEffect as Clock
from gongbi.kernel.flow.declare import Flow, State, Transition, register

BEIJING = "《北京市接诉即办工作条例》"
LOOP = "GB/T 30428 案件流程"
SYSTEM = "system"

# One line an arrow, so that the table can be read as a table.
# fmt: off
STATES = (
    State("received", ("待受理", "To be accepted"), hint=("我们正在看您说的事", "We are reading what you told us")),
    State("clarifying", ("待补充", "Waiting for details"), "waiting", hint=("我们有一个问题想问您", "We have a question for you")),
    State("accepted", ("待派遣", "To be dispatched"), hint=("已立案，正在找负责的单位", "Accepted; we are finding who is responsible")),
    State("dispatched", ("待签收", "To be signed for"), hint=("已经转给负责的单位", "Passed on to the unit in charge")),
    State("disputed", ("待裁定", "To be adjudicated"), hint=("正在确定由谁负责", "It is being decided who is responsible")),
    State("handling", ("处置中", "Being handled"), hint=("负责的单位正在处理", "The unit in charge is dealing with it")),
    State("asking", ("待报告人补充", "Waiting for the reporter"), "waiting", hint=("处理的人有一个问题想问您", "The people handling it have a question for you")),
    State("suspended", ("挂账", "Suspended"), "waiting", hint=("暂时无法处理，到期自动恢复", "Cannot be done for now; it resumes by itself")),
    State("handled", ("待核查", "To be checked"), hint=("已处理，正在由别人核查", "Handled; somebody else is checking it")),
    State("checked", ("待回访", "To be called back"), hint=("核查通过，我们会回访您", "Checked; we will call you back")),
    State("closed", ("已结案", "Closed"), "closed", hint=("已办结，请您评价", "Done; please judge the result")),
    State("judged", ("已评价", "Judged"), "closed", hint=("感谢您的评价", "Thank you for your judgement")),
    State("rejected", ("不予受理", "Not accepted"), "closed", hint=("这件事我们不能受理，原因见下", "We cannot take this on; the reason is below")),
    State("merged", ("已并入", "Merged"), "closed", hint=("与另一件相同，一并办理", "The same as another matter; handled together")),
    State("answered", ("已直接答复", "Answered at once"), "closed", hint=("已直接答复", "Answered at once")),
)

TRANSITIONS = (
    Transition("open", ("上报", "Report"), (), "received", ("*",), clocks=(Clock("accept", "start", "fact:accept_limit"),), automatic=True, article=LOOP),
    Transition("answer_at_once", ("直接答复", "Answer at once"), (), "answered", ("*",), automatic=True, article=BEIJING + "第十一条"),
    Transition("join", ("加入同一事项", "Join"), ("received", "clarifying", "accepted", "dispatched", "disputed", "handling", "asking", "suspended", "handled", "checked"), "=", ("*",), needs=("report",), automatic=True),
    Transition("supplement", ("补充说明", "Supplement"), tuple(state.name for state in STATES), "=", ("*",), needs=("report",), automatic=True, article=LOOP),
    # --- the desk -------------------------------------------------------------------------------------------------
    Transition("accept", ("立案", "Accept"), ("received",), "accepted", ("dispatcher",), needs=("kind", "standard"), clocks=(Clock("accept", "stop"), Clock("dispatch", "start", "fact:dispatch_limit")), notifies=("reporter",), article=LOOP + "：无立案条件不得立案"),
    Transition("reject", ("不予受理", "Reject"), ("received",), "rejected", ("dispatcher",), needs=("ground", "reason"), clocks=(Clock("accept", "stop"),), notifies=("reporter",), article=BEIJING + "第十一条"),
    Transition("clarify", ("请报告人补充", "Ask the reporter"), ("received",), "clarifying", ("dispatcher", "clerk"), needs=("question",), clocks=(Clock("accept", "pause"),), notifies=("reporter",)),
    Transition("clarified", ("补充", "Answer"), ("clarifying",), "received", ("resident@reporter", "clerk", SYSTEM), needs=("question",), clocks=(Clock("accept", "resume"),)),
    Transition("merge", ("并入", "Merge"), ("received", "accepted"), "merged", ("dispatcher",), needs=("into",), clocks=(Clock("accept", "stop"), Clock("dispatch", "stop")), notifies=("reporter",)),
    Transition("take_in", ("接收并入", "Take in"), ("received", "clarifying", "accepted", "dispatched", "disputed", "handling", "asking", "suspended", "handled", "checked"), "=", ("dispatcher",), needs=("from",), automatic=True),
    Transition("unmerge", ("恢复", "Take out again"), ("merged",), "received", ("dispatcher",), needs=("reason",), clocks=(Clock("accept", "start", "fact:accept_limit"),)),
    Transition("taken_out", ("移出", "Taken out"), tuple(state.name for state in STATES if state.name not in ("merged", "rejected", "answered")), "=", ("dispatcher",), needs=("into", "reports"), automatic=True),
    Transition("split", ("拆分", "Split"), ("received", "accepted"), "=", ("dispatcher",), needs=("reports",)),
    Transition("send_back", ("退回受理", "Send back"), ("accepted",), "received", ("dispatcher",), needs=("reason",), clocks=(Clock("dispatch", "stop"), Clock("accept", "start", "fact:accept_limit"))),
    Transition("dispatch", ("派遣", "Dispatch"), ("accepted",), "dispatched", ("dispatcher",), needs=("unit", "limit", "article"), clocks=(Clock("dispatch", "stop"), Clock("sign", "start", "fact:sign_limit"), Clock("handle", "start", "fact:limit")), notifies=("unit", "reporter"), article=BEIJING + "第十二条、第十三条"),
    # --- the unit -------------------------------------------------------------------------------------------------
    Transition("sign", ("签收", "Sign for"), ("dispatched",), "handling", ("handler@unit", "grid_worker@unit"), clocks=(Clock("sign", "stop"),), notifies=("reporter",)),
    Transition("contest", ("提出异议", "Contest"), ("dispatched",), "accepted", ("handler@unit",), needs=("reason",), guards=(guards.not_ruled, guards.within_sign_term, guards.first_contest), clocks=(Clock("sign", "stop"), Clock("handle", "cancel"), Clock("dispatch", "start", "fact:dispatch_limit")), article=BEIJING + "第十二条"),
    Transition("contest_again", ("再次提出异议", "Contest again"), ("dispatched",), "disputed", ("handler@unit",), needs=("reason",), guards=(guards.not_ruled, guards.within_sign_term, guards.second_contest), clocks=(Clock("sign", "stop"),), notifies=("adjudicator",), article=BEIJING + "第十二条"),
    Transition("rule", ("裁定", "Rule"), ("disputed",), "dispatched", ("adjudicator",), needs=("unit", "reason", "article"), clocks=(Clock("sign", "start", "fact:sign_limit"),), notifies=("unit",), article="《潍坊市12345条例》第二十二条：指定后不得退回"),
    Transition("co_done", ("协办完成", "Part done"), ("handling",), "=", ("handler@co_unit",), needs=("result",)),
    Transition("ask", ("请报告人补充", "Ask the reporter"), ("handling",), "asking", ("handler@unit", "grid_worker@unit"), needs=("question",), clocks=(Clock("handle", "pause"),), notifies=("reporter",)),
    Transition("answered_back", ("补充", "Answer"), ("asking",), "handling", ("resident@reporter", "clerk", SYSTEM), needs=("question",), clocks=(Clock("handle", "resume"),), notifies=("unit",)),
    Transition("ask_extension", ("申请延期", "Ask for an extension"), ("handling",), "=", ("handler@unit",), needs=("reason",), guards=(guards.before_expiry, guards.nothing_pending, guards.extensions_left), notifies=("dispatcher",), article="至多两次，到期前提出"),
    Transition("grant_extension", ("同意延期", "Grant the extension"), ("handling",), "=", ("dispatcher",), guards=(guards.extension_pending, guards.not_the_asker), notifies=("unit", "reporter")),
    Transition("refuse_extension", ("不同意延期", "Refuse the extension"), ("handling",), "=", ("dispatcher",), needs=("reason",), guards=(guards.extension_pending, guards.not_the_asker), notifies=("unit",)),
    Transition("ask_suspension", ("申请挂账", "Ask for suspension"), ("handling",), "=", ("handler@unit",), needs=("reason", "until"), guards=(guards.nothing_pending, guards.never_suspended), notifies=("dispatcher",), article="至多一次，不超过一年"),
    Transition("grant_suspension", ("同意挂账", "Grant the suspension"), ("handling",), "suspended", ("dispatcher",), guards=(guards.suspension_pending, guards.not_the_asker, guards.suspension_ahead), clocks=(Clock("handle", "pause"),), notifies=("unit", "reporter")),
    Transition("refuse_suspension", ("不同意挂账", "Refuse the suspension"), ("handling",), "=", ("dispatcher",), needs=("reason",), guards=(guards.suspension_pending, guards.not_the_asker), notifies=("unit",)),
    Transition("resume", ("恢复处置", "Resume"), ("suspended",), "handling", (SYSTEM, "dispatcher", "handler@unit"), clocks=(Clock("handle", "resume"),), notifies=("unit", "reporter")),
    Transition("finish", ("处置完成", "Handled"), ("handling",), "handled", ("handler@unit", "grid_worker@unit"), needs=("result", "evidence"), guards=(guards.parts_done, guards.nothing_pending), clocks=(Clock("handle", "stop"), Clock("check", "start", "fact:check_limit")), notifies=("checker", "reporter")),
    Transition("solve_on_spot", ("当场解决", "Solved on the spot"), ("received", "accepted"), "handled", ("grid_worker",), needs=("evidence", "standard"), guards=(guards.may_be_solved_on_spot,), clocks=(Clock("accept", "stop"), Clock("dispatch", "stop"), Clock("check", "start", "fact:check_limit")), notifies=("checker", "reporter"), article="网格员先行现场处理"),
    # --- the checker ----------------------------------------------------------------------------------------------
    Transition("confirm", ("核查通过", "Confirm"), ("handled",), "closed", ("checker",), needs=("finding",), guards=(guards.not_the_handler, guards.no_callback_owed), clocks=(Clock("check", "stop"),), notifies=("reporter",), article="管办分离：处置者不得核查"),
    Transition("confirm_for_callback", ("核查通过", "Confirm"), ("handled",), "checked", ("checker",), needs=("finding",), guards=(guards.not_the_handler, guards.callback_owed), clocks=(Clock("check", "stop"), Clock("callback", "start", "fact:callback_limit")), notifies=("clerk",), article="管办分离：处置者不得核查"),
    Transition("rework", ("返工", "Send back for rework"), ("handled",), "handling", ("checker",), needs=("reason",), guards=(guards.not_the_handler,), clocks=(Clock("check", "stop"), Clock("handle", "start", "fact:limit")), notifies=("unit",), article="返工不换单位，历史保留"),
    Transition("call_back", ("回访办结", "Called back, close"), ("checked",), "closed", ("clerk",), needs=("outcome",), clocks=(Clock("callback", "stop"),), notifies=("reporter",), article=BEIJING + "第二十三条"),
    Transition("called", ("已回访一人", "One caller called back"), ("checked",), "=", ("clerk",), needs=("report", "outcome"), automatic=True, article=BEIJING + "第二十三条"),
    Transition("call_back_unsolved", ("回访未解决，返工", "Called back, not solved"), ("checked",), "handling", ("clerk",), needs=("outcome",), clocks=(Clock("callback", "stop"), Clock("handle", "start", "fact:limit")), notifies=("unit",), article=BEIJING + "第二十三条"),
    # --- the one who spoke ----------------------------------------------------------------------------------------
    Transition("judge", ("评价", "Judge"), ("closed",), "=", ("resident@reporter", "clerk"), needs=("report", "solved", "grade"), guards=(guards.within_judging_window,)),
    Transition("settle", ("评价完成", "All have judged"), ("closed",), "judged", (SYSTEM,), automatic=True),
    Transition("reopen", ("问题还在", "Still there"), ("closed", "judged"), "handling", ("resident@reporter", "clerk"), needs=("report", "reason"), guards=(guards.within_reopening_window,), clocks=(Clock("handle", "start", "fact:limit"),), notifies=("unit",)),
    # --- the record -----------------------------------------------------------------------------------------------
    Transition("contacted", ("已联系报告人", "Reporter contacted"), ("dispatched", "handling", "asking", "suspended"), "=", ("handler@unit", "grid_worker@unit", "clerk"), needs=("report",), article=BEIJING + "第十五条"),
    Transition("exempt", ("超期申诉成立", "Exempt from overdue"), ("handling", "handled", "checked", "closed", "judged"), "=", ("adjudicator",), needs=("reason",), article="超期申诉成立的不计超期"),
    Transition("exclude", ("剔除考评", "Exclude from rating"), ("closed", "judged", "handled", "checked", "handling"), "=", ("adjudicator",), needs=("ground", "reason"), article="剔除须有理由并可查"),
    Transition("reassign", ("变更承办人", "Hand over"), ("dispatched", "handling", "asking", "suspended", "disputed"), "=", (SYSTEM, "dispatcher", "admin"), needs=("unit",), automatic=True),
)

# fmt: on
CASE = register(Flow("cases", ("案件", "Case"), "received", STATES, TRANSITIONS))
OPEN_STATES = tuple(state.name for state in STATES if state.kind != "closed")
