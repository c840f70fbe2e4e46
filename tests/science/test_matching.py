"""The same matter again: candidates are all found, evidence adds up, marks teach, and the command answers what it cannot use."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.science.commands import main
from gongbi.science.matching import Line, OpenMatters, Report, follow, probability
from gongbi.science.matching_fit import fit
from gongbi.science.matching_weights import ADDRESSES, LEAST, MESSAGES, START
from gongbi.science.twins import distances, grams, likenesses, metres, text_likeness

CHICAGO = (
    Path(__file__).parents[2].parent / "shared" / "data" / "requests" / "chicago_sanitation_to_2013.csv.gz"
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("48 S D", {"48", "8s", "sd"}),
        ("３号楼，路灯", {"3号", "号楼", "楼路", "路灯"}),
        ("灯", {"灯"}),
        ("！？…_", set()),
        ("", set()),
        ("😀", set()),
        ("臺灣大道", {"臺灣", "灣大", "大道"}),
    ],
)
def test_a_text_is_read_in_pairs_of_characters(text: str, found: set[str]) -> None:
    assert grams(text) == found


def test_a_text_without_end_is_read_in_part() -> None:
    assert len(grams("".join(map(chr, range(0x4E00, 0x4E00 + 5000))))) == 599


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=6))
def test_many_texts_at_once_are_as_alike_as_one_by_one(text: str, others: list[str]) -> None:
    words = grams(text)
    assert likenesses(words, others) == [text_likeness(words, grams(other)) for other in others]


def test_distances_to_many_are_those_to_each() -> None:
    lons, lats = np.array([108.9, 108.91, np.nan]), np.array([34.26, 34.2605, np.nan])
    found = distances(108.9, 34.26, lons, lats)
    assert found[:2] == pytest.approx([0.0, metres(108.9, 34.26, 108.91, 34.2605)])
    assert np.isnan(found[2])


def test_odds_are_told_as_a_probability() -> None:
    assert probability(np.array([0.0, np.log(3.0), -800.0, 800.0])) == pytest.approx([0.5, 0.75, 0.0, 1.0])


def test_what_speaks_for_a_message_never_speaks_against_it() -> None:
    """Nearer, younger and more alike is never less likely."""
    steps = np.linspace(0, 1, 50)
    assert (np.diff(MESSAGES.words(steps)) >= 0).all()
    assert (np.diff(MESSAGES.near(steps * 100)) <= 0).all()
    assert (np.diff(MESSAGES.recent(steps * 60)) <= 0).all()
    assert MESSAGES.kind[0] > MESSAGES.kind[2] > MESSAGES.kind[1]


@pytest.mark.parametrize(("knots", "values"), [((), ()), ((1, 0), (0, 0)), ((0, 0), (1, 1)), ((0, 1), (0,))])
def test_a_line_that_is_none_is_refused(knots: tuple[float, ...], values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="knots"):
        Line(knots, values)


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"time": math.nan}, "time: report a has none"),
        ({"time": 0, "lat": 34.0}, "only one of them"),
        ({"time": 0, "lat": 134.0, "lon": 10.0}, "nowhere"),
        ({"time": 0, "lat": 34.0, "lon": 181.0}, "nowhere"),
        ({"time": 0, "lat": math.inf, "lon": 10.0}, "nowhere"),
    ],
)
def test_a_report_that_cannot_be_is_refused(given_: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Report("a", **given_)  # type: ignore[arg-type]


spots = st.tuples(st.floats(-0.004, 0.004), st.floats(-0.004, 0.004), st.floats(0, 90))


@given(
    st.sampled_from([0.0, 34.26, -41.9, 66.5, 89.9]),
    st.sampled_from([0.0, 108.9, -87.6, 179.99]),
    st.lists(spots, min_size=1, max_size=30),
)
def test_every_matter_within_radius_and_days_is_compared(
    lat: float, lon: float, around: list[tuple[float, float, float]]
) -> None:
    """Against a look at each of them."""
    matters = OpenMatters(START)
    reports = [
        Report(str(i), 90 - days, min(lat + dy, 90.0), min(lon + dx, 180.0))
        for i, (dy, dx, days) in enumerate(around)
    ]
    for report in reports:
        matters.add(report)
    asked = Report("asked", 90, lat, lon)
    rows, metres, days, _kinds, _likeness = matters.compare(asked)
    expected = {}
    for i, report in enumerate(reports):
        across = (report.lon - lon) * math.cos(math.radians((report.lat + lat) / 2))
        far = math.hypot(across, report.lat - lat) * 111_195.0
        if far <= START.radius and 90 - report.time <= START.days:
            expected[i] = far
    assert {int(row): pytest.approx(far, abs=1e-6) for row, far in zip(rows, metres, strict=True)} == expected
    assert np.all(days >= 0)


def test_without_a_place_rare_words_find_the_matter() -> None:
    matters = OpenMatters(ADDRESSES)
    for i in range(200):
        matters.add(Report(str(i), 0, words=f"{1000 + i} S DAMEN"))
    assert [match.key for match in matters.rank(Report("x", 0.2, words="1042 s damen"), least=0.3)] == ["42"]
    assert matters.rank(Report("y", 0.5, words="s damen")) == []


def test_likest_first_and_at_most_as_many_as_asked() -> None:
    matters = OpenMatters(START)
    for i, days in enumerate((9.0, 1.0, 4.0)):
        matters.add(Report(f"r{i}", 10 - days, 34.26, 108.9, "灯", "劳动路12号"))
    found = matters.rank(Report("x", 10, 34.26, 108.9, "灯", "劳动路12号"), most=2)
    assert [match.key for match in found] == ["r1", "r2"]
    assert found[0].score > found[1].score
    assert (found[0].metres, found[0].likeness, found[0].same_kind) == (0.0, 1.0, True)


def test_one_who_repeats_joins_and_the_matter_stays_young() -> None:
    """The third comes long after the first but soon after the second, and is told to be of the first's matter."""
    steps = [
        Report(key, time, 34.26, 108.9, "", "劳动路12号")
        for key, time in (("a", 0.0), ("b", 3.0), ("c", 6.0))
    ]
    young = replace(START, recent=Line((0.0, 3.5, 4.0), (3.0, 3.0, -20.0)))
    told = {
        report.key: [match.key for match in found[:1]] for report, found in follow(steps, young, least=0.5)
    }
    assert told == {"a": [], "b": ["a"], "c": ["a"]}


def test_time_that_goes_back_is_refused() -> None:
    with pytest.raises(ValueError, match="time: report b comes after"):
        list(follow([Report("a", 2), Report("b", 1)], START, least=0.5))


def test_a_number_that_is_there_is_refused() -> None:
    matters = OpenMatters(START)
    matters.add(Report("a", 0))
    with pytest.raises(ValueError, match="key: a is there already"):
        matters.add(Report("a", 1))


def test_marks_teach_what_counts() -> None:
    """Reports of a house within a day repeat each other, those of the neighbours do not: the fit finds out."""
    dice = np.random.default_rng(5)
    marked = []
    for i in range(400):
        house, day = int(dice.integers(0, 400)), float(i)
        marked.append((Report(f"{i}a", day, 34.26 + house * 1e-5, 108.9, "", f"{house} 路"), False))
        if i % 4 == 0:
            marked.append((Report(f"{i}b", day + 0.3, 34.26 + house * 1e-5, 108.9, "", f"{house} 路"), True))
    weights = fit(marked, START)
    told = {
        r.key: bool(found) and found[0].score >= 0.5
        for r, found in follow((r for r, _ in marked), weights, least=0.5)
    }
    wrong = [report.key for report, repeats in marked if told[report.key] != repeats]
    assert len(wrong) <= 4
    assert weights.recent(np.array([0.3]))[0] > weights.recent(np.array([30.0]))[0]


@pytest.mark.parametrize("repeats", [True, False])
def test_marks_of_one_sort_teach_nothing(repeats: bool) -> None:
    marked = [(Report(str(i), i, 34.26, 108.9, "", "劳动路"), repeats) for i in range(5)]
    with pytest.raises(ValueError, match="marked"):
        fit(marked, START)


def _table(path: Path, *rows: str) -> list[str]:
    path.write_text("\n".join(["no,when,lat,lon,words", *rows]) + "\n", encoding="utf-8")
    columns = ["--id", "no", "--time", "when", "--lat", "lat", "--lon", "lon", "--text", "words"]
    return ["twins", "--data", str(path), *columns, "--out", str(path.with_suffix(".out"))]


def test_the_command_tells_pairs(tmp_path: Path) -> None:
    """Numbers run on, so two of one day with near numbers are near in time; a row that is there twice is one report."""
    given_ = _table(
        tmp_path / "t.csv",
        "12-101,2012-05-01,41.8,-87.6,4837 S WOOD",
        "12-103,2012-05-01,41.8,-87.6,4837 S WOOD",
        "12-103,2012-05-01,41.8,-87.6,4837 S WOOD",
        "12-900,2012-05-01,,,9 N ELSEWHERE AVE",
        "12-950,2012-06-15,41.8,-87.6,4837 S WOOD",
    )
    assert main([*given_, "--json", str(tmp_path / "t.json")]) == 0
    with (tmp_path / "t.out").open(encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    assert [(pair["id"], pair["earlier_id"]) for pair in pairs] == [("12-103", "12-101")]
    assert float(pairs[0]["score"]) >= LEAST
    told = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert (told["reports"], told["rows_of_a_number_seen_before"], told["pairs"]) == (4, 1, 1)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,yesterday,41.8,-87.6,a", "--time: line 3: when: 'yesterday' is not a time"),
        ("1,2012-05-01,x,-87.6,a", "--lat: line 3: lat is 'x', not a number"),
        ("1,2012-05-01,nan,-87.6,a", "--lat: line 3: lat is 'nan', not a number"),
        ("1,2012-05-01,41.8,,a", "--data: line 3: lat, lon: report 1 has only one of them"),
        ("1,2012-05-01,141.8,-87.6,a", "--data: line 3: lat, lon: report 1 lies at 141.8"),
        (",2012-05-01,41.8,-87.6,a", "--id: line 3: no is blank"),
        ("1,2012-05-01T08:00:00+08:00,41.8,-87.6,a", "with a zone and times without"),
    ],
)
def test_what_the_command_cannot_use_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, words: str
) -> None:
    assert main(_table(tmp_path / "t.csv", "0,2012-05-01,41.8,-87.6,a", row)) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "t.out").exists()


@pytest.mark.skipif(not CHICAGO.exists(), reason="the shared data are not here")
def test_chicago_marks_of_one_year_are_found(tmp_path: Path) -> None:
    """The shipped weights on 2012. That weights fitted on one part hold on another stands in docs/science.md."""
    with gzip.open(CHICAGO, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["created"].startswith("2012-0")]
    kept = io.StringIO()
    writer = csv.DictWriter(
        kept, ("sr_number", "created", "lat", "lon", "nature", "address"), extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "c.csv").write_text(kept.getvalue(), encoding="utf-8")
    columns = [
        "--id",
        "sr_number",
        "--time",
        "created",
        "--lat",
        "lat",
        "--lon",
        "lon",
        "--kind",
        "nature",
        "--text",
        "address",
    ]
    assert main(["twins", "--data", str(tmp_path / "c.csv"), *columns, "--out", str(tmp_path / "p.csv")]) == 0
    with (tmp_path / "p.csv").open(encoding="utf-8") as file:
        told = {row["id"] for row in csv.DictReader(file)}
    marked = {row["sr_number"] for row in rows if row["status"].endswith("Dup")}
    assert len(told & marked) / len(told) > 0.75
    assert len(told & marked) / len(marked) > 0.93
