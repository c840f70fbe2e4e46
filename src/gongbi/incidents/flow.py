"""The lifecycle of an incident: reported → responding at a level → over → reviewed → archived. A drill takes the same way."""

from gongbi.incidents import guards
from gongbi.kernel.flow.declare import FACT_WORDS, Flow, State, Transition, register

LAW = "《突发事件应对法》（2024年）"
RESPONSE = f"{LAW}第七十一条"  # response levels one to four, one the highest
DESTROY = f"{LAW}第八十五条"  # personal data got for the emergency
SYSTEM = "system"
LEADERS = ("dispatcher", "manager")
HANDS = (*LEADERS, "handler@tasked")
FACT_WORDS.setdefault("level", ("响应级别", "the response level"))

# One line an arrow, so that the table can be read as a table.
# fmt: off
STATES = (
    State("reported", ("已报告", "Reported"), hint=("等待决定是否启动响应", "Waiting for the decision whether to respond")),
    State("responding", ("应急响应中", "Responding"), hint=("正在处置，日志与任务随时更新", "Being dealt with; log and tasks are kept up to date")),
    State("over", ("响应已结束", "Response over"), "waiting", hint=("等待复盘", "Waiting for the review")),
    State("reviewed", ("已复盘", "Reviewed"), "waiting", hint=("物资归还后归档", "Archived once what was lent is back")),
    State("archived", ("已归档", "Archived"), "closed", hint=("已归档", "Archived")),
)

TRANSITIONS = (
    Transition("report", ("报告", "Report"), (), "reported", (*LEADERS, SYSTEM), automatic=True),
    Transition("respond", ("启动响应", "Respond"), ("reported",), "responding", LEADERS, needs=("level",), article=RESPONSE),
    Transition("set_level", ("调整级别", "Change the level"), ("responding",), "=", LEADERS, needs=("level", "reason"), article=RESPONSE),
    Transition("end", ("结束响应", "End the response"), ("responding",), "over", LEADERS, needs=("reason",), guards=(guards.no_alert_in_force,), article=DESTROY),
    Transition("resume", ("重新响应", "Respond again"), ("over",), "responding", LEADERS, needs=("level", "reason"), article=RESPONSE),
    Transition("review", ("提交复盘", "Close the review"), ("over",), "reviewed", LEADERS, needs=("finding",)),
    Transition("archive", ("归档", "Archive"), ("reviewed",), "archived", LEADERS, guards=(guards.everything_back,)),
    Transition("void", ("误报，不响应", "No incident"), ("reported",), "archived", LEADERS, needs=("reason",), guards=(guards.no_alert_in_force, guards.everything_back), article=DESTROY),
    # What happens inside an incident: each has its own form, and its own line in the ledger.
    Transition("start_plan", ("启动预案", "Start a plan"), ("reported", "responding"), "=", LEADERS, needs=("plan",), automatic=True),
    Transition("set_task", ("布置任务", "Set a task"), ("reported", "responding", "over"), "=", LEADERS, needs=("task",), automatic=True),
    Transition("settle_task", ("办结任务", "Settle a task"), ("reported", "responding", "over"), "=", HANDS, needs=("task",), automatic=True),
    Transition("note", ("记录", "Note"), ("reported", "responding", "over", "reviewed"), "=", HANDS, needs=("entry",), automatic=True),
    Transition("alert", ("发布预警信息", "Issue an alert"), ("reported", "responding"), "=", LEADERS, needs=("alert",), automatic=True),
    Transition("move_stock", ("调用物资", "Move stock"), ("reported", "responding", "over", "reviewed"), "=", LEADERS, needs=("stock",), automatic=True),
    Transition("register", ("登记人员", "Register people"), ("reported", "responding"), "=", HANDS, needs=("person",), automatic=True),
    Transition("keep_data", ("评估留存", "Assess what is kept"), ("reported", "responding", "over", "reviewed"), "=", LEADERS, needs=("necessity",), automatic=True, article=DESTROY),
    Transition("destroy", ("销毁个人信息", "Destroy personal data"), ("reported", "responding", "over", "reviewed", "archived"), "=", (*LEADERS, SYSTEM), needs=("count",), automatic=True, article=DESTROY),
)

# fmt: on
INCIDENT = register(Flow("incident", ("突发事件", "Incident"), "reported", STATES, TRANSITIONS))
OPEN_STATES = ("reported", "responding")
