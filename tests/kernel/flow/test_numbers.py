"""Numbers that are read out over the telephone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.kernel.flow import numbers

DAY = date(2026, 11, 23)


@given(st.integers(1, 10**11), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_number_reads_back(pk: int, day: date) -> None:
    assert numbers.read(numbers.write("LH", pk, day)) == ("LH", pk)


@given(st.integers(1, 10**9), st.data())
def test_one_wrong_digit_is_noticed(pk: int, data: st.DataObject) -> None:
    text = numbers.write("AJ", pk, DAY)
    places = [i for i, c in enumerate(text) if c.isdigit()]
    i = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != text[i]]))
    assert numbers.read(text[:i] + other + text[i + 1 :]) is None


@pytest.mark.parametrize(
    "typed",
    ["LH20261123-000012-{c}", "lh 20261123 000012 {c}", "LH20261123000012{c}", "LH20261123—000012—{c}"],
)
def test_people_type_it_in_many_ways(typed: str) -> None:
    right = numbers.write("LH", 12, DAY)
    assert numbers.read(typed.format(c=right[-1])) == ("LH", 12)


@pytest.mark.parametrize(
    "typed", ["", "LH", "12", "LH20261123-000012", "垃圾", "LH20261123-000012-", "X" * 200]
)
def test_what_is_no_number_is_none(typed: str) -> None:
    assert numbers.read(typed) is None
