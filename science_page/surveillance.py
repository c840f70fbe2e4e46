"""Surveillance: the reference program's results met to the last digit, and a stated number of false alarms a week, tried on six kinds of
background that the method was not fitted to."""

from __future__ import annotations

import argparse
import csv
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gongbi.science.commands import power as command
from gongbi.science.surveillance import Monitored, alarms, cusum, ears, farrington, farrington_flexible, score
from gongbi.science.surveillance.district import HISTORY, LEARN, QUIET, Scores
from science_page import Section, drawing, table

Floats = npt.NDArray[np.float64]
FIRST = 260  # the golden files hold weeks 261–312
BUDGETS = (0.5, 1.0, 2.0, 5.0, 10.0)
WEEKS = 52  # watched in every run, after a calm half year
WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.1, 0.8, 0.6])
CALLS: dict[str, Callable[[Floats], Monitored]] = {
    "ears_C1": lambda y: ears(y, method="C1"),
    "ears_C2": lambda y: ears(y, method="C2"),
    "ears_C3": lambda y: ears(y, method="C3"),
    "farrington_classic": farrington,
    "farrington_flexible_delta": lambda y: farrington_flexible(y, threshold="delta"),
    "farrington_flexible_nbPlugin": lambda y: farrington_flexible(y, threshold="nbPlugin"),
    "farrington_flexible_muan": lambda y: farrington_flexible(y, threshold="muan"),
    "cusum_standard": lambda y: cusum(y, start=FIRST),
}


def _column(path: Path, name: str) -> Floats:
    with path.open(encoding="utf-8") as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


def _reference(data: Path) -> str:
    folder = data / "spacetime" / "golden"
    counts = _column(folder / "series_agona.csv", "observed")
    rows: list[tuple[object, ...]] = []
    for name, call in CALLS.items():
        upper, alarm = (_column(folder / f"agona_{name}.csv", column) for column in ("upper", "alarm"))
        found = call(counts)
        off = float(np.abs(found.upper[FIRST:] - upper).max())
        same = int((found.alarm[FIRST:] == (alarm == 1)).sum())
        rows.append((name, upper.size, f"{off:.0e}" if off else "0", f"{same} of {upper.size}"))
    return table(("call", "weeks", "largest difference of a bound", "alarms alike"), rows)


@dataclass(frozen=True)
class Kind:
    """A background without outbreaks."""

    name: str
    words: str
    mean: float
    swing: float = 0.0  # of the year, on the log scale
    more: tuple[float, float] | None = None  # variance beyond Poisson's, over the mean: drawn for each series
    bursts: float = 0.0  # daily standard deviation of a level that wanders by itself
    special: bool = False  # holidays and make-up days


KINDS = (
    Kind("sparse", "Poisson, one case in 33 days on average", 0.03),
    Kind("ordinary", "Poisson, 0.8 a day", 0.8),
    Kind("busy", "Poisson, 3 a day", 3.0),
    Kind("overdispersed", "variance 1.2 to 3 times the mean, 0.8 a day", 0.8, more=(0.2, 2.0)),
    Kind("wandering", "every level goes its own way, 0.8 a day", 0.8, bursts=0.03),
    Kind("seasonal", "twice the mean in summer, half in winter", 0.8, swing=0.7),
    Kind(
        "holidays",
        "a tenth on holidays, full on make-up Sundays, 0.8 a day, overdispersed",
        0.8,
        more=(0.2, 1.0),
        special=True,
    ),
)


def calm(
    kind: Kind, series: int, days: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Counts (series, days), weekday, holiday, makeup. The series' means differ as a gamma of shape 0.7 does."""
    weekday = np.arange(days) % 7
    factor = WEEK[weekday].copy()
    holiday, makeup = np.zeros(days, dtype=np.bool_), np.zeros(days, dtype=np.bool_)
    if kind.special:  # about seven festivals a year, three days each, paid for by a Sunday before
        for begin in range(20, days - 9, 52):
            holiday[begin : begin + 3] = True
            makeup[begin - 1 - weekday[begin - 1] - 1 if begin > 7 else 0] = True
        makeup &= ~holiday
        factor[holiday], factor[makeup] = 0.1, 1.1
    level = random.gamma(0.7, 1 / 0.7, series)[:, None]
    mean = kind.mean * level * factor * np.exp(kind.swing * np.sin(2 * np.pi * np.arange(days) / 365))
    if kind.bursts:
        mean = mean * np.minimum(
            np.exp(np.cumsum(random.normal(0, kind.bursts, (series, days)), axis=1)), 5.0
        )
    if kind.more is not None:
        more = random.uniform(*kind.more, (series, 1))
        mean = random.gamma(mean / more, more)
    return random.poisson(mean), weekday, holiday, makeup


def _naive(scores: Scores, budget: float) -> float:
    """Events a week when every series and day gets the same share of the budget as its limit on p."""
    alarm = scores.p <= budget / 7.0 / scores.p.shape[0]
    event = alarm.copy()
    for back in range(1, QUIET + 1):
        event[:, back:] &= ~alarm[:, :-back]
    return float(event[:, -7 * WEEKS :].sum() / WEEKS)


def _budgets(series: int, runs: int, seed: int) -> tuple[str, str]:
    """The table with its sentence, and the figure."""
    days = LEARN + HISTORY + 7 * WEEKS
    rows: list[tuple[object, ...]] = []
    lines: dict[str, list[tuple[float, float]]] = {}
    within = total = 0
    worst = 0.0
    for number, kind in enumerate(KINDS):
        got: dict[float, list[float]] = {budget: [] for budget in BUDGETS}
        naive: list[float] = []
        plain: list[float] = []
        for run in range(runs):
            random = np.random.default_rng([seed, number, run])
            counts, weekday, holiday, makeup = calm(kind, series, days, random)
            scores = score(counts, weekday, holiday=holiday, makeup=makeup)
            for budget in BUDGETS:
                event = alarms(scores, budget).event
                got[budget].append(float(event[:, -7 * WEEKS :].sum() / WEEKS))
            naive.append(_naive(scores, 1.0))
            c1 = ears(counts, method="C1").alarm
            plain.append(float(c1[:, -7 * WEEKS :].sum() / WEEKS))
        cells = []
        for budget in BUDGETS:
            mean = float(np.mean(got[budget]))
            error = float(np.sqrt(budget / (WEEKS * runs)))
            off = mean / budget - 1.0
            within += abs(off) <= 0.2
            total += 1
            worst = max(worst, abs(off))
            cells.append(f"{mean:.2f} ± {error:.2f}")
            lines.setdefault(kind.name, []).append((budget, mean))
        rows.append((kind.name, kind.words, *cells, f"{np.mean(naive):.2f}", f"{np.mean(plain):.0f}"))
    headings = (
        "background",
        "what it is",
        *(f"{budget:g} stated" for budget in BUDGETS),
        "p ≤ 1 / looks",
        "EARS C1",
    )
    figure = drawing.lines(
        "False alarms a week: stated and counted",
        lines,
        x="stated false alarms a week in the whole district",
        y="counted",
        log_x=True,
        log_y=True,
    )
    words = f"{within} of {total} counts lie within ±20 % of what was stated; the furthest is off by {100 * worst:.0f} %."
    return f"{table(headings, rows)}\n\n{words}", figure


def _real(data: Path, quick: bool) -> str:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    options = parser.parse_args(["--data", str(data / "requests" / "chicago_sanitation_to_2013.csv.gz")])
    background, places, _begin = command.background_of(options)
    counts = background.counts[:, -400:] if quick else background.counts
    scores = score(counts, background.weekday[-counts.shape[1] :])
    watched = slice(-7 * 48, None)
    cells = [f"{float(alarms(scores, b).event[:, watched].sum() / 48):.2f}" for b in BUDGETS]
    return table(
        ("background", *(f"{budget:g} stated" for budget in BUDGETS)),
        [(f"Chicago's sanitation complaints, {len(places)} areas, the last 48 weeks of 2013", *cells)],
    )


def _cost(series: int, seed: int) -> str:
    days = LEARN + HISTORY + 1
    random = np.random.default_rng(seed)
    counts = np.concatenate([calm(kind, series // len(KINDS) + 1, days, random)[0] for kind in KINDS])[
        :series
    ]
    begin = time.perf_counter()
    alarms(score(counts, np.arange(days) % 7), 1.0)
    took = time.perf_counter() - begin
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"A night's run over {series:,} series (places × kinds) with the {days} days that it needs, {int(counts.sum()):,} cases: "
        f"{took:.1f} s on one core, {most:.0f} MB at most."
    )


def section(data: Path, *, seed: int, quick: bool) -> Section:
    """The part of the page. Raises FileNotFoundError where the golden files are absent."""
    series, runs = (80, 1) if quick else (300, 5)
    budgets, figure = _budgets(series, runs, seed)
    text = f"""Counts by place, kind and time, compared with their own past: EARS C1–C3 (Hutwagner et al. 2003), Farrington's method (1996)
and its flexible successor (Noufaily et al. 2013), CUSUM (Page 1954; Rossi et al. 1999), and our own watch of all daily series of a
district (Harvey and Fernandes 1989 for the level; Czado, Gneiting, Held 2009 for predictive p-values).

### The reference program's numbers

Salmonella Agona, 312 weeks; R `surveillance` 1.20.3 printed eleven decimals.

{_reference(data)}

The flexible method's standard error is scaled there by the working residuals; Pearson's dispersion, the textbook's way, is
`--standard-error pearson` and gives wider bounds.

### A stated number of false alarms a week

{series} daily series without any outbreak, {runs} run{"s" if runs > 1 else ""} of {WEEKS} weeks each after half a year of history; the means of the series differ a
hundredfold within a run. One alarm may last several days: it is counted once until {QUIET} days were quiet. ± is the standard error that the
count itself has. The last two columns are what one gets otherwise, with 1 a week in mind: the limit 1 / (7 × series) on the same
p-values, and EARS C1 as published (α 0.001).

{budgets}

On real complaints, whose own outbreaks are alarms like any other:

{_real(data, quick)}

![False alarms a week, stated and counted](images/science/surveillance-budget.svg)

{_cost(300 if quick else 3000, seed)}
"""
    return Section(
        title="Surveillance: unusual counts, and no more false alarms than stated",
        text=text,
        figures={"surveillance-budget.svg": figure},
    )
