"""The lifecycle of an appeal: asked by the unit, reviewed by somebody of another, upheld, refused or withdrawn."""

from gongbi.evaluation import guards
from gongbi.kernel.flow.declare import ClockEffect, Flow, State, Transition, register

REVIEW = "review"
REVIEWERS = ("adjudicator", "manager")
OWN = ("handler@unit", "manager@unit")
APART = "申诉由本单位以外的人复核"

# One line an arrow, so that the table can be read as a table.
# fmt: off
STATES = (
    State("asked", ("待复核", "To be reviewed"), hint=("由其他单位的人复核", "Somebody of another unit reviews it")),
    State("upheld", ("成立", "Upheld"), "closed", hint=("已成立，重新计算该期成绩", "Upheld; the period is computed again")),
    State("refused", ("不成立", "Refused"), "closed", hint=("不成立，成绩不变", "Refused; the results stand")),
    State("withdrawn", ("已撤回", "Withdrawn"), "closed", hint=("已撤回，成绩不变", "Withdrawn; the results stand")),
)

TRANSITIONS = (
    Transition("ask", ("提出申诉", "Appeal"), (), "asked", OWN, needs=("reason",), automatic=True, clocks=(ClockEffect(REVIEW, "start", "fact:limit"),)),
    Transition("supplement", ("补充证据", "Add evidence"), ("asked",), "=", OWN, needs=("evidence",)),
    Transition("uphold", ("申诉成立", "Uphold"), ("asked",), "upheld", REVIEWERS, needs=("reason",), guards=(guards.of_another_unit,), clocks=(ClockEffect(REVIEW, "stop"),), notifies=("unit",), article=APART),
    Transition("refuse", ("申诉不成立", "Refuse"), ("asked",), "refused", REVIEWERS, needs=("reason",), guards=(guards.of_another_unit,), clocks=(ClockEffect(REVIEW, "stop"),), notifies=("unit",), article=APART),
    Transition("withdraw", ("撤回申诉", "Withdraw"), ("asked",), "withdrawn", OWN, needs=("reason",), clocks=(ClockEffect(REVIEW, "cancel"),)),
)

# fmt: on
APPEAL = register(Flow("appeal", ("考评申诉", "Appeal"), "asked", STATES, TRANSITIONS))
