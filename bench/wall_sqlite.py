"""The walls on SQLite: opening and replay with a hundred thousand open cases and nothing else, the size of the file that triage is measured on.

Five million cases are a district's size, and a district runs on PostgreSQL; SQLite is for one street or a rehearsal.
"""

from __future__ import annotations

import os
import statistics
import time

from bench import wall
from bench.rows import Row, ms

WHERE = "walls, SQLite"


def run(quick: bool = False) -> list[Row]:
    """Measure; SQLite at DATABASE_URL, loaded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    import django

    django.setup()
    from bench.much import _clock
    from gongbi.kernel.flow.models import AT_WORK, Matter
    from gongbi.wall import queries
    from gongbi.wall.scope import as_leader

    now, viewer = _clock(), as_leader(["610104"])
    taken, floors = [], []
    for _ in range(5):
        began = time.perf_counter()
        count = Matter.objects.filter(AT_WORK).count()
        floors.append(time.perf_counter() - began)
        queries.forget(viewer=viewer)
        began = time.perf_counter()
        queries.snapshot(viewer, at=now())
        taken.append(time.perf_counter() - began)
    took, floor = statistics.median(taken), statistics.median(floors)
    opening = Row(
        f"{WHERE}: the figures of an opening wall", f"{wall.OPEN_TARGET * 1000:.0f} ms", ms(took), took <= wall.OPEN_TARGET,
        floor=f"{ms(floor)} (a bare count of open matters)", ratio=f"{took / floor:.1f} ×", note=f"{count:,} open cases, and none that is closed",
    )  # fmt: skip
    return [opening, wall._replay(WHERE)]
