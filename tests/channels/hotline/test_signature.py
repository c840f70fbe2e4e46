"""The signature: the worked examples of docs/hotline.md, and what a second or a byte changes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gongbi.channels.hotline import signature
from gongbi.channels.hotline.signature import SHA256, SM3, Unsigned
from tests.support.hotline import sign as theirs

DOCUMENT = (Path(__file__).parents[3] / "docs" / "hotline.md").read_text(encoding="utf-8")
KEY = "0123456789abcdef0123456789abcdef"
NOW = datetime.fromtimestamp(1_795_420_800, UTC)
PATH, BODY = "/exchange/hotline/xa12345/messages", b'{"messages":[]}'


def test_the_hashes_are_those_of_their_standards() -> None:
    """FIPS 180-4 and GB/T 32905-2016, example 1 (“abc”)."""
    assert signature.digest(b"abc", SHA256)[:16] == "ba7816bf8f01cfea"
    assert signature.digest(b"abc", SM3) == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def vectors() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        re.search(r"```json vectors\n(.*?)```", DOCUMENT, re.S).group(1)  # type: ignore[union-attr]
    )
    return found


@pytest.mark.parametrize("one", vectors(), ids=lambda one: f"{one['algorithm']}-{one['method']}")
def test_the_worked_examples_of_the_document_hold(one: dict[str, Any]) -> None:
    """A supplier who follows them arrives at the same bytes; so does a second writing from the standard library."""
    given = (one["method"], one["path"], one["body"].encode())
    made = signature.sign(KEY, *given, time=one["time"], nonce=one["nonce"], algorithm=one["algorithm"])
    assert made.signature == one["signature"]
    other = theirs(KEY, *given, one["nonce"], one["algorithm"], one["time"])
    assert other["X-Hotline-Signature"] == one["signature"]


def signed(**more: Any) -> signature.Signed:
    given: dict[str, Any] = {"time": int(NOW.timestamp()), "nonce": "n" * 16, "algorithm": SM3} | more
    return signature.sign(KEY, "POST", PATH, BODY, **given)


def check(one: signature.Signed, **more: Any) -> None:
    given: dict[str, Any] = {"keys": [KEY], "algorithm": SM3, "now": NOW} | more
    signature.check(
        one, given.pop("method", "POST"), given.pop("path", PATH), given.pop("body", BODY), **given
    )


@pytest.mark.parametrize("apart", [-300, 0, 300])
def test_both_ends_of_the_window_belong_to_it(apart: int) -> None:
    check(signed(time=int(NOW.timestamp()) + apart))


@pytest.mark.parametrize("apart", [-301, 301])
def test_a_second_beyond_the_window_is_refused_and_says_how_far(apart: int) -> None:
    with pytest.raises(Unsigned, match=re.escape(f"{apart:+d}")) as found:
        check(signed(time=int(NOW.timestamp()) + apart))
    assert found.value.code == "hotline.time"


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": BODY + b" "},
        {"path": PATH + "?"},
        {"path": PATH.replace("xa", "xb")},
        {"method": "PUT"},
        {"keys": [KEY[:-1] + "0"]},
        {"keys": []},
        {"keys": [""]},
    ],
)
def test_a_byte_is_enough(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unsigned) as found:
        check(signed(), **wrong)
    assert found.value.code == "hotline.signature"


def test_two_keys_hold_while_one_follows_the_other() -> None:
    check(signed(), keys=["the older key that still holds", KEY])


def test_an_algorithm_is_never_chosen_by_the_sender() -> None:
    with pytest.raises(Unsigned) as found:
        check(signed(algorithm=SHA256))
    assert found.value.code == "hotline.algorithm"


@pytest.mark.parametrize("name", signature.HEADERS)
def test_a_header_that_is_missing_or_misshapen_is_named(name: str) -> None:
    headers = signed().headers
    assert signature.read({key.lower(): value for key, value in headers.items()}) == signed()
    for value in ("", "ü"):
        if name == "X-Hotline-Algorithm" and value:
            continue  # any word is read; whether it is the agreed one is checked
        with pytest.raises(Unsigned, match=name):
            signature.read(headers | {name: value})
