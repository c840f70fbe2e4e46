"""The look for warnings: count, ask the detectors, raise what is new, let grow what goes on. Idempotent for a day.

Nothing is locked while the detectors compute. Locks: the matters that grow, by key.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from gongbi.kernel.clock.queries import current_calendar
from gongbi.kernel.flow.advance import advance, begin
from gongbi.kernel.flow.models import Link
from gongbi.kernel.scope.viewer import Viewer
from gongbi.warning import lateness, queries, repeats, rules, seeing
from gongbi.warning.counts import Counts, placed, table_of
from gongbi.warning.days import midnight
from gongbi.warning.models import DayCount, Run, Warning, WarningArea
from gongbi.warning.rules import Found, Known, Told
from gongbi.warning.settings import Config

LIVE_DAYS = 90  # that a live look compares with; it looks at communities, the night at grids
LIVE_WINDOW = 7  # days that a cluster of a live look lasts at most
NIGHT = 1  # local hour from which yesterday is looked at
_ANEW = 1  # days that a live look counts anew; those before stand as the night counted them
_HINDSIGHT = tuple(timedelta(days=days) for days in (14, 28, 42, 56))


def nightly(*, viewer: Viewer, at: datetime) -> Run | None:
    """The look at yesterday, once; None when it is made already or the night is too young."""
    local = timezone.localtime(at)
    day = local.date() - timedelta(days=1)
    if local.hour < NIGHT or queries.looked_at(viewer, day):
        return None
    return look(day=day, viewer=viewer, at=at)


def look(*, day: date, viewer: Viewer, at: datetime, live: bool = False) -> Run:
    """Look at ``day`` and all before it. ``live``: counts only the last days anew and leaves the slow rules to the night.

    The same day looked at twice raises nothing twice. Returns the run; its warnings are ``run.raised``.
    """
    begun = time.perf_counter()
    config = queries.config(viewer)
    first = day - timedelta(days=min(config.history_days, LIVE_DAYS if live else config.history_days) - 1)
    days = _counted(viewer, first, day, live=live, config=config)
    first = min(
        (one for one, by_group in days.items() if by_group), default=day
    )  # before, there was nobody to tell
    where = queries.places(viewer, day)
    counts = table_of(days, first, day, known=queries.grids(where, viewer))
    told = _by_counts(counts, where, config, live=live)
    if not live:
        told += [_coming_back(viewer, day, first, config), _late(viewer, day, at, config)]
    finds = rules.said_once(one for part in told for one in part.found)
    numbers = {name: value for part in told for name, value in part.numbers.items()}
    with transaction.atomic():
        run, _made = Run.objects.update_or_create(
            day=day,
            live=live,
            defaults={
                "at": at,
                "window_from": first,
                "counted": counts.total,
                "settings": asdict(config),
                "numbers": numbers,
                "actor": viewer.actor,
            },
        )
        done = _settle(finds, run, day, viewer, at, config)
        run.new, run.grown, run.silent = done["raise"], done["grow"], done["silent"]
        run.seconds = round(time.perf_counter() - begun, 3)
        run.save(update_fields=["new", "grown", "silent", "seconds"])
    return run


def _counted(
    viewer: Viewer, first: date, day: date, *, live: bool, config: Config
) -> Mapping[date, Mapping[str, Mapping[str, int]]]:
    """Cases of each day; what differs from what is stored is stored."""
    stored = queries.stored_counts(viewer, first, day)
    since = max(first, day - timedelta(days=_ANEW)) if live and stored else first
    fresh = queries.day_counts(viewer, since, day)
    changed = [
        DayCount(day=one, counts=fresh.get(one, {}))
        for one in (since + timedelta(days=n) for n in range((day - since).days + 1))
        if stored.get(one, {}) != fresh.get(one, {})
    ]
    if changed:
        with transaction.atomic():
            DayCount.objects.bulk_create(
                changed, update_conflicts=True, unique_fields=["day"], update_fields=["counts"], batch_size=50
            )
    return {**stored, **{one.day: one.counts for one in changed}}


def _by_counts(
    counts: Counts,
    where: Mapping[str, Sequence[float]],
    config: Config,
    *,
    live: bool,
) -> list[Told]:
    begun = time.perf_counter()
    on_map, points = placed(counts.communities() if live else counts, where)
    soon = replace(config, max_days=min(config.max_days, LIVE_WINDOW)) if live else config
    seen = seeing.clusters(on_map, points, soon)
    numbers: dict[str, Any] = {**seen.numbers, "clusters": len(seen.found), "cluster_seconds": _since(begun)}
    if live:
        return [Told(seen.found, numbers)]  # a day that is not over cannot be compared with whole days
    begun = time.perf_counter()
    calendar = current_calendar()
    days = seeing.kinds_of_days(
        counts.days,
        [calendar.is_working(one) for one in counts.days],
        [calendar.is_holiday(one) for one in counts.days],
    )
    found, told = seeing.rises(counts.communities(), days, config)
    rises = Told(tuple(found), {**told, "rises": len(found), "rise_seconds": _since(begun)})
    return [Told(seen.found, numbers), rises]


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 3)


def _coming_back(viewer: Viewer, day: date, counted_from: date, config: Config) -> Told:
    begun = time.perf_counter()
    first = day - timedelta(days=config.repeat_days - 1)
    cases = queries.past_cases(viewer, first, day, more_than=config.repeat_least)
    found: list[Found] = []
    if cases:
        before = max(counted_from, day - timedelta(days=config.history_days - 1))
        usual = queries.usual(viewer, min(before, first), first, day, more_than=config.repeat_least)
        found = repeats.repeats(cases, usual, day=day, first_day=first, config=config)
    return Told(tuple(found), {"repeats": len(found), "repeat_seconds": _since(begun)})


def _late(viewer: Viewer, day: date, at: datetime, config: Config) -> Told:
    begun = time.perf_counter()
    end = min(at, midnight(day + timedelta(days=1)))
    handlings = queries.handlings(viewer, day - timedelta(days=config.late_days), end)
    # As the day ended: what stopped after it had not stopped yet.
    as_then = [lateness.as_of(one, end) for one in handlings]
    found = lateness.lateness(as_then, at=end, day=day, config=config)
    then = lateness.hindsight(as_then, at=end, back=_HINDSIGHT, config=config)
    numbers: dict[str, Any] = {"late": len(found), "late_seconds": _since(begun), "handlings": len(handlings)}
    numbers["hindsight"] = [[one.low, one.cases, round(one.said, 3), round(one.late, 3)] for one in then.bins]
    if then.brier is not None and then.average is not None:
        numbers |= {"brier": round(then.brier, 4), "brier_average": round(then.average, 4)}
    return Told(tuple(found), numbers)


# --- Finds become warnings ----------------------------------------------------------------------------------------------


def _settle(
    finds: Sequence[Found], run: Run, day: date, viewer: Viewer, at: datetime, config: Config
) -> dict[str, int]:
    back = max(config.max_days, config.repeat_days) + config.quiet_days
    since = day - timedelta(days=back)
    known = queries.known(viewer, since=since)
    done = {"raise": 0, "grow": 0, "silent": 0}
    for found in sorted(finds, key=lambda one: (one.level, one.sort, one.group, one.subject, one.kind)):
        what, old = rules.settle(known, found, config)
        if what == "raise":
            warning = _raise(found, run, day, viewer, at)
            _tie(warning, [one for one in known if rules.same_problem(one, found)], viewer, at)
            known.append(_as_known(warning, frozenset(found.codes)))
        elif what == "grow" and old is not None:
            changed = _grow(old, found, run, day, viewer, at)
            what = "grow" if changed else "silent"
        done[what] += 1
    return done


def _tie(warning: Warning, others: Sequence[Known], viewer: Viewer, at: datetime) -> None:
    """Two detectors told of one problem: whoever opens one warning finds the other."""
    ties = [
        Link(source_id=warning.pk, target_id=one.key, kind=queries.SAME, at=at, actor=viewer.actor)
        for one in others
    ]
    Link.objects.bulk_create(ties, ignore_conflicts=True)


def _as_known(warning: Warning, codes: frozenset[str]) -> Known:
    return Known(
        warning.pk,
        warning.sort,
        warning.level,
        warning.subject,
        warning.group,
        codes,
        warning.first_day,
        warning.last_day,
        True,
    )


def _measured(found: Found) -> dict[str, Any]:
    return {
        "observed": found.observed,
        "expected": None if found.expected is None else round(found.expected, 2),
        "recurrence": None if found.recurrence is None else round(found.recurrence, 1),
        "reasons": [list(pair) for pair in found.reasons],
        "cases": list(found.cases),
    }


def _raise(found: Found, run: Run, day: date, viewer: Viewer, at: datetime) -> Warning:
    lon, lat = found.centre or (None, None)
    warning = Warning(
        territory=rules.common_code(found.codes),
        unit_id=found.unit_id,
        sort=found.sort,
        level=found.level,
        subject=found.subject[:40],
        group=found.group,
        kind=found.kind,
        first_day=found.first,
        last_day=found.last,
        lon=lon,
        lat=lat,
        radius_km=found.radius_km,
        seen_day=day,
        run=run,
        **_measured(found),
    )
    facts = {
        "sort": found.sort,
        "level": found.level,
        "group": found.group,
        "day": day,
        "observed": found.observed,
        "expected": warning.expected,
        "recurrence": warning.recurrence,
        "run": run.pk,
    }
    begin(warning, viewer, at=at, transition="raise", facts=facts)
    WarningArea.objects.bulk_create([WarningArea(warning_id=warning.pk, code=code) for code in found.codes])
    return warning


def _grow(old: Known, found: Found, run: Run, day: date, viewer: Viewer, at: datetime) -> bool:
    """Write what has changed; whether anything has. A warning never becomes milder by itself."""
    warning = Warning.objects.select_for_update().get(pk=old.key)
    level = min(warning.level, found.level)
    new_codes = sorted(set(found.codes) - old.codes)
    later = found.last > warning.last_day
    changed = later or new_codes or level != warning.level or found.observed != warning.observed
    if not changed or day < warning.seen_day:
        return False
    told = {
        "level": level,
        "observed": found.observed,
        "expected": found.expected and round(found.expected, 2),
    }
    move: dict[str, Any] = {}
    if new_codes:
        WarningArea.objects.bulk_create(
            [WarningArea(warning_id=warning.pk, code=code) for code in new_codes], ignore_conflicts=True
        )
        move["territory"] = rules.common_code([*old.codes, *new_codes])
    advance(
        warning,
        "grow",
        viewer,
        at=at,
        move=move,
        facts={**told, "day": day, "run": run.pk, "new_places": len(new_codes)},
    )
    values = {
        **_measured(found),
        "level": level,
        "first_day": min(warning.first_day, found.first),
        "last_day": max(warning.last_day, found.last),
        "seen_day": max(warning.seen_day, day),
    }
    for name, value in values.items():
        setattr(warning, name, value)
    warning.save(update_fields=list(values))
    return True
