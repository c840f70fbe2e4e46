"""Forecasts: twelve past origins in Chicago against the seasonal naive forecast and statsforecast's models, and what a forecast costs."""

from __future__ import annotations

import argparse
import dataclasses
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gongbi.science.commands import forecast as command
from gongbi.science.forecast import LevelScore, Scores, crossed, fit, measure
from gongbi.science.surveillance.series import Floats
from science_page import Section, drawing, table

FILE = Path("requests") / "chicago_sanitation_to_2013.csv.gz"
TRIED_UNTIL = (
    "2012-12-31"  # what the method was chosen on; the year after it was looked at when all was settled
)
HORIZON, ORIGINS = 28, 12
WANTED = (0.5, 0.8, 0.9, 0.95)
SIZES = ((50, 10), (150, 20), (300, 20))  # communities, kinds
FLOOR, LEAST, MOST = 0.85, 0.87, 0.93


def section(data: Path, *, seed: int, quick: bool) -> Section:
    """Measure and write."""
    origins = 2 if quick else ORIGINS
    known = _table(data, TRIED_UNTIL)
    tried = measure.score(_judged(known, origins), known.hierarchy)
    everything = _table(data, None)
    judged = _judged(everything, origins)
    scores = measure.score(judged, everything.hierarchy)
    others = _others(everything, judged, quick)
    cost, cost_text = _cost(seed, quick)
    text = "\n\n".join(
        [
            _opening(everything, scores, tried),
            _levels(scores),
            "MASE: mean absolute scaled error, every series scaled by the seasonal naive method's error (the same weekday a week before) in the history "
            "before the origin; a series without such an error is left out of both sides (column). It is least at the median, and the median of a series with "
            "a case every other week is 0: at the bottom *always 0* is as good as anything by this measure, which is why the mean is also judged by the root "
            "mean squared scaled error (RMSSE), which zeros cannot win. *Covered* "
            "counts lower ≤ count ≤ upper over all days of all series; *busy* only where 0.1 cases or more were "
            f"expected. At the bottom {_zeros(everything):.1%} of all counts are 0, so the narrowest interval, 0 to 0, already holds more than 90 %: no honest "
            "interval can hold less there.",
            "The method: slow and quick levels (half-lives of 7 to 365 days, drawn to share of the place × share of the kind where cases are few) times factors of "
            "the weekday, holiday and make-up workday and, from 400 days on, the season, fitted to each kind's total and drawn to those of all kinds; combined "
            "with weights earned at up to sixteen past origins; reconciled by weighted least squares; negative binomial, and the width set so that intervals at those "
            "origins held their share. The modules name the papers.",
            "### Days ahead",
            _by_week(scores),
            "![MASE by days ahead](images/science/forecast-mase.svg)",
            "![Coverage by days ahead](images/science/forecast-coverage.svg)",
            "### Other shares than 90 %",
            _reliability(everything, scores, origins),
            "### Beside statsforecast",
            _compared(scores, others, everything.hierarchy.bottom),
            "### Cost",
            cost_text,
            "![Seconds by size](images/science/forecast-cost.svg)",
            "### What is guaranteed, and what is not",
            "The means add up over the hierarchy exactly and none is negative. Quantiles do not add up: each node has its own, and those of a street are "
            "not the sum of its communities'. An interval holds its share on average over the days and series of a level that expect about as many cases, as it "
            "did at up to sixteen past origins; not for every single series, and not after a break that no past origin shows. With under 400 days of "
            "history there is no season: a forecast in spring then lags behind the rise. The holidays of Chicago were not given to it.",
        ]
    )
    return Section(
        "Forecasts",
        text,
        {
            "forecast-mase.svg": _figure(scores),
            "forecast-coverage.svg": _coverage(scores),
            "forecast-cost.svg": cost,
        },
    )


def _table(data: Path, end: str | None) -> command.Table:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    words = ["--data", str(data / FILE), "--time", "created", "--by", "community_area", "--kind", "nature"]
    return command.read(parser.parse_args([*words, *(["--end", end] if end else [])]), HORIZON)


def _judged(known: command.Table, origins: int, level: float = 0.9) -> list[measure.Judged]:
    days = known.counts.shape[1]
    return list(
        measure.judge(
            known.counts,
            known.hierarchy,
            known.classes[:days],
            horizon=HORIZON,
            count=origins,
            level=level,
        )
    )


def _zeros(known: command.Table) -> float:
    return float((known.counts == 0).mean())


def _opening(known: command.Table, scores: Scores, tried: Scores) -> str:
    said = known.said
    ratio, covered = scores.ratio or np.nan, scores.mean("coverage") or np.nan
    rows = [
        ("until 2012, on which the method was chosen", *_headline(tried)),
        ("2013, looked at when all was settled", *_headline(scores)),
    ]
    verdict = "met" if ratio <= FLOOR else "**not met**"
    held = "met" if LEAST <= covered <= MOST else "**not met**"
    return (
        f"{said['cases']:,} sanitation complaints of Chicago, {said['first']} to {said['last']}, by community area × nature × day: {said['series']} series. "
        f"From {len(scores.ends)} origins {HORIZON} days apart, each knowing nothing of what came later, {HORIZON} days ahead. Mean over the four levels, alike "
        "(as in the M5 competition):\n\n"
        + table(("origins in", "MASE", "seasonal naive", "ratio", "90 % intervals held", "busy"), rows)
        + f"\n\nAims: a ratio of at most {FLOOR} ({verdict}: {ratio:.3f}); {LEAST:.0%} to {MOST:.0%} covered ({held}: {covered:.1%}). Again: "
        "`python -m gongbi.science forecast --data F.csv.gz --time created --by community_area --kind nature --horizon 28 --origins 12`."
    )


def _headline(scores: Scores) -> tuple[str, ...]:
    return (
        _number(scores.mean("mase")),
        _number(scores.mean("mase_naive")),
        _number(scores.ratio),
        _share(scores.mean("coverage")),
        _share(scores.mean("coverage_busy")),
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _levels(scores: Scores) -> str:
    rows = [
        (
            level.name,
            level.series,
            level.left_out,
            _number(level.ratio),
            _number(level.over_naive(level.mase_mean)),
            _number(level.over_naive(level.mase_zero)),
            _number(level.rmsse_ratio),
            _share(level.coverage),
            _share(level.coverage_busy),
            _share(level.below),
            _share(level.above),
            f"{level.width:.2f}",
        )
        for level in scores.levels
    ]
    headings = (
        "level",
        "series",
        "left out (series × origins)",
        "MASE ratio",
        "of the mean",
        "of always 0",
        "RMSSE ratio",
        "covered",
        "busy",
        "below",
        "above",
        "width, cases",
    )
    return table(headings, list(rows))


def _by_week(scores: Scores) -> str:
    rows: list[tuple[object, ...]] = []
    for first in range(0, HORIZON, 7):
        cells = [_week(level, first) for level in scores.levels]
        rows.append((f"{first + 1}–{first + 7}", *cells))
    return "MASE ratio to seasonal naive, and covered by 90 % intervals:\n\n" + table(
        ("days ahead", *(level.name for level in scores.levels)), rows
    )


def _week(level: LevelScore, first: int) -> str:
    mase, naive, covered = np.array(level.by_horizon[first : first + 7]).mean(axis=0)
    return f"{mase / naive:.3f}, {covered:.1%}"


def _figure(scores: Scores) -> str:
    lines = {
        level.name: [(day, mase / naive) for day, (mase, naive, _) in enumerate(level.by_horizon, 1)]
        for level in scores.levels
    }
    return drawing.lines(
        "MASE against the seasonal naive forecast",
        lines,
        x="days ahead",
        y="ratio, below 1 is better",
        marks={"aim": FLOOR, "seasonal naive": 1.0},
    )


def _coverage(scores: Scores) -> str:
    lines = {
        level.name: [(day, 100 * covered) for day, (_, _, covered) in enumerate(level.by_horizon, 1)]
        for level in scores.levels
    }
    return drawing.lines(
        "What 90 % intervals held",
        lines,
        x="days ahead",
        y="per cent of days and series",
        from_zero=False,
        marks={"87 %": 100 * LEAST, "93 %": 100 * MOST},
    )


def _reliability(known: command.Table, at_90: Scores, origins: int) -> str:
    rows: list[tuple[object, ...]] = []
    for wanted in WANTED:
        scores = at_90 if wanted == 0.9 else measure.score(_judged(known, origins, wanted), known.hierarchy)
        rows.append((f"{wanted:.0%}", *(_share(level.coverage_busy) for level in scores.levels)))
    names = [level.name for level in known.hierarchy.levels]
    return "Held, where 0.1 cases a day or more were expected:\n\n" + table(("wanted", *names), rows)


@dataclasses.dataclass(frozen=True)
class Other:
    """A model of the other library: its scores, how many levels it was tried on, whether it gives intervals, seconds a series."""

    scores: Scores
    levels: int
    intervals: bool
    seconds: float


def _models(quick: bool) -> list[tuple[str, Any, int, bool]]:
    """Name, model, levels from the top that it is tried on, whether it has intervals."""
    from statsforecast import models

    cheap = [
        ("SeasonalNaive", models.SeasonalNaive(7), 4, True),
        ("HistoricAverage", models.HistoricAverage(), 4, True),
        ("SeasonalWindowAverage, 8 weeks", models.SeasonalWindowAverage(7, 8), 4, False),
        ("CrostonSBA", models.CrostonSBA(), 4, False),
        ("TSB (0.1, 0.1)", models.TSB(0.1, 0.1), 4, False),
        ("ADIDA", models.ADIDA(), 4, False),
        ("IMAPA", models.IMAPA(), 4, False),
    ]
    dear = [
        ("AutoETS", models.AutoETS(season_length=7), 2, True),
        ("AutoTheta", models.AutoTheta(season_length=7), 2, True),
        ("AutoCES", models.AutoCES(season_length=7), 1, True),
        ("MSTL (7, 365)", models.MSTL(season_length=[7, 365]), 1, True),
    ]
    return cheap if quick else cheap + dear


def _others(known: command.Table, judged: list[measure.Judged], quick: bool) -> dict[str, Other]:
    found = {}
    everything = known.hierarchy.add_up(known.counts)
    for name, model, levels, has_intervals in _models(quick):
        tried = min(levels, 2) if quick else levels
        nodes = int(known.hierarchy.starts[tried])
        model.forecast(y=everything[0], h=HORIZON)  # compiles at its first call
        started = time.process_time()
        theirs = [
            dataclasses.replace(one, forecast=_said(model, everything, nodes, one, has_intervals))
            for one in judged
        ]
        seconds = (time.process_time() - started) / (nodes * len(judged))
        found[name] = Other(measure.score(theirs, known.hierarchy), tried, has_intervals, seconds)
    return found


def _said(model: Any, everything: Floats, nodes: int, one: measure.Judged, has_intervals: bool) -> Any:
    """Their forecast in our form: the mean as it is, the median rounded to whole cases; nodes that were not tried are 0."""
    mean, lower, upper = (np.zeros_like(one.naive) for _ in range(3))
    for node in range(nodes):
        level = [90] if has_intervals else None
        said = model.forecast(y=everything[node, : one.end], h=HORIZON, level=level)
        mean[node] = np.maximum(said["mean"], 0.0)
        if has_intervals:
            lower[node], upper[node] = said["lo-90"], said["hi-90"]
    return dataclasses.replace(one.forecast, mean=mean, median=np.round(mean), lower=lower, upper=upper)


def _compared(scores: Scores, others: dict[str, Other], bottom: int) -> str:
    rows: list[tuple[object, ...]] = [
        ("**Gongbi**", *(_cell(level, level.mase, True) for level in scores.levels), "")
    ]
    for name, other in others.items():
        cells = [
            _cell(level, _better(level), other.intervals) if i < other.levels else "–"
            for i, level in enumerate(other.scores.levels)
        ]
        rows.append((name, *cells, f"{1000 * other.seconds:.1f}"))
    slowest = max(other.seconds for other in others.values())
    hours = bottom * len(scores.ends) * slowest / 3600
    return (
        "The same origins and scales. Each cell: MASE ratio / RMSSE ratio to seasonal naive, then what 90 % intervals held where the model gives any. "
        "For theirs MASE is the better of the forecast as it is (below zero: 0) and rounded to whole cases. The dear models were not run on the lower levels "
        f"({hours:.1f} processor hours at the bottom for the slowest). Last column: milliseconds a series.\n\n"
        + table(("model", *(level.name for level in scores.levels), "ms"), rows)
    )


def _cell(level: LevelScore, mase: float | None, has_intervals: bool) -> str:
    figures = f"{_number(level.over_naive(mase))} / {_number(level.rmsse_ratio)}"
    return f"{figures}, {_share(level.coverage)}" if has_intervals else figures


def _better(level: LevelScore) -> float | None:
    known = [mase for mase in (level.mase, level.mase_mean) if mase is not None]
    return min(known) if known else None


def _cost(seed: int, quick: bool) -> tuple[str, str]:
    random = np.random.default_rng(seed)
    rows: list[tuple[object, ...]] = []
    points: list[tuple[float, float]] = []
    for places, kinds in SIZES[: 1 if quick else None]:
        units, sorts = (axis.ravel() for axis in np.indices((places, kinds)))
        tree = crossed(units, sorts, {"street": np.arange(places) // 16}, unit="community")
        rates = random.gamma(0.3, 1.0, tree.bottom) * 0.9
        counts = random.poisson(rates[:, None], (tree.bottom, 365))
        seconds = _timed(lambda counts=counts, tree=tree: fit(counts, tree, np.arange(393) % 7))
        rows.append((places, kinds, f"{tree.bottom:,}", f"{int(counts.sum()):,}", f"{seconds:.2f}"))
        points.append((tree.bottom, seconds))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    text = (
        "One forecast, 28 days ahead for every node, from 365 simulated days, on one core (processor seconds); the memory of this whole page was "
        f"at most {peak:.0f} MB.\n\n" + table(("communities", "kinds", "series", "cases", "seconds"), rows)
    )
    return drawing.lines(
        "One forecast, 365 days of history", {"seconds": points}, x="bottom series", y="processor seconds"
    ), text


def _timed(call: Callable[[], object]) -> float:
    best = np.inf
    for _ in range(2):
        started = time.process_time()
        call()
        best = min(best, time.process_time() - started)
    return float(best)
