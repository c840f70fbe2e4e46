"""Turns: generated from a pattern, put in by hand, taken back, taken over by a stand-in while they run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction

from gongbi.kernel.clock.queries import current_calendar
from gongbi.kernel.scope.viewer import Viewer
from gongbi.roster import queries, refusals, rules
from gongbi.roster.actions.common import (
    AROUND,
    announce,
    check,
    fit,
    hold,
    locked,
    locked_turn,
    made,
    said,
    taken_back,
)
from gongbi.roster.actions.swapping import end_questions
from gongbi.roster.models import Rota, RotaMember, RotaShift, Turn
from gongbi.roster.plans import plan_of
from gongbi.roster.scope import keeps, leads

WHY: rules.Words = ("原因", "Reason")


@dataclass(slots=True)
class Generated:
    """What came of it: turns made, places that nobody could take, days that no holiday notice has fixed yet."""

    turns: list[Turn] = field(default_factory=list)
    unfilled: list[rules.Planned] = field(default_factory=list)
    provisional: list[date] = field(default_factory=list)


@transaction.atomic
def generate(*, rota_id: int, first: date, last: date, viewer: Viewer, at: datetime) -> Generated:
    """Fill every open place of the rota's shifts from ``first`` to ``last`` (local days, both included) that has not begun at ``at``.

    By the working calendar (make-up workdays are workdays), in turn, within rest and hours; what exists stays. The same again adds
    nothing. Errors: Forbidden (not a leader of the unit), NotThere, Refused (an end before the beginning, more than a quarter).
    Locks: the rota, then the people by key.
    """
    rota = locked(rota_id, viewer)
    if not leads(viewer, rota.unit_id):
        raise refusals.not_leader()
    if last < first:
        raise refusals.period("last")
    if abs((first - at.date()).days) > rules.FARTHEST.days:
        raise refusals.far("first")
    if (last - first).days >= rules.MOST_DAYS:
        raise refusals.wrong(
            "last", (f"一次最多排 {rules.MOST_DAYS} 天。", f"At most {rules.MOST_DAYS} days at a time.")
        )
    plan = [one for one in plan_of(rota, first=first, last=last) if one.starts > at]
    if not plan:
        return Generated()
    begin, end = plan[0].starts - AROUND - timedelta(days=60), max(one.ends for one in plan) + AROUND
    rows = [
        row
        for row in RotaMember.objects.filter(rota=rota).select_related("post")
        if row.post.valid_from <= plan[0].starts
    ]
    hold({row.post.person_id for row in rows})
    zone = rules.zone_of(rota.zone)
    members = [
        rules.Member(
            row.pk,
            row.post.person_id,
            row.place,
            (row.sort,) if row.sort else rules.SORTS,
            row.since,
            _until(row, zone),
        )
        for row in rows
    ]
    posts = {row.pk: row.post for row in rows}
    standing = queries.stands([one.person for one in members], first=begin, last=end, viewer=viewer)
    taken: dict[tuple[int, datetime], list[int]] = defaultdict(list)
    for one in queries.turns(viewer, first=begin, last=end, rota_id=rota.pk, most=100_000):
        if one.shift_id is not None:
            taken[one.shift_id, one.starts_at].append(one.person_id)
    shifts = {shift.pk: shift for shift in RotaShift.objects.filter(rota=rota)}
    calendar, result = current_calendar(), Generated()
    for given in rules.assign(plan, members, standing, taken, queries.limits(viewer)):
        slot = given.planned
        if given.member is None:
            result.unfilled.append(slot)
            continue
        result.turns.append(
            made(
                rota, posts[given.member.key], starts=slot.starts, ends=slot.ends, source=rules.PATTERN, viewer=viewer, at=at,
                shift=shifts[slot.shift.key], sort=slot.shift.sort,
            )
        )  # fmt: skip
    result.provisional = sorted({one.day for one in plan if not calendar.is_official(one.day)})
    if result.turns:
        announce(rota, "arranged", at=at, turns=len(result.turns))
    return result


def _until(row: RotaMember, zone: object) -> date | None:
    """The first local day that a member does not stand: their period in the rotation, or their post's."""
    ends = [row.until] if row.until is not None else []
    if row.post.valid_to is not None:
        # A turn that begins on the post's last day might outlast it: the day itself is left out.
        ends.append(row.post.valid_to.astimezone(zone).date())  # type: ignore[arg-type]
    return min(ends) if ends else None


@transaction.atomic
def add_turn(
    *,
    rota_id: int,
    post_id: int,
    starts: datetime,
    ends: datetime,
    viewer: Viewer,
    at: datetime,
    shift_id: int | None = None,
    sort: str = rules.WATCH,
    despite: str = "",
    source: str = rules.BY_HAND,
) -> Turn:
    """Put one turn in by hand. ``despite``: why too little rest or too many hours are accepted, from who leads.

    Errors: Forbidden, NotThere, Refused (over already, post not in office, at two places, too little rest). Locks: rota, person.
    """
    rota = locked(rota_id, viewer)
    if not (leads(viewer, rota.unit_id) or (source == rules.SHEET and keeps(viewer, rota.unit_id))):
        raise refusals.not_leader()
    for name, moment in (("starts", starts), ("ends", ends)):
        if rules.naive(moment) or abs(moment - at) > rules.FARTHEST:
            raise refusals.far(name)
    if ends <= starts:
        raise refusals.period()
    if ends <= at:
        raise refusals.past("ends")
    shift = RotaShift.objects.filter(pk=shift_id, rota=rota).first() if shift_id is not None else None
    if shift_id is not None and shift is None:
        raise refusals.not_there()
    sort = shift.sort if shift is not None else sort
    if shift is None:  # a turn that is exactly one of the rota's shifts is that shift's
        shift = _alike(rota, starts, ends, sort)
    if sort not in rules.SORTS:
        raise refusals.wrong("sort", ("班别为 watch（值守）或 lead（带班）。", "Write watch or lead."))
    post = fit(post_id, rota, starts, ends)
    hold([post.person_id])
    despite = said(despite, "despite")
    if Turn.objects.filter(
        rota=rota, person_id=post.person_id, starts_at=starts, cancelled_at__isnull=True
    ).exists():
        raise refusals.already_there(post.work_name or post.unit.name)
    check(
        post,
        rules.Stand(post.person_id, starts, ends),
        without=(),
        despite=despite,
        may_decide=True,
        viewer=viewer,
    )
    turn = made(
        rota,
        post,
        starts=starts,
        ends=ends,
        source=source,
        viewer=viewer,
        at=at,
        shift=shift,
        sort=sort,
        despite=despite,
    )
    announce(rota, "arranged", at=at, turns=1)
    return turn


def _alike(rota: Rota, starts: datetime, ends: datetime, sort: str) -> RotaShift | None:
    zone = rules.zone_of(rota.zone)
    day = starts.astimezone(zone).date()
    plan = plan_of(rota, first=day, last=day)
    key = next(
        (one.shift.key for one in plan if (one.starts, one.ends, one.shift.sort) == (starts, ends, sort)),
        None,
    )
    return RotaShift.objects.filter(pk=key).first() if key is not None else None


@transaction.atomic
def cancel_turn(*, turn_id: int, reason: str, viewer: Viewer, at: datetime) -> Turn:
    """Take back a turn that is not over; one that runs ends now. Errors: Forbidden, NotThere, Refused (over; no reason)."""
    turn = locked_turn(turn_id, viewer)
    if not leads(viewer, turn.rota.unit_id):
        raise refusals.not_leader()
    if turn.ends_at <= at:
        raise refusals.past("reason")
    why = said(reason, "reason", needed=WHY)
    end_questions([turn.pk], viewer=viewer, at=at)
    if turn.starts_at < at:
        turn.ends_at, turn.reason = at, why
        turn.save(update_fields=["ends_at", "reason"])
    else:
        taken_back(turn, reason=why, viewer=viewer, at=at)
    announce(turn.rota, "taken_back", at=at, turn=turn.pk)
    return turn


@transaction.atomic
def stand_in(
    *, turn_id: int, post_id: int, reason: str, viewer: Viewer, at: datetime, despite: str = ""
) -> Turn:
    """Who leads puts somebody else on a turn: all of it before it begins, the rest of it while it runs. The new turn.

    Errors: Forbidden, NotThere, Refused (over; unfit; at two places; too little rest without a reason). Locks: rota, people by key.
    """
    turn = locked_turn(turn_id, viewer)
    if not leads(viewer, turn.rota.unit_id):
        raise refusals.not_leader()
    if turn.ends_at <= at:
        raise refusals.past("post")
    why = said(reason, "reason", needed=WHY)
    # A system clock that was set back may say a moment before the turn began: then the whole turn changes hands.
    starts = max(turn.starts_at, at)
    post = fit(post_id, turn.rota, starts, turn.ends_at)
    if post.person_id == turn.person_id:
        raise refusals.already_there(post.work_name or post.unit.name)
    hold([post.person_id])
    despite = said(despite, "despite")
    check(
        post,
        rules.Stand(post.person_id, starts, turn.ends_at),
        without=(),
        despite=despite,
        may_decide=True,
        viewer=viewer,
    )
    end_questions([turn.pk], viewer=viewer, at=at)
    ends = turn.ends_at
    if starts > turn.starts_at:
        turn.ends_at, turn.reason = starts, why
        turn.save(update_fields=["ends_at", "reason"])
    else:
        taken_back(turn, reason=why, viewer=viewer, at=at)
    new = made(
        turn.rota, post, starts=starts, ends=ends, source=rules.STAND_IN, viewer=viewer, at=at, shift=turn.shift, sort=turn.sort,
        replaces=turn, despite=despite,
    )  # fmt: skip
    announce(turn.rota, "stood_in", at=at, turn=new.pk, replaces=turn.pk)
    return new
