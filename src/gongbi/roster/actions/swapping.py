"""Swaps and stand-ins among colleagues: asked, agreed by the other, approved by who leads the shift."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from gongbi.kernel.flow.advance import advance, begin
from gongbi.kernel.scope import by_key
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.roster import queries, refusals, rules
from gongbi.roster.actions.common import (
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
from gongbi.roster.models import Swap, Turn

WHY: rules.Words = ("原因", "Reason")
CLERK = system("roster")


@transaction.atomic
def ask(
    *, turn_id: int, to_post: int, why: str, viewer: Viewer, at: datetime, other_id: int | None = None
) -> Swap:
    """Ask a colleague to take my turn, or (``other_id``) to exchange it for one of theirs.

    Errors: Forbidden (not my turn), NotThere, Refused (begun; asked already; the colleague stands then). Locks: the rota.
    """
    turn = locked_turn(turn_id, viewer)
    if viewer.post_id is None or turn.post_id != viewer.post_id:
        raise refusals.not_yours()
    if turn.starts_at <= at:
        raise refusals.past("turn")
    if Swap.objects.filter(open_turn=turn.pk).exists():
        raise refusals.asked_already()
    reason = said(why, "why", needed=WHY)
    post = fit(to_post, turn.rota, turn.starts_at, turn.ends_at)
    if post.person_id == turn.person_id:
        raise refusals.already_there(post.work_name or post.unit.name)
    other = queries.turn(other_id, viewer) if other_id is not None else None
    if other is not None:
        if other.cancelled_at is not None or other.post_id != post.pk or other.rota_id != turn.rota_id:
            raise refusals.stale()
        if other.starts_at <= at:
            raise refusals.past("other")
    _check(turn, other, post.pk, viewer, hard_only=True)
    swap = Swap(
        turn=turn, other=other, asker_post=turn.post_id, asker_person=turn.person_id, to_post=post.pk, to_person=post.person_id,
        why=reason, open_turn=turn.pk, unit_id=turn.rota.unit_id, territory=turn.rota.territory,
    )  # fmt: skip
    facts = {"turn": turn.pk, "other": other.pk if other else None, "to": post.pk, "reason": reason}
    begin(swap, viewer, at=at, transition="ask", facts=facts)
    return swap


@transaction.atomic
def agree(*, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Swap:
    """The colleague says yes. Errors: Forbidden, NotThere, Refused (begun meanwhile), Stale."""
    swap = _load(key, viewer)
    _living(swap)
    advance(swap, "agree", viewer, at=at, expected_version=expected_version)
    return swap


@transaction.atomic
def decline(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Swap:
    """The colleague says no, with a reason."""
    return _close(key, "decline", viewer, at, expected_version, said(reason, "reason"))


@transaction.atomic
def refuse(
    *, key: int, reason: str, viewer: Viewer, at: datetime, expected_version: int | None = None
) -> Swap:
    """Who leads does not approve, with a reason. Not of one's own swap."""
    return _close(key, "refuse", viewer, at, expected_version, said(reason, "reason"))


@transaction.atomic
def withdraw(*, key: int, viewer: Viewer, at: datetime, expected_version: int | None = None) -> Swap:
    """Who asked takes it back."""
    return _close(key, "withdraw", viewer, at, expected_version, "")


@transaction.atomic
def approve(
    *, key: int, viewer: Viewer, at: datetime, despite: str = "", expected_version: int | None = None
) -> Swap:
    """Who leads approves: the turns change hands. ``despite``: why too little rest or too many hours are accepted.

    Errors: Forbidden, NotThere, Refused (own swap; begun; at two places; too little rest without a reason), Stale.
    Locks: the rota, the swap, the people by key.
    """
    known = _seen(key, viewer)
    locked(known.turn.rota_id, viewer)
    swap = _load(key, viewer)
    turn, other = _living(swap)
    despite = said(despite, "despite")
    advance(
        swap,
        "approve",
        viewer,
        at=at,
        expected_version=expected_version,
        facts={"despite": despite} if despite else {},
    )
    hold({swap.asker_person, swap.to_person})
    _check(turn, other, swap.to_post, viewer, despite=despite)
    to = fit(swap.to_post, turn.rota, turn.starts_at, turn.ends_at)
    source = rules.STAND_IN if other is None else rules.SWAP
    taken_back(turn, reason=swap.number, viewer=viewer, at=at)
    if other is not None:
        taken_back(other, reason=swap.number, viewer=viewer, at=at)
    pairs = [(turn, to)]
    if other is not None:
        pairs.append((other, fit(swap.asker_post, other.rota, other.starts_at, other.ends_at)))
    for old, post in pairs:
        made(
            old.rota, post, starts=old.starts_at, ends=old.ends_at, source=source, viewer=viewer, at=at, shift=old.shift,
            sort=old.sort, replaces=old, despite=despite,
        )  # fmt: skip
    end_questions([one.pk for one, _post in pairs], viewer=viewer, at=at, but=swap.pk)
    _closed(swap)
    announce(turn.rota, "swapped", at=at, swap=swap.pk)
    return swap


def lapse(*, at: datetime) -> int:
    """Close every question whose turn has begun; returns how many. Run by the worker; each in a transaction of its own."""
    begun = Swap.objects.filter(closed_at__isnull=True, turn__starts_at__lte=at).values_list("pk", flat=True)
    closed = 0
    for key in list(begun):
        with transaction.atomic():
            swap = Swap.objects.select_for_update(of=("self",)).get(pk=key)
            if swap.closed_at is None:
                advance(swap, "lapse", CLERK, at=at)
                _closed(swap)
                closed += 1
    return closed


def end_questions(turn_ids: Collection[int], *, viewer: Viewer, at: datetime, but: int | None = None) -> None:
    """Take back every open question about these turns: they have changed hands otherwise. In the caller's transaction."""
    open_ones = Swap.objects.select_for_update(of=("self",)).filter(closed_at__isnull=True)
    found = [*open_ones.filter(turn_id__in=turn_ids), *open_ones.filter(other_id__in=turn_ids)]
    for swap in {one.pk: one for one in found}.values():
        if swap.pk != but:
            advance(swap, "withdraw", CLERK, at=at, facts={"by": viewer.actor})
            _closed(swap)


def _seen(key: int, viewer: Viewer) -> Swap:
    """The swap, not locked. NotThere."""
    found = by_key(Swap, viewer, key, "act", related=("turn",))
    if found is None:
        raise refusals.not_there()
    return found


def _load(key: int, viewer: Viewer) -> Swap:
    found = by_key(Swap, viewer, key, "act", lock=True)
    if found is None:
        raise refusals.not_there()
    return found


def _living(swap: Swap) -> tuple[Turn, Turn | None]:
    """Its turns, which nobody changed meanwhile. Refused otherwise."""
    turns = {
        one.pk: one
        for one in Turn.objects.select_related("rota", "shift", "post__unit").filter(
            pk__in=[key for key in (swap.turn_id, swap.other_id) if key is not None]
        )
    }
    turn, other = turns[swap.turn_id], turns[swap.other_id] if swap.other_id is not None else None
    if turn.cancelled_at is not None or (other is not None and other.cancelled_at is not None):
        raise refusals.stale()
    return turn, other


def _check(
    turn: Turn,
    other: Turn | None,
    to_post: int,
    viewer: Viewer,
    *,
    despite: str = "",
    hard_only: bool = False,
) -> None:
    """Whether both could stand what they would get. ``hard_only``: rest and hours are left to who approves."""
    gone = [one.pk for one in (turn, other) if one is not None]
    to = fit(to_post, turn.rota, turn.starts_at, turn.ends_at)
    accepted = "asked" if hard_only else despite
    check(
        to,
        rules.Stand(to.person_id, turn.starts_at, turn.ends_at),
        without=gone,
        despite=accepted,
        may_decide=True,
        viewer=viewer,
    )
    if other is not None:
        back = rules.Stand(turn.person_id, other.starts_at, other.ends_at)
        check(turn.post, back, without=gone, despite=accepted, may_decide=True, viewer=viewer)


def _close(key: int, step: str, viewer: Viewer, at: datetime, version: int | None, reason: str) -> Swap:
    swap = _load(key, viewer)
    advance(swap, step, viewer, at=at, expected_version=version, facts={"reason": reason} if reason else {})
    swap.answer = reason
    _closed(swap)
    return swap


def _closed(swap: Swap) -> None:
    swap.open_turn = None
    swap.save(update_fields=["open_turn", "answer"])
