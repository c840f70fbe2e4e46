"""``twins``: which reports of a table are of a matter that was reported before."""

from __future__ import annotations

import argparse
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gongbi.science.commands import reading
from gongbi.science.matching import Match, Report, follow
from gongbi.science.matching_weights import ADDRESSES, LEAST

_NUMBER = re.compile(r"\d+")
_DAY = 86_400.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """The columns of the table, and where the pairs go."""
    parser.add_argument("--data", required=True, metavar="FILE", help="CSV, plain or gzip")
    parser.add_argument("--id", required=True, metavar="COLUMN", help="number of the report")
    parser.add_argument("--time", required=True, metavar="COLUMN", help="when it was made")
    parser.add_argument("--lat", metavar="COLUMN", help="latitude in degrees; may be blank in a row")
    parser.add_argument("--lon", metavar="COLUMN", help="longitude in degrees; may be blank in a row")
    parser.add_argument("--kind", metavar="COLUMN", help="what it is about")
    parser.add_argument("--text", metavar="COLUMN", help="address or description")
    parser.add_argument("--out", required=True, metavar="PAIRS", help="CSV to write: id,earlier_id,score")
    parser.add_argument(
        "--least",
        type=float,
        default=LEAST,
        help="probability from which a pair is told (default %(default)s)",
    )


def run(options: argparse.Namespace) -> Mapping[str, Any]:
    """Pairs of a report and the first report of the matter that it repeats, one a report, in the order of the table's times."""
    if not 0 < options.least <= 1:
        raise ValueError("--least: a probability above 0 and up to 1")
    if bool(options.lat) != bool(options.lon):
        raise ValueError("--lat, --lon: both or neither")
    if not (options.lat or options.text):
        raise ValueError("--text: without a place there must be words")
    used = [
        name
        for name in (options.id, options.time, options.lat, options.lon, options.kind, options.text)
        if name
    ]
    rows = reading.table(options.data, "--data", *used)
    reports, repeated = reports_of(
        rows,
        key=options.id,
        time=options.time,
        lat=options.lat,
        lon=options.lon,
        kind=options.kind,
        text=options.text,
    )
    found: list[tuple[str, Match]] = []
    for report, matches in follow(reports, ADDRESSES, least=options.least):
        if matches and matches[0].score >= options.least:
            found.append((report.key, matches[0]))
    pairs = [(key, match.key, round(match.score, 6)) for key, match in found]
    reading.write_table(options.out, ("id", "earlier_id", "score"), pairs)
    return {
        "reports": len(reports),
        "rows_of_a_number_seen_before": repeated,
        "pairs": len(pairs),
        "least": options.least,
        "out": options.out,
    }


def say(result: Mapping[str, Any]) -> Iterable[str]:
    """Two lines."""
    yield f"{result['reports']} reports, {result['pairs']} of them repeat an earlier one: {result['out']}"
    if result["rows_of_a_number_seen_before"]:
        yield f"{result['rows_of_a_number_seen_before']} rows have the number of an earlier row and were left out"


def reports_of(
    rows: Sequence[dict[str, str]],
    *,
    key: str,
    time: str,
    lat: str | None = None,
    lon: str | None = None,
    kind: str | None = None,
    text: str | None = None,
) -> tuple[list[Report], int]:
    """Reports from the named columns, in the order of time, and how many rows were left out because their key was there already.
    Raises ValueError with the line."""
    times = _times(rows, key, time)
    seen: set[str] = set()
    reports = []
    for line, (row, when) in enumerate(zip(rows, times, strict=True), 2):
        own = row[key].strip()
        if not own:
            raise ValueError(f"--id: line {line}: {key} is blank")
        if own in seen:
            continue
        seen.add(own)
        place = _degrees(row, lat, "--lat", line), _degrees(row, lon, "--lon", line)
        try:
            reports.append(
                Report(own, when, *place, row[kind].strip() if kind else "", row[text] if text else "")
            )
        except ValueError as error:
            raise ValueError(f"--data: line {line}: {error}") from None
    reports.sort(key=lambda report: (report.time, report.key))
    return reports, len(rows) - len(reports)


def _degrees(row: Mapping[str, str], column: str | None, option: str, line: int) -> float:
    if not column or not row[column].strip():
        return math.nan
    try:
        value = float(row[column])
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError(f"{option}: line {line}: {column} is {row[column]!r}, not a number")
    return value


def _times(rows: Sequence[dict[str, str]], key: str, time: str) -> list[float]:
    """Days. Where the table tells only the day, running numbers tell what came soon after what: a day's numbers are spread over it."""
    moments = reading.moments(rows, time, "--time")
    if len({moment.tzinfo is None for moment in moments}) > 1:
        raise ValueError(f"--time: {time} has times with a zone and times without")
    zero = datetime(2000, 1, 1, tzinfo=moments[0].tzinfo)
    days = [(moment - zero).total_seconds() / _DAY for moment in moments]
    numbers = [_running(row[key]) for row in rows]
    if any(day != math.floor(day) for day in days) or None in numbers:
        return days
    of_day: dict[float, list[int]] = defaultdict(list)
    for day, number in zip(days, numbers, strict=True):
        of_day[day].append(number or 0)
    ends = {day: (min(held), max(held)) for day, held in of_day.items()}
    return [
        day + 0.9 * ((number or 0) - ends[day][0]) / (ends[day][1] - ends[day][0] + 1)
        for day, number in zip(days, numbers, strict=True)
    ]


def _running(key: str) -> int | None:
    """The last number in a report's number: what runs on from report to report (12-00441147 → 441147)."""
    found = _NUMBER.findall(key)
    return int(found[-1]) if found else None
