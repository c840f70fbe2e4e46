"""What administrators, auditors and the security administrator do: lists in and out, calendar, rules on trial, letters, chains."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.module_loading import module_has_submodule

from gongbi.cases.settings import DEFAULTS
from gongbi.desk.pages.reference import JOBS
from gongbi.duties import queries as duties
from gongbi.duties.exchange import LISTS
from gongbi.kernel import keeping
from gongbi.kernel.clock.actions import set_office_hours
from gongbi.kernel.clock.queries import stored_days
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.outbox.periodic import all_jobs
from gongbi.kernel.tables import read_table, write_csv
from tests.desk.conftest import Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
PAGES = ("/desk/lists", "/desk/calendar", "/desk/settings", "/desk/letters", "/desk/rules")


def sheet(text: str, name: str = "list.csv", encoding: str = "utf-8") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(encoding), "text/csv")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("login", "status"), [("admin", 200), ("auditor", 200), ("dispatcher", 403), ("security", 403)]
)
def test_who_may_see_what_is_kept(page: str, login: str, status: int, at_desk: At) -> None:
    assert at_desk(login).get(page).status_code == status


@pytest.mark.parametrize("name", [name for name, kept in keeping.lists(desk=True).items() if kept.columns])
def test_the_template_of_a_list_has_the_columns_that_its_reader_wants(name: str, at_desk: At) -> None:
    answer = at_desk("admin").get(f"/desk/lists/{name}/template.xlsx")
    assert answer.status_code == 200
    columns = keeping.known(name).columns
    assert (
        list(read_table(io.BytesIO(answer.content), "t.xlsx", columns)) == []
    )  # no row, and nothing missing


def test_a_list_is_answered_row_by_row_and_good_rows_are_kept(at_desk: At) -> None:
    from gongbi.parties.models import Unit

    columns = {column.key: column.zh for column in keeping.known("units").columns}
    text = f"{columns['code']},{columns['name']},{columns['kind']}\nfirm_77,七七物业,property_firm\n坏 代码,坏,property_firm\n"
    answer = at_desk("admin").post("/desk/lists/units", {"file": sheet(text), "valid_from": "2026-03-10"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert Unit.objects.filter(code="firm_77").exists()
    assert '<th scope="row" class="num">3</th>' in page  # the row as the spreadsheet program numbers it
    assert "坏 代码" in page


def test_gb18030_is_read(at_desk: At) -> None:
    from gongbi.parties.models import Unit

    columns = {column.key: column.zh for column in keeping.known("units").columns}
    text = f"{columns['code']},{columns['name']},{columns['kind']}\nfirm_78,七八物业,property_firm\n"
    at_desk("admin").post(
        "/desk/lists/units", {"file": sheet(text, encoding="gb18030"), "valid_from": "2026-03-10"}
    )
    assert Unit.objects.get(code="firm_78").name == "七八物业"


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", "没有列,的表\n1,2\n".encode()])
def test_a_file_that_is_no_list_is_refused_beside_the_field(data: bytes, at_desk: At) -> None:
    file = SimpleUploadedFile("x.xlsx", data)
    answer = at_desk("admin").post("/desk/lists/units", {"file": file, "valid_from": "2026-03-10"})
    assert answer.status_code == 422
    assert 'id="id_file_wrong"' in answer.content.decode()


def test_boundaries_that_overlap_are_named_and_held(at_desk: At) -> None:
    from gongbi.territory import queries as territory

    admin = at_desk("admin")
    ring = [[108.9, 34.26], [108.901, 34.26], [108.901, 34.261], [108.9, 34.261], [108.9, 34.26]]
    codes = [d.code for d in territory.divisions(level="grid", on=admin.clock.now)[:2]]
    features = ",".join(
        f'{{"type":"Feature","properties":{{"code":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}'
        for code in codes
    )
    file = SimpleUploadedFile("b.geojson", f'{{"type":"FeatureCollection","features":[{features}]}}'.encode())
    answer = admin.post("/desk/lists/boundaries", {"file": file, "valid_from": "2026-04-01"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert codes[0] in page
    assert "暂扣" in page


def test_nobody_else_uploads(at_desk: At) -> None:
    file = sheet("a,b\n")
    for login in ("auditor", "dispatcher", "security"):
        answer = at_desk(login).post("/desk/lists/units", {"file": file, "valid_from": "2026-03-10"})
        assert answer.status_code == 403


def test_a_notice_with_a_contradiction_changes_no_day(at_desk: At) -> None:
    before = stored_days()
    text = "日期,上班/休息,节日\n2027-01-01,休息,元旦\n2027-01-01,上班,元旦\n"
    answer = at_desk("admin").post("/desk/lists/calendar", {"file": sheet(text), "valid_from": "2026-03-10"})
    assert answer.status_code == 422
    assert stored_days() == before
    good = "日期,上班/休息,节日\n2027-01-01,休息,元旦\n2027-10-01,休息,国庆节\n"
    assert (
        at_desk("admin")
        .post("/desk/lists/calendar", {"file": sheet(good), "valid_from": "2026-03-10"})
        .status_code
        == 200
    )
    assert stored_days() != before
    assert "2027-10-01" in at_desk("admin").get("/desk/calendar?year=2027").content.decode()


def test_every_setting_says_where_it_comes_from(at_desk: At) -> None:
    desk = at_desk("auditor")
    page = desk.get("/desk/settings").content.decode()
    english = desk.get("/desk/settings", **{"Accept-Language": "en"}).content.decode()
    for default in DEFAULTS.values():
        zh, en = default.source
        assert zh in page
        assert en.replace("'", "&#x27;") in english
    assert "own default" not in page
    assert "未核对" in page


def test_undelivered_events_are_sent_again_by_the_administrator_alone(world: World, at_desk: At) -> None:
    world.case("received")
    row = OutboxRow.objects.order_by("pk").first()
    assert row is not None
    OutboxRow.objects.filter(pk=row.pk).update(dead_at=world.clock.now, attempts=9, last_error="no route")
    assert "no route" in at_desk("auditor").get("/desk/letters").content.decode()
    assert at_desk("auditor").post("/desk/letters", {"row": row.pk}).status_code == 403
    assert at_desk("admin").post("/desk/letters", {}).status_code == 302
    row.refresh_from_db()
    assert row.dead_at is not None
    assert at_desk("admin").post("/desk/letters", {"row": row.pk}).status_code == 302
    row.refresh_from_db()
    assert (row.dead_at, row.attempts) == (None, 0)


# --- Routing rules ----------------------------------------------------------------------------------------------------


def rules_file(lead: str) -> SimpleUploadedFile:
    rows = [
        {
            "code": "R001",
            "position": "1",
            "kinds": "C0137",
            "lead": lead,
            "reason_zh": "试",
            "reason_en": "try",
        },
    ]
    return SimpleUploadedFile("rules.csv", b"".join(write_csv(LISTS["routes"], rows)))


def test_a_draft_is_tried_on_the_past_before_it_takes_effect(world: World, at_desk: At) -> None:
    world.case("closed")
    admin = at_desk("admin")
    made = admin.post("/desk/rules", {"title": "路灯归住建", "file": rules_file("department:housing")})
    where = made["Location"]
    day = (world.clock.now + timedelta(days=1)).date().isoformat()
    early = admin.post(where, {"do": "activate", "valid_from": day})
    assert early.status_code in (200, 422)
    assert "试算" in early.content.decode()
    assert not any(
        rule.lead == "department:housing" and rule.code == "R001" for rule in duties.routing_rules()
    )
    page = admin.post(where, {"do": "try"}).content.decode()
    assert "department:urban_management → department:housing" in page
    assert admin.post(where, {"do": "activate", "valid_from": day}).status_code == 302
    assert [rule.lead for rule in duties.routing_rules()] == ["department:housing"]


def test_a_draft_with_a_wrong_rule_names_it(at_desk: At) -> None:
    answer = at_desk("admin").post("/desk/rules", {"title": "坏", "file": rules_file("somebody")})
    assert answer.status_code == 422
    assert "R001" in answer.content.decode()


# --- The ledger -------------------------------------------------------------------------------------------------------


def test_the_auditor_sees_the_chain_hold_and_break(world: World, at_desk: At) -> None:
    case, auditor = world.case("handling"), at_desk("auditor")
    page = auditor.get("/desk/ledger", {"number": case.number}).content.decode()
    assert "链条完整：4 条记录" in page
    assert "待派遣 → 待签收" in page  # people's words, not the codes of the flow
    receipt = case.reports.get().number
    assert case.number in auditor.get("/desk/ledger", {"number": receipt}).content.decode()
    entry = LedgerEntry.objects.filter(matter_id=case.pk, seq=2).get()
    entry.facts["kind"] = "C9999"
    _forge(entry)
    assert "链条断裂" in auditor.get("/desk/ledger", {"number": case.number}).content.decode()


def test_the_auditor_reads_who_opened_a_number_and_why(world: World, at_desk: At) -> None:
    case, auditor = world.case("checked", channel="hotline"), at_desk("auditor")
    assert "无人。" in auditor.get("/desk/ledger", {"number": case.number}).content.decode()
    where = f"/desk/case/{case.number}/report/{case.reports.get().pk}/phone"
    plain = at_desk("clerk").post(where, {"reason": "回访来电人"}, **{"HX-Request": "true"}).content.decode()
    number = re.search(r'href="tel:(\d{8,})"', plain.replace("-", ""))
    assert number  # one tap calls
    page = auditor.get("/desk/ledger", {"number": case.number}).content.decode()
    line = re.search(r"<li>([^\n]*回访来电人)</li>", page)
    assert line
    assert "12345热线受理中心" in line[1]
    assert " 电话 " in line[1]
    assert "0295555" not in page.replace("-", "")


def _forge(entry: Any) -> None:
    """Change a row behind the house's back: the append-only trigger is taken away first."""
    import orjson
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
                ["ledger_ledgerentry"],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute(
                "SET CONSTRAINTS ALL IMMEDIATE"
            )  # what waits for the end of the transaction is checked now
            cursor.execute("ALTER TABLE ledger_ledgerentry DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ledger_ledgerentry SET facts = %s WHERE id = %s",
            [orjson.dumps(entry.facts).decode(), entry.pk],
        )


@pytest.mark.parametrize("number", ["AJ20260310-000001-9", "hello", "1", "＇"])
def test_a_number_that_is_none_is_answered_in_words(number: str, at_desk: At) -> None:
    answer = at_desk("auditor").get("/desk/ledger", {"number": number})
    assert answer.status_code == 200
    assert "没有这个编号" in answer.content.decode()


def test_the_auditor_sees_who_opened_what_and_opens_nothing(world: World, at_desk: At) -> None:
    case = world.case("received", channel="hotline", name="王小明")
    report = case.reports.get()
    at_desk("dispatcher").post(f"/desk/case/{case.number}/report/{report.pk}/name", {"reason": "核对地点"})
    auditor = at_desk("auditor")
    page = auditor.get("/desk/ledger", {"number": case.number}).content.decode()
    assert "核对地点" in page
    assert "王小明" not in page
    refused = auditor.post(f"/desk/case/{case.number}/report/{report.pk}/name", {"reason": "审计抽查"})
    assert refused.status_code == 403


def test_the_security_administrator_sees_who_came_in(at_desk: At) -> None:
    at_desk("dispatcher")
    page = at_desk("security").get("/desk/access").content.decode()
    assert "最近的登录" in page
    assert "建立演示区" in page  # people's words, not the codes of the record
    assert "demo_built" not in page
    assert "system:demo" not in page
    assert at_desk("admin").get("/desk/access").status_code == 403


def test_the_calendar_shows_the_hours_that_were_entered_and_jobs_have_names(at_desk: At, clock: Any) -> None:
    admin = at_desk("admin")
    assert "08:00–12:00, 14:00–18:00" in admin.get("/desk/calendar").content.decode()
    set_office_hours(
        date(2026, 6, 1), [["08:30", "12:00"], ["15:00", "18:30"]], at=clock.now, viewer=admin.viewer
    )
    assert "2026-06-01 起 08:30–12:00, 15:00–18:30" in admin.get("/desk/calendar").content.decode()
    assert "办公时间（2026-06-01 起）" in at_desk("auditor").get("/desk/ledger").content.decode()


def test_every_job_that_comes_round_is_known_by_words() -> None:
    for room in apps.get_app_configs():
        if module_has_submodule(room.module, "tasks"):
            import_module(f"{room.name}.tasks")
    assert {job.name for job in all_jobs() if job.name.split(".")[0] != "test"} == set(JOBS)
