"""``forecast``: how many cases will come, by place, kind and day, and how good such forecasts were at past origins."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from gongbi.science.commands import reading
from gongbi.science.forecast import Hierarchy, LevelScore, crossed, fit, measure
from gongbi.science.forecast.history import first_regular_day
from gongbi.science.surveillance.calendar import day_classes
from gongbi.science.surveillance.series import Floats, Ints, share, whole

NONE, ALL = "(none)", "(all)"
_SAID = ("date", "ahead", "mean", "median", "lower", "upper")
FORECAST = ("level", "place", "kind", *_SAID)
JUDGED = ("level", "place", "kind", "origin", *_SAID, "seasonal_naive", "count")
WARM = 56  # days before the first origin that the step makes room for
DEFINITION = (
    "MASE: absolute error of the median over the in-sample mean absolute error of the seasonal naive forecast (7 days) before each "
    "origin, mean over days, origins and series; series without that error are left out. Figures without a level: mean over the levels."
)


@dataclass(frozen=True)
class Table:
    """Counts (series, days) with the names of everything."""

    counts: Floats
    hierarchy: Hierarchy
    labels: tuple[tuple[str, str], ...]  # (nodes,) place and kind
    first: date
    classes: Ints  # (days + horizon,)
    said: dict[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("--data", required=True, metavar="F.csv.gz", help="one row a case")
    parser.add_argument("--time", required=True, metavar="COLUMN", help="when the case came")
    parser.add_argument("--by", required=True, metavar="COLUMN", help="the place")
    parser.add_argument("--kind", metavar="COLUMN", help="the kind of case (default: all alike)")
    parser.add_argument(
        "--above",
        action="append",
        default=[],
        metavar="COLUMN",
        help="a larger place that the place lies in, the largest first (again for more)",
    )
    parser.add_argument("--horizon", type=int, default=28, help="days ahead (default %(default)s)")
    parser.add_argument("--origins", type=int, default=12, help="past origins (default %(default)s)")
    parser.add_argument(
        "--step", type=int, help="days between origins (default: the horizon, fewer where the data are short)"
    )
    parser.add_argument("--level", type=float, default=0.9, help="of the intervals (default %(default)s)")
    parser.add_argument(
        "--start", metavar="DATE", help="first day used (default: from when cases come regularly)"
    )
    parser.add_argument("--end", metavar="DATE", help="last day used (default: of the last case)")
    parser.add_argument(
        "--holidays", metavar="F.csv", help="columns date and kind: holiday, or makeup (a weekend day worked)"
    )
    parser.add_argument(
        "--out", metavar="F.csv", help="write the forecasts for the days after the data: every level"
    )
    parser.add_argument(
        "--judged",
        metavar="F.csv",
        help="write what was forecast from each origin, and what came: every level",
    )


def run(options: argparse.Namespace) -> Mapping[str, Any]:
    """Read, forecast from past origins, tell. Raises ValueError naming the argument."""
    horizon = whole(options.horizon, "--horizon", 1)
    count = whole(options.origins, "--origins", 1)
    share(options.level, "--level")
    table = read(options, horizon)
    days = table.counts.shape[1]
    step = whole(options.step, "--step", 1) if options.step is not None else _step(days, horizon, count)
    judged = list(
        measure.judge(
            table.counts,
            table.hierarchy,
            table.classes[:days],
            horizon=horizon,
            count=count,
            step=step,
            level=options.level,
        )
    )
    scores = measure.score(judged, table.hierarchy)
    if options.judged:
        reading.write_table(options.judged, JUDGED, list(_judged_rows(table, judged)))
    if options.out:
        reading.write_table(options.out, FORECAST, list(_forecast_rows(table, horizon, options.level)))
    return {
        "mase": scores.mean("mase"),
        "mase_seasonal_naive": scores.mean("mase_naive"),
        "mase_ratio": scores.ratio,
        "coverage": scores.mean("coverage"),
        "coverage_busy": scores.mean("coverage_busy"),
        "nominal": options.level,
        "definition": DEFINITION,
        "horizon": horizon,
        "step": step,
        "origins": [(table.first + timedelta(days=end - 1)).isoformat() for end in scores.ends],
        **table.said,
        "levels": [_level(level) for level in scores.levels],
        "by_horizon": _by_horizon(scores.levels),
    }


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """The lines that a person reads."""
    yield (
        f"{result['cases']} cases, {result['first']} to {result['last']}, {result['series']} series; "
        f"{len(result['origins'])} origins, {result['step']} days apart, {result['horizon']} days ahead"
    )
    left = [f"{result[name]} {words}" for name, words in _LEFT.items() if result[name]]
    if left:
        yield f"left out: {', '.join(left)}"
    if result["cases_elsewhere"]:
        yield f"{result['cases_elsewhere']} cases are counted in the larger place that most cases of their place name"
    yield (
        f"MASE {result['mase']:.3f}, seasonal naive {result['mase_seasonal_naive']:.3f}, ratio {_shown(result['mase_ratio'])}; "
        f"intervals of {result['nominal']:.0%} held {result['coverage']:.1%} (mean over the levels)"
    )
    yield f"  {'level':<28}{'series':>8}{'MASE':>8}{'naive':>8}{'ratio':>8}{'RMSSE':>8}{'covered':>9}{'busy':>8}"
    for level in result["levels"]:
        numbers = "".join(
            f"{_shown(level[name]):>8}"
            for name in ("mase", "mase_seasonal_naive", "mase_ratio", "rmsse_ratio")
        )
        busy = "–" if level["coverage_busy"] is None else f"{level['coverage_busy']:.1%}"
        yield f"  {level['level']:<28}{level['series']:>8}{numbers}{level['coverage']:>9.1%}{busy:>8}"
    yield (
        "RMSSE: of the mean, as a ratio to seasonal naive; busy: days of series with 0.1 cases expected or more"
    )
    for first in range(0, result["horizon"], 7):
        week = result["by_horizon"][first : first + 7]
        ratio = sum(day["mase"] for day in week) / max(sum(day["mase_seasonal_naive"] for day in week), 1e-12)
        covered = sum(day["coverage"] for day in week) / len(week)
        yield f"  days {first + 1}–{first + len(week)} ahead: ratio {ratio:.3f}, covered {covered:.1%}"


def _shown(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"


_LEFT = {
    "cases_without_place": "cases without a place",
    "cases_before_start": "before the first day used",
    "cases_after_end": "after the last",
}


def _step(days: int, horizon: int, count: int) -> int:
    if count == 1:
        return horizon
    return max(min(horizon, (days - WARM - horizon) // (count - 1)), 1)


def read(options: argparse.Namespace, horizon: int) -> Table:
    """The counts of the table that the options name. Raises ValueError naming the option."""
    columns = [options.time, options.by, *([options.kind] if options.kind else []), *options.above]
    rows = reading.table(options.data, "--data", *columns)
    placed = [row for row in rows if row[options.by].strip()]
    if not placed:
        raise ValueError(f"--by: no row has a {options.by}")
    dates = [moment.date() for moment in reading.moments(placed, options.time, "--time")]
    last = _date(options.end, "--end") or max(dates)
    first = _date(options.start, "--start") or _regular(dates, last)
    if first > last:
        raise ValueError(f"--start: {first} is after the last day, {last}")
    kept = [(row, day) for row, day in zip(placed, dates, strict=True) if first <= day <= last]
    if not kept:
        raise ValueError(f"--start: no case from {first} to {last}")
    names = sorted({row[options.by].strip() for row, _ in kept})
    kinds = sorted({_kind(row, options.kind) for row, _ in kept})
    place = {name: i for i, name in enumerate(names)}
    sort = {name: i for i, name in enumerate(kinds)}
    counts = np.zeros((len(names), len(kinds), (last - first).days + 1))
    at = [
        (place[row[options.by].strip()], sort[_kind(row, options.kind)], (day - first).days)
        for row, day in kept
    ]
    np.add.at(counts, tuple(np.array(at).T), 1.0)
    above, parents, elsewhere = _above([row for row, _ in kept], options, names)
    units, sorts = (axis.ravel() for axis in np.indices(counts.shape[:2]))
    hierarchy = crossed(units, sorts, above, unit=options.by, kind=options.kind or "kind")
    total = counts.shape[2]
    said = {
        "cases": len(kept),
        "cases_without_place": len(rows) - len(placed),
        "cases_before_start": sum(day < first for day in dates),
        "cases_after_end": sum(day > last for day in dates),
        "cases_elsewhere": elsewhere,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "days": total,
        "series": hierarchy.bottom,
    }
    labels = _labels(hierarchy, units, sorts, names, kinds, {**parents, options.by: names}, above)
    classes = _classes(first, total + horizon, options.holidays)
    return Table(counts.reshape(-1, total), hierarchy, labels, first, classes, said)


def _kind(row: Mapping[str, str], column: str | None) -> str:
    return (row[column].strip() or NONE) if column else ALL


def _date(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return reading.moment(text).date()
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None


def _regular(dates: list[date], last: date) -> date:
    first = min(dates)
    span = (last - first).days + 1
    if span < 1:
        return first
    daily = np.bincount([(day - first).days for day in dates if day <= last], minlength=span)
    return first + timedelta(days=first_regular_day(daily))


def _above(
    rows: list[dict[str, str]], options: argparse.Namespace, names: list[str]
) -> tuple[dict[str, Ints], dict[str, list[str]], int]:
    """Per larger place: its number for each place, its names; and how many cases say another than most of their place's."""
    above: dict[str, Ints] = {}
    parents: dict[str, list[str]] = {}
    elsewhere = 0
    for column in options.above:
        votes: dict[str, Counter[str]] = {name: Counter() for name in names}
        for row in rows:
            votes[row[options.by].strip()][row[column].strip() or NONE] += 1
        chosen = {name: max(sorted(seen), key=seen.__getitem__) for name, seen in votes.items()}
        elsewhere += sum(seen.total() - seen[chosen[name]] for name, seen in votes.items())
        parents[column] = sorted(set(chosen.values()))
        above[column] = np.array([parents[column].index(chosen[name]) for name in names])
    return above, parents, elsewhere


def _labels(
    hierarchy: Hierarchy,
    units: Ints,
    sorts: Ints,
    names: list[str],
    kinds: list[str],
    places: Mapping[str, list[str]],
    above: Mapping[str, Ints],
) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    number = {**{name: parent[units] for name, parent in above.items()}, list(places)[-1]: units}
    for level in hierarchy.levels:
        _, series = np.unique(level.of, return_index=True)
        column = level.name.rsplit(" × ", 1)[0]
        for node, one in enumerate(series):
            where = places[column][number[column][one]] if column in places else ALL
            found.append((where, kinds[sorts[one]] if level.kind[node] >= 0 else ALL))
    return tuple(found)


def _classes(first: date, days: int, holidays: str | None) -> Ints:
    weekday = (first.weekday() + np.arange(days)) % 7
    marks = {"holiday": np.zeros(days, np.bool_), "makeup": np.zeros(days, np.bool_)}
    rows = reading.table(holidays, "--holidays", "date", "kind") if holidays else []
    for row, moment in zip(rows, reading.moments(rows, "date", "--holidays"), strict=True):
        kind = row["kind"].strip()
        if kind not in marks:
            raise ValueError(f"--holidays: kind is {kind!r}, neither holiday nor makeup")
        at = (moment.date() - first).days
        if 0 <= at < days:
            marks[kind][at] = True
    return day_classes(weekday, marks["holiday"], marks["makeup"])


def _level(level: LevelScore) -> dict[str, Any]:
    return {
        "level": level.name,
        "series": level.series,
        "left_out": level.left_out,
        "mase": level.mase,
        "mase_seasonal_naive": level.mase_naive,
        "mase_ratio": level.ratio,
        "mase_ratio_of_mean": level.over_naive(level.mase_mean),
        "mase_ratio_of_zero": level.over_naive(level.mase_zero),
        "rmsse_ratio": level.rmsse_ratio,
        "coverage": level.coverage,
        "coverage_busy": level.coverage_busy,
        "below": level.below,
        "above": level.above,
        "width": level.width,
        "by_horizon": [
            {
                "ahead": day,
                "mase": mase if level.scored else None,
                "mase_seasonal_naive": naive if level.scored else None,
                "coverage": covered,
            }
            for day, (mase, naive, covered) in enumerate(level.by_horizon, 1)
        ],
    }


def _by_horizon(levels: tuple[LevelScore, ...]) -> list[dict[str, float]]:
    days = np.mean([level.by_horizon for level in levels if level.scored], axis=0)
    return [
        {"ahead": day, "mase": float(mase), "mase_seasonal_naive": float(naive), "coverage": float(covered)}
        for day, (mase, naive, covered) in enumerate(days, 1)
    ]


def _judged_rows(table: Table, judged: list[measure.Judged]) -> Iterator[tuple[object, ...]]:
    names = [table.hierarchy.levels[i].name for i in table.hierarchy.level_of]
    for one in judged:
        origin = table.first + timedelta(days=one.end - 1)
        said = one.forecast
        for node, (place, kind) in enumerate(table.labels):
            for day in range(said.horizon):
                at = (origin + timedelta(days=day + 1)).isoformat()
                yield (names[node], place, kind, origin.isoformat(), at, day + 1, f"{said.mean[node, day]:.6g}",
                       int(said.median[node, day]), int(said.lower[node, day]), int(said.upper[node, day]),
                       int(one.naive[node, day]), int(one.actual[node, day]))  # fmt: skip


def _forecast_rows(table: Table, horizon: int, level: float) -> Iterator[tuple[object, ...]]:
    said = fit(table.counts, table.hierarchy, table.classes, horizon=horizon, level=level)
    names = [table.hierarchy.levels[i].name for i in table.hierarchy.level_of]
    days = table.counts.shape[1]
    for node, (place, kind) in enumerate(table.labels):
        for day in range(horizon):
            at = (table.first + timedelta(days=days + day)).isoformat()
            yield (names[node], place, kind, at, day + 1, f"{said.mean[node, day]:.6g}",
                   int(said.median[node, day]), int(said.lower[node, day]), int(said.upper[node, day]))  # fmt: skip
