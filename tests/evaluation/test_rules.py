"""Schemes, scores and places: weights that add up, bands, what is taken off, ties, small units; the shipped rates are the board's own."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.evaluation import computing, reading, reckoning, rules, shipped
from gongbi.evaluation.computing import Inputs, Rated, Upheld
from gongbi.evaluation.rules import Indicator, Item, Minus, Ranked, Scheme
from gongbi.insight import counting
from gongbi.insight.catalogue import rates
from gongbi.insight.counting import Counted
from gongbi.insight.lines import Line, What, is_late, stands, verdict
from gongbi.insight.period import Period
from gongbi.insight.rates import Config, Flags, composite
from gongbi.kernel.errors import Refused
from tests.evaluation.test_language import DONE, EXEMPT, LATE, LEFT, OPEN, line
from tests.insight.folding import lines_of
from tests.insight.histories import at, histories

SCHEME = shipped.schemes()["streets"]
MARCH = reading.period("2026-03")


def unit(key: int, class_: str = "street", place: str = "") -> Rated:
    return Rated(key, f"u{key}", (f"单位{key}", f"Unit {key}"), class_, frozenset({key}), place)


def held(key: int, **counts: int) -> dict[Counted, int]:
    """Lines of a unit: ``on_time``, ``late``, ``open`` of responses; ``good``, ``bad`` of verdicts."""
    made = {
        "on_time": line(What.RESPONSE, done=True),
        "late": line(What.RESPONSE, done=True, late=True),
        "open": line(What.RESPONSE),
        "good": line(What.VERDICT, result=verdict(True, 5)),
        "bad": line(What.VERDICT, result=verdict(False, 1)),
    }
    return {made[name]._replace(unit=key, place="610104001001"): n for name, n in counts.items()}


def inputs(*units: Rated, scheme: Scheme = SCHEME, **more: Any) -> Inputs:
    found = shipped.indicators() | more.pop("indicators", {})
    return Inputs("2026-03", scheme, rules.needed(scheme, found), units, **more)


# --- Shipped definitions are the board's rates --------------------------------------------------------------------------


def counted(lines: list[Line], period: Period) -> dict[Counted, int]:
    """Lines as the evaluation counts them, from the fold itself."""
    found: dict[Counted, int] = {}
    end = period.end
    for one in lines:
        if period.start <= one.at < end and stands(one, end):
            done = one.done_at is not None and one.done_at < end
            gone = one.excluded_at is not None and one.excluded_at < end
            flags = Flags(
                one.result, done, done and one.late, one.spoiled_at is not None and one.spoiled_at < end,
                one.exempt_at is not None and one.exempt_at < end,
            )  # fmt: skip
            key = Counted(None, "", int(one.what), flags, gone, one.ground if gone else "")
            found[key] = found.get(key, 0) + 1
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_shipped_indicator_is_the_boards_own_rate(seed: int) -> None:
    lines = list(lines_of(histories(seed, 250), MARCH))
    board = counting.figures(counting.cells(lines, MARCH), Config())
    mine = counted(lines, MARCH)
    assert set(shipped.indicators()) == set(board)
    for code, figure in board.items():
        found = reckoning.figure(shipped.indicators()[code].read, mine)
        assert (found.above, found.below, found.left_out) == (
            figure.above,
            figure.below,
            dict(sorted(figure.left_out.items())),
        ), code
        assert found.interval == figure.interval(), code
    assert sum(figure.below for figure in board.values()) > 500


def test_the_catalogue_and_the_language_agree_on_every_sort_of_line_there_can_be() -> None:
    """Not only what happened in a sample: every combination of flags and results, one by one."""
    known = {rate.code: rate for rate in rates(Config())}
    results = [*range(60), *(verdict(solved, grade) for solved in (True, False) for grade in range(1, 6))]
    for code, one in shipped.indicators().items():
        rate = known[code]
        for result in results:
            for bits in range(16):
                flags = Flags(
                    result, bool(bits & 1), bool(bits & 1 and bits & 2), bool(bits & 4), bool(bits & 8)
                )
                for excluded in (False, True):
                    cell = Counted(
                        None, "", int(rate.what), flags, excluded, "policy_limit" if excluded else ""
                    )
                    parts = reckoning.parts_of(one.read, cell)
                    below = rate.below.holds(flags)
                    out = below and rate.excludable and excluded
                    assert ("excluded" in parts) == out, (code, cell)
                    assert ("denominator" in parts) == (below and not out), (code, cell)
                    assert ("numerator" in parts) == (below and not out and rate.above.holds(flags)), (
                        code,
                        cell,
                    )
        assert (one.verified, one.source, one.better) == (rate.verified, rate.source, rate.better)


def test_equal_to_the_deadline_is_on_time() -> None:
    due = at("03-10 16:30")
    one = shipped.indicators()["handled_on_time"]
    for seconds, on_time in ((-1, True), (0, True), (59, True), (60, False)):
        late = is_late(due + timedelta(seconds=seconds), due)
        assert reckoning.figure(one.read, {line(done=True, late=late): 1}).value == Fraction(on_time)


def test_the_three_rates_of_the_board_are_the_shipped_score() -> None:
    lines = {**held(1, on_time=95, late=5, good=80, bad=20)}
    found, _places = computing.scores(inputs(unit(1)), lines)
    figures = [counting.Figure(95, 100), counting.Figure(80, 100), counting.Figure(80, 100)]
    expected = composite(figures, (0.30, 0.35, 0.35))
    assert expected is not None
    assert float(found[0].score or 0) == pytest.approx(100 * expected)


# --- Schemes ------------------------------------------------------------------------------------------------------------


def scheme(**more: Any) -> Scheme:
    return replace(SCHEME, **more)


def test_the_published_composite_of_seventy_per_cent_is_refused() -> None:
    """监督举报率×10% + 立案数×20% + 结案率×30% + 按期结案率×10%: 70 % (domain.md §4.6)."""
    trap = (
        Item("public", "0.10"),
        Item("filed", "0.20"),
        Item("closed", "0.30"),
        Item("closed_on_time", "0.10"),
    )
    with pytest.raises(Refused) as refused:
        scheme(items=trap)
    assert refused.value.code == "evaluation.weights"
    assert "0.7" in refused.value.message
    assert "0.3" in refused.value.message
    scheme(items=(*trap[:3], Item("closed_on_time", "0.40")))


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((), "items"),
        ((Item("solved", "1.0000001"),), "weight"),
        ((Item("solved", "-1"),), "weight"),
        ((Item("solved", "1e0"),), "weight"),
        ((Item("solved", "0"), Item("satisfied", "1")), "weight"),
        (
            (Item("solved", "0.333333"), Item("satisfied", "0.333333"), Item("responded", "0.333333")),
            "weights",
        ),
        ((Item("solved", "0.5"), Item("solved", "0.5")), "twice"),
        ((Item("solved", "1", (("5", "50"), ("3", "80"))),), "bands"),
        ((Item("solved", "1", (("0", "120"),)),), "bands"),
    ],
)
def test_bad_weights_and_bands_are_refused(items: tuple[Item, ...], code: str) -> None:
    with pytest.raises(Refused) as refused:
        scheme(items=items)
    assert refused.value.code == f"evaluation.{code}"


def test_weights_are_exact_decimals() -> None:
    scheme(
        items=tuple(Item(code, "0.1") for code in list(shipped.indicators())[:10])
    )  # ten tenths are one; ten floats of 0.1 are not


def test_a_scheme_with_an_unknown_or_unfit_indicator_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        rules.check_scheme(scheme(items=(Item("gone", "1"),)), shipped.indicators())
    assert refused.value.code == "evaluation.no_indicator"
    only = replace(shipped.indicators()["solved"], classes=("department",))
    with pytest.raises(Refused) as refused:
        rules.check_scheme(scheme(items=(Item("solved", "1"),)), {"solved": only})
    assert refused.value.code == "evaluation.unfit"


def test_a_rule_survives_its_plain_form() -> None:
    for one in shipped.indicators().values():
        assert reading.indicator(one.plain()) == one
    made = scheme(
        items=(Item("filed", "0.5", (("0", "100"), ("1.5", "90"))), Item("solved", "0.5")),
        minus=(Minus(("退回", "Returned"), "count(dispatch where spoiled)", "0.5", "5"),),
        missing="spread", period="quarter",
    )  # fmt: skip
    assert reading.scheme(made.plain()) == made
    for broken in ({}, {"items": 3}, {"items": [3]}, {"classes": "street"}, {"items": [{"bands": [1]}]}):
        with pytest.raises(Refused):
            reading.scheme({**made.plain(), "code": "", **broken})


def test_bands_of_a_count_as_published() -> None:
    """立案数分值: 0→100; <3→90; <5→75; <7→60; <9→40; ≥9→0 (domain.md §4.6)."""
    bands = (("0", "100"), ("1", "90"), ("3", "75"), ("5", "60"), ("7", "40"), ("9", "0"))
    one = Indicator("n", ("件数", "Number"), "count(handling)", "1", source="test")
    got = [rules.points(Item("n", "1", bands), one, Fraction(n)) for n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 50)]
    assert got == [100, 90, 90, 75, 75, 60, 60, 40, 40, 0, 0]


def test_a_high_closing_rate_is_never_punished() -> None:
    closed, returned = shipped.indicators()["closed"], shipped.indicators()["returned"]
    for share in (Fraction(0), Fraction(1, 3), Fraction(1)):
        assert rules.points(Item("closed", "1"), closed, share) == 100 * share
        assert rules.points(Item("returned", "1"), returned, share) == 100 * (1 - share)


# --- Scores and places ----------------------------------------------------------------------------------------------------


def test_streets_are_ranked_with_streets() -> None:
    both = scheme(classes=("street", "department"))
    lines = (
        held(1, on_time=100, good=100)
        | held(2, on_time=50, late=50, good=100)
        | held(3, on_time=90, late=10, good=100)
    )
    found, places = computing.scores(inputs(unit(1), unit(2), unit(3, "department"), scheme=both), lines)
    assert {key: (one.place, one.peers) for key, one in places.items()} == {1: (1, 2), 2: (2, 2), 3: (1, 1)}
    assert len(found) == 3


def test_too_few_are_scored_but_not_ranked_and_take_nobodys_place() -> None:
    lines = held(1, on_time=29, good=29) | held(2, on_time=50, late=50, good=100) | held(3)
    found, places = computing.scores(inputs(unit(1), unit(2), unit(3)), lines)
    assert [one.why for one in found] == ["few", "", "none"]
    assert found[0].score == 100
    assert found[2].score is None
    assert places == {2: Ranked(1, 1, 1, 1)}


def test_ties_share_a_place_and_the_next_one_is_left_free() -> None:
    span = (Fraction(40), Fraction(60))
    found = rules.ranks({1: (Fraction(50), span), 2: (Fraction(50), span), 3: (Fraction(49), span)})
    assert [found[key].place for key in (1, 2, 3)] == [1, 1, 3]
    assert all((one.best, one.worst) == (1, 3) for one in found.values())


def test_places_are_certain_only_where_the_intervals_part() -> None:
    def between(score: int, half: int) -> tuple[Fraction, tuple[Fraction, Fraction]]:
        return Fraction(score), (Fraction(score - half), Fraction(score + half))

    found = rules.ranks({1: between(90, 2), 2: between(80, 5), 3: between(78, 5), 4: between(50, 2)})
    assert [(found[k].best, found[k].worst) for k in (1, 2, 3, 4)] == [(1, 1), (2, 3), (2, 3), (4, 4)]


def test_what_is_taken_off_is_bounded_and_a_score_is_never_below_nought() -> None:
    one = scheme(minus=(Minus(("迟联系", "Late contact"), "count(response where late)", "0.5", "5"),))
    few, many = held(1, on_time=98, late=2, good=100), held(1, on_time=50, late=50, good=100)
    assert computing.score(one, inputs(unit(1)).indicators, unit(1), computing.Parted(few)).minus == [(2, 1)]
    assert computing.score(one, inputs(unit(1)).indicators, unit(1), computing.Parted(many)).minus == [
        (50, 5)
    ]
    bad = computing.score(
        one, inputs(unit(1)).indicators, unit(1), computing.Parted(held(1, late=100, bad=100))
    )
    assert bad.score == 0


def test_a_missing_indicator_means_no_score_or_is_spread_as_the_scheme_says() -> None:
    lines = held(1, good=60, bad=40)  # nobody was owed a contact
    assert computing.score(SCHEME, inputs(unit(1)).indicators, unit(1), computing.Parted(lines)).score is None
    spread = computing.score(
        scheme(missing="spread"), inputs(unit(1)).indicators, unit(1), computing.Parted(lines)
    )
    assert spread.weights == {"solved": Fraction(1, 2), "satisfied": Fraction(1, 2)}
    assert spread.score == 60


def test_an_indicator_may_refer_to_others() -> None:
    both = Indicator("both", ("两率", "Both"), "rate(solved) + rate(satisfied)", "2", source="test")
    one = scheme(items=(Item("both", "1"),))
    lines = held(1, good=75, bad=25)
    found, _places = computing.scores(inputs(unit(1), scheme=one, indicators={"both": both}), lines)
    assert found[0].figures["both"].value == Fraction(3, 4)


def test_lines_belong_to_the_unit_and_those_below_it_or_to_the_place() -> None:
    street = Rated(1, "s", ("街", "S"), "street", frozenset({1, 11}), "610104001")
    filed = line(What.FILED, result=11)
    here, there = (filed._replace(place=f"61010400{n}001") for n in (1, 2))
    lines = held(11, on_time=5) | held(2, on_time=7) | {here: 3, there: 4}
    parted = computing.Parted(lines)
    assert sum(parted.of(street, "unit").values()) == 5
    assert sum(n for one, n in parted.of(street, "place").items() if one.what == What.FILED) == 3
    assert parted.of(unit(2, "department"), "place") == {}


# --- Appeals and bytes ----------------------------------------------------------------------------------------------------


def test_an_upheld_appeal_changes_the_lines_of_its_case_and_unit_only() -> None:
    mine = LATE._replace(unit=1)
    lines = {mine: 3, DONE._replace(unit=1): 2, LATE._replace(unit=2): 4}
    case = [(7, mine), (7, LATE._replace(unit=2)), (8, mine)]
    exempt = computing.with_appeals(lines, case, [Upheld("SS1", 7, frozenset({1}), "exempt")])
    assert exempt == {mine: 2, EXEMPT._replace(unit=1): 1, DONE._replace(unit=1): 2, LATE._replace(unit=2): 4}
    out = computing.with_appeals(lines, case, [Upheld("SS1", 7, frozenset({1}), "exclude", "force_majeure")])
    assert out == {mine: 2, LEFT._replace(unit=1): 1, DONE._replace(unit=1): 2, LATE._replace(unit=2): 4}


def test_the_same_inputs_give_the_same_bytes_in_whatever_order_they_come() -> None:
    dice = random.Random(1)
    lines = (
        held(1, on_time=33, late=1, good=37, bad=3)
        | held(2, on_time=40, open=7, good=31, bad=9)
        | held(3, on_time=1)
    )
    one = inputs(unit(1), unit(2), unit(3))
    first = computing.body(one, lines, computing.facts_digest(lines))
    for _again in range(5):
        pairs = list(lines.items())
        dice.shuffle(pairs)
        other = computing.inputs_of(reading_again(one))
        assert computing.body(other, dict(pairs), computing.facts_digest(dict(pairs))) == first
    assert computing.facts_digest(lines | {OPEN: 1}) != computing.facts_digest(lines)


def reading_again(one: Inputs) -> Any:
    import orjson

    return orjson.loads(reading.canonical(one.plain()))


@pytest.mark.parametrize(
    ("name", "first", "last", "before"),
    [
        ("2026-10", "2026-10-01", "2026-10-31", "2026-09"),
        ("2026-01", "2026-01-01", "2026-01-31", "2025-12"),
        ("2024-02", "2024-02-01", "2024-02-29", "2024-01"),
        ("2026-Q4", "2026-10-01", "2026-12-31", "2026-Q3"),
        ("2026-Q1", "2026-01-01", "2026-03-31", "2025-Q4"),
        ("2026", "2026-01-01", "2026-12-31", "2025"),
    ],
)
def test_periods_by_their_names(name: str, first: str, last: str, before: str) -> None:
    span = reading.period(name)
    assert (span.first.isoformat(), span.last.isoformat(), reading.before(name)) == (first, last, before)
    assert reading.name_of(reading.sort_of(name), span.last) == name


@pytest.mark.parametrize(
    "name", ["2026-13", "2026-00", "2026-Q5", "26-01", "2026-1", "", "1999-01", "2026-01-01", "x"]
)
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        reading.period(name)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200_000) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_KEYS = [*shipped.schemes()["streets"].plain(), *shipped.indicators()["solved"].plain()]


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=4))
def test_whatever_json_is_sent_is_a_rule_or_refused(given_: dict[str, Any]) -> None:
    for read, plain in (
        (reading.scheme, shipped.schemes()["streets"].plain()),
        (reading.indicator, shipped.indicators()["solved"].plain()),
    ):
        try:
            assert read(plain | given_).plain()  # type: ignore[operator]
        except Refused as refused:
            assert "%(" not in refused.message
