"""The chain and the Merkle tree, against RFC 6962's own example values and against tampering."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.kernel.ledger.chain import (
    Fields,
    entry_hash,
    instant,
    merkle_check,
    merkle_path,
    merkle_root,
    plain,
)

AT = datetime(2026, 11, 23, 1, 2, 3, 4, tzinfo=UTC)

# The test vectors of the Certificate Transparency reference implementation (RFC 6962 §2.1 trees over eight inputs).
LEAVES = [
    bytes.fromhex(h)
    for h in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def fields(**changes: object) -> Fields:
    base: dict[str, object] = {
        "seq": 1, "at": AT, "actor": "post:1", "unit_id": 7, "transition": "open", "from_state": "", "to_state": "received", "facts": {"a": 1},
    }  # fmt: skip
    return Fields(**(base | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", range(1, 9))
def test_merkle_root_equals_the_reference_implementation(size: int) -> None:
    assert merkle_root(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_empty_day_has_the_root_of_nothing() -> None:
    assert merkle_root([]) == hashlib.sha256().digest()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_every_entry_can_be_proved_and_no_other(hashes: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    root, path = merkle_root(hashes), merkle_path(hashes, index)
    assert merkle_check(hashes[index], path, root)
    assert not merkle_check(hashlib.sha256(hashes[index]).digest(), path, root)


def test_a_path_outside_the_day_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        merkle_path([b"x" * 32], 1)


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 2}, {"at": AT + timedelta(microseconds=1)}, {"actor": "post:2"}, {"unit_id": 8}, {"unit_id": None},
        {"transition": "accept"}, {"from_state": "x"}, {"to_state": "y"}, {"facts": {"a": 2}}, {"facts": {}},
    ],
)  # fmt: skip
def test_every_field_changes_the_hash(change: dict[str, object]) -> None:
    assert entry_hash(b"p", fields(**change)) != entry_hash(b"p", fields())


def test_the_hash_does_not_depend_on_the_zone_or_the_order_of_keys() -> None:
    china = AT.astimezone(timezone(timedelta(hours=8)))
    one = entry_hash(b"p", fields(at=china, facts={"a": 1, "b": {"x": 1, "y": 2}}))
    assert one == entry_hash(b"p", fields(facts={"b": {"y": 2, "x": 1}, "a": 1}))


def test_the_hash_depends_on_what_came_before() -> None:
    assert entry_hash(b"p", fields()) != entry_hash(b"q", fields())


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        (1.5, "1.5"),
        (Decimal("10.00"), "10.00"),
        (AT, "2026-11-23T01:02:03.000004Z"),
        ({"b", "a"}, ["a", "b"]),
        ({1: (True, None)}, {"1": [True, None]}),
        ("a\x00b\x07c\n", "abc\n"),
        ("光\ud800明", "光明"),
    ],
)
def test_facts_become_what_every_database_gives_back(given_value: object, kept: object) -> None:
    assert plain(given_value) == kept


def test_bytes_and_naive_times_are_refused() -> None:
    with pytest.raises(TypeError):
        plain({"x": b"1"})
    with pytest.raises(ValueError, match="zone"):
        instant(datetime(2026, 1, 1))  # noqa: DTZ001
