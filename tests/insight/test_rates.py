"""The rates: boundaries, exclusions, the empty denominator, the score, and a count by hand beside each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from gongbi.cases.rules import three_rates
from gongbi.insight import counting
from gongbi.insight.catalogue import rates
from gongbi.insight.counting import Filters, Group
from gongbi.insight.definitions import as_markdown
from gongbi.insight.facts import Entry, cut
from gongbi.insight.fold import fold
from gongbi.insight.lines import What
from gongbi.insight.period import Period, named, read
from gongbi.insight.rates import Config, Figure, composite, score, wilson
from gongbi.kernel.errors import Refused
from tests.insight.folding import board_of, lines_of
from tests.insight.histories import History, at, histories

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
CONFIG = Config(fewest=1)


def count(*stories: History, period: Period = MARCH, config: Config = CONFIG) -> dict[str, Figure]:
    lines = lines_of([story.entries for story in stories], period)
    return counting.figures(counting.cells(lines, period), config)


def pair(figure: Figure) -> tuple[int, int]:
    return figure.above, figure.below


def test_one_smooth_case_fills_every_rate() -> None:
    story = History().to_handling().step("contacted", "03-02 11:00", report=1).finish()
    figures = count(story.step("confirm", "03-03 15:20", finding="x").judge("03-05 08:00"))
    low = {rate.code for rate in rates(CONFIG) if rate.better == "low"}
    assert {code: pair(figure) for code, figure in figures.items()} == {
        rate.code: (0 if rate.code in low else 1, 1) for rate in rates(CONFIG)
    }
    assert score(figures, CONFIG) == 1


@pytest.mark.parametrize(
    ("when", "expected"),
    [("03-04 09:19", (1, 1)), ("03-04 09:20", (1, 1)), ("03-04 09:20:59", (1, 1)), ("03-04 09:21", (0, 1))],
)
def test_on_time_includes_the_very_minute(when: str, expected: tuple[int, int]) -> None:
    figures = count(History().to_handling().finish(when, due="03-05 12:00"))
    assert pair(figures["handled_on_time"]) == expected
    assert pair(figures["handled"]) == (1, 1)


def test_an_exempt_case_is_not_late_and_stays_in_the_totals() -> None:
    late = (
        History()
        .to_handling()
        .finish("03-06 09:00", due="03-06 09:30")
        .step("exempt", "03-07 09:00", reason="flood")
    )
    late.step("confirm", "03-08 09:00", finding="x")
    figures = count(late)
    assert pair(figures["handled_on_time"]) == pair(figures["handled"]) == (1, 1)
    assert pair(figures["closed_on_time"]) == pair(figures["closed"]) == (1, 1)


def test_an_appeal_upheld_in_april_does_not_change_march() -> None:
    late = (
        History()
        .to_handling()
        .finish("03-06 09:00", due="03-06 09:30")
        .step("exempt", "04-01 00:00", reason="flood")
    )
    assert pair(count(late)["handled_on_time"]) == (0, 1)


def test_what_is_excluded_leaves_both_numbers_and_is_listed() -> None:
    judged = History().to_closed().judge("03-05 08:00", grade=1, solved="no")
    left = (
        History()
        .to_closed()
        .judge("03-05 08:00")
        .step("exclude", "03-06 09:00", ground="unreasonable", reason="x")
    )
    figures = count(judged, left)
    assert pair(figures["satisfied"]) == (0, 1)
    assert figures["satisfied"].left_out == {"unreasonable": 1}
    assert pair(figures["handled"]) == (1, 1)
    assert pair(figures["filed"]) == (2, 2)  # the centre's own work is not excused
    assert figures["filed"].left_out == {}


def test_an_empty_denominator_is_neither_nought_nor_a_hundred() -> None:
    figures = count(History().open())
    assert figures["closed"].value is None
    assert figures["closed"].interval() is None
    assert score(figures, CONFIG) is None
    plain = orjson.loads(board_of([], MARCH, config=CONFIG))
    assert {rate["rate"] for rate in plain["rates"]} == {None}


def test_every_check_and_every_closing_counts_once_though_it_came_after_the_day_it_was_owed() -> None:
    """Domain dossier §4.6: passed / (passed + failed), of the checks made in the period; none is lost between two days."""
    story = History().to_handling().finish("03-03 23:40", due="03-04 00:10")
    story.step("rework", "03-05 08:00", reason="x", due={"handle": "03-07 08:00"})
    story.finish("03-06 23:50", due="03-06 23:58").step("confirm", "03-07 00:05", finding="x")
    found = {}
    for day in range(2, 8):
        period = Period(date(2026, 3, day), date(2026, 3, day))
        known = list(cut(story.entries, period.end))
        counted = counting.cells(lines_of([known], period), period)
        found[day] = counting.figures(counted, CONFIG)
    for code, expected in {
        "public": {2: (1, 1)},
        "check_passed": {5: (0, 1), 7: (1, 1)},
        "first_time": {7: (0, 1)},
    }.items():
        assert {day: pair(f[code]) for day, f in found.items() if f[code].below} == expected


def test_a_merged_case_is_one_case_and_two_reports() -> None:
    gone = History().open(report=1).step("merge", "03-02 10:00", into=2, reports=[1])
    target = History().to_handling().step("take_in", "03-02 10:00", **{"from": 1, "reports": [1]})
    figures = count(gone, target)
    assert pair(figures["filed"]) == pair(figures["filed_on_time"]) == (1, 1)
    assert pair(figures["repeated"]) == (1, 2)


def test_a_reopened_case_counts_as_open_again_and_once_closed_anew_not_as_settled_the_first_time() -> None:
    story = History().to_closed().judge("03-05 08:00").step("settle", "03-05 08:00")
    story.step("reopen", "03-10 08:00", report=1, reason="x", due={"handle": "03-12 08:00"})
    figures = count(story)
    assert pair(figures["closed"]) == (0, 0)
    assert pair(figures["solved"]) == (0, 0)
    story.finish("03-11 08:00", due="03-11 08:30").step("confirm", "03-11 08:20", finding="x").judge(
        "03-12 09:00"
    )
    figures = count(story)
    assert pair(figures["closed"]) == (1, 1)
    assert pair(figures["first_time"]) == (0, 1)
    assert pair(figures["solved"]) == (1, 1)


@pytest.mark.parametrize(
    ("grade", "fairly", "strictly"), [(5, 1, 1), (4, 1, 1), (3, 1, 0), (2, 0, 0), (1, 0, 0)]
)
def test_whether_fairly_satisfied_counts_is_the_citys_choice(grade: int, fairly: int, strictly: int) -> None:
    story = History().to_closed().judge("03-05 08:00", grade=grade)
    assert count(story)["satisfied"].above == fairly
    assert count(story, config=Config(fairly_counts=False))["satisfied"].above == strictly


def test_the_period_is_half_open() -> None:
    story = History().to_handling()  # handling due on 4 March, 09:20
    assert pair(count(story, period=Period(date(2026, 3, 4), date(2026, 3, 4)))["handled"]) == (0, 1)
    assert pair(count(story, period=Period(date(2026, 3, 5), date(2026, 3, 9)))["handled"]) == (0, 0)
    midnight = History().open().accept().dispatch(due="03-05 00:00")
    assert pair(count(midnight, period=Period(date(2026, 3, 4), date(2026, 3, 4)))["handled"]) == (0, 0)


# --- The score, the weights, the interval ----------------------------------------------------------------------------


def test_the_three_rates_of_the_dossier_give_88() -> None:
    three = [Figure(95, 100), Figure(80, 100), Figure(90, 100)]
    assert composite(three, (0.30, 0.35, 0.35)) == pytest.approx(0.88, abs=1e-12)
    plain = three_rates(
        responded=(95, 100), solved=(80, 100), satisfied=(90, 100), weights=(0.30, 0.35, 0.35)
    )
    assert plain == pytest.approx(0.88, abs=1e-12)


@pytest.mark.parametrize("weights", [(0.1, 0.2, 0.3), (0.30, 0.35, 0.36), (0, 0, 0)])
def test_weights_that_do_not_add_up_to_one_are_refused(weights: tuple[float, float, float]) -> None:
    with pytest.raises(Refused) as refused:
        Config(weights=weights)
    assert refused.value.code == "insight.weights"


@pytest.mark.parametrize(
    ("above", "below", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, table I: the score method without correction
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
    ],
)  # fmt: skip
def test_the_interval_is_wilsons(above: int, below: int, low: float, high: float) -> None:
    assert wilson(above, below) == pytest.approx((low, high), abs=5e-5)


def groups(*values: tuple[str, int, int]) -> list[Group]:
    return [
        Group(key, {rate.code: Figure(above, below) for rate in rates(CONFIG)})
        for key, above, below in values
    ]


def test_peers_are_ranked_within_their_class_equals_share_and_few_are_not_ranked() -> None:
    found = groups(("a", 90, 100), ("b", 95, 100), ("c", 9, 10), ("d", 45, 50), ("e", 1, 40), ("", 40, 40))
    handled = next(rate for rate in rates(CONFIG) if rate.code == "handled")
    config = Config(fewest=30)
    assert counting.ranks(found, handled, config) == {"b": 1, "a": 2, "d": 2, "e": 4}
    classes = {"a": "street", "b": "street", "d": "department", "e": "department"}
    assert counting.ranks(found, handled, config, classes) == {"b": 1, "a": 2, "d": 1, "e": 2}


@pytest.mark.parametrize(("below", "few"), [(29, True), (30, False), (31, False)])
def test_below_thirty_nothing_is_ranked(below: int, few: bool) -> None:
    assert Figure(0, below).few(Config().fewest) is few


def test_where_less_is_better_the_lowest_comes_first() -> None:
    rework = next(rate for rate in rates(CONFIG) if rate.code == "reworked")
    assert counting.ranks(groups(("a", 5, 100), ("b", 1, 100)), rework, CONFIG) == {"b": 1, "a": 2}


# --- A count by hand -------------------------------------------------------------------------------------------------


def inside(moment: datetime | None) -> bool:
    return moment is not None and MARCH.start <= moment < MARCH.end


def by_hand(stories: Iterable[list[Entry]]) -> dict[str, tuple[int, int]]:
    """Some rates counted straight from entries, without lines: of what was written before the end of March."""
    found: dict[str, list[int]] = {
        "returned": [0, 0],
        "solved": [0, 0],
        "filed": [0, 0],
    }
    for story in stories:
        known = [entry for entry in story if entry.at < MARCH.end]
        if any(entry.transition == "exclude" for entry in known):
            continue
        holder: list[tuple[datetime, bool]] = []
        verdicts: dict[int, tuple[datetime, bool]] = {}
        filed = False
        for entry in known:
            if entry.transition == "dispatch" or (
                entry.transition == "rule" and entry.facts["unit"] != unit_of(known, entry)
            ):
                holder.append((entry.at, False))
            elif entry.transition == "rule":
                holder[-1] = (holder[-1][0], False)
            elif entry.transition in ("contest", "contest_again"):
                holder[-1] = (holder[-1][0], True)
            elif entry.transition == "judge":
                verdicts[entry.facts["report"]] = (entry.at, entry.facts["solved"] == "yes")
            elif entry.transition == "reopen":
                verdicts = {}
            elif entry.transition == "taken_out":
                verdicts = {key: said for key, said in verdicts.items() if key not in entry.facts["reports"]}
            elif entry.transition in ("accept", "solve_on_spot"):
                filed = True
            elif entry.transition in ("send_back", "unmerge"):
                filed = False
        tally(found["returned"], holder)
        tally(found["solved"], verdicts.values())
        if known and known[0].transition == "open" and known[-1].to_state != "merged":
            tally(found["filed"], [(known[0].at, filed)])
    return {code: (above, below) for code, (above, below) in found.items()}


def unit_of(known: list[Entry], ruling: Entry) -> int | None:
    before = [e for e in known if e.seq < ruling.seq and e.transition in ("dispatch", "rule", "reassign")]
    return before[-1].facts["unit"] if before else None


def tally(numbers: list[int], moments: Iterable[tuple[datetime, bool]]) -> None:
    for moment, counts in moments:
        if inside(moment):
            numbers[0] += counts
            numbers[1] += 1


@pytest.mark.parametrize("seed", range(6))
def test_the_fold_counts_what_a_hand_counts(seed: int) -> None:
    stories = histories(seed, 900)
    excused = [s for s in stories if not any(e.transition == "exclude" and e.at < MARCH.end for e in s)]
    figures = counting.figures(counting.cells(lines_of(excused, MARCH), MARCH), CONFIG)
    for code, expected in by_hand(excused).items():
        assert expected[1] > 20
        assert pair(figures[code]) == expected, code


def test_numerator_never_exceeds_denominator_and_groups_add_up() -> None:
    lines = list(lines_of(histories(99, 500), MARCH))
    whole = counting.figures(counting.cells(lines, MARCH), CONFIG)
    for by in counting.BY:
        parts = counting.groups(counting.cells(lines, MARCH, by=by), CONFIG)
        for code, figure in whole.items():
            assert 0 <= figure.above <= figure.below
            assert figure.above == sum(part.figures[code].above for part in parts)
            assert figure.below == sum(part.figures[code].below for part in parts)


@pytest.mark.parametrize(
    ("filters", "keeps"),
    [
        (Filters(territory="610104001"), lambda line: line.territory.startswith("610104001")),
        (Filters(unit=12), lambda line: line.unit_id == 12),
        (Filters(kind="1"), lambda line: line.kind[:1] == "1"),
        (Filters(channel="field"), lambda line: line.channel == "field"),
        (Filters(net="12345"), lambda line: line.net == "12345"),
    ],
)
def test_a_filter_counts_only_what_lies_inside(filters: Filters, keeps: Callable[..., bool]) -> None:
    lines = list(lines_of(histories(5, 300), MARCH))
    kept = [line for line in lines if keeps(line)]
    assert counting.cells(lines, MARCH, filters=filters) == counting.cells(kept, MARCH)
    assert 0 < len(kept) < len(lines)


# --- Definitions and periods -----------------------------------------------------------------------------------------


def test_every_rate_says_what_it_counts_and_who_says_so() -> None:
    found = rates(Config())
    assert len({rate.code for rate in found}) == len({rate.words[0] for rate in found}) == len(found) == 19
    assert all(
        all(words)
        for rate in found
        for words in (rate.words, rate.below_words, rate.above_words, (rate.source,))
    )
    assert {rate.code for rate in found if rate.verified} == {
        "public",
        "handled",
        "handled_on_time",
        "closed",
        "closed_on_time",
    }


def test_the_fold_of_a_case_is_the_same_whoever_asks() -> None:
    (story,) = histories(1, 1)
    assert fold(story).lines == fold(replace_facts(story)).lines


def replace_facts(story: list[Entry]) -> list[Entry]:
    """As a database gives it back: facts anew from JSON."""
    return [entry._replace(facts=orjson.loads(orjson.dumps(entry.facts))) for entry in story]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", (3, 11), (3, 11)),
        ("week", (3, 9), (3, 11)),
        ("month", (3, 1), (3, 11)),
        ("last_month", (2, 1), (2, 28)),
    ],
)
def test_named_periods(name: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert named(name, date(2026, 3, 11)) == Period(date(2026, *first), date(2026, *last))


def test_the_period_before_a_month_is_the_month_before_else_as_many_days() -> None:
    assert MARCH.before() == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert Period(date(2026, 3, 9), date(2026, 3, 11)).before() == Period(date(2026, 3, 6), date(2026, 3, 8))


@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_steps_cover_a_period_without_gap_or_overlap(step: str) -> None:
    period = Period(date(2026, 1, 14), date(2026, 4, 2))
    pieces = period.steps(step)  # type: ignore[arg-type]
    assert pieces[0].first == period.first
    assert pieces[-1].last == period.last
    assert all(one.end == other.start for one, other in pairwise(pieces))


@pytest.mark.parametrize(
    ("first", "last", "code", "field"),
    [
        ("2026-03-02", "2026-03-01", "insight.period_order", "from"),
        ("2020-01-01", "2026-03-01", "insight.period_long", "to"),
        ("yesterday", "2026-03-01", "insight.date", "from"),
        ("2026-03-01", "2026-02-30", "insight.date", "to"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused_with_its_field(
    first: str, last: str, code: str, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(first, last)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.message


def test_a_board_of_one_case_says_the_same_twice() -> None:
    story = History().to_closed()
    one = board_of([story.entries], MARCH, config=CONFIG, by=counting.BY)
    assert one == board_of([story.entries], replace(MARCH), config=CONFIG, by=counting.BY)
    assert at("03-03 15:20") < MARCH.end
    assert {line.what for line in fold(story.entries).lines} == set(What) - {What.VERDICT}


def test_the_printed_definitions_are_those_of_the_catalogue() -> None:
    written = (Path(__file__).parents[2] / "docs" / "rates.md").read_text(encoding="utf-8")
    assert written == as_markdown()
    assert all(rate.words[0] in written for rate in rates(Config()))
