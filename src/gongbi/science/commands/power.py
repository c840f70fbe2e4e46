"""``power``: which planted outbreaks each detector finds in real background, how soon, and at how many false alarms a week.

The background is a table of reports: a time, a place and its coordinates a row. The last 48 weeks of it are watched, what is before it is
history. All detectors are set to the same numbers of false alarms a week, and are shown at their own limits too.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from gongbi.science.commands import reading
from gongbi.science.power import (
    Background,
    CusumDetector,
    Detector,
    DistrictDetector,
    EarsDetector,
    FarringtonDetector,
    Planted,
    Power,
    ScanDetector,
    limit_for,
    measure,
    own_limit,
    plant,
    together,
)

DETECTORS = ("earsC1", "earsC2", "earsC3", "cusum", "farrington-flexible", "district", "scan")
YEAR = 365
WATCHED = 48 * 7  # days: with three years of data, two and a month lie before
_KM = 111.195  # a degree of latitude


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own options."""
    parser.add_argument("--data", required=True, metavar="F.csv.gz", help="one report a row")
    parser.add_argument("--time", default="created", help="column (default %(default)s)")
    parser.add_argument("--by", default="community_area", help="column of the place (default %(default)s)")
    parser.add_argument("--lat", default="lat", help="column (default %(default)s)")
    parser.add_argument("--lon", default="lon", help="column (default %(default)s)")
    parser.add_argument(
        "--since", metavar="DATE", help="leave out what is before (default: three years before the end)"
    )
    parser.add_argument(
        "--first",
        metavar="DATE",
        help="the first day on which alarms count (default: 48 weeks before the end)",
    )
    parser.add_argument(
        "--days", metavar="D.csv", help="columns date, kind: holiday or makeup (a weekend day that is worked)"
    )
    parser.add_argument("--detectors", default=",".join(DETECTORS), help="default %(default)s")
    parser.add_argument("--size", default="5,10,20", help="cases of an outbreak (default %(default)s)")
    parser.add_argument("--spread", default="1,4", help="places (default %(default)s)")
    parser.add_argument("--length", default="1,7", help="days (default %(default)s)")
    parser.add_argument("--number", type=int, default=50, help="outbreaks of each kind (default %(default)s)")
    parser.add_argument(
        "--false-alarms", default="1,5", help="a week, in all places together (default %(default)s)"
    )


def run(options: argparse.Namespace) -> Mapping[str, Any]:
    """Read, plant, measure. Raises ValueError naming the argument."""
    names = _words(options.detectors, "--detectors")
    unknown = [name for name in names if name not in DETECTORS]
    if unknown or not names:
        raise ValueError(f"--detectors: {', '.join(unknown) or 'nothing'} is none of {', '.join(DETECTORS)}")
    wanted = _numbers(options.false_alarms, "--false-alarms")
    kinds = [
        (int(size), int(spread), int(length))
        for size in _numbers(options.size, "--size")
        for spread in _numbers(options.spread, "--spread")
        for length in _numbers(options.length, "--length")
    ]
    background, places, begin = background_of(options)
    parts = [
        plant(
            background, size=size, spread=spread, length=length, number=options.number, seed=options.seed + i
        )
        for i, (size, spread, length) in enumerate(kinds)
    ]
    results: list[dict[str, Any]] = []
    for name in names:
        results += compare(detector(name, background), background, parts, wanted)
    return {
        "places": len(places),
        "from": (begin + timedelta(days=background.first)).isoformat(),
        "to": (begin + timedelta(days=background.counts.shape[1] - 1)).isoformat(),
        "reports": int(background.counts.sum()),
        "results": results,
    }


def detector(name: str, background: Background) -> Detector:
    """By the name that the command line gives it."""
    if name == "scan":
        return ScanDetector.once_a_year(background)
    if name.startswith("ears"):
        return EarsDetector(name.removeprefix("ears"))
    if name == "cusum":
        return CusumDetector()
    if name == "farrington-flexible":
        return FarringtonDetector()
    return DistrictDetector()


def compare(
    detector: Detector, background: Background, parts: Sequence[Planted], wanted: Sequence[float]
) -> list[dict[str, Any]]:
    """A detector at its own limit and at ``wanted`` false alarms a week, on each planting: one dictionary a limit and planting."""
    calm = detector.scores(background, None)
    raised = detector.scores(background, together(parts))
    ends = np.cumsum([len(part.place) for part in parts])
    limits: list[tuple[float | None, float]] = [(None, own_limit(detector))]
    limits += [(each, limit_for(background, calm, each)) for each in wanted]
    found = []
    for asked, limit in limits:
        for part, end in zip(parts, ends, strict=True):
            rows = raised[end - len(part.place) : end]
            power = measure(detector, background, part, limit=limit, scores=(calm, rows))
            found.append({"false_alarms_wanted": asked, **_told(part, power)})
    return found


def _told(part: Planted, power: Power) -> dict[str, Any]:
    return {
        "detector": power.detector,
        "limit": power.limit if math.isfinite(power.limit) else None,
        "false_alarms_a_week": power.false_alarms,
        "alarm_days_a_week": power.alarm_days,
        "size": int(part.size[0]),
        "spread": int(part.spread[0]),
        "length": int(part.length[0]),
        "planted": power.planted,
        "detected": power.detected,
        "detection_rate": power.rate,
        "median_days_to_detection": power.median_days,
    }


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """The lines that a person reads."""
    yield f"{result['reports']} reports at {result['places']} places, watched from {result['from']} to {result['to']}"
    before = None
    for line in result["results"]:
        head = (line["detector"], line["false_alarms_wanted"])
        if head != before:
            before = head
            at = "its own limit" if head[1] is None else f"{head[1]:g} wanted"
            yield f"{head[0]}, {at}: {line['false_alarms_a_week']:.2f} false alarms a week"
        days = line["median_days_to_detection"]
        when = "" if days is None else f", after {days:g} days"
        yield (
            f"  {line['size']:>4} cases, {line['spread']} places, {line['length']:>2} days: "
            f"{100 * line['detection_rate']:.0f} % found{when}"
        )


def _words(text: str, option: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise ValueError(f"{option}: nothing is given")
    return words


def _numbers(text: str, option: str) -> list[float]:
    found = []
    for word in _words(text, option):
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{option}: {word!r} is not a number above 0")
        found.append(value)
    return found


def background_of(options: argparse.Namespace) -> tuple[Background, list[str], date]:
    """Counts by place and day, the places' names, and the first day."""
    rows = reading.table(options.data, "--data", options.time, options.by, options.lat, options.lon)
    rows = [row for row in rows if row[options.by].strip() not in ("", "0")]
    if not rows:
        raise ValueError(f"--data: no row has a {options.by}")
    days = [moment.date() for moment in reading.moments(rows, options.time, "--data")]
    last = max(days)
    begin = _date(options.since, "--since") or max(min(days), last - timedelta(days=3 * YEAR))
    first = _date(options.first, "--first") or last - timedelta(days=WATCHED - 1)
    kept = [(row, day) for row, day in zip(rows, days, strict=True) if day >= begin]
    if not begin < first <= last:
        raise ValueError(f"--first: {first} is not between {begin} and {last}, the days of the data")
    places = sorted({row[options.by].strip() for row, _day in kept})
    number = {place: i for i, place in enumerate(places)}
    counts = np.zeros((len(places), (last - begin).days + 1))
    where: list[list[tuple[float, float]]] = [[] for _place in places]
    for row, day in kept:
        at = number[row[options.by].strip()]
        counts[at, (day - begin).days] += 1
        try:
            where[at].append((float(row[options.lat]), float(row[options.lon])))
        except ValueError:
            continue  # a report without coordinates counts all the same
    empty = [place for place, points in zip(places, where, strict=True) if not points]
    if empty:
        raise ValueError(f"--data: {options.by} {empty[0]} has no row with coordinates")
    centre = np.array([np.median(points, axis=0) for points in where])
    weekday = [(begin + timedelta(days=i)).weekday() for i in range(counts.shape[1])]
    holiday, makeup = _special(options.days, begin, counts.shape[1])
    background = Background.of(
        counts,
        weekday,
        centre[:, 1] * _KM * math.cos(math.radians(float(centre[:, 0].mean()))),
        centre[:, 0] * _KM,
        first=(first - begin).days,
        holiday=holiday,
        makeup=makeup,
    )
    return background, places, begin


def _date(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return reading.moment(text).date()
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None


def _special(path: str | None, begin: date, days: int) -> tuple[np.ndarray, np.ndarray]:
    found = {kind: np.zeros(days, dtype=np.bool_) for kind in ("holiday", "makeup")}
    if path is not None:
        rows = reading.table(path, "--days", "date", "kind")
        for line, (row, moment) in enumerate(
            zip(rows, reading.moments(rows, "date", "--days"), strict=True), 2
        ):
            kind = row["kind"].strip()
            if kind not in found:
                raise ValueError(f"--days: line {line}: {kind!r} is neither holiday nor makeup")
            at = (moment.date() - begin).days
            if 0 <= at < days:
                found[kind][at] = True
    return found["holiday"], found["makeup"]
