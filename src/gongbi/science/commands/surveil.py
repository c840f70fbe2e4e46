"""``surveil``: which weeks of a series have more cases than the weeks before let expect.

The defaults are the calls of the published reference results; every option has the meaning it has there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from gongbi.science.commands import series
from gongbi.science.surveillance import Monitored, cusum, ears, farrington, farrington_flexible
from gongbi.science.surveillance.cusum import TRANSFORMS
from gongbi.science.surveillance.ears import DEFINITIONS
from gongbi.science.surveillance.farrington import STANDARD_ERRORS, THRESHOLDS
from gongbi.science.surveillance.thresholds import POWERS

METHODS = ("earsC1", "earsC2", "earsC3", "farrington", "farrington-flexible", "cusum")
ALPHA = {"earsC1": 0.001, "earsC2": 0.001, "earsC3": 0.001, "farrington": 0.01, "farrington-flexible": 0.01}
LIMIT = {"farrington": (5, 4), "farrington-flexible": (0, 50)}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("--method", required=True, choices=METHODS)
    parser.add_argument(
        "--series", required=True, metavar="F.csv", help="a column of time, and one column a series of counts"
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME",
        help="a series (again for more; default: observed, or all)",
    )
    parser.add_argument("--sum", action="store_true", help="add the columns up to one series")
    parser.add_argument(
        "--gaps",
        choices=("refuse", "zero"),
        default="refuse",
        help="missing time points (default %(default)s)",
    )
    parser.add_argument(
        "--range",
        metavar="FROM:TO",
        help="the time points to show, by number; default: all, for cusum the last year",
    )
    parser.add_argument("--alpha", type=float, help="default 0.001 for EARS, 0.01 for Farrington")
    group = parser.add_argument_group("EARS")
    group.add_argument("--baseline", type=int, default=7, help="time points (default %(default)s)")
    group.add_argument("--min-sigma", type=float, default=0.0, help="default %(default)s")
    group.add_argument(
        "--c3",
        choices=DEFINITIONS,
        default=DEFINITIONS[0],
        help="whose definition of C3 (default %(default)s)",
    )
    group = parser.add_argument_group("Farrington")
    group.add_argument(
        "--years-back", type=int, default=3, metavar="B", help="years of reference (default %(default)s)"
    )
    group.add_argument(
        "--half-window", type=int, default=3, metavar="W", help="weeks on each side (default %(default)s)"
    )
    group.add_argument(
        "--frequency", type=int, help="time points of a year (default: 52, 12 or 365, as the dates tell)"
    )
    group.add_argument("--no-reweight", action="store_true", help="let past outbreaks count in full")
    group.add_argument("--no-trend", action="store_true", help="fit no trend")
    group.add_argument(
        "--power", choices=tuple(POWERS), default="2/3", help="transformation (default %(default)s)"
    )
    group.add_argument(
        "--limit",
        metavar="CASES:WEEKS",
        help="fewer cases in that many weeks raise no alarm (default 5:4, flexible 0:50)",
    )
    group = parser.add_argument_group("Farrington, flexible")
    group.add_argument(
        "--threshold-method", choices=THRESHOLDS, default="nbPlugin", help="default %(default)s"
    )
    group.add_argument(
        "--weights-threshold",
        type=float,
        default=2.58,
        help="residual above which a week counts less (default %(default)s)",
    )
    group.add_argument("--trend-p", type=float, help="default 0.05 for delta, 1 for the others")
    group.add_argument("--periods", type=int, help="levels of the seasonal factor (default 10; 1 by month)")
    group.add_argument(
        "--recent", type=int, default=26, metavar="WEEKS", help="last weeks left out (default %(default)s)"
    )
    group.add_argument(
        "--standard-error", choices=STANDARD_ERRORS, default=STANDARD_ERRORS[0], help="default %(default)s"
    )
    group = parser.add_argument_group("CUSUM")
    group.add_argument("--k", type=float, default=1.04, help="default %(default)s")
    group.add_argument("--h", type=float, default=2.26, help="default %(default)s")
    group.add_argument(
        "--reference", type=float, help="in-control mean (default: of the time points before the range)"
    )
    group.add_argument("--transform", choices=TRANSFORMS, default="standard", help="default %(default)s")


def run(options: argparse.Namespace) -> Mapping[str, Any]:
    """Read, watch, tell. Raises ValueError naming the argument."""
    table = series.read(
        options.series, "--series", columns=options.column, total=options.sum, gaps=options.gaps
    )
    first, last = _range(options, table)
    found = _watch(options, table, first)
    points: list[dict[str, Any]] = []
    for row, name in enumerate(table.names):
        for at in range(first, last):
            defined = bool(found.defined[row, at])
            points.append(
                {
                    "series": name,
                    "index": table.index[at],
                    "time": table.labels[at],
                    "observed": int(found.observed[row, at]),
                    "expected": float(found.expected[row, at]) if defined else None,
                    "upper": float(found.upper[row, at]) if defined else None,
                    "alarm": bool(found.alarm[row, at]),
                    "defined": defined,
                }
            )
    return {
        "method": options.method,
        "series": table.names,
        "step": table.step,
        "time_points": len(table.labels),
        "judged": sum(point["defined"] for point in points),
        "alarms": sum(point["alarm"] for point in points),
        "points": points,
    }


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """The lines that a person reads: the alarms."""
    yield (
        f"{result['method']}: {result['alarms']} alarms at {result['judged']} judged time points of {len(result['series'])} series"
    )
    for point in result["points"]:
        if point["alarm"]:
            yield (
                f"  {point['series']}  {point['index']} ({point['time']}): {point['observed']} observed, "
                f"{point['expected']:.2f} expected, bound {point['upper']:.2f}"
            )


def _range(options: argparse.Namespace, table: series.Series) -> tuple[int, int]:
    """First and one past the last position to show."""
    count = len(table.labels)
    if options.range is None:
        year = options.frequency or series.YEAR[table.step]
        return (max(count - year, 1) if options.method == "cusum" else 0), count
    low, high = _pair(options.range, "--range")
    first, last = low - table.index[0], high - table.index[0] + 1
    if not 0 <= first < last <= count:
        raise ValueError(
            f"--range: {options.range} is not within {table.index[0]}:{table.index[-1]}, the time points of the series"
        )
    return first, last


def _pair(text: str, option: str) -> tuple[int, int]:
    parts = text.replace(",", ":").split(":")
    try:
        low, high = (int(part) for part in parts)
    except ValueError:
        raise ValueError(f"{option}: {text!r} is not two whole numbers with a colon between them") from None
    return low, high


def _watch(options: argparse.Namespace, table: series.Series, first: int) -> Monitored:
    method, counts = options.method, table.counts
    if method == "cusum":
        return cusum(
            counts,
            start=first,
            k=options.k,
            h=options.h,
            reference=options.reference,
            transform=options.transform,
        )
    alpha = ALPHA[method] if options.alpha is None else options.alpha
    if method.startswith("ears"):
        return ears(
            counts,
            method=method.removeprefix("ears"),
            baseline=options.baseline,
            alpha=alpha,
            min_sigma=options.min_sigma,
            definition=options.c3,
        )
    limit = LIMIT[method] if options.limit is None else _pair(options.limit, "--limit")
    year = options.frequency or series.YEAR[table.step]
    if method == "farrington":
        return farrington(
            counts,
            years=options.years_back,
            half_window=options.half_window,
            frequency=year,
            alpha=alpha,
            reweight=not options.no_reweight,
            trend=not options.no_trend,
            power=options.power,
            limit=limit,
        )
    return farrington_flexible(
        counts,
        years=options.years_back,
        half_window=options.half_window,
        frequency=year,
        periods=options.periods or (1 if table.step == "month" else 10),
        recent=options.recent,
        alpha=alpha,
        reweight=not options.no_reweight,
        weights_threshold=options.weights_threshold,
        trend=not options.no_trend,
        trend_p=options.trend_p,
        threshold=options.threshold_method,
        power=options.power,
        limit=limit,
        standard_error=options.standard_error,
    )
