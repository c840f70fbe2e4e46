"""Every list that people keep: its template is downloaded, filled in and sent back; what goes out comes in again."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from gongbi.cases import actions
from gongbi.channels.actions import save_source
from gongbi.duties import queries as duties
from gongbi.duties.exchange import LISTS, shipped
from gongbi.kernel import keeping
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.tables import read_table, write_xlsx
from gongbi.kernel.vault.fields import open_value
from gongbi.kernel.vault.models import AccessLog
from gongbi.kernel.vault.queries import breaches
from gongbi.ops import cli
from gongbi.parties.models import Person, Unit
from tests.desk.conftest import Clock, Desk, World

pytestmark = pytest.mark.django_db
At = Callable[[str], Desk]
EYE = system("test")
OFFERED = [name for name, kept in keeping.lists(desk=True).items() if kept.columns and not kept.tried]


DEVICE = {
    "number": "SM-91", "kind": "smoke", "place": "劳动一坊小区1号楼", "division": "610104001001", "owner": "试验物业", "purpose": "楼道火灾报警",
    "sign_number": "GS-91", "sign_text": "本处安装烟雾探测器，只测烟雾，由试验物业设置，读数保存7天。", "keep_days": "7",
}  # fmt: skip
RUNG = {"flow": "order", "clock": "sign", "minutes": "45", "to": "head", "source": "试验"}
PLAN = {
    "plan": "trial", "name": "试验预案", "kind": "供水管道爆裂", "source": "试验", "verified": "否", "step": "valve", "zh": "关闭阀门",
    "role": "抢险救援", "minutes": "30",
}  # fmt: skip
STOCK = {
    "code": "depot_91", "sort": "物资库", "name": "试验库", "territory": "610104001", "item": "抽水泵", "total": "4",
}  # fmt: skip
FEWER = {
    "devices": 0,
    "hotline-terms": 4,
    "channel-mappings": 0,
    "calls": 0,
    "knowledge": 0,
    "ladder": 0,
    "whistle-scores": 0,
    "plans": 0,
    "stock": 0,
    "rotas": 0,
    "duty-members": 0,
    "duty": 0,
}  # the lists that begin with less than half a dozen


def first_of(name: str, **changed: str) -> dict[str, str]:
    """The first row of a shipped list, changed."""
    row = next(iter(read_table(shipped(name), f"{name}.csv", LISTS[name])))
    return {**row.values, "valid_from": "", **changed}


def mapped(**changed: str) -> dict[str, str]:
    """A code of a network that is there."""
    save_source(code="nine", name="九网", kind="net", viewer=EYE, at=timezone.now())
    return {"source": "nine", "theirs": "0107", "name": "井盖", "kind": "C0101", **changed}


ROTA = {
    "rota": "trial-watch", "name": "试验值班", "kind": "other", "unit": "urban_management", "shift": "夜班", "starts": "20:00", "ends": "08:00",
    "days": "daily", "needed": "1", "sort": "watch",
}  # fmt: skip


def standing(**more: str) -> dict[str, str]:
    """Somebody who may stand in a roster that is there."""
    from gongbi.roster.exchange import ROTAS, import_rotas

    sheet = io.BytesIO(write_xlsx(ROTAS, [ROTA]))
    import_rotas(sheet, "rotas.xlsx", valid_from=date(2026, 1, 1), viewer=EYE, at=timezone.now())
    person = Person.objects.filter(posts__unit__code="urban_management", posts__role="handler").order_by(
        "pk"
    )[0]
    return {"rota": "trial-watch", "number": person.number, **more}


def turned(**more: str) -> dict[str, str]:
    """A turn of tomorrow, whenever today is."""
    day = timezone.localdate() + timedelta(days=1)
    return standing(starts=f"{day} 08:00", ends=f"{day} 20:00", sort="watch") | more


# list → (a good row, the same row made wrong, the heading of the column that is wrong)
FILLED: dict[str, Callable[[], tuple[dict[str, str], dict[str, str], str]]] = {
    "divisions": lambda: ({"code": "610104099", "name": "试验街道", "households": "420"}, {"code": "61x", "name": "坏"}, "区划代码"),
    "places": lambda: ({"name": "试验小区", "kind": "compound", "aliases": "试验院；一号院", "lon": "108.92", "lat": "34.27"}, {"name": "坏", "kind": "planet"}, "类型"),
    "units": lambda: ({"code": "firm_91", "name": "九一物业", "kind": "property_firm"}, {"code": "坏 代码", "name": "坏", "kind": "property_firm"}, "单位代码"),
    "people": lambda: ({"number": "P91", "name": "示范人", "phone": "029-55509191"}, {"number": "P92", "name": ""}, "姓名"),
    "posts": lambda: (
        {"number": "P91", "unit": "urban_management", "role": "handler", "valid_from": "2026-03-11"},
        {"number": "P91", "unit": "nowhere", "role": "handler", "valid_from": "2026-03-11"}, "单位代码",
    ),
    "kinds": lambda: (first_of("kinds", code="C0198"), first_of("kinds", code="X1"), "编码"),
    "standards": lambda: (first_of("standards", number="97"), first_of("standards", number="98", limit="很快"), "处置时限"),
    "duty-list": lambda: (first_of("lists", code="P998"), first_of("lists", code="P999", kinds="C9999"), "对应类别"),
    "questions": lambda: (first_of("questions", key="new_one"), first_of("questions", key="other", type="choice", choices=""), "选项"),
    "words": lambda: (first_of("words", group="safety", key="s91"), first_of("words", group="emergency", key="911"), "代号"),
    "hotline-terms": lambda: (
        {"kind": "建议", "urgency": "复杂", "answer": "10个法定工作日", "giving_back": "1个法定工作日", "basis": "试验"},
        {"kind": "建议", "answer": "很快", "giving_back": "1个法定工作日", "basis": "试验"}, "答复时限",
    ),
    "channel-mappings": lambda: (mapped(), mapped(theirs="0108", kind="Z9999"), "我们的类别"),
    "calls": lambda: (
        {"day": "2026-03-09", "offered": "412", "connected": "405", "answered_15": "390"},
        {"day": "2026-03-08", "offered": "很多", "connected": "405", "answered_15": "390"}, "请求人工",
    ),
    "knowledge": lambda: (
        {"title": "路灯不亮多久修好", "answer": "两个工作日内修好。", "valid_until": "2026-12-31"},
        {"title": "垃圾没有清运", "answer": "当天清运。", "valid_until": "明年"}, "有效期的最后一天",
    ),
    "devices": lambda: (DEVICE, {**DEVICE, "number": "SM-92", "kind": "camera"}, "设备类型"),
    "ladder": lambda: (RUNG, {**RUNG, "minutes": "很快"}, "过时分钟"),
    "whistle-scores": lambda: (
        {"code": "signed_late", "points": "10", "source": "试验"}, {"code": "nothing", "points": "10", "source": "试验"}, "情形",
    ),
    "rotas": lambda: (ROTA, {**ROTA, "days": "sometimes"}, "哪些天"),
    "duty-members": lambda: (standing(place="1"), standing(place="1", number="nobody"), "工号"),
    "duty": lambda: (turned(), turned(number="nobody"), "工号"),
    "plans": lambda: (PLAN, {**PLAN, "plan": "bad", "role": "看客"}, "角色"),
    "stock": lambda: (STOCK, {**STOCK, "item": "黄金"}, "品名"),
    "calendar": lambda: ({"date": "2027-01-01", "working": "休息", "name": "元旦"}, {"date": "2027-02-30", "working": "休息"}, "日期"),
}  # fmt: skip


def fill(template: bytes, columns: Any, rows: list[dict[str, str]]) -> bytes:
    """The downloaded form with rows typed into it, as a spreadsheet program stores them; nothing else of it is touched."""
    lines = []
    for number, row in enumerate(rows, start=2):
        cells = "".join(
            f'<c r="{_letter(place)}{number}" t="inlineStr"><is><t>{escape(row.get(column.key, ""))}</t></is></c>'
            for place, column in enumerate(columns)
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(template)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                text = data.decode().replace("</sheetData>", "".join(lines) + "</sheetData>")
                data = re.sub(
                    r'<dimension ref="[^"]*"', f'<dimension ref="A1:AZ{len(rows) + 1}"', text
                ).encode()
            new.writestr(item, data)
    return out.getvalue()


def _letter(place: int) -> str:
    return chr(65 + place) if place < 26 else "A" + chr(65 + place - 26)


def send(desk: Desk, name: str, data: bytes) -> Any:
    return desk.post(f"/desk/lists/{name}", {"file": SimpleUploadedFile(f"{name}.xlsx", data)})


@pytest.mark.parametrize("name", OFFERED)
def test_a_downloaded_template_is_filled_in_and_comes_back(name: str, at_desk: At) -> None:
    admin, columns = at_desk("admin"), keeping.known(name).columns
    if name == "posts":
        send(
            admin,
            "people",
            fill(_form(admin, "people"), keeping.known("people").columns, [FILLED["people"]()[0]]),
        )
    good, bad, column = FILLED[name]()
    form = _form(admin, name)
    done = send(admin, name, fill(form, columns, [good]))
    page = done.content.decode()
    assert done.status_code == 200, page
    assert re.search(r"新增 ?1|改动 ?[1-9]|变更 ?[1-9]", page), page
    again = send(admin, name, fill(form, columns, [bad, good] if name != "calendar" else [good, bad]))
    page = again.content.decode()
    assert again.status_code == 422
    row = "3" if name == "calendar" else "2"
    assert re.search(rf'class="num">{row}</th><td class="tight">{column}', page), page


def _form(desk: Desk, name: str) -> bytes:
    answer = desk.get(f"/desk/lists/{name}/template.xlsx")
    assert answer.status_code == 200
    return answer.content


def test_every_list_on_offer_is_tried_here() -> None:
    assert set(FILLED) == set(OFFERED)


def test_routing_rules_lead_to_their_trial_and_are_never_read_straight_in(at_desk: At) -> None:
    admin = at_desk("admin")
    before = duties.routing_rules()
    data = fill(_form(admin, "routes"), LISTS["routes"], [first_of("routes", lead="department:housing")])
    assert send(admin, "routes", data)["Location"] == "/desk/rules"
    assert duties.routing_rules() == before
    assert 'href="/desk/lists/routes"' not in admin.get("/desk/lists").content.decode()


# --- The command gongbi import routes ----------------------------------------------------------------------------------


def route_file(tmp_path: Path, lead: str) -> Path:
    file = tmp_path / "rules.csv"
    row = first_of("routes", code="R001", position="1", kinds="C0137", lead=lead, co="")
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [column.key for column in LISTS["routes"]])
        writer.writeheader()
        writer.writerow(row)
    return file


def test_the_command_shows_the_trial_and_waits_for_a_yes(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from gongbi.ops.commands import imports

    world.case("closed")
    monkeypatch.setattr(imports, "now", lambda: world.clock.now)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    before = duties.routing_rules()
    words = ["import", "routes", str(route_file(tmp_path, "department:housing"))]
    assert cli.main(words) == 1
    out, err = capsys.readouterr()
    assert "1 rules, tried on 1 past matters" in out
    assert "department:urban_management → department:housing" in out
    assert "--yes" in err
    assert duties.routing_rules() == before
    later = (world.clock.now + timedelta(days=1)).date().isoformat()
    assert cli.main([*words, "--yes", "--from", later]) == 0
    out, err = capsys.readouterr()
    assert (f"In force from {later}" in out, err) == (True, "")
    assert [rule.lead for rule in duties.routing_rules(on=date.fromisoformat(later))] == [
        "department:housing"
    ]
    assert len(duties.rule_drafts(EYE)) == 1  # the same table is the same draft


def test_the_command_takes_no_rule_of_a_table_with_a_wrong_one(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["import", "routes", str(route_file(tmp_path, "somebody")), "--yes"]) == 1
    out, err = capsys.readouterr()
    assert err.startswith("row 2 · ")
    assert "no rule was taken" in out
    assert duties.rule_drafts(EYE) == []


# --- Out --------------------------------------------------------------------------------------------------------------


def export(name: str, tmp_path: Path, *words: str, suffix: str = "csv") -> tuple[int, Path]:
    out = tmp_path / f"{name}.{suffix}"
    return cli.main(["export", name, str(out), *words]), out


def table(file: Path) -> list[dict[str, str]]:
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as text:
            return list(csv.DictReader(text))
    from gongbi.cases.exporting import CASE_COLUMNS

    return [dict(row.values) for row in read_table(file.read_bytes(), file.name, CASE_COLUMNS)]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_cases_go_out_masked(
    suffix: str, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = "138" + "0" * 8
    case = world.case("handled", channel="hotline", name="王小明", text=f"路灯不亮，请打{number}")
    status, out = export("cases", tmp_path, "--from", "2026-03-10", "--to", "2026-03-10", suffix=suffix)
    assert status == 0
    assert "1 rows, 2026-03-10 to 2026-03-10" in capsys.readouterr().out
    (row,) = table(out)
    named = {
        "number": "案件编号",
        "name": "反映人",
        "text": "诉求内容",
        "unit": "承办单位代码",
        "opened": "收到时间",
    }
    if suffix == "xlsx":
        named = {"number": "number", "name": "name", "text": "text", "unit": "unit", "opened": "opened_at"}
    assert row[named["number"]] == case.number
    assert row[named["unit"]] == "urban_management"
    assert row[named["opened"]] == "2026-03-10 10:00:00"
    assert row[named["name"]].startswith("王")
    whole = " ".join(row.values())
    assert "小明" not in whole
    assert number not in whole
    assert "[phone]" in row[named["text"]]


@pytest.mark.parametrize(
    ("first", "last", "rows"),
    [("2026-03-10", "2026-03-10", 1), ("2026-03-09", "2026-03-09", 0), ("2026-03-11", "2026-03-12", 0), ("2026-03-01", "2026-03-31", 1)],
)  # fmt: skip
def test_a_period_of_cases_has_both_its_days(
    first: str, last: str, rows: int, world: World, tmp_path: Path
) -> None:
    world.case("received")
    status, out = export("cases", tmp_path, "--from", first, "--to", last)
    assert (status, len(table(out))) == (0, rows)


def test_the_memory_of_an_export_does_not_grow_with_its_cases(
    world: World, django_assert_max_num_queries: Any
) -> None:
    from gongbi.cases.exporting import case_rows

    for _ in range(4):
        world.case("received")
    with django_assert_max_num_queries(4):
        rows = case_rows(EYE, first=date(2026, 3, 1), last=date(2026, 3, 31))
        assert iter(rows) is rows  # a stream, not a list
        assert len(list(rows)) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cases", "x.pdf"], "ends neither in .csv nor in .xlsx"),
        (["cases", "x.csv", "--on", "2026-03-01"], "give --from and --to"),
        (["units", "x.csv", "--from", "2026-03-01"], "give --on"),
        (["cases", "x.csv", "--from", "2026-03-02", "--to", "2026-03-01"], "ends (2026-03-01) before it begins"),
        (["cases", "x.csv", "--from", "March"], "write it like 2026-03-01"),
        (["nobody"], "There are: cases, events, divisions"),
    ],
)  # fmt: skip
def test_an_export_that_makes_no_sense_is_wrong_usage(
    words: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["export", *words]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_more_cases_than_a_sheet_holds_are_refused_and_leave_no_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gongbi.kernel.tables.SHEET_ROWS", 2)
    for _ in range(2):
        world.case("received")
    status, out = export("cases", tmp_path, "--from", "2026-03-01", "--to", "2026-03-31", suffix="xlsx")
    assert status == 1
    assert "CSV" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert not out.exists()


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("name", [name for name, kept in keeping.lists(desk=True).items() if kept.columns])
def test_a_list_that_went_out_comes_in_unchanged(
    name: str, suffix: str, tmp_path: Path, clock: Clock
) -> None:
    kept = keeping.known(name)
    assert kept.rows is not None
    before = [dict(row) for row in kept.rows(EYE, on=date(2026, 3, 10))]
    status, out = export(name, tmp_path, "--on", "2026-03-10", suffix=suffix)
    assert status == 0
    with out.open("rb") as file:
        done = kept.read(file, out.name, valid_from=date(2026, 3, 10), viewer=EYE, at=clock.now)
    assert [fault.message for fault in done.faults] == []
    assert (done.new, done.changed, done.closed) == (0, 0, 0)
    assert len(before) >= FEWER.get(name, 6)
    assert done.same == len(before) or name == "calendar"  # which counts the days of a whole year
    assert [dict(row) for row in kept.rows(EYE, on=date(2026, 3, 10))] == before


def test_every_list_with_a_form_goes_out_too_and_the_command_names_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["export"]) == 0
    named = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert named == ["cases", "events", *(n for n, one in keeping.lists().items() if one.rows)]


def test_people_go_out_masked_and_a_mask_that_comes_in_hides_nothing_for_good(
    tmp_path: Path, at_desk: At
) -> None:
    Person.objects.create(
        number="P77", name="王小明", phone="029-55507777", created_at=at_desk("admin").clock.now
    )
    status, out = export("people", tmp_path)
    assert status == 0
    (row,) = [row for row in table(out) if row["工号"] == "P77"]
    assert row["姓名"] == "王**"
    assert "55507777" not in out.read_text("utf-8-sig")
    changed = "工号,姓名,手机号码\nP77,王**,029-55508888\nP78,李**,\n".encode()
    done = keeping.known("people").read(
        io.BytesIO(changed), "x.csv", valid_from=date(2026, 3, 10), viewer=EYE, at=at_desk("admin").clock.now
    )
    assert [(fault.row, fault.column) for fault in done.faults] == [(3, "name")]
    assert done.changed == 1
    person = Person.objects.get(number="P77")
    assert (open_value(person.name), open_value(person.phone)) == ("王小明", "029-55508888")


def test_what_happened_goes_out_without_numbers_that_somebody_typed(world: World, tmp_path: Path) -> None:
    case = world.case("handling")
    urban = world.who("urban")
    actions.ask_for(
        case_id=case.pk,
        kind="extension",
        viewer=urban,
        at=world.clock.on(minutes=1),
        reason="等配件，请打13800000000",
    )
    status, out = export("events", tmp_path, "--from", "2026-03-10", "--to", "2026-03-10")
    assert status == 0
    rows = table(out)
    assert [row["步骤代码"] for row in rows] == ["open", "accept", "dispatch", "sign", "ask_extension"]
    assert {row["案件编号"] for row in rows} == {case.number}
    last = LedgerEntry.objects.filter(matter_id=case.pk).order_by("seq").last()
    assert last is not None
    assert (rows[-1]["校验值"], rows[-1]["时间"][:10]) == (bytes(last.hash).hex(), "2026-03-10")
    assert "13800000000" not in out.read_text("utf-8-sig")
    assert "[phone]" in rows[-1]["记载"]
    assert export("events", tmp_path, "--from", "2026-03-11", "--to", "2026-03-11")[0] == 0
    assert table(out) == []


def test_only_what_a_viewer_may_export_goes_out(world: World, viewer: Callable[..., Viewer]) -> None:
    from gongbi.cases.exporting import case_rows, event_rows

    case = world.case("handling")
    march = {"first": date(2026, 3, 1), "last": date(2026, 3, 31)}
    other = viewer("handler", territories=(), unit_id=case.unit_id + 100_000)
    for rows in (case_rows, event_rows):
        assert list(rows(other, **march)) == []
        assert list(rows(EYE, **march)) != []


@pytest.mark.parametrize("name", ["people", "events"])
def test_every_export_stands_in_the_access_log(name: str, tmp_path: Path) -> None:
    assert export(name, tmp_path)[0] == 0
    entry = AccessLog.objects.latest("pk")
    assert (entry.subject, entry.field, entry.actor) == (f"export:{name}", "*", "system:export")
    assert entry.reason.startswith("csv 2026-")
    assert entry.reason.endswith(f"→ {name}.csv")
    assert list(breaches()) == []


def test_text_that_a_spreadsheet_would_run_comes_back_as_it_was(tmp_path: Path, clock: Clock) -> None:
    Unit.objects.create(code="odd", name="=1+1 物业", kind="property_firm", valid_from=clock.now)
    status, out = export("units", tmp_path)
    assert status == 0
    assert "'=1+1 物业" in out.read_text("utf-8-sig")
    with out.open("rb") as file:
        done = keeping.known("units").read(
            file, "u.csv", valid_from=date(2026, 3, 10), viewer=EYE, at=clock.now
        )
    assert (done.new, done.changed, done.faults) == (0, 0, [])
