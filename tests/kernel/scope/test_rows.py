"""Who sees which matters: every role inside and outside its territory and unit; what nobody declared raises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope import registry
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import PUBLIC, Viewer, system

AT = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
STREET = "610104001"
PLACES = (
    "",
    "610104",
    STREET,
    "610104001001",
    "610104001001002",
    "610104002",
    "610104010",
    "61010400",
    "610105001",
)
UNITS = (None, 1, 2, 3)


@pytest.fixture
def matters(db: None) -> dict[tuple[str, int | None], int]:
    """One matter for each place and unit."""
    rows = [
        Matter(flow="case", state="accepted", territory=place, unit_id=unit, opened_at=AT)
        for place in PLACES
        for unit in UNITS
    ]
    return {(row.territory, row.unit_id): row.pk for row in (_saved(row) for row in rows)}


def _saved(row: Matter) -> Matter:
    row.save()
    return row


def seen(viewer: Viewer, matters: dict[tuple[str, int | None], int]) -> set[tuple[str, int | None]]:
    keys = set(scope.visible(Matter, viewer).values_list("pk", flat=True))
    return {key for key, pk in matters.items() if pk in keys}


INSIDE_STREET = {STREET, "610104001001", "610104001001002"}
INSIDE_DISTRICT = INSIDE_STREET | {"", "610104", "610104002", "610104010", "61010400"}
BY_TERRITORY = (
    roles.CLERK,
    roles.DISPATCHER,
    roles.CHECKER,
    roles.ADJUDICATOR,
    roles.MANAGER,
    roles.AUDITOR,
    roles.GRID_WORKER,
    roles.INTEGRATOR,
)


@pytest.mark.parametrize("role", BY_TERRITORY)
@pytest.mark.parametrize(
    ("territories", "places"),
    [
        (("610104",), INSIDE_DISTRICT),
        ((STREET,), INSIDE_STREET),
        (("610104001001",), {"610104001001", "610104001001002"}),
        (("610104001001002",), {"610104001001002"}),
        (("610104001001001",), set()),
        ((STREET, "610104002"), INSIDE_STREET | {"610104002"}),
        (("610104", STREET), INSIDE_DISTRICT),
    ],
)
def test_a_role_bound_to_a_territory_sees_it_whole_and_nothing_beside_it(
    role: str, territories: tuple[str, ...], places: set[str], matters: dict[tuple[str, int | None], int]
) -> None:
    asker = Viewer(actor="post:1", role=role, territories=territories, unit_id=9, units=frozenset({9}))
    assert seen(asker, matters) == {(place, unit) for place in places for unit in UNITS}


@pytest.mark.parametrize("role", BY_TERRITORY)
def test_a_territorial_role_without_territory_sees_nothing(
    role: str, matters: dict[tuple[str, int | None], int]
) -> None:
    assert seen(Viewer(actor="post:1", role=role), matters) == set()


@pytest.mark.parametrize("role", [roles.HANDLER, roles.INTEGRATOR])
@pytest.mark.parametrize(("units", "expected"), [({1}, {1}), ({1, 2}, {1, 2}), ({8}, set()), (set(), set())])
def test_a_handler_or_a_key_without_territory_sees_the_matters_of_its_units_wherever_they_are(
    role: str, units: set[int], expected: set[int], matters: dict[tuple[str, int | None], int]
) -> None:
    asker = Viewer(actor="post:1", role=role, units=frozenset(units))
    assert seen(asker, matters) == {(place, unit) for place in PLACES for unit in expected}


def test_a_handlers_territory_opens_nothing_beyond_the_unit(
    matters: dict[tuple[str, int | None], int],
) -> None:
    asker = Viewer(actor="post:1", role=roles.HANDLER, units=frozenset({1}), territories=("610104",))
    assert {unit for _place, unit in seen(asker, matters)} == {1}


@pytest.mark.parametrize("role", [roles.ADMIN, roles.SECURITY, roles.RESIDENT])
def test_administrators_and_residents_see_no_matter_by_role(
    role: str, matters: dict[tuple[str, int | None], int]
) -> None:
    asker = Viewer(actor="post:1", role=role, territories=("610104",), units=frozenset({1, 2, 3}))
    assert seen(asker, matters) == set()


def test_the_machine_sees_everything(matters: dict[tuple[str, int | None], int]) -> None:
    assert seen(system("clock"), matters) == set(matters)


@pytest.mark.django_db
@pytest.mark.parametrize("asker", [PUBLIC, Viewer(actor="post:1", role="invented", territories=("610104",))])
def test_a_viewer_without_a_rule_is_refused_not_shown_an_empty_list(asker: Viewer) -> None:
    with pytest.raises(Forbidden) as refused:
        scope.visible(Matter, asker)
    assert refused.value.code == "scope.viewer"


@pytest.mark.django_db
def test_an_undeclared_model_raises_for_everybody() -> None:
    with pytest.raises(scope.Unscoped, match="ContentType"):
        scope.visible(ContentType, system("clock"))
    with pytest.raises(scope.Unscoped):
        scope.visible(ContentType.objects.all(), system("clock"))


def test_every_role_has_an_answer_about_matters(db: None) -> None:
    for role in (*roles.STAFF_ROLES, roles.RESIDENT, roles.SYSTEM):
        scope.visible(Matter, Viewer(actor="post:1", role=role))


@given(
    role=st.sampled_from((*roles.STAFF_ROLES, roles.RESIDENT)),
    territories=st.lists(
        st.sampled_from([place for place in PLACES if place] + ["61", "610104099", "9", "99"]), max_size=3
    ),
    units=st.frozensets(st.integers(1, 5), max_size=3),
    extra=st.text(alphabet="0123456789", min_size=1, max_size=15),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_viewer_ever_sees_a_row_outside_its_territory_and_units(
    matters: dict[tuple[str, int | None], int],
    role: str,
    territories: list[str],
    units: frozenset[int],
    extra: str,
) -> None:
    asker = Viewer(actor="post:1", role=role, territories=(*territories, extra), units=units)
    for place, unit in seen(asker, matters):
        unplaced = place == "" and any(len(code) <= 6 for code in asker.territories)
        assert asker.covers(place) or unplaced or unit in units, (asker, place, unit)
    if role in BY_TERRITORY:  # and nothing inside is missing
        inside = {key for key in matters if key[0] and asker.covers(key[0])}
        assert inside <= seen(asker, matters)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("610104", "610105"),
        ("610109", "610110"),
        ("610199", "610200"),
        ("0", "1"),
        ("09", "10"),
        ("9", ""),
        ("99", ""),
    ],
)
def test_the_bound_behind_a_prefix_has_its_length(prefix: str, expected: str) -> None:
    assert registry.after(prefix) == expected


@pytest.mark.parametrize("prefix", ["", "61010a", "六", "6101 4", "%", "６１"])
def test_a_prefix_that_is_no_code_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        registry.after(prefix)


def test_a_prefix_inside_another_adds_no_range() -> None:
    assert scope.below("territory", ["610104001", "610104", "610104"]) == scope.below("territory", ["610104"])
    assert scope.below("territory", []) == scope.NOTHING


@pytest.mark.django_db
def test_a_territory_is_served_by_its_index() -> None:
    asker = Viewer(actor="post:1", role=roles.CLERK, territories=(STREET,))
    query = scope.visible(Matter, asker)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = query.explain()
    assert "matter_territory" in plan, plan


class Ledgerless(Matter):
    """A brush's own table, for this test only; never created in a database."""

    class Meta:
        app_label = "flow"
        managed = False


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_rules", dict(registry._rules))
    monkeypatch.setattr(registry, "_more", {})


def test_a_subclass_takes_its_bases_rule_until_it_has_its_own(forgotten: None) -> None:
    asker = Viewer(actor="post:1", role=roles.HANDLER, units=frozenset({4}))
    assert scope.condition(Ledgerless, asker) == Q(unit_id__in=[4])
    scope.rows(Ledgerless)(lambda viewer, purpose: Q(pk=7))
    assert scope.condition(Ledgerless, asker) == Q(pk=7)


def test_a_room_adds_rows_to_the_rule(forgotten: None) -> None:
    def own(viewer: Viewer, purpose: str) -> Q | None:
        return Q(pk__in=sorted(viewer.reports)) if viewer.role == roles.RESIDENT else scope.NOTHING

    scope.also(Ledgerless)(own)
    resident = Viewer(actor="report:5", role=roles.RESIDENT, reports=frozenset({5}))
    handler = Viewer(actor="post:1", role=roles.HANDLER, units=frozenset({4}))
    assert scope.condition(Ledgerless, resident) == Q(pk__in=[5])
    assert scope.condition(Ledgerless, handler) == Q(unit_id__in=[4])
    assert scope.condition(Matter, resident) == scope.NOTHING


def test_two_rules_for_one_model_are_a_mistake(forgotten: None) -> None:
    scope.rows(Ledgerless)(lambda viewer, purpose: Q(pk=1))
    with pytest.raises(ValueError, match="Ledgerless"):
        scope.rows(Ledgerless)(lambda viewer, purpose: Q(pk=2))


def test_the_purpose_reaches_the_rule(forgotten: None) -> None:
    asked: list[str] = []

    def rule(viewer: Viewer, purpose: str) -> Q | None:
        asked.append(purpose)
        return scope.EVERYTHING

    scope.rows(Ledgerless)(rule)
    assert scope.condition(Ledgerless, PUBLIC, "export") == scope.EVERYTHING
    assert asked == ["export"]


def test_one_row_or_not_there_whether_hidden_or_absent(
    matters: dict[tuple[str, int | None], int], viewer: Callable[..., Viewer]
) -> None:
    asker = viewer(roles.CLERK, territories=(STREET,))
    inside, outside = matters[(STREET, 1)], matters[("610104002", 1)]
    assert scope.one(Matter, asker, pk=inside).pk == inside
    answers: list[Any] = []
    for pk in (outside, 10**9):
        with pytest.raises(NotThere) as refused:
            scope.one(Matter, asker, pk=pk)
        answers.append((refused.value.code, refused.value.message))
    assert answers[0] == answers[1]
    assert scope.sees(Matter.objects.get(pk=inside), asker)
    assert not scope.sees(Matter.objects.get(pk=outside), asker)


def test_an_empty_answer_does_not_ask_the_database(
    matters: dict[tuple[str, int | None], int], django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(0):
        assert list(scope.visible(Matter, Viewer(actor="post:1", role=roles.ADMIN))) == []
