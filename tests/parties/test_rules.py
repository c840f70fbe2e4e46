"""Who may hold which post with which, and how one signs in: each rule at its boundary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement

import pytest

from gongbi.kernel.scope.viewer import INTEGRATOR, STAFF_ROLES
from gongbi.parties import rules, words

T = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def code(no: rules.No | None) -> str:
    return no.code.removeprefix("parties.") if no else ""


def test_the_roles_of_posts_are_the_roles_of_viewers() -> None:
    assert set(rules.POST_ROLES) | {INTEGRATOR} == set(STAFF_ROLES)
    assert set(rules.ROLES_OF_KIND) == set(rules.UNIT_KINDS) == set(rules.PARENTS)
    assert set(rules.POST_ROLES) == set().union(*rules.ROLES_OF_KIND.values())


@pytest.mark.parametrize("kind", rules.UNIT_KINDS)
def test_no_unit_both_handles_and_checks(kind: str) -> None:
    roles = rules.ROLES_OF_KIND[kind]
    assert not ({"checker", "adjudicator"} & roles and {"handler", "grid_worker"} & roles)


ALONE = {"admin", "security", "auditor"}
JUDGES, DOERS = {"dispatcher", "checker", "adjudicator"}, {"handler", "grid_worker"}


@pytest.mark.parametrize(("a", "b"), list(combinations_with_replacement(rules.POST_ROLES, 2)))
def test_duties_that_one_person_may_not_unite(a: str, b: str) -> None:
    if a == b:
        expected = ""
    elif ALONE & {a, b}:
        expected = "three_administrators"
    elif (JUDGES & {a, b}) and (DOERS & {a, b}):
        expected = "judge_and_doer"
    else:
        expected = ""
    assert code(rules.together(a, b)) == code(rules.together(b, a)) == expected


@pytest.mark.parametrize(
    ("kind", "unit_code", "territory", "parent", "expected"),
    [
        ("street", "610104001", "610104001", None, ""),
        ("street", "610104001000", "610104001000", None, "unit_division"),
        ("street", "61010400", "61010400", None, "unit_division"),
        ("street", "610104001", "610104002", None, "unit_division"),
        ("street", "qingnianlu", "610104001", None, "unit_division"),
        ("community", "610104001001", "610104001001", "street", ""),
        ("community", "610104001001", "610104001001", None, "unit_parent_needed"),
        ("community", "610104001001", "610104001001", "department", "unit_parent"),
        ("department", "water", "", None, ""),
        ("department", "water", "", "department", ""),
        ("department", "water", "", "street", "unit_parent"),
        ("department", "x" * 32, "", None, ""),
        ("department", "x" * 33, "", None, "unit_code"),
        ("department", "", "", None, "unit_code"),
        ("department", "水务", "", None, "unit_code"),
        ("department", "water", "61010", None, "territory_code"),
        ("department", "water", "610104", None, ""),
        ("kingdom", "water", "", None, "unit_kind"),
    ],
)
def test_how_a_unit_may_be_written(
    kind: str, unit_code: str, territory: str, parent: str | None, expected: str
) -> None:
    assert code(rules.unit(kind, unit_code, territory, parent)) == expected


@pytest.mark.parametrize("digits", range(17))
def test_a_territory_has_the_digits_of_a_division_or_grid(digits: int) -> None:
    expected = "" if digits in (2, 4, 6, 9, 12, 15) else "territory_code"
    assert code(rules.territory_code("6" * digits)) == expected


@pytest.mark.parametrize("value", ["61010x", "６１０１０４", "610104 ", "610104\n", "-10104"])
def test_a_territory_is_plain_digits(value: str) -> None:
    assert code(rules.territory_code(value)) == "territory_code"


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((T, T + HOUR), (T + HOUR, None), False),  # half-open: the end does not touch the beginning
        ((T, T + HOUR), (T + HOUR - SECOND, None), True),
        ((T, None), (T + HOUR, T + 2 * HOUR), True),
        ((T, None), (T - HOUR, T), False),
        ((T, None), (T - HOUR, T + SECOND), True),
        ((T, None), (T, None), True),
    ],
)
def test_periods_are_half_open(
    a: tuple[datetime, datetime | None], b: tuple[datetime, datetime | None], expected: bool
) -> None:
    assert rules.overlap(*a, *b) is rules.overlap(*b, *a) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [(T - SECOND, False), (T, True), (T + HOUR - SECOND, True), (T + HOUR, False)],
)
def test_in_force_from_the_first_moment_to_before_the_last(at: datetime, expected: bool) -> None:
    assert rules.in_force(T, T + HOUR, at) is expected
    assert rules.in_force(T, None, at) is (at >= T)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (T, None, ""),
        (T, T + SECOND, ""),
        (T, T, "period"),
        (T, T - SECOND, "period"),
        (datetime(2026, 3, 10), None, "time_zone"),  # noqa: DTZ001 – what is refused
        (T, datetime(2027, 3, 10), "time_zone"),  # noqa: DTZ001
    ],
)
def test_a_period_ends_after_it_begins_and_knows_its_zone(
    start: datetime, end: datetime | None, expected: str
) -> None:
    assert code(rules.period(start, end)) == expected


def post(**values: object) -> str:
    given: dict[str, object] = {
        "role": "handler",
        "unit_id": 1,
        "unit_kind": "street",
        "unit_from": T,
        "unit_to": None,
        "territories": (),
        "valid_from": T,
        "valid_to": None,
        "held": (),
    }
    return code(rules.post(**(given | values)))  # type: ignore[arg-type]


HELD = rules.Held(2, "checker", T, T + HOUR)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ""),
        ({"role": "checker"}, "role_of_kind"),
        ({"valid_from": T - SECOND}, "outside_unit_period"),
        ({"unit_to": T + HOUR}, "outside_unit_period"),
        ({"unit_to": T + HOUR, "valid_to": T + HOUR}, ""),
        ({"unit_to": T + HOUR, "valid_to": T + HOUR + SECOND}, "outside_unit_period"),
        ({"territories": ("61",)}, ""),
        ({"territories": ("610",)}, "territory_code"),
        ({"role": "grid_worker"}, "grid_needed"),
        ({"role": "grid_worker", "territories": ("610104001001001",)}, ""),
        ({"held": (HELD,)}, "judge_and_doer"),
        ({"held": (HELD,), "valid_from": T + HOUR}, ""),  # the other one has just ended
        ({"held": (HELD,), "valid_from": T + HOUR - SECOND}, "judge_and_doer"),
        ({"held": (rules.Held(1, "handler", T, None),)}, "post_twice"),
        ({"held": (rules.Held(2, "handler", T, None),)}, ""),
    ],
)
def test_whether_a_person_may_get_a_post(values: dict[str, object], expected: str) -> None:
    assert post(**values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ""),
        ({"to_unit": 7}, ""),  # the unit above
        ({"to_unit": 8}, "successor_unit"),
        ({"to_role": "manager"}, "successor_role"),
        ({"in_office": False}, "successor_not_in_office"),
        ({"same": True}, "successor_self"),
    ],
)
def test_who_may_take_over(values: dict[str, object], expected: str) -> None:
    given: dict[str, object] = {
        "role": "handler",
        "unit_id": 1,
        "ancestors": frozenset({7}),
        "to_role": "handler",
        "to_unit": 1,
        "in_office": True,
        "same": False,
    }
    assert code(rules.successor(**(given | values))) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["", *STAFF_ROLES, "resident", "system"])
def test_the_administrators_do_not_do_each_others_work(role: str) -> None:
    assert (rules.may_change("lists", role) is None) is (role in ("admin", "system"))
    assert (rules.may_change("access", role) is None) is (role in ("security", "system"))


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("Ab3$efgh", {"password_length"}),
        ("Ab3$efghi", {"password_length"}),  # nine
        ("Ab3$efghij", set()),  # ten
        ("Ab3" + "xyz" * 41 + "qq", set()),  # 128
        ("Ab3" + "xyz" * 41 + "qqq", {"password_length"}),  # 129
        ("abcdefghij", {"password_kinds"}),
        ("abcdefghi1", {"password_kinds"}),
        ("Abcdefghi1", set()),
        ("correct horse battery", set()),  # 21 signs: a phrase needs no kinds
        ("abcdefghijklmnopqrs", {"password_kinds"}),  # 19
        ("abcdefghijklmnopqrst", set()),  # 20
        ("Zhang.san-2026", {"password_login"}),
        ("xxZHANG.SANxx9", {"password_login"}),
        ("Aa1111111111", {"password_repeats"}),
        ("Aa1!Aa1!11111", set()),
    ],
)
def test_a_password_at_the_edges_of_the_rules(password: str, faults: set[str]) -> None:
    assert {code(no) for no in rules.password_faults(password, "zhang.san")} == faults


@pytest.mark.parametrize(
    ("age", "told", "due"),
    [
        (timedelta(days=90) - SECOND, False, False),
        (timedelta(days=90), False, True),
        (timedelta(days=1), True, True),
        (timedelta(0), False, False),
    ],
)
def test_a_password_is_due_after_ninety_days_or_when_told(age: timedelta, told: bool, due: bool) -> None:
    assert rules.password_due(T - age, told, T) is due


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("ages", "wait"),
    [
        ([4, 3, 2, 1], None),  # four failures
        ([5, 4, 3, 2, 1], 10),  # the fifth locks until the first of them is 15 minutes ago
        ([15, 4, 3, 2, 1], None),  # exactly 15 minutes ago counts no more
        ([14, 4, 3, 2, 1], 1),
        ([9, 8, 5, 4, 3, 2, 1], 10),
        ([], None),
    ],
)
def test_five_failures_in_a_quarter_of_an_hour_lock(ages: list[int], wait: int | None) -> None:
    until = rules.locked_until([T - age * MINUTE for age in ages], T)
    assert until == (None if wait is None else T + wait * MINUTE)


@pytest.mark.parametrize("role", rules.POST_ROLES)
def test_the_three_administrators_need_a_second_factor_except_invented_ones(role: str) -> None:
    assert rules.second_factor_needed(role, synthetic=False) is (role in ALONE)
    assert not rules.second_factor_needed(role, synthetic=True)


def test_every_refusal_has_a_sentence_that_its_facts_fill() -> None:
    samples = [
        rules.territory_code("x"),
        rules.unit("kingdom", "x", "", None),
        rules.unit("street", "x", "", None),
        rules.unit("department", "水", "", None),
        rules.unit("community", "610104001001", "610104001001", "court"),
        rules.together("admin", "clerk"),
        rules.together("checker", "handler"),
        rules.may_change("lists", "clerk"),
        *rules.password_faults("zhang", "zhang"),
    ]
    for no in samples:
        assert no is not None
        refused = words.refusal(no)
        assert "%(" not in refused.message
        assert refused.code in words.SENTENCES
