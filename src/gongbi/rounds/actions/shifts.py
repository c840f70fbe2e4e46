"""On duty and off: a shift begins, is followed, ends. Outside a shift nothing is kept of where anybody was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.scope import one
from gongbi.kernel.scope.viewer import MANAGER, SYSTEM, Viewer
from gongbi.rounds import rules
from gongbi.rounds.actions.tasking import release
from gongbi.rounds.models import Shift, TrackPoint


@dataclass(frozen=True, slots=True)
class Point:
    """One position: CGCS2000 degrees, metres of accuracy."""

    at: datetime
    lon: float
    lat: float
    accuracy: float | None = None


def start_shift(*, key: str, started_at: datetime, viewer: Viewer, at: datetime) -> Shift:
    """Go on duty. The same key again, or a shift that runs already, gives that shift. Errors: Refused (key, clock, no grid)."""
    rules.check_key(key)
    rules.check_when(started_at, at, field="at")
    post = viewer.post_id
    if post is None or not viewer.territories:
        raise Refused(
            "rounds.no_grid",
            ("您的岗位没有责任网格，请联系社区补上。", "Your post has no grid. Ask the community to add it."),
        )
    known = _known(key, viewer)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            running = Shift.objects.select_for_update().filter(post_id=post, ended_at__isnull=True).first()
            if running is not None:
                if started_at - running.started_at < rules.LONGEST_SHIFT:
                    return running
                _end(running, running.started_at + rules.LONGEST_SHIFT, at)
            return Shift.objects.create(
                key=key, post_id=post, person_id=viewer.person_id, unit_id=viewer.unit_id, actor=viewer.actor,
                grids=list(viewer.territories), started_at=started_at,
            )  # fmt: skip
    except IntegrityError:  # the same tap from two tabs
        known = _known(key, viewer) or Shift.objects.filter(post_id=post, ended_at__isnull=True).first()
        if known is None:
            raise
        return known


def _known(key: str, viewer: Viewer) -> Shift | None:
    return Shift.objects.filter(actor=viewer.actor, key=key).first()


@transaction.atomic
def stop_shift(*, key: str, ended_at: datetime, viewer: Viewer, at: datetime) -> Shift | None:
    """Go off duty; None when there is no such shift. Ended already stays ended. What was followed afterwards is thrown away."""
    rules.check_when(ended_at, at, field="at")
    shift = Shift.objects.select_for_update().filter(actor=viewer.actor, key=key).first()
    if shift is None or shift.ended_at is not None:
        return shift
    _end(shift, max(shift.started_at, min(ended_at, at)), at)
    return shift


@transaction.atomic
def end_shift_of(*, shift_id: int, viewer: Viewer, at: datetime) -> Shift:
    """The shift leader ends somebody's shift, whose telephone is lost; ended already stays ended. Errors: NotThere, Forbidden."""
    if viewer.role not in (MANAGER, SYSTEM):
        raise Forbidden("rounds.leader", ("只有带班负责人可以这样做。", "Only the shift leader may do this."))
    shift = one(Shift, viewer, pk=shift_id)
    shift = Shift.objects.select_for_update().get(pk=shift.pk)
    if shift.ended_at is None:
        _end(shift, max(shift.started_at, at), at)
    return shift


def _end(shift: Shift, ended_at: datetime, at: datetime) -> None:
    """From here on nothing is kept of where it was, and what was not reported back goes to somebody on duty."""
    shift.ended_at = ended_at
    shift.save(update_fields=["ended_at"])
    shift.track.filter(at__gt=ended_at).delete()
    release(shift.post_id, at=at)


@transaction.atomic
def follow(*, key: str, points: Iterable[Point], viewer: Viewer, at: datetime) -> int:
    """Keep positions of a shift; returns how many lay inside it. The same moment twice is one; outside the shift is thrown away."""
    shift = Shift.objects.select_for_update().filter(actor=viewer.actor, key=key).first()
    if shift is None:
        return 0
    end = shift.ended_at or at
    inside = [one for one in points if shift.started_at <= one.at <= end]
    TrackPoint.objects.bulk_create(
        [TrackPoint(shift=shift, at=p.at, lon=p.lon, lat=p.lat, accuracy=p.accuracy) for p in inside],
        ignore_conflicts=True,
    )
    last = max(inside, key=lambda one: one.at, default=None)
    if last is not None and (shift.seen_at is None or last.at > shift.seen_at):
        shift.lon, shift.lat, shift.seen_at = last.lon, last.lat, last.at
        shift.save(update_fields=["lon", "lat", "seen_at"])
    return len(inside)
