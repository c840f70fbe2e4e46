"""Puts histories into the real ledger, without the cases room: a bare matter and its entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gongbi.insight.facts import Entry
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.models import LedgerEntry


def write(stories: Iterable[Sequence[Entry]]) -> list[int]:
    """One matter of the flow ``cases`` for each story; their keys in order."""
    keys = []
    for story in stories:
        matter = Matter.objects.create(
            flow="cases",
            state=story[-1].to_state,
            opened_at=story[0].at,
            seed=b"s" * 32,
            last_seq=0,
            last_hash=b"h" * 32,
        )
        keys.append(matter.pk)
        go_on(matter.pk, story)
    return keys


def go_on(key: int, entries: Sequence[Entry]) -> None:
    """Append entries to a matter's ledger."""
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            matter_id=key,
            seq=entry.seq,
            at=entry.at,
            actor=entry.actor,
            unit_id=entry.unit_id,
            transition=entry.transition,
            from_state=entry.from_state,
            to_state=entry.to_state,
            facts=dict(entry.facts),
            prev=b"p" * 32,
            hash=b"h" * 32,
        )
        for entry in entries
    )
    Matter.objects.filter(pk=key).update(last_seq=entries[-1].seq)
