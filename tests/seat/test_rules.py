"""Knowledge and calls as plain decisions."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gongbi.kernel.search.words import tokens
from gongbi.seat import rules
from gongbi.seat.rules import Calls

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("until", "over"),
    [(None, False), (date(2026, 11, 22), True), (date(2026, 11, 23), False), (date(2026, 11, 24), False)],
)
def test_the_last_day_still_counts(until: date | None, over: bool) -> None:
    assert rules.expired(until, DAY) is over


def test_connected_at_exactly_the_limit_is_enough_and_a_hair_below_is_not() -> None:
    """GB/T 33358-2016: connect rate at least 95 % (domain.md H8)."""
    assert not rules.below(Calls(1000, 950, 0).connect_rate, 0.95)
    assert rules.below(Calls(10_000, 9_499, 0).connect_rate, 0.95)
    assert not rules.below(Calls().connect_rate, 0.95)
    assert Calls().answer_rate is None
    assert Calls(100, 80, 60).answer_rate == 0.75


def test_days_add_up_by_their_counts_not_by_their_rates() -> None:
    both = Calls(100, 100, 50) + Calls(300, 270, 270)
    assert both.connect_rate == 370 / 400
    assert both.answer_rate == 320 / 370


@pytest.mark.parametrize(
    ("calls", "column"),
    [(Calls(5, 6, 0), "connected"), (Calls(5, 5, 6), "answered_15"), (Calls(5, 5, 5), ""), (Calls(), "")],
)
def test_counts_that_cannot_be_are_named_by_their_column(calls: Calls, column: str) -> None:
    assert rules.wrong_counts(calls) == column


def test_what_fits_best_has_the_words_in_its_title_and_nothing_fits_single_characters() -> None:
    asked = tokens("路灯不亮了")
    title, body = tokens("路灯不亮多久修好"), tokens("垃圾清运；路灯")
    assert rules.score(asked, title, []) > rules.score(asked, [], body) > 0
    assert rules.score(asked, tokens("垃圾清运"), tokens("每天")) == 0
    assert rules.score(tokens("灯"), tokens("灯"), []) == 0


@pytest.mark.parametrize(
    ("late", "change", "genuine"),
    [
        (0, "", True),
        (300, "", True),
        (-300, "", True),
        (301, "", False),
        (-301, "", False),
        (0, "phone", False),
        (0, "sign", False),
        (0, "at", False),
    ],
)
def test_a_number_is_taken_from_our_telephone_system_alone_and_just_now(
    late: int, change: str, genuine: bool
) -> None:
    now = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    at = str(int(now.timestamp()) - late)
    given = {"phone": "02955551234", "at": at, "sign": rules.pop_signature("k", "02955551234", at)}
    if change:
        given[change] = "x" + given[change][1:]
    assert rules.pop_is_genuine("k", **given, now=now) is genuine
    assert not rules.pop_is_genuine("", **given, now=now)
