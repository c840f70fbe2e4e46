"""The language of definitions: what it reads, what it refuses and in which words, and that it always ends."""

from __future__ import annotations

import string
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from gongbi.evaluation import language, reckoning, rules, tree
from gongbi.evaluation.fields import FIELDS, LINES
from gongbi.evaluation.reckoning import Definition
from gongbi.evaluation.rules import Indicator
from gongbi.insight.counting import Counted
from gongbi.insight.lines import Result, What, verdict
from gongbi.insight.rates import Flags
from gongbi.kernel.errors import Refused

NOTHING = tree.Not(tree.Every())


def line(what: What = What.HANDLING, **more: object) -> Counted:
    flags = Flags(0, False, False, False, False)._replace(
        **{name: more.pop(name) for name in list(more) if name in Flags._fields}
    )
    return Counted(
        None, "", int(what), flags, bool(more.pop("excluded", False)), str(more.pop("ground", "")), **more
    )  # type: ignore[arg-type]


def indicator(numerator: str, denominator: str = "count(handling)", **more: object) -> Indicator:
    return Indicator("test", ("测试", "Test"), numerator, denominator, source="test", **more)  # type: ignore[arg-type]


DONE, LATE, OPEN = line(done=True), line(done=True, late=True), line()
EXEMPT = line(done=True, late=True, exempt=True)
LEFT = line(done=True, late=True, excluded=True, ground="force_majeure")


def value(one: Indicator, lines: dict[Counted, int], **others: Fraction | None) -> Fraction | None:
    return reckoning.figure(one.read, lines, others).value


# --- What it counts, by hand --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "exclusions", "expected"),
    [
        # 6 on time, 3 late, 2 open, 1 late and exempt, 4 late and excluded: 16 rounds of handling
        ("count(below where on_time)", "count(handling)", "", Fraction(7, 16)),
        ("count(below where on_time)", "count(handling)", "excluded", Fraction(7, 12)),
        ("count(below where late)", "count(handling)", "excluded", Fraction(4, 12)),
        ("count(below where late and not exempt)", "count(handling)", "excluded", Fraction(3, 12)),
        (
            "count(below where not done or late)",
            "count(handling where not exempt)",
            "excluded",
            Fraction(5, 11),
        ),
        ("count(handling) - count(handling where late)", "10 / 4", "", Fraction(16 - 8) / Fraction(5, 2)),
        ("2 * (count(handling) + 1)", "1", "ground in (force_majeure, unreasonable)", Fraction(26)),
        ("count(handling where ground = force_majeure)", "count(handling)", "", Fraction(4, 16)),
    ],
)
def test_values_worked_by_hand(numerator: str, denominator: str, exclusions: str, expected: Fraction) -> None:
    lines = {DONE: 6, LATE: 3, OPEN: 2, EXEMPT: 1, LEFT: 4}
    assert value(indicator(numerator, denominator, exclusions=exclusions), lines) == expected


def test_verdicts_kinds_and_channels() -> None:
    lines = {
        line(What.VERDICT, result=verdict(True, 5), kind="E0301", channel="web"): 4,
        line(What.VERDICT, result=verdict(False, 3), kind="E0501", channel="hotline"): 3,
        line(What.VERDICT, result=verdict(False, 1), kind="C0101", channel="hotline"): 2,
    }
    base = "count(verdict)"
    for numerator, expected in (
        ("count(below where solved)", 4),
        ("count(below where grade >= 3)", 7),
        ("count(below where grade != 3)", 6),
        ("count(below where kind in (E03, C01))", 6),
        ("count(below where kind = E)", 7),
        ("count(below where kind != E0301 and channel = hotline)", 5),
    ):
        one = indicator(numerator, base)
        assert value(one, lines) == Fraction(expected, 9), numerator
        assert one.read.is_fine == ("kind" in numerator)


def test_a_division_by_nought_does_not_apply_and_is_neither_all_nor_nothing() -> None:
    assert value(indicator("count(below where on_time)"), {}) is None
    assert value(indicator("count(handling)", "count(check) / count(closing)"), {DONE: 3}) is None
    assert value(indicator("count(handling) / count(check)", "1"), {DONE: 3}) is None
    assert value(indicator("rate(other)", "1"), {DONE: 3}, other=None) is None
    assert reckoning.figure(indicator("count(below where done)").read, {}).interval is None


def test_an_interval_stands_only_where_the_numerator_is_part_of_the_denominator() -> None:
    share = reckoning.figure(indicator("count(below where on_time)").read, {DONE: 9, OPEN: 1})
    assert share.interval is not None
    assert share.interval[0] < 0.9 < share.interval[1]
    assert reckoning.figure(indicator("count(handling where done)").read, {DONE: 9, OPEN: 1}).interval is None


# --- What it refuses ----------------------------------------------------------------------------------------------------

BAD = [
    ("count(below where phone = 1)", "personal"),
    ("count(below where 姓名 = 张)", "personal"),
    ("count(reporter)", "personal"),
    ("while done count(handling)", "forever"),
    ("count(below where lambda)", "forever"),
    ("count(below where don)", "field"),
    ("count(handlin)", "lines"),
    ("count(handling where sort = nonsense)", "value"),
    ("count(handling where grade = 9.5)", "unexpected"),
    ("count(handling where done", "short"),
    ("", "short"),
    ("count(handling) ** 99", "sign"),
    ("__import__('os')", "sign"),
    ("count(handling) count(check)", "unexpected"),
    ("1234567890 * count(handling)", "number"),
    ("count(handling where " + "not " * 60 + "done)", "deep"),
    ("(" * 60 + "1" + ")" * 60, "deep"),
    ("+".join(["1"] * 170), "large"),
    ("1 + " * 400 + "1", "long"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code"), BAD)
def test_each_bad_definition_is_refused_with_where_and_what_to_do(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        indicator(text)
    assert refused.value.code == f"evaluation.{code}"
    assert refused.value.field == "numerator"
    chinese, english = refused.value.message, ""
    with translation.override("en"):
        english = refused.value.message
    assert chinese != english
    assert "%(" not in chinese + english
    assert not any("\u4e00" <= c <= "\u9fff" for c in english.replace("姓名", ""))


def test_a_denominator_that_is_always_nought_is_refused_when_it_is_written() -> None:
    for text in ("0", "1 - 1", "1 / 0", "2 * 0"):
        with pytest.raises(Refused) as refused:
            indicator("count(handling)", text)
        assert refused.value.code == "evaluation.zero"


def test_below_needs_a_single_count_below_the_line() -> None:
    with pytest.raises(Refused) as refused:
        indicator("count(below)", "count(handling) + count(check)")
    assert refused.value.code == "evaluation.lines"


def test_a_circle_is_refused_with_the_way_round() -> None:
    def named(code: str, other: str) -> Indicator:
        return Indicator(code, ("测试", "Test"), f"rate({other}) + count(handling)", "1", source="test")

    with pytest.raises(Refused) as refused:
        rules.check_set({code: named(code, other) for code, other in (("a", "b"), ("b", "c"), ("c", "a"))})
    assert refused.value.code == "evaluation.loop"
    assert "a → b → c → a" in refused.value.message
    with pytest.raises(Refused) as refused:
        rules.check_set({"a": named("a", "gone")})
    assert refused.value.code == "evaluation.no_indicator"
    assert reckoning.in_order({"a": ["b"], "b": []}) == ["b", "a"]


def test_no_field_of_the_language_is_about_a_person() -> None:
    from gongbi.evaluation.fields import PERSONAL

    assert not PERSONAL & (FIELDS.keys() | LINES.keys())
    assert set(Counted._fields) == {"unit", "place", "what", "flags", "excluded", "ground", "kind", "channel"}


WORDS = st.sampled_from(
    [
        *FIELDS,
        *LINES,
        "count",
        "where",
        "and",
        "or",
        "not",
        "in",
        "(",
        ")",
        ",",
        "=",
        "<",
        "+",
        "/",
        "below",
        "3",
        "E03",
    ]
)


@given(
    st.one_of(
        st.text(max_size=120),
        st.text(alphabet=string.printable, max_size=120),
        st.lists(WORDS, max_size=40).map(" ".join),
    )
)
def test_whatever_is_typed_is_read_or_refused_and_what_is_read_comes_to_an_end(text: str) -> None:
    for read in (
        lambda: language.amount(text, field="numerator"),
        lambda: language.condition(text, field="exclusions"),
    ):
        try:
            found = read()
        except Refused as refused:
            assert "%(" not in refused.message
            continue
        if isinstance(found, tree.Number | tree.Count | tree.Rate | tree.Sum | tree.Product):
            made = Definition(found, tree.Number(Decimal(1)), NOTHING)
            reckoning.figure(made, {DONE: 2, LATE: 1})
        else:
            assert reckoning.holds(found, DONE) in (True, False)


def test_sorts_are_those_of_the_board() -> None:
    from gongbi.evaluation.fields import SORTS

    assert set(SORTS.values()) == set(Result) - {Result.NONE}
    assert {what for what, _words in LINES.values()} == set(What)


def test_every_shipped_definition_is_said_in_words_in_both_languages() -> None:
    from gongbi.evaluation import phrasing, shipped

    for one in shipped.indicators().values():
        for chinese, english in (
            phrasing.amount(one.read.numerator),
            phrasing.amount(one.read.denominator),
            phrasing.condition(one.read.exclusions),
        ):
            assert not any(name in chinese for name in ("count", "where", "below", "_"))
            assert not any("\u4e00" <= c <= "\u9fff" for c in english)
    told = indicator(
        "2 * (count(handling) + 1) - rate(solved)", "count(verdict where grade >= 3 and (solved or not late))"
    ).read
    assert (
        phrasing.amount(told.numerator)[1]
        == "(2 times (the number of rounds of handling owed plus 1)) minus “solved”"
    )
    assert (
        phrasing.amount(told.denominator)[0]
        == "评价中，满意度 1–5不低于3 且 （评价“已解决” 或 并非“完成时已超期”）的件数"
    )
