"""Keeping the lines in step with the ledger. Nothing else writes insight's tables.

Locks: rows of ``CaseFacts`` by key; nothing of any other room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from gongbi.insight.facts import Entry, Facts
from gongbi.insight.fold import fold
from gongbi.insight.lines import Line, ever_counts, settled
from gongbi.insight.models import CaseFacts, FactLine
from gongbi.insight.period import day_end
from gongbi.insight.watermark import behind
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.models import LedgerEntry

FLOW = "cases"
BATCH = 500
_KEY = ("case_id", "what", "nth", "since")
_REST = tuple(f.attname for f in FactLine._meta.concrete_fields if f.attname not in (*_KEY, "id"))
_FACTS = tuple(f.attname for f in CaseFacts._meta.concrete_fields if not f.primary_key)


@transaction.atomic
def refresh(matter_ids: Iterable[int]) -> int:
    """Fold the ledgers of these cases anew and store what differs; returns how many cases were folded. Idempotent.

    Matters of other flows are passed over. The rows of ``CaseFacts`` are locked before the ledger is read, so that of two
    refreshes of one case the later one reads the longer ledger.
    """
    wanted = sorted(set(matter_ids))
    keys = list(Matter.objects.filter(pk__in=wanted, flow=FLOW).values_list("pk", flat=True))
    known = set(CaseFacts.objects.filter(pk__in=keys).values_list("pk", flat=True))
    CaseFacts.objects.bulk_create(
        [CaseFacts(case_id=key) for key in keys if key not in known], ignore_conflicts=True
    )
    list(CaseFacts.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    folded = {key: fold(entries) for key, entries in ledgers(keys)}
    _store_lines(folded)
    CaseFacts.objects.bulk_create(
        [_row(key, facts) for key, facts in folded.items()],
        update_conflicts=True,
        unique_fields=["case_id"],
        update_fields=_FACTS,
    )
    return len(folded)


def ledgers(keys: Sequence[int]) -> Iterator[tuple[int, list[Entry]]]:
    """``(case, its entries in order)`` of these cases: one query."""
    rows = LedgerEntry.objects.filter(matter_id__in=keys).order_by("matter_id", "seq")
    columns = rows.values_list(
        "matter_id", "seq", "at", "transition", "to_state", "facts", "actor", "unit_id", "from_state"
    )
    for key, group in groupby(columns.iterator(chunk_size=5000), key=lambda row: row[0]):
        yield key, [Entry(*row[1:]) for row in group]


def _store_lines(folded: dict[int, Facts]) -> None:
    old: dict[tuple[object, ...], FactLine] = {}
    values = attrgetter(*_REST)
    for row in FactLine.objects.filter(case_id__in=folded):
        old[row.case_id, row.what, row.nth, row.since] = row
    changed = []
    for key, facts in folded.items():
        for line in facts.lines:
            end = day_end(line.at)
            if not ever_counts(line, end):
                continue
            row = _line(key, line, end)
            before = old.pop((key, row.what, row.nth, row.since), None)
            if before is None or values(before) != values(row):
                changed.append(row)
    if changed:
        FactLine.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=_KEY, update_fields=_REST, batch_size=BATCH
        )
    if old:
        FactLine.objects.filter(pk__in=[row.pk for row in old.values()]).delete()


def _line(key: int, line: Line, end: datetime) -> FactLine:
    row = FactLine(case_id=key)
    for name in Line.__dataclass_fields__:
        value = getattr(line, name)
        setattr(row, name, int(value) if name in ("what", "result") else value)
    row.settled = settled(line, end)
    return row


def _row(key: int, facts: Facts) -> CaseFacts:
    return CaseFacts(
        case_id=key,
        last_seq=facts.seq,
        phase=facts.state,
        opened_at=facts.opened_at,
        accepted_at=facts.accepted_at,
        dispatched_at=facts.dispatched_at,
        handled_at=facts.handled_at,
        closed_at=facts.closed_at,
        handle_due=facts.due.get("handle"),
        channel=facts.channel,
        net=facts.net,
        kind=facts.kind,
        territory=facts.territory,
        unit_id=facts.unit_id,
        merged_into=facts.merged_into,
        reports=len(facts.voices),
        dispatches=facts.dispatches,
        contests=facts.contests,
        reworks=facts.reworks,
        reopenings=facts.reopenings,
        extensions=facts.extensions,
        suspensions=facts.suspensions,
        ground=facts.ground,
    )


def rebuild_all(*, batch: int = BATCH, tell: Callable[[int], None] | None = None) -> int:
    """Fold every case anew, in batches of ``batch`` that each commit; returns how many. The board stays usable meanwhile.

    ``tell`` is called with the number done so far after each batch.
    """
    done = last = 0
    while True:
        keys = list(
            Matter.objects.filter(flow=FLOW, pk__gt=last).order_by("pk").values_list("pk", flat=True)[:batch]
        )
        if not keys:
            return done
        done += refresh(keys)
        last = keys[-1]
        if tell is not None:
            tell(done)


def catch_up(*, limit: int = 5000) -> int:
    """Fold the cases whose ledger is longer than what was folded, at most ``limit``; returns how many."""
    keys = list(behind()[:limit])
    for start in range(0, len(keys), BATCH):
        refresh(keys[start : start + BATCH])
    return len(keys)
