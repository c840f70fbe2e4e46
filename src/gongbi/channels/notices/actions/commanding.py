"""Orders, whistles and what climbs the ladder become messages: each change once to each of those it concerns.

The calls of a whistle are orders, so sounding and ending one is told through them; a climb that hands an order over is told by the climb.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from gongbi.channels.notices import rules
from gongbi.channels.notices.actions.telling import queue
from gongbi.channels.notices.models import Contact
from gongbi.command import queries as command
from gongbi.kernel.errors import NotThere
from gongbi.kernel.outbox.subscribers import Event
from gongbi.kernel.scope.viewer import DISPATCHER, HANDLER, MANAGER, system
from gongbi.parties import directory
from gongbi.parties import queries as parties
from gongbi.parties.deputies import people_of

if TYPE_CHECKING:
    from gongbi.command.models import Order, Whistle

_MACHINE = system("notices")
_WORK, _LEAD = (HANDLER, MANAGER), (MANAGER, DISPATCHER)
_ESCALATED = "command.escalated"
_BY_CLIMB = frozenset({"order.escalate", "order.take_over"})  # told by the climb that they belong to


def tell_commands(events: Sequence[Event]) -> int:
    """Queue what these steps of orders and whistles, and these climbs, tell to whom. In the subscriber's transaction; how many are new."""
    return sum(_climb(event) if event.topic == _ESCALATED else _step(event) for event in events)


def _step(event: Event) -> int:
    told = set(event.payload.get("notifies", ()))
    room, _dot, step = event.topic.partition(".")
    if event.matter_id is None or not told or event.topic in _BY_CLIMB:
        return 0
    if room == "whistle":
        if step != "review":
            return 0
        told = {"issuer"}
    by_key: Any = command.order_for if room == "order" else command.whistle_for
    try:
        matter = by_key(event.matter_id, _MACHINE)
    except NotThere:
        return 0
    made = 0
    for audience, contact in _concerned(matter, told, event):
        made += queue(
            contact, event=f"{event.matter_id}.{event.payload.get('seq', 0)}", audience=audience, step=step,
            state=event.payload.get("to") or "", facts=_facts(matter, event, contact), matter_id=event.matter_id, at=event.created_at,
            urgent=room == "order" and (matter.comes or matter.sort in ("urge", "supervise")) and audience == rules.ORDERED,
        )  # fmt: skip
    return made


def _concerned(matter: Order | Whistle, told: set[str], event: Event) -> Iterable[tuple[str, Contact]]:
    """Everyone whom a step concerns and who chose a way, each once: the unit before whoever gave it."""
    seen: set[int] = set()
    if "unit" in told:
        for contact in _of_units({event.payload.get("unit")}, _WORK, event.created_at):
            seen.add(contact.pk)
            yield rules.ORDERED, contact
    if "issuer" in told:
        unit, person = giver(matter)
        theirs = people_of(
            parties.posts(_MACHINE, at=event.created_at).filter(person_id=person or 0), event.created_at
        )
        mine = Contact.objects.exclude(way=rules.NONE).filter(Q(unit_id=unit) | Q(person_id=person) | theirs)
        for contact in mine.exclude(Q(unit_id__isnull=True) & Q(person_id__isnull=True)).exclude(pk__in=seen):
            yield rules.ISSUER, contact


def giver(matter: Any) -> tuple[int | None, int | None]:
    """(unit, person) that gave an order or blew a whistle."""
    if hasattr(matter, "caller_unit_id"):
        return matter.caller_unit_id, matter.called_person
    return matter.issuer_unit_id, matter.issued_person


def _of_units(units: set[Any], may: Sequence[str], at: datetime) -> list[Contact]:
    """The ways of these units and of the people who hold one of those posts there."""
    known = {unit for unit in units if unit is not None}
    held = parties.posts(_MACHINE, at=at).filter(unit_id__in=known, role__in=may)
    reached = Contact.objects.exclude(way=rules.NONE)
    return list(reached.filter(Q(unit_id__in=known) | people_of(held, at)).order_by("pk"))


def _of_duty(unit_id: int, posts: Sequence[int], at: datetime) -> list[Contact]:
    """The ways of whoever is on duty, of their deputies, and of the unit itself (its group): [] where nobody on duty chose a way."""
    stand = people_of(parties.posts(_MACHINE, at=at).filter(pk__in=list(posts)), at)
    reached = Contact.objects.exclude(way=rules.NONE)
    return (
        list(reached.filter(Q(unit_id=unit_id) | stand).order_by("pk"))
        if reached.filter(stand).exists()
        else []
    )


def _climb(event: Event) -> int:
    to = event.payload.get("unit")
    if event.matter_id is None or to is None:
        return 0
    step = "transferred" if event.payload.get("transferred") else "climbed"
    made, at = 0, event.created_at
    # To the one on duty of the unit that was reached; to its leaders where there is none whom a message reaches.
    reached = _of_duty(to, event.payload.get("on_duty") or (), at)
    for contact in reached or _of_units({to}, _LEAD if step == "climbed" else (*_LEAD, HANDLER), at):
        facts = {
            "number": str(event.payload.get("number", "")),
            "unit": _name(event.payload.get("from"), contact),
            "flow": str(event.payload.get("flow", "")),
            "drill": bool(event.payload.get("drill")),
        }
        made += queue(
            contact, event=f"climb.{event.id}", audience=rules.CLIMBED, step=step, state="", facts=facts, matter_id=event.matter_id,
            at=event.created_at, urgent=False,
        )  # fmt: skip
    return made


def _facts(matter: Any, event: Event, contact: Contact) -> dict[str, Any]:
    """What the fields of a template mean now. Titles, words and places of an order stay behind the link."""
    unit, _person = giver(matter)
    come, due = getattr(matter, "come_by", None), matter.due_at
    return {
        "number": matter.number,
        "flow": matter.flow,
        "sort": matter.sort,
        "drill": matter.drill,
        "unit": _name(event.payload.get("unit"), contact),
        "issuer": _name(unit, contact),
        "come": f"{timezone.localtime(come):%Y-%m-%d %H:%M}" if come is not None else "",
        "due": f"{timezone.localtime(due):%Y-%m-%d %H:%M}" if due is not None else "",
    }


def _name(unit_id: Any, contact: Contact) -> str:
    unit = directory.current().by_id.get(unit_id or 0)
    if unit is None:
        return ""
    return (unit.name_en or unit.name) if contact.language == "en" else unit.name
