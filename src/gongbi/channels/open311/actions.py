"""What a neighbouring system's word changes in a case of ours: it speaks for the unit that its source is set to."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from gongbi.cases import actions as cases
from gongbi.cases import queries as reading
from gongbi.channels import actions as frame
from gongbi.channels.adapters import settings_of
from gongbi.channels.models import Arrival, Mapping, Outgoing, Source
from gongbi.channels.open311 import queries
from gongbi.kernel.errors import Refused
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.scope.viewer import HANDLER, Viewer, system
from gongbi.kernel.vault.redaction import redact
from gongbi.parties import queries as parties

log = logging.getLogger("gongbi.channels")
GIVEN = ("cases.dispatch", "cases.rule")  # the steps that give a case to a unit
SENT = "open311.sent"
ME = "open311"


def send(events: Sequence[Event]) -> int:
    """Queue a request to the neighbour whose unit was given a case. In the subscriber's transaction; returns how many."""
    given = [
        (event, event.matter_id) for event in events if event.topic in GIVEN and event.matter_id is not None
    ]
    if not given:
        return 0
    found = Source.objects.filter(kind=queries.KIND, enabled=True, unit__isnull=False)
    by_unit = {source.unit_id: source for source in found if settings_of(source).sends}
    made = 0
    for event, matter in given:
        source = by_unit.get(event.payload.get("unit"))
        # What came from them is theirs already.
        if source is None or Arrival.objects.filter(source=source, report__case_id=matter).exists():
            continue
        case = reading.case_for(matter, system(ME))
        report = case.reports.order_by("id").first()
        told = report is not None and not report.confidential
        made += frame.tell_once(
            source,
            f"case:{case.pk}",
            f"case:{case.pk}",
            {
                "kind": case.kind,
                "description": redact(report.text) if told and report is not None else case.title,
                "lon": case.lon,
                "lat": case.lat,
                "address_string": case.place_words,
                "external_id": case.number,
                "answers": {q: redact(a) for q, a in report.answers.items()}
                if told and report is not None
                else {},
            },
            topic=SENT,
            at=event.created_at,
            matter_id=case.pk,
        )
    return made


def service_for(source: Source, kind: str) -> str:
    """Their code for a kind of ours: by the mapping, else the one that the settings name; "" for none."""
    found = (
        Mapping.objects.filter(source=source, kind=kind)
        .order_by("theirs")
        .values_list("theirs", flat=True)
        .first()
    )
    return found or str(settings_of(source).service)


@transaction.atomic
def told_number(outgoing_id: int, number: str) -> None:
    """The number that stands behind the token they answered with."""
    Outgoing.objects.filter(pk=outgoing_id).update(answer=number[:200])


def answered_by(matter_id: int, *, source: Source, closed: bool, text: str, at: datetime) -> str:
    """What a neighbour says of the case that it has: signed for, handled, or a word for the file. Returns the step that was taken, "" for none.

    A result that our own standard wants a photo for stays a word for the file: somebody at our side looks and finishes.
    """
    case = reading.case_for(matter_id, system(ME))
    viewer = _unit(source)
    if case.unit_id not in viewer.units:
        return _word(case, viewer, text, at)
    if case.state == "dispatched":
        case = cases.sign(case_id=case.pk, viewer=viewer, at=at)
        if not closed:
            return "sign"
    if closed and case.state == "handling":
        try:
            cases.finish(case_id=case.pk, viewer=viewer, at=at, result=text or "对方系统已办结")
        except Refused as refusal:
            log.info(
                "a neighbour's result needs a person", extra={"source": source.code, "code": refusal.code}
            )
        else:
            return "finish"
    return _word(case, viewer, f"对方系统：{'已办结。' if closed else ''}{text}", at)


def _word(case: Any, viewer: Viewer, text: str, at: datetime) -> str:
    report = case.reports.order_by("id").first()
    if report is None or not text.strip():
        return ""
    if report.questions.filter(asked_by=viewer.actor, answer=text.strip()).exists():
        return ""  # the same word again, because they never heard that we have it
    cases.supplement(report_id=report.pk, viewer=viewer, at=at, text=text)
    return "supplement"


def _unit(source: Source) -> Viewer:
    """The neighbour as a unit of this house."""
    unit = source.unit_id
    return Viewer(
        actor=source.actor, role=HANDLER, unit_id=unit, units=parties.units_below(unit) if unit is not None else frozenset(),
        name=source.name,
    )  # fmt: skip
