"""The demo district's rounds: a shift with a route, a care list, a few entries. Everybody and every door is invented, and marked so."""

from __future__ import annotations

from datetime import datetime, timedelta

from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.rounds import actions
from gongbi.rounds.actions.shifts import Point
from gongbi.rounds.models import Care, Shift

# kind, name, door, every so many days, days since the list began
CARE: tuple[tuple[str, str, str, int, int], ...] = (
    ("alone", "赵静安", "1号楼2单元301", 7, 9),
    ("alone", "钱若谷", "1号楼3单元102", 7, 3),
    ("disabled", "孙怀瑾", "2号楼1单元201", 14, 20),
    ("ill", "李如松", "3号楼2单元402", 14, 5),
    ("left", "周亦凡", "3号楼1单元501", 30, 25),
    ("new", "吴知行", "4号楼1单元101", 30, 2),
)
# hours ago, sort, form, answers, place, floor, note, seconds
ENTRIES: tuple[tuple[float, str, str, dict[str, str], str, int | None, str, int], ...] = (
    (3.0, "checkin", "checkin", {"what": "stairs", "state": "fine"}, "1号楼2单元", 6, "", 9),
    (2.5, "visit", "walk_in", {"met": "yes", "topic": "advice"}, "2号楼1单元201", 2, "希望楼下多一张长椅", 40),
    (2.0, "visit", "firefly", {"doors": "fine", "heart": "fine", "news": "none", "trouble": "none", "warm": "talked"}, "3号楼2单元402", 4, "", 35),
    (1.0, "checkin", "checkin", {"what": "yard", "state": "fine"}, "车棚", None, "", 7),
)  # fmt: skip


def build_demo(worker: Viewer, *, centre: tuple[float, float], at: datetime) -> str:
    """A shift of ``worker`` that began four hours ago and runs, around ``centre`` (degrees); nothing when there was one already."""
    if Shift.objects.exists():
        return "rounds were there already"
    grid = worker.territories[0]
    shift = actions.start_shift(key="demo-shift", started_at=at - timedelta(hours=4), viewer=worker, at=at)
    lon, lat = centre
    steps = [(0.0, 0.0), (0.0004, 0.0), (0.0004, 0.0003), (0.0001, 0.0005), (-0.0002, 0.0003), (0.0, 0.0)]
    points = [
        Point(at - timedelta(minutes=200 - 30 * i), lon + x, lat + y, 12.0) for i, (x, y) in enumerate(steps)
    ]
    actions.follow(key=shift.key, points=points, viewer=worker, at=at)
    keeper = system("demo")
    for kind, name, door, every, days in CARE:
        line = actions.Line(
            kind=kind, name=name, door=door, grid=grid, every_days=every, ground="guardian" if kind == "left" else "consent",
            ground_note="入户登记表（演示）",
        )  # fmt: skip
        actions.add_care(
            line=line, since=(at - timedelta(days=days)).date(), viewer=keeper, at=at, synthetic=True
        )
    for number, (hours, sort, form, answers, place, floor, note, seconds) in enumerate(ENTRIES):
        written = actions.Written(
            sort=sort, form=form, answers=answers, place_words=place, floor=floor, note=note, seconds=seconds,
            at=at - timedelta(hours=hours), territory=grid,
        )  # fmt: skip
        actions.record(key=f"demo-entry-{number}", written=written, viewer=worker, at=at)
    return f"a shift, {Care.objects.count()} people on a care list, {len(ENTRIES)} entries (all invented)"
