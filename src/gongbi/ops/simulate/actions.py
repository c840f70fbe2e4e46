"""Setting a simulated house up: the mark first, then the ground of the demo district, logins for those who act, devices, keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from gongbi.channels.devices.kinds import KINDS
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import SECURITY, Viewer, system
from gongbi.ops import demo
from gongbi.ops.parts import load
from gongbi.ops.simulate import guard
from gongbi.ops.simulate.cast import Cast, Standing
from gongbi.ops.simulate.models import SimulatedHouse
from gongbi.ops.simulate.plan import Grid, Shape

WATER = "water_level"
HEARTBEAT = 3600  # seconds between two readings of a calm device


def set_up(*, seed: int, grid_workers: int, devices: int, at: datetime) -> Iterator[str]:
    """Make the house on a fresh database; yields what was made, in words. All or nothing but for the devices.

    ``grid_workers``: how many are at work, in the grids where most people live. ``devices``: how many measure water. ``at``: the
    simulated moment at which the run begins. Refused (``simulate.real``) on a database that is somebody's, ``simulate.there`` on one that holds a
    simulated house already: a run begins on an empty one, else its seed says nothing.
    """
    guard.refuse(connection)
    if guard.standing(connection) == "simulated":
        raise Refused(
            "simulate.there",
            (
                "数据库里已有一个模拟城区。每次模拟从空数据库开始，否则同一种子不会得到同一结果：请换一个 GONGBI_VAR，或删去旧的。",
                "The database holds a simulated district already. Each run begins on an empty one, else the same seed would not give the same: "
                "name another GONGBI_VAR, or delete the old one.",
            ),
        )
    with transaction.atomic():
        SimulatedHouse(pk=1, seed=seed, begins_at=at).save(force_insert=True)
        for path in demo.GROUND:
            yield load(path)(at=at)
        yield _logins(grid_workers, at)
    yield load("gongbi.channels.notices.demo:build_demo")(at=at)
    yield _another_system(at)
    yield _devices(devices, at)


def _logins(grid_workers: int, at: datetime) -> str:
    from gongbi.parties.demo import open_accounts

    made = open_accounts(grids=[grid.code for grid in busiest(shape(at), grid_workers)], at=at)
    return f"{made} more accounts, for those who act"


def _another_system(at: datetime) -> str:
    """The city's other application, which brings reports through Open311. Every one is answered with its number: how many may wait for
    that a second would go by the machine's clock."""
    from gongbi.channels.actions import save_source

    save_source(
        code="open311", name="市民应用（模拟）", name_en="Citizens' application (simulated)", kind="open311",
        settings={"at_once": 10_000}, viewer=system("simulate"), at=at, synthetic=True,
    )  # fmt: skip
    return "1 other application of the city"


def shape(at: datetime) -> Shape:
    """The district as the boundaries of that day have it: grids with a point inside and their people."""
    from gongbi.territory import queries
    from gongbi.territory.demo_data import demo_grids

    people = {code: one.population for code, one in demo_grids().items()}
    found = [
        Grid(one.code, one.lon, one.lat, people.get(one.code, 600))
        for one in queries.divisions(level="grid", on=at)
        if one.lon is not None and one.lat is not None
    ]
    return Shape(tuple(sorted(found, key=lambda one: one.code)))


def busiest(district: Shape, count: int) -> Sequence[Grid]:
    """The grids with most people, by their code where two have as many."""
    return sorted(district.grids, key=lambda one: (-one.people, one.code))[:count]


def _devices(count: int, at: datetime) -> str:
    from gongbi.channels.devices import actions

    grids = shape(at).grids
    for number in range(count):
        grid = grids[(number * 379 + 97) % len(grids)]
        values = {
            "kind": WATER, "place": "低洼路段（合成）", "division": grid.code, "lon": grid.lon, "lat": grid.lat,
            "owner": "模拟供排水服务中心（合成）", "purpose": "低洼路段积水报警", "sign_number": f"GS-{name(number)}",
            "sign_text": f"本处安装{KINDS[WATER].words[0]}探测设备，只测{KINDS[WATER].quantity[0]}，读数保存7天。", "keep_days": 7,
            "gateway": "", "key": "", "limit": None, "clear": None, "period": HEARTBEAT,
        }  # fmt: skip
        actions.keep(name(number), values, viewer=system("simulate"), at=at, synthetic=True)
    return f"{count} devices that measure water"


def first_device(known: Cast) -> tuple[str, str]:
    """The device at which a burst is planted: (its number, its grid)."""
    grids = shape_codes(known)
    return known.devices[0], grids[97 % len(grids)]


def shape_codes(known: Cast) -> list[str]:
    """Codes of the grids in the order in which devices were set up."""
    return [grid.code for grid in known.shape.grids]


def clear() -> None:
    """Delete the simulated house of this database, if there is one: its file on SQLite. Refused on any other database, on a real one always."""
    from pathlib import Path

    name = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and not name.exists():
        return
    standing = guard.standing(connection)
    if standing == "fresh":
        return
    guard.refuse(connection)
    if connection.vendor != "sqlite":
        raise Refused(
            "simulate.delete",
            (
                "只有 SQLite 的模拟数据库能这样删除；请自行删去并新建这个数据库。",
                "Only a simulated SQLite database is deleted so; drop and make this one yourself.",
            ),
        )
    connection.close()
    for ending in ("", "-wal", "-shm"):
        Path(f"{name}{ending}").unlink(missing_ok=True)


def name(number: int) -> str:
    """The number of a simulated device as the register has it."""
    return f"SIM-water-{number + 1}"


def cast(*, seed: int, at: datetime) -> Cast:
    """Who can act in this house, and with which login or key: what an administrator hands out, nothing of what is in the house."""
    from gongbi.channels.devices import queries as devices
    from gongbi.parties import queries as parties
    from gongbi.parties.actions import make_key
    from gongbi.parties.demo import PASSWORD, acting

    keeper = Viewer(actor="system:simulate", role=SECURITY, territories=(settings.DISTRICT_CODE,))
    centre = next(one for one in parties.units(system("simulate"), at=at) if one.kind == "district_centre")
    keys = {
        channel: make_key(name=f"模拟 {channel}", unit_id=centre.pk, channel=channel, territories=[settings.DISTRICT_CODE], at=at, viewer=keeper)[1]
        for channel in ("devices", "open311")
    }  # fmt: skip
    standings = tuple(Standing(*row) for row in acting())
    numbers = tuple(sorted(devices.kept(system("simulate")).values_list("number", flat=True)))
    district = shape(at)
    patrolled = frozenset(one.territory for one in standings if one.role == "grid_worker")
    return Cast(seed, PASSWORD, standings, keys, numbers, Shape(district.grids, patrolled))
