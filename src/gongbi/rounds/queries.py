"""What the phone, the shift leader and the ledgers ask. Every question takes the viewer and goes through scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum

from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.scope import one, visible
from gongbi.kernel.scope.viewer import GRID_WORKER, MANAGER, SYSTEM, Viewer
from gongbi.rounds import catalogue, rules
from gongbi.rounds.flow import AT_HAND
from gongbi.rounds.models import Care, Entry, FieldTask, Shift, TrackPoint

ZONE = ZoneInfo("Asia/Shanghai")
PLAN_MOST = 60
ALIKE_DAYS = 30
_LEDGER_MOST = 5000


@dataclass(frozen=True, slots=True)
class Visit:
    """One line of the visit plan. The name is masked; whoever goes there opens it with a reason. ``late``: the day has passed."""

    care_id: int
    kind: tuple[str, str]
    name: str
    door: str
    due: date
    late: bool
    visited_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """How many minutes of typing one unit asked of its workers, by form. ``entries``: shown as the divisor, never as a goal."""

    unit_id: int
    form: str
    entries: int
    minutes: float
    workers: int


def _day(day: date) -> datetime:
    return datetime.combine(day, time(0), ZONE)


def running_shift(viewer: Viewer) -> Shift | None:
    """The shift of this post that runs now."""
    return visible(Shift, viewer).filter(post_id=viewer.post_id or 0, ended_at__isnull=True).first()


def shift_by_key(key: str, viewer: Viewer) -> Shift:
    """One of the own shifts, by the key that the phone gave it. NotThere."""
    return one(Shift, viewer, key=key, actor=viewer.actor)


def tasks_at_hand(viewer: Viewer) -> list[FieldTask]:
    """Tasks that are this worker's now, oldest first."""
    found = visible(FieldTask, viewer, "list").filter(post_id=viewer.post_id or 0, state__in=AT_HAND)
    return list(found.order_by("pk"))


def task_by_id(key: int, viewer: Viewer) -> FieldTask:
    """One task. NotThere."""
    return one(FieldTask, viewer, pk=key)


def tasks_about(matter_id: int, viewer: Viewer) -> list[FieldTask]:
    """Tasks about one matter that this viewer sees, newest first."""
    return list(visible(FieldTask, viewer, "list").filter(about=matter_id).order_by("-pk"))


def colleagues(viewer: Viewer) -> list[Shift]:
    """Who of the own unit is on duty now, for handing a task over: that they are, not where they are."""
    if viewer.role != GRID_WORKER or viewer.unit_id is None:
        return []
    others = Shift.objects.filter(unit_id=viewer.unit_id, ended_at__isnull=True).exclude(
        post_id=viewer.post_id or 0
    )
    return list(others.defer("lon", "lat", "seen_at").order_by("post_id"))


def visit_plan(viewer: Viewer, *, at: datetime, most: int = PLAN_MOST) -> list[Visit]:
    """Whom to look in on, the longest due first. Nobody outside the own grids."""
    today = at.astimezone(ZONE).date()
    current = Q(since__lte=today) & (Q(until__isnull=True) | Q(until__gt=today))
    shown = []
    for care in visible(Care, viewer, "list").filter(current):
        due = rules.due_on(care.visited_at, _day(care.since), care.every_days).astimezone(ZONE).date()
        shown.append(
            Visit(
                care.pk,
                rules.CARE_KINDS[care.kind],
                str(care.name),
                care.door,
                due,
                due < today,
                care.visited_at,
            )
        )
    return sorted(shown, key=lambda one: (one.due, one.care_id))[:most]


def care_for(care_id: int, viewer: Viewer) -> Care:
    """One line of a care list. NotThere for whoever does not go there."""
    return one(Care, viewer, pk=care_id)


def care_counts(viewer: Viewer) -> dict[str, int]:
    """How many are on the lists below a leader, by kind: numbers, no person. Forbidden for others."""
    _leader(viewer)
    where = Q(pk__in=[])
    for code in viewer.territories:
        where |= Q(territory__startswith=code)
    counted = Care.objects.filter(where, until__isnull=True).values("kind").annotate(n=Count("pk"))
    return {row["kind"]: row["n"] for row in counted}


def _leader(viewer: Viewer) -> None:
    if viewer.role not in (MANAGER, SYSTEM):
        raise Forbidden("rounds.leader", ("这一页给带班负责人看。", "This page is for the shift leader."))


def shifts(viewer: Viewer, *, at: datetime, days: int = 7) -> list[Shift]:
    """Shifts of the last days, running ones first: the own ones, or for a leader those of the units below."""
    found = visible(Shift, viewer, "list").filter(
        Q(ended_at__isnull=True) | Q(started_at__gte=at - timedelta(days=days))
    )
    return sorted(found, key=lambda one: (one.ended_at is not None, -one.started_at.timestamp()))


def track(shift_id: int, viewer: Viewer) -> list[TrackPoint]:
    """Where one shift went, in order: for the worker and the shift leader. Empty once it was deleted. NotThere for others."""
    shift = one(Shift, viewer, pk=shift_id)
    return list(visible(TrackPoint, viewer, "list").filter(shift=shift).order_by("at"))


def entries(viewer: Viewer, *, first: date, last: date) -> QuerySet[Entry]:
    """Entries of those days (both included), newest first."""
    found = visible(Entry, viewer, "list").filter(at__gte=_day(first), at__lt=_day(last + timedelta(days=1)))
    return found.order_by("-at", "-pk")


def checkin_counts(shift_ids: Iterable[int], viewer: Viewer) -> dict[int, int]:
    """How many places each shift was at: places by check-in, visit or report, with their floor. Not kilometres."""
    found = visible(Entry, viewer, "list").filter(shift_id__in=list(shift_ids))
    return {row["shift_id"]: row["n"] for row in found.values("shift_id").annotate(n=Count("pk"))}


def ledger(name: str, viewer: Viewer, *, first: date, last: date) -> list[Entry]:
    """The lines of one ledger, oldest first: made from the entries, never typed. NotThere for an unknown one."""
    if name not in catalogue.LEDGERS:
        raise NotThere("rounds.ledger", ("没有这本台账。", "There is no such ledger."))
    found = entries(viewer, first=first, last=last).filter(sort__in=catalogue.LEDGERS[name]["sorts"])
    rows = [
        entry
        for entry in found[:_LEDGER_MOST]
        if catalogue.takes(name, sort=entry.sort, report=entry.report, solved=entry.solved)
    ]
    return rows[::-1]


def ledgers_of(entry: Entry, viewer: Viewer) -> list[str]:
    """In which ledgers an entry stands."""
    return [
        name
        for name in catalogue.LEDGERS
        if catalogue.takes(name, sort=entry.sort, report=entry.report, solved=entry.solved)
    ]


def minutes_asked(viewer: Viewer, *, first: date, last: date) -> list[Asked]:
    """What each unit asks of its workers: minutes of typing by form. A worker reads the own, a leader those of the units below."""
    found = entries(viewer, first=first, last=last).order_by()
    counted = found.values("unit_id", "form").annotate(
        n=Count("pk"), seconds=Sum("seconds"), workers=Count("actor", distinct=True)
    )
    told = [
        Asked(row["unit_id"] or 0, row["form"], row["n"], round(row["seconds"] / 60, 1), row["workers"])
        for row in counted
    ]
    return sorted(told, key=lambda one: (one.unit_id, -one.minutes))


def alike(viewer: Viewer, *, at: datetime) -> list[rules.Alike]:
    """Entries of the last month that look the same: a question to the shift leader. Forbidden for others."""
    _leader(viewer)
    since = at - timedelta(days=ALIKE_DAYS)
    found = visible(Entry, viewer, "list").filter(at__gte=since).order_by("at")[:_LEDGER_MOST]
    return rules.repeated(
        rules.Written(
            entry.pk,
            entry.actor,
            entry.at,
            entry.form or entry.sort,
            entry.place_words or str(entry.care_id or "") or f"{entry.lon},{entry.lat}",
            entry.note,
            frozenset(entry.photos),
        )
        for entry in found
    )
