"""What people decide about a warning: assess, act, dismiss, review."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from gongbi.cases.actions.receive import Receipt, receive
from gongbi.cases.actions.statement import Statement
from gongbi.cases.triage import Said
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.flow.models import Link
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import by_key
from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning.models import Warning
from gongbi.warning.queries import ACTED
from gongbi.warning.rules import RIGHT, WRONG

LONGEST = 500


def _load(key: int, viewer: Viewer) -> Warning:
    """The warning, locked until the transaction ends; NotThere when it is not this viewer's to see."""
    found = by_key(Warning, viewer, key, "act", lock=True)
    if found is None:
        raise NotThere(
            "warning.not_there",
            (
                "没有这个预警，或不在您的范围内。请核对编号。",
                "There is no such warning, or it is outside your area. Check the number.",
            ),
        )
    return found


def _said(text: str, field: str) -> str:
    kept = " ".join(text.split())
    if len(kept) > LONGEST:
        raise Refused(
            "warning.long",
            ("文字最多 %(most)s 个字，请缩短。", "At most %(most)s characters; shorten the text."),
            values={"most": LONGEST},
            field=field,
        )
    return kept


@transaction.atomic
def assess(
    *, key: int, finding: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Warning:
    """Say what the warning is about. Who assesses does not review it later."""
    warning = _load(key, viewer)
    facts = {"finding": _said(finding, "finding")}
    advance(warning, "assess", viewer, at=at, expected_version=expected_version, facts=facts)
    warning.assessed_by, warning.assessed_person = viewer.actor, viewer.person_id
    warning.save(update_fields=["assessed_by", "assessed_person"])
    return warning


@transaction.atomic
def dismiss(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Warning:
    """Nothing is to be done, with the reason."""
    warning = _load(key, viewer)
    facts = {"reason": _said(reason, "reason")}
    advance(warning, "dismiss", viewer, at=at, expected_version=expected_version, facts=facts)
    return warning


def act(
    *,
    key: int,
    text: str,
    viewer: Viewer,
    at: datetime,
    kind: str = "",
    division: str = "",
    expected_version: int | None = None,
) -> Receipt:
    """Do something about it: what is wanted enters by the front door as a report like any other, tied to the warning.

    ``division``: where, if not the middle of the warning's area. The report and the step are one transaction. The same text of the same
    version gives the same report. Errors: as :func:`gongbi.cases.actions.receive`, and those of the step.
    """
    with transaction.atomic():
        warning = _load(key, viewer)
    version = warning.version if expected_version is None else expected_version
    point: dict[str, Any] = {}
    if not division and warning.lon is not None:
        point = {"lon": warning.lon, "lat": warning.lat}
    said = Said(
        text=_said(text, "text"),
        said_at=at,
        channel="api",
        division=division or ("" if point else _small(warning.territory)),
        kind=kind or warning.kind,
        net="warning",
        **point,
    )
    statement = Statement(said, external=warning.number, idempotency=f"warning:{warning.pk}:{version}")

    def then(report: Any) -> None:
        fresh = _load(key, viewer)
        advance(fresh, "act", viewer, at=at, expected_version=version, facts={"report": report.pk})
        Link.objects.get_or_create(
            source_id=fresh.pk,
            target_id=report.case_id,
            kind=ACTED,
            defaults={"at": at, "actor": viewer.actor},
        )

    return receive(statement, viewer=viewer, at=at, then=then)


@transaction.atomic
def responded(*, key: int, incident: int, viewer: Viewer, at: datetime) -> Warning:
    """An incident was opened about it: that is acting on it, and whoever opened it has assessed it. The same incident again changes
    nothing. Not for a drill. Errors: NotThere, Refused (dismissed or reviewed already).
    """
    warning = _load(key, viewer)
    told = LedgerEntry.objects.filter(matter_id=warning.pk, transition="respond").values_list(
        "facts", flat=True
    )
    if any(facts.get("incident") == incident for facts in told):
        return warning
    advance(warning, "respond", viewer, at=at, facts={"incident": incident})
    if not warning.assessed_by:
        warning.assessed_by, warning.assessed_person = viewer.actor, viewer.person_id
        warning.save(update_fields=["assessed_by", "assessed_person"])
    return warning


def _small(code: str) -> str:
    """A community or grid may be chosen as a place, a street may not."""
    return code if len(code) >= 12 else ""


@transaction.atomic
def review(
    *,
    key: int,
    verdict: str,
    reason: str,
    viewer: Viewer,
    at: datetime,
    expected_version: int | None = None,
) -> Warning:
    """Was it right? Counted in the published precision. Not by the one who assessed it."""
    if verdict not in (RIGHT, WRONG):
        raise Refused(
            "warning.verdict",
            ("请选择预警是对还是错。", "Say whether the warning was right or wrong."),
            field="verdict",
        )
    warning = _load(key, viewer)
    facts = {"verdict": verdict, "reason": _said(reason, "reason")}
    advance(warning, "review", viewer, at=at, expected_version=expected_version, facts=facts)
    warning.verdict = verdict
    warning.save(update_fields=["verdict"])
    return warning
