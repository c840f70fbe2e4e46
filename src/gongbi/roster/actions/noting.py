"""What one shift hands to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from gongbi.kernel.flow import numbers
from gongbi.kernel.scope.viewer import Viewer
from gongbi.roster import queries, refusals
from gongbi.roster.actions.common import LONGEST, announce, locked, locked_turn, said
from gongbi.roster.models import HandoverNote, Turn
from gongbi.roster.scope import leads

AFTER = timedelta(hours=2)  # a note may still be written that long after the turn
EARLY = timedelta(hours=1)  # who comes next may take over that long before theirs begins
MOST = 30


@transaction.atomic
def write_note(
    *, turn_id: int, text: str, viewer: Viewer, at: datetime, matters: Sequence[str] = ()
) -> HandoverNote:
    """Hand something on: what happened, and the numbers of matters to be watched. By who stands the turn, or who leads.

    Telephone and identity numbers are taken out of the text. Errors: Forbidden, NotThere, Refused (not begun, long over, no words,
    a number that is none). Locks: the rota.
    """
    turn = locked_turn(turn_id, viewer)
    if turn.post_id != viewer.post_id and not leads(viewer, turn.rota.unit_id):
        raise refusals.not_yours()
    if not turn.starts_at <= at < turn.ends_at + AFTER:
        raise refusals.wrong("text", (
            "交接班记录在当班时或下班后两小时内填写。", "A handover note is written during the turn or within two hours after it.",
        ), "roster.note_time")  # fmt: skip
    words = said(text, "text", most=LONGEST, needed=("交接内容", "What is handed on"))
    named = [number.strip() for number in matters if number.strip()]
    wrong = next((number for number in named if numbers.read(number) is None), None)
    if wrong is not None or len(named) > MOST:
        raise refusals.wrong("matters", (
            f"不是有效的编号：{wrong}" if wrong is not None else f"最多 {MOST} 个编号。",
            f"This is no valid number: {wrong}" if wrong is not None else f"At most {MOST} numbers.",
        ))  # fmt: skip
    note = HandoverNote(
        turn=turn, rota_id=turn.rota_id, seq=queries.last_seq(turn.rota_id, viewer) + 1, text=words, matters=named, at=at,
        actor=viewer.actor,
    )  # fmt: skip
    note.save(force_insert=True)
    announce(turn.rota, "handed_on", at=at, note=note.pk)
    return note


@transaction.atomic
def take_note(*, note_id: int, viewer: Viewer, at: datetime) -> HandoverNote:
    """Who stands now, or next, says that they have read it. Once; taken already stays taken. Errors: Forbidden, NotThere."""
    known = queries.note(note_id, viewer)
    rota = locked(known.rota_id, viewer)
    note = HandoverNote.objects.get(pk=note_id)
    if note.taken_at is not None:
        return note
    mine = (
        Turn.objects.filter(rota=rota, post_id=viewer.post_id or 0, cancelled_at__isnull=True)
        .filter(starts_at__lte=at + EARLY, ends_at__gt=at)
        .exclude(pk=note.turn_id)
        .order_by("starts_at")
        .first()
    )
    if mine is None and not leads(viewer, rota.unit_id):
        raise refusals.not_yours()
    # A clock that was set back does not make it taken before it was written.
    note.taken_at, note.taken_by, note.taken_turn = max(at, note.at), viewer.actor, mine
    note.save(update_fields=["taken_at", "taken_by", "taken_turn"])
    return note
