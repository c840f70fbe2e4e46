"""What pages, the API, the review and the wall ask. Every question takes the viewer and goes through scope."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max

from gongbi.incidents.flow import OPEN_STATES
from gongbi.incidents.models import (
    DRILL_PREFIX,
    Affected,
    AlertMessage,
    Destruction,
    Hold,
    Incident,
    Keeping,
    LogEntry,
    Plan,
    PlanRun,
    Stock,
    Store,
    Task,
)
from gongbi.kernel.errors import NotThere
from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.declare import Transition
from gongbi.kernel.flow.models import Link, Matter
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import DISPATCHER, HANDLER, MANAGER, PUBLIC, SYSTEM, Viewer

ABOUT = "incident_about"  # the kind of link from an incident to what it grew from
PAGE, FEED = 50, 50
TABS: dict[str, tuple[str, ...]] = {
    "open": OPEN_STATES,
    "over": ("over", "reviewed"),
    "closed": ("archived",),
    "all": (*OPEN_STATES, "over", "reviewed", "archived"),
}
DRILLS = "drills"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of incidents; ``more`` says that another follows."""

    incidents: Sequence[Incident]
    more: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger of an incident."""

    at: datetime
    arrow: Transition
    actor: str
    unit_id: int | None
    facts: dict[str, Any]


def incidents(viewer: Viewer, tab: str, *, page: int = 1, size: int = PAGE) -> Page:
    """A page: what is open and highest first. Drills stand in a tab of their own and in no other."""
    if tab not in TABS and tab != DRILLS:
        raise NotThere("incidents.tab", ("没有这个列表。", "There is no such list."))
    found = visible(Incident, viewer, "list").filter(drill=tab == DRILLS)
    if tab in TABS:
        found = found.filter(state__in=TABS[tab])
    order = ("level", "-pk") if tab == "open" else ("-pk",)
    first = (max(page, 1) - 1) * size
    rows = list(found.order_by(*order)[first : first + size + 1])
    return Page(rows[:size], len(rows) > size)


def counts(viewer: Viewer) -> dict[str, int]:
    """How many stand in each list; drills are counted among drills only."""
    rows = visible(Incident, viewer, "list").order_by().values_list("state", "drill").annotate(n=Count("pk"))
    by = {(state, drill): n for state, drill, n in rows}
    found = {tab: sum(by.get((state, False), 0) for state in states) for tab, states in TABS.items()}
    return found | {DRILLS: sum(n for (_state, drill), n in by.items() if drill)}


def incident_for(key: int, viewer: Viewer) -> Incident:
    """The incident of that key, or NotThere."""
    found = visible(Incident, viewer).filter(pk=key).first() if 0 < key < 2**63 else None
    if found is None:
        raise NotThere(
            "incidents.not_there",
            (
                "没有这个突发事件，或不在您的范围内。请核对编号的每一位。",
                "There is no such incident, or it is outside your area. Check every digit.",
            ),
        )
    return found


def incident_by_number(text: str, viewer: Viewer) -> Incident:
    """The incident of a number as people type it, or NotThere."""
    given = numbers.read(text)
    key = given[1] if given is not None and given[0] in (Incident.prefix, DRILL_PREFIX) else 0
    found = incident_for(key, viewer)
    return found if numbers.same(text, found.number) else incident_for(0, viewer)


def timeline(incident: Incident, viewer: Viewer) -> list[Event]:
    """What the ledger holds of it, oldest first."""
    incident_for(incident.pk, viewer)
    by_name = incident.declared.by_name
    return [
        Event(entry.at, by_name[entry.transition], entry.actor, entry.unit_id, entry.facts)
        for entry in LedgerEntry.objects.filter(matter_id=incident.pk).order_by("seq")
    ]


def log(incident: Incident, viewer: Viewer) -> list[LogEntry]:
    """The situation log, oldest first, each line with its corrections at hand."""
    incident_for(incident.pk, viewer)
    return list(
        LogEntry.objects.filter(incident_id=incident.pk)
        .select_related("corrects")
        .prefetch_related("corrections")
        .order_by("seq")
    )


def tasks(incident: Incident, viewer: Viewer) -> list[Task]:
    """The checklist: what is open first, by its clock."""
    incident_for(incident.pk, viewer)
    found = Task.objects.filter(incident_id=incident.pk).select_related("run__plan")
    return list(found.order_by(F("settled_at").asc(nulls_first=True), "due_at", "pk"))


def runs(incident: Incident, viewer: Viewer) -> list[PlanRun]:
    """The plans at work in it."""
    incident_for(incident.pk, viewer)
    return list(PlanRun.objects.filter(incident_id=incident.pk).select_related("plan").order_by("pk"))


def plans(viewer: Viewer) -> list[Plan]:
    """The plans in force."""
    return list(visible(Plan, viewer).filter(retired_at__isnull=True).order_by("sort", "code"))


def fitting(incident: Incident, viewer: Viewer) -> list[Plan]:
    """The plans in force that are not at work in it yet: those for its event first."""
    begun = {run.code for run in runs(incident, viewer)}
    left = [plan for plan in plans(viewer) if plan.code not in begun]
    return sorted(left, key=lambda plan: (plan.kind != incident.kind, plan.sort != incident.sort, plan.code))


def plan_versions(code: str, viewer: Viewer) -> list[Plan]:
    """Every version of a plan, newest first; NotThere when there is none."""
    found = list(visible(Plan, viewer).filter(code=code).order_by("-version"))
    if not found:
        raise NotThere("incidents.no_plan", ("没有这个预案。", "There is no such plan."))
    return found


def alerts(incident: Incident, viewer: Viewer) -> list[AlertMessage]:
    """The messages sent for it, newest first, each with what follows it."""
    incident_for(incident.pk, viewer)
    found = AlertMessage.objects.filter(incident_id=incident.pk).select_related("previous", "next")
    return list(found.order_by("-pk"))


def all_alerts(viewer: Viewer, *, most: int = 200) -> list[AlertMessage]:
    """The last messages of incidents that this viewer sees, newest first, drills among them."""
    mine = visible(Incident, viewer, "list").values("pk")
    found = visible(AlertMessage, viewer).filter(incident_id__in=mine)
    return list(found.select_related("incident", "next").order_by("-pk")[:most])


def alert_file(identifier: str, viewer: Viewer) -> AlertMessage:
    """One message by its identifier; NotThere. A drill's is for staff only."""
    wanted = identifier if len(identifier) <= 80 and identifier.isprintable() else ""
    found = visible(AlertMessage, viewer).filter(identifier=wanted).first()
    if found is None:
        raise NotThere("incidents.alert", ("没有这条预警信息。", "There is no such alert."))
    return found


def public_feed(*, viewer: Viewer = PUBLIC, most: int = FEED) -> list[AlertMessage]:
    """The last messages of real incidents, newest first: what the public feed lists."""
    return list(visible(AlertMessage, viewer).filter(drill=False).order_by("-sent_at", "-pk")[:most])


def in_force(*, at: datetime, viewer: Viewer = PUBLIC) -> list[AlertMessage]:
    """The alerts of real incidents that people are to act on now: the highest first, then the newest. One question."""
    found = visible(AlertMessage, viewer).filter(drill=False, next__isnull=True, expires_at__gt=at)
    return list(found.exclude(msg_type="Cancel").order_by("level", "-sent_at", "-pk")[:FEED])


def stock(viewer: Viewer, *, items: Sequence[str] = (), near: str = "") -> list[Stock]:
    """Stock of open places, those of the same street first; ``items``: only of these."""
    found = visible(Stock, viewer).filter(store__open=True).select_related("store")
    if items:
        found = found.filter(item__in=list(items))
    rows = list(found.order_by("store__code", "item"))
    return sorted(rows, key=lambda one: one.store.territory[:9] != near[:9]) if near else rows


def stores(viewer: Viewer) -> list[Store]:
    """Every shelter and depot with its stock, shelters first."""
    return list(visible(Store, viewer).prefetch_related("stock").order_by("-sort", "code"))


def holds(incident: Incident, viewer: Viewer) -> list[Hold]:
    """What it has of each stock, and had."""
    incident_for(incident.pk, viewer)
    found = Hold.objects.filter(incident_id=incident.pk).select_related("stock__store")
    return list(found.prefetch_related("movements").order_by("stock__store__code", "stock__item"))


def people(incident: Incident, viewer: Viewer) -> list[Affected]:
    """Who is registered, masked. Nobody for those who neither lead nor work in it."""
    incident_for(incident.pk, viewer)
    if viewer.role not in (DISPATCHER, MANAGER, HANDLER, SYSTEM):
        return []
    found = visible(Affected, viewer).filter(incident_id=incident.pk)
    return list(found.select_related("store", "kept", "incident").order_by("pk"))


def person(incident: Incident, key: int, viewer: Viewer) -> Affected:
    """One of them, or NotThere."""
    found = next((one for one in people(incident, viewer) if one.pk == key), None)
    if found is None:
        raise NotThere("incidents.person", ("没有这条登记。", "There is no such entry."))
    return found


def keepings(incident: Incident, viewer: Viewer) -> list[Keeping]:
    """The assessments recorded for it."""
    incident_for(incident.pk, viewer)
    return list(Keeping.objects.filter(incident_id=incident.pk).order_by("pk"))


def destructions(incident: Incident, viewer: Viewer) -> list[Destruction]:
    """The proofs of destruction."""
    incident_for(incident.pk, viewer)
    return list(Destruction.objects.filter(incident_id=incident.pk).order_by("pk"))


def about(incident: Incident, viewer: Viewer) -> list[Matter]:
    """The matters that it is about, as bare matters; whose page it is knows more. Only those that this viewer sees."""
    incident_for(incident.pk, viewer)
    keys = Link.objects.filter(source_id=incident.pk, kind=ABOUT).values("target_id")
    return list(visible(Matter, viewer).filter(pk__in=keys).order_by("pk"))


def opened_for(matter: int, viewer: Viewer) -> list[Incident]:
    """The incidents about a matter, as far as this viewer sees them, newest first."""
    keys = Link.objects.filter(target_id=matter, kind=ABOUT).values("source_id")
    return list(visible(Incident, viewer).filter(pk__in=keys).order_by("-pk"))


def of_keys(keys: Collection[int], viewer: Viewer) -> list[Incident]:
    """The incidents among these that this viewer sees, by key."""
    return list(visible(Incident, viewer).filter(pk__in=keys).order_by("pk")) if keys else []


def open_number(matter: int, viewer: Viewer) -> int:
    """How many incidents were opened about a matter so far, by anybody: part of the key of the next one-click opening.

    While one of them is open it is not counted, so that a second click finds it.
    """
    return Incident.objects.filter(
        links_out__kind=ABOUT, links_out__target_id=matter, state="archived"
    ).count()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a wall shows: incidents at work by level, and how many drills run. A drill is in no other number."""

    by_level: dict[int, int]
    drills: int
    late_tasks: int


def figures(viewer: Viewer, *, at: datetime) -> Figures:
    """Counts of what is at work now, in the viewer's field."""
    at_work = visible(Incident, viewer, "board").filter(state__in=OPEN_STATES)
    rows = at_work.order_by().values_list("drill", "level").annotate(n=Count("pk"))
    by_level = dict.fromkeys((1, 2, 3, 4), 0)
    drills = 0
    for drill, level, n in rows:
        if drill:
            drills += n
        else:
            by_level[level] += n
    late = Task.objects.filter(
        settled_at__isnull=True, due_at__lt=at, incident_id__in=at_work.filter(drill=False).values("pk")
    ).count()
    return Figures(by_level, drills, late)


def last_change(incident: Incident, viewer: Viewer) -> datetime:
    """When something last happened in it."""
    incident_for(incident.pk, viewer)
    found = LedgerEntry.objects.filter(matter_id=incident.pk).aggregate(at=Max("at"))["at"]
    return found or incident.opened_at


def plan_code(viewer: Viewer, kind: str) -> str:
    """The code of the plan in force for an event; "" for none."""
    found = visible(Plan, viewer).filter(retired_at__isnull=True, kind=kind).order_by("code").first()
    return found.code if found is not None else ""
