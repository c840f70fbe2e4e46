"""The detectors: the library's scan and its watch over a district, asked about counts. Only numbers reach the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from gongbi.science import scan as scanning
from gongbi.science import surveillance
from gongbi.warning import rules
from gongbi.warning.counts import Counts
from gongbi.warning.rules import Found
from gongbi.warning.settings import Config

_FEW = 10  # cases of a class in the whole history below which nothing can be said
_LEARN = surveillance.district.LEARN
_MONTHS = 182  # the false alarms of half a year tell how often chance crosses
_SHARE = 0.5  # of the cases that a circle may hold at most
_FIRST = 49  # replications of the first scan of a class
_DOUBT = 10.0  # a cluster so many times too common at first is looked at again with all replications
_FEWEST = 2  # one case is no rise
FEWEST_DAYS = 30
LONGEST_RECURRENCE = 36_500.0  # a hundred years: what lies beyond is no knowledge
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Days:
    """What kind of day each day is: weekday 0 Monday … 6 Sunday, holidays, weekend days that are worked."""

    weekday: NDArray[np.int64]
    holiday: NDArray[np.bool_]
    makeup: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scanned:
    """What the scans found, and what they did."""

    found: tuple[Found, ...]
    numbers: dict[str, float]


def clusters(counts: Counts, points: Points, config: Config) -> Scanned:
    """Circles and days up to the last one with more cases of a class than place and day explain (space-time permutation), as rare as
    the accepted false alarms ask. ``points``: longitude and latitude of each place (places, 2).

    Each class is scanned with a few replications first; only where these leave a doubt with all of them. Too little to compare (one
    place, few days, few cases) is no error: nothing is found.
    """
    steps = len(counts.days)
    busy = [number for number in range(len(counts.groups)) if _can_scan(counts.table[number], config)]
    told: dict[str, float] = {"scanned_classes": len(busy), "places": len(counts.codes), "days": steps}
    if not busy or steps < FEWEST_DAYS:
        return Scanned((), told | {"scanned_classes": 0})
    around = scanning.circles(points[:, 0], points[:, 1], max_radius=config.max_radius_km)
    least = rules.least_recurrence(len(busy), config)
    found: list[Found] = []
    closer = 0
    for number in busy:
        result = _scan(counts, number, around, config, min(_FIRST, config.replications))
        doubt = any((one.recurrence or 0.0) >= least / _DOUBT for one in result.clusters)
        if doubt and config.replications > _FIRST:
            closer += 1
            result = _scan(counts, number, around, config, config.replications)
        rare = [(one, float(one.recurrence or 0.0)) for one in result.clusters]
        found += [_cluster(counts, points, number, one, days, config) for one, days in rare if days >= least]
    told |= {"least_recurrence": round(least, 1), "scanned_closer": closer}
    return Scanned(tuple(found), told)


def _scan(
    counts: Counts, number: int, around: scanning.Circles, config: Config, replications: int
) -> scanning.ScanResult:
    return scanning.scan(
        counts.table[number],
        around,
        model="permutation",
        prospective=True,
        max_share=_SHARE,
        max_length=min(config.max_days, len(counts.days) // 2),
        replications=replications,
        seed=counts.days[-1].toordinal() * 1000 + number,
    )


def _can_scan(table: NDArray[np.int32], config: Config) -> bool:
    late = table[:, -config.max_days :].sum()
    return bool(
        late >= _FEWEST
        and table.sum() >= _FEW
        and np.count_nonzero(table.sum(axis=0)) >= 2
        and np.count_nonzero(table.sum(axis=1)) >= 2
    )


def _cluster(
    counts: Counts, points: Points, number: int, cluster: scanning.Cluster, recurrence: float, config: Config
) -> Found:
    codes = tuple(sorted(counts.codes[place] for place in cluster.places))
    days = cluster.last - cluster.first + 1
    recurrence = min(recurrence, LONGEST_RECURRENCE)
    centre = points[cluster.centre]
    what = ("网格", "grid") if len(codes[0]) > 12 else ("社区", "area")
    rare = rules.span_words(recurrence)
    # The circle is what was compared; in how many of its places something happened is what people read.
    table = counts.table[number]
    hit = sum(1 for place in cluster.places if table[place, cluster.first : cluster.last + 1].any())
    around = (
        ("", "")
        if hit == len(codes)
        else (
            f"（考察范围{len(codes)}个{what[0]}）",
            f" (of {_many(len(codes), what[1])} looked at together)",
        )
    )
    reason = (
        f"{days}天内{hit}个{what[0]}共{cluster.cases}件{around[0]}，按平时的地点和日期推算约{cluster.expected:.1f}件；"
        f"单靠偶然，{rare[0]}才会出现一次",
        f"{cluster.cases} cases in {_many(hit, what[1])}{around[1]} in {_many(days, 'day')}, where place and date let expect about {cluster.expected:.1f}; "
        f"chance alone gives this once in {rare[1]}",
    )
    return Found(
        rules.CLUSTER,
        rules.level_by_recurrence(recurrence, config),
        codes[0],
        counts.groups[number],
        "",
        codes,
        counts.days[cluster.first],
        counts.days[cluster.last],
        cluster.cases,
        expected=cluster.expected,
        recurrence=recurrence,
        centre=(float(centre[0]), float(centre[1])),
        radius_km=cluster.radius,
        reasons=(reason,),
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def rises(counts: Counts, days: Days, config: Config) -> tuple[list[Found], dict[str, float]]:
    """Communities with more cases of a class than their own past lets expect, by the day's threshold for the whole district."""
    steps = len(counts.days)
    flat = counts.table.reshape(-1, steps)
    kept = np.flatnonzero(flat.any(axis=1))
    told: dict[str, float] = {"series": len(kept)}
    if steps <= _LEARN or not kept.size:
        return [], told | {"series": 0}
    group = kept // max(len(counts.codes), 1)
    seen = surveillance.watch(
        flat[kept],
        days.weekday,
        budget=config.false_alarms / 2,
        holiday=days.holiday,
        makeup=days.makeup,
        group=group,
    )
    threshold = float(seen.threshold[-1])
    told["threshold"] = threshold
    told["events_half_year"] = int(seen.event[:, -_MONTHS:].sum())
    found = []
    for place in np.flatnonzero(seen.alarm[:, -1]):
        told_by = seen.scores
        observed = int(told_by.window_observed[place, -1])
        expected = float(told_by.window_expected[place, -1])
        if observed < _FEWEST or observed <= expected:
            continue
        span = int(told_by.window[place, -1])
        recurrence = min(rules.rise_recurrence(float(told_by.rate[place, -1])), LONGEST_RECURRENCE)
        found.append(_rise(counts, int(kept[place]), span, observed, expected, recurrence, config))
    return found, told


def _rise(
    counts: Counts, series: int, span: int, observed: int, expected: float, recurrence: float, config: Config
) -> Found:
    group, code = divmod(series, len(counts.codes))
    name = counts.codes[code]
    rare = rules.span_words(recurrence)
    reason = (
        f"本社区{span}天内{observed}件，按本社区以往、星期和节假日推算约{expected:.1f}件；全区单靠偶然{rare[0]}才有一次",
        f"{observed} cases in {_many(span, 'day')} where the community's past, weekdays and holidays let expect about {expected:.1f}; chance "
        f"gives one such somewhere in the district once in {rare[1]}",
    )
    return Found(
        rules.RISE,
        rules.level_by_recurrence(recurrence, config),
        name,
        counts.groups[group],
        "",
        (name,),
        counts.days[-span],
        counts.days[-1],
        observed,
        expected=expected,
        recurrence=recurrence,
        reasons=(reason,),
    )


def kinds_of_days(days: Sequence[date], working: Sequence[bool], holiday: Sequence[bool]) -> Days:
    """``working``: whether the day is worked; a worked Saturday or Sunday makes up for a holiday."""
    weekday = np.array([day.weekday() for day in days], dtype=np.int64)
    free = np.array(holiday, dtype=np.bool_)
    return Days(weekday, free, np.array(working, dtype=np.bool_) & (weekday >= 5) & ~free)
