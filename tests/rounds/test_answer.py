"""Typed once: one entry stands in every ledger, and the hotline's answer is written out of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from gongbi.cases import actions as cases
from gongbi.cases.models import Case
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.rounds import catalogue
from tests.desk.conftest import Desk, World
from tests.field.test_api import App, key

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


@pytest.fixture
def app(at_desk: At) -> App:
    return App(at_desk("grid"))


def solved(app: App) -> dict[str, Any]:
    body = app.entry(
        sort="visit", form="walk_in", answers={"met": "yes", "topic": "safety"}, place_words="2号楼东侧", floor=1,
        photos=[app.photo()], note="果皮箱已扶正并清理", matter={"kind": "E0201", "did": "solved"},
    )  # fmt: skip
    status, told = app.post("/entries", body)
    assert status == 200, told
    return dict(told)


def test_one_entry_stands_in_every_ledger(app: App) -> None:
    told = solved(app)
    assert told["ledgers"] == list(catalogue.LEDGERS) == ["visits", "patrol", "urban", "hotline"]
    for name in told["ledgers"]:
        book = CalamineWorkbook.from_filelike(io.BytesIO(app.desk.get(f"/field/ledger/{name}").content))
        rows = book.get_sheet_by_index(0).to_python()
        assert len(rows) == 2, name
        assert told["number"] in rows[1], name
        assert "果皮箱已扶正并清理" in rows[1], name


def hotline(world: World, app: App, unit: str) -> Case:
    """A caller's matter of the same kind in the same grid, at the unit that handles it."""
    case = world.say("2号楼旁边的果皮箱倒了", channel="hotline", kind="E0201", lon=None, lat=None, division=app.grid,
                     viewer=world.who("clerk"), phone="029-55551234")  # fmt: skip
    dispatcher = world.who("dispatcher")
    cases.accept(case_id=case.pk, viewer=dispatcher, at=world.clock.on(minutes=1), kind="E0201")
    cases.dispatch(case_id=case.pk, viewer=dispatcher, at=world.clock.on(minutes=1), unit_id=world.unit(unit))
    cases.sign(case_id=case.pk, viewer=world.who("urban"), at=world.clock.on(minutes=1))
    return Case.objects.get(pk=case.pk)


def test_the_hotlines_answer_is_written_out_of_what_was_typed_once(
    app: App, world: World, at_desk: At
) -> None:
    solved(app)
    case = hotline(world, app, "urban_management")
    desk = at_desk("urban")
    page = desk.get(f"/desk/case/{case.number}", {"step": "finish"}).content.decode()
    assert "现场：果皮箱已扶正并清理（当场解决）（2号楼东侧，照片 1 张）" in page
    assert app.desk.viewer.name not in page  # what, never who
    value = page.split('name="material" value="')[1].split('"')[0]
    nothing = desk.do(case, "finish", result="")
    assert nothing.status_code == 422
    assert not LedgerEntry.objects.filter(matter_id=case.pk, transition="finish").exists()
    photos = [world.photo(91)]
    from gongbi.kernel.files import queries as files
    from gongbi.kernel.files.models import StoredFile

    ticket = files.ticket(StoredFile.objects.get(pk=photos[0]), at=world.clock.now)
    done = desk.do(case, "finish", result="", material=[value], photos_kept=[ticket])
    assert done.status_code == 302, done.content.decode()[-1500:]
    facts = LedgerEntry.objects.get(matter_id=case.pk, transition="finish").facts
    assert "果皮箱已扶正并清理" in facts["result"]


def test_what_a_task_found_is_offered_too_and_elsewhere_nothing(app: App, world: World, at_desk: At) -> None:
    from gongbi.field.doing import ask

    case = world.say("2号楼旁边的果皮箱倒了", kind="E0201", lon=None, lat=None, division=app.grid)
    app.post("/shifts", {"key": key(), "at": app.at})
    task = ask(case.number, "", world.who("dispatcher"), at=world.clock.now)
    app.post(f"/tasks/{task.pk}/report", {"key": key(), "verdict": "true", "finding": "确实倒了，压住盲道"})
    dispatcher = world.who("dispatcher")
    cases.accept(case_id=case.pk, viewer=dispatcher, at=world.clock.on(minutes=1), kind="E0201")
    cases.dispatch(
        case_id=case.pk,
        viewer=dispatcher,
        at=world.clock.on(minutes=1),
        unit_id=world.unit("urban_management"),
    )
    cases.sign(case_id=case.pk, viewer=world.who("urban"), at=world.clock.on(minutes=1))
    desk = at_desk("urban")
    assert "确实倒了，压住盲道" in desk.get(f"/desk/case/{case.number}", {"step": "finish"}).content.decode()
    other = world.case("handling")
    page = desk.get(f"/desk/case/{other.number}", {"step": "finish"}).content.decode()
    assert 'name="material"' not in page
