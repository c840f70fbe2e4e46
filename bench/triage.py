"""Triage of one report in a warm process, without HTTP and without writing: place, kind, twins among the open cases, route, limit.

Run once for each kind of database: ``DATABASE_URL`` says which. Half of the reports carry a pin, a third a place in words, the rest
neither.
"""

from __future__ import annotations

import os
import random
import time

from bench import sentences
from bench.rows import Row, ms

MIDDLE, LATE = 0.005, 0.020


def run(quick: bool = False) -> list[Row]:
    """Measure on the database at DATABASE_URL, loaded."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    django.setup()
    from django.db import connection
    from django.utils import timezone

    from gongbi.cases.models import Case
    from gongbi.cases.queries.triage import look_ups
    from gongbi.cases.triage import Said, triage
    from gongbi.territory.models import Division, Place

    count = 500 if quick else 3000
    dice = random.Random(3)
    points = list(Division.objects.filter(level="grid", lon__isnull=False).values_list("lon", "lat"))
    places = list(Place.objects.exclude(kind__in=["street", "community"]).values_list("name", flat=True))
    opened = Case.objects.filter(is_open=True).count()
    times, twins, routed = [], 0, 0
    for number in range(count + 200):
        now = timezone.now()
        text, lon, lat, words = sentences.words(dice), None, None, ""
        draw = dice.random()
        if draw < 0.5:
            lon, lat = dice.choice(points)
        elif draw < 0.83:
            words = dice.choice(places)
        said = Said(text=text, said_at=now, channel="web", lon=lon, lat=lat, place_words=words)
        began = time.perf_counter()
        found = triage(said, look_ups(at=now))
        if number >= 200:
            times.append(time.perf_counter() - began)
            twins += bool(found.twins)
            routed += found.route is not None
    times.sort()
    middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
    name = "PostgreSQL" if connection.vendor == "postgresql" else "SQLite"
    return [
        Row(
            f"triage of one report, warm, no HTTP, {name}",
            f"p50 {MIDDLE * 1000:.0f} ms, p99 {LATE * 1000:.0f} ms at 100 k open cases",
            f"p50 {ms(middle)}, p99 {ms(late)}",
            middle < MIDDLE and late < LATE,
            note=f"{opened:,} open cases; {twins * 100 // count} % with twins, {routed * 100 // count} % routed",
        )
    ]
