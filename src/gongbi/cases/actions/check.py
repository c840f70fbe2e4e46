"""What those do who did not handle it: the check, the call-back, and what the record owes the unit."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from gongbi.cases import rules
from gongbi.cases.actions.reporter import record_verdict
from gongbi.cases.actions.step import load, take
from gongbi.cases.models import Case, Report
from gongbi.cases.wording import clean_text
from gongbi.kernel.clock import actions as clocks
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import Viewer


@transaction.atomic
def confirm(
    *, case_id: int, viewer: Viewer, at: datetime, finding: str, expected_version: int | None = None
) -> Case:
    """The check passes: closed, or handed to the call-back where one is owed."""
    case = load(case_id, viewer)
    name = "confirm_for_callback" if case.callback_owed else "confirm"
    take(case, name, viewer, at=at, expected_version=expected_version, facts={"finding": clean_text(finding)})
    return case


@transaction.atomic
def rework(
    *, case_id: int, viewer: Viewer, at: datetime, reason: str, expected_version: int | None = None
) -> Case:
    """The check fails: the same unit does it again, history kept, counted."""
    case = load(case_id, viewer)
    take(
        case,
        "rework",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"reason": clean_text(reason), "round": case.rework_count + 1},
        rework_count=case.rework_count + 1,
    )
    return case


@transaction.atomic
def call_back(
    *,
    case_id: int,
    report_id: int,
    viewer: Viewer,
    at: datetime,
    outcome: str,
    solved: bool | None = None,
    grade: int | None = None,
    comment: str = "",
    expected_version: int | None = None,
) -> Case:
    """Record the call to one reporter; when every caller who is owed one was called, the case closes.

    ``outcome``: reached, unreachable. With ``solved`` and ``grade`` the reporter's own verdict is written down for them: it counts
    from the closing on, so that the verdicts of those who were called first wait for the last call.
    """
    case = load(case_id, viewer)
    if (solved is None) != (grade is None):
        raise Refused(
            "cases.half_verdict",
            (
                "评价须同时有“是否解决”和满意度，或都不填。",
                "A verdict needs both: whether it is solved, and the grade; or leave both empty.",
            ),
            field="solved" if solved is None else "grade",
        )
    if outcome not in ("reached", "unreachable"):
        raise Refused(
            "cases.outcome",
            ("请选择：已联系上，或联系不上。", "Choose: reached, or could not be reached."),
            field="outcome",
        )
    report = _report_of(case, report_id)
    if report.callback_at is not None:
        raise Refused(
            "cases.called_back",
            ("这位报告人已经回访过了。", "This reporter was called back already."),
            field="report",
        )
    owed = case.reports.filter(channel="hotline", callback_at__isnull=True).exclude(pk=report.pk).exists()
    take(
        case,
        "called" if owed else "call_back",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"outcome": outcome, "report": report.pk},
    )
    report.callback_at = at
    if solved is not None and grade is not None:
        rules.check_grade(grade)
        report.solved, report.grade, report.comment = solved, grade, clean_text(comment)
    report.save(update_fields=["callback_at", "solved", "grade", "comment"])
    if not owed:
        for told in case.reports.filter(judged_at__isnull=True, grade__isnull=False).order_by("id"):
            record_verdict(
                case, told, viewer=viewer, at=at,
                solved=bool(told.solved), grade=told.grade or 0, comment=told.comment,
            )  # fmt: skip
    return case


def _report_of(case: Case, report_id: int) -> Report:
    report = Report.objects.filter(pk=report_id, case=case).first()
    if report is None:
        raise Refused(
            "cases.no_report", ("这个案件没有这条诉求。", "This case has no such report."), field="report"
        )
    return report


@transaction.atomic
def call_back_unsolved(
    *,
    case_id: int,
    report_id: int,
    viewer: Viewer,
    at: datetime,
    reason: str,
    expected_version: int | None = None,
) -> Case:
    """The caller says it is not solved: back to the unit as rework."""
    case = load(case_id, viewer)
    report = _report_of(case, report_id)
    take(
        case,
        "call_back_unsolved",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"outcome": "unsolved", "report": report.pk, "reason": clean_text(reason)},
        rework_count=case.rework_count + 1,
    )
    # What those said who were called first was about the first result: they are called again about the second.
    Report.objects.filter(case=case).update(callback_at=None, solved=None, grade=None, comment="")
    return case


@transaction.atomic
def exempt(
    *, case_id: int, viewer: Viewer, at: datetime, reason: str, expected_version: int | None = None
) -> Case:
    """An overdue appeal is upheld: out of the overdue counts, still in the totals (C5)."""
    case = load(case_id, viewer)
    text = clean_text(reason)
    take(
        case, "exempt", viewer, at=at, expected_version=expected_version, facts={"reason": text}, exempt=True
    )
    clocks.set_exempt(case, "handle", at=at, reason=text, by=viewer.actor)
    return case


@transaction.atomic
def exclude(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    ground: str,
    reason: str,
    expected_version: int | None = None,
) -> Case:
    """Leave a case out of the rating, for a listed ground; it is shown beside every rate that it left."""
    case = load(case_id, viewer)
    if ground not in rules.EXCLUSION_GROUNDS:
        raise Refused(
            "cases.exclusion",
            ("请选择一条剔除理由。", "Choose one of the grounds for exclusion."),
            field="ground",
        )
    take(
        case,
        "exclude",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"ground": ground, "reason": clean_text(reason)},
        excluded=ground,
    )
    return case
