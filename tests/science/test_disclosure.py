"""What is hidden stays hidden: an attacker's intervals, against every table that could be, and for tables drawn at random."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongbi.science.disclosure import Relation, consistent, interval, suppress, two_way


def with_margins(inside: list[list[int]]) -> list[int]:
    """The cells of a two-way table with its margins, in the order of ``two_way``."""
    rows = [[*row, sum(row)] for row in inside]
    return [value for row in [*rows, [sum(column) for column in zip(*rows, strict=True)]] for value in row]


def possible(
    cell: int, values: list[int], relations: list[Relation], hidden: frozenset[int], floor: int
) -> tuple[int, int]:
    """The same question by trying every whole table: no linear programming."""
    names, most = sorted(hidden), max(values)
    found = []
    for tried in itertools.product(range(floor, most + 1), repeat=len(names)):
        table = list(values)
        for name, value in zip(names, tried, strict=True):
            table[name] = value
        if consistent(table, relations):
            found.append(table[cell])
    return min(found), max(found)


def test_one_small_cell_takes_three_others_with_it() -> None:
    """Hiding one cell of a table with margins hides nothing; the three others make it a rectangle."""
    values, relations = with_margins([[60, 15], [38, 2], [30, 9]]), two_way(3, 2)
    alone = frozenset({4})
    assert interval(4, values, relations, alone, 1) == (2, 2)
    found = suppress(values, relations, threshold=3)
    assert found.small == alone
    assert len(found.more) == 3
    low, high = interval(4, values, relations, found.hidden, found.floor)
    assert high - low >= 3
    assert low <= 2 <= high


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=2, max_size=2))
def test_the_interval_is_that_of_all_tables_that_could_be(inside: list[list[int]]) -> None:
    values, relations = with_margins(inside), two_way(2, 2)
    hidden = frozenset({0, 1, 3, 4})
    for cell in hidden:
        assert interval(cell, values, relations, hidden) == possible(cell, values, relations, hidden, 0)


@settings(max_examples=40)
@given(st.data(), st.booleans(), st.integers(2, 5))
def test_nobody_can_tell_a_small_cell_by_subtraction(
    data: st.DataObject, noughts: bool, threshold: int
) -> None:
    """Every small cell's interval is as wide as the threshold, every other hidden one's at least one, unless all is hidden that could be."""
    rows, columns = data.draw(st.integers(2, 4)), data.draw(st.integers(2, 4))
    inside = [[data.draw(st.integers(0, 30)) for _c in range(columns)] for _r in range(rows)]
    values, relations = with_margins(inside), two_way(rows, columns)
    found = suppress(values, relations, threshold=threshold, noughts=noughts)
    least = 0 if noughts else 1
    assert found.small == {at for at, value in enumerate(values) if least <= value < threshold}
    assert not any(values[at] == 0 for at in found.hidden) or noughts
    left = [at for at in range(len(values)) if at not in found.hidden and (values[at] or noughts)]
    for cell in found.hidden:
        low, high = interval(cell, values, relations, found.hidden, found.floor)
        assert low <= values[cell] <= high
        assert high - low >= (threshold if cell in found.small else 1) or not left


@given(st.lists(st.integers(0, 40), min_size=1, max_size=9))
def test_a_tree_of_places_hides_a_neighbour(parts: list[int]) -> None:
    """One total and its parts: a street and its communities."""
    values, relations = [*parts, sum(parts)], [(len(parts), tuple(range(len(parts))))]
    found = suppress(values, relations, threshold=3)
    if found.small and sum(value > 0 for value in parts) > 1:
        assert len(found.hidden) > 1
    for cell in found.small:
        low, high = interval(cell, values, relations, found.hidden, found.floor)
        assert high - low >= 3 or set(found.hidden) >= {at for at, value in enumerate(values) if value}


def test_what_an_earlier_edition_hid_stays_hidden_and_hiding_more_never_tells_more() -> None:
    values, relations = with_margins([[20, 30, 8], [40, 2, 9], [7, 9, 50]]), two_way(3, 3)
    first = suppress(values, relations, threshold=3)
    second = suppress(values, relations, threshold=3, also=[0])
    assert 0 in second.small
    assert not first.small - second.small
    for cell in first.hidden:
        narrow = interval(cell, values, relations, first.hidden, 1)
        wide = interval(cell, values, relations, first.hidden | {10}, 1)
        assert wide[0] <= narrow[0]
        assert wide[1] >= narrow[1]


def test_nothing_small_nothing_hidden_and_what_does_not_add_up_is_refused() -> None:
    values, relations = with_margins([[10, 0], [20, 30]]), two_way(2, 2)
    assert not suppress(values, relations, threshold=3).hidden
    assert suppress(values, relations, threshold=3, noughts=True).small == {1}
    with pytest.raises(ValueError, match="add up"):
        suppress([1, 2, 4], [(2, (0, 1))], threshold=3)
    with pytest.raises(ValueError, match="at least 1"):
        suppress(values, relations, threshold=0)
