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
    reports, repeated = _reports(rows, options)
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


def _reports(rows: Sequence[dict[str, str]], options: argparse.Namespace) -> tuple[list[Report], int]:
    times = _times(rows, options)
    seen: set[str] = set()
    reports = []
    for line, (row, time) in enumerate(zip(rows, times, strict=True), 2):
        key = row[options.id].strip()
        if not key:
            raise ValueError(f"--id: line {line}: {options.id} is blank")
        if key in seen:
            continue
        seen.add(key)
        lat, lon = (_degrees(row, name, option, line) for name, option in _places(options))
        try:
            reports.append(
                Report(
                    key,
                    time,
                    lat,
                    lon,
                    row[options.kind].strip() if options.kind else "",
                    row[options.text] if options.text else "",
                )
            )
        except ValueError as error:
            raise ValueError(f"--data: line {line}: {error}") from None
    reports.sort(key=lambda report: (report.time, report.key))
    return reports, len(rows) - len(reports)


def _places(options: argparse.Namespace) -> tuple[tuple[str | None, str], tuple[str | None, str]]:
    return (options.lat, "--lat"), (options.lon, "--lon")


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


def _times(rows: Sequence[dict[str, str]], options: argparse.Namespace) -> list[float]:
    """Days. Where the table tells only the day, running numbers tell what came soon after what: a day's numbers are spread over it."""
    moments = reading.moments(rows, options.time, "--time")
    if len({moment.tzinfo is None for moment in moments}) > 1:
        raise ValueError(f"--time: {options.time} has times with a zone and times without")
    zero = datetime(2000, 1, 1, tzinfo=moments[0].tzinfo)
    days = [(moment - zero).total_seconds() / _DAY for moment in moments]
    numbers = [_running(row[options.id]) for row in rows]
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
