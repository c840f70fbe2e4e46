"""A house played step by step: the same seed the same outcome, chains that hold, actors who see no more than their login, no real data."""

from __future__ import annotations

import ast
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

import gongbi.ops.simulate
from gongbi.kernel.clock.queries import forget_calendar
from gongbi.kernel.errors import Refused
from gongbi.ops.simulate import actions, guard
from gongbi.ops.simulate.cast import Cast
from gongbi.ops.simulate.clock import Running, Stepped, going_by, read
from gongbi.ops.simulate.plan import ZONE, Burst, Settings
from gongbi.ops.simulate.stepped import Run, Stage, outcome
from tests.support.prepared import emptied

TUESDAY = date(2026, 7, 14)
BEGINS = datetime.combine(TUESDAY, time(), ZONE)
FOLDER = Path(gongbi.ops.simulate.__file__).parent


# Three streets, those that the gazetteer names: a smaller district is set up in a third of the time.
STREETS = {"610104002", "610104005", "610104008"}


@pytest.fixture
def smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    from gongbi.territory import demo
    from gongbi.territory.demo_cut import read_divisions
    from gongbi.territory.demo_data import demo_grids

    names = {code: name for code, name in read_divisions().items() if len(code) == 6 or code[:9] in STREETS}
    grids = {code: grid for code, grid in demo_grids().items() if code[:9] in STREETS}
    monkeypatch.setattr(demo, "read_divisions", lambda: names)
    monkeypatch.setattr(demo, "demo_grids", lambda: grids)


def _cast() -> Cast:
    """A simulated house on the empty test database."""
    at = BEGINS - timedelta(hours=1)
    with going_by(Stepped(at).now):
        assert len(list(actions.set_up(seed=4, grid_workers=3, devices=2, at=at))) > 3
        return actions.cast(seed=4, at=at)


def _played(cast: Cast, until: int = 11) -> Stage:
    device, grid = actions.first_device(cast)
    run = Run(
        TUESDAY,
        1,
        Settings(matters=24),
        bursts=(Burst(BEGINS + timedelta(hours=8), grid, device, reports=3),),
    )
    stage = Stage(cast, run, tick=timedelta(hours=1))
    stage.play(until=BEGINS + timedelta(hours=until))
    stage.close()
    return stage


@pytest.mark.slow
def test_a_morning(transactional_db: None, smaller: None) -> None:
    """Played twice, each time from an empty database."""
    first = _played(_cast())
    told = outcome()
    emptied()
    forget_calendar()
    cast = _cast()
    second = _played(cast)
    assert outcome() == told
    assert (second.house.did, second.house.refused) == (first.house.did, first.house.refused)
    assert {"report.web", "accept", "dispatch", "sign", "finish", "confirm", "shift", "readings"} <= set(
        second.house.did
    )
    _chains_hold()
    _a_burst_was_heard(cast)
    _nobody_sees_beyond_the_own_login(second)
    with pytest.raises(Refused) as again:
        list(actions.set_up(seed=4, grid_workers=3, devices=2, at=BEGINS))
    assert again.value.code == "simulate.there"


def _chains_hold() -> None:
    from gongbi.kernel.ledger import queries

    assert not list(queries.verify())


def _a_burst_was_heard(cast: Cast) -> None:
    """Residents and the device, at simulated minutes of that morning."""
    from gongbi.cases.models import Case, Report

    heard = Report.objects.filter(case__kind="E0506")
    assert heard.filter(channel="web").exists() or heard.filter(channel="hotline").exists()
    assert (
        Case.objects.filter(channel="device", kind="E0506").exists()
        or heard.filter(channel="device").exists()
    )
    assert not Case.objects.exclude(opened_at__range=(BEGINS, BEGINS + timedelta(hours=11))).exists()


def _nobody_sees_beyond_the_own_login(stage: Stage) -> None:
    house = stage.house
    with going_by(stage.clock.now):
        everything = house.session("dispatcher").get("/api/cases?tab=open&size=200")["cases"]
        units = {one["code"]: one["id"] for one in house.session("dispatcher").get("/api/units")}
        handler = next(one for one in house.cast.by_role("handler") if one.unit == "water")
        strange = next(one for one in everything if one["unit_id"] not in (None, units["water"]))
        own = house.session(handler.login)
        assert own.ask("GET", f"/api/cases/{strange['number']}").status in (403, 404)
        assert {one["unit_id"] for one in own.get("/api/cases?tab=open&size=200")["cases"]} <= {
            units["water"]
        }
        assert house.visitor().ask("GET", f"/api/cases/{strange['number']}").status == 401
        worker = house.cast.by_role("grid_worker")[0]
        seen = house.session(worker.login).get("/api/cases?tab=open&size=200")["cases"]
        assert all(one["territory"].startswith(worker.territory[:12]) for one in seen)
        body = b'{"kind": "E0110"}'
        assert (
            own.ask("POST", f"/api/cases/{strange['number']}/accept", body, "application/json").status == 403
        )


@pytest.mark.parametrize("name", ["actors", "outside", "house", "doors", "habits", "plan", "cast", "staging"])
def test_actors_know_no_room_of_the_house(name: str) -> None:
    """What they know comes through the doors: no import but of the simulation's own plain modules and of science."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    ours = [one for one in modules if one.startswith(("gongbi", "django"))]
    assert all(one.startswith(("gongbi.ops.simulate", "gongbi.science")) for one in ours), ours
    assert not {
        "gongbi.ops.simulate.actions",
        "gongbi.ops.simulate.models",
        "gongbi.ops.simulate.stepped",
    } & set(ours)


class TestGuard:
    def test_a_database_with_somebodys_account_is_left_alone(self, db: None) -> None:
        from gongbi.parties.models import Account, Unit

        assert guard.standing(connection) == "fresh"
        Account.objects.create_user("somebody")
        assert guard.standing(connection) == "real"
        with pytest.raises(Refused) as told:
            list(actions.set_up(seed=1, grid_workers=1, devices=1, at=BEGINS))
        assert told.value.code == "simulate.real"
        with pytest.raises(Refused):
            guard.only_simulated(None, connection)
        with pytest.raises(Refused):
            actions.clear()
        assert not Unit.objects.exists()


class TestClock:
    def test_it_stands_and_then_runs_fast(self) -> None:
        clock = Running(BEGINS, 1000.0, 600.0)
        assert clock.at(900.0) == clock.at(1000.0) == BEGINS
        assert clock.at(1006.0) == BEGINS + timedelta(hours=1)
        assert read(str(clock)) == clock

    @pytest.mark.parametrize(
        "text",
        [
            "now",
            "2026-07-01T00:00:00@5x600",
            "2026-07-01T00:00:00+08:00@5x0",
            "2026-07-01T00:00:00+08:00@5x90000",
            "x@1x1",
        ],
    )
    def test_what_is_no_clock_is_said(self, text: str) -> None:
        with pytest.raises(ImproperlyConfigured):
            read(text)

    def test_set_by_hand_it_never_goes_back(self) -> None:
        from django.utils import timezone

        before, clock = timezone.now, Stepped(BEGINS)
        with going_by(clock.now):
            clock.set(BEGINS + timedelta(hours=2))
            clock.set(BEGINS)
            assert timezone.now() == BEGINS + timedelta(hours=2)
        assert timezone.now is before
