"""A new version of a list closes the old one and never rewrites it; drafts are tried first; rulings bind."""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gongbi.duties import actions, exchange, queries
from gongbi.duties.models import Edition, Kind, RoutingRule
from gongbi.duties.routing import Past, Place
from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.scope.viewer import ADJUDICATOR, ADMIN, DISPATCHER, Viewer
from gongbi.kernel.tables import read_table, write_csv, write_xlsx

PLACE = Place(community="610104001003", street="610104001")
LATER = date(2026, 4, 1)
IN_MARCH = datetime(2026, 3, 31, 23, 59, tzinfo=ZoneInfo("Asia/Shanghai"))
IN_APRIL = datetime(2026, 4, 1, 0, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def standard(limit: str, **more: str) -> dict[str, str]:
    return {
        "kind": "E0110", "number": "1", "filing_zh": "垃圾未进容器", "closing_zh": "清理干净", "limit": limit,
        "evidence": "before;after", **more,
    }  # fmt: skip


def file(name: str, *rows: dict[str, str], kind: str = "xlsx") -> bytes:
    columns = exchange.LISTS[name]
    return write_xlsx(columns, rows) if kind == "xlsx" else b"".join(write_csv(columns, rows))


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_changed_limit_holds_from_its_day_and_the_old_one_before_it(
    lists: None, now: datetime, machine: Viewer, kind: str
) -> None:
    data = file("standards", standard("3工作时"), kind=kind)
    out = actions.import_list("standards", data, "新.xlsx", viewer=machine, at=now, valid_from=LATER)
    assert (out.new, out.changed, out.closed, out.faults) == (0, 1, 0, [])
    limits = [queries.route("E0110", PLACE, at=at).limit for at in (IN_MARCH, IN_APRIL)]  # type: ignore[union-attr]
    assert limits == ["4小时", "3工作时"]
    again = actions.import_list("standards", data, "新.xlsx", viewer=machine, at=now, valid_from=LATER)
    assert (again.changed, again.same, again.edition) == (0, 1, None)
    edition = Edition.objects.latest("pk")
    assert (edition.filename, edition.changed, edition.actor) == ("新.xlsx", 1, machine.actor)


def test_history_cannot_be_rewritten(lists: None, now: datetime, machine: Viewer) -> None:
    today = now.date()
    data = file("standards", standard("3工作时"))
    with pytest.raises(Refused) as refused:
        actions.import_list(
            "standards", data, "x", viewer=machine, at=now, valid_from=today - timedelta(days=1)
        )
    assert refused.value.code == "duties.past"
    actions.import_list("standards", data, "x", viewer=machine, at=now, valid_from=LATER)
    with pytest.raises(Refused) as refused:
        actions.import_list(
            "standards", file("standards", standard("1工作时")), "x", viewer=machine, at=now, valid_from=today
        )
    assert refused.value.code == "duties.later_version"
    out = actions.import_list(
        "standards", file("standards", standard("1工作时")), "x", viewer=machine, at=now, valid_from=LATER
    )
    assert out.changed == 1  # a correction of what is not in force yet


def test_a_complete_list_ends_what_it_no_longer_holds_unless_a_row_is_wrong(
    lists: None, now: datetime, machine: Viewer
) -> None:
    item = {"code": "P001", "list": "履职", "name_zh": "新事项", "kinds": "E0136"}
    wrong = {"code": "P002", "list": "别的", "name_zh": "x", "kinds": "Z9"}
    out = actions.import_list(
        "lists", file("lists", item, wrong), "x", viewer=machine, at=now, valid_from=LATER, complete=True
    )
    assert (out.changed, {fault.row for fault in out.faults}, len(out.notes)) == (0, {3}, 1)
    assert len(queries.duty_items(on=IN_APRIL)) == 123
    out = actions.import_list(
        "lists", file("lists", item), "x", viewer=machine, at=now, valid_from=LATER, complete=True
    )
    assert (out.changed, out.closed) == (1, 122)
    assert [i.name[0] for i in queries.duty_items(on=IN_APRIL)] == ["新事项"]
    assert len(queries.duty_items(on=IN_MARCH)) == 123
    assert len(queries.item_history("P001")) == 2


def test_wrong_rows_are_named_with_row_column_and_what_to_do_and_the_good_ones_stay(
    lists: None, now: datetime, machine: Viewer
) -> None:
    rows = [
        standard("3工作时", words="x"),
        standard("很快", number="2"),
        standard("1工作日", number="3", kind="E9999"),
        standard("1工作日", number="x"),
        standard("1工作日", number="4", season="春天"),
        standard("1工作日", number="5", valid_from="明天"),
        standard("1工作时", number="1"),
        standard("1工作日", number="6", filing_zh="长" * 201),
        {**standard("1工作日", number="7"), "closing_zh": ""},
    ]
    out = actions.import_list(
        "standards", file("standards", *rows), "x", viewer=machine, at=now, valid_from=LATER
    )
    assert out.changed + out.new == 1
    assert [(fault.row, fault.column) for fault in out.faults] == [
        (3, "limit"), (4, "kind"), (5, "number"), (6, "season"), (7, "valid_from"), (8, "kind"), (9, "filing_zh"),
        (10, "closing_zh"),
    ]  # fmt: skip
    assert all(fault.message for fault in out.faults)


@pytest.mark.parametrize(
    ("name", "row", "column"),
    [
        ("kinds", {"code": "X0101", "major_zh": "a", "name_zh": "b", "handler": "street"}, "code"),
        ("kinds", {"code": "E0101", "major_zh": "a", "name_zh": "b", "handler": "mayor"}, "handler"),
        ("questions", {"kinds": "E0101", "key": "a", "zh": "b", "type": "choice"}, "choices"),
        ("questions", {"kinds": "E0101", "key": "a", "zh": "b", "type": "choice", "choices": "yes"}, "choices"),
        ("routes", {"code": "R1", "position": "1", "kinds": "E", "lead": "street", "reason_zh": "x", "hours": "22"}, "hours"),
        ("routes", {"code": "R1", "position": "1", "kinds": "Q", "lead": "street", "reason_zh": "x"}, "kinds"),
        ("routes", {"code": "R1", "position": "1", "kinds": "E", "lead": "x", "reason_zh": "x"}, "lead"),
        ("words", {"group": "emergency", "key": "911", "reply_zh": "x"}, "key"),
        ("words", {"group": "special", "key": "other", "reply_zh": "x"}, "key"),
    ],
)  # fmt: skip
def test_each_list_checks_its_own_rows(
    lists: None, now: datetime, machine: Viewer, name: str, row: dict[str, str], column: str
) -> None:
    out = actions.import_list(name, file(name, row), "x", viewer=machine, at=now, valid_from=LATER)
    assert [fault.column for fault in out.faults] == [column]
    assert out.new == out.changed == 0


def test_a_file_in_gb18030_is_accepted_and_an_unknown_list_refused(
    lists: None, now: datetime, machine: Viewer
) -> None:
    data = file("standards", standard("3工作时"), kind="csv").decode("utf-8-sig").encode("gb18030")
    assert (
        actions.import_list(
            "standards", io.BytesIO(data), "x", viewer=machine, at=now, valid_from=LATER
        ).changed
        == 1
    )
    with pytest.raises(Refused) as refused:
        actions.import_list("people", data, "x", viewer=machine, at=now)
    assert refused.value.code == "duties.unknown_list"


@pytest.mark.parametrize("name", exchange.SHEETS)
def test_every_template_opens_with_its_headings(name: str) -> None:
    for lang in ("zh", "en"):
        table = read_table(exchange.template(name, lang=lang), "t.xlsx", exchange.LISTS[name])
        assert set(table.headings) == {c.key for c in exchange.LISTS[name]}
        assert list(table) == []


def test_only_an_administrator_changes_lists(
    lists: None, now: datetime, viewer: Callable[..., Viewer]
) -> None:
    before = Edition.objects.count()
    with pytest.raises(Forbidden):
        actions.import_list("lists", b"", "x", viewer=viewer(DISPATCHER), at=now)
    with pytest.raises(Forbidden):
        actions.publish("lists", [], valid_from=LATER, viewer=viewer(ADJUDICATOR), at=now)
    assert Edition.objects.count() == before


RULES = [
    {
        "code": "D1",
        "position": 1,
        "kinds": "E0301",
        "lead": "street",
        "reason_zh": "试",
        "reason_en": "trial",
    },
    {
        "code": "D2",
        "position": 2,
        "kinds": "C;E;H",
        "lead": "handler",
        "reason_zh": "目录",
        "reason_en": "catalogue",
    },
]


def test_a_draft_is_tried_on_the_past_before_it_takes_effect(
    lists: None, now: datetime, viewer: Callable[..., Viewer]
) -> None:
    admin = viewer(ADMIN)
    draft = actions.draft_rules(title="街道优先", rows=RULES, viewer=admin, at=now)
    assert RoutingRule.objects.filter(code="D1").count() == 0
    with pytest.raises(Refused) as refused:
        actions.activate_rules(draft_id=draft.pk, valid_from=LATER, viewer=admin, at=now)
    assert refused.value.code == "duties.not_tried"
    past = [
        Past("E0301", PLACE, now, "department:urban_management"),
        Past("H0599", PLACE, now, "department:education"),
    ]
    run = actions.dry_run_draft(draft_id=draft.pk, past=past, viewer=admin, at=now)
    assert (run.looked, run.agrees_now, run.agrees_then, len(run.changes)) == (2, 2, 1, 1)
    out = actions.activate_rules(draft_id=draft.pk, valid_from=LATER, viewer=admin, at=now)
    assert (out.new, out.closed) == (2, 21)
    routes = [queries.route("E0301", PLACE, at=at) for at in (IN_MARCH, IN_APRIL)]
    assert [(r.lead, r.rule) for r in routes if r] == [
        ("department:urban_management", "R040"),
        ("street", "D1"),
    ]
    with pytest.raises(Stale):
        actions.activate_rules(draft_id=draft.pk, valid_from=LATER, viewer=admin, at=now)


def test_a_wrong_rule_is_refused_when_it_is_drafted(
    lists: None, now: datetime, viewer: Callable[..., Viewer]
) -> None:
    with pytest.raises(Refused) as refused:
        actions.draft_rules(title="x", rows=[{**RULES[0], "lead": "mayor"}], viewer=viewer(ADMIN), at=now)
    assert refused.value.code == "duties.draft_rule"
    assert "D1" in str(refused.value)
    with pytest.raises(Refused):
        actions.draft_rules(title="x", rows=[], viewer=viewer(ADMIN), at=now)


def test_a_ruling_binds_the_router_at_once_and_a_later_one_replaces_it(
    lists: None, now: datetime, viewer: Callable[..., Viewer]
) -> None:
    judge = viewer(ADJUDICATOR)
    common = {"kind": "C0137", "territory": "610104001", "at": now, "viewer": judge}
    actions.add_precedent(unit_code="610104001", case_number="C1", reason="路灯归街道", **common)  # type: ignore[arg-type]
    route = queries.route("C0137", PLACE, at=now)
    assert route is not None
    assert (route.lead, route.unit_code, route.rule.split(":")[0]) == (
        "unit:610104001",
        "610104001",
        "precedent",
    )
    second = actions.add_precedent(unit_code="department:parks", case_number="C2", reason="改判", **common)  # type: ignore[arg-type]
    route = queries.route("C0137", PLACE, at=now)
    assert route is not None
    assert route.lead == "department:parks"
    assert [p.case_number for p in queries.precedents(kind_code="C0137")] == ["C2"]
    elsewhere = queries.route("C0137", Place(street="610104002"), at=now)
    assert elsewhere is not None
    assert elsewhere.rule == "R900"
    actions.end_precedent(precedent_id=second.pk, viewer=judge, at=now)
    route = queries.route("C0137", PLACE, at=now)
    assert route is not None
    assert route.rule == "R900"
    with pytest.raises(NotThere):
        actions.end_precedent(precedent_id=second.pk, viewer=judge, at=now)
    with pytest.raises(Forbidden):
        actions.add_precedent(
            kind="C0137", unit_code="x", case_number="C3", reason="x", at=now, viewer=viewer(DISPATCHER)
        )
    with pytest.raises(NotThere):
        actions.add_precedent(kind="Q0000", unit_code="x", case_number="C3", reason="x", at=now, viewer=judge)


def test_a_kind_has_no_route_before_it_was_in_force(lists: None, now: datetime) -> None:
    assert Kind.objects.earliest("valid_from").valid_from == date(2000, 1, 1)
    assert queries.route("C0137", PLACE, at=datetime(1999, 12, 31, tzinfo=ZoneInfo("Asia/Shanghai"))) is None


def test_asking_costs_one_query_once_the_lists_are_in_memory(
    lists: None, now: datetime, django_assert_num_queries: Callable[..., object]
) -> None:
    queries.route("C0137", PLACE, at=now)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        queries.route("C0137", PLACE, at=now)
