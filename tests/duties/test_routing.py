"""Ordered rules, first match wins, each decision told; rulings come first; the lists have the last word."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gongbi.duties.routing import Past, Place, Rule, Ruling, compare, decide, matches, valid_selector
from gongbi.duties.rules import Filing, Item, KindFacts

X = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=X)
PLACE = Place(community="610104001003", street="610104001", grid="610104001003007")
NOISE = KindFacts("E0301", ("施工扰民", "noise"), ("施工", "works"), "department:urban_management")
FILING = Filing("E0301", 1, ("超时", "late"), ("停", "stopped"), ("after",), "2紧急工作时", basis="条例")


def rule(code: str, position: int, lead: str, **conditions: Any) -> Rule:
    return Rule(code, position, conditions.pop("kinds", ("E0301",)), lead, reason=(code, code), **conditions)


def go(
    rules: list[Rule], *, kind: KindFacts = NOISE, at: datetime = NOON, place: Place = PLACE, **more: Any
) -> Any:
    more = {"items": [], "filings": [FILING], **more}
    return decide(kind, place, at=at, rules=rules, **more)


def test_the_first_rule_that_matches_decides_and_the_later_ones_are_named() -> None:
    route = go(
        [
            rule("B", 20, "street"),
            rule("A", 10, "department:housing"),
            rule("C", 5, "street", words=("夜市",)),
        ]
    )
    assert (route.lead, route.rule, route.shadowed) == ("department:housing", "A", ("B",))
    assert "A" in route.reasons[0][0]
    assert route.limit == "2紧急工作时"


def test_without_a_rule_the_catalogue_decides_and_says_so() -> None:
    route = go([])
    assert (route.lead, route.rule) == ("department:urban_management", "catalogue")
    assert "目录" in route.reasons[0][0]


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        ("21:59", False),
        ("22:00", True),
        ("23:59", True),
        ("00:00", True),
        ("05:59", True),
        ("06:00", False),
        ("12:00", False),
    ],
)
def test_hours_over_midnight_include_their_start_and_not_their_end(at: str, inside: bool) -> None:
    hour, minute = map(int, at.split(":"))
    night = rule("N", 1, "street", hours="22:00-06:00")
    assert matches(night, "E0301", PLACE, NOON.replace(hour=hour, minute=minute), "", "") is inside


def test_hours_are_local_whatever_zone_the_time_comes_in() -> None:
    night = rule("N", 1, "street", hours="22:00-06:00")
    assert matches(night, "E0301", PLACE, datetime(2026, 3, 10, 14, 0, tzinfo=UTC), "", "")


@pytest.mark.parametrize(
    ("conditions", "source", "text", "inside"),
    [
        ({"territories": ("610104001",)}, "", "", True),
        ({"territories": ("610104002",)}, "", "", False),
        ({"sources": ("grid",)}, "grid", "", True),
        ({"sources": ("grid",)}, "hotline", "", False),
        ({"words": ("电钻",)}, "", "楼上电钻声", True),
        ({"words": ("电钻",)}, "", "打桩", False),
        ({"kinds": ("E03",)}, "", "", True),
        ({"kinds": ("E02",)}, "", "", False),
        ({"place_types": ("school",)}, "", "", False),
        ({"valid_from": date(2026, 3, 10)}, "", "", True),
        ({"valid_from": date(2026, 3, 11)}, "", "", False),
        ({"valid_to": date(2026, 3, 11)}, "", "", True),
        ({"valid_to": date(2026, 3, 10)}, "", "", False),
    ],
)
def test_every_condition_counts(conditions: dict[str, Any], source: str, text: str, inside: bool) -> None:
    assert matches(rule("R", 1, "street", **conditions), "E0301", PLACE, NOON, text, source) is inside


def test_a_changed_place_leaves_nothing_behind_from_the_rule_that_no_longer_matches() -> None:
    rules = [rule("HERE", 1, "department:housing", territories=("610104001",)), rule("ANY", 2, "street")]
    moved = Place(community="610104002001", street="610104002")
    assert go(rules).lead == "department:housing"
    assert (go(rules, place=moved).lead, go(rules, place=moved).unit_code) == ("street", "610104002")


def test_a_ruling_comes_before_the_rules_the_narrowest_and_latest_first() -> None:
    at = datetime(2026, 1, 1, tzinfo=X)
    rulings = [
        Ruling("E0301", "", "unit:A", at, "C-1", 1),
        Ruling("E0301", "610104001", "unit:B", at, "C-2", 2),
        Ruling("E0301", "610104001", "unit:LATER", datetime(2026, 6, 1, tzinfo=X), "C-3", 3),
        Ruling("E0302", "610104001", "unit:OTHER", at, "C-4", 4),
    ]
    route = go([rule("A", 1, "street")], rulings=rulings)
    assert (route.lead, route.unit_code, route.rule) == ("unit:B", "B", "precedent:2")
    assert "C-2" in route.reasons[0][0]
    assert route.shadowed == ("A",)
    elsewhere = go([rule("A", 1, "street")], rulings=rulings, place=Place("610104002001", "610104002"))
    assert elsewhere.lead == "unit:A"


ASSIST = Item("S1", "assist", ("协助", "help"), ("E0301",))
PERFORM = Item("P1", "perform", ("自办", "own"), ("E0301",), basis="清单")


@pytest.mark.parametrize(
    ("items", "lead", "co", "item"),
    [
        ([PERFORM], "community", ("street",), "P1"),
        ([ASSIST], "street", ("community",), "S1"),  # it may help, never lead: the street leads
        ([], "street", (), ""),  # on no list: it is left out altogether
    ],
)
def test_a_rule_cannot_send_a_community_what_the_lists_do_not_allow(
    items: list[Item], lead: str, co: tuple[str, ...], item: str
) -> None:
    route = go([rule("R", 1, "community", co=("street",))], items=items)
    assert (route.lead, route.co_units, route.item_code) == (lead, co, item)
    assert route.unit_code == (PLACE.community if lead == "community" else PLACE.street)


def test_a_community_on_no_list_is_not_made_co_handler_either() -> None:
    route = go([rule("R", 1, "street", co=("community", "department:housing", "street"))])
    assert route.co_units == ("department:housing",)
    assert any("三项清单" in zh for zh, _en in route.reasons)


def test_an_unknown_place_is_said_and_names_no_unit() -> None:
    route = go([rule("R", 1, "street")], place=Place())
    assert (route.lead, route.unit_code) == ("street", "")
    assert any("地点" in zh for zh, _en in route.reasons)


def test_a_resolver_gives_the_unit_code() -> None:
    route = go([rule("R", 1, "department:housing")], resolve=lambda selector, _place, _at: f"<{selector}>")
    assert route.unit_code == "<department:housing>"


def test_a_route_is_kept_as_plain_values() -> None:
    kept = go([rule("R", 1, "street", co=("department:housing",), limit="1工作日", article="§1")]).as_json()
    assert kept["unit"] == "610104001"
    assert kept["limit"] == "1工作日"
    assert kept["article"] == "§1"
    assert kept["reasons"][0][1].startswith("Rule R")


def test_a_dry_run_tells_what_a_draft_would_have_changed() -> None:
    current = [rule("OLD", 1, "department:urban_management")]
    draft = [
        rule("NIGHT", 1, "street", hours="22:00-06:00", valid_from=date(2030, 1, 1)),
        *current,
        rule("DEAD", 9, "street"),
    ]
    night, day = NOON.replace(hour=23), NOON
    past = [
        Past("E0301", PLACE, night, "610104001", ref="1"),
        Past("E0301", PLACE, day, "department:urban_management", ref="2"),
        Past("X9999", PLACE, day, "street", ref="3"),
    ]
    run = compare(draft, current, past, {"E0301": NOISE}, [], {"E0301": [FILING]})
    assert (run.looked, run.unknown, run.agrees_now, run.agrees_then) == (2, 1, 1, 2)
    assert [(c.past.ref, c.before.lead, c.after.lead) for c in run.changes] == [
        ("1", "department:urban_management", "street")
    ]
    assert run.unused == ("DEAD",)


@pytest.mark.parametrize(
    ("selector", "good"),
    [
        ("street", True),
        ("department:x", True),
        ("unit:610104001", True),
        ("department:", False),
        ("mayor", False),
        ("", False),
    ],
)
def test_selectors_are_checked(selector: str, good: bool) -> None:
    assert valid_selector(selector) is good
