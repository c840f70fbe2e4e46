"""What the phone, the shift leader and the ledgers ask. Every question takes the viewer and goes through scope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum

from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope import below, one, visible
from gongbi.kernel.scope.viewer import GRID_WORKER, MANAGER, SYSTEM, Viewer
from gongbi.rounds import catalogue, rules
from gongbi.rounds.flow import AT_HAND
from gongbi.rounds.models import Care, CareChange, Entry, FieldPhoto, FieldTask, Shift, TrackPoint
from gongbi.rounds.scope import ANSWER, EVIDENCE, KEEP, MINUTES
from gongbi.science.twins import metres

ZONE = ZoneInfo("Asia/Shanghai")
PLAN_MOST = 60
ALIKE_DAYS = 30
MATERIAL_MOST = 6
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


@dataclass(frozen=True, slots=True)
class Pending:
    """One task that nobody has reported back on. ``refusals``: why those said no who were asked; ``slow``: offered, and not answered."""

    task: FieldTask
    since: datetime
    refusals: tuple[str, ...]
    slow: bool


def pending_tasks(viewer: Viewer, *, at: datetime, most: int = 200) -> list[Pending]:
    """Open tasks of this desk's territory: those that nobody took first, then those not answered, the oldest first."""
    found = list(visible(FieldTask, viewer, "list").filter(closed_at__isnull=True).order_by("pk")[:most])
    last: dict[int, datetime] = {}
    said: dict[int, list[str]] = {}
    steps = LedgerEntry.objects.filter(matter_id__in=[task.pk for task in found]).order_by("matter_id", "seq")
    for step in steps:
        last[step.matter_id] = step.at
        if step.transition == "decline":
            said.setdefault(step.matter_id, []).append(str(step.facts.get("reason", "")))
    shown = [
        Pending(
            task, last[task.pk], tuple(said.get(task.pk, ())), task.state == "offered" and at - last[task.pk] > rules.ANSWER_WITHIN
        )
        for task in found
    ]  # fmt: skip
    return sorted(shown, key=lambda one: (one.task.state != "waiting", not one.slow, one.since))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a photo from the field says of itself. ``away``: metres from the matter's place, None where either is unknown; ``elsewhere``:
    by its own record it was taken outside the district, and the worker said that it is of this place.
    """

    at: datetime
    away: int | None
    accuracy: float | None
    elsewhere: bool
    digest: str


def taken(file_ids: Iterable[int], viewer: Viewer, *, place: rules.Point | None) -> dict[int, Taken]:
    """Of those files (which the viewer sees: who asks has looked) the ones that came from the field app."""
    found = visible(FieldPhoto, viewer, EVIDENCE).filter(file_id__in=list(file_ids))
    return {
        one.file_id or 0: Taken(
            one.taken_at,
            round(metres(one.lon, one.lat, *place))
            if place and one.lon is not None and one.lat is not None
            else None,
            one.accuracy,
            one.far,
            one.digest,
        )
        for one in found
    }


@dataclass(frozen=True, slots=True)
class Material:
    """Something found on the spot that an answer may use. ``words``: when, what, where, in Chinese and English; never who."""

    key: str
    words: tuple[str, str]


def material(
    viewer: Viewer, *, about: int, receipts: Sequence[str], kind: str, territory: str, at: datetime
) -> list[Material]:
    """What workers found about a matter that this viewer deals with (who asks has looked): answers of tasks, entries that became it,
    and what was solved in the same grid of the same kind in the last month. Newest first.
    """
    if len(territory) < 12:
        return []
    tasks = (
        visible(FieldTask, viewer, ANSWER)
        .filter(about=about, state="done")
        .order_by("-done_at")[:MATERIAL_MOST]
    )
    near = Q(solved=True, kind=kind) & below("territory", [territory]) if kind else Q(pk__in=[])
    found = (
        visible(Entry, viewer, ANSWER)
        .filter(below("territory", [territory[:12]]), at__gte=at - timedelta(days=ALIKE_DAYS))
        .filter(Q(report__in=receipts) | near)
        .exclude(report="")
        .order_by("-at")[:MATERIAL_MOST]
    )
    told = [(task.done_at or at, f"t{task.pk}", task.finding, task.place_words, 0) for task in tasks]
    told += [(one.at, f"e{one.pk}", _done(one), one.place_words, len(one.photos)) for one in found]
    return [
        Material(key, _material(when, words, place, photos))
        for when, key, words, place, photos in sorted(told, reverse=True)
        if words
    ]


def _done(entry: Entry) -> str:
    return f"{entry.note}（当场解决）" if entry.solved and entry.note else entry.note


def _material(when: datetime, words: str, place: str, photos: int) -> tuple[str, str]:
    day = f"{when.astimezone(ZONE):%Y-%m-%d %H:%M}"
    zh = "，".join([part for part in (place, f"照片 {photos} 张" if photos else "") if part])
    en = ", ".join([part for part in (place, f"{photos} photos" if photos else "") if part])
    return (
        f"{day} 现场：{words}{f'（{zh}）' if zh else ''}",
        f"{day} on the spot: {words}{f' ({en})' if en else ''}",
    )


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


@dataclass(frozen=True, slots=True)
class Listed:
    """One line as its keeper sees it: name and number masked. ``last``: the newest visit, with who made it."""

    care: Care
    due: date
    late: bool
    last: Entry | None


def care_list(
    viewer: Viewer, *, at: datetime, kind: str = "", grid: str = "", ended: bool = False
) -> list[Listed]:
    """The lists that this viewer keeps, the longest due first; ``ended``: who was taken off and is not erased yet."""
    found = visible(Care, viewer, KEEP).order_by("pk")
    found = found.exclude(ended="").exclude(door="") if ended else found.filter(ended="")
    if kind:
        found = found.filter(kind=kind)
    if grid:
        found = found.filter(territory=grid)
    kept = list(found[:_LEDGER_MOST])
    return sorted(_listed(kept, viewer, at), key=lambda one: (one.due, one.care.pk))


def _listed(kept: list[Care], viewer: Viewer, at: datetime) -> Iterator[Listed]:
    today = at.astimezone(ZONE).date()
    newest: dict[int | None, Entry] = {}
    went = visible(Entry, viewer, "list").filter(care_id__in=[one.pk for one in kept]).order_by("at", "pk")
    for entry in went.iterator():
        newest[entry.care_id] = entry
    for care in kept:
        due = rules.due_on(care.visited_at, _day(care.since), care.every_days).astimezone(ZONE).date()
        yield Listed(care, due, due < today and not care.ended, newest.get(care.pk))


def care_kept(care_id: int, viewer: Viewer) -> Care:
    """One line for who keeps it. NotThere for everybody else."""
    return one(Care, viewer, KEEP, pk=care_id)


def visits_of(care: Care, viewer: Viewer, *, most: int = 50) -> list[Entry]:
    """Who looked in, newest first."""
    return list(visible(Entry, viewer, "list").filter(care=care).order_by("-at", "-pk")[:most])


def care_changes(care: Care, viewer: Viewer) -> list[CareChange]:
    """Who changed the line, newest first."""
    return list(visible(CareChange, viewer, KEEP).filter(care=care).order_by("-pk"))


def same_care(viewer: Viewer, *, kind: str, grid: str, door: str) -> list[Care]:
    """Lines in force of that kind at that door, for a sheet that names no number."""
    return list(visible(Care, viewer, KEEP).filter(kind=kind, territory=grid, door=door, ended=""))


def care_counts(viewer: Viewer) -> dict[str, int]:
    """How many are on the lists below a leader, by kind: numbers, no person. Forbidden for others."""
    _leader(viewer)
    counted = Care.objects.filter(below("territory", viewer.territories), ended="").values("kind")
    return {row["kind"]: row["n"] for row in counted.annotate(n=Count("pk"))}


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


def came_in(viewer: Viewer, *, day: date) -> tuple[int, int, datetime | None]:
    """How many entries arrived on a local day, how many of them became a matter, and when the newest of all arrived."""
    seen = visible(Entry, viewer, "list")
    today = seen.filter(received_at__gte=_day(day), received_at__lt=_day(day + timedelta(days=1)))
    newest = seen.order_by("-received_at").values_list("received_at", flat=True).first()
    return today.count(), today.exclude(report="").count(), newest


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
    """What each unit asks of its workers: minutes of typing by form. A worker reads the own, somebody of a unit that unit's and those
    of the units below, a manager those of the territory.
    """
    found = visible(Entry, viewer, MINUTES).filter(at__gte=_day(first), at__lt=_day(last + timedelta(days=1)))
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
