"""The edge of the outbox: where the system clock is read, and the Celery task behind a broker.

Celery is used where ``GONGBI_BROKER`` names a broker (``amqp://…`` or ``redis://…``); its workers are started with
``celery -A gongbi.kernel.outbox.broker worker``. Without one the worker delivers in threads of its own
(docs/decisions/0002-embedded-jobs.md).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from celery import Celery
from django.utils import timezone

from gongbi.kernel.outbox import actions, subscribers
from gongbi.kernel.outbox.periodic import all_jobs, periodic

BROKER = os.environ.get("GONGBI_BROKER", "")

app = Celery("gongbi", broker=BROKER or "memory://", set_as_current=False)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,  # a worker that dies gives its task back; the row is the truth either way
    worker_prefetch_multiplier=4,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    timezone="Asia/Shanghai",
)
if not BROKER:
    app.conf.broker_transport_options = {"polling_interval": 0.005}


def now() -> datetime:
    """The time of day, aware; the only place of the outbox that asks for it."""
    return timezone.now()


@app.task(name="gongbi.kernel.outbox.tasks.deliver")  # type: ignore[untyped-decorator]
def deliver(row_id: int) -> bool:
    """Deliver one claimed row. Idempotent: a row that is done is left alone."""
    subscribers.load()
    return actions.deliver(row_id, at=now())


def deliver_many(row_ids: Sequence[int]) -> None:
    """Deliver what the relay leased, in the worker's own thread."""
    subscribers.load()
    actions.deliver_many(row_ids, at=now())


@app.task(name="gongbi.kernel.outbox.tasks.run_job")  # type: ignore[untyped-decorator]
def run_job(name: str) -> None:
    """Run one periodic job that this installation has claimed."""
    subscribers.load()
    job = next(job for job in all_jobs() if job.name == name)
    error = ""
    try:
        job.run(now())
    except Exception as problem:
        actions.log.exception("periodic job failed", extra={"job": name})
        error = f"{type(problem).__name__}: {problem}"
    actions.finish_job(name, at=now(), error=error)


@periodic("outbox.prune", every_seconds=3600)
def prune(at: datetime) -> None:
    """Drop what was delivered long ago."""
    actions.prune(at=at)
