"""What every action of duty needs: rows under their lock, posts that fit, what stands against a turn."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from gongbi.kernel.outbox.actions import publish
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault.redaction import redact
from gongbi.parties import directory
from gongbi.parties.models import Person, Post
from gongbi.roster import queries, refusals, rules
from gongbi.roster.models import Rota, RotaMember, RotaShift, Turn

LONGEST, REASON = 1000, 200
AROUND = timedelta(days=9)  # what a rule about seven days, or about rest, may look at


def said(text: str, field: str, *, most: int = REASON, needed: rules.Words | None = None) -> str:
    """What somebody typed, tidied, telephone and identity numbers taken out. Refused: too long, or nothing where it is needed."""
    kept = redact(" ".join(text.replace("\0", "").split()))
    if needed is not None and not kept:
        raise refusals.empty(field, needed)
    if len(kept) > most:
        raise refusals.long(field, most)
    return kept


def locked(rota_id: int, viewer: Viewer) -> Rota:
    """The rota, locked until the transaction ends: what is arranged in it is arranged by one at a time."""
    found = visible(Rota, viewer, "act").select_for_update(of=("self",)).filter(pk=rota_id).first()
    if found is None:
        raise refusals.not_there()
    return found


def locked_turn(turn_id: int, viewer: Viewer) -> Turn:
    """A turn that was not taken back, with its rota locked first. NotThere; Refused when somebody just changed it."""
    known = queries.turn(turn_id, viewer)
    locked(known.rota_id, viewer)
    found = Turn.objects.select_related("rota", "shift", "post__unit").get(pk=turn_id)
    if found.cancelled_at is not None:
        raise refusals.stale()
    return found


def hold(person_ids: Collection[int]) -> None:
    """Lock these people, by key: two rosters that arrange the same person's duty at once see each other's turns."""
    list(Person.objects.select_for_update().filter(pk__in=sorted(person_ids)).order_by("pk"))


def fit(post_id: int, rota: Rota, starts: datetime, ends: datetime) -> Post:
    """The post, which is in office from begin to end and stands for this rota's unit or is a member of it. Refused otherwise."""
    post = Post.objects.select_related("unit").filter(pk=post_id).first() if 0 < post_id < 2**63 else None
    if post is None or post.role not in queries.STANDING_ROLES or post.valid_from > starts:
        raise refusals.post_unfit()
    if post.valid_to is not None and post.valid_to < ends:
        raise refusals.post_unfit()
    ours = directory.current().below(rota.unit_id)
    if post.unit_id not in ours and not RotaMember.objects.filter(rota_id=rota.pk, post_id=post.pk).exists():
        raise refusals.post_unfit()
    return post


def check(
    post: Post, turn: rules.Stand, *, without: Collection[int], despite: str, may_decide: bool, viewer: Viewer
) -> None:
    """Refuse what stands against the turn; a leader's reason outweighs rest and weekly hours, never being at two places.

    ``without``: turns that this person gives away in the same step.
    """
    others = [
        one
        for one in queries.stands(
            [post.person_id], first=turn.starts - AROUND, last=turn.ends + AROUND, viewer=viewer
        )
        if one.key not in without
    ]
    found = rules.clashes(turn, others, queries.limits(viewer))
    if despite and may_decide:
        found = [one for one in found if one.code in rules.HARD]
    if found:
        raise refusals.clash(found, post.work_name or post.unit.name, may_decide=may_decide)


def made(
    rota: Rota,
    post: Post,
    *,
    starts: datetime,
    ends: datetime,
    source: str,
    viewer: Viewer,
    at: datetime,
    shift: RotaShift | None = None,
    sort: str = rules.WATCH,
    replaces: Turn | None = None,
    despite: str = "",
) -> Turn:
    """Write one turn. Its local day and what kind of day that is are those of the rota's zone and of today's calendar."""
    from gongbi.kernel.clock.queries import current_calendar

    zone = rules.zone_of(rota.zone)
    assert zone is not None
    day = starts.astimezone(zone).date()
    turn = Turn(
        rota=rota, shift=shift, post=post, person_id=post.person_id, sort=sort, day=day,
        day_kind=rules.day_kind(day, current_calendar()), starts_at=starts, ends_at=ends, source=source, replaces=replaces,
        despite=despite, made_at=at, actor=viewer.actor,
    )  # fmt: skip
    turn.save(force_insert=True)
    return turn


def taken_back(turn: Turn, *, reason: str, viewer: Viewer, at: datetime) -> None:
    """Take a turn back; the row stays."""
    turn.cancelled_at, turn.cancelled_by, turn.reason = at, viewer.actor, reason
    turn.save(update_fields=["cancelled_at", "cancelled_by", "reason"])


def announce(rota: Rota, what: str, *, at: datetime, **facts: object) -> None:
    """Tell screens and whoever listens that the duty of a unit changed. Ids only."""
    payload = {"rota": rota.pk, "unit": rota.unit_id, "territory": rota.territory} | facts
    publish(f"roster.{what}", at=at, payload=payload)
