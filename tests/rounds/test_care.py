"""Care lists at the desk: kept by whoever answers for the place, seen by nobody else, on a ground, and not for ever."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.keeping import template
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.tables import write_xlsx
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault.models import AccessLog
from gongbi.rounds import actions, lists, queries
from gongbi.rounds.models import Care, CareChange
from tests.desk.conftest import Clock, Desk
from tests.field.test_api import App

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]


@pytest.fixture
def app(at_desk: At) -> App:
    return App(at_desk("grid"))


@pytest.fixture
def keeper(at_desk: At) -> Desk:
    return at_desk("street-manager")


def line(where: str, **more: Any) -> actions.Line:
    given = {"kind": "alone", "name": "赵静安", "phone": "13800005678", "door": "1号楼301", "every_days": 7, "grid": where,
             "ground": "consent", "ground_note": "同意书 2026-03-01"}  # fmt: skip
    return actions.Line(**given | more)


def form(grid: str, **more: Any) -> dict[str, Any]:
    given = {"kind": "alone", "name": "赵静安", "phone": "13800005678", "door": "1号楼301", "grid": grid, "every_days": "7",
             "ground": "consent", "ground_note": "同意书 2026-03-01", "since": "2026-03-01"}  # fmt: skip
    return given | more


def test_put_on_changed_visited_and_taken_off(app: App, keeper: Desk, clock: Clock) -> None:
    answer = keeper.post("/desk/care/new", form(app.grid))
    assert answer.status_code == 302, answer.content.decode()[-1500:]
    care = Care.objects.get()
    assert answer.headers["Location"] == f"/desk/care/{care.pk}?for=upkeep"
    app.post("/entries", app.entry(sort="visit", form="firefly", answers={"doors": "fine"}, care=care.pk))
    page = keeper.get("/desk/care/", {"for": "plan"}).content.decode()
    assert "赵**" in page
    assert "静安" not in page
    assert "1号楼301" in page
    worker = app.desk.viewer.name
    assert page.count(worker) == 2  # who goes there, and who went last
    page = keeper.get(f"/desk/care/{care.pk}", {"for": "plan"}).content.decode()
    assert "同意书 2026-03-01" in page
    assert "13800005678" not in page
    clock.on(minutes=1)
    changed = form(app.grid, name="", phone="", door="1号楼302", expected=care.changed_at.isoformat())
    assert keeper.post(f"/desk/care/{care.pk}", changed).status_code == 302
    care.refresh_from_db()
    assert (care.door, str(care.name), str(care.phone)) == ("1号楼302", "赵**", "138****5678")
    stale = keeper.post(f"/desk/care/{care.pk}", changed)  # the page of before
    assert stale.status_code == 422
    assert "别人刚改过" in stale.content.decode()
    assert (
        keeper.post(f"/desk/care/{care.pk}/end", {"until": "2026-02-01", "reason": "moved"}).status_code
        == 422
    )
    assert (
        keeper.post(f"/desk/care/{care.pk}/end", {"until": "2026-03-10", "reason": "moved"}).status_code
        == 302
    )
    assert app.get("/bundle")["plan"] == []
    assert [one.act for one in CareChange.objects.order_by("pk")] == ["added", "changed", "ended"]
    assert "1号楼302" in keeper.get("/desk/care/", {"for": "upkeep", "tab": "ended"}).content.decode()
    with pytest.raises(Stale):
        actions.change_care(care_id=care.pk, line=line(app.grid), viewer=keeper.viewer, at=clock.now)


def test_the_list_opens_for_a_purpose_and_each_look_is_kept(app: App, keeper: Desk, clock: Clock) -> None:
    actions.add_care(line=line(app.grid), since=clock.now.date(), viewer=keeper.viewer, at=clock.now)
    key = Care.objects.get().pk
    before = AccessLog.objects.count()
    page = keeper.get("/desk/care/").content.decode()
    assert "独居老人" in page  # how many
    assert "1号楼301" not in page
    assert "1号楼301" not in keeper.get("/desk/care/", {"for": "curiosity"}).content.decode()
    assert keeper.get(f"/desk/care/{key}").status_code == 302
    assert AccessLog.objects.count() == before
    keeper.get("/desk/care/", {"for": "emergency"})
    keeper.get(f"/desk/care/{key}", {"for": "plan"})
    assert [one.reason.split("：")[0] for one in AccessLog.objects.order_by("-id")[:2]] == [
        "安排走访",
        "应急联络",
    ]
    assert keeper.post(f"/desk/care/{key}/open/name", {"reason": "x"}).status_code == 422
    shown = keeper.post(f"/desk/care/{key}/open/phone", {"reason": "家属来电核对"})
    assert "13800005678" in shown.content.decode()
    assert AccessLog.objects.latest("id").reason == "家属来电核对"


def test_nobody_else_sees_that_there_is_a_list(app: App, at_desk: At, keeper: Desk, clock: Clock) -> None:
    care, _fresh = actions.add_care(
        line=line(app.grid), since=clock.now.date(), viewer=keeper.viewer, at=clock.now
    )
    paths = (
        "/desk/care/?for=plan",
        f"/desk/care/{care.pk}?for=plan",
        "/desk/care/care.xlsx?for=plan",
        "/desk/care/new",
    )
    for login in (
        "manager",
        "dispatcher",
        "community",
        "street",
        "checker",
        "auditor",
        "admin",
        "security",
        "grid",
    ):
        for path in paths:
            assert at_desk(login).get(path).status_code == 403, (login, path)
        assert (
            "/desk/care/"
            not in at_desk(login).get("/field/team" if login == "manager" else "/").content.decode()
        )
    elsewhere = Viewer(actor="post:9", role="manager", post_id=9, territories=("610104009",))
    district = Viewer(actor="post:8", role="manager", post_id=8, territories=("610104",))
    community = Viewer(actor="post:7", role="manager", post_id=7, territories=(app.grid[:12],))
    for viewer in (elsewhere, district):
        assert queries.care_list(viewer, at=clock.now) == []
        with pytest.raises(NotThere):
            queries.care_kept(care.pk, viewer)
        with pytest.raises(Forbidden):
            actions.add_care(line=line(app.grid), since=clock.now.date(), viewer=viewer, at=clock.now)
        with pytest.raises(NotThere):
            actions.end_care(
                care_id=care.pk, until=clock.now.date(), reason="over", viewer=viewer, at=clock.now
            )
        with pytest.raises(Forbidden):
            vault.unseal(care, "name", viewer=viewer, reason="想看一看", at=clock.now)
    assert [one.care.pk for one in queries.care_list(community, at=clock.now)] == [care.pk]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"kind": "politics"}, "kind"),
        ({"name": ""}, "name"),
        ({"door": ""}, "door"),
        ({"grid": "610104"}, "grid"),
        ({"every_days": 0}, "every_days"),
        ({"ground": ""}, "ground"),
        ({"kind": "left"}, "ground"),  # a child's own agreement is none
        ({"ground_note": "有"}, "ground_note"),
    ],
)
def test_nobody_is_kept_without_a_ground(more: dict[str, Any], field: str, clock: Clock) -> None:
    with pytest.raises(Refused) as told:
        actions.add_care(
            line=line("610104001001001", **more), since=clock.now.date(), viewer=system("test"), at=clock.now
        )
    assert told.value.field == field
    assert not Care.objects.exists()


def test_what_is_wrong_stands_beside_its_field(app: App, keeper: Desk) -> None:
    page = keeper.post("/desk/care/new", form(app.grid, kind="left", name="周亦凡"))
    assert page.status_code == 422
    assert "儿童本人的同意不作数" in page.content.decode()
    assert 'value="周亦凡"' in page.content.decode()  # what was typed is kept
    assert not Care.objects.exists()


def test_who_asks_to_be_taken_off_is_forgotten_at_once_others_by_schedule(
    app: App, keeper: Desk, clock: Clock
) -> None:
    first, _fresh = actions.add_care(
        line=line(app.grid), since=clock.now.date(), viewer=keeper.viewer, at=clock.now
    )
    second, _fresh = actions.add_care(
        line=line(app.grid, name="钱若谷"), since=clock.now.date(), viewer=keeper.viewer, at=clock.now
    )
    today = clock.now.date()
    for care, reason in ((first, "asked"), (second, "moved")):
        actions.end_care(care_id=care.pk, until=today, reason=reason, viewer=keeper.viewer, at=clock.now)
    first.refresh_from_db()
    assert (str(first.name), str(first.phone), first.door, first.ground_note) == ("", "", "", "")
    vault.purge(viewer=system("purge"), at=clock.now + timedelta(days=179))
    second.refresh_from_db()
    assert second.door == "1号楼301"
    vault.purge(viewer=system("purge"), at=clock.now + timedelta(days=182))
    second.refresh_from_db()
    assert (str(second.name), second.door, second.kind) == (
        "",
        "",
        "alone",
    )  # that there was a visit stays countable


def test_a_sheet_comes_in_row_by_row_and_goes_out_masked(app: App, keeper: Desk) -> None:
    given = {"kind": "独居老人", "name": "赵静安", "door": "1号楼301", "grid": app.grid, "every_days": "7", "ground": "本人同意",
             "ground_note": "同意书 2026-03-01"}  # fmt: skip
    rows = [
        given,
        given | {"kind": "留守儿童", "name": "周亦凡"},
        given | {"grid": "610104009001001", "name": "孙怀瑾"},
    ]

    def send(rows: list[dict[str, Any]]) -> str:
        file = SimpleUploadedFile("care.xlsx", write_xlsx(lists.COLUMNS, rows))
        return keeper.post("/desk/care/sheet", {"file": file}).content.decode()

    page = send(rows)
    assert "新增 1，" in page
    assert "有误 2。" in page
    assert "儿童本人的同意不作数" in page
    assert "且只限本社区、本街道的网格" in page
    assert "未变 1，" in send(rows[:1])  # read twice: nobody twice
    out = keeper.get("/desk/care/care.xlsx", {"for": "upkeep"})
    assert AccessLog.objects.latest("id").subject == "export:care"
    table = CalamineWorkbook.from_filelike(io.BytesIO(out.content)).get_sheet_by_index(0).to_python()
    assert "赵**" in table[1]
    assert "静安" not in str(table)
    again = keeper.post(
        "/desk/care/sheet", {"file": SimpleUploadedFile("care.xlsx", out.content)}
    ).content.decode()
    assert "未变 1，有误 0。" in again
    assert str(Care.objects.get().name) == "赵**"
    assert keeper.get("/desk/care/template.xlsx").content[:2] == template("care")[:2] == b"PK"
