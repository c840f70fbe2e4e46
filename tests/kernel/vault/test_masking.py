"""Masks of domain.md §13.4, and the net that takes numbers out of logs."""

from __future__ import annotations

import io
import logging
import logging.config
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.kernel.vault import masking
from gongbi.kernel.vault.redaction import LOGGING, Filter, processor, redact, redact_data

MOBILE = "138" + "12345678"
IDENTITY = "610104" + "19491231" + "002X"


@pytest.mark.parametrize(
    ("kind", "plain", "shown"),
    [
        ("name", "张三", "张**"),
        ("name", "张小明", "张**"),
        ("name", "欧阳小明", "欧阳**"),
        ("name", "欧阳", "欧**"),
        ("name", "李", "**"),
        ("name", "Anna Li", "A**"),
        ("phone", MOBILE, "138****5678"),
        ("phone", "+86 138 1234 5678", "138****5678"),
        ("phone", "029-87654321", "****21"),
        ("phone", "12345", "****"),
        ("id", IDENTITY, "610104********002X"),
        ("id", "H12345678", "H******8"),
        ("id", "1234567", "********"),
        ("address", "北关街道自强社区自强路8号院3号楼2单元501", "北关街道自强社区****"),
        ("address", "莲湖区自强路8号院501室", "莲湖区****"),
        ("address", "自强路8号院501室", "****"),
        ("address", "自强社区", "****"),
        ("text", "老人独居,钥匙在门垫下", "****"),
        ("name", "", ""),
        ("phone", "  ", ""),
    ],
)
def test_each_kind_is_masked_by_its_convention(kind: str, plain: str, shown: str) -> None:
    assert masking.mask(plain, kind) == shown


@given(st.sampled_from(masking.KINDS), st.text(min_size=1, max_size=60))
def test_a_mask_hides_something_and_never_is_the_value(kind: str, plain: str) -> None:
    shown = masking.mask(plain, kind)
    normal = unicodedata.normalize("NFKC", plain).strip()
    if not normal:
        assert shown == ""
        return
    assert "*" in shown
    kept = shown.replace("*", "")
    assert len(kept) < len(normal) or set(normal) <= {"*"}
    if kind in ("name", "text"):
        assert len(kept) <= max(1, len(normal) // 2)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_mobile_number_shows_seven_of_eleven_digits_however_written(number: str) -> None:
    spaced = f"+86 {number[:3]} {number[3:7]}-{number[7:]}"
    assert masking.mask(number, "phone") == masking.mask(spaced, "phone") == f"{number[:3]}****{number[-4:]}"


def test_an_unknown_kind_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="kind"):
        masking.mask("x", "plate")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"call {MOBILE} now", "call [phone] now"),
        (f"电话{MOBILE}。", "电话[phone]。"),
        ("+86 138-1234-5678", "[phone]"),
        ("138 1234 5678", "[phone]"),
        ("１３８１２３４５６７８", "[phone]"),
        ("座机029-87654321转8", "座机[phone]转8"),
        (f"身份证{IDENTITY}", "身份证[id]"),
        (f"身份证{IDENTITY.lower()},电话{MOBILE}", "身份证[id],电话[phone]"),
        ("grid 610104001001001", "grid 610104001001001"),
        ("LH20261123-000012-3", "LH20261123-000012-3"),
        ("case 12345, hotline 12345", "case 12345, hotline 12345"),
        ("108.13912345678", "108.13912345678"),
        ("1763877509000", "1763877509000"),
        ("a13812345678b", "a13812345678b"),
        ("", ""),
    ],
)
def test_numbers_of_people_are_taken_out_and_codes_of_ours_stay(text: str, left: str) -> None:
    assert redact(text) == left


@given(
    st.text(alphabet="电话是,。 ", max_size=8),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.text(alphabet="请回 ,。", max_size=8),
)
def test_no_mobile_number_survives_in_a_sentence(before: str, number: str, after: str) -> None:
    assert number not in redact(before + number + after)


def test_json_keeps_its_shape() -> None:
    data = {"phone": MOBILE, "n": [1, MOBILE, {"x": (None, True, 2.5)}]}
    assert redact_data(data) == {"phone": "[phone]", "n": [1, "[phone]", {"x": [None, True, 2.5]}]}
    assert processor(None, "info", {"event": MOBILE, "n": 3}) == {"event": "[phone]", "n": 3}


def test_a_log_line_its_arguments_its_extras_and_its_traceback_hold_no_number() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(Filter())
    handler.setFormatter(logging.Formatter("%(message)s %(who)s"))
    log = logging.getLogger("test.redaction")
    log.propagate = False
    log.addHandler(handler)
    try:
        raise ValueError(f"bad phone {MOBILE}")
    except ValueError:
        log.exception("from %s", MOBILE, extra={"who": IDENTITY})
    finally:
        log.removeHandler(handler)
    assert MOBILE not in out.getvalue()
    assert IDENTITY not in out.getvalue()
    assert "bad phone [phone]" in out.getvalue()


def test_the_ready_made_logging_dictionary_is_accepted() -> None:
    assert logging.config.DictConfigurator(dict(LOGGING)).configure_filter(LOGGING["filters"]["redact"])
