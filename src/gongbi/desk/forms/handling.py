"""What the responsible unit fills in: sign, contest, ask, report its part, finish, ask for more time."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongbi.cases import actions
from gongbi.desk.forms import choices
from gongbi.desk.forms.accepting import ReasonForm
from gongbi.desk.forms.step import ReportChoice, StepForm, words
from gongbi.duties import queries as duties
from gongbi.look.templatetags.look import said
from gongbi.rounds import queries as rounds


class SignForm(StepForm):
    """Nothing to fill in."""

    def act(self) -> Any:
        return actions.sign(**self.seen())


class ResumeForm(StepForm):
    """Nothing to fill in: the clock goes on where it stood."""

    def act(self) -> Any:
        return actions.resume(**self.seen())


class ContestForm(ReasonForm):
    """ "Not ours", and whose it is instead."""

    unit = forms.TypedChoiceField(
        label=_("Whose it is, in your view"), coerce=int, required=False, empty_value=None
    )

    def prepare(self) -> None:
        self.fields["reason"].help_text = _("Name the duty item or the article that says so.")
        self.fields["unit"].choices = [("", _("Not known")), *choices.units(self.names)]  # type: ignore[attr-defined]

    def act(self) -> Any:
        good = self.cleaned_data
        return actions.contest(**self.seen(), reason=good["reason"], proposed_unit=good["unit"])


class ContactedForm(ReportChoice):
    """The first contact with a reporter counts for the response rate."""

    def candidates(self) -> Any:
        return self.case.reports.filter(contacted_at__isnull=True).order_by("id")

    def act(self) -> Any:
        on = self.seen()
        on.pop("expected_version")
        return actions.contacted(**on, report_id=self.cleaned_data["report"])


class ResultForm(StepForm):
    """What was done, in own words or in those of the grid workers who were there: typed once, not typed again."""

    result = words(_("What was done"))
    material = forms.MultipleChoiceField(
        label=_("Found on the spot"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What is ticked is written below your own words; the reporter reads it."),
    )

    def prepare(self) -> None:
        case = self.case
        self.offered = {
            one.key: said(one.words)
            for one in rounds.material(
                self.viewer, about=case.pk, receipts=[report.number for report in case.reports.all()], kind=case.kind,
                territory=case.territory, at=self.now,
            )
        }  # fmt: skip
        if not self.offered:
            del self.fields["material"]
            return
        self.fields["result"].required = False
        self.fields["material"].choices = list(self.offered.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        good = super().clean() or {}
        if (
            self.offered
            and not good.get("result")
            and not good.get("material")
            and "result" not in self.errors
        ):
            self.add_error("result", self.fields["result"].error_messages["required"])
        return good

    @property
    def told(self) -> str:
        """The result as it is kept."""
        good = self.cleaned_data
        chosen = [self.offered[key] for key in good.get("material") or ()]
        return "\n".join(part for part in (good["result"], *chosen) if part)


class CoDoneForm(ResultForm):
    """A co-handler's own part; a photo of it helps the checker, and is not asked for."""

    takes_photos = True
    template = "desk/steps/finish.html"
    needs_photo = False
    result = words(_("What your unit did"))
    photos = forms.FileField(label=_("Photos of the result"), required=False)

    def act(self) -> Any:
        return actions.co_done(**self.seen(), result=self.told, photos=self.stored)


class FinishForm(ResultForm):
    """What was done, with photos of how it looks now beside those from before."""

    takes_photos = True
    template = "desk/steps/finish.html"
    result = words(_("What was done"), hint=_("The reporter reads this. Say what was done, where and when."))
    photos = forms.FileField(label=_("Photos of the result"), required=False)

    @property
    def needs_photo(self) -> bool:
        return duties.needs_photo(self.case.standard, on=self.now)

    def act(self) -> Any:
        return actions.finish(**self.seen(), result=self.told, photos=self.stored)


class ExtensionForm(ReasonForm):
    """One more original limit; asked before the deadline, at most twice."""

    def act(self) -> Any:
        return actions.ask_for(**self.seen(), kind="extension", reason=self.cleaned_data["reason"])


class SuspensionForm(ReasonForm):
    """Until a day; once, a year at most."""

    until = forms.DateField(
        label=_("Suspended until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def act(self) -> Any:
        day = self.cleaned_data["until"]
        end = timezone.make_aware(datetime.combine(day, time(23, 59)))
        return actions.ask_for(
            **self.seen(), kind="suspension", reason=self.cleaned_data["reason"], until=end
        )
