"""One event, many callers: cases merge and part again, and every reporter keeps an own receipt, answer and verdict."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from gongbi.cases import rules
from gongbi.cases.actions.informers import hide_reporters
from gongbi.cases.actions.step import load, take
from gongbi.cases.models import Case, Report
from gongbi.cases.queries.settings import setting
from gongbi.cases.wording import clean_text, title_of
from gongbi.kernel.errors import Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.flow.advance import begin
from gongbi.kernel.flow.models import Link
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.search import actions as search


@transaction.atomic
def merge(
    *, case_id: int, into_id: int, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Case:
    """Put one case into another that is about the same event; returns the one that goes on. Locks the smaller key first."""
    if case_id == into_id:
        raise Refused(
            "cases.merge_self", ("不能并入自身。", "A case cannot be merged into itself."), field="into"
        )
    cases = {pk: load(pk, viewer) for pk in sorted((case_id, into_id))}
    case, target = cases[case_id], cases[into_id]
    if not target.is_open:
        raise Refused(
            "cases.merge_closed",
            (
                "要并入的案件 %(number)s 已结束，请选一件在办的。",
                "Case %(number)s has ended; choose one that is open.",
            ),
            values={"number": target.number},
            field="into",
        )
    reports = list(case.reports.values_list("pk", flat=True))
    take(
        case,
        "merge",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"into": target.pk, "reports": reports},
        merged_into=target,
    )
    take(
        target,
        "take_in",
        viewer,
        at=at,
        facts={
            "from": case.pk,
            "reports": reports,
            "channels": dict(case.reports.values_list("pk", "channel")),
        },
        report_count=target.report_count + len(reports),
        callback_owed=target.callback_owed or case.callback_owed,
        urgent=target.urgent or case.urgent,
    )
    Report.objects.filter(case=case).update(case=target)
    hide_reporters(target)
    _carry_photos(reports, target)
    Link.objects.create(source=case, target=target, kind="merged", at=at, actor=viewer.actor)
    return target


@transaction.atomic
def unmerge(
    *, case_id: int, viewer: Viewer, at: datetime, reason: str, expected_version: int | None = None
) -> Case:
    """Take a merged case out again: the reports that went with it come back, with all that was said since.

    They may stand in a third case by now (the other one was merged on); those that were parted from it since stay where they are.
    Locks the smaller key first, as merge does.
    """
    into = Case.objects.filter(pk=case_id).values_list("merged_into_id", flat=True).first()
    end = _end_of(into) if into is not None else None
    cases = {pk: load(pk, viewer) for pk in sorted({case_id, end or case_id})}
    case, target = cases[case_id], cases[end or case_id]
    if case.merged_into_id is None or end is None:
        raise Refused(
            "cases.not_merged", ("此件没有并入别的案件。", "This case was not merged into another.")
        )
    went = LedgerEntry.objects.filter(matter_id=case.pk, transition="merge").order_by("-seq").first()
    moved = went.facts.get("reports", []) if went else []
    reports = list(
        Report.objects.filter(case=target, pk__in=moved).order_by("pk").values_list("pk", flat=True)
    )
    if not reports:
        raise Refused(
            "cases.nothing_left",
            (
                "并入后，它的诉求都已转入别的案件，没有可以恢复的。",
                "All its reports have gone to other cases since; there is nothing to take out.",
            ),
        )
    if target.reports.count() == len(reports):
        raise Refused(
            "cases.nothing_would_stay",
            (
                "案件 %(number)s 只剩这些诉求，恢复后它将没有报告人。请直接办理该案件。",
                "Case %(number)s has no other reports left; taking these out would leave it without anybody. Go on with that case.",
            ),
            values={"number": target.number},
        )
    take(
        case,
        "unmerge",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"reason": clean_text(reason), "from": target.pk, "reports": reports},
        merged_into=None,
        report_count=len(reports),
    )
    # A verdict on the other matter's result says nothing about this one.
    Report.objects.filter(pk__in=reports).update(
        case=case, callback_at=None, judged_at=None, solved=None, grade=None, comment=""
    )
    _carry_photos(reports, case)
    take(target, "taken_out", viewer, at=at, facts={"into": case.pk, "reports": reports})
    _count(case)
    _count(target)
    if target.state == "closed" and not target.reports.filter(judged_at__isnull=True).exists():
        take(target, "settle", system("verdict"), at=at)
    Link.objects.filter(source=case, kind="merged").delete()
    return case


def _carry_photos(reports: Sequence[int], case: Case) -> None:
    """Photos go where their report goes: the unit that deals with it must see them, and the reporter keeps seeing the own ones."""
    files.carry([f"report:{pk}" for pk in reports], matter_id=case.pk)


def _end_of(case_id: int) -> int:
    """The case that goes on: merged cases may have been merged on."""
    seen: set[int] = set()
    while case_id not in seen:
        seen.add(case_id)
        further = Case.objects.filter(pk=case_id).values_list("merged_into_id", flat=True).first()
        if further is None:
            return case_id
        case_id = further
    return case_id


def _count(case: Case) -> None:
    """What a case says of its reports, after some came or went."""
    told = list(case.reports.values_list("channel", flat=True))
    case.report_count = len(told)
    case.callback_owed = any(map(rules.said_by_phone, told))
    Case.objects.filter(pk=case.pk).update(report_count=case.report_count, callback_owed=case.callback_owed)


@transaction.atomic
def split(
    *,
    case_id: int,
    viewer: Viewer,
    at: datetime,
    reports: Sequence[int] = (),
    text: str = "",
    expected_version: int | None = None,
) -> Case:
    """Part a case: either some of its ``reports`` leave for a new case, or one report names two matters and ``text`` is the second.

    In the second way the same reporter gets a second report, with its own receipt, so that both are answered. Returns the new case.
    """
    case = load(case_id, viewer)
    mine = list(case.reports.order_by("id"))
    leaving = [report for report in mine if report.pk in set(reports)]
    part = clean_text(text)
    if bool(leaving) == bool(part):
        raise Refused(
            "cases.split_what",
            (
                "请选择要拆出的诉求，或写下第二件事，二者选一。",
                "Choose the reports that leave, or write the second matter; one of the two.",
            ),
            field="reports",
        )
    if leaving and len(leaving) == len(mine):
        raise Refused(
            "cases.split_all", ("至少要留下一条诉求。", "At least one report must stay."), field="reports"
        )
    body = part or leaving[0].text
    fresh = Case(
        title=title_of(body),
        place_words=case.place_words,
        territory=case.territory,
        lon=case.lon,
        lat=case.lat,
        cell=case.cell,
        channel=case.channel,
        net=case.net,
        callback_owed=case.callback_owed,
        report_count=max(1, len(leaving)),
    )
    begin(
        fresh,
        viewer,
        at=at,
        transition="open",
        facts={
            "split_from": case.pk,
            "channel": case.channel,
            "net": case.net,
            "territory": case.territory,
            "reports": [report.pk for report in leaving],
            "accept_limit": setting("accept_limit"),
        },
    )
    search.index(fresh.pk, f"{fresh.title} {body} {fresh.place_words}")
    if leaving:
        Report.objects.filter(pk__in=[report.pk for report in leaving]).update(case=fresh)
        moved = [report.pk for report in leaving]
        _carry_photos(moved, fresh)
    else:
        moved = [_second(mine[0], fresh, part, viewer, at).pk]
    take(
        case,
        "split",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"reports": moved, "into": fresh.pk, "copied": bool(part)},
        report_count=len(mine) - len(leaving),
    )
    _count(case)
    _count(fresh)
    Link.objects.create(source=fresh, target=case, kind="split", at=at, actor=viewer.actor)
    return fresh


def _second(first: Report, case: Case, text: str, viewer: Viewer, at: datetime) -> Report:
    """The same reporter's second matter, as a report of its own."""
    copy = Report.objects.get(pk=first.pk)
    copy.pk = None
    copy._state.adding = True
    copy.case = copy.first_case = case
    copy.text, copy.received_at, copy.idempotency, copy.by = text, at, None, viewer.actor
    copy.seed = secrets.token_bytes(16)
    copy.save(force_insert=True)
    return copy
