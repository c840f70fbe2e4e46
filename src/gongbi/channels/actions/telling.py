"""What counterparts must hear: one message for each change, kept with the change's event, sent in its lane, once."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from gongbi.cases import queries as cases
from gongbi.cases.flow import CASE
from gongbi.channels import rules
from gongbi.channels.adapters import adapter_of
from gongbi.channels.models import Arrival, Outgoing, Source
from gongbi.channels.rules import Happening, Outcome
from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.flow.declare import State
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.scope.viewer import ADMIN, DISPATCHER, RESIDENT, SYSTEM, Viewer, system
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault.redaction import redact

log = logging.getLogger("gongbi.channels")
LONGEST = 20.0  # s of a turn in which a further message is begun; one message takes half a minute at most
OVERTAKEN = "overtaken"  # stands in place of their answer
_STATES = {state.name: state for state in CASE.states}


def tell(events: Sequence[Event]) -> int:
    """Queue what the sources of these cases' reports have to hear. In the subscriber's transaction; returns how many messages.

    Each report of a case has its own source and number, so one closing answers every one of them in its own form.
    """
    known = [event for event in events if event.matter_id is not None and event.topic.startswith("cases.")]
    if not known:
        return 0
    keys = {event.matter_id for event in known if event.matter_id is not None}
    # Reports that left a case by its merging are in the other one by now; asked by the case they are in, which has an index.
    merged = [
        event.matter_id for event in known if event.topic == "cases.merge" and event.matter_id is not None
    ]
    if merged:
        into = (case.merged_into_id for case in cases.case_list(system("channels"), merged))
        keys |= {key for key in into if key is not None}
    arrivals = list(
        Arrival.objects.filter(report__case_id__in=keys)
        .exclude(source__enabled=False)
        .select_related("source", "report")
        .defer("content")
        .order_by("id")
    )
    made = 0
    for event in known:
        for arrival in arrivals:
            if not _concerns(event, arrival):
                continue
            happening = _happening(event, arrival)
            body = adapter_of(arrival.source.kind).compose(arrival.source, happening)
            if body is not None:
                made += tell_once(
                    arrival.source, f"{happening.event}:{happening.report_id}", f"report:{happening.report_id}", body,
                    topic=event.topic, at=event.created_at, report_id=happening.report_id, matter_id=happening.matter_id,
                )  # fmt: skip
    return made


def _concerns(event: Event, arrival: Arrival) -> bool:
    """Whether a step of a case is one of this report's: of the case it is in now, or of the one it left by this very step."""
    report = arrival.report
    if report is None:
        return False
    if report.case_id == event.matter_id:
        return True
    return event.topic == "cases.merge" and report.first_case_id == event.matter_id


def _happening(event: Event, arrival: Arrival) -> Happening:
    """The step as this reporter may know it."""
    report = arrival.report
    assert report is not None
    step, seq = event.topic.removeprefix("cases."), event.payload.get("seq", 0)
    state = _STATES[event.payload.get("to") or "received"]
    reporter = Viewer(actor=f"report:{report.pk}", role=RESIDENT, reports=frozenset({report.pk}))
    said, done, due = "", "", None
    try:
        case = cases.case_for(event.matter_id or 0, reporter)
        due = case.due_at
        for one in cases.timeline(case, reporter):
            if one.seq == seq:
                said = str(one.facts.get("result") or one.facts.get("reason") or "")
            elif one.seq < seq and one.arrow.name in ("finish", "solve_on_spot"):
                done = str(one.facts.get("result") or "")
    except NotThere:
        pass  # it has left that case; the step itself is all there is to tell
    return Happening(
        event=f"{event.matter_id}.{seq}", step=step, state=state.name, closed=_over(state), words=state.words,
        hint=state.hint, at=event.created_at, number=report.number, external=arrival.external, report_id=report.pk,
        matter_id=report.case_id, said=said or (done if _over(state) else ""), due_at=due, notifies=tuple(event.payload.get("notifies", ())),
    )  # fmt: skip


def _over(state: State) -> bool:
    """Whether the reporter's matter has ended. One that was merged goes on in the other case: who was told it is closed would stop looking."""
    return state.kind == "closed" and state.name != "merged"


def tell_once(
    source: Source,
    key: str,
    subject: str,
    body: Mapping[str, Any],
    *,
    topic: str,
    at: datetime,
    report_id: int | None = None,
    matter_id: int | None = None,
    not_before: datetime | None = None,
) -> int:
    """Queue one message in the caller's transaction, unless ``key`` was queued for this source before. Returns 1 or 0.

    Messages of one ``subject`` go out in their order. ``body``: JSON for the adapter.
    """
    if Outgoing.objects.filter(source=source, key=key).exists():
        return 0
    row = Outgoing(
        source=source, key=key, subject=subject, report_id=report_id, matter_id=matter_id, topic=topic, created_at=at,
        body=json.dumps(dict(body), ensure_ascii=False), next_at=not_before or at,
    )  # fmt: skip
    Outgoing.objects.bulk_create([row], ignore_conflicts=True)
    return 1


def deliver(
    source_id: int,
    *,
    at: datetime,
    limit: int = 50,
    ticks: Callable[[], float] = time.monotonic,
    mine: Callable[[], bool] = lambda: True,
    waits: Callable[[], None] = lambda: None,
) -> int:
    """Send what is due for one source, in order; stops at the first failure that may pass. Returns how many were sent.

    Outside any transaction: a counterpart may be slow. In the source's lane ``out``, so that no other source waits. Before each
    message it is asked whether the lane is still ``mine``; ``waits`` is called before each wait for the counterpart.
    A message that a later one of its subject has overtaken (it lay dead meanwhile) is put aside: they know what came after.
    """
    source = Source.objects.get(pk=source_id)
    if not source.enabled:
        return 0
    earlier = Outgoing.objects.filter(
        source=source,
        subject=OuterRef("subject"),
        pk__lt=OuterRef("pk"),
        done_at__isnull=True,
        dead_at__isnull=True,
    )
    due = Outgoing.objects.filter(source=source, done_at__isnull=True, dead_at__isnull=True, next_at__lte=at)
    later = Outgoing.objects.filter(
        source=source, subject=OuterRef("subject"), pk__gt=OuterRef("pk"), done_at__isnull=False
    )
    sent, began = 0, ticks()
    for key in list(due.order_by("id").values_list("pk", flat=True)[:limit]):
        if ticks() - began > LONGEST or not mine():
            break
        # Asked one by one: the one before it may have gone out just now.
        message = Outgoing.objects.filter(~Exists(earlier), pk=key).annotate(late=Exists(later)).first()
        if message is None:
            continue
        now = at + timedelta(seconds=int(ticks() - began))
        if message.late:
            Outgoing.objects.filter(pk=key).update(done_at=now, answer=OVERTAKEN, last_error="")
            continue
        outcome = _attempt(source, message, now, waits)
        if outcome.done:
            sent += 1
        elif outcome.again:
            break
    return sent


def _attempt(source: Source, message: Outgoing, at: datetime, waits: Callable[[], None]) -> Outcome:
    try:
        body = json.loads(vault.machine_reads(message, "body", viewer=system("channels")))
        waits()
        outcome = adapter_of(source.kind).deliver(source, message, body, at=at)
    except Exception as error:
        log.exception("an adapter raised", extra={"source": source.code, "outgoing": message.pk})
        outcome = Outcome(False, error=f"{type(error).__name__}: {error}")
    attempts = message.attempts + 1
    row = Outgoing.objects.filter(pk=message.pk)
    if outcome.done:
        row.update(done_at=at, attempts=attempts, answer=outcome.answer[:200], last_error="")
    else:
        rest = max(rules.rest_after(attempts), timedelta(seconds=min(outcome.after, 86_400)))
        row.update(
            attempts=attempts,
            next_at=at + rest,
            last_error=redact(outcome.error)[:500],
            dead_at=at if rules.gives_up(attempts, outcome) else None,
        )
    return outcome


@transaction.atomic
def resend(keys: Iterable[int], *, viewer: Viewer, at: datetime) -> int:
    """Messages that were given up go out again, unless a later one of the same subject has arrived. Returns how many.

    The others are put aside: who knows how a matter stands now is not told how it stood before.
    """
    if viewer.role not in (ADMIN, DISPATCHER, SYSTEM):
        raise Forbidden(
            "channels.resend",
            (
                "只有受理派遣员或系统管理员可以重发。",
                "Only a dispatcher or an administrator sends these again.",
            ),
        )
    later = Outgoing.objects.filter(
        source=OuterRef("source"), subject=OuterRef("subject"), pk__gt=OuterRef("pk"), done_at__isnull=False
    )
    dead = Outgoing.objects.filter(pk__in=list(keys), dead_at__isnull=False, body__isnull=False)
    overtaken = list(dead.filter(Exists(later)).values_list("pk", flat=True))
    Outgoing.objects.filter(pk__in=overtaken).update(
        dead_at=None, done_at=at, answer=OVERTAKEN, last_error=""
    )
    return dead.update(dead_at=None, attempts=0, next_at=at, last_error="")
