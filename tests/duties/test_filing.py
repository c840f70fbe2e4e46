"""The standard that is proposed: by season, by the words for its severity, never inventing a severity."""

from datetime import date

import pytest

from gongbi.duties.rules import Filing, choose_filing, in_season, rejection, season_spans


def standard(number: int, words: str = "", season: str = "", limit: str = "1工作日") -> Filing:
    return Filing(
        "C0402", number, (f"{number}", f"{number}"), ("好", "good"), ("after",), limit, tuple(words), season
    )


@pytest.mark.parametrize(
    ("season", "day", "inside"),
    [
        ("", date(2026, 7, 1), True),
        ("11-15..03-15", date(2026, 11, 14), False),
        ("11-15..03-15", date(2026, 11, 15), True),
        ("11-15..03-15", date(2026, 12, 31), True),
        ("11-15..03-15", date(2026, 1, 1), True),
        ("11-15..03-15", date(2026, 3, 15), True),
        ("11-15..03-15", date(2026, 3, 16), False),
        ("03-01..04-30;10-15..11-30", date(2026, 2, 28), False),
        ("03-01..04-30;10-15..11-30", date(2026, 10, 15), True),
        ("12-01..02-29", date(2024, 2, 29), True),
        ("12-01..02-29", date(2026, 2, 28), True),
    ],
)
def test_a_season_includes_both_its_ends_and_may_pass_new_year(season: str, day: date, inside: bool) -> None:
    assert in_season(season, day) is inside


@pytest.mark.parametrize("text", ["spring", "13-01..14-01", "02-30..03-01", "01-01-02-02"])
def test_what_is_no_season_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        season_spans(text)


def test_severity_is_read_from_the_words_and_told() -> None:
    table = [standard(1, "倒断"), standard(2, "枯"), standard(3, "")]
    chosen = choose_filing(table, "大树倒了，树枝断了", date(2026, 5, 1))
    assert chosen is not None
    assert chosen.filing.number == 1
    assert chosen.words == ("倒", "断")
    assert "倒" in chosen.reason[0]


def test_without_a_word_no_severity_is_invented() -> None:
    table = [standard(1, "倒"), standard(2, "枯"), standard(3, "")]
    chosen = choose_filing(table, "有棵树", date(2026, 5, 1))
    assert chosen is not None
    assert chosen.filing.number == 3


def test_out_of_season_a_standard_does_not_apply() -> None:
    table = [standard(1, "缺", "03-01..04-30"), standard(2, "缺", "05-01..02-29")]
    for day, number in ((date(2026, 4, 30), 1), (date(2026, 5, 1), 2)):
        chosen = choose_filing(table, "缺一棵树", day)
        assert chosen is not None
        assert chosen.filing.number == number
    assert choose_filing([standard(1, "", "03-01..04-30")], "x", date(2026, 6, 1)) is None


def test_every_lawful_rejection_names_its_article() -> None:
    for key in (
        "not_real",
        "legal_channel",
        "repeated",
        "secret",
        "outside",
        "improper",
        "no_contact",
        "withdrawn",
    ):
        reason = rejection(key)
        assert reason is not None
        assert reason.article
    assert rejection("no_time") is None
