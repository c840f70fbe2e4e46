"""Power: outbreaks planted into Chicago's sanitation complaints, and which detector finds them at the same number of false alarms."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from gongbi.science.commands import power as command
from gongbi.science.power import Background, Detector, plant
from science_page import Section, drawing, table

FILE = Path("requests") / "chicago_sanitation_to_2013.csv.gz"
SIZES, SPREADS, LENGTHS = (5, 10, 20, 40), (1, 4), (1, 7, 14)
WANTED = (0.5, 1.0, 2.0, 5.0, 10.0)
Results = Sequence[Mapping[str, Any]]


def _mean(results: Results, key: str, **where: object) -> float:
    chosen = [
        line[key] for line in results if all(line[k] == v for k, v in where.items()) and line[key] is not None
    ]
    return float(np.mean(chosen)) if chosen else float("nan")


def _days(results: Results, **where: object) -> str:
    mean = _mean(results, "median_days_to_detection", **where)
    return "–" if np.isnan(mean) else f"{mean:.1f}"


def _detectors(background: Background) -> list[Detector]:
    return [command.detector(name, background) for name in command.DETECTORS]


def section(data: Path, *, seed: int, quick: bool) -> Section:
    """The part of the page. Raises FileNotFoundError where the complaints are absent."""
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    options = parser.parse_args(["--data", str(data / FILE)])
    background, places, begin = command.background_of(options)
    number = 4 if quick else 20
    kinds = [(size, spread, length) for size in SIZES for spread in SPREADS for length in LENGTHS]
    parts = [
        plant(background, size=size, spread=spread, length=length, number=number, seed=seed * 1000 + i)
        for i, (size, spread, length) in enumerate(kinds)
    ]
    detectors = _detectors(background)
    results: list[dict[str, Any]] = []
    for detector in detectors:
        results += command.compare(detector, background, parts, WANTED)
    names = [detector.name for detector in detectors]
    since = begin + timedelta(days=background.first)
    until = begin + timedelta(days=background.counts.shape[1] - 1)

    own = table(
        ("detector", "false alarms a week", "days on alarm a week", "found", "days to detection"),
        [
            (
                name,
                f"{_mean(results, 'false_alarms_a_week', detector=name, false_alarms_wanted=None):.2f}",
                f"{_mean(results, 'alarm_days_a_week', detector=name, false_alarms_wanted=None):.1f}",
                f"{100 * _mean(results, 'detection_rate', detector=name, false_alarms_wanted=None):.0f} %",
                _days(results, detector=name, false_alarms_wanted=None),
            )
            for name in names
        ],
    )
    rows: list[tuple[object, ...]] = []
    for size, spread, length in kinds:
        where = {"size": size, "spread": spread, "length": length, "false_alarms_wanted": 1.0}
        cells = [
            f"{100 * _mean(results, 'detection_rate', detector=name, **where):.0f} % ({_days(results, detector=name, **where)})"
            for name in names
        ]
        rows.append(
            (
                f"{size} cases, {spread} place{'s' if spread > 1 else ''}, {length} day{'s' if length > 1 else ''}",
                *cells,
            )
        )
    figures = {
        "power-choice.svg": drawing.lines(
            "How many outbreaks are found for so many false alarms",
            {
                name: [
                    (
                        wanted,
                        100 * _mean(results, "detection_rate", detector=name, false_alarms_wanted=wanted),
                    )
                    for wanted in WANTED
                ]
                for name in names
            },
            x="false alarms a week in all places together",
            y="found, % of all kinds of outbreak",
            log_x=True,
        ),
        "power-size.svg": drawing.lines(
            "Outbreaks of a week in one place, at one false alarm a week",
            {
                name: [
                    (
                        size,
                        100
                        * _mean(
                            results,
                            "detection_rate",
                            detector=name,
                            false_alarms_wanted=1.0,
                            size=size,
                            spread=1,
                            length=7,
                        ),
                    )
                    for size in SIZES
                ]
                for name in names
            },
            x="cases of the outbreak",
            y="found, %",
        ),
        "power-days.svg": drawing.bars(
            "Days to detection at one false alarm a week, 20 cases in one place in a week",
            {
                name: _mean(
                    results,
                    "median_days_to_detection",
                    detector=name,
                    false_alarms_wanted=1.0,
                    size=20,
                    spread=1,
                    length=7,
                )
                for name in names
                if _days(results, detector=name, false_alarms_wanted=1.0, size=20, spread=1, length=7) != "–"
            },
            y="days, median of those found",
        ),
    }
    text = f"""Outbreaks planted into real background: Chicago's sanitation complaints in {len(places)} community areas
({background.counts[:, background.first :].mean():.2f} a day and area), watched from {since} to {until} with what was before as history. {number} outbreaks of each
of {len(kinds)} kinds: so many cases more, spread evenly over a place or it and its three neighbours and over 1, 7 or 14 days. One is found
when a place it touches is put on alarm, by a week after its end, on a day on which it is not on alarm without it.

The background is as it was: it has outbreaks of its own, and an alarm for one of these is counted as false here. Alarms at a place within
a week of each other are one.

### With the limits that their authors give

{own}

### At one false alarm a week in the whole city

Every detector's limit is set so that it alarms as often on the background itself. Found, in brackets the median of the days from the
first day to the alarm.

{table(("outbreak", *names), rows)}

### The choice

What a district buys with more false alarms: the share of all these outbreaks that is found. It chooses its place on this curve; the
district watch takes the number as an argument (`budget`).

![How many outbreaks are found for so many false alarms](images/science/power-choice.svg)

![Found by size](images/science/power-size.svg)

![Days to detection](images/science/power-days.svg)

Farrington's method looks once a week, on 77 sums, and so can be less strict with each than a watch that looks every day; it tells at
the week's end. The scan (space-time permutation, anew every day) judges circles of up to 8 km over up to 14 days; its score is
the likelihood ratio of the cluster that a place lies in, so that equal numbers of false alarms need no replications, and its own limit
is what chance alone reaches once a year (Gumbel tail of 999 replications). A cluster of several areas is an alarm in each of them.
CUSUM's alarms last long (days on alarm, above), because what is in control
is last year's mean and not this season's.
"""
    return Section(
        title="Power: what is found, how soon, at how many false alarms", text=text, figures=figures
    )
