"""Working on an incident: the log, and tasks."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from gongbi.incidents import catalogue, rules
from gongbi.incidents.actions.common import facts, load
from gongbi.incidents.models import Incident, LogEntry, Task
from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.scope.viewer import HANDLER, Viewer
from gongbi.kernel.vault.redaction import redact

MOST_TEXT, MOST_NOTE = 1000, 500
_AHEAD = timedelta(minutes=5)


def digest_of(incident_id: int, entry: LogEntry) -> str:
    """SHA-256 of a line of the log, hex: what the ledger keeps, so that a changed line shows."""
    said = [
        incident_id, entry.seq, entry.sort, entry.happened_at.astimezone(UTC).isoformat(), entry.at.astimezone(UTC).isoformat(),
        entry.actor, entry.text, entry.corrects_id,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def note(
    *,
    key: int,
    text: str,
    sort: str,
    request: str,
    viewer: Viewer,
    at: datetime,
    happened_at: datetime | None = None,
    corrects: int | None = None,
) -> LogEntry:
    """Add a line to the log. ``corrects``: the number of the line that it puts right, which stays as it was.

    ``request``: made by the asker; the same twice is one line. Telephone and identity numbers are taken out: they belong among the
    people registered. Errors: NotThere, Forbidden, Refused (archived, empty, too long, a line that is not there).
    """
    rules.check_key(request)
    incident = load(key, viewer)
    known = LogEntry.objects.filter(incident_id=incident.pk, actor=viewer.actor, key=request).first()
    if known is not None:
        return known
    kept = redact(rules.check_text(text, field="text", most=MOST_TEXT))[:MOST_TEXT]
    when = happened_at or at
    if when > at + _AHEAD:
        raise Refused(
            "incidents.future",
            ("发生时间不能晚于现在。", "It cannot have happened later than now."),
            field="happened_at",
        )
    corrected = _corrected(incident, corrects) if corrects is not None else None
    sort = "correction" if corrected is not None else sort
    if sort not in catalogue.ENTRIES or (sort == "correction") != (corrected is not None):
        raise Refused("incidents.entry", ("请选择记录的类别。", "Choose the sort of the note."), field="sort")
    last = LogEntry.objects.filter(incident_id=incident.pk).aggregate(last=Max("seq"))["last"] or 0
    entry = LogEntry(
        incident=incident, seq=last + 1, key=request, sort=sort, happened_at=when, at=at, actor=viewer.actor,
        unit_id=viewer.unit_id, text=kept, corrects=corrected,
    )  # fmt: skip
    entry.digest = digest_of(incident.pk, entry)
    told = facts(incident, entry=entry.seq, digest=entry.digest)
    advance(incident, "note", viewer, at=at, facts=told)
    entry.save(force_insert=True)
    return entry


def _corrected(incident: Incident, seq: int) -> LogEntry:
    found = LogEntry.objects.filter(incident_id=incident.pk, seq=seq).first()
    if found is None:
        raise NotThere(
            "incidents.line", ("没有这一行记录。", "There is no such line in the log."), field="corrects"
        )
    return found


@transaction.atomic
def set_task(
    *,
    key: int,
    title: str,
    role: str,
    minutes: int,
    request: str,
    viewer: Viewer,
    at: datetime,
    unit_id: int | None = None,
) -> Task:
    """Set a task beside the plan's; its clock runs from now. ``request`` as of :func:`note`."""
    rules.check_key(request)
    incident = load(key, viewer)
    known = Task.objects.filter(incident_id=incident.pk, run__isnull=True, key=request).first()
    if known is not None:
        return known
    (step,) = rules.check_steps(
        [{"key": "task", "zh": " ".join(title.split()), "role": role, "minutes": minutes}]
    )
    advance(incident, "set_task", viewer, at=at, facts=facts(incident, task=request, unit=unit_id))
    return Task.objects.create(
        incident=incident, key=request, title_zh=redact(step["zh"]), role=role,
        unit_id=incident.unit_id if unit_id is None else unit_id, started_at=at, due_at=rules.due_of(at, minutes),
        actor=viewer.actor,
    )  # fmt: skip


@transaction.atomic
def settle_task(
    *, key: int, task_id: int, viewer: Viewer, at: datetime, note: str = "", dropped: bool = False
) -> Task:
    """Done, or (``dropped``) not needed this time, which takes a reason. Settled already: stays as it was.

    A handler settles what the own unit has been given. Errors: NotThere, Forbidden, Refused.
    """
    incident = load(key, viewer)
    task = Task.objects.select_for_update().filter(incident_id=incident.pk, pk=task_id).first()
    if task is None:
        raise NotThere("incidents.task", ("没有这项任务。", "There is no such task."))
    if task.settled_at is not None:
        return task
    if viewer.role == HANDLER and task.unit_id not in viewer.units:
        raise Forbidden(
            "incidents.task_of_others",
            ("这项任务由别的单位承担。", "This task belongs to another unit."),
        )
    kept = redact(rules.check_text(note, field="note", most=MOST_NOTE, needed=dropped))
    late = at > task.due_at and not dropped
    told = facts(incident, task=task.pk, dropped=dropped, late=late)
    advance(incident, "settle_task", viewer, at=at, facts=told)
    task.settled_at, task.dropped, task.note = at, dropped, kept[:MOST_NOTE]
    task.settled_by, task.settled_unit = viewer.actor, viewer.unit_id
    task.save(update_fields=["settled_at", "dropped", "note", "settled_by", "settled_unit"])
    return task
