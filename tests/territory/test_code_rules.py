"""Codes of divisions and grids: 统计用区划代码 and the 15-digit grid code, each at its boundaries."""

import pytest

from gongbi.territory import rules


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("610104001001", None),
        ("610104001199", None),
        ("610104009100", None),
        ("610104001200", "code_community"),  # a villagers' committee under a street
        ("610104001000", "code_community"),
        ("610104000001", "code_street"),
        ("610104001", None),
        ("610104099", None),
        ("610104100", None),  # a town
        ("610104599", None),
        ("610104600", "code_street"),
        ("610124100200", None),  # a village under a town
        ("610124100599", None),
        ("610124100600", "code_community"),
        ("610104", None),
        ("010104", "code_county"),
        ("610104001001001", None),
        ("610104001001999", None),
        ("610104001001000", "code_grid"),
        ("6101040010010001", "code_length"),
        ("61010400100", "code_length"),
        ("", "code_digits"),
        ("61010400100x", "code_digits"),
        ("٦١٠١٠٤", "code_digits"),
    ],
)
def test_code(code: str, fault: str | None) -> None:
    found = rules.code_fault(code)
    assert (found.code if found else None) == fault
    if found:
        assert found.article


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("610104000000", "610104"),
        ("610104001000", "610104001"),
        (" 6101 0400 1000 ", "610104001"),
        ("６１０１０４００１００１", "610104001001"),
        ("610104001001", "610104001001"),
        ("610104001001000", "610104001001000"),  # fifteen digits keep their zeros
    ],
)
def test_codes_as_people_write_them(written: str, code: str) -> None:
    assert rules.normalise(written) == code


def test_levels_and_parents_come_from_the_length_never_from_the_name() -> None:
    code = "610104008019001"
    assert [rules.level_of(c) for c in rules.ancestors(code)] == list(rules.LEVELS)
    assert rules.parent_of(code) == "610104008019"
    assert rules.parent_of("610104") == ""
    with pytest.raises(ValueError, match="no division code"):
        rules.level_of("61010")


@pytest.mark.parametrize(
    ("used", "count", "expected"),
    [
        ([], 3, [1, 2, 3]),
        ([1, 2, 7], 2, [8, 9]),  # 3-6 were used once, perhaps: never again
        ([997], 2, [998, 999]),
        ([998], 2, None),
        ([999], 1, None),
        ([], 999, list(range(1, 1000))),
        ([], 1000, None),
    ],
)
def test_sequences_are_never_reused_and_end_at_999(
    used: list[int], count: int, expected: list[int] | None
) -> None:
    assert rules.next_sequences(used, count) == expected


@pytest.mark.parametrize(("sequence", "fine"), [(0, False), (1, True), (999, True), (1000, False)])
def test_grid_code_has_fifteen_digits(sequence: int, fine: bool) -> None:
    if fine:
        assert rules.grid_code("610104001001", sequence) == f"610104001001{sequence:03d}"
    else:
        with pytest.raises(ValueError, match="sequence"):
            rules.grid_code("610104001001", sequence)


def test_numbers_run_west_to_east_within_rows_from_the_north() -> None:
    centres = [(2.0, 1.0), (0.0, 0.0), (1.0, 1.1), (1.0, 0.05), (0.0, 0.9)]
    assert rules.numbering_order(centres, [1.0] * 5) == [4, 2, 0, 1, 3]
    assert rules.numbering_order([], []) == []


@pytest.mark.parametrize(("drop", "order"), [(0.49, [1, 0]), (0.5, [1, 0]), (0.51, [0, 1])])
def test_a_row_is_half_a_cell_high(drop: float, order: list[int]) -> None:
    # The eastern cell lies north; the western one is in its row only within half a cell.
    assert rules.numbering_order([(1.0, 10.0), (0.0, 10.0 - drop)], [1.0, 1.0]) == order


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [(10, [1, 1, 1], [4, 3, 3]), (0, [1, 2], [0, 0]), (7, [5, 2], [5, 2]), (1, [0.4, 0.6], [0, 1])],
)
def test_apportioning_keeps_the_sum(total: int, weights: list[float], parts: list[int]) -> None:
    assert rules.apportion(total, weights) == parts


def test_one_layer_of_grids() -> None:
    assert rules.may_be_layer("grid")
    assert not rules.may_be_layer("police")


@pytest.mark.parametrize(
    ("level", "may"), [("district", False), ("street", False), ("community", True), ("grid", True)]
)
def test_streets_do_not_end_here(level: rules.Level, may: bool) -> None:
    assert rules.may_end(level) is may
