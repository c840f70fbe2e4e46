"""Hours, templates and addresses as plain decisions."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from gongbi.channels.notices import rules, wordings

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("clock", "until"),
    [
        ("20:59", None), ("21:00", "24T08:00"), ("23:59", "24T08:00"), ("00:00", "23T08:00"), ("07:59", "23T08:00"), ("08:00", None),
    ],
)  # fmt: skip
def test_quiet_hours_run_over_midnight_and_end_on_the_minute(clock: str, until: str | None) -> None:
    now = datetime.fromisoformat(f"2026-11-23T{clock}").replace(tzinfo=CHINA)
    found = rules.quiet_until(now, time(21), time(8))
    assert found == (datetime.fromisoformat(f"2026-11-{until}").replace(tzinfo=CHINA) if until else None)


def test_equal_hours_mean_never_quiet_and_hours_within_a_day_are_kept() -> None:
    noon = datetime(2026, 11, 23, 12, 30, tzinfo=CHINA)
    assert rules.quiet_until(noon, time(8), time(8)) is None
    assert rules.quiet_until(noon, time(12), time(14)) == noon.replace(hour=14, minute=0)


@pytest.mark.parametrize(
    "wrong",
    [
        "{name}",
        "{phone}",
        "{text}",
        "{number.__class__}",
        "{number!r}",
        "{0}",
        "{}",
        "{number",
        "number}",
        "[{due}",
        "]",
    ],
)
def test_a_template_can_name_nothing_outside_the_closed_list(wrong: str) -> None:
    assert rules.unknown_fields(f"一句话 {wrong}")


def test_a_value_is_never_read_as_a_field_and_an_empty_one_takes_its_brackets_along() -> None:
    text = "{number}[，{unit}负责][，期限 {due}]。{link}"
    assert (
        rules.fill(text, {"number": "LH1", "unit": "{link}[x]", "due": "", "link": "L"})
        == "LH1，{link}[x]负责。L"
    )


@pytest.mark.parametrize("key", list(wordings.SHIPPED))
def test_every_shipped_text_keeps_its_own_rules(key: tuple[str, str, str]) -> None:
    subject, body = wordings.SHIPPED[key]
    assert rules.unknown_fields(subject) == rules.unknown_fields(body) == []
    assert len(subject) <= rules.LONGEST_SUBJECT
    assert len(body) <= rules.LONGEST_BODY
    audience, name, _language = key
    assert all((audience, name, language) in wordings.SHIPPED for language in rules.LANGUAGES)


@pytest.mark.parametrize("good", ["a@b.cn", "name.of+tag@mail.example.com", "李@例子.中国"])
def test_one_plain_address_is_one(good: str) -> None:
    assert rules.is_email(good)


@pytest.mark.parametrize(
    "bad",
    ["", "a", "a@b", "a@@b.cn", "a b@c.cn", "a@b.cn,c@d.cn", "a@b.cn\nBcc: c@d.cn", "<a@b.cn>", "a@-b.cn", "x" * 65 + "@b.cn", "a@" + "b" * 190 + ".cn"],
)  # fmt: skip
def test_what_could_reach_somebody_else_is_no_address(bad: str) -> None:
    assert not rules.is_email(bad)


def test_an_address_is_recognised_and_not_read() -> None:
    assert rules.hint("email", "zhang@example.com") == "z***@example.com"
    assert rules.hint("sms", "13900000001") == "139****0001"
    assert rules.hint("wecom", "693a91f6-7xxx") == "****"
