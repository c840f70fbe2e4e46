"""A district rehearsed: the same days and the same habits as when it is acted, with the house's flow reduced to its queues.

A discrete-event simulation without a database: thousands of matters a second, so that a change can be tried on many seeds. What it knows of
the flow: the desk, the unit's crews (nearest deadline first, urgent limits at night too), the check, rework, the verdict; limits by the
house's own clock arithmetic. What it leaves out: disputes, extensions, suspensions, questions. Chances belong to the matter, by its name:
base and variant meet the same matters with the same luck (common random numbers).
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from gongbi.ops.simulate import habits
from gongbi.ops.simulate.plan import GRID_WORKER, ZONE, Saying, Settings, plan_day
from gongbi.ops.simulate.world import World, day_off
from gongbi.science.rhythm import stream

WARM = 3  # days before the first that counts, so that queues are there
MOST_AFTER = timedelta(days=45)  # how long what was said last is followed
DAYS = 366 * 3


@dataclass(slots=True)
class Case:
    """One matter on its way."""

    said: Saying
    unit: str = ""
    limit: str = ""
    due: datetime | None = None
    urgent: bool = False
    waits_since: datetime | None = None
    finished: datetime | None = None  # the first time
    closed: datetime | None = None
    late: bool = False
    reworks: int = 0
    on_spot: bool = False
    untrue: bool = False
    grade: int = 0
    waited: float = 0.0  # hours in the unit's queue


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of one run by name; None where there was nothing to count."""

    figures: dict[str, float | None]


class Rehearsal:
    """One run: days from ``first``, the first :data:`WARM` of them uncounted."""

    def __init__(self, world: World, seed: int, first: date, days: int, settings: Settings) -> None:
        if not 1 <= days <= DAYS:
            raise ValueError(f"a rehearsal has 1 to {DAYS} days")
        self.world, self.seed, self.settings = world, seed, settings
        self.first, self.days = first, days
        self.counted = datetime.combine(first, time(), ZONE)
        self.last = self.counted + timedelta(days=days)
        self.cases: list[Case] = []
        self.waiting: dict[str, list[tuple[datetime, int, Case]]] = defaultdict(list)
        self.at_work: dict[str, int] = defaultdict(int)
        self.busy_hours: dict[str, float] = defaultdict(float)
        self.worker_minutes: dict[str, float] = defaultdict(float)
        self.desk_free = self.check_free = self.counted - timedelta(days=WARM + 1)
        self.heap: list[tuple[datetime, int, str, Case]] = []
        self.order = itertools.count()
        self.asleep: set[str] = set()

    def run(self) -> list[Case]:
        """Play it; the matters that count."""
        for back in range(-WARM, self.days):
            day = self.first + timedelta(days=back)
            for said in plan_day(
                self.seed, day, self.world.shape, off=day_off(day), settings=self.settings
            ).sayings:
                if not said.key.endswith("b"):  # who says it again joins it
                    self._next(said.at, "said", Case(said))
        end = self.last + MOST_AFTER
        while self.heap and self.heap[0][0] < end:
            at, _order, what, case = heapq.heappop(self.heap)
            getattr(self, f"_{what}")(case, at)
        return [case for case in self.cases if case.said.at >= self.counted and not case.untrue]

    def _next(self, at: datetime, what: str, case: Case) -> None:
        heapq.heappush(self.heap, (at, next(self.order), what, case))

    # --- The way of a matter --------------------------------------------------------------------------------------------

    def _said(self, case: Case, at: datetime) -> None:
        said = case.said
        self.cases.append(case)
        if said.finder == GRID_WORKER:
            self.worker_minutes[said.grid] += habits.ON_SPOT_MINUTES if said.on_spot else habits.LOOK_MINUTES
        if said.on_spot:
            case.on_spot = True
            case.finished = at + timedelta(minutes=habits.ON_SPOT_MINUTES)
            self._next(case.finished, "handled", case)
            return
        begun = max(at + habits.reaction(self.seed, "desk", said.key, 6.0), self.desk_free)
        self.desk_free = begun + timedelta(minutes=self.world.staffing.desk)
        self._next(self.desk_free, "passed_on", case)

    def _passed_on(self, case: Case, at: datetime) -> None:
        said = case.said
        if said.finder != GRID_WORKER and stream(self.seed, "accept", said.key).random() < habits.UNTRUE:
            case.untrue = True
            return
        case.unit = self.world.unit(said.kind, said.grid)
        case.limit = self.world.limit(said.kind, said.text)
        case.urgent = habits.urgent_limit(case.limit)
        case.due = self.world.due(at, case.limit)
        self._next(at + habits.reaction(self.seed, "unit", said.key, 25.0), "signed", case)

    def _signed(self, case: Case, at: datetime) -> None:
        assert case.due is not None
        case.waits_since = at
        heapq.heappush(self.waiting[case.unit], (case.due, next(self.order), case))
        self._work(case.unit, at)

    def _wake(self, case: Case, at: datetime) -> None:
        self.asleep.discard(case.unit)
        self._work(case.unit, at)

    def _work(self, unit: str, at: datetime) -> None:
        """Crews that are free take what is due first; at night only what cannot wait, on days off half of them."""
        queue = self.waiting[unit]
        crews = self.world.staffing.of(unit)
        if day_off(at.astimezone(ZONE).date()):
            crews = max(1, (crews + 1) // 2)
        opens = habits.opening(at)
        left: list[tuple[datetime, int, Case]] = []
        while queue and self.at_work[unit] < crews:
            entry = heapq.heappop(queue)
            case = entry[2]
            if opens > at and not case.urgent:
                left.append(entry)
                continue
            self._begin(case, at)
        for entry in left:
            heapq.heappush(queue, entry)
        if queue and self.at_work[unit] < crews and unit not in self.asleep:
            self.asleep.add(unit)
            self._next(max(opens, at + timedelta(minutes=1)), "wake", queue[0][2])

    def _begin(self, case: Case, at: datetime) -> None:
        self.at_work[case.unit] += 1
        assert case.waits_since is not None
        case.waited += (at - case.waits_since).total_seconds() / 3600
        needs = case.said.needs * (0.5 if case.reworks else 1.0)
        self.busy_hours[case.unit] += needs
        self._next(habits.work_end(at, needs, urgent=case.urgent), "done", case)

    def _done(self, case: Case, at: datetime) -> None:
        self.at_work[case.unit] -= 1
        assert case.due is not None
        if case.finished is None:
            case.finished = at
        case.late = case.late or at > case.due
        self._next(at, "handled", case)
        self._work(case.unit, at)

    def _handled(self, case: Case, at: datetime) -> None:
        begun = max(at + habits.reaction(self.seed, "checker", case.said.key, 14.0), self.check_free)
        self.check_free = begun + timedelta(minutes=self.world.staffing.checkers)
        self._next(self.check_free, "looked_at", case)

    def _looked_at(self, case: Case, at: datetime) -> None:
        messy = stream(self.seed, "check", case.said.key, case.reworks).random() < habits.MESSY
        if messy and case.reworks < 2 and not case.on_spot:
            case.reworks += 1
            case.due = self.world.due(at, case.limit)
            self._next(at + timedelta(minutes=30), "signed", case)
            return
        case.closed = at
        if case.said.judges and case.said.finder != GRID_WORKER:
            hours = (at - case.said.at).total_seconds() / 3600
            case.grade = habits.grade(case.said.mood, late=case.late, messy=case.reworks > 0, hours=hours)


def outcome(run: Rehearsal, inside: str = "") -> Outcome:
    """Figures of a run that was played, of matters ``inside`` a division (a code's beginning; "" all) and of who works there."""
    cases = [
        case
        for case in run.cases
        if case.said.at >= run.counted and not case.untrue and case.said.grid.startswith(inside)
    ]
    rated = [case for case in cases if not case.on_spot]
    judged = [case.grade for case in cases if case.grade]
    hours = [
        (case.finished - case.said.at).total_seconds() / 3600 for case in cases if case.finished is not None
    ]
    on_time = [case.finished is not None and not case.late for case in rated]
    wait = [case.waited for case in rated if case.unit]
    patrolled = [code for code in run.world.shape.patrolled if code.startswith(inside)]
    workdays = sum(not day_off(run.first + timedelta(days=n)) for n in range(-WARM, run.days)) or 1
    units = sorted({case.unit for case in rated if case.unit})
    offered = (
        sum(run.world.staffing.of(unit) for unit in units)
        * (habits.CLOSES - habits.OPENS)
        * (run.days + WARM)
    )
    figures: dict[str, float | None] = {
        "matters": float(len(cases)),
        "on_time": _share(on_time),
        "hours_median": float(np.median(hours)) if hours else None,
        "hours_p90": float(np.quantile(hours, 0.9)) if hours else None,
        "overdue": float(len(on_time) - sum(on_time)),
        "queue_hours": float(np.mean(wait)) if wait else None,
        "on_spot": float(sum(case.on_spot for case in cases)),
        "crews_busy": 100 * sum(run.busy_hours[unit] for unit in units) / offered if offered else None,
        "worker_minutes": sum(run.worker_minutes[code] for code in patrolled) / (len(patrolled) * workdays) if patrolled else None,
        "satisfied": _share([grade >= 4 for grade in judged]),
    }  # fmt: skip
    return Outcome(figures)


def _share(values: list[bool]) -> float | None:
    return 100 * sum(values) / len(values) if values else None
