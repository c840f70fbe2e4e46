"""The rules at their boundaries: levels, what is new, repeats, risks of lateness."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from scipy.stats import poisson

from gongbi.science.scan.statistic import Cluster
from gongbi.warning import lateness, repeats, rules, seeing
from gongbi.warning.counts import Counts
from gongbi.warning.lateness import Handling
from gongbi.warning.repeats import Past, Usual
from gongbi.warning.rules import Found, Known
from gongbi.warning.settings import DEFAULTS, SHIPPED, read

DAY = date(2026, 3, 10)
AT = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRID = "610104001001001"


@pytest.mark.parametrize(
    ("days", "level"), [(10, 4), (364.9, 4), (365, 3), (1824.9, 3), (1825, 2), (7299, 2), (7300, 1), (1e9, 1)]
)
def test_the_level_follows_the_recurrence(days: float, level: int) -> None:
    assert rules.level_by_recurrence(days, SHIPPED) == level


@pytest.mark.parametrize(
    ("count", "level"), [(2, None), (3, 4), (4, 4), (5, 3), (8, 2), (11, 2), (12, 1), (99, 1)]
)
def test_the_level_follows_a_count(count: int, level: int | None) -> None:
    assert rules.level_by_count(count, (3, 5, 8, 12)) == level


def test_half_of_the_accepted_false_alarms_is_for_the_scans() -> None:
    assert (
        rules.least_recurrence(20, SHIPPED) == 280
    )  # 20 scans a day, each wrong once in 280 days: half a time a week
    assert rules.least_recurrence(20, replace(SHIPPED, false_alarms=2.0)) == 140
    assert rules.rise_recurrence(0.5) == 14
    assert rules.rise_recurrence(0.0) > 1e9


@pytest.mark.parametrize(
    ("codes", "whole"),
    [
        ([], ""),
        (["", ""], ""),
        ([GRID], GRID),
        ([GRID, "610104001001002"], "610104001001"),
        ([GRID, "610104001002001"], "610104001"),
        ([GRID, "610104002001001"], "610104"),
        ([GRID, "610104001001"], "610104001001"),
        ([GRID, "610105001001001"], ""),
    ],
)
def test_the_smallest_division_that_holds_all(codes: list[str], whole: str) -> None:
    assert rules.common_code(codes) == whole


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (14, "14 days"),
        (364, "364 days"),
        (365, "1.0 years"),
        (3650, "10 years"),
        (36500, "100 years or more"),
    ],
)
def test_a_recurrence_in_words(days: float, words: str) -> None:
    assert rules.span_words(days)[1] == words


# --- New, or the same again ---------------------------------------------------------------------------------------------


def found(**more: Any) -> Found:
    plain = Found(rules.CLUSTER, 3, "a", "E03", "", (GRID,), DAY - timedelta(days=2), DAY, 9)
    return replace(plain, **more)


def known(**more: Any) -> Known:
    plain = Known(
        1,
        rules.CLUSTER,
        3,
        "b",
        "E03",
        frozenset({GRID}),
        DAY - timedelta(days=5),
        DAY - timedelta(days=1),
        True,
    )
    return replace(plain, **more)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ({}, {}, "grow"),
        ({"growing": False}, {}, "silent"),
        ({"growing": False}, {"level": 2}, "raise"),  # dismissed, and now more severe
        ({"growing": False, "level": 2}, {"level": 2}, "silent"),
        ({"codes": frozenset({"610104001001002"})}, {}, "raise"),  # no place shared
        ({"codes": frozenset({GRID[:12]})}, {}, "grow"),  # a live look named the whole community
        ({"codes": frozenset({"610104001002"})}, {}, "raise"),
        ({"group": "E01"}, {}, "raise"),
        ({"sort": rules.RISE}, {}, "raise"),
        ({"last": DAY - timedelta(days=9)}, {}, "grow"),  # seven days of quiet
        ({"last": DAY - timedelta(days=10)}, {}, "raise"),  # eight
    ],
)
def test_whether_a_find_is_new(old: dict[str, Any], new: dict[str, Any], what: str) -> None:
    assert rules.settle([known(**old)], found(**new), SHIPPED)[0] == what


def test_a_rise_goes_on_in_its_own_community_only() -> None:
    here = {"sort": rules.RISE, "subject": "610104001001", "codes": ("610104001001",)}
    old = known(sort=rules.RISE, subject="610104001001", codes=frozenset({"610104001001"}))
    assert rules.settle([old], found(**here), SHIPPED)[0] == "grow"
    assert rules.settle([replace(old, subject="610104001002")], found(**here), SHIPPED)[0] == "raise"


def test_one_event_is_not_told_as_a_cluster_and_a_rise() -> None:
    rise = found(sort=rules.RISE, subject="610104001001", codes=("610104001001",))
    elsewhere = replace(rise, codes=("610104001002",))
    other = replace(rise, group="E01")
    assert rules.said_once([rise, found(), elsewhere, other]) == [found(), elsewhere, other]


# --- Repeats ------------------------------------------------------------------------------------------------------------


def past(number: int, *, closed: bool = True, spot: int = 7, kind: str = "C0137", back: int = 40) -> Past:
    opened = AT - timedelta(days=back - number)
    return Past(number, spot, kind, GRID, opened, opened + 2 * HOUR if closed else None)


USUAL = Usual(
    by_kind={"C0137": 200, "C0100": 200, "C0110": 200, "E0301": 9400}, by_spot={7: 10}, squares=2000
)


def repeated(cases: list[Past], usual: Usual = USUAL) -> list[Found]:
    return repeats.repeats(cases, usual, day=DAY, first_day=DAY - timedelta(days=89), config=SHIPPED)


def test_a_problem_that_came_back_three_times_is_a_warning_and_twice_is_none() -> None:
    assert repeated([past(n, back=4) for n in range(3)]) == []
    (one,) = repeated([past(n, back=6) for n in range(6)])
    assert (one.observed, one.kind, one.codes, one.cases) == (5, "C0137", (GRID,), (0, 1, 2, 3, 4, 5))
    assert one.expected == pytest.approx(0.2)  # a fiftieth of all cases, ten on the square
    assert one.recurrence == pytest.approx(90 / (8000 * repeats.tail(5, 0.2)))
    assert one.level == rules.level_by_recurrence(one.recurrence, SHIPPED)
    assert "5" in one.reasons[0][0]
    assert "0.2" in one.reasons[0][1]


def test_where_much_comes_back_it_takes_more_to_be_told() -> None:
    cases = [past(n, back=6) for n in range(6)]
    assert repeated(cases, replace(USUAL, by_spot={7: 400})) == []  # a market: eight of them are usual
    own = replace(USUAL, before={(7, "C0137"): 15}, days_before=270)
    assert own.expected((7, "C0137"), 90) == 5
    assert repeated(cases, own) == []  # no more than in the quarters before
    assert repeated(cases, replace(own, before={(7, "C0137"): 1})) != []


def test_a_district_that_only_has_this_says_nothing() -> None:
    assert repeated([past(n, back=6) for n in range(6)], Usual({"C0137": 6}, {7: 6}, 1)) == []
    assert (
        repeated([past(n, back=6) for n in range(6)], Usual({}, {}, 0)) != []
    )  # nothing known: chance never gives it


def test_ordinary_places_are_told_about_as_seldom_as_said() -> None:
    """Ten thousand squares with independent cases: chance alone gives hardly a warning, however many squares there are."""
    dice = np.random.default_rng(11)
    spots = dice.choice(10_000, size=20_000, p=(busy := dice.gamma(0.5, size=10_000)) / busy.sum())
    kinds = dice.integers(0, 20, size=20_000)
    whole = Usual(
        {f"C01{k:02d}": int(n) for k, n in enumerate(np.bincount(kinds))},
        {int(s): int(n) for s, n in enumerate(np.bincount(spots)) if n},
        len(set(spots)),
    )
    days = sorted(dice.integers(0, 90, size=20_000))
    cases = [
        Past(
            n,
            int(spot),
            f"C01{kind:02d}",
            GRID,
            AT - timedelta(days=89 - int(day)),
            AT - timedelta(days=89 - int(day)) + HOUR,
        )
        for n, (spot, kind, day) in enumerate(zip(spots, kinds, days, strict=True))
    ]
    often = sum(1 for n in Counter((case.spot, case.kind) for case in cases).values() if n > 3)
    assert often > 40  # so many squares would be told about by a plain count
    assert len(repeated(cases, whole)) <= 1


@pytest.mark.parametrize(("count", "expected"), [(0, 1.0), (1, 0.1), (3, 0.2), (5, 5.0), (9, 2.5), (40, 3.0)])
def test_the_tail_is_that_of_poisson(count: int, expected: float) -> None:
    assert repeats.tail(count, expected) == pytest.approx(float(poisson.sf(count - 1, expected)), rel=1e-9)
    assert repeats.tail(1, 0.0) == 0.0


def test_many_voices_about_an_open_matter_are_no_repeat() -> None:
    assert repeated([past(n, closed=False, back=9) for n in range(9)]) == []


def test_other_spots_and_kinds_do_not_add_up() -> None:
    assert repeated([past(n, spot=n % 2, back=6) for n in range(6)]) == []
    assert repeated([past(n, kind=f"C01{n % 2}0", back=6) for n in range(6)]) == []


def test_two_kinds_on_one_spot_are_two_warnings() -> None:
    lamps, lids = repeated([past(n, kind=f"C01{n % 2}0", back=13) for n in range(13)])
    assert lamps.group == lids.group
    assert lamps.subject != lids.subject


def test_a_repeat_of_last_month_is_not_told_today() -> None:
    assert repeated([past(n, back=40) for n in range(6)]) == []
    assert repeated([past(n, back=12) for n in range(6)]) != []


def test_a_cluster_and_a_repeat_at_one_place_are_one_problem_and_lateness_is_another() -> None:
    old = known(sort=rules.REPEAT)
    assert rules.same_problem(old, found())
    assert not rules.same_problem(known(), found())  # the same sort: it grows
    assert not rules.same_problem(known(sort=rules.LATE), found())
    assert not rules.same_problem(known(sort=rules.REPEAT, group="E01"), found())
    assert not rules.same_problem(known(sort=rules.REPEAT, codes=frozenset({"610104002001001"})), found())
    assert not rules.same_problem(known(sort=rules.REPEAT, last=DAY - timedelta(days=3)), found())


# --- Lateness -----------------------------------------------------------------------------------------------------------


def handled(
    hours: float, *, key: int = 0, unit: int = 1, kind: str = "E0301", begun: datetime = AT - 30 * 24 * HOUR
) -> Handling:
    return Handling(key, unit, kind, GRID, begun, begun + 48 * HOUR, begun + hours * HOUR)


def still_open(age: float, *, key: int = 900, kind: str = "E0301", allowed: float = 48) -> Handling:
    begun = AT - age * HOUR
    return Handling(key, 1, kind, GRID, begun, begun + allowed * HOUR, None)


def test_the_risk_is_the_share_of_past_ones_that_took_longer_than_this_one_may() -> None:
    past = [handled(hours) for hours in range(1, 101)]  # 1 … 100 hours
    risk = lateness.History(past, at=AT, least=20).risk(still_open(20), AT)
    assert risk is not None
    assert (risk.still_open, risk.longer, risk.same_kind) == (80, 52, True)
    assert risk.share == 53 / 82
    assert "80" in risk.reason()[0]
    assert "52" in risk.reason()[1]


def test_too_few_past_ones_say_nothing_and_the_class_stands_in_for_the_kind() -> None:
    past = [handled(hours, kind="E0302") for hours in range(1, 101)]
    history = lateness.History(past, at=AT, least=20)
    assert lateness.History(past, at=AT, least=81).risk(still_open(20), AT) is None
    of_class = history.risk(still_open(20), AT)
    assert of_class is not None
    assert not of_class.same_kind
    assert history.risk(still_open(20, kind="C0101"), AT) is None


def test_what_is_late_already_or_over_has_no_risk() -> None:
    history = lateness.History([handled(hours) for hours in range(1, 101)], at=AT, least=20)
    assert history.risk(still_open(48), AT) is None
    assert history.risk(still_open(47.9), AT) is not None
    assert history.risk(handled(10), AT) is None


def test_three_cases_at_risk_make_a_warning_about_the_unit() -> None:
    past = [handled(hours) for hours in range(1, 101)]
    at_risk = [still_open(30, key=900 + n) for n in range(3)]

    def told(cases: list[Handling]) -> list[Found]:
        return lateness.lateness([*past, *cases], at=AT, day=DAY, config=SHIPPED)

    assert told(at_risk[:2]) == []
    (one,) = told(at_risk)
    assert (one.unit_id, one.observed, one.level, one.cases) == (1, 3, 4, (900, 901, 902))
    assert one.expected == pytest.approx(3 * 53 / 72)
    assert told([still_open(0.5, key=n, allowed=95) for n in range(9)]) == []  # hardly anything took so long


def test_what_is_still_open_counts_for_what_it_has_outlived() -> None:
    past = [handled(hours) for hours in range(1, 51)]
    slow = [still_open(age, key=n, allowed=200) for n, age in enumerate((60, 70, 80, 30))]
    risk = lateness.History([*past, *slow], at=AT, least=20).risk(still_open(20), AT)
    assert risk is not None
    assert (risk.still_open, risk.longer) == (
        33,
        5,
    )  # 30 and 2 of the done ones, and the three that are past 48 hours


def tried(then: datetime, *, hours: int = 80) -> list[Handling]:
    """Cases 20 hours old at ``then``, due 28 hours later, that ended 1 … hours after it."""
    return [
        Handling(n, 1, "E0301", GRID, then - 20 * HOUR, then + 28 * HOUR, then + n * HOUR)
        for n in range(1, hours + 1)
    ]


def test_risks_said_earlier_are_held_against_what_became_of_them() -> None:
    old = [handled(hours, begun=AT - 60 * 24 * HOUR) for hours in range(1, 101)]
    back = [timedelta(days=14)]
    told = lateness.hindsight([*old, *tried(AT - back[0])], at=AT, back=back, config=SHIPPED)
    (one,) = told.bins
    assert (one.cases, told.cases) == (80, 80)
    assert one.said == pytest.approx(53 / 82)
    assert one.late == pytest.approx(52 / 80)
    said = 53 / 82
    assert told.brier == pytest.approx((52 * (1 - said) ** 2 + 28 * said**2) / 80)
    assert told.average == pytest.approx(
        (52 * (1 - 0.52) ** 2 + 28 * 0.52**2) / 80
    )  # 52 of the 100 old ones were late


def test_hindsight_learns_nothing_from_later_and_chooses_nobody_by_the_end() -> None:
    old = [handled(hours, begun=AT - 60 * 24 * HOUR) for hours in range(1, 101)]
    then = AT - timedelta(days=14)
    asked = tried(then)
    # Whatever ended later, what was said on that day is the same.
    for ends in (1, 400):
        changed = [replace(one, stopped=then + ends * HOUR) for one in asked]
        told = lateness.hindsight([*old, *changed], at=AT, back=[timedelta(days=14)], config=SHIPPED)
        assert told.bins[0].said == pytest.approx(53 / 82)
    # Not due yet: left out even where it is done, for of those that are not nobody knows.
    soon = [replace(one, due=AT + HOUR) for one in asked]
    assert lateness.hindsight([*old, *soon], at=AT, back=[timedelta(days=14)], config=SHIPPED).brier is None
    assert lateness.hindsight([], at=AT, back=[timedelta(days=14)], config=SHIPPED).cases == 0


# --- How good, and what may be set ---------------------------------------------------------------------------------------


def test_precision_of_nothing_is_nothing() -> None:
    assert rules.Precision().value is None
    assert rules.Precision(3, 1).value == 0.75
    assert rules.Precision(3, 1).plus(rules.Precision(0, 4)).value == 0.375


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("false_alarms", "x"), ("false_alarms", "0"), ("false_alarms", "nan"), ("replications", "9.5"), ("late_levels", "3,5,8"),
        ("late_levels", "5,3,8,12"), ("repeat_least", "2.5"), ("repeat_recurrence", "0"), ("recurrence_levels", "1,2,3,4"), ("late_share", "1.5"), ("max_days", "-1"),
        ("max_days", "99999999999"),
    ],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_named(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=key):
        read({key: value})


def test_shipped_settings_say_that_they_are_no_law() -> None:
    assert SHIPPED.false_alarms == 1
    for key in ("recurrence_levels", "repeat_recurrence", "late_levels"):
        assert "不是法律规定" in DEFAULTS[key].source[0]
        assert "not law" in DEFAULTS[key].source[1]


def test_a_cluster_says_in_how_many_of_the_places_looked_at_something_happened() -> None:
    """Two of the four grids of the circle had cases: not “twelve cases in four grids”."""
    codes = tuple(f"61010400100100{n}" for n in range(1, 6))
    days = tuple(DAY - timedelta(days=29 - n) for n in range(30))
    table = np.zeros((1, 5, 30), dtype=np.int32)
    table[0, 0, 28:], table[0, 2, 29] = 5, 2
    circle = Cluster(
        centre=0, places=np.arange(4, dtype=np.int32), radius=0.3, first=27, last=29, cases=12, expected=0.8, baseline=0.8, relative_risk=9.0,
        llr=20.0, p_monte_carlo=0.001, p_gumbel=1e-5, p=1e-5, recurrence=1e5,
    )  # fmt: skip
    points = np.array([[108.91 + n / 1000, 34.26] for n in range(5)])
    found = seeing._cluster(Counts(("E03",), codes, days, table), points, 0, circle, 1e5, SHIPPED)
    [(zh, en)] = found.reasons
    assert "2个网格共12件（考察范围4个网格）" in zh
    assert "12 cases in 2 grids (of 4 grids looked at together) in 3 days" in en
