"""Extension and suspension: asked by the unit, decided by somebody outside it, and what follows for the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.db import transaction

from gongbi.cases import rules
from gongbi.cases.actions.step import load, take
from gongbi.cases.models import Case, Request
from gongbi.cases.promises import not_granted, promise, smaller
from gongbi.cases.wording import clean_text
from gongbi.kernel.clock import actions as clocks
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import Viewer, system


@transaction.atomic
def ask_for(
    *,
    case_id: int,
    kind: Literal["extension", "suspension"],
    viewer: Viewer,
    at: datetime,
    reason: str,
    until: datetime | None = None,
    expected_version: int | None = None,
) -> Case:
    """Ask for an extension (one more original limit, before expiry, at most two granted) or a suspension (once, a year at most)."""
    case = load(case_id, viewer)
    if kind == "suspension":
        if until is None:
            raise Refused(
                "cases.no_until",
                ("请填写挂账到哪一天。", "Say until which day it is suspended."),
                field="until",
                article=rules.WORKFLOW,
            )
        rules.check_zone(until, field="until")
        rules.check_suspension_until(at, until)
    text = clean_text(reason)
    take(
        case,
        f"ask_{kind}",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"reason": text, "until": until},
    )
    Request.objects.create(
        case=case,
        kind=kind,
        reason=text,
        until=until,
        asked_at=at,
        asked_by=viewer.actor,
        person_id=viewer.person_id,
        unit_id=viewer.unit_id,
    )
    return case


@transaction.atomic
def decide(
    *,
    case_id: int,
    granted: bool,
    viewer: Viewer,
    at: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Case:
    """Grant or refuse what the unit asked for. A refused request does not count."""
    case = load(case_id, viewer)
    pending = case.pending()
    if pending is None:
        raise Refused(
            "cases.nothing_asked", ("没有待审批的申请，或已审批完毕。", "Nothing waits for a decision here.")
        )
    text = clean_text(reason)
    verb = "grant" if granted else "refuse"
    columns: dict[str, Any] = {}
    if granted:
        counter = f"{pending.kind}_count"
        columns[counter] = getattr(case, counter) + 1
    facts: dict[str, Any] = {"reason": text, "request": pending.pk, "until": pending.until}
    if granted and pending.kind == "extension":
        facts["due"] = {"handle": _extended(case, viewer, at)}
    take(
        case,
        f"{verb}_{pending.kind}",
        viewer,
        at=at,
        expected_version=expected_version,
        facts=facts,
        **columns,
    )
    pending.decided_at, pending.decided_by, pending.granted, pending.answer = at, viewer.actor, granted, text
    pending.save(update_fields=["decided_at", "decided_by", "granted", "answer"])
    return case


def _extended(case: Case, viewer: Viewer, at: datetime) -> datetime:
    """One more original limit, or as much of it as ends by what was promised outside; Refused where that leaves nothing."""
    promised = promise(case.pk) if case.callback_owed else None
    for amount in smaller(case.limit) if promised is not None else [case.limit]:
        with transaction.atomic():
            clock = clocks.extend(case, "handle", amount, at=at, approved_by=viewer.actor)
            if promised is None or clock.due_at <= promised.due:
                return clock.due_at
            transaction.set_rollback(True)
    assert promised is not None
    raise not_granted(promised, at)


@transaction.atomic
def resume(*, case_id: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Case:
    """End a suspension; the handling clock goes on where it stood."""
    case = load(case_id, viewer)
    take(case, "resume", viewer, at=at, expected_version=expected_version)
    return case


def resume_due(*, at: datetime) -> int:
    """Resume every suspension whose end has come; returns how many. Run by the worker each minute; idempotent."""
    due = Request.objects.filter(
        granted=True,
        kind="suspension",
        until__lte=at,
        case__matter_ptr__in=Matter.objects.filter(state="suspended"),
    )
    count = 0
    for case_id in due.values_list("case_id", flat=True).distinct():
        with transaction.atomic():
            case = load(case_id, system("clock"))
            if case.state == "suspended":  # nobody resumed it since we looked
                take(case, "resume", system("clock"), at=at)
                count += 1
    return count
