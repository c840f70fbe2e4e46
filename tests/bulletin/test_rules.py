"""Periods, comparisons and shapes of bulletins, and the tables of open data: without a database."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongbi.bulletin import drawing, opendata, rules, shape
from gongbi.bulletin.opendata import TABLES, Key
from gongbi.bulletin.sections_more import baseline
from gongbi.insight.period import Period
from gongbi.kernel.errors import Refused
from gongbi.science.disclosure import interval


def test_names_of_periods_go_both_ways() -> None:
    for name, first, last in (
        ("2026-10-31", date(2026, 10, 31), date(2026, 10, 31)),
        ("2026-W44", date(2026, 10, 26), date(2026, 11, 1)),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
    ):
        sort, period = rules.period_of(name)
        assert (period.first, period.last) == (first, last)
        assert rules.name_of(sort, period.first) == name
    for wrong in (
        "",
        "2026-13",
        "2026-W54",
        "2026-W00",
        "31.10.2026",
        "2026-02-30",
        "９９９９-01",
        "0000-W01",
    ):
        with pytest.raises(Refused) as refused:
            rules.period_of(wrong)
        assert refused.value.code == "bulletin.period"


def test_the_night_drafts_the_day_the_week_on_mondays_and_the_month_on_the_first() -> None:
    def names(day: date) -> list[str]:
        return [rules.name_of(sort, period.first) for sort, period in rules.due(day)]

    assert names(date(2026, 3, 10)) == ["2026-03-09"]
    assert names(date(2026, 3, 9)) == ["2026-03-08", "2026-W10"]
    assert names(date(2026, 6, 1)) == ["2026-05-31", "2026-W22", "2026-05"]  # a Monday


def test_a_year_before_is_the_same_week_of_the_calendar_and_may_not_exist() -> None:
    def before(name: str) -> Period | None:
        return rules.year_before(*rules.period_of(name))

    assert before("2026-03-10") == Period(date(2025, 3, 10), date(2025, 3, 10))
    assert before("2024-02-29") is None
    assert before("2026-W53") is None  # 2025 has fifty-two weeks
    assert before("2026-W10") == rules.period_of("2025-W10")[1]
    assert before("2025-02") == Period(date(2024, 2, 1), date(2024, 2, 29))


def test_without_a_record_from_its_first_day_on_there_is_no_data() -> None:
    period = Period(date(2026, 3, 1), date(2026, 3, 31))
    assert rules.on_record(period, date(2026, 3, 1))
    assert not rules.on_record(period, date(2026, 3, 2))
    assert not rules.on_record(period, None)


def test_a_rise_is_told_only_where_chance_does_not_explain_it() -> None:
    assert rules.ratio(20, 9, 7, 7, 30) is None
    assert rules.trend_of(None) == "few"
    assert rules.trend_of(rules.ratio(40, 38, 7, 7, 30)) == "same"
    assert rules.trend_of(rules.ratio(90, 40, 7, 7, 30)) == "up"
    assert rules.trend_of(rules.ratio(40, 90, 7, 7, 30)) == "down"
    value, low, high = rules.ratio(60, 0, 7, 7, 30) or (0, 0, 0)
    assert value == high == float("inf")
    assert low > 1
    found = rules.ratio(62, 56, 31, 28, 30)  # as many a day, in a longer month
    assert found is not None
    assert found[0] == pytest.approx(1)


def test_what_differs_is_named_with_what_was_and_what_is() -> None:
    def made(n: int, rows: list[list[object]]) -> shape.Plain:
        figure = shape.figure("received", ("收到", "Received"), {"value": n}, before=None)
        table = shape.table("t", ("表", "Table"), [("街道", "Street"), ("件", "n")], rows)
        return {"parts": [shape.part("p", ("部分", "Part"), figures=[figure], tables=[table])]}

    before, after = made(3, [["甲", 1], ["乙", 2]]), made(4, [["甲", 1], ["丙", 2]])
    assert shape.differences(before, before) == []
    found = shape.differences(before, after)
    assert [one["place"] for one in found] == ["p.received.now", "p.t.丙.1", "p.t.乙.1"]
    assert found[0]["was"] == {"value": 3}
    assert found[0]["is"] == {"value": 4}
    assert found[2]["is"] is None


def test_charts_are_valid_readable_without_colour_and_tell_every_number() -> None:
    series = [("本期", [12, 3, None]), ("上期", [8, 5, 1])]
    for kind in ("bars", "columns"):
        made = drawing.draw(kind, ["青年路街道", "北院门街道", "a & b"], series)
        tree = ElementTree.fromstring(drawing.svg(made, "说明 <1>"))
        assert tree.attrib["role"] == "img"
        text = drawing.svg(made, "x")
        assert not re.findall(
            r'(?:fill|stroke)="#', text
        )  # the colour of the text around it, in light, dark and on paper
        assert {box.fill for box in made.boxes} == {drawing.FILLED, drawing.HATCHED}
        assert {"12", "3", "8", "5", "1", "—", "本期", "上期"} <= {label.text for label in made.labels}
        for box in made.boxes:
            assert box.x >= 0
            assert box.x + box.width <= made.width
            for line in drawing.hatching(box):
                assert (
                    box.x - 1e-6 <= min(line.x1, line.x2) <= max(line.x1, line.x2) <= box.x + box.width + 1e-6
                )
                assert (
                    box.y - 1e-6
                    <= min(line.y1, line.y2)
                    <= max(line.y1, line.y2)
                    <= box.y + box.height + 1e-6
                )


def test_the_figures_once_published_have_their_date_and_source() -> None:
    told = baseline()
    assert told["date"] == "2020-11"
    assert all(len(one["words"]) == len(one["unit"]) == 2 for one in told["figures"])


# --- Open data ------------------------------------------------------------------------------------------------------------

STREETS, GROUPS = ("610104001", "610104002", "610104003", opendata.UNPLACED), ("C01", "E02", opendata.UNKNOWN)


@st.composite
def cells(draw: st.DrawFn, outcomes: tuple[str, ...]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for street in STREETS:
        for group in GROUPS:
            for outcome in outcomes or ("",):
                n = draw(st.sampled_from([0, 0, 1, 2, 3, 5, 17, 40]))
                if n:
                    community = (
                        street + draw(st.sampled_from(["001", "002"]))
                        if street.isdigit()
                        else opendata.UNPLACED
                    )
                    found[Key(street, community, group, outcome)] = n
    return found


@settings(max_examples=15)
@given(st.data(), st.sampled_from(TABLES))
def test_no_small_count_of_a_release_can_be_worked_out(data: st.DataObject, told: opendata.Told) -> None:
    """The published rows alone, every total known: the interval of each small cell is as wide as the threshold."""
    inside = data.draw(cells(told.outcomes))
    table = opendata.build(inside, told)
    hidden = table.hide(3)
    rows = opendata.rows(table, hidden.hidden)
    least = 0 if told.noughts else 1
    assert all(row["count"] is None or row["count"] >= 3 or row["count"] < least for row in rows)
    left = [at for at, row in enumerate(rows) if row["count"] is not None and (row["count"] or told.noughts)]
    for at in hidden.small:
        low, high = interval(at, table.values, table.relations, hidden.hidden, hidden.floor)
        assert low <= table.values[at] <= high
        assert high - low >= 3 or not left
    totals = dict(zip(table.keys, table.values, strict=True))
    assert not inside or totals[Key()] == sum(inside.values())


def test_a_release_says_what_it_is_and_nothing_of_anybody() -> None:
    told = TABLES[0]
    table = opendata.build(
        {Key("610104001", "610104001001", "C01"): 20, Key("610104002", "610104002001", "E02"): 2}, told
    )
    hidden = table.hide(3)
    plain = opendata.document(
        [(table, hidden)], month="2026-03", edition=1, names={"610104001": ("=甲街道", "A")}, publisher=("莲湖区", "Lianhu"), threshold=3,
        threshold_source=("惯例", "practice"), licence="随意使用", definitions={"reports": ("上报", "reports")}, synthetic=True,
    )  # fmt: skip
    assert plain["suppression"]["law"] is False
    assert [one["name"] for one in plain["dictionary"]] == list(opendata.COLUMNS)
    assert set(plain["rows"][0]) == set(opendata.COLUMNS)
    lines = opendata.as_csv(plain).decode("utf-8-sig").split("\r\n")
    assert lines[0].split(",") == list(opendata.COLUMNS)
    assert len(lines) == len(plain["rows"]) + 2
    hidden_rows = [row for row in plain["rows"] if row["status"] == "suppressed"]
    assert hidden_rows
    assert all(row["count"] is None for row in hidden_rows)
    assert orjson.loads(shape.canonical(plain)) == plain
