"""An import gives what one by one gives, row by row, whoever hears the rows and however large the batches are."""

from __future__ import annotations

import csv
import io
import random
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from gongbi.cases import actions, exchange
from gongbi.cases.actions.hearing import Helpers
from gongbi.cases.actions.statement import Statement
from gongbi.cases.exchange import Imported, import_reports
from gongbi.cases.models import Case, Report
from gongbi.cases.queries import nearby, triage
from gongbi.cases.triage import Said
from gongbi.kernel.flow.invariants import names, run_all
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import system
from gongbi.kernel.search.models import SearchEntry

VIEWER = system("import")
TROUBLES = (
    "路灯不亮了晚上很黑",
    "垃圾桶满了没有人清运",
    "井盖松动过车响声很大",
    "烧烤店油烟呛人",
    "下水道堵塞",
    "说不清",
    "Ａ座①号楼Ⅳ单元漏水",
)
HEAD = ["编号", "诉求内容", "时间", "地点", "经度", "纬度", "社区或网格代码"]
PLACES = ("劳动路", "大庆路公交站旁", "劳动路与大庆路口", "不知道哪里")


def made(count: int) -> list[list[str]]:
    """Rows close together, so that nearly every one has twins: pins, words, a chosen community, nothing at all."""
    dice = random.Random(count)
    rows = []
    for number in range(count):
        row = [f"N{number}", f"{dice.choice(TROUBLES)}，第{number % 9}天", "2026-03-09 09:30", "", "", "", ""]
        how = dice.random()
        if how < 0.7:
            row[4], row[5] = f"{dice.uniform(108.9125, 108.9145):.6f}", f"{dice.uniform(34.2645, 34.266):.6f}"
        elif how < 0.85:
            row[6] = "610104005001"
        elif how < 0.95:
            row[3] = dice.choice(PLACES)
        rows.append(row)
    return rows


def text_of(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEAD, *rows])
    return out.getvalue().encode()


def take(rows: Sequence[Sequence[str]], now: datetime, **more: Any) -> Imported:
    return import_reports(text_of(rows), "a.csv", viewer=VIEWER, at=now, **more)


def kept() -> list[dict[str, Any]]:
    """Everything that was written, in order, with keys counted from the first and without what is random."""
    random_columns = {"id", "matter_ptr_id", "seed", "last_hash", "idempotency"}
    first = Case.objects.order_by("pk").values_list("pk", flat=True)[0]
    order = {key: place for place, key in enumerate(Case.objects.order_by("pk").values_list("pk", flat=True))}
    told = []
    words = dict(SearchEntry.objects.filter(pk__gte=first).values_list("pk", "words"))
    clocks = {
        case.pk: list(case.clocks.values_list("name", "limit", "basis", "due_at", "provisional"))
        for case in Case.objects.all()
    }
    for case in Case.objects.order_by("pk").values():
        own = {name: value for name, value in case.items() if name not in random_columns}
        own["proposal"]["twins"] = [twin | {"id": order[twin["id"]]} for twin in own["proposal"]["twins"]]
        key = case["matter_ptr_id"]
        own |= {"words": words[key], "clocks": clocks[key]}
        entry = (
            LedgerEntry.objects.filter(matter_id=key)
            .values("seq", "at", "actor", "transition", "to_state", "facts")
            .get()
        )
        event = OutboxRow.objects.filter(matter_id=key).values("topic", "payload", "created_at").get()
        event["payload"].pop("number")
        report = Report.objects.filter(case_id=key).values().get()
        own |= {"entry": entry, "event": event}
        own |= {
            f"report_{name}": value
            for name, value in report.items()
            if name not in {*random_columns, "case_id", "first_case_id"}
        }
        told.append(own)
    return told


def forget() -> None:
    """Empty what was written, as far as the ledger lets: in a transaction that is rolled back."""
    transaction.set_rollback(True)


@pytest.mark.django_db
def test_an_import_writes_what_one_by_one_writes_twins_and_all(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = made(120)
    ways: list[list[dict[str, Any]]] = []
    for batch in (0, 500, 7):
        with transaction.atomic():
            if batch:
                monkeypatch.setattr(exchange, "BATCH", batch)
                assert take(rows, now).new == len(rows)
            else:
                one_by_one(rows, now)
            ways.append(kept())
            forget()
    assert ways[0] == ways[1] == ways[2]
    assert sum(bool(case["proposal"]["twins"]) for case in ways[0]) > len(rows) / 2
    assert any(len(case["proposal"]["twins"]) == 5 for case in ways[0])


def one_by_one(rows: Sequence[Sequence[str]], now: datetime) -> None:
    for row in rows:
        number = row[0]
        place, lon, lat, division = row[3], row[4], row[5], row[6]
        said = Said(
            text=row[1],
            said_at=now.replace(year=2026, month=3, day=9, hour=9, minute=30, second=0, microsecond=0),
            channel="import",
            place_words=place,
            lon=float(lon) if lon else None,
            lat=float(lat) if lat else None,
            division=division,
        )
        actions.receive(Statement(said=said, external=number, idempotency=number), viewer=VIEWER, at=now)


@pytest.mark.django_db
def test_more_neighbours_than_are_compared_are_the_newest(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a limit of 20 instead of 320 both ways look at the same twenty."""
    monkeypatch.setattr(nearby, "CANDIDATES", 20)
    monkeypatch.setattr(triage, "_AROUND", triage._AROUND.replace("LIMIT 320", "LIMIT 20"))
    monkeypatch.setattr(triage, "CANDIDATES", 20)
    rows = made(90)
    ways = []
    for way in (one_by_one, take):
        with transaction.atomic():
            way(rows, now)
            ways.append(kept())
            forget()
    assert ways[0] == ways[1]


@pytest.mark.slow
@pytest.mark.usefixtures("own_database")
@pytest.mark.parametrize("killed", [False, True], ids=["alive", "helpers_killed"])
def test_helpers_hear_ahead_and_every_row_is_answered(
    now: datetime, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    monkeypatch.setattr(exchange, "BATCH", 40)
    rows = made(300)
    rows[150][2] = "昨天"
    rows[151][4:6] = ["116.4", "39.9"]
    rows.append(rows[10])
    plain, seen = exchange.Intake.take, set()

    def take_and_look(self: Any, statements: Sequence[Statement]) -> Any:
        pool = self.helpers._pool
        for process in list((pool._processes or {}).values()) if pool is not None else ():
            seen.add(process.pid)
            if killed:
                process.kill()
        return plain(self, statements)

    monkeypatch.setattr(exchange.Intake, "take", take_and_look)
    done = take(rows, now, helpers=2)
    assert seen, "no helper was at work"
    assert (done.new, done.same, [fault.row for fault in done.faults]) == (298, 1, [152, 153])
    opened = OutboxRow.objects.filter(topic="cases.open").count()
    assert Matter.objects.count() == Report.objects.count() == opened == 298
    assert list(verify()) == []
    assert list(run_all(rooms={name.split(".")[0] for name in names()} - {"territory"})) == []
    again = take(rows, now, helpers=2)
    assert (again.new, again.same) == (0, 299)


def test_a_server_with_threads_has_no_helpers(now: datetime) -> None:
    """A child made by one of a server's threads would wait for a lock that another thread held."""
    asked: list[int] = []
    thread = threading.Thread(target=lambda: asked.append(Helpers(now, 3).most))
    thread.start()
    thread.join()
    assert asked == [0]
    assert Helpers(now, 3).most == 3
