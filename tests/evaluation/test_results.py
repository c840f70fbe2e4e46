"""Results out of the database: one pass, the same bytes for ever, every figure led to its lines; appeals and changes of rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongbi.evaluation import actions, computing, queries, queries_appeals, queries_rules, reading, shipped
from gongbi.evaluation.actions import Asked
from gongbi.evaluation.models import Appeal, Edition, Rule
from gongbi.evaluation.queries import PARTS
from gongbi.insight import actions as insight
from gongbi.insight import queries as board
from gongbi.insight import queries_tally as tally
from gongbi.insight.period import Period
from gongbi.insight.rates import Config
from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.flow import invariants
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.ledger.queries import chain_of
from gongbi.kernel.scope.viewer import ADJUDICATOR, HANDLER, MANAGER, RESIDENT, STAFF_ROLES, Viewer
from gongbi.parties.models import Unit
from tests.evaluation.made import AFTER, ALL, PERIOD, asked, evaluate, march
from tests.insight.histories import histories
from tests.insight.ledgers import go_on, write

pytestmark = pytest.mark.django_db
Posts = Callable[..., Viewer]


@pytest.fixture
def cases() -> dict[str, list[int]]:
    return march()


@pytest.fixture
def street(cases: dict[str, list[int]]) -> Unit:
    return Unit.objects.filter(kind="street").order_by("code")[0]


@pytest.fixture
def handler(viewer: Posts, street: Unit) -> Viewer:
    return viewer(HANDLER, unit_id=street.pk, territories=(), person_id=501)


@pytest.fixture
def judge(viewer: Posts) -> Viewer:
    return viewer(ADJUDICATOR, unit_id=Unit.objects.get(code="centre").pk, person_id=502)


def same_twice(edition: Edition) -> None:
    for _again in range(2):
        again = queries.recompute(ALL, edition.pk)
        assert again.body == edition.body.encode()
        assert again.facts_digest == edition.facts_digest


# --- One pass, the same as the board --------------------------------------------------------------------------------------


def test_a_tally_is_the_board_by_unit_in_two_queries() -> None:
    keys = write(histories(3, 60))
    insight.refresh(keys)
    span = reading.period(PERIOD)
    with CaptureQueriesContext(connection) as asked_for:
        lines = tally.tallies(ALL, [span])[0]
    assert len(asked_for.captured_queries) == 2
    groups = {group.key: group.figures for group in board.board(ALL, span, by="unit", config=Config()).groups}
    compared = 0
    for key, figures in groups.items():
        mine = {one._replace(unit=None, place=""): 0 for one in lines}
        for one, n in lines.items():
            if (str(one.unit) if one.unit is not None else "") == key:
                mine[one._replace(unit=None, place="")] += n
        for code, figure in figures.items():
            from gongbi.evaluation import reckoning

            found = reckoning.figure(shipped.indicators()[code].read, mine)
            assert (found.above, found.below) == (figure.above, figure.below), (key, code)
            compared += found.below > 0
    assert compared > 20
    months = [reading.period(f"2026-0{month}") for month in (2, 3, 4)]
    together = tally.tallies(ALL, months, fine=True)
    assert together == [tally.tallies(ALL, [one], fine=True)[0] for one in months]


def test_the_database_picks_the_lines_that_the_definition_counts() -> None:
    """Every part of every indicator, and some that the shipped ones do not use: as many rows as the figure says."""
    from gongbi.evaluation import reckoning, selecting
    from gongbi.evaluation.rules import Indicator

    keys = write(histories(5, 60))
    insight.refresh(keys)
    span = reading.period(PERIOD)
    told, total, _more = tally.lines_where(ALL, span, selecting.Q(), size=100_000)
    assert total == len(told) > 150
    extra = [
        ("count(below where not (sort in (clean, tainted)) or late)", "count(closed)", "ground != force_majeure"),
        ("count(below where grade < 3 or grade = 5)", "count(verdict where not solved or grade >= 2)", "channel = web"),
        ("count(below where kind in (1, 201) and channel != hotline)", "count(handling where not on_time or done)", "excluded and kind = 2"),
        ("count(check) + count(handling where grade <= 3)", "count(filed) - count(closing where not late)", "not done"),
        ("count(below where not exempt)", "count(handling)", ""),
    ]  # fmt: skip
    made = [
        Indicator("x", ("试", "x"), above, below, left, basis="place", source="test")
        for above, below, left in extra
    ]
    for one in (*shipped.indicators().values(), *made):
        for part in PARTS:
            rows, found, _more = tally.lines_where(
                ALL, span, selecting.part(one.read, part, span.end), size=100_000
            )
            expected = {line.key for line in told if part in reckoning.parts_of(one.read, line.counted)}
            assert {row.key for row in rows} == expected, (one.numerator, part)
            assert found == len(expected)


# --- Editions -----------------------------------------------------------------------------------------------------------


def test_results_are_kept_with_their_digests_and_computed_twice_are_the_same_edition(
    cases: dict[str, list[int]],
) -> None:
    edition = evaluate()
    assert (edition.number, edition.why, edition.period) == (1, "first", PERIOD)
    assert reading.digest(edition.body.encode()) == edition.digest
    assert evaluate(at=AFTER + timedelta(days=3)).pk == edition.pk
    same_twice(edition)
    found = queries.results(ALL, edition)
    first, second, third, *_rest = found.units()
    assert [one["place"] for one in (first, second)] == [1, 2]
    assert third["place"] is None
    assert {one["why"] for one in found.plain["units"]} == {"", "few", "none"}
    # 36 of 40 judged good, and all contacted: 0.3 × 100 + 0.7 × 90
    assert first["score"] == pytest.approx(93)
    assert second["score"] == pytest.approx(100 * 0.3 + 75 * 0.7)
    departments = evaluate("departments")
    names = {one["code"] for one in queries.results(ALL, departments).plain["units"]}
    assert "urban_management" in names
    assert not names & {one["code"] for one in found.plain["units"]}
    assert list(invariants.run_all(rooms=["evaluation"])) == []


def test_what_comes_later_does_not_change_a_past_period(cases: dict[str, list[int]], street: Unit) -> None:
    edition = evaluate()
    from gongbi.insight.facts import Entry

    for key in cases[street.code][:5]:  # excluded and judged anew in April
        late = Entry(20, AFTER, "exclude", "judged", {"ground": "force_majeure"}, "post:1", None, "judged")
        go_on(key, [late])
    insight.refresh(cases[street.code])
    same_twice(edition)
    assert evaluate(at=AFTER + timedelta(days=1)).pk == edition.pk


def test_a_period_that_is_not_over_or_of_another_kind_is_refused(cases: dict[str, list[int]]) -> None:
    for period, code in (("2026-04", "not_over"), ("2026-Q1", "other_period"), ("2019-03", "nobody")):
        with pytest.raises(Refused) as refused:
            actions.evaluate(scheme="streets", period=period, viewer=ALL, at=AFTER)
        assert refused.value.code == f"evaluation.{code}"
    with pytest.raises(NotThere):
        actions.evaluate(scheme="gone", period=PERIOD, viewer=ALL, at=AFTER)


def test_every_figure_leads_to_exactly_its_lines_before_and_after_an_appeal(
    cases: dict[str, list[int]], street: Unit, handler: Viewer, judge: Viewer
) -> None:
    held = queries_rules.rules_on(ALL, date(2026, 3, 1))
    items = tuple(
        computing.Item(code, "0.25") for code in ("handled_on_time", "closed_on_time", "solved", "filed")
    )
    from dataclasses import replace

    wide = replace(held.schemes["streets"], items=items)
    edition = evaluate(held=held.with_rule("scheme", wide))

    def compare(one: Edition) -> int:
        found, compared = queries.results(ALL, one), 0
        for unit in found.inputs.units:
            for code, figure in found.unit(unit.id)["indicators"].items():
                for part, expected in (
                    ("denominator", figure["below"]),
                    ("numerator", figure["above"]),
                    ("excluded", sum(figure["left_out"].values())),
                ):
                    if expected or unit.id == street.pk:
                        page = queries.matters(ALL, found, unit, code, part, size=7)
                        assert page.total == expected, (unit.code, code, part)
                        compared += int(expected)
        return compared

    assert compare(edition) > 500
    first, second = cases[street.code][:2]
    for case, sort, ground in ((first, "exempt", ""), (second, "exclude", "force_majeure")):
        appeal = actions.ask(asked(edition, street, case, sort=sort, ground=ground), viewer=handler, at=AFTER)
        actions.uphold(key=appeal.pk, reason="属实", viewer=judge, at=AFTER)
    assert actions.catch_up(viewer=ALL, at=AFTER) == 1
    again = queries.latest(ALL, "streets", PERIOD)
    assert again.number == 2
    assert compare(again) > 500
    found = queries.results(ALL, again)
    page = queries.matters(ALL, found, found.rated(street.pk), "handled_on_time", "numerator")
    assert {(row.line.case_id, "rest" in row.before, "numerator" in row.now) for row in page.changed} == {
        (first, True, True)
    }
    old, new = (
        queries.results(ALL, one).unit(street.pk)["indicators"]["handled_on_time"] for one in (edition, again)
    )
    assert (old["above"], old["below"]) == (30, 40)
    assert (new["above"], new["below"], new["left_out"]) == (31, 39, {"force_majeure": 1})


# --- Appeals ------------------------------------------------------------------------------------------------------------


def test_an_upheld_appeal_makes_a_new_edition_beside_the_old_one_and_both_recompute_to_the_same_bytes(
    cases: dict[str, list[int]], street: Unit, handler: Viewer, judge: Viewer
) -> None:
    edition = evaluate()
    others = evaluate("departments")
    bytes_before = edition.body
    unhappy = cases[street.code][0]
    appeal = actions.ask(
        asked(edition, street, unhappy, sort="exclude", ground="unreasonable"),
        viewer=handler,
        at=AFTER + timedelta(days=1),
    )
    assert appeal.number.startswith("SS")
    assert appeal.due_at is not None
    actions.supplement(
        key=appeal.pk, evidence="另附现场记录 3 页", viewer=handler, at=AFTER + timedelta(days=1)
    )
    assert actions.catch_up(viewer=ALL, at=AFTER + timedelta(days=2)) == 0  # nothing is decided yet
    actions.uphold(key=appeal.pk, reason="诉求确属不合理", viewer=judge, at=AFTER + timedelta(days=2))
    assert actions.catch_up(viewer=ALL, at=AFTER + timedelta(days=2)) == 1
    assert actions.catch_up(viewer=ALL, at=AFTER + timedelta(days=2)) == 0
    edition.refresh_from_db()
    assert queries.latest(ALL, "departments", PERIOD).pk == others.pk  # no part in their scores
    newer = queries.latest(ALL, "streets", PERIOD)
    assert (newer.number, newer.why, newer.appeal_until) == (2, "appeal", edition.appeal_until)
    assert edition.body == bytes_before != newer.body
    assert (
        newer.facts_digest == edition.facts_digest
    )  # what was counted is the same; what was decided about it is not
    assert orjson.loads(newer.inputs)["appeals"][0]["number"] == appeal.number
    same_twice(edition)
    same_twice(newer)
    appeal.refresh_from_db()
    assert appeal.entered_at is not None
    assert chain_of(appeal).whole
    assert [event.arrow.name for event in queries_appeals.timeline(appeal, handler)] == [
        "ask",
        "supplement",
        "uphold",
    ]
    assert list(invariants.run_all(rooms=["evaluation"])) == []


def test_a_refused_or_withdrawn_appeal_changes_nothing(
    cases: dict[str, list[int]], street: Unit, handler: Viewer, judge: Viewer
) -> None:
    edition = evaluate()
    first, second = cases[street.code][:2]
    refused = actions.ask(asked(edition, street, first), viewer=handler, at=AFTER)
    actions.refuse(key=refused.pk, reason="通知在处置之后", viewer=judge, at=AFTER)
    gone = actions.ask(asked(edition, street, second), viewer=handler, at=AFTER)
    actions.withdraw(key=gone.pk, reason="写错了", viewer=handler, at=AFTER)
    assert (
        actions.ask(asked(edition, street, second), viewer=handler, at=AFTER).pk != gone.pk
    )  # once withdrawn it may be asked again
    assert actions.catch_up(viewer=ALL, at=AFTER) == 0
    assert evaluate().pk == edition.pk


def test_what_an_appeal_needs(
    cases: dict[str, list[int]], street: Unit, handler: Viewer, judge: Viewer, viewer: Posts
) -> None:
    edition = evaluate()
    late, *_others, fine = cases[street.code]
    other = Unit.objects.filter(kind="street").order_by("code")[1]
    at = AFTER

    def refusal(one: Asked, who: Viewer = handler, when: Any = at) -> str:
        with pytest.raises(Refused) as refused:
            actions.ask(one, viewer=who, at=when)
        assert "%(" not in refused.value.message
        return refused.value.code.removeprefix("evaluation.")

    assert refusal(asked(edition, street, late), viewer(HANDLER, unit_id=other.pk)) == "own_unit_only"
    assert refusal(asked(edition, street, late), viewer("clerk", unit_id=street.pk)) == "own_unit_only"
    assert refusal(asked(edition, street, cases[other.code][0])) == "not_counted"
    assert refusal(asked(edition, street, 2**40)) == "not_counted"
    assert refusal(asked(edition, street, fine)) == "nothing"  # it was on time
    assert refusal(asked(edition, street, late, sort="other")) == "sort"
    assert refusal(asked(edition, street, late, sort="exclude")) == "ground"
    assert refusal(asked(edition, street, late, evidence=" ")) == "empty"
    assert refusal(asked(edition, street, late, reason="长" * 501)) == "long"
    assert (
        refusal(asked(edition, street, late), handler, edition.appeal_until + timedelta(seconds=1))
        == "too_late"
    )
    appeal = actions.ask(
        asked(edition, street, late), viewer=handler, at=edition.appeal_until
    )  # to the very moment
    assert refusal(asked(edition, street, late, sort="exclude", ground="unreasonable")) == "twice"
    assert Appeal.objects.count() == 1
    at = edition.appeal_until
    # Whoever reviews has no part in the score.
    kin = Unit.objects.filter(parent=street).first()
    assert kin is not None
    for unit_id, person in ((street.pk, 9), (kin.pk, 9), (judge.unit_id, handler.person_id)):
        biased = viewer(ADJUDICATOR, unit_id=unit_id, person_id=person)
        with pytest.raises(Refused) as refused:
            actions.uphold(key=appeal.pk, reason="好", viewer=biased, at=at)
        assert refused.value.code == "evaluation.own_review"
    with pytest.raises(Stale):
        actions.uphold(key=appeal.pk, reason="好", viewer=judge, at=at, expected_version=7)
    with pytest.raises(Refused):
        actions.uphold(key=appeal.pk, reason=" ", viewer=judge, at=at)
    actions.uphold(key=appeal.pk, reason="好", viewer=judge, at=at)
    with pytest.raises(Refused) as refused:
        actions.refuse(key=appeal.pk, reason="不好", viewer=judge, at=at)
    assert refused.value.code == "flow.state"


def test_who_may_do_what_with_an_appeal(
    cases: dict[str, list[int]], street: Unit, handler: Viewer, viewer: Posts
) -> None:
    appeal = actions.ask(asked(evaluate(), street, cases[street.code][0]), viewer=handler, at=AFTER)
    centre = Unit.objects.get(code="centre").pk
    for role in (*STAFF_ROLES, RESIDENT):
        outside = viewer(role, unit_id=centre, person_id=77)
        own = viewer(role, unit_id=street.pk, person_id=78, territories=(street.territory,))
        expected = {"uphold", "refuse"} if role in (ADJUDICATOR, MANAGER) else set()
        assert set(flow.allowed(appeal, outside, at=AFTER)) == expected, role
        mine = {"supplement", "withdraw"} if role in (HANDLER, MANAGER) else set()
        assert set(flow.allowed(appeal, own, at=AFTER)) == mine, role
    with pytest.raises(NotThere):
        queries_appeals.appeal_for(appeal.pk, viewer(HANDLER, unit_id=centre, territories=()))
    with pytest.raises(NotThere):
        queries_appeals.appeal_for(appeal.pk, viewer(MANAGER, unit_id=centre, territories=("610104002",)))


def test_what_stands_behind_a_score_is_the_units_own_and_its_superiors(
    cases: dict[str, list[int]], street: Unit, handler: Viewer, viewer: Posts
) -> None:
    edition = evaluate()
    found = queries.results(handler, edition)
    own = found.rated(street.pk)
    other = next(one for one in found.inputs.units if one.id != street.pk)
    assert queries.may_open(handler, own)
    assert not queries.may_open(handler, other)
    assert queries.may_open(viewer(MANAGER), other)
    assert not queries.may_open(viewer(MANAGER, territories=(own.place,)), other)
    with pytest.raises(Forbidden):
        queries.matters(handler, found, other, "solved", "denominator")
    with pytest.raises(Forbidden):
        queries.burden(handler, other, Period(edition.first, edition.last))


# --- Rules ----------------------------------------------------------------------------------------------------------------


def draft(viewer: Viewer, **more: Any) -> Rule:
    plain = shipped.schemes()["streets"].plain() | more
    return actions.propose(kind="scheme", plain=plain, note="区里决定只看解决率", viewer=viewer, at=AFTER)


ONLY_SOLVED = {"items": [{"indicator": "solved", "weight": "1"}]}


def test_a_change_of_rule_is_tried_out_decided_by_another_and_holds_from_a_day_to_come(
    cases: dict[str, list[int]], viewer: Posts
) -> None:
    edition = evaluate()
    chief, other = viewer(MANAGER, person_id=1), viewer(MANAGER, person_id=2)
    row = draft(chief, **ONLY_SOLVED)
    day = date(2026, 5, 1)
    with pytest.raises(Refused) as refused:
        actions.enact(key=row.pk, valid_from=day, viewer=other, at=AFTER)
    assert refused.value.code == "evaluation.not_tried"
    assert actions.catch_up(viewer=ALL, at=AFTER) == 1
    row.refresh_from_db()
    told = row.tried["schemes"][0]
    assert told["periods"][-1] == PERIOD
    assert len(told["periods"]) == 12
    changed = {one["unit"]: one for one in told["units"] if one["period"] == PERIOD}
    streets = list(Unit.objects.filter(kind="street").order_by("code")[:2])
    assert changed[streets[0].pk]["scores"] == [pytest.approx(82.5), pytest.approx(75)]
    assert changed[streets[1].pk]["scores"] == [pytest.approx(93), pytest.approx(90)]
    for who, when, code in (
        (chief, day, "own_rule"),
        (viewer(MANAGER, person_id=1), day, "own_rule"),
        (other, AFTER.date(), "backwards"),
    ):
        with pytest.raises(Refused) as refused:
            actions.enact(key=row.pk, valid_from=when, viewer=who, at=AFTER)
        assert refused.value.code == f"evaluation.{code}"
    actions.enact(key=row.pk, valid_from=day, viewer=other, at=AFTER)
    assert len(queries_rules.rules_on(ALL, date(2026, 4, 30)).schemes["streets"].items) == 3
    held = queries_rules.rules_on(ALL, day)
    assert (len(held.schemes["streets"].items), held.versions["scheme:streets"]) == (1, 1)
    same_twice(edition)
    assert evaluate(at=AFTER + timedelta(days=60)).pk == edition.pk  # March keeps the rules of March
    with pytest.raises(Stale):
        actions.drop(key=row.pk, viewer=other, at=AFTER)
    assert list(invariants.run_all(rooms=["evaluation"])) == []


def test_who_may_change_rules_and_what_is_refused(cases: dict[str, list[int]], viewer: Posts) -> None:
    for who in (viewer(HANDLER), viewer(MANAGER, territories=("610104001",)), viewer("auditor")):
        with pytest.raises(Forbidden):
            draft(who, **ONLY_SOLVED)
        with pytest.raises(Forbidden):
            actions.evaluate(scheme="streets", period=PERIOD, viewer=who, at=AFTER)
    chief = viewer(MANAGER)
    for more, code in (
        ({"items": [{"indicator": "solved", "weight": "0.7"}]}, "weights"),
        ({"items": [{"indicator": "gone", "weight": "1"}]}, "no_indicator"),
        ({"classes": []}, "classes"),
        ({"fewest": 0}, "fewest"),
        ({"fewest": "30"}, "whole"),
    ):
        with pytest.raises(Refused) as refused:
            draft(chief, **more)
        assert refused.value.code == f"evaluation.{code}"
    plain = shipped.indicators()["solved"].plain()
    for text, code in (
        ("rate(solved)", "loop"),
        ("count(below where phone)", "personal"),
        ("rate(gone)", "no_indicator"),
    ):
        with pytest.raises(Refused) as refused:
            actions.propose(
                kind="indicator", plain=plain | {"numerator": text}, note="试", viewer=chief, at=AFTER
            )
        assert refused.value.code == f"evaluation.{code}"
    with pytest.raises(Refused) as refused:
        actions.propose(kind="indicator", plain=plain, note=" ", viewer=chief, at=AFTER)
    assert refused.value.code == "evaluation.note"
    assert not Rule.objects.exists()


def test_the_night_evaluates_the_period_before_once(cases: dict[str, list[int]]) -> None:
    night = AFTER.replace(hour=1, minute=30)
    assert actions.nightly(viewer=ALL, at=night) == []
    made = actions.nightly(viewer=ALL, at=night.replace(hour=3))
    assert {one.scheme for one in made} == set(shipped.schemes())
    assert {one.period for one in made} == {PERIOD}
    assert actions.nightly(viewer=ALL, at=night.replace(hour=4)) == []
