"""What a run is, and how its days come before the actors: the same for the stepped and the live one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from gongbi.ops.simulate import habits
from gongbi.ops.simulate.actors import Checker, Clerk, Crew, Desk, Resident
from gongbi.ops.simulate.house import House
from gongbi.ops.simulate.outside import Gateway, GridWorker
from gongbi.ops.simulate.plan import GRID_WORKER, ZONE, Burst, Settings, plan_day


@dataclass(frozen=True, slots=True)
class Run:
    """What is simulated. ``first``: the first day; ``off``: whether a day is a day off; ``staffing``: crews of units."""

    first: date
    days: int
    settings: Settings = field(default_factory=Settings)
    staffing: habits.Staffing = field(default_factory=habits.Staffing)
    bursts: tuple[Burst, ...] = ()
    off: Callable[[date], bool] | None = None


def cast_actors(house: House, run: Run, at: datetime) -> None:
    """All who work in the house enter it: desk, checker, clerk, a crew for each unit, grid workers, the gateway."""
    for actor in (Desk(house), Checker(house), Clerk(house)):
        house.enter(actor, at + timedelta(minutes=5))
    for standing in house.cast.by_role("handler"):
        crew = Crew(house, standing, run.staffing.of(standing.unit))
        house.enter(
            crew, habits.opening(at) + timedelta(days=3650)
        )  # looks when something is passed on to it
    for standing in house.cast.by_role("grid_worker"):
        house.enter(GridWorker(house, standing), at)
    if house.cast.devices:
        house.enter(Gateway(house), at + timedelta(minutes=1))


def lay_out(house: House, run: Run, day: date) -> int:
    """Plan one day and lay it in the actors' way. Returns how many have something to say."""
    off = run.off(day) if run.off is not None else None
    burst = next((one for one in run.bursts if one.at.astimezone(ZONE).date() == day), None)
    planned = plan_day(house.cast.seed, day, house.cast.shape, off=off, settings=run.settings, burst=burst)
    found: dict[str, list[Any]] = {}
    for said in planned.sayings:
        if said.finder == GRID_WORKER:
            found.setdefault(f"grid:{said.grid}", []).append(said)
        else:
            house.enter(Resident(house, said), said.at)
    for name, sayings in found.items():
        worker = house.actors[name]
        if isinstance(worker, GridWorker):
            worker.lay(sayings)
            house.knock(name, sayings[0].at)
    gateway = house.actors.get(Gateway.name)
    if planned.readings and isinstance(gateway, Gateway):
        gateway.lay(planned.readings)
        house.knock(gateway.name, planned.readings[0].at)
    return len(planned.sayings)
