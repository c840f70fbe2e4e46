"""What those fill in who did not handle it: the check, the call-back, the verdict, the ruling, the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.cases import actions, rules
from gongbi.cases.rules import said_by_phone
from gongbi.desk.forms import choices
from gongbi.desk.forms.accepting import ReasonForm
from gongbi.desk.forms.base import pair
from gongbi.desk.forms.step import ReportChoice, StepForm, contests_of, words
from gongbi.desk.names import GRADES


class ConfirmForm(StepForm):
    """The check passes."""

    finding = words(_("What you found"))

    def act(self) -> Any:
        return actions.confirm(**self.seen(), finding=self.cleaned_data["finding"])


class ReworkForm(ReasonForm):
    """The check fails: the same unit again."""

    def act(self) -> Any:
        return actions.rework(**self.seen(), reason=self.cleaned_data["reason"])


def _verdict(required: bool) -> tuple[forms.ChoiceField, forms.ChoiceField, forms.CharField]:
    solved = forms.ChoiceField(label=_("Is it solved?"), widget=forms.RadioSelect, required=required)
    grade = forms.ChoiceField(label=_("How satisfied?"), widget=forms.RadioSelect, required=required)
    return solved, grade, words(_("In the reporter's own words"), required=False, rows=2)


class Verdict(ReportChoice):
    """Fields of a verdict that is written down for a reporter."""

    def prepare(self) -> None:
        super().prepare()
        self.fields["solved"].choices = [  # type: ignore[attr-defined]
            pair("yes", ("已解决", "Solved")),
            pair("no", ("未解决", "Not solved")),
        ]
        self.fields["grade"].choices = [pair(str(grade), name) for grade, name in GRADES]  # type: ignore[attr-defined]

    def verdict(self) -> dict[str, Any]:
        good = self.cleaned_data
        return {
            "solved": {"yes": True, "no": False}.get(good["solved"]),
            "grade": int(good["grade"]) if good["grade"] else None,
            "comment": good["comment"],
        }


class CallBackForm(Verdict):
    """One call to one reporter: reached, not reached, or not solved."""

    template = "desk/steps/call_back.html"
    outcome = forms.ChoiceField(label=_("The call"), widget=forms.RadioSelect)
    solved, grade, comment = _verdict(required=False)
    reason = words(_("What is still wrong"), required=False)

    def prepare(self) -> None:
        super().prepare()
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            pair("reached", ("已联系上", "Reached")),
            pair("unreachable", ("联系不上", "Could not be reached")),
            pair("unsolved", ("联系上，没有解决：返工", "Reached, not solved: send back for rework")),
        ]
        owed = [report for report in self.reports if said_by_phone(report.channel)]
        if len(owed) == 1:  # the others may be called too, but the call that is owed is this one
            self.initial.setdefault("report", owed[0].pk)

    def candidates(self) -> Any:
        return self.case.reports.filter(callback_at__isnull=True).order_by("id")

    def line(self, report: Any) -> str:
        line = super().line(report)
        return line if report.phone else f"{line} · {_('left no telephone number')}"

    def clean(self) -> dict[str, Any]:
        good = super().clean() or {}
        outcome = good.get("outcome")
        if outcome == "unsolved" and not good.get("reason"):
            self.add_error("reason", _("Say what is still wrong: the unit reads it."))
        if outcome == "reached" and good.get("solved") == "no":
            self.add_error(
                "outcome", _("Not solved: choose “send back for rework”, so that somebody goes there again.")
            )
        if outcome == "reached" and bool(good.get("solved")) != bool(good.get("grade")):
            self.add_error(
                "grade", _("A verdict has both parts: solved or not, and how satisfied. Or leave both open.")
            )
        return good

    def act(self) -> Any:
        good = self.cleaned_data
        if good["outcome"] == "unsolved":
            return actions.call_back_unsolved(**self.seen(), report_id=good["report"], reason=good["reason"])
        verdict = self.verdict() if good["outcome"] == "reached" else {}
        return actions.call_back(**self.seen(), report_id=good["report"], outcome=good["outcome"], **verdict)


class JudgeForm(Verdict):
    """The reporter's verdict, told over the telephone."""

    solved, grade, comment = _verdict(required=True)

    def candidates(self) -> Any:
        return self.case.reports.filter(judged_at__isnull=True).order_by("id")

    def act(self) -> Any:
        return actions.judge(
            report_id=self.cleaned_data["report"], viewer=self.viewer, at=self.now, **self.verdict()
        )


class ReopenForm(ReportChoice):
    """ "Still there", told over the telephone."""

    reason = words(_("What is still there"))

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.reopen(
            report_id=good["report"], viewer=self.viewer, at=self.now, reason=good["reason"]
        )


class AnswerForm(StepForm):
    """The reporter's answer to a question, told over the telephone."""

    refused_at: ClassVar[Mapping[str, str]] = {"answer": "answer"}
    question = forms.TypedChoiceField(label=_("The question"), coerce=int, widget=forms.RadioSelect)
    answer = words(_("The answer"))

    def prepare(self) -> None:
        waiting = self.case.questions.filter(answered_at__isnull=True).order_by("id")
        self.fields["question"].choices = [(str(one.pk), one.text) for one in waiting]  # type: ignore[attr-defined]
        if len(waiting) == 1:
            self.initial.setdefault("question", waiting[0].pk)

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.answer(
            question_id=good["question"], viewer=self.viewer, at=self.now, text=good["answer"]
        )


class RuleForm(ReasonForm):
    """The adjudicator's ruling: it binds, and becomes a precedent unless said otherwise."""

    template = "desk/steps/rule.html"
    unit = forms.TypedChoiceField(label=_("Whose it is"), coerce=int)
    article = forms.CharField(label=_("Article or duty item"), max_length=160)
    precedent = forms.BooleanField(
        label=_("Use it for the same kind in this street from now on"), required=False, initial=True
    )
    field_order = ("unit", "reason", "article", "precedent")

    @staticmethod
    def starts(case: Any) -> dict[str, Any]:
        return {"article": case.article, "unit": case.unit_id}

    def prepare(self) -> None:
        self.contests = contests_of(self.case, self.names)
        parties = [
            self.names.units[key].code
            for contest in self.contests
            for key in (contest.unit, contest.proposed)
            if key in self.names.units
        ]
        self.fields["unit"].choices = [("", _("Choose")), *choices.units(self.names, first=parties)]  # type: ignore[attr-defined]

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.rule(
            **self.seen(),
            unit_id=good["unit"],
            reason=good["reason"],
            article=good["article"],
            precedent=good["precedent"],
        )


class ExemptForm(ReasonForm):
    """An overdue appeal is upheld."""

    def act(self) -> Any:
        return actions.exempt(**self.seen(), reason=self.cleaned_data["reason"])


class ExcludeForm(ReasonForm):
    """Out of the rating, for a listed ground."""

    ground = forms.ChoiceField(label=_("Ground"), widget=forms.RadioSelect)
    field_order = ("ground", "reason")

    def prepare(self) -> None:
        self.fields["ground"].choices = [pair(code, name) for code, name in rules.EXCLUSION_GROUNDS.items()]  # type: ignore[attr-defined]

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.exclude(**self.seen(), ground=good["ground"], reason=good["reason"])
