"""What the responsible unit does: sign, contest, ask, report its part, finish; and the grid worker's one tap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from gongbi.cases import rules
from gongbi.cases.actions.desk import ask_reporter
from gongbi.cases.actions.receive import Receipt, receive
from gongbi.cases.actions.statement import Statement
from gongbi.cases.actions.step import load, take
from gongbi.cases.models import Case, Contest, Report
from gongbi.cases.wording import clean_text
from gongbi.duties import queries as duties
from gongbi.kernel.errors import Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.parties import handover
from gongbi.parties.actions import hold_post

if TYPE_CHECKING:
    from gongbi.parties.models import Post


@transaction.atomic
def sign(*, case_id: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Case:
    """Sign for a dispatch."""
    if viewer.post_id is not None:
        hold_post(viewer.post_id, at=at)  # before the matter: ending a post locks in that order
    case = load(case_id, viewer)
    take(
        case,
        "sign",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"post": viewer.post_id},
        post_id=viewer.post_id,
    )
    return case


@transaction.atomic
def contest(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    reason: str,
    proposed_unit: int | None = None,
    expected_version: int | None = None,
) -> Case:
    """Say "not ours", once a dispatch and within the sign term. The second contest of a case goes to the adjudicator."""
    case = load(case_id, viewer)
    text = clean_text(reason)
    again = case.contest_count >= 1
    unit = case.unit_id
    take(
        case,
        "contest_again" if again else "contest",
        viewer,
        at=at,
        expected_version=expected_version,
        move=None if again else {"unit_id": None},
        facts={"reason": text, "unit": unit, "proposed_unit": proposed_unit},
        contest_count=case.contest_count + 1,
    )
    Contest.objects.create(
        case=case, unit_id=unit or 0, at=at, by=viewer.actor, reason=text, proposed_unit_id=proposed_unit
    )
    return case


@transaction.atomic
def ask(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    question: str,
    report_id: int | None = None,
    expected_version: int | None = None,
) -> Case:
    """Ask a reporter something; the handling clock stands still until the answer or the term."""
    return ask_reporter(
        case_id=case_id,
        viewer=viewer,
        at=at,
        question=question,
        report_id=report_id,
        expected_version=expected_version,
        transition="ask",
    )


@transaction.atomic
def contacted(*, case_id: int, report_id: int, viewer: Viewer, at: datetime) -> Case:
    """Record the first contact with a reporter (the response rate counts it)."""
    case = load(case_id, viewer)
    report = Report.objects.filter(pk=report_id, case=case).first()
    if report is None:
        raise Refused(
            "cases.no_report", ("这个案件没有这条诉求。", "This case has no such report."), field="report"
        )
    if report.contacted_at is None:
        take(case, "contacted", viewer, at=at, facts={"report": report.pk})
        report.contacted_at = at
        report.save(update_fields=["contacted_at"])
    return case


@transaction.atomic
def co_done(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    result: str,
    photos: Sequence[int] = (),
    expected_version: int | None = None,
) -> Case:
    """A co-handler reports its part as done; ``photos`` of it, where there are any, are evidence of the matter."""
    case = load(case_id, viewer)
    part = case.parts.filter(unit_id__in=viewer.units, done_at__isnull=True).first()
    if part is None:
        raise Refused(
            "cases.no_part", ("贵单位没有待完成的协办任务。", "Your unit has no open part in this case.")
        )
    text = clean_text(result)
    facts: dict[str, Any] = {"unit": part.unit_id}
    if photos:
        facts["evidence"] = _attached(case, photos)
    take(
        case,
        "co_done",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={**facts, "result": text},
    )
    part.done_at, part.result = at, text
    part.save(update_fields=["done_at", "result"])
    return case


@transaction.atomic
def finish(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    result: str,
    photos: Sequence[int] = (),
    expected_version: int | None = None,
) -> Case:
    """Report it handled, with what was done and the evidence the standard asks for (before and after photos)."""
    case = load(case_id, viewer)
    evidence = _evidence(case, photos, at=at)
    take(
        case,
        "finish",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"result": clean_text(result), "evidence": evidence},
        handled_by_person=viewer.person_id,
        handled_at=at,
    )
    return case


def _evidence(case: Case, photos: Sequence[int], *, at: datetime) -> list[str]:
    """Digests of the photos of the result; attaches them. A kind whose standard asks for no photo needs none."""
    if photos:
        digests = _attached(case, photos)
        if case.rework_count or case.reopen_count:
            _check_fresh(case, digests)
        return digests
    if duties.needs_photo(case.standard, on=at):
        raise Refused(
            "cases.no_evidence",
            ("这类案件须上传处置后的照片。", "A case of this kind needs a photo of the result."),
            field="photos",
        )
    return ["none asked"]


def _attached(case: Case, photos: Sequence[int]) -> list[str]:
    """Attach photos of a result to the matter; their digests."""
    stored = files.attach(photos, matter_id=case.pk, owner=f"case:{case.pk}", purpose="after")
    return [file.digest for file in stored]


def _check_fresh(case: Case, digests: Sequence[str]) -> None:
    """Done again is shown again: the photo of the first result proves nothing about the second."""
    shown: set[str] = set()
    entries = LedgerEntry.objects.filter(
        matter_id=case.pk, transition__in=("finish", "co_done", "solve_on_spot")
    )
    for facts in entries.values_list("facts", flat=True):
        shown |= set(facts.get("evidence", ()))
    if set(digests) <= shown:
        raise Refused(
            "cases.old_evidence",
            (
                "这张照片上次已经用过。返工后请拍一张现在的照片。",
                "This photo was given for the earlier result already. After rework, take one of how it looks now.",
            ),
            field="photos",
        )


def solve_on_spot(*, statement: Statement, photos: Sequence[int], viewer: Viewer, at: datetime) -> Receipt:
    """Found and solved in one tap: the report, its case and the result in one go; somebody else still checks it.

    ``photos``: of the result; ``statement.photos`` may show it before. When the place already has an open case and
    ``statement.join`` names it, the result goes there.
    """
    entry = duties.kind(statement.said.kind)
    if entry is None:
        raise Refused("cases.kind", ("请先选择类别。", "Choose the kind first."), field="kind")
    rules.check_on_spot(entry.on_spot)

    def solve(report: Report) -> None:
        case = load(report.case_id, system("field"))
        standard = case.standard or getattr(duties.default_standard(case.kind, case.title, on=at), "code", "")
        stored = (
            files.attach(photos, matter_id=case.pk, owner=f"case:{case.pk}", purpose="after")
            if photos
            else []
        )
        take(
            case,
            "solve_on_spot",
            viewer,
            at=at,
            move={
                "unit_id": viewer.unit_id,
                "territory": case.territory or next(iter(viewer.territories), ""),
            },
            facts={
                "evidence": [file.digest for file in stored],
                "standard": standard,
                "kind": case.kind,
                "territory": case.territory or next(iter(viewer.territories), ""),
            },
            standard=standard,
            handled_by_person=viewer.person_id,
            handled_at=at,
        )

    # One transaction for both: a report without its result would answer the repeated tap with "again", and the result were lost.
    return receive(statement, viewer=viewer, at=at, then=solve)


@transaction.atomic
def reassign(*, case_id: int, unit_id: int, viewer: Viewer, at: datetime, reason: str) -> Case:
    """Move an open case to the unit that follows the old one (a unit dissolved, a post handed over)."""
    case = load(case_id, viewer)
    take(
        case,
        "reassign",
        viewer,
        at=at,
        move={"unit_id": unit_id},
        facts={"unit": unit_id, "from": case.unit_id, "reason": clean_text(reason)},
    )
    return case


def held_by(post: Post) -> list[int]:
    """Open cases that the post signed for (asked when a post ends)."""
    return list(
        Case.objects.filter(post_id=post.pk, is_open=True).order_by("pk").values_list("pk", flat=True)
    )


def hand_over(post_from: Post, post_to: Post, at: datetime, viewer: Viewer) -> None:
    """Give every open case of one post to another, inside the caller's transaction; each gets its line in the ledger."""
    for case_id in held_by(post_from):
        case = load(case_id, system("handover"))
        take(
            case,
            "reassign",
            system("handover"),
            at=at,
            move={"unit_id": post_to.unit_id},
            facts={
                "unit": post_to.unit_id,
                "from_post": post_from.pk,
                "post": post_to.pk,
                "by": viewer.actor,
            },
            post_id=post_to.pk,
        )


handover.register("cases", find=held_by, transfer=hand_over)
