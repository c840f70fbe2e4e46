"""What every step's form is: bound to a case and its asker, carrying the version that was shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from gongbi.desk.forms.base import HouseForm
from gongbi.desk.names import Names
from gongbi.kernel.scope.viewer import Viewer

LONG = 10_000


def words(
    label: Any, *, rows: int = 3, hint: Any = "", required: bool = True, most: int = LONG
) -> forms.CharField:
    """A field of several lines."""
    return forms.CharField(
        label=label,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=hint,
        required=required,
        max_length=most,
    )


@dataclass(frozen=True, slots=True)
class Contested:
    """One unit's "not ours": keys and names of who said so and whose it is in its view."""

    unit: int
    name: str
    proposed: int | None
    proposed_name: str
    reason: str
    at: datetime


def contests_of(case: Any, names: Names) -> list[Contested]:
    """What units said against having the case, oldest first. One query, none where nobody did."""
    if not case.contest_count:
        return []
    return [
        Contested(
            one.unit_id, names.unit(one.unit_id), one.proposed_unit_id, names.unit(one.proposed_unit_id),
            one.reason, one.at,
        )
        for one in case.contests.order_by("id")
    ]  # fmt: skip


class StepForm(HouseForm):
    """One step. :meth:`act` calls the one action behind it with what was filled in; ``stored`` holds the ids of its photos."""

    takes_photos: ClassVar[bool] = False
    template: ClassVar[str] = "desk/steps/plain.html"
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, case: Any, viewer: Viewer, now: datetime, names: Names | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {"version": case.version, **self.starts(case)} | kwargs["initial"]
        self.case, self.viewer, self.now = case, viewer, now
        self.names = names or Names(viewer, now)
        self.stored: list[int] = []
        super().__init__(*args, **kwargs)
        self.prepare()

    @staticmethod
    def starts(case: Any) -> dict[str, Any]:
        """What the fields hold at first: what the system knows already."""
        return {}

    def prepare(self) -> None:
        """Fill the choices in."""

    def seen(self) -> dict[str, Any]:
        """What every action takes: which case, who, when, and the version that the page showed."""
        return {
            "case_id": self.case.pk,
            "viewer": self.viewer,
            "at": self.now,
            "expected_version": self.cleaned_data.get("version"),
        }

    def act(self) -> Any:
        """Do it; returns the case that goes on. Raises Refused and its kin."""
        raise TypeError(f"{type(self).__name__} does not say what it does")

    @property
    def shown_fields(self) -> list[Any]:
        return [bound for bound in self if not bound.is_hidden]


def report_line(report: Any) -> str:
    """A report in one line: its number and how it begins."""
    text = report.text if len(report.text) <= 40 else report.text[:39] + "…"
    return f"{report.number} · {text}"


class ReportChoice(StepForm):
    """A step about one of the case's reports; the only one is chosen already."""

    report = forms.TypedChoiceField(label=_("Whose report"), coerce=int, widget=forms.RadioSelect)

    def prepare(self) -> None:
        self.reports = list(self.candidates())
        field = self.fields["report"]
        field.choices = [(str(report.pk), self.line(report)) for report in self.reports]  # type: ignore[attr-defined]
        if len(self.reports) == 1:
            field.widget = forms.HiddenInput()
            field.initial = self.reports[0].pk
            self.initial.setdefault("report", self.reports[0].pk)

    def candidates(self) -> Any:
        return self.case.reports.order_by("id")

    def line(self, report: Any) -> str:
        """How one report reads in the list."""
        return report_line(report)
