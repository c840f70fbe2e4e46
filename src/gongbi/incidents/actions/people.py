"""People registered for an emergency: sealed, for it only, destroyed with it; kept longer by a recorded assessment."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from gongbi.incidents import catalogue, rules
from gongbi.incidents.actions.common import facts, load
from gongbi.incidents.models import Affected, Destruction, Incident, Keeping, Store
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.flow.advance import advance
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import actions as vault

CLASS = "emergency_only"


@dataclass(frozen=True, slots=True)
class Person:
    """What is registered: no more than the help needs. ``store``: the shelter, by its code."""

    name: str
    need: str
    phone: str = ""
    door: str = ""
    note: str = ""
    store: str = ""


@transaction.atomic
def register(*, key: int, person: Person, viewer: Viewer, at: datetime) -> Affected:
    """Register somebody for this incident. Refused in a drill: drills are played without real people's data.

    Errors: NotThere, Forbidden, Refused with the field.
    """
    incident = load(key, viewer)
    if incident.drill:
        raise Refused(
            "incidents.drill_people",
            (
                "演练不登记真实个人信息。请在日志里用“模拟群众”记数。",
                "A drill registers nobody's personal data. Count role players in the log instead.",
            ),
        )
    if person.need not in catalogue.NEEDS:
        raise Refused("incidents.need", ("请选择情况。", "Choose what is the matter."), field="need")
    name = rules.check_text(person.name, field="name", most=60)
    phone = rules.check_text(person.phone, field="phone", most=40, needed=False)
    door = rules.check_text(person.door, field="door", most=120, needed=False)
    said = rules.check_text(person.note, field="note", most=200, needed=False)
    store = None
    if person.store:
        store = Store.objects.filter(code=person.store, sort="shelter").first()
        if store is None:
            raise NotThere(
                "incidents.shelter", ("没有这个避难场所。", "There is no such shelter."), field="store"
            )
    row = Affected.objects.create(
        incident=incident, name=name, phone=phone, door=door, note=said, need=person.need, store=store, at=at, actor=viewer.actor
    )  # fmt: skip
    advance(incident, "register", viewer, at=at, facts=facts(incident, person=row.pk, need=person.need))
    return row


@transaction.atomic
def keep(
    *,
    key: int,
    people: Sequence[int],
    necessity: str,
    measures: str,
    until: date,
    viewer: Viewer,
    at: datetime,
) -> Keeping:
    """Record why some of the people must stay on record, how that is guarded and until when (domain.md §12, article 85).

    Errors: NotThere, Forbidden, Refused (nobody chosen, no reason, a term outside a year).
    """
    incident = load(key, viewer)
    rules.check_keeping(until, timezone.localdate(at))
    why = rules.check_text(necessity, field="necessity", most=500)
    how = rules.check_text(measures, field="measures", most=500)
    chosen = Affected.objects.select_for_update().filter(incident_id=incident.pk, pk__in=list(people))
    keys = sorted(chosen.values_list("pk", flat=True))
    if not keys:
        raise Refused(
            "incidents.nobody",
            ("请选择需要留存的人员。", "Choose whose data is to be kept."),
            field="people",
        )
    told = facts(incident, necessity=why, until=until, count=len(keys))
    advance(incident, "keep_data", viewer, at=at, facts=told)
    made = Keeping.objects.create(
        incident=incident, necessity=why, measures=how, until=until, at=at, actor=viewer.actor
    )
    Affected.objects.filter(pk__in=keys).update(kept=made)
    return made


def destroy_those_due(incident: Incident, viewer: Viewer, at: datetime) -> Destruction | None:
    """Destroy what nothing keeps, in the caller's transaction with the incident locked; None when there is nothing.

    Each row leaves a tombstone in the vault (that it was, and a keyed digest of what it held); the record here sums them up.
    """
    today = timezone.localdate(at)
    those = Affected.objects.select_for_update(of=("self",)).filter(incident_id=incident.pk)
    due = list(those.filter(Q(kept__isnull=True) | Q(kept__until__lt=today)).order_by("pk"))
    if not due:
        return None
    digests = vault.bury(due, CLASS, at=at)
    keys = [row.pk for row in due]
    Affected.objects.filter(pk__in=keys).delete()
    left = Affected.objects.filter(incident_id=incident.pk).count()
    digest = hashlib.sha256(b"".join(digests)).hexdigest()
    told = facts(incident, count=len(keys), left=left, digest=digest)
    advance(incident, "destroy", viewer, at=at, facts=told)
    return Destruction.objects.create(
        incident=incident, at=at, actor=viewer.actor, count=len(keys), left=left, rows=keys, digest=digest
    )


def destroy_due(*, viewer: Viewer, at: datetime) -> int:
    """Destroy what was kept by an assessment whose term has run out; returns how many people. Run by the worker; idempotent."""
    ended = Affected.objects.filter(
        Q(kept__isnull=True) | Q(kept__until__lt=timezone.localdate(at)),
        incident__state__in=("over", "reviewed", "archived"),
    )
    count = 0
    for key in sorted(set(ended.values_list("incident_id", flat=True))):
        with transaction.atomic():
            done = destroy_those_due(load(key, viewer), viewer, at)
            count += done.count if done is not None else 0
    return count
