"""Planted outbreaks: what is planted, what is found, what it costs; and the command."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from gongbi.science.commands import main
from gongbi.science.power import (
    Background,
    CusumDetector,
    DistrictDetector,
    EarsDetector,
    FarringtonDetector,
    Planted,
    ScanDetector,
    limit_for,
    measure,
    own_limit,
    plant,
    together,
)


def background(days: int = 240, places: int = 12, first: int = 150, rate: float = 0.4) -> Background:
    counts = np.random.default_rng(1).poisson(rate, (places, days))
    return Background.of(counts, np.arange(days) % 7, np.arange(places), np.zeros(places), first=first)


def test_what_is_planted_is_what_was_asked_for() -> None:
    calm = background()
    found = plant(calm, size=9, spread=3, length=5, number=20, seed=3)
    assert len(found) == 20
    extra = found.counts - calm.counts[found.place]
    for i in range(20):
        rows = found.outbreak == i
        assert extra[rows].sum() == 9
        days = np.flatnonzero(extra[rows].sum(axis=0))
        assert found.start[i] <= days.min()
        assert days.max() < found.start[i] + 5 <= calm.counts.shape[1] - 7
        near = np.sort(calm.x[found.place[rows]])
        assert near.size == 3
        assert np.ptp(near) == 2  # neighbours on a line
    assert found.start.min() >= calm.first
    again = plant(calm, size=9, spread=3, length=5, number=20, seed=3)
    np.testing.assert_array_equal(again.counts, found.counts)


def test_plantings_are_put_together_in_order() -> None:
    calm = background()
    one, two = plant(calm, size=2, number=3), plant(calm, size=5, spread=2, number=4)
    both = together([one, two])
    assert len(both) == 7
    assert both.outbreak.tolist() == [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    assert both.size.tolist() == [2] * 3 + [5] * 4


@dataclass(frozen=True)
class Count:
    """Alarms on the plain count."""

    name: str = "count"
    limit: float = 3.0

    def scores(self, background: Background, planted: Planted | None) -> np.ndarray:
        return (background.counts if planted is None else planted.counts).astype(float)


def test_found_outbreaks_and_false_alarms_by_hand() -> None:
    counts = np.zeros((3, 40))
    counts[0, [20, 22, 35]] = 3  # 22 is within a week of 20: the same alarm
    calm = Background.of(counts, np.arange(40) % 7, [0, 1, 2], [0, 0, 0], first=12)
    raised = counts[[1, 2, 2, 0]].copy()
    raised[0, 15] = 4  # found on the third day
    raised[2, 14] = 9  # before its first day: not found
    raised[3, 20] = 8  # on alarm there without it: not found
    planted = Planted(
        counts=raised,
        place=np.array([1, 2, 2, 0]),
        outbreak=np.array([0, 0, 1, 2]),
        start=np.array([13, 20, 20]),
        length=np.array([1, 1, 1]),
        size=np.array([4, 9, 8]),
        spread=np.array([2, 1, 1]),
    )
    found = measure(Count(), calm, planted, limit=3.0, grace=2)
    assert (found.planted, found.detected, found.days.tolist(), found.median_days) == (3, 1, [2], 2.0)
    assert found.rate == pytest.approx(1 / 3)
    assert found.false_alarms == pytest.approx(2 / 4)
    assert found.alarm_days == pytest.approx(3 / 4)
    none = measure(Count(), calm, planted, limit=99.0)
    assert (none.detected, none.median_days) == (0, None)


def test_the_limit_keeps_to_the_false_alarms_that_are_wanted() -> None:
    calm = background(days=400, first=200)
    scores = calm.counts + np.random.default_rng(0).random(calm.counts.shape) / 2
    for wanted in (0.2, 1.0, 3.0):
        limit = limit_for(calm, scores, wanted)
        fresh = measure(
            Count(), calm, plant(calm, size=1, number=1), limit=limit, scores=(scores, scores[:1])
        )
        assert wanted - 0.2 <= fresh.false_alarms <= wanted


@pytest.mark.parametrize(
    "detector",
    [EarsDetector("C1"), EarsDetector("C2"), EarsDetector("C3"), CusumDetector(), DistrictDetector()],
)
def test_every_detector_finds_what_nobody_could_miss(detector: EarsDetector) -> None:
    calm = background()
    planted = plant(calm, size=60, number=15, seed=2)
    found = measure(detector, calm, planted, limit=own_limit(detector) * 3)  # no place is on alarm as it is
    assert found.rate == 1
    assert found.median_days == 0


def test_the_scan_finds_what_is_spread() -> None:
    calm = background(first=180)
    detector = ScanDetector.once_a_year(calm, replications=99)
    assert 3 < detector.limit < 20
    planted = plant(calm, size=40, spread=3, length=2, number=6, seed=2)
    found = measure(detector, calm, planted, limit=detector.limit)
    assert found.rate == 1
    assert found.days.max() <= 1
    scores = detector.scores(calm, planted)
    assert np.isnan(scores[0, : planted.start[0]]).all()
    empty = Background.of(np.zeros((4, 40)), np.arange(40) % 7, range(4), range(4), first=30)
    assert (ScanDetector(limit=5.0).scores(empty, None)[:, 30:] == 0).all()


def test_farrington_finds_it_at_the_end_of_the_week() -> None:
    calm = background(days=7 * 125, first=7 * 110, rate=0.6)
    planted = plant(calm, size=60, number=15, seed=2)
    detector = FarringtonDetector()
    found = measure(detector, calm, planted, limit=detector.limit)
    assert found.rate > 0.9
    assert found.days.max() <= 7
    with pytest.raises(ValueError, match=r"^first"):
        detector.scores(background(), None)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"size": 0}, "size"),
        ({"spread": 13}, "spread"),
        ({"length": 1.5}, "length"),
        ({"length": 200}, "length"),
        ({"number": 0}, "number"),
    ],
)
def test_what_cannot_be_planted_is_refused(changed: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=f"^{words}"):
        plant(background(), **{"size": 3, **changed})


def test_a_background_is_checked() -> None:
    counts, week = np.ones((2, 30)), np.arange(30) % 7
    for changed, words in (
        ({"first": 30}, "first"),
        ({"x": [0]}, "x"),
        ({"y": [0, np.nan]}, "y"),
        ({"weekday": week[:5]}, "weekday"),
    ):
        given = {"weekday": week, "x": [0, 1], "y": [0, 0], "first": 20, **changed}
        with pytest.raises(ValueError, match=f"^{words}"):
            Background.of(counts, **given)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^parts"):
        together([])
    with pytest.raises(ValueError, match=r"^wanted"):
        limit_for(background(), np.ones((12, 240)), 0)
    with pytest.raises(ValueError, match=r"^scores"):
        limit_for(background(), np.full((12, 240), np.nan), 1)


def reports(path: Path, days: int = 740) -> Path:
    random = np.random.default_rng(4)
    begin = date(2022, 1, 1)
    lines = ["created,community_area,lat,lon"]
    for day in range(days):
        for area in range(1, 7):
            lines += [f"{begin + timedelta(days=day)},{area},{34 + area / 100},108.9"] * int(
                random.poisson(0.5)
            )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "power.json"
    special = tmp_path / "days.csv"
    special.write_text("date,kind\n2022-10-01,holiday\n2022-10-08,makeup\n", encoding="utf-8")
    more = ["--days", str(special), "--number", "5", "--size", "8", "--spread", "1", "--length", "1,3"]
    data = reports(tmp_path / "f.csv")
    assert main(["power", "--data", str(data), "--json", str(out), "--false-alarms", "0.5", *more]) == 0
    answer = json.loads(out.read_text(encoding="utf-8"))
    assert answer["places"] == 6
    assert len(answer["results"]) == 7 * 2 * 2
    assert {line["detector"] for line in answer["results"]} >= {"EARS C1", "CUSUM", "district watch, daily"}
    assert all(0 <= line["detection_rate"] <= 1 for line in answer["results"])
    assert all(
        line["false_alarms_a_week"] <= 0.5
        for line in answer["results"]
        if line["false_alarms_wanted"] is not None
    )
    assert "false alarms a week" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--detectors", "scanner"], "--detectors: scanner"),
        (["--size", "many"], "--size: 'many'"),
        (["--false-alarms", "0"], "--false-alarms"),
        (["--first", "2030-01-01"], "--first"),
        (["--since", "soon"], "--since"),
        (["--by", "street"], "no column 'street'"),
        (["--spread", "9"], "spread"),
        (["--days", "{days}"], "neither holiday nor makeup"),
    ],
)
def test_bad_input_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    days = tmp_path / "days.csv"
    days.write_text("date,kind\n2023-01-01,feast\n", encoding="utf-8")
    data = reports(tmp_path / "f.csv", 420)
    assert main(["power", "--data", str(data), *(word.format(days=days) for word in more)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1
