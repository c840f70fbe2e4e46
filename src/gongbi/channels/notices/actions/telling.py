"""From a change to the messages about it: one for each addressee, never two; what happens in quiet hours waits and is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from gongbi.cases import queries as cases
from gongbi.cases.flow import CASE
from gongbi.channels.actions import tell_once
from gongbi.channels.adapters import settings_of
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.notices import rules
from gongbi.channels.notices.models import Contact, Notice
from gongbi.command.flow import ORDER, WHISTLE
from gongbi.command.words import DRILL, SORTS, WHISTLES
from gongbi.kernel.errors import NotThere
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.scope.viewer import GRID_WORKER, HANDLER, STAFF_ROLES, system
from gongbi.parties import directory
from gongbi.parties import queries as parties
from gongbi.parties.deputies import people_of

if TYPE_CHECKING:
    from gongbi.cases.models import Case

# A name means the same in no two flows: orders and whistles say theirs with the notice.
_STATES = {flow.name: {state.name: state for state in flow.states} for flow in (CASE, ORDER, WHISTLE)}
COMMANDED = {**WHISTLES, **SORTS}
_MACHINE = system("notices")
# An addressee's message may still grow while it is not due for this long: nobody is handing it over yet.
_GROWS = timedelta(seconds=90)
_KEPT_WAITING = timedelta(days=3)


def tell(events: Sequence[Event]) -> int:
    """Queue what these steps tell to whom. In the subscriber's transaction; returns how many notices are new."""
    made = 0
    for event in events:
        told = set(event.payload.get("notifies", ()))
        if event.matter_id is None or not event.topic.startswith("cases.") or not told:
            continue
        try:
            case = cases.case_for(event.matter_id, _MACHINE)
        except NotThere:
            continue
        step = event.topic.removeprefix("cases.")
        for audience, contact in _addressees(event, told, case):
            made += queue(
                contact, event=f"{event.matter_id}.{event.payload.get('seq', 0)}", audience=audience, step=step,
                state=event.payload.get("to") or "", facts=_facts(event, case, contact, audience), matter_id=event.matter_id,
                at=event.created_at, urgent=case.urgent and audience != rules.REPORTER,
            )  # fmt: skip
    return made


def _addressees(event: Event, told: set[str], case: Case) -> Iterable[tuple[str, Contact]]:
    """Everyone whom a step concerns and who chose a way, each once."""
    reached = Contact.objects.exclude(way=rules.NONE)
    seen: set[int] = set()
    if "reporter" in told:
        mine = Q(report__case_id=case.pk)
        if event.topic == "cases.merge":
            mine |= Q(
                report__first_case_id=case.pk
            )  # the step that took the report elsewhere is its own, too
        for contact in reached.filter(mine).select_related("report"):
            seen.add(contact.pk)
            yield rules.REPORTER, contact
    if "unit" in told:
        units = {event.payload.get("unit"), *event.payload.get("units", ())} - {None}
        held = parties.posts(_MACHINE, at=event.created_at).filter(unit_id__in=units)
        handlers = people_of(held.filter(role=HANDLER), event.created_at)
        around = parties.posts(_MACHINE, at=event.created_at, role=GRID_WORKER, territory=case.territory)
        workers = people_of(around.filter(unit_id__in=units), event.created_at)
        theirs = Q(unit_id__in=units) | handlers | workers
        for contact in reached.filter(theirs).exclude(pk__in=seen):
            seen.add(contact.pk)
            yield rules.UNIT, contact
    for role in sorted(told & set(STAFF_ROLES)):
        covering = parties.posts(_MACHINE, at=event.created_at, role=role, territory=case.territory)
        for contact in reached.filter(people_of(covering, event.created_at)).exclude(pk__in=seen):
            seen.add(contact.pk)
            yield rules.STAFF, contact


def _facts(event: Event, case: Case, contact: Contact, audience: str) -> dict[str, str]:
    """What the fields of a template mean now. The state's names stay codes: they are said in the addressee's language."""
    report = contact.report if audience == rules.REPORTER else None
    unit = directory.current().by_id.get(event.payload.get("unit") or 0)
    english = contact.language == "en"
    named = (unit.name_en or unit.name if english else unit.name) if unit is not None else ""
    due = f"{timezone.localtime(case.due_at):%Y-%m-%d %H:%M}" if case.due_at is not None else ""
    return {"number": report.number if report is not None else case.number, "unit": named, "due": due}


def values_of(notice: Notice, link: str) -> dict[str, str]:
    """The values of a template's fields for one notice, in its addressee's language."""
    place = 1 if notice.contact.language == "en" else 0
    state = _STATES.get(str(notice.facts.get("flow", CASE.name)), {}).get(notice.state)
    what = COMMANDED.get(str(notice.facts.get("sort", "")))
    district = settings.DISTRICT_NAME
    return {
        "number": str(notice.facts.get("number", "")),
        "unit": str(notice.facts.get("unit", "")),
        "due": str(notice.facts.get("due", "")),
        "state": state.words[place] if state is not None else "",
        "meaning": state.hint[place] if state is not None and state.hint else "",
        "what": what[place] if what is not None else "",
        "issuer": str(notice.facts.get("issuer", "")),
        "come": str(notice.facts.get("come", "")),
        "drill": DRILL[place] if notice.facts.get("drill") else "",
        "district": district[min(place, len(district) - 1)],
        "link": link,
    }


def queue(
    contact: Contact, *, event: str, audience: str, step: str, state: str, facts: Mapping[str, Any], matter_id: int, at: datetime, urgent: bool
) -> int:  # fmt: skip
    """Note one change for one addressee and put it into a message: a new one, or the one that waits for the morning. 1, or 0 when
    this addressee was told of it before. In the caller's transaction.
    """
    if Notice.objects.filter(contact=contact, event=event).exists():
        return 0
    notice = Notice(
        contact=contact, event=event, audience=audience, step=step, state=state, facts=dict(facts), urgent=urgent, matter_id=matter_id, at=at
    )  # fmt: skip
    notice.save(force_insert=True)
    _into_message(notice, at)
    return 1


def _into_message(notice: Notice, at: datetime) -> bool:
    contact = notice.contact
    gateway = _gateway(contact.way)
    if gateway is None:
        return False
    due = at if notice.urgent else _bearable(contact, gateway, at)
    if due > at or notice.urgent:
        waiting = (
            Outgoing.objects.select_for_update()
            .filter(
                source=gateway, subject=f"contact:{contact.pk}", done_at__isnull=True, dead_at__isnull=True
            )
            .filter(attempts=0, next_at__gt=at + _GROWS)
            .order_by("id")
            .first()
        )
        if waiting is not None:
            Notice.objects.filter(pk=notice.pk).update(outgoing=waiting)
            if (
                due <= at
            ):  # messages to one addressee go out in their order: what is urgent takes what waits along
                Outgoing.objects.filter(pk=waiting.pk).update(next_at=at)
            return True
    key = f"notice.{notice.pk}"
    tell_once(
        gateway, key, f"contact:{contact.pk}", {}, topic=f"notice.{notice.step}", at=at, report_id=contact.report_id,  # type: ignore[attr-defined,unused-ignore]
        matter_id=notice.matter_id, not_before=due,
    )  # fmt: skip
    Notice.objects.filter(pk=notice.pk).update(outgoing=Outgoing.objects.get(source=gateway, key=key))
    return True


def _gateway(way: str) -> Source | None:
    """The first gateway, by code, that serves a way."""
    for source in Source.objects.filter(kind="notice", enabled=True).order_by("code"):
        if way in settings_of(source).ways:
            return source
    return None


def _bearable(contact: Contact, gateway: Source, at: datetime) -> datetime:
    if contact.hours == rules.ANY:
        return at
    hours = settings_of(gateway)
    starts, ends = time.fromisoformat(hours.quiet_from), time.fromisoformat(hours.quiet_to)
    return rules.quiet_until(timezone.localtime(at), starts, ends) or at


@transaction.atomic
def assign(*, at: datetime) -> int:
    """Put notices that found no gateway into messages, now that one may serve their way. Returns how many."""
    rows = Notice.objects.filter(outgoing__isnull=True, at__gte=at - _KEPT_WAITING).exclude(
        contact__way=rules.NONE
    )
    return sum(_into_message(notice, at) for notice in rows.select_related("contact").order_by("pk")[:500])


def release(outgoing_id: int) -> None:
    """Take notices out of a message that will not go out as it is, so that they find another gateway."""
    Notice.objects.filter(outgoing_id=outgoing_id).update(outgoing=None, claimed_at=None)
