"""Where a thing is counted, whose wall it is on, and the fold that both the live wall and the replay stand on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.wall import rules
from gongbi.wall.rules import LATE, OPEN
from gongbi.wall.standing import Standing

GRID, OTHER = "610104001001001", "610104001001002"


@pytest.mark.parametrize(
    ("codes", "where"),
    [
        ((), ""),
        ((GRID,), GRID),
        ((GRID, OTHER), "610104001001"),
        ((GRID, "610104001002001"), "610104001"),
        ((GRID, "610104009"), "610104"),
        ((GRID, "610104001001"), "610104001001"),
        ((GRID, "610113001001001"), ""),
    ],
)
def test_somebody_on_duty_in_several_grids_is_counted_once(codes: tuple[str, ...], where: str) -> None:
    assert rules.common(codes) == where


@pytest.mark.parametrize(
    ("code", "scope", "seen"),
    [
        (GRID, ("610104",), True),
        (GRID, ("610104001",), True),
        (GRID, ("610104002",), False),
        (GRID, ("610104002", "610104001001"), True),
        ("610104001", ("610104001001",), False),
        ("", ("610104",), True),  # who answers for the district answers for what is not placed
        ("", ("610104001",), False),
    ],
)
def test_a_wall_shows_its_own_places(code: str, scope: tuple[str, ...], seen: bool) -> None:
    assert rules.inside(code, scope) is seen


def test_sums_of_a_level_and_the_highest_level_of_warning() -> None:
    cells = {
        GRID: [2, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0],
        OTHER: [1, 0, 0, 0, 1, 0, 0, 2, 0, 0, 2],
        "610104001": [5, *[0] * 10],
    }
    summed = rules.rolled(cells, ["610104001001", "610104001002"])
    assert summed["610104001001"] == [3, 1, 0, 0, 1, 1, 0, 2, 1, 1, 2]
    assert not any(summed["610104001002"])
    assert rules.total(cells.values())[OPEN] == 8
    assert (rules.level(summed["610104001001"]), rules.warnings(summed["610104001001"])) == (2, 2)
    assert rules.level(rules.empty()) == 0


def test_late_begins_after_the_deadline_and_ends_with_the_case_or_a_later_deadline() -> None:
    standing = Standing(record=True)
    standing.put(1, GRID, 100.0, 50.0)
    assert standing.until(100.0) == []  # at the deadline it is in time
    assert standing.until(100.5) == [1]
    assert standing.cells[GRID][: LATE + 1] == [1, 1]
    standing.put(1, GRID, 200.0, 110.0)  # extended
    assert standing.cells[GRID][LATE] == 0
    standing.put(1, OTHER, 200.0, 120.0)  # moved
    assert standing.cells[GRID][OPEN] == 0
    assert standing.until(201.0) == [1]
    standing.drop(1, 210.0)
    standing.drop(1, 220.0)  # said twice
    assert not any(map(any, standing.cells.values()))
    assert standing.steps is not None
    assert [step.at for step in standing.steps] == [50, 100, 110, 120, 120, 200, 210, 210]


moves = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from([GRID, OTHER, ""]),
        st.one_of(st.none(), st.integers(0, 60)),
        st.booleans(),
        st.integers(0, 5),
    ),
    max_size=40,
)


@given(moves)
def test_the_fold_is_what_a_fresh_count_gives(told: list[tuple[int, str, int | None, bool, int]]) -> None:
    standing, truth, at = Standing(), {}, 0.0
    for key, code, due, gone, wait in told:
        at += wait
        standing.until(at)
        if gone:
            standing.drop(key, at)
            truth.pop(key, None)
        else:
            standing.put(key, code, due, at)
            truth[key] = (code, due)
        for place in (GRID, OTHER, ""):
            rows = [one for one in truth.values() if one[0] == place]
            late = [one for one in rows if one[1] is not None and one[1] < at]
            assert standing.cells.get(place, rules.empty())[: LATE + 1] == [len(rows), len(late)]


def test_deadlines_that_are_moved_again_and_again_do_not_pile_up() -> None:
    standing = Standing()
    for turn in range(20_000):
        standing.put(turn % 3, GRID, 1e6 + turn, float(turn))
    assert len(standing._dues) < 2000
    assert standing.until(2e6) == [2, 0, 1]
