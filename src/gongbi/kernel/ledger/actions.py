"""Writing to the ledger. Only ``kernel.flow`` appends; the nightly job seals the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Max

from gongbi.kernel import rows
from gongbi.kernel.ledger.chain import Fields, entry_hash, merkle_root, plain
from gongbi.kernel.ledger.days import covered
from gongbi.kernel.ledger.models import DailyRoot, LedgerEntry
from gongbi.kernel.scope.viewer import Viewer

if TYPE_CHECKING:
    from gongbi.kernel.flow.models import Matter


def draft(
    matter: Matter,
    *,
    transition: str,
    from_state: str,
    to_state: str,
    viewer: Viewer,
    at: datetime,
    facts: Mapping[str, Any],
) -> LedgerEntry:
    """The next entry of ``matter``, unsaved; moves the matter's ``last_seq`` and ``last_hash`` on in memory.

    The caller saves both in one transaction (the entry once the matter has a key).
    """
    prev = bytes(matter.last_hash) if matter.last_seq else bytes(matter.seed)
    fields = Fields(
        seq=matter.last_seq + 1,
        at=at,
        actor=viewer.actor,
        unit_id=viewer.unit_id,
        transition=transition,
        from_state=from_state,
        to_state=to_state,
        facts=plain(facts),
    )
    digest = entry_hash(prev, fields)
    matter.last_seq, matter.last_hash = fields.seq, digest
    return rows.new(
        LedgerEntry,
        seq=fields.seq,
        at=at,
        actor=fields.actor,
        unit_id=fields.unit_id,
        transition=transition,
        from_state=from_state,
        to_state=to_state,
        facts=dict(fields.facts),
        prev=prev,
        hash=digest,
    )


@transaction.atomic
def last_written() -> int:
    """The last key such that no entry with a lower one can still appear; 0 for an empty ledger.

    PostgreSQL gives out keys before the transactions that hold them end, in any order; so it is waited for those under way, five
    seconds at most (OperationalError). SQLite has one writer at a time.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(f"LOCK TABLE {LedgerEntry._meta.db_table} IN SHARE MODE")
    return LedgerEntry.objects.aggregate(last=Max("id"))["last"] or 0


@transaction.atomic
def seal_day(day: date, *, at: datetime, up_to: int) -> DailyRoot:
    """Publish the Merkle root over what local ``day`` covers (:mod:`.days`); idempotent: a sealed day stays as it was.

    ``up_to``: what :func:`last_written` said. Days are sealed in their order.
    """
    sealed = DailyRoot.objects.filter(day=day).first()
    if sealed is not None:
        return sealed
    before = DailyRoot.objects.filter(day__lt=day).order_by("-day").first()
    hashes = covered(day, after=before.last_id if before else 0, up_to=up_to)
    return DailyRoot.objects.create(
        day=day,
        entries=len(hashes),
        last_id=up_to,
        root=merkle_root(hashes),
        prev_root=bytes(before.root) if before else bytes(32),
        made_at=at,
    )
