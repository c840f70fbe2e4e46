"""Any past moment can be counted again exactly as it was: the versions of all lines against a ledger cut at that moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongbi.insight import counting
from gongbi.insight.counting import Board, Filters
from gongbi.insight.facts import Entry, cut
from gongbi.insight.fold import fold
from gongbi.insight.lines import Line, What, as_of, ever_counts, pack, settled, stands, unpack
from gongbi.insight.period import Period, day_end
from gongbi.insight.queries import _SETTLED
from gongbi.insight.rates import Config
from tests.insight.folding import board_of
from tests.insight.histories import T0, histories


def comparable(line: Line) -> Line:
    # The name of the first report becomes known later; it is no fact that is counted.
    return replace(as_of(line, line.until) if line.until else line, since=T0, until=None, report_id=None)


def known_at(entries: list[Entry], end: object) -> list[Line]:
    """By the versions of the full fold."""
    return [comparable(as_of(line, end)) for line in fold(entries).lines if stands(line, end)]  # type: ignore[arg-type]


def known_then(entries: list[Entry], end: object) -> list[Line]:
    """By folding only what had been written."""
    return [comparable(line) for line in fold(cut(entries, end)).lines if line.until is None]  # type: ignore[arg-type]


def key(line: Line) -> tuple[int, int]:
    return line.what, line.nth


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 10**9), minutes=st.integers(0, 90 * 1440))
def test_the_versions_of_the_lines_tell_every_past_moment(seed: int, minutes: int) -> None:
    end = T0 + timedelta(minutes=minutes)
    for entries in histories(seed, 3, days=10):
        assert sorted(known_at(entries, end), key=key) == sorted(known_then(entries, end), key=key)


@pytest.mark.parametrize("seed", range(4))
def test_each_moment_between_two_entries_is_told(seed: int) -> None:
    for entries in histories(seed, 60, days=3):
        for entry in entries:
            for end in (entry.at, entry.at + timedelta(microseconds=1)):
                assert sorted(known_at(entries, end), key=key) == sorted(known_then(entries, end), key=key)


def test_a_settled_line_looks_the_same_to_every_period_that_counts_it() -> None:
    moving = 0
    for entries in histories(21, 300, days=20):
        for line in fold(entries).lines:
            end = day_end(line.at)
            code = settled(line, end)
            moving += code is None
            for later in (end, end + timedelta(days=1), end + timedelta(days=400)):
                known = as_of(line, later)
                flags = (
                    known.result,
                    known.done_at is not None,
                    known.late,
                    known.spoiled_at is not None,
                    known.exempt_at is not None,
                )
                if code is not None:
                    assert stands(line, later)
                    assert unpack(code) == flags
                    assert known.excluded_at is None
    assert moving > 100


@pytest.mark.parametrize("result", [0, 5, 42, 115])
@pytest.mark.parametrize(
    "flags", [(False, False, False, False), (True, True, False, False), (True, False, True, True)]
)
def test_flags_survive_packing(result: int, flags: tuple[bool, bool, bool, bool]) -> None:
    assert unpack(pack(result, *flags)) == (result, *flags)
    assert pack(result, *flags) < _SETTLED  # with what the line is about in one number: queries._settled


def test_a_version_that_is_not_kept_is_seen_by_no_period() -> None:
    dropped = 0
    for entries in histories(21, 300, days=20):
        for line in fold(entries).lines:
            end = day_end(line.at)
            if not ever_counts(line, end):
                dropped += 1
                assert not any(stands(line, end + timedelta(days=n)) for n in (0, 1, 30, 400))
    assert dropped > 300


@pytest.mark.parametrize(("until", "kept"), [("23:59:59", False), ("24:00:00", True), (None, True)])
def test_a_version_that_gives_way_at_midnight_still_counts_for_its_day(until: str | None, kept: bool) -> None:
    end = day_end(T0)
    gone = {"23:59:59": end - timedelta(seconds=1), "24:00:00": end, None: None}[until]
    line = Line(What.HANDLING, 1, T0, T0 - timedelta(days=1), gone)
    assert ever_counts(line, end) is kept
    assert stands(line, end) is kept


def test_a_line_never_stands_twice_at_once_and_versions_follow_each_other() -> None:
    for entries in histories(7, 200, days=5):
        by_key: dict[tuple[int, int], list[Line]] = {}
        for line in fold(entries).lines:
            by_key.setdefault(key(line), []).append(line)
        for versions in by_key.values():
            for one, other in pairwise(versions):
                assert one.until == other.since
                assert one.since < other.since
            assert all(v.until is None or v.since < v.until for v in versions)


def test_a_clock_that_runs_backwards_does_not_confuse_the_count() -> None:
    for entries in histories(3, 80, days=3):
        crooked = [
            e._replace(at=e.at - timedelta(seconds=90 if n % 3 == 2 else 0)) for n, e in enumerate(entries)
        ]
        for entry in crooked:
            assert sorted(known_at(crooked, entry.at), key=key) == sorted(
                known_then(crooked, entry.at), key=key
            )


def test_what_comes_later_does_not_change_the_bytes_of_an_old_month() -> None:
    march = Period(T0.date().replace(day=1), T0.date().replace(day=31))
    whole = histories(11, 300, days=60)
    then = [list(cut(entries, march.end)) for entries in whole]
    assert any(len(a) != len(b) for a, b in zip(whole, then, strict=True))
    lines = [
        line for entries in whole for line in fold(entries).lines
    ]  # with everything that came after March
    now = Board(march, Config(), Filters(), counting.figures(counting.cells(lines, march), Config()))
    divided = {name: counting.groups(counting.cells(lines, march, by=name), Config()) for name in counting.BY}
    assert counting.as_json(now, divided) == board_of(then, march, config=Config(), by=counting.BY)
