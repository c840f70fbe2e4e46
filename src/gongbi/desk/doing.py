"""The steps of a case as the desk offers them: which form, which letter, which arrows of the flow stand behind one button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gongbi.cases.flow import CASE
from gongbi.desk.forms import accepting, checking, handling
from gongbi.desk.forms.step import StepForm
from gongbi.kernel.flow.queries import Step, steps
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import Offered

Words = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Doing:
    """One button. ``arrows``: the transitions it stands for (the action chooses); ``fits``: whether it makes sense for the case
    as it is; ``expected``: whether a disabled one is shown with its reason; ``beside``: the other half of a decision, shown
    next to it; ``alarming`` ones are drawn as such.
    """

    name: str
    form: type[StepForm]
    arrows: tuple[str, ...] = ()
    key: str = ""
    words: Words | None = None
    beside: str = ""
    alarming: bool = False
    fits: Callable[[Any], bool] = lambda case: True
    expected: bool = True

    @property
    def covers(self) -> tuple[str, ...]:
        return self.arrows or (self.name,)

    @property
    def label(self) -> Words:
        return self.words or CASE.by_name[self.covers[0]].words


def _asked(case: Any) -> bool:
    return case.pending() is not None


def _not_contacted(case: Any) -> bool:
    return any(report.contacted_at is None for report in case.reports.all())


def _part_open(case: Any) -> bool:
    return any(part.done_at is None for part in case.parts.all())


def _not_judged(case: Any) -> bool:
    return any(report.judged_at is None for report in case.reports.all())


# In the order of the buttons; the first one that is allowed is the main one.
DOINGS: tuple[Doing, ...] = (
    Doing("accept", accepting.AcceptForm, key="a"),
    Doing("dispatch", accepting.DispatchForm, key="d"),
    Doing(
        "decide", accepting.DecideForm, key="y", words=("审批申请", "Decide the request"), fits=_asked,
        arrows=("grant_extension", "refuse_extension", "grant_suspension", "refuse_suspension"),
    ),
    Doing("sign", handling.SignForm, key="s"),
    Doing("finish", handling.FinishForm, key="f"),
    Doing("co_done", handling.CoDoneForm, key="f", fits=_part_open),
    Doing("confirm", checking.ConfirmForm, arrows=("confirm", "confirm_for_callback"), key="c", beside="rework"),
    Doing("rework", checking.ReworkForm, key="w", beside="confirm", alarming=True),
    Doing("call_back", checking.CallBackForm, arrows=("call_back", "call_back_unsolved"), key="c", words=("回访", "Call back")),
    Doing("rule", checking.RuleForm, key="u"),
    Doing("answer", checking.AnswerForm, arrows=("clarified", "answered_back"), key="q", words=("代答补充", "Answer for the reporter")),
    Doing("judge", checking.JudgeForm, words=("代为评价", "Judge for the reporter"), fits=_not_judged),
    Doing("reopen", checking.ReopenForm),
    Doing("resume", handling.ResumeForm),
    Doing("merge", accepting.MergeForm, key="m"),
    Doing("split", accepting.SplitForm, key="p"),
    Doing("clarify", accepting.ClarifyForm, key="q"),
    Doing("ask", accepting.AskForm, key="q"),
    Doing("contacted", handling.ContactedForm, key="t", fits=_not_contacted),
    Doing("ask_extension", handling.ExtensionForm, key="e"),
    Doing("ask_suspension", handling.SuspensionForm, key="g"),
    Doing("contest", handling.ContestForm, arrows=("contest", "contest_again"), key="x", alarming=True),
    Doing("send_back", accepting.SendBackForm, key="b"),
    Doing("reject", accepting.RejectForm, key="r", alarming=True),
    Doing("unmerge", accepting.UnmergeForm),
    Doing("exempt", checking.ExemptForm),
    Doing("exclude", checking.ExcludeForm),
)  # fmt: skip
DOING = {doing.name: doing for doing in DOINGS}


def letters(role: str) -> list[tuple[str, Words]]:
    """The letters that this role's steps listen to, for the help."""
    shown: dict[str, Words] = {}
    for doing in DOINGS:
        mine = any(who.split("@")[0] == role for name in doing.covers for who in CASE.by_name[name].who)
        if doing.key and mine:
            zh, en = doing.label
            known = shown.get(doing.key)
            shown[doing.key] = (
                (f"{known[0]}、{zh}", f"{known[1]}, {en}") if known and known[0] != zh else (zh, en)
            )
    return list(shown.items())


def offered(case: Any, viewer: Viewer, *, at: datetime) -> list[Offered]:
    """The buttons for this asker: what the flow allows, and what one would expect with the reason why not."""
    found = {step.arrow.name: step for step in steps(case, viewer, at=at)}
    shown = []
    for doing in DOINGS:
        mine = [found[name] for name in doing.covers if name in found]
        if not mine or not doing.fits(case):
            continue
        step = _best(mine)
        if not step.enabled and not doing.expected:
            continue
        arrow = replace(step.arrow, name=doing.name, words=doing.label)
        shown.append(Offered(arrow, step.enabled, step.reason, step.article, doing.key))
    return shown


def _best(mine: Sequence[Step]) -> Step:
    """The arrow that is open; of closed ones rather the one that a rule with an article closes."""
    return next((step for step in mine if step.enabled), max(mine, key=lambda step: bool(step.article)))


def main_of(shown: Sequence[Offered]) -> str:
    """The button that stands first."""
    return next((one.arrow.name for one in shown if one.enabled), "")
