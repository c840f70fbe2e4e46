"""What the one who spoke does: answer, judge, say that it is still there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from gongbi.cases import rules
from gongbi.cases.actions.step import load, take
from gongbi.cases.models import Case, Question, Report
from gongbi.cases.queries.settings import number, setting
from gongbi.cases.wording import clean_text
from gongbi.kernel import rows, statements
from gongbi.kernel.clock.engine import due as due_of
from gongbi.kernel.clock.limits import parse
from gongbi.kernel.clock.queries import current_calendar
from gongbi.kernel.errors import Refused, Stale
from gongbi.kernel.files import actions as files
from gongbi.kernel.scope.viewer import RESIDENT, Viewer, system


@transaction.atomic
def answer(
    *,
    question_id: int,
    viewer: Viewer,
    at: datetime,
    text: str,
    photos: Sequence[int] = (),
    report_id: int | None = None,
) -> Case:
    """Answer a question that was asked back; the clock that waited goes on. ``report_id``: whose question it must be."""
    question = Question.objects.filter(pk=question_id).first()
    body = clean_text(text)
    if (
        question is None
        or (report_id is not None and question.report_id != report_id)
        or not _own(question.report_id, viewer)
    ):
        raise Refused("cases.no_such_question", ("没有这个问题。", "There is no such question."))
    case = load(question.case_id, viewer)
    question.refresh_from_db()
    if not body:
        raise Refused("cases.no_answer", ("请写下您的答复。", "Write your answer."), field="answer")
    if question.answered_at is not None:
        raise Refused("cases.answered", ("这个问题已经答复过了。", "This question was answered already."))
    take(
        case,
        "clarified" if case.state == "clarifying" else "answered_back",
        viewer,
        at=at,
        facts={"question": question.pk},
    )
    question.answered_at, question.answer = at, body
    question.save(update_fields=["answered_at", "answer"])
    if photos:
        files.attach(photos, matter_id=case.pk, owner=f"report:{question.report_id}", purpose="report")
    return case


def lapse_question(*, at: datetime) -> int:
    """Questions nobody answered within the term: the matter goes on without. Run by the worker; idempotent; returns how many."""
    limit = parse(setting("question_limit"))
    calendar = current_calendar()
    lapsed = 0
    waiting = Question.objects.filter(
        answered_at__isnull=True, case__state__in=("asking", "clarifying")
    ).select_related("case")
    for question in waiting:
        if due_of(question.asked_at, limit, calendar).at >= at:
            continue
        with transaction.atomic():
            case = load(question.case_id, system("clock"))
            question.refresh_from_db()
            if question.answered_at is not None or case.state not in ("asking", "clarifying"):
                continue
            take(
                case,
                "clarified" if case.state == "clarifying" else "answered_back",
                system("clock"),
                at=at,
                facts={"question": question.pk, "lapsed": True},
            )
            Question.objects.filter(pk=question.pk).update(answered_at=at)
        lapsed += 1
    return lapsed


def _own(report_id: int, viewer: Viewer) -> bool:
    """A reporter speaks for the own report, not for the others that are part of the same case."""
    return viewer.role != RESIDENT or report_id in viewer.reports


def _report(key: int) -> QuerySet[Report]:
    return Report.objects.filter(pk=key)


def _with_case(report_id: int, viewer: Viewer) -> tuple[Case, Report]:
    """The case, locked, and the report as it stands under that lock. Stale when it went to another case meanwhile."""
    report = statements.fetch_one("cases.report", _report, report_id)
    if report is None or not _own(report_id, viewer):
        raise Refused("cases.no_report", ("没有这条诉求。", "There is no such report."))
    case = load(report.case_id, viewer)
    report = statements.fetch_one("cases.report", _report, report_id)
    if report is None or report.case_id != case.pk:
        raise Stale(
            "cases.moved",
            (
                "这条诉求刚刚转入了另一个案件。请刷新后再操作。",
                "This report has just moved to another case. Reload, and do it again.",
            ),
        )
    return case, report


@transaction.atomic
def judge(
    *, report_id: int, viewer: Viewer, at: datetime, solved: bool, grade: int, comment: str = ""
) -> Case:
    """One reporter's verdict: solved or not, and one of five grades. Everybody whose matter was merged judges separately."""
    case, report = _with_case(report_id, viewer)
    record_verdict(case, report, viewer=viewer, at=at, solved=solved, grade=grade, comment=comment)
    return case


def record_verdict(
    case: Case, report: Report, *, viewer: Viewer, at: datetime, solved: bool, grade: int, comment: str
) -> None:
    """Write the verdict, in the caller's transaction; the last one settles the case."""
    rules.check_grade(grade)
    if report.judged_at is not None:
        raise Refused("cases.judged", ("这条诉求已经评价过了。", "This report was judged already."))
    take(
        case,
        "judge",
        viewer,
        at=at,
        facts={
            "report": report.pk,
            "solved": "yes" if solved else "no",
            "grade": grade,
            "window": int(number("judging_days")),
        },
    )
    report.judged_at, report.solved, report.grade, report.comment = at, solved, grade, clean_text(comment)
    rows.update(
        Report,
        report.pk,
        {name: getattr(report, name) for name in ("judged_at", "solved", "grade", "comment")},
    )
    if not rows.ask("SELECT 1 FROM cases_report WHERE case_id = %s AND judged_at IS NULL LIMIT 1", [case.pk]):
        take(case, "settle", system("verdict"), at=at)


@transaction.atomic
def reopen(*, report_id: int, viewer: Viewer, at: datetime, reason: str, photos: Sequence[int] = ()) -> Case:
    """ "Still there": within the window, with a photo, back to the same unit. The photo is not asked of a clerk's caller."""
    case, report = _with_case(report_id, viewer)
    if viewer.role == RESIDENT and not photos:
        raise Refused(
            "cases.reopen_photo",
            (
                "请附一张现在的照片，说明问题还在。",
                "Add a photo of how it looks now, so that it can be reopened.",
            ),
            field="photos",
        )
    take(
        case,
        "reopen",
        viewer,
        at=at,
        facts={
            "report": report.pk,
            "reason": clean_text(reason),
            "photos": len(photos),
            "window": int(number("reopening_days")),
        },
        reopen_count=case.reopen_count + 1,
    )
    case.reports.update(judged_at=None, solved=None, grade=None, callback_at=None)
    if photos:
        files.attach(photos, matter_id=case.pk, owner=f"report:{report.pk}", purpose="report")
    return case


@transaction.atomic
def supplement(
    *, report_id: int, viewer: Viewer, at: datetime, text: str, photos: Sequence[int] = ()
) -> Case:
    """What the sender of a report said later, in other words: kept beside the first, with a line for whoever has the case now.

    At any time, since it changes nothing by itself. Refused for a report that does not exist or without words.
    """
    case, report = _with_case(report_id, system("supplement"))
    body = clean_text(text)
    if not body:
        raise Refused("cases.no_answer", ("请写下您的答复。", "Write your answer."), field="text")
    take(
        case,
        "supplement",
        system("supplement"),
        at=at,
        facts={"report": report.pk, "channel": report.channel},
    )
    Question.objects.create(
        report=report,
        case=case,
        asked_at=at,
        asked_by=viewer.actor,
        text="（报送方随后补充或更改）",
        answered_at=at,
        answer=body,
    )
    if photos:
        files.attach(photos, matter_id=case.pk, owner=f"report:{report.pk}", purpose="report")
    return case
