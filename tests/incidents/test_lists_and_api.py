"""Plans and stock as spreadsheets, and incidents over HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from gongbi.incidents import actions, exchange, queries
from gongbi.incidents.models import Incident, Stock
from gongbi.kernel import keeping
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.tables import write_xlsx
from tests.desk.conftest import Clock, Desk
from tests.incidents.conftest import Open, save_pumps

pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]


def sheet(name: str, rows: list[dict[str, Any]]) -> io.BytesIO:
    return io.BytesIO(write_xlsx(keeping.known(name).columns, rows))


def take(
    name: str, rows: list[dict[str, Any]], now: datetime, viewer: Viewer | None = None
) -> keeping.Result:
    by = viewer or system("test")
    return keeping.read(name, sheet(name, rows), "list.xlsx", valid_from=now.date(), viewer=by, at=now)


def test_plans_go_out_and_come_in_unchanged_and_a_change_is_a_version(plans: None, now: datetime) -> None:
    rows = [dict(row) for row in exchange.plan_rows(system("test"), on=now.date())]
    assert len(rows) == sum(len(plan["steps"]) for plan in exchange.examples())
    assert (take("plans", rows, now).same, take("plans", rows, now).faults) == (4, [])
    for row in rows:
        if row["plan"] == "gas" and row["step"] == "shut":
            row["minutes"] = 15
    told = take("plans", rows, now)
    assert (told.changed, told.same) == (1, 3)
    gas = queries.plan_versions("gas", system("test"))
    assert [plan.version for plan in gas] == [2, 1]
    assert [step["minutes"] for step in gas[0].steps if step["key"] == "shut"] == [15]


def test_a_plan_with_a_wrong_row_stays_as_it_was(
    plans: None, now: datetime, post: Callable[..., Viewer]
) -> None:
    rows = [
        dict(row)
        for row in exchange.plan_rows(system("test"), on=now.date())
        if row["plan"] in ("gas", "fire")
    ]
    gas = next(row for row in rows if row["plan"] == "gas")
    for field, wrong in (("minutes", "十"), ("unit", "nobody"), ("needs", "抽水泵"), ("role", "老板")):
        changed = [row | {field: wrong} if row is gas else row for row in rows]
        told = take("plans", changed, now)
        assert (len(told.faults), told.same) == (1, 1), field
        assert told.faults[0].column == field
        assert told.faults[0].message
    assert len(queries.plan_versions("gas", system("test"))) == 1
    (fault, *_more) = take("plans", rows, now, post("dispatcher")).faults
    assert "管理员" in fault.message


def test_stock_goes_out_and_comes_in(now: datetime, community: str) -> None:
    save_pumps(now, community)
    rows = [dict(row) for row in exchange.stock_rows(system("test"), on=now.date())]
    assert take("stock", rows, now).same == 1
    told = take(
        "stock",
        [rows[0] | {"total": "12"}, rows[0] | {"item": "沙袋", "total": "500"}, rows[0] | {"total": "-1"}],
        now,
    )
    assert (told.changed, told.new, [fault.column for fault in told.faults]) == (1, 1, ["total"])
    assert Stock.objects.get(item="pump").free == 12
    (fault,) = take("stock", [rows[0] | {"lon": "x", "lat": "34"}], now).faults
    assert "度数" in fault.message


def test_over_http(open_one: Open, plans: None, at_desk: AtDesk, clock: Clock, community: str) -> None:
    client = at_desk("dispatcher").client
    client.defaults["CONTENT_TYPE"] = "application/json"

    def send(path: str, body: dict[str, Any]) -> Any:
        return client.post(f"/api{path}", body, content_type="application/json")

    body = {
        "key": "k1",
        "title": "劳动路爆管",
        "sort": "accident",
        "kind": "water_main",
        "level": 3,
        "territory": community,
    }
    made = send("/incidents", body)
    assert made.status_code == 200, made.content
    number = made.json()["number"]
    assert send("/incidents", body).json()["number"] == number
    assert send("/incidents", body | {"key": "k2", "territory": "610103001"}).status_code == 403
    assert send("/incidents", body | {"key": "k2", "kind": "war"}).json()["field"] == "kind"
    started = send(f"/incidents/{number}/plans", {"plan": "water_main"}).json()
    assert {task["clock"] for task in started["tasks"]} == {"running"}
    task = started["tasks"][0]["id"]
    settled = send(f"/incidents/{number}/tasks/{task}", {}).json()["tasks"]
    assert [one["clock"] for one in settled if one["id"] == task] == ["kept"]
    noted = send(f"/incidents/{number}/log", {"key": "n", "text": "已关阀"}).json()
    assert [line["text"] for line in noted["log"]] == ["已关阀"]
    assert [one["number"] for one in client.get("/api/incidents").json()["incidents"]] == [number]
    assert client.get("/api/incidents?tab=drills").json()["incidents"] == []
    assert client.get("/api/incidents/x").status_code == 404
    assert Client().get("/api/incidents").status_code == 401
    assert Incident.objects.count() == 1


def test_figures_of_the_wall_count_no_drill(
    open_one: Open, leader: Viewer, plans: None, clock: Clock
) -> None:
    real, drill = open_one(), open_one(drill=True)
    for one in (real, drill):
        actions.start_plan(key=one.pk, code="fire", viewer=leader, at=clock.now)
    later = clock.on(minutes=10)
    figures = queries.figures(leader, at=later)
    assert (figures.by_level, figures.drills) == ({1: 0, 2: 0, 3: 1, 4: 0}, 1)
    assert figures.late_tasks == 2  # the two of the real one that were due within eight minutes
