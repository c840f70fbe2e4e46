"""The operator's seat: answers while the caller speaks, a number from the telephone system, earlier matters, calls against limits."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from gongbi.kernel import keeping
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.scope.viewer import system
from gongbi.kernel.vault.models import AccessLog
from gongbi.seat import actions, queries, rules
from gongbi.seat.models import CallDay, Use, Version
from tests.desk.conftest import Clock, Desk

pytestmark = pytest.mark.django_db
AtDesk = Callable[[str], Desk]
ME = system("test")
HTMX = {"HX-Request": "true"}


def call() -> dict[str, Any]:
    return {
        "phone": "029 5555 1234", "name": "王小明", "channel": "hotline", "text": "劳动路路口的路灯不亮了，晚上很黑",
        "place_words": "劳动路路口", "language": "zh-hans", "key": "k1",
    }  # fmt: skip


@pytest.fixture
def write(at_desk: AtDesk, clock: Clock) -> Callable[..., Version]:
    """``write("路灯…")``: an article by the clerk, reviewed by the dispatcher."""

    def make(title: str = "路灯不亮多久修好", *, reviewed: bool = True, **more: Any) -> Version:
        given = {"answer": "两个工作日内修好。", "words": "灯坏了"} | more
        today = timezone.localdate(clock.now)
        row = actions.write(viewer=at_desk("clerk").viewer, at=clock.now, today=today, title=title, **given)
        if reviewed:
            actions.review(version_id=row.pk, viewer=at_desk("dispatcher").viewer, at=clock.now)
        return row

    return make


def test_an_answer_is_proposed_while_the_caller_speaks_and_taken_over_by_a_click(
    at_desk: AtDesk, write: Callable[..., Version]
) -> None:
    row = write()
    write("垃圾没有清运", answer="当天清运。")
    clerk = at_desk("clerk")
    piece = clerk.post(
        "/desk/seat/knowledge/propose", {"text": "家门口的路灯不亮了"}, **HTMX
    ).content.decode()
    assert "两个工作日内修好" in piece
    assert "当天清运" not in piece
    taken = clerk.post(f"/desk/seat/knowledge/use/{row.pk}", {"text": "路灯不亮了"}, **HTMX).content.decode()
    assert 'hx-swap-oob="true"' in taken
    # Which wording was read out stays with the matter, whatever becomes of the article.
    assert f"路灯不亮了\n已答复（知识库 KB{row.article.pk} 第 1 版）：两个工作日内修好。" in taken
    assert Use.objects.get().by == clerk.viewer.actor


def test_a_draft_an_old_version_and_an_expired_one_are_never_proposed_nor_taken(
    at_desk: AtDesk, write: Callable[..., Version], clock: Clock
) -> None:
    today = timezone.localdate(clock.now)
    old = write(valid_until=today)
    draft = actions.write(
        viewer=at_desk("clerk").viewer, at=clock.now, today=today, title="路灯不亮", answer="三天修好。", article_id=old.article.pk, expected=1
    )  # fmt: skip

    def proposed() -> str:
        return (
            at_desk("clerk")
            .post("/desk/seat/knowledge/propose", {"text": "路灯不亮"}, **HTMX)
            .content.decode()
        )

    assert "两个工作日" in proposed()  # the draft does not count yet
    assert at_desk("clerk").post(f"/desk/seat/knowledge/use/{draft.pk}", {}, **HTMX).status_code == 404
    clock.on(days=1)
    assert (
        at_desk("clerk").post("/desk/seat/knowledge/propose", {"text": "路灯不亮"}, **HTMX).status_code == 200
    )
    assert "两个工作日" not in proposed()
    assert at_desk("clerk").post(f"/desk/seat/knowledge/use/{old.pk}", {}, **HTMX).status_code == 404
    actions.review(version_id=draft.pk, viewer=at_desk("dispatcher").viewer, at=clock.now)
    assert "三天修好" in proposed()
    assert [one.standing for one in queries.article(ME, old.article.pk, on=today + timedelta(days=1))] == [
        "in_force",
        "replaced",
    ]
    actions.withdraw(article_id=old.article.pk, viewer=at_desk("admin").viewer, at=clock.now)
    assert "三天修好" not in proposed()


def test_what_one_writes_another_reviews(
    at_desk: AtDesk, write: Callable[..., Version], clock: Clock
) -> None:
    row = write(reviewed=False)
    with pytest.raises(Forbidden):
        actions.review(version_id=row.pk, viewer=at_desk("clerk").viewer, at=clock.now)
    own = actions.write(
        viewer=at_desk("dispatcher").viewer, at=clock.now, today=date(2026, 3, 10), title="x", answer="y"
    )
    with pytest.raises(Refused, match="别人"):
        actions.review(version_id=own.pk, viewer=at_desk("dispatcher").viewer, at=clock.now)
    where = f"/desk/seat/knowledge/{row.article.pk}"
    assert at_desk("dispatcher").post(where, {"do": "review", "version": row.pk}).status_code == 302
    row.refresh_from_db()
    assert row.reviewed_at is not None
    given = {"do": "write", "title": "x", "answer": "新的", "expected": 1}
    assert at_desk("clerk").post(where, given).status_code == 302
    assert at_desk("clerk").post(where, given).status_code == 422  # written since
    assert at_desk("clerk").post("/desk/seat/knowledge/new", {"title": "", "answer": "x"}).status_code == 422
    assert at_desk("urban").get("/desk/seat/knowledge").status_code == 403
    page = at_desk("auditor").get("/desk/seat/knowledge?q=路灯")
    assert page.status_code == 200


def test_a_signed_number_opens_the_form_with_the_earlier_matters_and_any_other_does_not(
    at_desk: AtDesk, clock: Clock, settings: Any
) -> None:
    settings.POP_KEY = "k"
    clerk = at_desk("clerk")
    clerk.post("/desk/intake", call())
    at = str(int(clock.now.timestamp()))
    good = {"phone": "02955551234", "at": at, "sign": rules.pop_signature("k", "02955551234", at)}
    page = clerk.get("/desk/intake", good).content.decode()
    assert 'value="02955551234"' in page
    assert "LH2026" in page
    wrong = clerk.get("/desk/intake", good | {"sign": "0" * 64}).content.decode()
    assert 'value="02955551234"' not in wrong
    assert "签名不对" in wrong
    clock.on(minutes=6)
    assert 'value="02955551234"' not in clerk.get("/desk/intake", good).content.decode()


def test_earlier_matters_are_masked_until_the_look_is_recorded(at_desk: AtDesk) -> None:
    clerk = at_desk("clerk")
    clerk.post("/desk/intake", call())
    AccessLog.objects.all().delete()
    piece = clerk.post("/desk/intake/earlier", {"phone": "02955551234"}, **HTMX).content.decode()
    assert "/desk/case/" not in piece
    assert not AccessLog.objects.exists()
    opened = clerk.post("/desk/intake/earlier?reveal", {"phone": "02955551234"}, **HTMX).content.decode()
    assert "/desk/case/" in opened
    assert "来电受理" in AccessLog.objects.get().reason


def test_those_who_write_and_review_are_told_before_an_answer_expires(
    at_desk: AtDesk, write: Callable[..., Version], clock: Clock
) -> None:
    write(valid_until=timezone.localdate(clock.now) + timedelta(days=31))

    def told(role: str) -> bool:
        return "30 天内过期" in at_desk(role).get("/desk/seat/knowledge").content.decode()

    assert not told("dispatcher")
    clock.on(days=1)
    assert [told(role) for role in ("clerk", "dispatcher", "manager")] == [True, True, False]
    assert "即将过期" in at_desk("manager").get("/desk/seat/knowledge").content.decode()


def test_knowledge_goes_out_and_comes_in_again_as_drafts_that_somebody_else_reviews(
    at_desk: AtDesk, write: Callable[..., Version], clock: Clock
) -> None:
    row, admin = write(valid_until=timezone.localdate(clock.now)), at_desk("admin").viewer
    clock.on(days=1)  # its last day is over: that changes nothing either
    [line] = keeping.known("knowledge").rows(ME, on=timezone.localdate(clock.now))  # type: ignore[misc]

    def read(**changed: str) -> Any:
        out = io.StringIO()
        sheet = csv.DictWriter(out, line)
        sheet.writeheader()
        sheet.writerow({**line, **changed})
        return keeping.read(
            "knowledge", io.BytesIO(out.getvalue().encode()), "k.csv", valid_from=date(2026, 3, 10), viewer=admin, at=clock.now
        )  # fmt: skip

    assert read().same == 1
    assert [fault.code for fault in read(number="KB999", valid_until="").faults] == ["seat.article"]
    assert [fault.code for fault in read(answer="三天。").faults] == ["seat.past"]
    given = {"answer": "三天修好。", "valid_until": "2027-01-01"}
    assert (read(**given).changed, read(**given).same) == (1, 1)
    assert read(number="", title="树倒了", valid_until="").new == 1
    assert read(number="", **given).same == 1  # known by its title
    assert sorted((one.number, one.reviewed_at is None) for one in row.article.versions.all()) == [
        (1, False), (2, True)
    ]  # fmt: skip
    with pytest.raises(Refused, match="别人"):
        actions.review(version_id=row.article.versions.get(number=2).pk, viewer=admin, at=clock.now)


SHEET = """日期,请求人工,接通,15秒内应答
2026-03-08,1000,950,900
2026-03-09,400,379,379
2026-03-09x,1,1,1
2026-03-01,10,11,0
2026-03-02,10,10,11
2027-01-01,1,1,1
2026-03-03,a,1,1
"""


def test_calls_are_imported_day_by_day_and_wrong_rows_stop_no_other(at_desk: AtDesk, clock: Clock) -> None:
    def read(text: str) -> Any:
        return keeping.read(
            "calls",
            io.BytesIO(text.encode()),
            "calls.csv",
            valid_from=date(2026, 3, 10),
            viewer=ME,
            at=clock.now,
        )

    result = read(SHEET)
    assert (result.new, result.changed, result.same, len(result.faults)) == (2, 0, 0, 5)
    again = read("日期,请求人工,接通,15秒内应答\n2026-03-08,1000,950,900\n2026-03-09,400,380,380\n")
    assert (again.new, again.changed, again.same, again.faults) == (0, 1, 1, [])
    CallDay.objects.filter(day=date(2026, 3, 9)).update(connected=379, answered_15=379)
    page = at_desk("manager").get("/desk/seat/calls").content.decode()
    assert "95.0%" in page  # exactly at the limit: no chip
    assert "94.7% · 低于 95%" in page
    assert "379\u00a0/\u00a0400" in page  # both rates show what they are made of
    assert "900\u00a0/\u00a0950" in page
    upload = SimpleUploadedFile("calls.csv", SHEET.encode(), "text/csv")
    assert at_desk("admin").post("/desk/lists/calls", {"file": upload}).status_code == 422


def test_the_board_shows_the_calls_of_its_period(at_desk: AtDesk, clock: Clock) -> None:
    manager = at_desk("manager")
    assert "话务统计" not in manager.get("/desk/board/").content.decode().split("<main")[-1]
    CallDay.objects.create(
        day=timezone.localdate(clock.now), offered=100, connected=96, answered_15=90, at=clock.now, by="test"
    )
    assert "96 / 100" in manager.get("/desk/board/").content.decode()


def test_an_administrator_sets_the_limits(at_desk: AtDesk, clock: Clock) -> None:
    assert (
        at_desk("admin").post("/desk/seat/calls", {"connected": "97", "answered_15": "90"}).status_code == 302
    )
    assert queries.thresholds(ME) == {"connected": 0.97, "answered_15": 0.9}
    assert (
        at_desk("admin").post("/desk/seat/calls", {"connected": "0", "answered_15": "101"}).status_code == 422
    )
    assert (
        at_desk("manager").post("/desk/seat/calls", {"connected": "97", "answered_15": "90"}).status_code
        == 403
    )
