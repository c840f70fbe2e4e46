"""One case, one report, and what surrounds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from gongbi.cases import links
from gongbi.cases.models import Case, Question, Report, Request
from gongbi.cases.queries.triage import look_ups, twins_of
from gongbi.cases.triage import Said, Twin, triage
from gongbi.duties import queries as duties
from gongbi.kernel import scope, statements
from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.declare import Transition
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import PUBLIC, RESIDENT, STAFF_ROLES, Viewer
from gongbi.kernel.vault import blind

# What a resident's timeline does not show: inner steps between offices.
DECIDED = frozenset({"dispatch", "rule"})  # the reporter reads to whom it went
# Of a contest the reporter learns that the unit is decided anew; what the offices say of each other stays theirs.
UNSAID = frozenset({"contest", "contest_again"})
INNER = frozenset(
    {
        "take_in",
        "taken_out",
        "settle",
        "reassign",
        "send_back",
        "ask_extension",
        "ask_suspension",
        "refuse_extension",
        "refuse_suspension",
        "co_done",
        "called",
        "exempt",
        "exclude",
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline. ``facts`` is empty for residents except what concerns them."""

    at: datetime
    arrow: Transition
    actor: str
    unit_id: int | None
    to_state: str
    facts: dict[str, Any]
    seq: int = 0


def _none() -> NotThere:
    return NotThere(
        "cases.not_there",
        (
            "没有这个编号，或不在您的范围内。请核对编号的每一位。",
            "There is no such number, or it is outside your area. Check every digit.",
        ),
    )


def case_for(case_id: int, viewer: Viewer) -> Case:
    """The case of that key, or NotThere."""
    possible = 0 < case_id < 2**63  # a longer number from an address is no key of any row
    case = scope.by_key(Case, viewer, case_id) if possible else None
    if case is None:
        raise _none()
    return case


def case_by_number(text: str, viewer: Viewer) -> Case:
    """The case of a number as people type it (a report's receipt number leads to its case), or NotThere."""
    read = numbers.read(text)
    if read is None:
        raise _none()
    prefix, pk = read
    if prefix == Report.prefix:
        report = scope.by_key(Report, viewer, pk)
        if report is None or not numbers.same(text, report.number):
            raise _none()
        return case_for(report.case_id, viewer)
    case = case_for(pk, viewer)
    if not numbers.same(text, case.number):
        raise _none()
    return case


def report_by_number(text: str, viewer: Viewer) -> Report:
    """The report of a receipt number, or NotThere."""
    read = numbers.read(text)
    report = scope.by_key(Report, viewer, read[1]) if read else None
    if report is None or not numbers.same(text, report.number):
        raise _none()
    return report


def _linked(key: int) -> QuerySet[Report]:
    return Report.objects.select_related("case").filter(pk=key)


def report_by_link(link: str) -> tuple[Report, Viewer]:
    """The report behind a private link and the viewer that its holder is, or NotThere."""
    key = links.key_of(link)
    report = statements.fetch_one("cases.link", _linked, key) if key is not None else None
    if report is None or not links.holds(link, report):
        raise NotThere(
            "cases.link",
            (
                "这个链接无效。请从回执上重新打开，或扫描二维码。",
                "This link is not valid. Open it again from your receipt, or scan its code.",
            ),
        )
    return report, Viewer(actor=f"report:{report.pk}", role=RESIDENT, reports=frozenset({report.pk}))


def _entries(matter_id: int) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(matter_id=matter_id).order_by("seq")


def timeline(case: Case, viewer: Viewer) -> list[Event]:
    """What has happened, oldest first, as far as this viewer may know it. Raises NotThere for a case that is not theirs."""
    case_for(case.pk, viewer)
    staff = viewer.role in STAFF_ROLES
    by_name = case.declared.by_name
    events = []
    for entry in statements.fetch("cases.timeline", _entries, case.pk):
        if not staff and entry.transition in INNER:
            continue
        facts, actor = entry.facts, entry.actor
        if not staff:
            facts, actor = _for_reporter(entry, viewer)
        events.append(
            Event(entry.at, by_name[entry.transition], actor, entry.unit_id, entry.to_state, facts, entry.seq)
        )
    return events


def _for_reporter(entry: LedgerEntry, viewer: Viewer) -> tuple[dict[str, Any], str]:
    """Facts and actor as one reporter may know them: what another of the same case said stays with that one."""
    about = entry.facts.get("report")
    others = isinstance(about, int) and about not in viewer.reports
    own_actor = not entry.actor.startswith("report:") or entry.actor[7:] in {str(r) for r in viewer.reports}
    told: tuple[str, ...] = ("limit", "until", "unit") if entry.transition in DECIDED else ("limit", "until")
    if not others and entry.transition not in UNSAID:
        told += ("reason", "result")
    return {
        key: entry.facts[key] for key in told if key in entry.facts
    }, entry.actor if own_actor else "report"


def suspended_until(case: Case, viewer: Viewer) -> datetime | None:
    """When the hold of a suspended case ends at the latest; None for one that is not suspended. Raises NotThere."""
    if case.state != "suspended":
        return None
    case_for(case.pk, viewer)
    held = Request.objects.filter(case_id=case.pk, kind="suspension", granted=True).order_by("-pk").first()
    return held.until if held else None


def questions_open(report: Report, viewer: Viewer) -> Sequence[Question]:
    """Questions to this reporter that wait for an answer."""
    if scope.by_key(Report, viewer, report.pk) is None:
        raise _none()
    return statements.fetch("cases.questions_open", _waiting, report.pk)


def _waiting(report_id: int) -> QuerySet[Question]:
    return Question.objects.filter(report_id=report_id, answered_at__isnull=True).order_by("id")


def near(said: Said, *, at: datetime, viewer: Viewer = PUBLIC) -> list[Twin]:
    """ "This is already being handled": open cases like what is being typed. Titles only, so anybody may ask.

    A case that an informer brought is not shown: its title are the informer's words (H5).
    """
    alike = triage(said, look_ups(at=at)).twins
    if not alike:
        return []
    told = Report.objects.filter(case_id__in=[twin.case_id for twin in alike], confidential=True)
    hidden = set(told.values_list("case_id", flat=True))
    return [twin for twin in alike if twin.case_id not in hidden]


def kinds_of(keys: Sequence[int], viewer: Viewer) -> dict[int, tuple[str, str]]:
    """The names (zh, en) of the kinds of cases: what anybody may know of a matter that is not theirs."""
    rows = Case.objects.filter(pk__in=keys).values_list("pk", "kind")
    found = {pk: duties.kind(kind) for pk, kind in rows if kind}
    return {pk: facts.name for pk, facts in found.items() if facts is not None}


def twins_for(case: Case, viewer: Viewer, *, at: datetime) -> list[Twin]:
    """Cases that may be the same as this one, as they stand now."""
    first = case.reports.order_by("id").first()
    said = Said(
        text=first.text if first else case.title,
        said_at=case.opened_at,
        channel=case.channel,
        lon=case.lon,
        lat=case.lat,
        division=case.territory,
        kind=case.kind,
    )
    ask = look_ups(at=at)
    named = ask.named_kind(case.kind) if case.kind else None
    kinds = [named] if named is not None else []
    where = ask.division(case.territory) if case.territory else None
    alike = twins_of(said, where, kinds, at=at, leave_out=case.pk)
    seen = set(
        visible(Case.objects.filter(pk__in=[twin.case_id for twin in alike]), viewer).values_list(
            "pk", flat=True
        )
    )
    return [twin for twin in alike if twin.case_id in seen]


def requests_decided(viewer: Viewer, *, most: int) -> list[Request]:
    """The last ``most`` requests for more time that were granted or refused, with their cases, newest first."""
    found = Request.objects.filter(decided_at__isnull=False, case__in=visible(Case, viewer, "list"))
    return list(found.select_related("case").order_by("-id")[:most])


def cases_of_reports(viewer: Viewer, reports: Iterable[int]) -> dict[int, Case]:
    """The case that each of these reports belongs to, as far as the viewer sees it. One query."""
    found = visible(Report.objects.filter(pk__in=list(reports)), viewer, "list").select_related("case")
    return {report.pk: report.case for report in found}


def open_among(keys: Iterable[int], viewer: Viewer) -> frozenset[int]:
    """Which of these cases are not over, as far as the viewer sees them."""
    return frozenset(
        visible(Case.objects.filter(pk__in=list(keys), is_open=True), viewer, "list").values_list(
            "pk", flat=True
        )
    )


def earlier_of(phone: str, viewer: Viewer, *, limit: int = 20) -> list[Report]:
    """Earlier reports from the same telephone number, newest first (for a clerk with the caller on the line)."""
    key = blind.index(phone, "phone")
    found = visible(Report.objects.filter(phone_index=key), viewer, "caller").select_related("case")
    found = found.prefetch_related("case__clocks")
    return list(found.order_by("-id")[:limit])
