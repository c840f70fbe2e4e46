"""The writers of the outbox: a room publishes; the worker gives positions, claims, delivers, gives up and prunes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from gongbi.kernel import rows
from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.outbox import rules
from gongbi.kernel.outbox.models import Delivery, Head, OutboxRow, PeriodicJob
from gongbi.kernel.outbox.subscribers import Event, handlers_of, takes_many
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer
from gongbi.kernel.vault.redaction import redact, redact_data

log = logging.getLogger("gongbi.outbox")
_ROWS = OutboxRow._meta.db_table


def publish(
    topic: str,
    *,
    at: datetime,
    matter_id: int | None = None,
    payload: Mapping[str, Any] | None = None,
    not_before: datetime | None = None,
) -> OutboxRow:
    """Queue an event in the caller's transaction: one INSERT. It is sent if and only if that transaction commits.

    ``payload``: JSON of ids, codes and states; telephone and identity numbers are taken out of it. ``not_before``: a timer.
    For a live screen, the keys ``unit``, ``units`` and ``territory`` widen who hears of it beyond the matter's own.
    Errors: RuntimeError outside a transaction, ValueError for a malformed topic (both mistakes of the caller's code).
    """
    if not connection.in_atomic_block:
        raise RuntimeError(
            "publish() must run inside the action's transaction: else the event outlives a failed change"
        )
    if not rules.is_topic(topic):
        raise ValueError(f"no topic: {topic!r} (room.what_happened)")
    row = OutboxRow(
        topic=topic,
        matter_id=matter_id,
        payload=redact_data(dict(payload or {})),
        created_at=at,
        not_before=not_before,
    )
    rows.insert(row, key=not rows.waiting())
    return row


def give_positions(*, at: datetime, limit: int = 500) -> int:
    """Publish what is due: each row gets the next position. Returns how many. Rows nobody subscribes to are done at once.

    Locks the one Head row, so that positions become visible in their order: who has read up to N has missed nothing below.
    """
    with transaction.atomic():
        return _give_positions(at, limit)


def relay(*, at: datetime, limit: int, lease: timedelta = rules.LEASE) -> tuple[int, list[int]]:
    """:func:`give_positions`, and lease up to ``limit`` rows for :func:`deliver_many`: (how many were published, ids in order).

    Unlike :func:`claim` it takes several events of one matter together, because they are delivered in their order. The Head's
    lock lets one relay at a time do this, so that no later event is leased while another relay takes an earlier one.
    """
    with transaction.atomic():
        published = _give_positions(at, 500)
        return published, _lease(_RUNS, 2, at, limit, lease) if limit else []


def _give_positions(at: datetime, limit: int) -> int:
    head = Head.objects.select_for_update().filter(pk=1).first()
    if head is None:  # a fresh database; the conflict of two relays is settled by the key
        last = OutboxRow.objects.aggregate(last=Max("position"))["last"] or 0
        Head.objects.bulk_create([Head(pk=1, position=last)], ignore_conflicts=True)
        head = Head.objects.select_for_update().get(pk=1)
    now = connection.ops.adapt_datetimefield_value(at)
    # Timers and others are asked apart: each finds its own small index, and neither waits behind the other.
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {_ROWS} SET position = %s + due.rank FROM (
              SELECT id, row_number() OVER (ORDER BY id) AS rank FROM (
                SELECT * FROM (SELECT id FROM {_ROWS}
                  WHERE position IS NULL AND done_at IS NULL AND not_before IS NULL ORDER BY id LIMIT %s) AS fresh
                UNION ALL
                SELECT * FROM (SELECT id FROM {_ROWS}
                  WHERE position IS NULL AND done_at IS NULL AND not_before <= %s ORDER BY not_before LIMIT %s) AS timers
              ) AS both_kinds) AS due
            WHERE due.id = {_ROWS}.id RETURNING {_ROWS}.id, {_ROWS}.topic""",  # noqa: S608 – names of our own table
            [head.position, limit, now, limit],
        )
        given = cursor.fetchall()
    if given:
        Head.objects.filter(pk=1).update(position=head.position + len(given))
        idle = [row_id for row_id, topic in given if not handlers_of(topic)]
        OutboxRow.objects.filter(pk__in=idle).update(done_at=at)
    return len(given)


def claim(*, at: datetime, limit: int, lease: timedelta = rules.LEASE) -> list[int]:
    """Lease up to ``limit`` rows that may be delivered now, oldest first, and return their ids.

    A row may when it is published, nobody holds it, and no earlier event of its matter is still undone (one given up does not
    hold the others back). Several relays on PostgreSQL skip each other's rows; on SQLite one writes at a time anyway.
    """
    with transaction.atomic():
        return _lease(_CLAIMABLE, 1, at, limit, lease)


def _lease(condition: str, moments: int, at: datetime, limit: int, lease: timedelta) -> list[int]:
    now = connection.ops.adapt_datetimefield_value(at)
    until = connection.ops.adapt_datetimefield_value(at + lease)
    skip = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {_ROWS} SET leased_until = %s, attempts = attempts + 1 WHERE id IN (
              SELECT id FROM {_ROWS} AS mine WHERE {condition} ORDER BY position LIMIT %s {skip})
            RETURNING position, id""",  # noqa: S608 – names of our own table
            [until, *[now] * moments, limit],
        )
        return [row_id for _position, row_id in sorted(cursor.fetchall())]


_OPEN = """position IS NOT NULL AND done_at IS NULL AND dead_at IS NULL
  AND (leased_until IS NULL OR leased_until <= %s)"""
# Events of one matter go out in order: an earlier one that is not over stands in the way.
_EARLIER = f"""SELECT 1 FROM {_ROWS} AS earlier
    WHERE earlier.matter_id = mine.matter_id AND earlier.position < mine.position
    AND earlier.done_at IS NULL AND earlier.dead_at IS NULL"""  # noqa: S608
_CLAIMABLE = f"{_OPEN} AND (matter_id IS NULL OR NOT EXISTS ({_EARLIER}))"
# The earlier one stands in the way only while somebody else holds it or it rests: else it is taken too, before.
_RUNS = f"{_OPEN} AND (matter_id IS NULL OR NOT EXISTS ({_EARLIER} AND earlier.leased_until > %s))"


def something_due(*, at: datetime) -> bool:
    """Whether there is anything to publish or claim: a read, so that an idle worker never takes the write lock."""
    now = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT EXISTS (SELECT 1 FROM {_ROWS} WHERE position IS NULL AND done_at IS NULL AND not_before IS NULL)
              OR EXISTS (SELECT 1 FROM {_ROWS} WHERE position IS NULL AND done_at IS NULL AND not_before <= %s)
              OR EXISTS (SELECT 1 FROM {_ROWS} AS mine WHERE {_CLAIMABLE})""",  # noqa: S608
            [now, now],
        )
        return bool(cursor.fetchone()[0])


def release_leases(*, at: datetime) -> int:
    """Free rows that a worker held when it died. Only where this is the one relay (SQLite) and has not begun to claim."""
    waiting = OutboxRow.objects.filter(done_at__isnull=True, dead_at__isnull=True, last_error="")
    return waiting.filter(leased_until__gt=at).update(leased_until=None)


def deliver_many(row_ids: Sequence[int], *, at: datetime) -> None:
    """Deliver rows leased by :func:`relay`, in order: what all its subscribers take in lists, together; the rest one by one.

    Where a list fails, each of its events is given by itself, so that one bad event holds up none but its own matter's.
    """
    rows = OutboxRow.objects.filter(pk__in=row_ids, done_at__isnull=True).order_by("position")
    stuck: set[int] = set()  # matters with an event that failed: what comes after it waits
    for names, run in groupby(rows, _names_for_lists):
        batch = list(run)
        if names is not None and not stuck and _deliver_together(names, batch, at):
            continue
        for row in batch:
            if row.matter_id is not None and row.matter_id in stuck:
                OutboxRow.objects.filter(pk=row.pk).update(leased_until=None, attempts=row.attempts - 1)
            elif not deliver(row.pk, at=at, tried=True) and row.matter_id is not None:
                stuck.add(row.matter_id)


def _names_for_lists(row: OutboxRow) -> tuple[str, ...] | None:
    """The subscribers of a fresh row if each takes lists, else None."""
    names = tuple(name for name, _ in handlers_of(row.topic))
    return names if names and row.attempts == 1 and all(map(takes_many, names)) else None


def _deliver_together(names: Sequence[str], batch: Sequence[OutboxRow], at: datetime) -> bool:
    """Give a list of events to each subscriber, in one transaction for each. Whether all went well."""
    keys = [row.pk for row in batch]
    at_value = connection.ops.adapt_datetimefield_value(at)
    try:
        for index, name in enumerate(names):
            handler = takes_many(name)
            with transaction.atomic():
                with connection.cursor() as cursor:
                    marks = ", ".join(["(%s, %s, %s)"] * len(keys))
                    cursor.execute(
                        f"INSERT INTO {Delivery._meta.db_table} (row_id, subscriber, at) VALUES {marks} "  # noqa: S608
                        "ON CONFLICT DO NOTHING RETURNING row_id",
                        [value for key in keys for value in (key, name, at_value)],
                    )
                    mine = {key for (key,) in cursor.fetchall()}
                events = [
                    Event(row.pk, row.topic, row.matter_id, row.payload, row.created_at)
                    for row in batch
                    if row.pk in mine
                ]
                if events and handler is not None:
                    handler(events)
                if index == len(names) - 1:
                    OutboxRow.objects.filter(pk__in=keys).update(done_at=at)
    except Exception:
        # Whatever a handler raises is its own failure: found out one by one.
        log.warning("a batch of %d events failed; they are delivered one by one", len(batch), exc_info=True)
        return False
    return True


def deliver(row_id: int, *, at: datetime, tried: bool = False) -> bool:
    """Give one event to everyone who wants it and has not had it. Returns whether all are done now.

    Each subscriber runs in a transaction with its Delivery row: run twice at the same time, one of the two finds it taken and
    does nothing. One that fails does not stop the others; the row rests and comes again, or is given up (``dead_at``).
    ``tried``: some may have had it, although this is the first lease.
    """
    row = OutboxRow.objects.filter(pk=row_id).first()
    if row is None or row.done_at is not None:
        return True
    event = Event(row.pk, row.topic, row.matter_id, row.payload, row.created_at)
    had = (
        set(Delivery.objects.filter(row_id=row_id).values_list("subscriber", flat=True))
        if tried or row.attempts > 1
        else set()
    )
    wanting = [(name, handler) for name, handler in handlers_of(row.topic) if name not in had]
    failed: list[str] = []
    for index, (name, handler) in enumerate(wanting):
        last = index == len(wanting) - 1 and not failed
        error = _deliver_to(name, handler, event, at, finish=last)
        if error:
            failed.append(error)
        elif last:
            return True
    if not failed:
        OutboxRow.objects.filter(pk=row_id, done_at__isnull=True).update(done_at=at)
        return True
    dead = rules.gives_up(row.attempts)
    OutboxRow.objects.filter(pk=row_id, done_at__isnull=True).update(
        last_error="\n".join(failed)[:2000],
        leased_until=at + rules.rest_after(max(row.attempts, 1)),
        dead_at=at if dead else None,
    )
    return False


def _deliver_to(
    name: str, handler: Callable[[Event], None], event: Event, at: datetime, *, finish: bool
) -> str:
    """Run one subscriber. Returns "" or what went wrong. ``finish``: mark the row done in the same transaction."""
    at_value = connection.ops.adapt_datetimefield_value(at)
    try:
        with transaction.atomic():
            with (
                connection.cursor() as cursor
            ):  # waits for another worker that is at the same; then finds it taken
                cursor.execute(
                    f"INSERT INTO {Delivery._meta.db_table} (row_id, subscriber, at) VALUES (%s, %s, %s) "  # noqa: S608
                    "ON CONFLICT DO NOTHING",
                    [event.id, name, at_value],
                )
                mine = cursor.rowcount == 1
            if mine:
                handler(event)
            if finish:
                OutboxRow.objects.filter(pk=event.id).update(done_at=at)
    except Exception as error:
        # Whatever a handler raises is its own failure: noted, tried again, never the end of the worker.
        log.warning("outbox delivery failed", extra={"subscriber": name, "row": event.id}, exc_info=True)
        return redact(f"{name}: {type(error).__name__}: {error}")
    return ""


def resend(row_ids: Sequence[int], *, viewer: Viewer, at: datetime) -> int:
    """Send dead letters again, with fresh attempts; those who have had them are not asked again. Returns how many.

    Errors: Forbidden unless the viewer is an administrator, NotThere when none of them is a dead letter.
    """
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden("outbox.resend", _("Only an administrator can send undelivered events again."))
    dead = OutboxRow.objects.filter(pk__in=row_ids, dead_at__isnull=False, done_at__isnull=True)
    count = dead.update(dead_at=None, attempts=0, leased_until=None, last_error="")
    if not count:
        raise NotThere("outbox.not_dead", _("None of these events is undeliverable. Reload the list."))
    log.info("dead letters sent again", extra={"count": count, "actor": viewer.actor, "at": at.isoformat()})
    return count


def prune(*, at: datetime, keep: timedelta = rules.KEEP, batch: int = 2000) -> int:
    """Delete rows done longer than ``keep`` ago, oldest first, in small transactions. Returns how many. Dead letters stay."""
    deleted = 0
    while True:
        with transaction.atomic():
            old = (
                OutboxRow.objects.filter(done_at__lt=at - keep)
                .order_by("done_at")
                .values_list("pk", flat=True)
            )
            ids = list(old[:batch])
            Delivery.objects.filter(row_id__in=ids).delete()
            OutboxRow.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
        if len(ids) < batch:
            return deleted


def claim_job(name: str, *, at: datetime, every: timedelta) -> bool:
    """Whether this worker runs the periodic job now: due, and no other worker took it. A missed run is made up once."""
    known = PeriodicJob.objects.filter(pk=name).values_list("next_at", flat=True).first()
    if known is None:
        PeriodicJob.objects.bulk_create([PeriodicJob(name=name, next_at=at)], ignore_conflicts=True)
    elif known > at:
        return False
    return PeriodicJob.objects.filter(pk=name, next_at__lte=at).update(next_at=at + every, started_at=at) == 1


def finish_job(name: str, *, at: datetime, error: str = "") -> None:
    """Note how a run of the periodic job ended."""
    job = PeriodicJob.objects.get(pk=name)
    job.finished_at, job.last_error, job.runs = at, redact(error)[:2000], job.runs + 1
    job.save(update_fields=["finished_at", "last_error", "runs"])


def publish_many(events: Sequence[tuple[str, int, Mapping[str, Any]]], *, at: datetime) -> None:
    """Queue ``(topic, matter_id, payload)`` events in the caller's transaction with one INSERT; else as :func:`publish`."""
    if not connection.in_atomic_block:
        raise RuntimeError("publish_many() must run inside the action's transaction")
    rows.load(
        [
            rows.new(
                OutboxRow,
                topic=topic,
                matter_id=matter_id,
                payload=redact_data(dict(payload)),
                created_at=at,
            )
            for topic, matter_id, payload in events
        ],
        OutboxRow,
    )
