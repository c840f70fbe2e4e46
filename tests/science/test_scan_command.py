"""``scan`` from a shell: the reference program's formats, and what is said when a file cannot be used."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gongbi.science.commands import main
from gongbi.science.scan import files
from gongbi.science.scan.expected import indirect_expectation, population_over

GEO = "a 34.25 108.90\nb 34.26 108.91\nc 34.35 108.99\n"
CASES = "a 3 2020/1/30\nb,2,2020/1/31\nc 1 2020/1/2\na 1 2020-1-5\n"


def run(
    folder: Path, *options: str, cases: str = CASES, geo: str = GEO, **files_: str
) -> tuple[int, dict[str, Any]]:
    words = ["scan", "--replications", "19", *options]
    for name, text in {"cases": cases, "geo": geo, **files_}.items():
        (folder / name).write_text(text)
        words += [f"--{name}", str(folder / name)]
    status = main([*words, "--json", str(folder / "out.json")])
    return status, json.loads((folder / "out.json").read_text()) if status == 0 else {}


SPACETIME = ("--shape", "spacetime", "--start", "2020/1/1", "--end", "2020/1/31", "--max-days", "7")


@pytest.mark.parametrize("model", ["poisson", "permutation", "bernoulli"])
def test_each_model_reads_its_files(tmp_path: Path, model: str) -> None:
    more = {"controls": "a 4 2020/1/5\nb 4 2020/1/6\nc 9 2020/1/30\n"} if model == "bernoulli" else {}
    status, result = run(
        tmp_path, *SPACETIME, "--prospective", "--model", model, "--max-share", "0.9", **more
    )
    assert status == 0
    first = result["clusters"][0]
    places, begin, count = (
        ({"b"}, "2020-01-31", 2) if model == "permutation" else ({"a", "b"}, "2020-01-30", 5)
    )
    assert (set(first["places"]), first["from"], first["to"]) == (places, begin, "2020-01-31")
    assert first["cases"] == count
    assert first["recurrence_days"] == pytest.approx(1 / first["p"], rel=0.01)
    assert {"places", "from", "to", "cases", "expected", "llr", "p", "recurrence_days"} <= set(first)


def test_cases_outside_the_days_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, result = run(tmp_path, *SPACETIME, cases=CASES + "c 5 2019/12/31\nc 2 2020/2/1\n")
    assert (status, result["left_out"], result["cases"]) == (0, 7, 7)
    assert "7 cases or controls outside these days were left out" in capsys.readouterr().out


def test_what_was_done_with_the_data_is_said(tmp_path: Path) -> None:
    assert run(tmp_path, *SPACETIME)[1]["notes"] == [
        "without --population every place is taken to have the same one"
    ]
    kinds = CASES.replace("\n", " m\n")
    notes = run(tmp_path, *SPACETIME, "--model", "permutation", cases=kinds)[1]["notes"]
    assert notes == ["the permutation model leaves covariates aside"]


def test_a_spatial_scan_needs_no_dates(tmp_path: Path) -> None:
    status, result = run(tmp_path, "--cartesian", cases="a 5\nb 4\nc 1\n", geo="a 0 0\nb 1 0\nc 9 9\n")
    assert (status, result["cases"], result["interval"]) == (0, 10, "study")
    status, result = run(
        tmp_path,
        cases="a 5 1 2\nb 4 1 1\nc 1 2 2\n",
        population="a 2000 90 1 2\nb 2000 90 1 1\nc 2000 90 2 2\n",
    )
    assert (status, result["cases"]) == (0, 10)


def test_a_spatial_scan_knows_short_years_when_it_is_told_the_period(tmp_path: Path) -> None:
    people = "a 73 90\nb 73 90\nc 73 90\na 82 120\n"
    status, result = run(
        tmp_path,
        "--start",
        "1973",
        "--end",
        "1975",
        cases="a 5 73\nb 4 74\nc 1 75\nc 9 76\n",
        population=people,
    )
    assert (status, result["cases"], result["left_out"], result["end"]) == (0, 10, 9, "1975-12-31")
    people = "a unspecified 90\nb unspecified 90\nc unspecified 90\n"
    assert run(tmp_path, cases="a 5\nb 4\nc 1\n", population=people)[1]["cases"] == 10


def test_a_share_may_be_written_in_per_cent(tmp_path: Path) -> None:
    results = [run(tmp_path, *SPACETIME, "--max-share", share)[1] for share in ("0.4", "40", "1", "100")]
    assert results[0] == results[1]
    assert results[2] == results[3]


def test_the_same_seed_gives_the_same_answer_with_any_number_of_threads(tmp_path: Path) -> None:
    results = [run(tmp_path, *SPACETIME, "--threads", n, "--seed", "5")[1] for n in ("1", "2", "3")]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize(
    ("options", "given", "words"),
    [
        (SPACETIME, {"cases": "d 1 2020/1/1\n"}, "--cases: d has no coordinates in --geo"),
        (SPACETIME, {"cases": "a x 2020/1/1\n"}, "--cases: line 1: the number is 'x'"),
        (SPACETIME, {"cases": "a 1\n"}, "--cases: line 1: a place, a number and a date are needed"),
        (SPACETIME, {"cases": "a 1.5 2020\n"}, "--cases: line 1: 1.5 is no whole number"),
        (SPACETIME, {"cases": "a 1 2020/2/30\n"}, "--cases: line 1: '2020/2/30' is not a date"),
        (SPACETIME, {"cases": "\n"}, "--cases: the file has no line"),
        (SPACETIME, {"cases": "a 0 2020/1/1\n"}, "cases: there is none"),
        (SPACETIME, {"geo": "a 1 2\na 1 2\n"}, "--geo: line 2: a was given in line 1 already"),
        (SPACETIME, {"geo": "a north 2\n"}, "--geo: line 1: 'north', '2' are no coordinates"),
        (SPACETIME, {"geo": "a 108.9 34.2\nb 108.8 34.2\nc 108 34\n"}, "x, y: not longitude and latitude"),
        (SPACETIME, {"population": "a 2020 0\nb 2020 0\nc 2020 0\n"}, "--population: there is nobody"),
        (SPACETIME, {"population": "a 2020 9\nb 2020 9\n"}, "baseline: nothing is expected at place 2"),
        (SPACETIME, {"population": "a 2020 9 m\n"}, "--population: nobody is of the kind (none)"),
        (("--start", "2020/1/31", "--end", "2020/1/1"), {}, "--end: 2020-01-01 is before the start"),
        (("--start", "soon"), {}, "--start: 'soon' is not a date"),
        (("--prospective",), {}, "--prospective: needs --shape spacetime"),
        (("--model", "permutation"), {}, "--shape: the permutation model needs spacetime"),
        (("--model", "bernoulli"), {}, "controls: needed by the Bernoulli model"),
        ((), {"controls": "a 1\n"}, "--controls: only the Bernoulli model"),
        (("--model", "bernoulli"), {"population": "a 1\n"}, "--population: only the Poisson model"),
        ((*SPACETIME[:-1], "0"), {}, "--max-days: 0 is below 1"),
        (("--max-share", "101"), {}, "max_share: 101.0"),
        (("--max-radius-km", "-1"), {}, "max_radius: -1.0"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    given: dict[str, str],
    words: str,
) -> None:
    assert run(tmp_path, *options, **given)[0] == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


def test_dates_are_as_precise_as_they_are_written() -> None:
    assert (files.when("73", 1980).first, files.when("04", 2010).first) == (
        date(1973, 1, 1),
        date(2004, 1, 1),
    )
    assert files.when("2020/2").last == date(2020, 2, 29)
    assert (files.when("1982").census, files.when("1982/5").census) == (date(1982, 7, 1), date(1982, 5, 15))
    assert len(files.boundaries(date(1973, 1, 1), date(1991, 12, 31), files.YEAR)) == 20
    assert files.boundaries(date(2020, 1, 20), date(2020, 3, 5), files.MONTH) == [
        date(2020, 1, 20), date(2020, 2, 1), date(2020, 3, 1), date(2020, 3, 6),
    ]  # fmt: skip
    assert len(files.boundaries(date(2020, 1, 1), date(2020, 1, 31), files.DAY)) == 32
    assert (files.longest_run(3285, files.YEAR), files.longest_run(7, files.DAY), files.longest_run(7, files.MONTH)) == (
        9, 7, 1,
    )  # fmt: skip


def test_people_between_two_censuses_grow_evenly_and_stay_outside_them() -> None:
    days = population_over([10, 20], [[100.0, 200.0]], np.arange(0, 31))[0]
    assert days[:10] == pytest.approx(100)
    assert np.diff(days[10:20]) == pytest.approx(10)
    assert days[20:] == pytest.approx(200)
    assert population_over([10, 20], [[100.0, 200.0]], [0, 30])[0, 0] == pytest.approx(days.sum())


def test_expectation_follows_the_kinds_of_people() -> None:
    old, young = np.array([[10.0], [90.0]]), np.array([[90.0], [10.0]])
    expected = indirect_expectation([[20], [5]], [old, young])
    assert expected[:, 0].tolist() == pytest.approx([2 + 4.5, 18 + 0.5])


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: population_over([], [[]], [0, 1]), "census_days"),
        (lambda: population_over([2, 1], [[1, 1]], [0, 1]), "census_days"),
        (lambda: population_over([1], [[1]], [1]), "boundaries"),
        (lambda: population_over([1], [[1, 2]], [0, 1]), "people"),
        (lambda: population_over([1], [[float("nan")]], [0, 1]), "people"),
        (lambda: indirect_expectation([[1]], [np.zeros((2, 1))]), "people"),
        (lambda: indirect_expectation([], []), "people"),
    ],
)
def test_bad_populations_are_refused(call: Any, argument: str) -> None:
    with pytest.raises(ValueError, match=rf"^{argument}:"):
        call()
